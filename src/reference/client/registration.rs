//! UDAP registration: the software statement of the app, and the `client_id` that it gets.

use serde_json::{Value, json};

use super::super::oauth::random;
use super::metadata::Found;
use super::web::{Web, body};
use super::{App, AppIdentity, Failed};

pub(super) const REDIRECT_URI: &str = "https://app.reference.example/callback";

/// What the server made of it.
pub(super) struct Registered {
    pub(super) client_id: String,
}

/// Registers.
pub(super) async fn register(
    app: &App,
    web: &Web,
    identity: &AppIdentity,
    found: &Found,
    now: i64,
) -> Result<Registered, Failed> {
    let claims = claims(app, identity, found, now);
    let more = if app.has("client-udap-statement-without-x5c") { json!({"x5c": null}) } else { json!({}) };
    let statement = identity.sign(&claims, &more)?;
    let mut request = json!({"software_statement": statement, "udap": "1"});
    if app.has("client-udap-registration-without-udap") {
        request["udap"] = json!(1);
    }
    if app.has("client-udap-registration-top-level") {
        request["client_name"] = claims["client_name"].clone();
    }
    let answer = web.0.post(found.register.clone()).header("content-type", "application/json").body(request.to_string());
    let answer = answer.send().await.map_err(|error| error.to_string())?;
    let status = answer.status();
    let answer = body(answer).await?;
    match answer["client_id"].as_str() {
        Some(client_id) if status.is_success() => Ok(Registered { client_id: client_id.to_owned() }),
        _ => Err(format!("the registration was answered with {status}: {answer}")),
    }
}

fn claims(app: &App, identity: &AppIdentity, found: &Found, now: i64) -> Value {
    let jti = {
        let mut kept = app.kept();
        if app.has("client-udap-jti-reused") { kept.jti.get_or_insert_with(random).clone() } else { random() }
    };
    let mut claims = json!({
        "iss": identity.uri(),
        "sub": identity.uri(),
        "aud": found.register.as_str(),
        "iat": now,
        "exp": now + 240,
        "jti": jti,
        "client_name": "Reference app",
        "redirect_uris": [REDIRECT_URI],
        "contacts": ["mailto:app@app.reference.example"],
        "logo_uri": "https://app.reference.example/logo.png",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": "launch/patient openid fhirUser offline_access patient/Patient.read patient/Coverage.read patient/ExplanationOfBenefit.read",
    });
    let changes = [
        ("client-udap-statement-other-aud", "aud", json!(found.token.as_str())),
        ("client-udap-statement-long", "exp", json!(now + 3_600)),
        ("client-udap-statement-sub-differs", "sub", json!("https://app.reference.example/other")),
        ("client-udap-statement-iss-not-in-certificate", "iss", json!("https://app.reference.example/udap/")),
        ("client-udap-statement-no-jti", "jti", Value::Null),
        ("client-udap-statement-no-name", "client_name", Value::Null),
        ("client-udap-statement-no-contacts", "contacts", Value::Null),
        ("client-udap-statement-no-logo", "logo_uri", Value::Null),
        ("client-udap-statement-no-scope", "scope", Value::Null),
        ("client-udap-statement-both-grants", "grant_types", json!(["authorization_code", "client_credentials"])),
        ("client-udap-statement-response-types", "response_types", json!(["token"])),
        ("client-udap-statement-no-method", "token_endpoint_auth_method", json!("none")),
        ("client-udap-statement-plain-redirect", "redirect_uris", json!(["http://app.reference.example/callback"])),
    ];
    for (fault, claim, value) in changes {
        if app.has(fault) {
            claims[claim] = value;
        }
    }
    if let Some(members) = claims.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    claims
}
