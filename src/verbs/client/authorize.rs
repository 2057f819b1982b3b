//! What the authorization requests of several launches show.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::asked::{Asked, For};
use super::launch::{Launch, words};
use super::stand::{KnownApp, Places};

const REQUIRED: [&str; 6] = ["response_type", "client_id", "redirect_uri", "scope", "state", "aud"];

/// The facts under `observed.authorize`. `aud` is SMART's: a client that has registered itself may leave it out.
pub fn facts(launches: &[Launch<'_>], apps: &[KnownApp], places: &Places, by_udap: bool) -> Value {
    let all: Vec<&Asked<'_>> = launches.iter().flat_map(|launch| launch.of(For::Authorize)).collect();
    let values = |name: &str| -> BTreeSet<&str> { all.iter().filter_map(|asked| asked.parameter(name)).collect() };
    let required = REQUIRED.iter().filter(|name| !by_udap || **name != "aud");
    let missing: Vec<&str> = required.copied().filter(|name| all.iter().any(|asked| asked.parameter(name).is_none())).collect();
    let base = places.base.as_str().trim_end_matches('/');
    let other_aud: Vec<&str> = values("aud").into_iter().filter(|aud| aud.trim_end_matches('/') != base).collect();
    let scopes: Vec<BTreeSet<String>> =
        all.iter().map(|asked| words(asked.parameter("scope").unwrap_or_default()).into_iter().collect()).collect();
    let ever: BTreeSet<&String> = scopes.iter().flatten().collect();
    let always: Vec<&&String> = ever.iter().filter(|scope| scopes.iter().all(|own| own.contains(**scope))).collect();
    let wildcards: Vec<&&String> = ever.iter().filter(|scope| scope.contains('*')).collect();
    json!({
        "count": all.len(),
        "methods": all.iter().map(|asked| asked.raw.method.as_str()).collect::<BTreeSet<_>>(),
        "response_types": values("response_type"),
        "missing": missing,
        "aud_elsewhere": !other_aud.is_empty(),
        "scopes": always,
        "wildcards": wildcards,
        "state_bits": state_bits(&values("state")),
        "states_repeated": is_repeated(launches, "state"),
        "pkce": all.iter().map(|asked| pkce(asked)).collect::<BTreeSet<_>>(),
        "challenges_repeated": is_repeated(launches, "code_challenge"),
        "nonces": !all.is_empty() && all.iter().all(|asked| asked.parameter("nonce").is_some()),
        "asks_for_age": all.iter().any(|asked| asked.parameter("max_age").is_some()),
        "redirects_elsewhere": redirects_elsewhere(launches, apps),
    })
}

fn pkce<'a>(asked: &'a Asked<'_>) -> &'a str {
    match (asked.parameter("code_challenge"), asked.parameter("code_challenge_method")) {
        (None, _) => "none",
        (Some(_), Some("S256")) => "S256",
        (Some(_), Some("plain") | None) => "plain",
        (Some(_), Some(_)) => "other",
    }
}

/// The most that the weakest of these can hold, in bits: its length times what one of its characters can tell. Where the characters
/// of all of them look like digits or hexadecimal digits, they are; else they are any that print.
fn state_bits(states: &BTreeSet<&str>) -> u64 {
    let all = || states.iter().flat_map(|state| state.chars()).filter(|letter| *letter != '-');
    let hundredths = match () {
        () if all().all(|letter| letter.is_ascii_digit()) => 333,
        () if all().all(|letter| letter.is_ascii_hexdigit()) => 400,
        () => 656,
    };
    let is_hex = hundredths == 400;
    let length = |state: &&str| state.chars().filter(|letter| !is_hex || *letter != '-').count() as u64;
    states.iter().map(length).min().unwrap_or_default() * hundredths / 100
}

/// True when two launches share a value. Within one launch a browser may well send a request twice.
fn is_repeated(launches: &[Launch<'_>], name: &str) -> bool {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    launches.iter().any(|launch| {
        let own: BTreeSet<&str> = launch.of(For::Authorize).filter_map(|asked| asked.parameter(name)).collect();
        let repeated = own.iter().any(|value| seen.contains(value));
        seen.extend(own);
        repeated
    })
}

/// True when a request wants its code at a place that the client has not registered. Of ids that nobody knows nothing is said.
fn redirects_elsewhere(launches: &[Launch<'_>], apps: &[KnownApp]) -> bool {
    let mut known: Vec<(String, Vec<String>)> =
        apps.iter().map(|app| (app.client_id.clone(), vec![app.redirect_uri.clone()])).collect();
    for launch in launches {
        for asked in launch.of(For::Register) {
            let Some(answer) = asked.answer().filter(|_| asked.succeeded()) else { continue };
            let uris = answer["redirect_uris"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let uris: Vec<String> = uris.map(str::to_owned).collect();
            known.extend(answer["client_id"].as_str().map(|id| (id.to_owned(), uris)));
        }
    }
    launches.iter().flat_map(|launch| launch.of(For::Authorize)).any(|asked| {
        let (Some(id), Some(uri)) = (asked.parameter("client_id"), asked.parameter("redirect_uri")) else { return false };
        let mut own = known.iter().filter(|(known, _)| known == id).peekable();
        own.peek().is_some() && !own.any(|(_, uris)| uris.iter().any(|own| own == uri))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(states: &[&str]) -> u64 {
        state_bits(&states.iter().copied().collect())
    }

    #[test]
    fn a_state_is_never_taken_for_weaker_than_it_can_be() {
        assert_eq!(bits(&["123e4567-e89b-12d3-a456-426614174000"]), 128, "a UUID");
        assert!(bits(&["MTIzNDU2Nzg5MDEyMzQ1Njc4OTA"]) > 122);
        assert!(bits(&["aB3dE6gH9jK1mN4p"]) < 122, "sixteen letters and digits");
        assert!(bits(&["0123456789abcdef"]) == 64 && bits(&["12345678901234567890"]) == 66);
        assert!(bits(&["0123456789abcdef0123456789abcdef", "g123456789abcdef0123456789abcdef"]) > 200);
        assert_eq!(bits(&[]), 0);
    }
}
