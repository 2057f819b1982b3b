//! The strategy `form`: a browser without a screen that follows redirects, reads HTML forms and fills them in.
//!
//! It runs no script. A page that only JavaScript can fill ends the login with an outline of the page.

mod default_script;
mod jar;
mod outline;
mod page;
mod referrer;
mod script;
mod seen;
mod submit;
mod walk;
mod withdrawal;

pub(super) use default_script::Wishes;
pub(super) use jar::Jar;
pub(super) use outline::{as_evidence, outline};
pub(super) use page::{Form, Kind, Page, read as read_page};
pub(super) use script::{Action, Filling, Plan};
pub(super) use walk::{Rules, walk};
pub(super) use withdrawal::{Next, Progress};
