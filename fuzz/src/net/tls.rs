//! What is fuzzed, and what it needs.

#[path = "../../../src/net/tls/alert.rs"]
mod alert;
#[path = "../../../src/net/tls/certificate.rs"]
mod certificate;
#[path = "../../../src/net/tls/certificate_profile.rs"]
mod certificate_profile;
#[path = "../../../src/net/tls/client_hello.rs"]
mod client_hello;
#[path = "../../../src/net/tls/connect.rs"]
mod connect;
#[path = "../../../src/net/tls/flight.rs"]
mod flight;
#[path = "../../../src/net/tls/reader.rs"]
mod reader;
#[path = "../../../src/net/tls/shape.rs"]
mod shape;
#[path = "../../../src/net/tls/suites.rs"]
mod suites;
#[path = "../../../src/net/tls/version.rs"]
mod version;

pub use alert::alert_name;
pub use certificate::CertificateFacts;
pub use certificate_profile::{chain_order, profile_issues};
pub use client_hello::{Offer, client_hello};
pub use connect::{ConnectFailure, Limits};
pub use flight::Flight;
pub use reader::{Answer, Ending, Reader};
pub use shape::{Extra, Shape};
pub use suites::Suites;
pub use version::Version;
