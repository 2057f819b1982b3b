//! The proof of the suite: the clean reference server has no finding under any profile, and each fault gives a
//! finding in exactly the cases that declare it.

mod demand;
mod prove;
mod table;
#[cfg(test)]
mod whole_runs;

pub use demand::{Demand, Proof, demands};
pub use prove::prove;
pub use table::{as_json, as_table, summary};
