//! The token endpoint: a code or a refresh token in, tokens out, and the errors of RFC 6749.

use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use super::super::exchange::{Asked, Reply};
use super::super::members;
use super::super::site::Site;
use super::super::udap;
use super::authorize::{is_doubled, value};
use super::clients::{ClientKind, RegisteredClient, random};
use super::store::{Access, Challenge, Code};
use super::{client_auth, code, granted, id_token, refresh};

pub(super) const LIFETIME: Duration = Duration::hours(1);

/// Answers a request to the endpoint, preflights included.
pub(in super::super) fn answer(site: &Site, asked: &Asked) -> Reply {
    if asked.method == "OPTIONS" && !site.has("token-preflight-refused") {
        return with_cors(site, preflight());
    }
    let parameters = match asked.method.as_str() {
        "POST" => udap::json_parameters(site, asked).unwrap_or_else(|| asked.form_parameters()),
        "GET" if site.has("token-get-accepted") => asked.query_parameters(),
        _ => return Reply::new(405, "text/plain", "method not allowed").with("allow", "POST, OPTIONS"),
    };
    with_cors(site, token(site, asked, &parameters))
}

fn preflight() -> Reply {
    Reply::empty(204)
        .with("access-control-allow-methods", "POST, OPTIONS")
        .with("access-control-allow-headers", "accept, authorization, content-type")
        .with("access-control-max-age", "600")
}

fn with_cors(site: &Site, reply: Reply) -> Reply {
    if site.has("cors-missing-on-token") { reply } else { reply.with("access-control-allow-origin", "*") }
}

/// An error of the OAuth endpoints.
pub(in super::super) fn error(site: &Site, status: u16, error: &str, description: &str) -> Reply {
    let status = if error == "invalid_grant" && site.has("grant-errors-401") { 401 } else { status };
    if site.has("token-errors-500") {
        return Reply::new(500, "text/plain", "internal server error");
    }
    if site.has("token-errors-200") {
        return Reply::json(200, &json!({"error": error})).with("cache-control", "no-store").with("pragma", "no-cache");
    }
    Reply::json(status, &json!({"error": error, "error_description": description}))
        .with("cache-control", "no-store")
        .with("pragma", "no-cache")
}

fn token(site: &Site, asked: &Asked, parameters: &[(String, String)]) -> Reply {
    if let Some(reply) = udap::token(site, asked, parameters) {
        return reply;
    }
    let Some(grant_type) = value(parameters, "grant_type") else {
        return error(site, 400, "invalid_request", "grant_type is missing");
    };
    let doubled = ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "refresh_token", "scope"];
    if doubled.iter().any(|name| is_doubled(parameters, name)) {
        return error(site, 400, "invalid_request", "a parameter stands twice");
    }
    if parameters.iter().any(|(name, _)| name.starts_with("x-")) && site.has("unknown-token-parameter-refused") {
        return error(site, 400, "invalid_request", "a parameter is not known");
    }
    let client = match client_auth::authenticate(site, asked, parameters) {
        Ok(client) => client,
        Err(reply) => return reply,
    };
    grant(site, &client, grant_type, parameters)
}

/// What a client that is believed gets for a grant.
pub(in super::super) fn grant(
    site: &Site,
    client: &RegisteredClient,
    grant_type: &str,
    parameters: &[(String, String)],
) -> Reply {
    match grant_type {
        "authorization_code" => exchange(site, client, parameters),
        "refresh_token" => refresh::refresh(site, client, parameters),
        _ if site.has("unsupported-grant-accepted") => without_a_member(site, client),
        _ if site.has("unsupported-grant-wrong-error") => error(site, 400, "invalid_request", "grant_type is not supported"),
        _ => error(site, 400, "unsupported_grant_type", "only authorization_code and refresh_token are supported"),
    }
}

/// A token for the first member, for whatever grant was named: only a fault gives it.
fn without_a_member(site: &Site, client: &RegisteredClient) -> Reply {
    let now = site.now();
    let mut store = site.store();
    let grant = store.new_grant();
    let scopes = vec!["patient/*.read".to_owned()];
    let patient = Some(members::first().patient_id().to_owned());
    let access = Access {
        grant,
        client: client.id.clone(),
        member: 0,
        patient,
        scopes,
        issued: now,
        expires: now + LIFETIME,
        usable: true,
        without_member: false,
    };
    let token = random();
    store.access.insert(token.clone(), access.clone());
    drop(store);
    Answer { access: &access, token, refresh: None, id_token: None, refreshed: false }.reply(site)
}

/// What the access token of a code stands for.
pub(in super::super) fn access_of(code: &Code, now: OffsetDateTime) -> Access {
    let in_context = code.scopes.iter().any(|scope| scope == "launch/patient" || scope.starts_with("patient/"));
    Access {
        grant: code.grant,
        client: code.request.client.clone(),
        member: code.member,
        patient: in_context.then(|| members::by_index(code.member).patient_id().to_owned()),
        scopes: code.scopes.clone(),
        issued: now,
        expires: now + LIFETIME,
        usable: code.request.audience_is_ours,
        without_member: false,
    }
}

/// The lifetime of every access token.
pub(in super::super) fn expiry(now: OffsetDateTime) -> OffsetDateTime {
    now + LIFETIME
}

fn exchange(site: &Site, client: &RegisteredClient, parameters: &[(String, String)]) -> Reply {
    let Some(given) = value(parameters, "code") else { return error(site, 400, "invalid_request", "code is missing") };
    let Some(code) = site.store().codes.get(given).cloned() else {
        return error(site, 400, "invalid_grant", "the code is not known");
    };
    if let Err(reason) = check(site, client, &code, parameters) {
        if site.has("failed-exchange-burns-code") {
            site.store().codes.remove(given);
        }
        let said = if site.has("token-error-echoes-code") { format!("{reason}: {given}") } else { reason.to_owned() };
        return error(site, 400, "invalid_grant", &said);
    }
    if let Some(known) = site.store().codes.get_mut(given) {
        known.used = true;
    }
    let is_ours = client.dynamic.is_none();
    let once = is_ours && site.has("token-exchange-500-once") && site.store().is_first("exchange", &client.id);
    if once || is_ours && site.has("token-exchange-500") {
        return Reply::new(500, "text/plain", "internal server error");
    }
    let mut access = access_of(&code, site.now());
    access.scopes = granted::effective(site, &code.scopes);
    access.client.clone_from(&client.id);
    let id_token = id_token::for_code(site, client, &code, &access);
    let refresh = refresh::first(site, client, &access);
    let token = made(site);
    site.store().access.insert(token.clone(), access.clone());
    Answer { access: &access, token, refresh, id_token, refreshed: false }.reply(site)
}

/// A new access token.
fn made(site: &Site) -> String {
    if site.has("access-token-short") {
        return random()[..16].to_owned();
    }
    if site.has("access-token-oversized") {
        return std::iter::repeat_with(random).take(200).collect();
    }
    random()
}

/// Whether this client may have the tokens of this code now.
fn check(site: &Site, client: &RegisteredClient, code: &Code, parameters: &[(String, String)]) -> Result<(), &'static str> {
    if code.used && !site.has("code-reusable") {
        if !site.has("code-reuse-keeps-tokens") {
            site.store().take_back(code.grant);
        }
        return Err("the code was used before");
    }
    if site.now() > code.issued + code::LIFETIME && !site.has("code-never-expires") {
        return Err("the code has expired");
    }
    if code.request.client != client.id && !site.has("code-not-bound-to-client") {
        return Err("the code was given to another app");
    }
    match value(parameters, "redirect_uri") {
        Some(uri) if uri == code.request.redirect_uri => {}
        Some(_) if site.has("redirect-uri-not-checked-at-token") => {}
        None if site.has("redirect-uri-missing-at-token-accepted") => {}
        _ => return Err("redirect_uri is not that of the authorization request"),
    }
    if client.dynamic.is_none() && site.has("pkce-demanded-and-ignored") {
        return Ok(());
    }
    let verifier = parameters.iter().find(|(name, _)| name == "code_verifier").map(|(_, value)| value.as_str());
    verify(site, code.request.challenge.as_ref(), verifier)
}

fn verify(site: &Site, challenge: Option<&Challenge>, verifier: Option<&str>) -> Result<(), &'static str> {
    if site.has("pkce-ignored") {
        return Ok(());
    }
    let challenge = match (challenge, verifier) {
        (None, None) => return Ok(()),
        (None, Some(_)) if site.has("pkce-verifier-without-challenge-accepted") => return Ok(()),
        (None, Some(_)) => return Err("code_verifier without code_challenge"),
        (Some(challenge), _) => challenge,
    };
    let lenient = match verifier {
        None => site.has("pkce-missing-verifier-accepted"),
        Some("") => site.has("pkce-empty-verifier-accepted"),
        Some(verifier) if !challenge.plain && verifier == challenge.value => site.has("pkce-challenge-as-verifier-accepted"),
        Some(verifier) if matches_challenge(challenge, verifier) => !site.has("pkce-s256-refused"),
        Some(_) => site.has("pkce-wrong-verifier-accepted"),
    };
    if lenient { Ok(()) } else { Err("code_verifier does not match") }
}

fn matches_challenge(challenge: &Challenge, verifier: &str) -> bool {
    use base64::Engine as _;
    if challenge.plain {
        return verifier == challenge.value;
    }
    let long_enough = (43..=128).contains(&verifier.len());
    long_enough
        && base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(openssl::sha::sha256(verifier.as_bytes())) == challenge.value
}

/// What a successful request is answered with.
pub(in super::super) struct Answer<'a> {
    pub(in super::super) access: &'a Access,
    pub(in super::super) token: String,
    pub(in super::super) refresh: Option<String>,
    pub(in super::super) id_token: Option<String>,
    /// Whether a refresh token was used.
    pub(in super::super) refreshed: bool,
}

impl Answer<'_> {
    /// The response, under the faults that spoil responses.
    pub(in super::super) fn reply(self, site: &Site) -> Reply {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| {
            members.insert(name.to_owned(), value);
        };
        if !site.has("access-token-missing") {
            put("access_token", json!(self.token));
        }
        let token_type = if site.has("token-type-mac") { "mac" } else { "Bearer" };
        let token_type = if site.has("token-type-lower-case") { "bearer" } else { token_type };
        if !site.has("token-type-missing") {
            put("token_type", json!(token_type));
        }
        if let Some(seconds) = expires_in(site, self.refreshed) {
            put("expires_in", seconds);
        }
        let hidden = if self.refreshed { site.has("refresh-without-scope") } else { site.has("scope-missing-in-token-response") };
        if !hidden {
            put("scope", json!(granted::printed(site, &self.access.scopes)));
        }
        if let Some(patient) = patient(site, self.access, self.refreshed) {
            put("patient", patient);
        }
        if site.has("context-banner-text") {
            put("need_patient_banner", json!("true"));
        }
        if let Some(items) = fhir_context(site) {
            put("fhirContext", items);
        }
        if let Some(refresh) = self.refresh {
            put("refresh_token", json!(refresh));
        }
        if let Some(id_token) = self.id_token {
            put("id_token", json!(id_token));
        }
        let html = site.has("token-response-text-html");
        let body = Value::Object(members).to_string();
        let reply = Reply::new(200, if html { "text/html" } else { "application/json" }, body);
        with_cache_headers(site, reply, self.refreshed)
    }
}

fn with_cache_headers(site: &Site, reply: Reply, refreshed: bool) -> Reply {
    let cacheable = if refreshed { "refresh-response-cacheable" } else { "token-response-cacheable" };
    if site.has(cacheable) {
        return reply.with("cache-control", "private, max-age=600");
    }
    let value = if site.has("token-cache-control-list") { "no-cache, No-Store, max-age=0" } else { "no-store" };
    let reply = reply.with("cache-control", value);
    if site.has("token-response-without-pragma") { reply } else { reply.with("pragma", "no-cache") }
}

fn expires_in(site: &Site, refreshed: bool) -> Option<Value> {
    let missing = if refreshed { "refresh-without-expires-in" } else { "expires-in-missing" };
    if site.has(missing) {
        return None;
    }
    let seconds = LIFETIME.whole_seconds();
    if site.has("expires-in-string") {
        return Some(json!(seconds.to_string()));
    }
    if site.has("expires-in-negative") {
        return Some(json!(-seconds));
    }
    Some(if site.has("expires-in-ten-years") { json!(315_360_000) } else { json!(seconds) })
}

fn patient(site: &Site, access: &Access, refreshed: bool) -> Option<Value> {
    let patient = access.patient.as_ref()?;
    let missing = if refreshed { "refresh-loses-patient" } else { "patient-context-missing" };
    if site.has(missing) {
        return None;
    }
    if refreshed && site.has("refresh-changes-patient") {
        return Some(json!(members::by_index(1).patient_id()));
    }
    Some(if site.has("patient-context-reference") { json!(format!("Patient/{patient}")) } else { json!(patient) })
}

/// Further context of the launch, which only servers with one of these faults give.
fn fhir_context(site: &Site) -> Option<Value> {
    let payer = "Organization/carinbb-payer-1";
    let spoilt = [
        ("fhir-context-shape", json!([17])),
        ("fhir-context-strings", json!([payer])),
        ("fhir-context-objects", json!([{ "reference": payer }])),
        ("fhir-context-canonical", json!([{ "canonical": "https://example.org/Questionnaire/1", "type": "Questionnaire" }])),
        ("fhir-context-patient", json!([{ "reference": "Patient/1" }])),
        ("fhir-context-patient-text", json!(["Patient/1"])),
        ("fhir-context-empty-role", json!([{ "reference": payer, "role": "" }])),
    ];
    let right = if site.smart_is_at_least("2.1.0") { json!([{ "reference": payer }]) } else { json!([payer]) };
    let of_fault = spoilt.into_iter().find(|(fault, _)| site.has(fault)).map(|(_, items)| items);
    of_fault.or_else(|| site.has("fhir-context").then_some(right))
}

/// Whether a client may be given refresh tokens.
pub(in super::super) fn may_refresh(client: &RegisteredClient) -> bool {
    client.dynamic.as_ref().map_or(client.kind != ClientKind::Public, |dynamic| dynamic.may_refresh)
}
