//! What is under test: the target file, or a bare URL.
//!
//! Says where the server is, what its operator states about it and what may be done to it. Sends nothing.

mod login;
mod model;
mod read;
mod schema;

pub use login::{FillValue, Login, LoginStep, Member, MemberKey, PageMatch, Strategy};
pub use model::{Authority, Declined, Environment, Target};
pub use read::{SETTINGS, TargetFile, from_url, read};
pub use schema::schema;
