//! What a server answers to a TLS hello, and which certificate it shows.
//!
//! Two instruments. The raw probe writes its own `ClientHello`, because no TLS library of today can ask for SSL 3 to TLS 1.1,
//! and a question that our own library refused to ask must never read as "the server refused". The handshake goes through
//! rustls with a verifier that records and does not judge. Neither knows a requirement.

mod alert;
mod batch;
mod certificate;
mod certificate_profile;
mod chain;
mod client_hello;
mod connect;
mod deep;
mod defect;
mod enumerate;
mod flight;
mod gate;
mod habits;
mod handshake;
mod key_proof;
mod names;
mod offer;
mod probe;
mod reader;
mod recording;
mod shape;
mod signatures;
mod stapled;
mod suite_kind;
mod suites;
mod trust;
mod version;

#[cfg(test)]
mod chain_tests;
#[cfg(test)]
mod false_clean_tests;
#[cfg(test)]
mod look_tests;
#[cfg(test)]
mod offer_tests;
#[cfg(test)]
mod real_servers;
#[cfg(test)]
mod scripted;

pub use alert::alert_name;
pub use batch::{Batch, MOST_AT_A_TIME, Place};
pub use certificate::{CertificateFacts, MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES};
pub use certificate_profile::{chain_order, profile_issues};
pub use client_hello::{Offer, client_hello};
pub use connect::{Connect, ConnectFailure, Limits};
pub use deep::{Deep, OtherChain, SuitesOf};
pub use defect::CertificateDefect;
pub use enumerate::Accepted;
pub use flight::{Flight, KeyExchange};
pub use gate::{ALONE, Gate, MOST_OF_A_LOOK, Weak, is_part_of_a_look};
pub use habits::{Habit, Habits};
pub use handshake::{Handshake, HandshakeOutcome, handshake};
pub use names::{group_name, scheme_name};
pub use offer::{Conclusion, Control, Offered, offer};
pub use probe::{Probe, probe};
pub use reader::{Answer, Ending, Reader};
pub use recording::{Observation, Recorder, RecordingVerifier};
pub use shape::{Extra, Shape};
pub use stapled::{Revocation, revocation};
pub use suite_kind::{kinds_of, suite_name};
pub use suites::Suites;
pub use trust::{Trust, TrustError};
pub use version::{ParseVersionError, Version};
