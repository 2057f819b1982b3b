//! The UDAP flags of `serve`: which communities may register, and the roots that the server's own metadata leads to.

use std::path::PathBuf;

use openssl::x509::X509;

use crate::cli::failure::Failure;
use crate::reference::{Community, Running, UdapOptions};

/// The community of anchors that were given without a URI.
const UNNAMED: &str = "urn:carinbb:community";

/// What the flags ask for.
///
/// # Errors
/// When a file cannot be read or holds no certificate.
pub fn options(version: &str, anchors: &[PathBuf], uris: &[String]) -> Result<UdapOptions, Failure> {
    let mut communities = Vec::new();
    for place in 0..anchors.len().max(uris.len()) {
        let uri = uris
            .get(place)
            .cloned()
            .unwrap_or_else(|| if place == 0 { UNNAMED.to_owned() } else { format!("{UNNAMED}:{place}") });
        let anchors = anchors.get(place).map(certificates).transpose()?.unwrap_or_default();
        communities.push(Community { uri, anchors });
    }
    Ok(UdapOptions { version: version.to_owned(), communities, ..UdapOptions::default() })
}

fn certificates(path: &PathBuf) -> Result<Vec<Vec<u8>>, Failure> {
    let text = std::fs::read(path).map_err(|error| Failure::wrong(format!("cannot read {}: {error}", path.display())))?;
    let certificates = X509::stack_from_pem(&text).unwrap_or_default();
    let ders: Vec<Vec<u8>> = certificates.iter().filter_map(|certificate| certificate.to_der().ok()).collect();
    if ders.is_empty() {
        return Err(Failure::wrong(format!("{} holds no certificate in PEM", path.display())));
    }
    Ok(ders)
}

/// The roots of all communities, one after the other.
#[must_use]
pub fn roots(server: &Running) -> String {
    server.udap_communities().iter().map(|community| community.ca_pem.as_str()).collect()
}
