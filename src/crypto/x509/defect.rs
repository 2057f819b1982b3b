//! What can be wrong with a chain of certificates, each with a word that cases compare and a sentence for people.

use std::fmt;

use crate::vocabulary::escape;

/// The rule that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// No certificate was given.
    Empty,
    /// More certificates than are read.
    TooMany,
    /// It cannot be read, or its form is odd.
    Malformed,
    /// It is not of version 3.
    Version,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// The issuer is neither sent nor configured.
    IssuerMissing,
    /// The leaf is signed by its own key.
    SelfSigned,
    /// The path ends in a root that is not among the anchors.
    UntrustedRoot,
    /// An issuer of the right name is known, and its key did not make the signature.
    BadSignature,
    /// An issuer is no authority.
    NotAnAuthority,
    /// More authorities below an authority than it permits.
    PathLength,
    /// An issuer may not sign certificates.
    NoCertSign,
    /// The leaf may not sign anything but certificates or CRLs.
    NoDigitalSignature,
    /// The leaf is an authority.
    LeafIsAuthority,
    /// A name is not within what an authority above it may name.
    NameConstraints,
    /// An extension that must be understood is not.
    UnknownCritical,
    /// A key is too weak.
    WeakKey,
    /// A signature is made with a broken algorithm.
    WeakSignature,
    /// A signature is made with an algorithm that is not known here.
    UnsupportedSignature,
    /// It was revoked.
    Revoked,
    /// The search for a path was given up: the limit is ours.
    TooComplex,
}

impl Rule {
    /// The word of the fact.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooMany => "too-many",
            Self::Malformed => "malformed",
            Self::Version => "version",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::IssuerMissing => "issuer-missing",
            Self::SelfSigned => "self-signed",
            Self::UntrustedRoot => "untrusted-root",
            Self::BadSignature => "bad-signature",
            Self::NotAnAuthority => "not-an-authority",
            Self::PathLength => "path-length",
            Self::NoCertSign => "no-cert-sign",
            Self::NoDigitalSignature => "no-digital-signature",
            Self::LeafIsAuthority => "leaf-is-authority",
            Self::NameConstraints => "name-constraints",
            Self::UnknownCritical => "unknown-critical",
            Self::WeakKey => "weak-key",
            Self::WeakSignature => "weak-signature",
            Self::UnsupportedSignature => "unsupported-signature",
            Self::Revoked => "revoked",
            Self::TooComplex => "too-complex",
        }
    }

    /// False where the limit is ours: then the trust is unknown, not missing.
    #[must_use]
    pub const fn is_fault_of_the_chain(self) -> bool {
        !matches!(self, Self::TooComplex)
    }
}

/// One thing wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainDefect {
    /// The rule.
    pub rule: Rule,
    /// The certificate that breaks it; empty when it is about the chain as a whole.
    pub subject: String,
    /// More about it.
    pub detail: String,
}

impl ChainDefect {
    pub(super) fn new(rule: Rule, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { rule, subject: subject.into(), detail: detail.into() }
    }
}

impl fmt::Display for ChainDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = match self.rule {
            Rule::Empty => "no certificate was given",
            Rule::TooMany => "more certificates were given than are read",
            Rule::Malformed => "the certificate is malformed",
            Rule::Version => "the certificate is not of version 3",
            Rule::Expired => "the certificate has expired",
            Rule::NotYetValid => "the certificate is not valid yet",
            Rule::IssuerMissing => "the issuer was neither sent nor is it configured",
            Rule::SelfSigned => "the certificate is signed by its own key and is not a trust anchor",
            Rule::UntrustedRoot => "the chain ends in a root that is not a trust anchor",
            Rule::BadSignature => "the signature was not made with the key that is known for the issuer",
            Rule::NotAnAuthority => "the issuer is no certificate authority",
            Rule::PathLength => "more authorities stand below it than its path length permits",
            Rule::NoCertSign => "its key usage does not allow it to sign certificates",
            Rule::NoDigitalSignature => "its key usage does not allow digital signatures",
            Rule::LeafIsAuthority => "the signing certificate is that of an authority",
            Rule::NameConstraints => "a name breaks the name constraints of an authority above it",
            Rule::UnknownCritical => "it has a critical extension that is not known here",
            Rule::WeakKey => "its key is too weak",
            Rule::WeakSignature => "it is signed with a broken algorithm",
            Rule::UnsupportedSignature => "it is signed with an algorithm that is not accepted",
            Rule::Revoked => "it was revoked",
            Rule::TooComplex => "the chain is too tangled to be followed here",
        };
        f.write_str(about)?;
        if !self.subject.is_empty() {
            write!(f, ": {}", escape(&self.subject))?;
        }
        if !self.detail.is_empty() {
            write!(f, " ({})", escape(&self.detail))?;
        }
        Ok(())
    }
}
