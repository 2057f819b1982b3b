//! What the authentication tokens of a client that has registered itself show, and the token requests around them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::asked::Asked;
use super::launch::Launch;
use super::stand::Places;
use super::statement::Statement;

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The facts under `observed.assertion`: of the token requests of clients whose id the registration endpoint gave.
pub fn facts(launches: &[Launch<'_>], places: &Places) -> Value {
    let ids: BTreeSet<String> = launches.iter().flat_map(Launch::registered_ids).collect();
    let mut defects: BTreeSet<&str> = BTreeSet::new();
    let mut count = 0;
    for (asked, text) in launches.iter().flat_map(Launch::assertions) {
        count += 1;
        defects.extend(request_defects(asked));
        defects.extend(token_defects(&Statement::read(text), asked, places, &ids));
    }
    let without = launches.iter().flat_map(Launch::exchanges).filter(|asked| asked.parameter("client_assertion").is_none());
    json!({ "count": count, "missing": without.count(), "defects": defects, "unknown_ids": unknown_ids(launches, &ids) })
}

/// What is wrong with the request around an assertion.
fn request_defects(asked: &Asked<'_>) -> Vec<&'static str> {
    let checks = [
        (asked.parameter("client_assertion_type") != Some(KIND), "client_assertion_type"),
        (asked.parameter("udap") != Some("1"), "udap"),
        (asked.header("authorization").is_some() || asked.parameter("client_secret").is_some(), "authorization"),
    ];
    checks.into_iter().filter(|(wrong, _)| *wrong).map(|(_, word)| word).collect()
}

fn token_defects(statement: &Statement, asked: &Asked<'_>, places: &Places, ids: &BTreeSet<String>) -> Vec<&'static str> {
    let mut defects = statement.form_defects();
    defects.extend(statement.time_defects());
    let known = |name: &str| statement.text(name).is_some_and(|id| ids.contains(id));
    let of_code_flow = asked.parameter("grant_type") != Some("client_credentials");
    let extensions = statement.claims.get("extensions");
    let checks = [
        (!known("iss"), "iss"),
        (!statement.text("iss").is_some_and(|uri| statement.is_in_certificate(uri)), "iss-uri"),
        (!known("sub"), "sub"),
        (statement.text("aud") != Some(places.token.as_str()), "aud"),
        (of_code_flow && extensions.is_some(), "extensions-in-code-flow"),
        (extensions.is_some_and(|own| !own.is_object()), "extensions-form"),
        (asked.parameter("client_id").is_some_and(|id| statement.text("sub") != Some(id)), "client_id"),
    ];
    defects.extend(checks.into_iter().filter(|(wrong, _)| *wrong).map(|(_, word)| word));
    defects
}

/// How many authorization and token requests name an id that no registration gave.
fn unknown_ids(launches: &[Launch<'_>], ids: &BTreeSet<String>) -> usize {
    let all = launches.iter().flat_map(|launch| launch.of(super::asked::For::Authorize));
    all.filter(|asked| asked.parameter("client_id").is_some_and(|id| !ids.contains(id))).count()
}
