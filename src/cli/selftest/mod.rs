//! The proof of the suite: the clean reference server has no finding under any profile, and each fault gives a
//! finding in exactly the cases that declare it.

mod demand;
mod discovered;
mod matrix;
mod observed;
mod prove;
mod stand;
mod table;
mod touch;
#[cfg(test)]
mod udap_versions;
#[cfg(test)]
mod whole_runs;

pub use demand::demands;
pub use matrix::{everywhere, prove_all};
pub use table::{as_json, as_table, summary};
