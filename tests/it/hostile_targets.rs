//! The hostile-server plan, end to end: the binary against servers that attack it.
//!
//! Whatever a server does, a run ends in time, in little memory, with a record, never with a panic, and never with a
//! good word that the server did not earn. `docs/hostile-servers.md` names the test of every row.

mod chains;
mod child;
mod destinations;
mod documents;
mod files;
mod fronts;
mod http;
mod page;
mod payer;
mod tls;
