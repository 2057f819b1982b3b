//! X.509 for UDAP: reads certificates strictly, finds paths to the anchors of a community, and names everything that is wrong.
//!
//! TLS has a trust of its own. Here nothing is fetched and no clock is read: bytes, anchors, a time and evidence of
//! revocation go in, an [`Examination`] comes out. `openssl` verifies the single signatures, so that weak ones are told from
//! wrong ones.

mod certificate;
mod defect;
mod examine;
mod key;
mod name;
mod name_constraints;
mod ocsp;
mod path;
mod revocation;
mod rules;
#[cfg(test)]
mod tests;
mod trust;

pub use certificate::{Certificate, KeyUsage, LARGEST_CERTIFICATE};
pub use defect::{ChainDefect, Rule};
pub use examine::{Examination, MOST_CERTIFICATES, Note, examine};
pub use key::{PublicKeyKind, SignatureKind};
pub use ocsp::ocsp_request;
pub use revocation::{RevocationEvidence, RevocationSource, RevocationStatus, status_of};
pub use trust::{Anchors, published_certificates, published_list};
