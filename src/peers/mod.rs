//! Servers that we run towards the target: what a target has to fetch of us while it is tested.

mod files;
mod host;
mod rooms;

pub use files::{laboratory_files, laboratory_responder};
pub use host::{File, Host, Responder, Seat};
pub use rooms::{Answerer, Asked, Rooms, Said};
