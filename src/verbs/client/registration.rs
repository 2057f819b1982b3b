//! What the registrations of a client by UDAP show: the request, and the software statement in it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use url::Url;

use super::asked::{Asked, For};
use super::launch::Launch;
use super::stand::Places;
use super::statement::Statement;

/// What a registration request holds beside its software statement.
const TOP_LEVEL: [&str; 3] = ["software_statement", "certifications", "udap"];

/// The facts under `observed.registration`.
pub fn facts(launches: &[Launch<'_>], places: &Places) -> Value {
    let all: Vec<&Asked<'_>> = launches.iter().flat_map(|launch| launch.of(For::Register)).collect();
    let statements: Vec<Statement> =
        launches.iter().flat_map(Launch::statements).map(|(_, text)| Statement::read(&text)).collect();
    let defects: BTreeSet<&str> = statements.iter().flat_map(|statement| defects_of(statement, places)).collect();
    let bodies: Vec<Value> = all.iter().filter_map(|asked| asked.json()).collect();
    let members = || bodies.iter().filter_map(Value::as_object);
    let extra: BTreeSet<&String> =
        members().flat_map(|members| members.keys()).filter(|name| !TOP_LEVEL.contains(&name.as_str())).collect();
    json!({
        "count": all.len(),
        "succeeded": all.iter().filter(|asked| asked.given("client_id").is_some()).count(),
        "statements": statements.len(),
        "without_statement": all.len() - statements.len(),
        "media_types": all.iter().map(|asked| asked.media_type()).collect::<BTreeSet<_>>(),
        "udap_is_text_1": members().all(|members| members.get("udap") == Some(&json!("1"))),
        "top_level": extra.len(),
        "defects": defects,
        "grants": statements.iter().flat_map(|own| own.texts("grant_types").unwrap_or_default()).map(str::to_owned).collect::<BTreeSet<_>>(),
        "methods": statements.iter().filter_map(|own| own.text("token_endpoint_auth_method")).map(str::to_owned).collect::<BTreeSet<_>>(),
    })
}

fn defects_of(statement: &Statement, places: &Places) -> Vec<&'static str> {
    let mut defects = statement.form_defects();
    defects.extend(statement.time_defects());
    let grants = statement.texts("grant_types").unwrap_or_default();
    let has = |grant: &str| grants.contains(&grant);
    let (code, credentials) = (has("authorization_code"), has("client_credentials"));
    let redirects = statement.texts("redirect_uris");
    let https = |uri: &str| Url::parse(uri).is_ok_and(|url| url.scheme() == "https");
    let iss = statement.text("iss").unwrap_or_default();
    let response_types = statement.claims.get("response_types");
    let contacts = statement.texts("contacts").unwrap_or_default();
    let logo_is_right = statement.text("logo_uri").is_some_and(https);
    let redirects_missing = redirects.as_ref().is_none_or(Vec::is_empty);
    let checks = [
        (iss.is_empty() || !statement.is_in_certificate(iss), "iss"),
        (statement.claims.get("sub") != statement.claims.get("iss"), "sub"),
        (statement.text("aud") != Some(places.register.as_str()), "aud"),
        (statement.text("client_name").is_none(), "client_name"),
        (code == redirects_missing, "redirect_uris"),
        (redirects.unwrap_or_default().into_iter().any(|uri| !https(uri)), "redirect_uris-https"),
        (!contacts.iter().any(|contact| contact.starts_with("mailto:")), "contacts"),
        (code && !logo_is_right, "logo_uri"),
        (code == credentials, "grant_types"),
        (has("refresh_token") && !code, "refresh_token"),
        (if code { response_types != Some(&json!(["code"])) } else { response_types.is_some() }, "response_types"),
        (statement.text("token_endpoint_auth_method") != Some("private_key_jwt"), "token_endpoint_auth_method"),
        (statement.text("scope").is_none(), "scope"),
    ];
    defects.extend(checks.into_iter().filter(|(wrong, _)| *wrong).map(|(_, word)| word));
    defects
}
