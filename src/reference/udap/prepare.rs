//! What must be fetched before a request can be answered: missing CA certificates, revocation lists, OCSP answers.
//!
//! Answering itself never waits. Only chains that lead to an anchor make the server fetch their lists.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::x509::X509;
use serde_json::Value;
use tokio::time::sleep;

use super::super::door::Door;
use super::super::exchange::Asked;
use super::super::site::Site;
use super::place::{Place, REGISTRATION, TOKEN};
use super::revocation::{self, Source};
use super::{chain, fetch, jws, tiered};

/// How long two requests are held together so that they meet, under the fault that lets the second one through.
const RACE: Duration = Duration::from_millis(60);
/// CA certificates that are fetched one after the other at most.
const DEEPEST: usize = 4;

/// Fetches what the answer to this request needs.
pub(in super::super) async fn prepare(site: &Site, asked: &Asked) {
    if asked.door == Door::Authorization {
        match asked.path.as_str() {
            "/authorize" => return tiered::prepare_authorization(site, asked).await,
            tiered::CALLBACK => return tiered::prepare_callback(site, asked).await,
            _ => {}
        }
    }
    let Some((place, text)) = token_of(asked) else { return };
    let Some(parts) = jws::split(&text) else { return };
    if let Some(jti) = parts.claims.get("jti").and_then(Value::as_str) {
        site.udap.note_arrival(jti);
        if site.has(place.replay_race) {
            sleep(RACE).await;
        }
    }
    let certificates: Vec<X509> = certificates(parts.header.get("x5c"));
    if certificates.is_empty() {
        return;
    }
    let mut further = Vec::new();
    let mut path = chain::any_path(site, &certificates, &further);
    while path.is_none() && further.len() < DEEPEST {
        let last = further.last().or(certificates.last());
        let Some(issuer) = fetch_issuer(site, last).await else { return };
        further.push(issuer);
        path = chain::any_path(site, &certificates, &further);
    }
    for pair in path.unwrap_or_default().windows(2) {
        if let [certificate, issuer] = pair {
            fetch_revocation(site, certificate, issuer).await;
        }
    }
}

/// The JWT of a request that brings one, and which rules it falls under.
fn token_of(asked: &Asked) -> Option<(&'static Place, String)> {
    if asked.door != Door::Authorization || asked.method != "POST" {
        return None;
    }
    match asked.path.as_str() {
        "/register" => {
            let body: Value = serde_json::from_slice(&asked.body).ok()?;
            Some((&REGISTRATION, body.get("software_statement")?.as_str()?.to_owned()))
        }
        "/token" => {
            let parameters = asked.form_parameters();
            Some((&TOKEN, parameters.into_iter().find(|(name, _)| name == "client_assertion")?.1))
        }
        _ => None,
    }
}

fn certificates(x5c: Option<&Value>) -> Vec<X509> {
    let texts = x5c.and_then(Value::as_array).into_iter().flatten().take(10).filter_map(Value::as_str);
    texts.filter_map(|text| X509::from_der(&STANDARD.decode(text).ok()?).ok()).collect()
}

async fn fetch_issuer(site: &Site, certificate: Option<&X509>) -> Option<X509> {
    for url in revocation::issuer_urls(certificate?) {
        let Some(bytes) = fetch::get(&url).await else { continue };
        if let Ok(issuer) = X509::from_der(&bytes).or_else(|_| X509::from_pem(&bytes)) {
            site.udap.keep(url, Some(bytes));
            return Some(issuer);
        }
    }
    None
}

async fn fetch_revocation(site: &Site, certificate: &X509, issuer: &X509) {
    match revocation::source(certificate) {
        Source::Lists(urls) => {
            for url in urls {
                let list = fetch::get(&url).await;
                site.udap.keep(url, list);
            }
        }
        Source::Responder(url) => {
            let Ok(question) = revocation::question(certificate, issuer) else { return };
            let answer = fetch::post(&url, "application/ocsp-request", &question).await;
            site.udap.keep(revocation::answer_key(&url, certificate), answer);
        }
        Source::Nowhere => {}
    }
}

/// The CA certificates that were fetched because the last certificate of a chain names them.
pub(super) fn further(site: &Site, place: &Place, certificates: &[X509]) -> Vec<X509> {
    let mut further: Vec<X509> = Vec::new();
    for _ in 0..DEEPEST {
        let Some(last) = further.last().or(certificates.last()) else { break };
        let urls = revocation::issuer_urls(last);
        let Some(bytes) = urls.iter().find_map(|url| site.udap.fetched(url)) else { break };
        let Ok(issuer) = X509::from_der(&bytes).or_else(|_| X509::from_pem(&bytes)) else { break };
        if site.has(place.ignores_aia) {
            return Vec::new();
        }
        further.push(issuer);
    }
    further
}
