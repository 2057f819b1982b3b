//! What the CA of the server's own metadata publishes over plain HTTP: its list of revoked certificates, and its word by OCSP.
//!
//! Nothing is asked for unless a fault or quirk puts the addresses into the certificate.

use openssl::ocsp::OcspRequest;
use rcgen::{
    CertificateRevocationListParams, Issuer, KeyIdMethod, KeyPair, PKCS_ECDSA_P256_SHA256, RevocationReason, RevokedCertParams,
    SerialNumber,
};
use time::Duration;

use super::super::exchange::{Asked, Reply};
use super::super::ocsp::{self, Says};
use super::super::site::Site;
use super::authority::authority;
use super::identity::identity;

/// Below this path, the number of the community, then the name of the thing.
const PATH: &str = "/pki/";
const LIST: &str = "issuing.crl";
const RESPONDER: &str = "ocsp";

type Failure = Box<dyn std::error::Error>;

/// Where the list of a community's CA is, and who answers by OCSP.
pub(super) fn addresses(site: &Site, community: &str) -> [String; 2] {
    let place = site.udap.communities.iter().position(|own| own.uri == community).unwrap_or(0);
    [LIST, RESPONDER].map(|name| format!("{}{}{place}/{name}", site.plain.as_str().trim_end_matches('/'), PATH))
}

/// The answer to a request on the plain listener; `None` when it is for something else.
pub(in super::super) fn answer(site: &Site, asked: &Asked) -> Option<Reply> {
    let (place, name) = asked.path.strip_prefix(PATH)?.split_once('/')?;
    let community = site.udap.name_of(place.parse().ok()?).to_owned();
    let made = match (asked.method.as_str(), name) {
        ("GET", LIST) => list(site, &community).map(|list| ("application/pkix-crl", list)),
        ("POST", RESPONDER) => said(site, &community, &asked.body).map(|answer| ("application/ocsp-response", answer)),
        _ => return None,
    };
    Some(match made {
        Ok((kind, body)) => Reply::new(200, kind, body),
        Err(error) => Reply::new(500, "text/plain", error.to_string()),
    })
}

fn list(site: &Site, community: &str) -> Result<Vec<u8>, Failure> {
    let issuing = &authority(community)?.issuing;
    let key = String::from_utf8(issuing.key.private_key_to_pem_pkcs8()?)?;
    let key = KeyPair::from_pkcs8_pem_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256)?;
    let issuer = Issuer::from_ca_cert_der(&issuing.certificate.to_der()?.into(), key)?;
    let now = site.now();
    let age = if site.has("udap-metadata-crl-stale") { Duration::days(20) } else { Duration::ZERO };
    let mut revoked = Vec::new();
    if site.has("udap-metadata-certificate-revoked") {
        let identity = identity(site, community)?;
        let leaf = identity.chain.first().ok_or("there is no certificate")?;
        revoked.push(RevokedCertParams {
            serial_number: SerialNumber::from(leaf.serial_number().to_bn()?.to_vec()),
            revocation_time: now - Duration::days(1),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        });
    }
    let list = CertificateRevocationListParams {
        this_update: now - Duration::hours(1) - age,
        next_update: now + Duration::days(7) - age,
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: revoked,
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(list.signed_by(&issuer)?.der().to_vec())
}

/// The server has one certificate per community: that is the one that anybody asks about.
fn said(site: &Site, community: &str, question: &[u8]) -> Result<Vec<u8>, Failure> {
    OcspRequest::from_der(question)?;
    let issuing = &authority(community)?.issuing;
    let identity = identity(site, community)?;
    let leaf = identity.chain.first().ok_or("there is no certificate")?.to_der()?;
    let says = if site.has("udap-metadata-certificate-revoked-by-ocsp") { Says::Revoked } else { Says::Good };
    let key = issuing.key.private_key_to_pkcs8()?;
    Ok(ocsp::response(says, &leaf, &issuing.certificate.to_der()?, &key, site.now())?)
}
