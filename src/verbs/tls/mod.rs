//! The TLS verbs: what a host and port negotiates, which flight it answers with, and which certificate it shows.
//!
//! The probing and its decision table live in `net::tls`; here its conclusions become facts, and silence becomes a cause. One look
//! at a host and port serves every verb and every case of a run.

mod evidence;
mod flight;
mod handshake;
mod look;
mod offer;
mod revocation;
mod suites;
mod survey;

use serde_json::Value;

use super::{Arguments, Cost};
use crate::net::host_of;
use crate::net::tls::{Conclusion, ConnectFailure, MOST_OF_A_LOOK};
use crate::vocabulary::{Cause, escape_to_width};

pub use flight::TlsFlight;
pub use handshake::TlsHandshake;
pub(super) use look::Looks;
pub use offer::TlsOffer;
pub use revocation::TlsRevocation;
pub use suites::TlsSuites;
pub use survey::TlsSurvey;

const COST: Cost = Cost { requests: 0, probes: MOST_OF_A_LOOK as u64, authorizations: 0, wait: std::time::Duration::ZERO };

/// The look that every use with this endpoint shares.
fn shared_look(arguments: &Arguments) -> Option<String> {
    place(arguments).ok().map(|place| format!("look {}:{}", place.host, place.port))
}

struct Place {
    host: String,
    port: u16,
}

fn place(arguments: &Arguments) -> Result<Place, Cause> {
    let endpoint = arguments.get("endpoint").unwrap_or(&Value::Null);
    let host = endpoint.get("host").and_then(Value::as_str).and_then(host_of);
    let port = endpoint.get("port").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
    match (host, port) {
        (Some(host), Some(port)) => Ok(Place { host, port }),
        _ => Err(Cause::new("input", "the endpoint has no readable host and port")),
    }
}

/// Why nothing can be said, where a conclusion says so.
fn cause_of(conclusion: &Conclusion) -> Option<Cause> {
    match conclusion {
        Conclusion::Undetermined { why } => Some(Cause::new("undetermined", why.as_str())),
        Conclusion::Unreachable { failure, .. } => Some(unreachable(failure)),
        Conclusion::NotTls { seen } => Some(not_tls(&String::from_utf8_lossy(seen))),
        Conclusion::Negotiated(_) | Conclusion::Refused { .. } | Conclusion::SpeaksButRefusesAll { .. } => None,
    }
}

fn unreachable(failure: &ConnectFailure) -> Cause {
    let kind = match failure {
        ConnectFailure::NotFound(_) => "dns",
        ConnectFailure::Refused => "refused",
        ConnectFailure::TimedOut => "timeout",
        ConnectFailure::Forbidden(_) => "forbidden-address",
        ConnectFailure::Reset => "reset",
        ConnectFailure::Spent => "undetermined",
        ConnectFailure::Other(_) => "unreachable",
    };
    Cause::new(kind, escape_to_width(&failure.to_string(), 300))
}

fn not_tls(seen: &str) -> Cause {
    let seen = if seen.is_empty() { String::new() } else { format!(": it says '{}'", escape_to_width(seen, 64)) };
    Cause::new("not-tls", format!("the port does not speak TLS{seen}"))
}
