//! A software statement: who signed it, whom it is about, whether it is new.

use openssl::hash::MessageDigest;
use openssl::x509::X509;
use serde_json::{Map, Value};
use url::Url;

use super::super::site::Site;
use super::chain::{self, Path};
use super::claims::{self, text};
use super::doubt::Doubt;
use super::place::REGISTRATION;
use super::replay::Nonce;
use super::{jws, prepare, revocation};

/// A statement that is believed, before its metadata was looked at.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) uri: String,
    pub(super) claims: Map<String, Value>,
    pub(super) path: Path,
    pub(super) nonce: Option<Nonce>,
    pub(super) certificate: Vec<u8>,
}

const KNOWN: [&str; 24] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "client_name",
    "redirect_uris",
    "contacts",
    "logo_uri",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "scope",
    "client_uri",
    "tos_uri",
    "policy_uri",
    "software_id",
    "software_version",
    "jwks_uri",
    "jwks",
    "certifications",
    "udap",
];
const OF_RFC_7591: [&str; 5] = ["client_uri", "tos_uri", "policy_uri", "software_id", "software_version"];

/// Reads and checks a statement, in the order of which the error codes depend: form, signature, trust, claims.
pub(super) fn read(site: &Site, jwt: &str, connection: usize) -> Result<Statement, Doubt> {
    let place = &REGISTRATION;
    let jws = jws::read(site, place, jwt)?;
    let path = chain::trust(site, place, &jws.chain, &prepare::further(site, place, &jws.chain))?;
    revocation::check(site, place, &path.certificates)?;
    let uri = issuer(site, &jws.claims, jws.chain.first())?;
    let sub = text(&jws.claims, "sub");
    match sub {
        Some(sub) if sub == uri => {}
        Some(_) if site.has("udap-registers-other-sub") => {}
        None if site.has("udap-registers-without-sub") => {}
        _ => return Err(Doubt::Claim("sub is not iss")),
    }
    claims::audience(site, place, &jws.claims, &site.authorization_url("/register"), &site.authorization_url("/token"))?;
    let until = claims::times(site, place, &jws.claims)?;
    claims::only_known(site, place, &jws.claims, &KNOWN)?;
    if OF_RFC_7591.iter().any(|name| jws.claims.contains_key(*name)) && site.has("udap-registration-refuses-rfc7591-members") {
        return Err(Doubt::Claim("a member of RFC 7591 is not known"));
    }
    let jti = claims::nonce(site, place, &jws.claims)?;
    let nonce = jti.map(|jti| Nonce::new(&uri, jti, until, jwt, connection));
    let digest = jws.chain.first().and_then(|leaf| leaf.digest(MessageDigest::sha256()).ok());
    let certificate = digest.map(|digest| digest.to_vec()).unwrap_or_default();
    Ok(Statement { uri, claims: jws.claims, path, nonce, certificate })
}

/// The client URI: byte for byte a URI among the certificate's alternative names.
fn issuer(site: &Site, claims: &Map<String, Value>, leaf: Option<&X509>) -> Result<String, Doubt> {
    let iss = text(claims, "iss").filter(|iss| !iss.is_empty()).ok_or(Doubt::Claim("iss is missing"))?;
    // only the fault that does without certificates comes here without one
    let Some(leaf) = leaf else { return Ok(iss.to_owned()) };
    let uris = chain::uris(leaf);
    if uris.iter().any(|uri| uri == iss) {
        let second = uris.first().is_some_and(|first| first != iss);
        if second && site.has("udap-registration-refuses-second-san") {
            return Err(Doubt::Claim("iss is not the URI of the certificate"));
        }
        if !iss.starts_with("http") && site.has("udap-registration-refuses-urn") {
            return Err(Doubt::Claim("iss is no web address"));
        }
        return Ok(iss.to_owned());
    }
    let host = Url::parse(iss).ok().and_then(|url| url.host_str().map(str::to_owned));
    let lax = [
        (chain::dns_names(leaf).iter().any(|name| Some(name) == host.as_ref()), "udap-registers-san-dns"),
        (chain::common_names(leaf).iter().any(|name| name == iss), "udap-registers-common-name"),
        (uris.iter().any(|uri| uri.trim_end_matches('/') == iss.trim_end_matches('/')), "udap-registers-iss-slash"),
        (uris.iter().any(|uri| uri.eq_ignore_ascii_case(iss)), "udap-registers-iss-case"),
        (uris.iter().any(|uri| uri.contains(iss) || iss.contains(uri.as_str())), "udap-registers-iss-substring"),
        (true, "udap-registers-iss-not-in-certificate"),
    ];
    let passes = lax.into_iter().any(|(fits, fault)| fits && site.has(fault));
    if passes { Ok(iss.to_owned()) } else { Err(Doubt::Claim("iss is no URI of the certificate")) }
}
