//! What the token requests with a code show: their form, who they say they are, and whether they belong to their authorization.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::asked::{Asked, For};
use super::launch::Launch;

/// The facts under `observed.token`.
pub fn facts(launches: &[Launch<'_>]) -> Value {
    let all: Vec<&Asked<'_>> = launches.iter().flat_map(|launch| launch.of(For::Token)).collect();
    let count: usize = launches.iter().map(|launch| launch.exchanges().count()).sum();
    let defects: BTreeSet<&str> = launches.iter().flat_map(defects_of).collect();
    json!({
        "count": count,
        "methods": all.iter().map(|asked| asked.raw.method.as_str()).collect::<BTreeSet<_>>(),
        "media_types": all.iter().map(|asked| asked.media_type()).collect::<BTreeSet<_>>(),
        "authentication": all.iter().flat_map(|asked| authentication(asked)).collect::<BTreeSet<_>>(),
        "authentications_at_once": all.iter().map(|asked| authentication(asked).len()).max().unwrap_or_default(),
        "code_repeated": launches.iter().any(|launch| is_code_repeated(launch)),
        "defects": defects,
    })
}

/// How a request says who the client is; `none` is a way of its own and stands for nobody.
pub fn authentication(asked: &Asked<'_>) -> Vec<&'static str> {
    let basic = asked.credential("basic").is_some();
    let post = asked.parameter("client_secret").is_some();
    let assertion = asked.parameter("client_assertion").is_some();
    let found = [(basic, "client_secret_basic"), (post, "client_secret_post"), (assertion, "private_key_jwt")];
    found.into_iter().filter(|(used, _)| *used).map(|(_, name)| name).collect()
}

/// True when one code is brought more than once. A request that the server could not answer may be sent again.
fn is_code_repeated(launch: &Launch<'_>) -> bool {
    let mut brought: BTreeMap<&str, usize> = BTreeMap::new();
    for asked in launch.exchanges().filter(|asked| asked.raw.status < 500) {
        *brought.entry(asked.parameter("code").unwrap_or_default()).or_default() += 1;
    }
    brought.values().any(|times| *times > 1)
}

/// What of a launch's exchanges does not belong to its authorization: `verifier-missing`, `verifier-wrong`, `redirect-missing`,
/// `redirect-differs`, `client-differs`.
fn defects_of(launch: &Launch<'_>) -> Vec<&'static str> {
    let mut defects = Vec::new();
    for asked in launch.exchanges() {
        let Some(code) = asked.parameter("code") else { continue };
        let Some(request) = request_of(launch, code) else { continue };
        match (request.parameter("code_challenge"), asked.parameter("code_verifier")) {
            (Some(_), None) => defects.push("verifier-missing"),
            (Some(challenge), Some(verifier)) if !belongs(request, challenge, verifier) => defects.push("verifier-wrong"),
            _ => {}
        }
        match (request.parameter("redirect_uri"), asked.parameter("redirect_uri")) {
            (Some(_), None) => defects.push("redirect-missing"),
            (before, now) if before != now => defects.push("redirect-differs"),
            _ => {}
        }
        if let (Some(before), Some(now)) = (request.parameter("client_id"), asked.parameter("client_id"))
            && before != now
        {
            defects.push("client-differs");
        }
    }
    defects
}

/// The authorization request behind a code: by the state that came with it, else the last one before it.
fn request_of<'l, 'a>(launch: &'l Launch<'a>, code: &str) -> Option<&'l Asked<'a>> {
    let sent = launch.codes.iter().find(|sent| sent.code == code)?;
    let before = || launch.asked[..=sent.at].iter().rev().filter(|asked| asked.purpose == For::Authorize);
    let by_state = sent.state.as_deref().and_then(|state| before().find(|asked| asked.parameter("state") == Some(state)));
    by_state.or_else(|| before().next())
}

fn belongs(request: &Asked<'_>, challenge: &str, verifier: &str) -> bool {
    if request.parameter("code_challenge_method") == Some("S256") {
        return URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge;
    }
    challenge == verifier
}
