//! What the UDAP side of one server is and remembers.

use std::sync::atomic::{AtomicU64, Ordering};

use openssl::x509::X509;

use super::options::{Revocation, UdapOptions};
use super::version::Version;

/// A community as the server sees it.
#[derive(Debug)]
pub(in super::super) struct Member {
    pub(in super::super) uri: String,
    /// What its clients' chains must lead to.
    #[expect(dead_code, reason = "registration comes with the next change")]
    pub(super) anchors: Vec<X509>,
}

/// The UDAP side of one server.
#[derive(Debug)]
pub(in super::super) struct Udap {
    pub(in super::super) version: Version,
    pub(in super::super) communities: Vec<Member>,
    #[expect(dead_code, reason = "registration comes with the next change")]
    pub(super) revocation: Revocation,
    documents: AtomicU64,
}

impl Udap {
    /// The state that these options ask for. What they say wrongly was refused before the start.
    pub(in super::super) fn new(options: &UdapOptions) -> Self {
        let communities = options.communities.iter().map(|community| Member {
            uri: community.uri.clone(),
            anchors: community.anchors.iter().filter_map(|der| X509::from_der(der).ok()).collect(),
        });
        Self {
            version: Version::parse(&options.version).unwrap_or(Version::V1_1),
            communities: communities.collect(),
            revocation: options.revocation,
            documents: AtomicU64::new(0),
        }
    }

    /// The name of a community, by which its CA is found; the server without communities has one without a name.
    pub(in super::super) fn name_of(&self, community: usize) -> &str {
        self.communities.get(community).map_or("", |community| community.uri.as_str())
    }

    /// Whether the `CapabilityStatement` names UDAP: version 0.1.0 of the guide asked for it.
    pub(in super::super) fn is_announced_in_metadata(&self) -> bool {
        self.version == Version::V0_1
    }

    /// Counts a document that is signed, so that no two have the same `jti`.
    pub(super) fn count_document(&self) -> u64 {
        self.documents.fetch_add(1, Ordering::Relaxed)
    }
}
