//! The one HTTP client: no redirects, no ambient proxy, no decompression, no reuse of connections, a cap on everything.
//!
//! A request goes in, an answer or a cause comes out, and the exchange is recorded. It never panics and never is `Err`.

mod answer;
mod attempt;
mod body;
mod client;
mod connection;
mod credentials;
mod failure;
mod limits;
mod recording;
mod request;

pub use answer::{Answer, Failure, HttpOutcome, Sent, TlsFacts};
pub(in crate::net) use client::Means;
pub use client::{Http, HttpOptions, MAX_RESENDS};
pub use limits::Limits;
pub use request::{Credentials, FormValue, Payload, Request, SignIn, Trust};
pub use reqwest::Method;
