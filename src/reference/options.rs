//! What a caller may ask of the reference server, and why it may not start.

use std::time::Duration;

use crate::vocabulary::FaultName;

use super::faults::{find, nearest};

/// How to start the reference server.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The faults that are on.
    pub faults: Vec<FaultName>,
    /// A pause before each HTTP answer.
    pub latency: Duration,
    /// The port of the FHIR listener; 0 takes any free one. The other two listeners always take free ones.
    pub port: u16,
    /// Publish exactly the smart-configuration of this SMART version (`1.0.0`, `2.0.0`, `2.1.0`, `2.2.0`);
    /// `None` publishes one that is right under all of them.
    pub smart_version: Option<String>,
}

/// Why the reference server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no fault of this name.
    #[error("there is no fault '{name}'{}", .meant.map(|meant| format!(": did you mean '{meant}'?")).unwrap_or_default())]
    UnknownFault {
        /// The name as given.
        name: String,
        /// The name that was probably meant.
        meant: Option<&'static str>,
    },
    /// There is no such SMART version.
    #[error("there is no SMART version '{0}': write 1.0.0, 2.0.0, 2.1.0 or 2.2.0")]
    UnknownSmartVersion(String),
    /// The port cannot be bound.
    #[error("port {port} on 127.0.0.1 cannot be bound")]
    Bind {
        /// The port as given; 0 stands for any.
        port: u16,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The fault needs something that this build does not have.
    #[error("the fault '{fault}' is not available in this build: {reason}")]
    NotAvailable {
        /// The fault.
        fault: FaultName,
        /// What is missing.
        reason: String,
    },
    /// Keys or certificates could not be made.
    #[error("the certificates of the reference server could not be made: {0}")]
    Certificates(String),
}

impl Options {
    /// Refuses names that mean nothing.
    pub(super) fn check(&self) -> Result<(), StartError> {
        for fault in &self.faults {
            if find(fault.as_str()).is_none() {
                return Err(StartError::UnknownFault { name: fault.to_string(), meant: nearest(fault.as_str()) });
            }
        }
        match self.smart_version.as_deref() {
            None | Some("1.0.0" | "2.0.0" | "2.1.0" | "2.2.0") => Ok(()),
            Some(other) => Err(StartError::UnknownSmartVersion(other.to_owned())),
        }
    }
}
