//! What can be wrong with the certificate that a server shows, each with the facts that prove it.

use std::fmt;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::vocabulary::escape;

/// One thing wrong with a certificate or its chain. A certificate may have several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateDefect {
    /// Its time is over.
    Expired {
        /// Whose.
        subject: String,
        /// The last second of its validity.
        not_after: OffsetDateTime,
    },
    /// Its time has not come.
    NotYetValid {
        /// Whose.
        subject: String,
        /// The first second of its validity.
        not_before: OffsetDateTime,
    },
    /// None of its subject alternative names matches; the common name does not count.
    WrongName {
        /// The name that was asked for.
        asked: String,
        /// The names it has.
        names: Vec<String>,
    },
    /// It is signed by its own key.
    SelfSigned,
    /// The chain that was sent is complete and ends in a root that is not trusted.
    UntrustedIssuer {
        /// The root at its end.
        issuer: String,
    },
    /// The chain ends at a certificate whose issuer was neither sent nor is a trusted root.
    ChainIncomplete {
        /// The name of that issuer.
        missing: String,
    },
    /// An issuer of the right name is there, sent or trusted, but its key did not make the signature.
    BadSignature,
    /// A signature of the chain uses an algorithm that is not accepted, such as SHA-1.
    UnsupportedSignature {
        /// The algorithms of the chain, leaf first.
        algorithms: Vec<String>,
    },
    /// Its authority has revoked it, says the OCSP response that the server sent itself.
    Revoked,
    /// Its extended key usage does not allow it to be a TLS server.
    WrongUsage,
    /// The chain is too long or too tangled for our verifier; others may accept it.
    TooComplex,
    /// It cannot be read.
    Malformed {
        /// Its place in the chain, 0 for that of the server.
        at: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The server's signature over the handshake does not match the key of the certificate.
    KeyNotProven {
        /// Why it was not accepted.
        why: String,
    },
    /// Another rule of path validation is broken.
    Other {
        /// Which one, in the words of the verifier.
        why: String,
    },
}

impl CertificateDefect {
    /// A stable word for the kind of defect.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::WrongName { .. } => "wrong-name",
            Self::SelfSigned => "self-signed",
            Self::UntrustedIssuer { .. } => "untrusted-issuer",
            Self::ChainIncomplete { .. } => "chain-incomplete",
            Self::BadSignature => "bad-signature",
            Self::UnsupportedSignature { .. } => "unsupported-signature",
            Self::Revoked => "revoked",
            Self::WrongUsage => "wrong-usage",
            Self::TooComplex => "too-complex",
            Self::Malformed { .. } => "malformed",
            Self::KeyNotProven { .. } => "key-not-proven",
            Self::Other { .. } => "other",
        }
    }

    /// False where the limit is ours and says nothing about the server: then the trust is unknown, not missing.
    #[must_use]
    pub const fn is_fault_of_the_server(&self) -> bool {
        !matches!(self, Self::TooComplex)
    }
}

impl fmt::Display for CertificateDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired { subject, not_after } => {
                write!(f, "the certificate of {} expired at {}", escape(subject), instant(*not_after))
            }
            Self::NotYetValid { subject, not_before } => {
                write!(f, "the certificate of {} is not valid before {}", escape(subject), instant(*not_before))
            }
            Self::WrongName { asked, names } if names.is_empty() => {
                write!(f, "the certificate has no subject alternative name, so it is not for {}", escape(asked))
            }
            Self::WrongName { asked, names } => {
                let shown: Vec<String> = names.iter().take(10).map(|name| escape(name)).collect();
                let more = if names.len() > 10 { format!(" and {} more", names.len() - 10) } else { String::new() };
                write!(f, "the certificate is for {}{more}, not for {}", shown.join(", "), escape(asked))
            }
            Self::SelfSigned => f.write_str("the certificate is signed by its own key"),
            Self::UntrustedIssuer { issuer } => write!(f, "the chain ends in {}, which is not a trusted root", escape(issuer)),
            Self::ChainIncomplete { missing } => {
                write!(f, "the issuer {} was not sent and is not a trusted root", escape(missing))
            }
            Self::BadSignature => f.write_str(
                "an issuer of the right name exists, but the signature was not made with the key that is known for it",
            ),
            Self::UnsupportedSignature { algorithms } => {
                write!(f, "a signature of the chain uses an algorithm that is not accepted: {}", escape(&algorithms.join(", ")))
            }
            Self::Revoked => f.write_str("the certificate is revoked, says the OCSP response that the server sent with it"),
            Self::WrongUsage => f.write_str("the extended key usage of the certificate does not allow a TLS server"),
            Self::TooComplex => f.write_str("the chain is too long or too tangled to be verified here"),
            Self::Malformed { at, why } => write!(f, "certificate {} of the chain is malformed: {}", at + 1, escape(why)),
            Self::KeyNotProven { why } => {
                write!(f, "the server did not prove that it has the key of the certificate: {}", escape(why))
            }
            Self::Other { why } => write!(f, "the chain is not valid: {}", escape(why)),
        }
    }
}

fn instant(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_else(|_| time.unix_timestamp().to_string())
}
