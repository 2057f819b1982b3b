//! The certificate authority of the laboratory: roots that a target is told to trust, and client certificates of every
//! shape, right or with one thing wrong.
//!
//! A target that trusts these roots can be shown every kind of certificate. A few keys serve a whole run: making an RSA key
//! costs more than all certificates together. Knows no network and no clock; the time is given.

mod credential;
mod der;
mod folder;
mod keys;
mod ladder;
mod ocsp;
mod pkcs12;
mod revocation;
mod shape;

#[cfg(test)]
mod tests;

pub use credential::{Credential, KeyKind};
pub use folder::{read_folder, write_folder};
pub use keys::LabKeys;
pub use ladder::Lab;
pub use ocsp::{LARGEST_OCSP_REQUEST, NAME as OCSP_NAME};
pub use pkcs12::from_pkcs12;
pub use shape::Shape;

/// Why something of the laboratory could not be made. Never holds key material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabError {
    /// A certificate or a list could not be made.
    #[error("a laboratory certificate could not be made: {0}")]
    Certificate(String),
    /// A key could not be made or read.
    #[error("a laboratory key could not be used: {0}")]
    Key(String),
    /// A file of the folder is missing or cannot be read or written.
    #[error("{0}")]
    File(String),
    /// A PKCS#12 that cannot be opened.
    #[error("the PKCS#12 cannot be opened: {0}")]
    Pkcs12(String),
}

impl From<rcgen::Error> for LabError {
    fn from(error: rcgen::Error) -> Self {
        Self::Certificate(error.to_string())
    }
}

impl From<openssl::error::ErrorStack> for LabError {
    fn from(error: openssl::error::ErrorStack) -> Self {
        Self::Key(error.errors().first().and_then(|first| first.reason()).unwrap_or("OpenSSL gave no reason").to_owned())
    }
}
