//! What a caller may ask of the reference server, and why it may not start.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use url::Url;

use crate::vocabulary::FaultName;

use super::faults::{find, nearest};
use super::udap::{self, UdapOptions};

/// What the server takes for the time.
pub type Now = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// How a member signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoginVariant {
    /// User name and password on one page.
    #[default]
    Plain,
    /// A language form beside a logout form, then the user name, then the password, each on a page of its own.
    MultiStep,
    /// Pages that post themselves on, over three origins: server, broker, identity provider and back.
    SamlAutoPost,
    /// User name and password, then a one-time code (RFC 6238), each of which counts once.
    Totp,
    /// One page whose form a script makes.
    JavaScript,
}

/// How to start the reference server.
#[derive(Clone)]
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
    /// How members sign in.
    pub login: LoginVariant,
    /// UDAP: its version and the communities whose clients may register.
    pub udap: UdapOptions,
    /// Remember what clients ask and are answered, for who observes one.
    pub observe: bool,
    /// Where the apps that are registered from the start want their codes; the usual place when nothing is said.
    pub redirect_uri: Option<Url>,
    /// The clock for codes, tokens and assertions; certificates have their own.
    pub now: Now,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            faults: Vec::new(),
            latency: Duration::ZERO,
            port: 0,
            smart_version: None,
            login: LoginVariant::default(),
            udap: UdapOptions::default(),
            observe: false,
            redirect_uri: None,
            now: Arc::new(OffsetDateTime::now_utc),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<&str> = self.faults.iter().map(FaultName::as_str).collect();
        formatter
            .debug_struct("Options")
            .field("faults", &faults)
            .field("latency", &self.latency)
            .field("port", &self.port)
            .field("smart_version", &self.smart_version)
            .field("login", &self.login)
            .field("udap", &self.udap.version)
            .finish_non_exhaustive()
    }
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
    /// It is a mistake of a client, which no server can make.
    #[error("'{0}' is a fault of a client: the selftest of role client proves it, no server has it")]
    FaultOfClient(FaultName),
    /// There is no such SMART version.
    #[error("there is no SMART version '{0}': write 1.0.0, 2.0.0, 2.1.0 or 2.2.0")]
    UnknownSmartVersion(String),
    /// There is no such version of the UDAP Security guide.
    #[error("there is no UDAP version '{0}': write {versions}", versions = udap::VERSIONS.join(", "))]
    UnknownUdapVersion(String),
    /// An anchor of a community is no certificate.
    #[error("an anchor of the community '{0}' is no certificate")]
    Anchor(String),
    /// The port cannot be bound.
    #[error("port {port} on 127.0.0.1 cannot be bound ({source}); --port 0 takes a free one")]
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
        check_faults(&self.faults)?;
        if !udap::VERSIONS.contains(&self.udap.version.as_str()) {
            return Err(StartError::UnknownUdapVersion(self.udap.version.clone()));
        }
        for community in &self.udap.communities {
            if community.anchors.iter().any(|der| openssl::x509::X509::from_der(der).is_err()) {
                return Err(StartError::Anchor(community.uri.clone()));
            }
        }
        match self.smart_version.as_deref() {
            None | Some("1.0.0" | "2.0.0" | "2.1.0" | "2.2.0") => Ok(()),
            Some(other) => Err(StartError::UnknownSmartVersion(other.to_owned())),
        }
    }
}

/// Refuses what is no fault of a server.
pub(super) fn check_faults(faults: &[FaultName]) -> Result<(), StartError> {
    for fault in faults {
        match find(fault.as_str()) {
            None => return Err(StartError::UnknownFault { name: fault.to_string(), meant: nearest(fault.as_str()) }),
            Some(known) if known.is_of_client() => return Err(StartError::FaultOfClient(fault.clone())),
            Some(_) => {}
        }
    }
    Ok(())
}
