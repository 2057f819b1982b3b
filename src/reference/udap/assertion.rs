//! Client authentication with a signed assertion whose certificates are about the client's URI.

use openssl::hash::MessageDigest;
use openssl::sha::sha256;
use openssl::x509::X509;
use serde_json::{Map, Value};

use super::super::exchange::Asked;
use super::super::oauth::{is_doubled, value};
use super::super::site::Site;
use super::chain::{self, Path};
use super::claims::{self, text};
use super::doubt::Doubt;
use super::place::{REGISTRATION, TOKEN};
use super::registry::Registration;
use super::replay::{self, Nonce};
use super::version::Version;
use super::{jws, prepare, revocation};

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const KNOWN: [&str; 8] = ["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "extensions"];

/// Why a client is not believed.
#[derive(Debug)]
pub(super) enum Refused {
    /// The request is not of the right form.
    Request(&'static str),
    Client(&'static str),
    /// The assertion was used before; by its digest a fault finds the answer that it got.
    Replay([u8; 32]),
}

impl From<Doubt> for Refused {
    fn from(doubt: Doubt) -> Self {
        Self::Client(doubt.reason())
    }
}

type Parameters = [(String, String)];

/// A client that is believed, and what its assertion says.
#[derive(Debug)]
pub(super) struct Authenticated {
    pub(super) client: Registration,
    pub(super) claims: Map<String, Value>,
    pub(super) digest: [u8; 32],
}

/// Finds out who makes a token request.
pub(super) fn authenticate(site: &Site, asked: &Asked, parameters: &Parameters) -> Result<Authenticated, Refused> {
    let jwt = match form(site, asked, parameters)? {
        Some(jwt) => jwt,
        None => return unsigned(site, parameters),
    };
    let place = &TOKEN;
    let jws = jws::read(site, place, jwt)?;
    let path = chain::trust(site, place, &jws.chain, &prepare::further(site, place, &jws.chain))?;
    revocation::check(site, place, &path.certificates)?;
    let client = parties(site, &jws.claims, jws.chain.first())?;
    bound(site, &client, &path, jws.chain.first())?;
    named_alike(site, &client, parameters)?;
    claims::audience(site, place, &jws.claims, &site.authorization_url("/token"), &site.authorization_url("/register"))?;
    let until = claims::times(site, place, &jws.claims)?;
    claims::only_known(site, place, &jws.claims, &KNOWN)?;
    let digest = sha256(jwt.as_bytes());
    if let Some(jti) = claims::nonce(site, place, &jws.claims)? {
        let of_statement = site.udap.uses(&REGISTRATION).knows(&jti, site.now().unix_timestamp());
        if of_statement && site.has("udap-token-refuses-jti-of-statement") {
            return Err(Refused::Client("the jti was used before"));
        }
        let issuer = text(&jws.claims, "iss").unwrap_or_default();
        let nonce = Nonce::new(issuer, jti, until, jwt, asked.connection);
        if !replay::take(site, place, &nonce, false) {
            return Err(Refused::Replay(digest));
        }
    }
    Ok(Authenticated { client, claims: jws.claims, digest })
}

/// The assertion of a request that is of the right form; `None` only when a fault does without.
fn form<'a>(site: &Site, asked: &Asked, parameters: &'a Parameters) -> Result<Option<&'a str>, Refused> {
    if asked.header("authorization").is_some() && !site.has("udap-token-accepts-basic-beside") {
        return Err(Refused::Request("there are two ways of authentication"));
    }
    if value(parameters, "client_secret").is_some() && !site.has("udap-token-accepts-secret-beside") {
        return Err(Refused::Request("there are two ways of authentication"));
    }
    if is_doubled(parameters, "client_assertion") && !site.has("udap-token-accepts-two-assertions") {
        return Err(Refused::Request("there are two assertions"));
    }
    let Some(jwt) = value(parameters, "client_assertion") else {
        let lax = site.has("udap-token-accepts-without-assertion");
        return if lax { Ok(None) } else { Err(Refused::Client("client_assertion is missing")) };
    };
    match value(parameters, "client_assertion_type") {
        Some(KIND) => {}
        Some(_) if site.has("udap-token-accepts-wrong-assertion-type") => {}
        None if site.has("udap-token-accepts-without-assertion-type") => {}
        _ => return Err(Refused::Request("client_assertion_type is not right")),
    }
    Ok(Some(jwt))
}

/// A client that a fault believes by its name alone.
fn unsigned(site: &Site, parameters: &Parameters) -> Result<Authenticated, Refused> {
    let id = value(parameters, "client_id").unwrap_or_default();
    let client = live(site, id).ok_or(Refused::Client("the client is not known"))?;
    Ok(Authenticated { client, claims: Map::new(), digest: [0; 32] })
}

fn live(site: &Site, id: &str) -> Option<Registration> {
    site.udap.registry().of_id(id).filter(|client| client.flow.is_some()).cloned()
}

/// The client that `iss` and `sub` name.
fn parties(site: &Site, claims: &Map<String, Value>, leaf: Option<&X509>) -> Result<Registration, Refused> {
    let (iss, sub) = (text(claims, "iss").unwrap_or_default(), text(claims, "sub").unwrap_or_default());
    let unknown = Refused::Client("the client is not known");
    let Some(client) = live(site, sub) else {
        if let Some(by_iss) = live(site, iss) {
            return if site.has("udap-token-accepts-other-sub") { Ok(by_iss) } else { Err(Refused::Client("sub is not iss")) };
        }
        let uris = leaf.map(chain::uris).unwrap_or_default();
        let by_certificate = uris.iter().find_map(|uri| site.udap.registry().of_uri(uri).cloned());
        return match by_certificate.filter(|client| client.flow.is_some()) {
            Some(client) if site.has("udap-token-accepts-unknown-client") => Ok(client),
            _ => Err(unknown),
        };
    };
    let by_uri = iss == client.uri;
    let right = if site.udap.version == Version::V0_1 { by_uri } else { iss == client.client_id };
    if right {
        return Ok(client);
    }
    let lax = if by_uri {
        site.has("udap-token-accepts-iss-uri")
    } else if iss == client.client_id {
        site.has("udap-token-accepts-iss-client-id")
    } else {
        site.has("udap-token-accepts-other-iss")
    };
    if lax { Ok(client) } else { Err(Refused::Client("iss is not the client")) }
}

/// The certificate must be one of the client's: about its URI, from its community.
fn bound(site: &Site, client: &Registration, path: &Path, leaf: Option<&X509>) -> Result<(), Refused> {
    // only the fault that does without certificates comes here without one
    let Some(leaf) = leaf else { return Ok(()) };
    if !chain::uris(leaf).contains(&client.uri) && !site.has("udap-token-accepts-other-clients-certificate") {
        return Err(Refused::Client("the certificate is that of another client"));
    }
    if path.anchor != client.anchor && !stranger_passes(site) {
        return Err(Refused::Client("the certificate is of another community"));
    }
    let digest = leaf.digest(MessageDigest::sha256()).map(|digest| digest.to_vec()).unwrap_or_default();
    if digest != client.certificate && site.has("udap-token-refuses-renewed-certificate") {
        return Err(Refused::Client("the client is registered with another certificate"));
    }
    Ok(())
}

/// The faults that take a chain without an anchor cannot mind that it leads to another one.
fn stranger_passes(site: &Site) -> bool {
    let lax = [TOKEN.unknown_ca, TOKEN.self_signed, "udap-token-accepts-other-community"];
    lax.into_iter().any(|fault| site.has(fault))
}

fn named_alike(site: &Site, client: &Registration, parameters: &Parameters) -> Result<(), Refused> {
    match value(parameters, "client_id") {
        None if site.has("udap-token-requires-client-id") => Err(Refused::Request("client_id is missing")),
        None => Ok(()),
        Some(named) if named == client.client_id => {
            let refuses = site.has("udap-token-refuses-client-id");
            if refuses { Err(Refused::Request("client_id must not be there")) } else { Ok(()) }
        }
        Some(_) if site.has("udap-token-accepts-other-client-id") => Ok(()),
        Some(_) => Err(Refused::Request("client_id is not that of the assertion")),
    }
}
