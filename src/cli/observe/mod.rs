//! `serve --observe`: a client launches against the reference server, and its requests are judged.

mod launcher;
mod options;
mod person;
mod stand;

pub use launcher::{Launcher, Patience};
pub use options::{Observation, options};
pub use person::Person;
pub use stand::{Stand, subject};
