//! Whom the operator trusts in UDAP: the anchors of the target file, or the roots of the reference server.

use std::path::PathBuf;
use std::sync::Arc;

use super::args::{Revocation, RunArgs};
use super::failure::Failure;
use crate::crypto::x509::Anchors;
use crate::reference;
use crate::target::{Target, TrustedCommunity};
use crate::verbs::{RevocationMode, UdapAnchors};

/// What the target file and the flags say.
///
/// # Errors
/// When a file cannot be read or holds no certificate.
pub fn of_target(target: &Target, arguments: &RunArgs) -> Result<UdapAnchors, Failure> {
    let trust = &target.udap;
    let mut shared = Anchors::nothing();
    for path in &trust.intermediates {
        read(path, |pem| shared.know_pem(pem))?;
    }
    let mut everywhere = shared.clone();
    for path in &trust.anchors {
        read(path, |pem| everywhere.trust_pem(pem))?;
    }
    let general = everywhere.clone();
    let mut communities = Vec::new();
    for community in &trust.communities {
        let mut own = if community.anchors.is_empty() { general.clone() } else { shared.clone() };
        for path in &community.anchors {
            read(path, |pem| own.trust_pem(pem))?;
            read(path, |pem| everywhere.trust_pem(pem))?;
        }
        communities.push((community.uri.clone(), Arc::new(own)));
    }
    let revocation = match arguments.revocation {
        Revocation::Soft => RevocationMode::Soft,
        Revocation::Hard => RevocationMode::Hard,
        Revocation::Off => RevocationMode::Off,
    };
    Ok(UdapAnchors { everywhere: Arc::new(everywhere), communities, revocation, fetch_issuers: arguments.aia })
}

fn read(path: &PathBuf, mut take: impl FnMut(&[u8]) -> Result<(), String>) -> Result<(), Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::wrong(format!("[udap] {}: {error}", path.display()));
    let pem = std::fs::read(path).map_err(|error| wrong(&error))?;
    take(&pem).map_err(|error| wrong(&error))
}

/// The communities that a reference server takes part in, as its operator would name them.
#[must_use]
pub fn communities_of(server: &reference::Running) -> Vec<TrustedCommunity> {
    let named = server.udap_communities().iter().filter(|community| !community.uri.is_empty());
    named.map(|community| TrustedCommunity { uri: community.uri.clone(), anchors: Vec::new() }).collect()
}

/// Trusts the roots of a reference server, each for its own community.
///
/// # Errors
/// When one cannot be read, in words.
pub fn of_reference(server: &reference::Running) -> Result<UdapAnchors, String> {
    let mut everywhere = Anchors::nothing();
    let mut communities = Vec::new();
    for community in server.udap_communities() {
        let mut own = Anchors::nothing();
        own.trust_pem(community.ca_pem.as_bytes())?;
        everywhere.trust_pem(community.ca_pem.as_bytes())?;
        communities.push((community.uri.clone(), Arc::new(own)));
    }
    Ok(UdapAnchors { everywhere: Arc::new(everywhere), communities, ..UdapAnchors::default() })
}

/// Why trust in chains is not tested; absent when it is.
#[must_use]
pub fn no_anchors(anchors: &UdapAnchors) -> Option<String> {
    let nobody = anchors.everywhere.is_empty();
    nobody.then(|| "no anchor configured: the target file names none under [udap] anchors".to_owned())
}

/// Why no community is asked for; absent when one is.
#[must_use]
pub fn no_communities(target: &Target) -> Option<String> {
    target.udap.communities.is_empty().then(|| "the target file names no community under [udap] communities".to_owned())
}
