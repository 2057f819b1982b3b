//! The authorization endpoint: what a request must say before a member is asked anything.
//!
//! A doubtful client or redirect URI gets a page and never a redirect; every other mistake goes back to the app.

use url::Url;

use super::super::exchange::{Asked, Reply};
use super::super::site::{BASE_PATH, Site};
use super::super::udap;
use super::clients::{ClientKind, RegisteredClient, random};
use super::scopes;
use super::store::{Challenge, Request, Transaction};
use super::{code, consent, login_pages};

const SINGLE: [&str; 9] =
    ["response_type", "client_id", "redirect_uri", "scope", "state", "aud", "nonce", "code_challenge", "code_challenge_method"];

/// Answers a request to the endpoint.
pub(in super::super) fn answer(site: &Site, asked: &Asked) -> Reply {
    let parameters = match asked.method.as_str() {
        "GET" | "HEAD" => asked.query_parameters(),
        "POST" if !site.has("authorize-post-refused") => asked.form_parameters(),
        _ => return Reply::new(405, "text/plain", "method not allowed").with("allow", "GET, POST"),
    };
    if site.has("authorize-refuses-origin") && asked.header("origin").is_some() {
        return page("Cross-origin requests are not answered here.");
    }
    let (client, redirect_uri) = match destination(site, &parameters) {
        Ok(destination) => destination,
        Err(reply) => return by_open_redirect(site, &parameters).unwrap_or(reply),
    };
    match examine(site, &client, &redirect_uri, &parameters) {
        Ok(request) => begin(site, asked, &parameters, request),
        Err(_) if client.dynamic.is_some() && site.has("udap-authorize-refuses-with-500") => in_trouble(),
        Err((error, description)) => {
            let state = code::echoed_state(site, value(&parameters, "state"));
            code::error(site, &redirect_uri, state.as_deref(), error, description)
        }
    }
}

/// The mistake of a server that says of a provider that it cannot be used before it looks whom it says that to.
fn by_open_redirect(site: &Site, parameters: &[(String, String)]) -> Option<Reply> {
    value(parameters, "idp")?;
    let uri = value(parameters, "redirect_uri").filter(|_| site.has("tiered-invalid-idp-open-redirect"))?;
    Some(code::error(site, uri, value(parameters, "state"), "invalid_idp", "this provider cannot be used"))
}

/// The request of an app that is in order and names an identity provider, with the provider.
pub(in super::super) fn tiered_request(site: &Site, asked: &Asked) -> Option<(Request, String)> {
    let parameters = asked.parameters();
    value(&parameters, "idp")?;
    let (client, redirect_uri) = destination(site, &parameters).ok()?;
    let request = examine(site, &client, &redirect_uri, &parameters).ok()?;
    let provider = udap::provider_of(&request, &parameters)?;
    Some((request, provider))
}

/// Back to the app of a request, with an error.
pub(in super::super) fn back_with_error(site: &Site, request: &Request, error: &str) -> Reply {
    if site.has("tiered-refuses-with-500") {
        return in_trouble();
    }
    let state = code::echoed_state(site, request.state.as_deref());
    code::error(site, &request.redirect_uri, state.as_deref(), error, "the sign-in at the identity provider came to no end")
}

/// What a server says that comes to grief over what it should refuse.
pub(super) fn in_trouble() -> Reply {
    Reply::html(500, "Something went wrong", "<p>Please try again later.</p>")
}

/// Goes on with a member who signed in at an identity provider.
pub(in super::super) fn signed_in_elsewhere(site: &Site, browser: &str, request: Request, member: usize) -> Reply {
    let asks_again = site.has("tiered-asks-again");
    let mut store = site.store();
    if !asks_again {
        store.browsers.insert(browser.to_owned(), Some((member, site.now())));
    }
    let id = random();
    let transaction =
        Transaction { request, browser: browser.to_owned(), csrf: random(), half_way: None, username: String::new() };
    store.transactions.insert(id.clone(), transaction);
    drop(store);
    if asks_again { login_pages::begin(site, &id) } else { consent::begin(site, &id) }
}

/// The first value of a parameter, when it is not empty.
pub(in super::super) fn value<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

/// Whether a parameter stands more than once.
pub(in super::super) fn is_doubled(parameters: &[(String, String)], name: &str) -> bool {
    parameters.iter().filter(|(key, _)| key == name).count() > 1
}

fn page(text: &str) -> Reply {
    Reply::html(400, "This request cannot be answered", &format!("<p>{text}</p>")).with("cache-control", "no-store")
}

/// The client and where its answer goes; a page when either is doubtful.
fn destination(site: &Site, parameters: &[(String, String)]) -> Result<(RegisteredClient, String), Reply> {
    if is_doubled(parameters, "client_id") || is_doubled(parameters, "redirect_uri") {
        return Err(page("A parameter stands twice."));
    }
    let Some(id) = value(parameters, "client_id") else {
        return Err(page("The app did not say who it is: client_id is missing."));
    };
    let asked_for = value(parameters, "redirect_uri");
    let Some(client) = site.client(id) else {
        if site.has("unknown-client-redirected")
            && let Some(uri) = asked_for
        {
            return Err(code::error(site, uri, value(parameters, "state"), "unauthorized_client", "unknown client"));
        }
        return Err(page("This app is not known here."));
    };
    let Some(uri) = asked_for else { return Err(page("The app did not say where to return to.")) };
    if client.redirects_to(uri) {
        return Ok((client, uri.to_owned()));
    }
    if site.has("redirect-uri-not-checked") {
        return Ok((client, uri.to_owned()));
    }
    if site.has("redirect-uri-prefix-accepted") && uri.starts_with(client.redirect_uri.as_str()) {
        return Ok((client, uri.to_owned()));
    }
    if site.has("open-redirect") {
        return Err(code::error(site, uri, value(parameters, "state"), "invalid_request", "redirect_uri is not registered"));
    }
    Err(page("The app wants to return to an address that is not registered."))
}

type Mistake = (&'static str, &'static str);

fn examine(
    site: &Site,
    client: &RegisteredClient,
    redirect_uri: &str,
    parameters: &[(String, String)],
) -> Result<Request, Mistake> {
    let doubled = SINGLE.iter().any(|name| is_doubled(parameters, name));
    if doubled && !site.has("duplicate-parameters-accepted") {
        return Err(("invalid_request", "a parameter stands twice"));
    }
    let unknown = parameters.iter().any(|(name, _)| name.starts_with("x-"));
    if unknown && site.has("unknown-parameter-refused") {
        return Err(("invalid_request", "a parameter is not known"));
    }
    let response_type = match value(parameters, "response_type") {
        Some("code") => "code",
        Some("token") if site.has("response-type-token-accepted") => "token",
        Some(_) => return Err(("unsupported_response_type", "only code is supported")),
        None => return Err(("invalid_request", "response_type is missing")),
    };
    // aud is SMART's: an app that registered by UDAP may leave it out
    let audience_is_ours = match value(parameters, "aud") {
        None if client.dynamic.is_some() => true,
        aud => audience(site, aud)?,
    };
    let challenge = challenge(site, client, parameters)?;
    let scopes = requested_scopes(site, client, value(parameters, "scope").unwrap_or_default())?;
    let stateless = client.dynamic.is_some() && value(parameters, "state").is_none() && site.has("udap-authorize-without-state");
    if value(parameters, "state").is_none() && !stateless {
        return Err(("invalid_request", "state is missing"));
    }
    Ok(Request {
        client: client.id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        response_type: response_type.to_owned(),
        scopes,
        state: value(parameters, "state").map(str::to_owned),
        nonce: value(parameters, "nonce").map(str::to_owned),
        challenge,
        asks_again: value(parameters, "prompt").is_some_and(|prompt| prompt.split(' ').any(|word| word == "consent")),
        audience_is_ours,
    })
}

/// Whether the app wants a token for this server. One that is meant for another is refused.
fn audience(site: &Site, aud: Option<&str>) -> Result<bool, Mistake> {
    let Some(aud) = aud else {
        let lenient = site.has("aud-missing-accepted");
        return if lenient { Ok(true) } else { Err(("invalid_request", "aud is missing")) };
    };
    let base = site.base.as_str();
    let by_another_error = site.has("aud-needs-trailing-slash-other-error");
    let needs_slash = site.has("aud-needs-trailing-slash") || by_another_error;
    let same = if needs_slash { aud == format!("{base}/") } else { aud.trim_end_matches('/') == base };
    if same {
        return Ok(true);
    }
    if by_another_error {
        return Err(("invalid_target", "aud is not this server"));
    }
    if site.has("aud-checked-by-host-only")
        && Url::parse(aud).is_ok_and(|url| url.host_str() == site.base.host_str() && !url.path().starts_with(BASE_PATH))
    {
        return Ok(true);
    }
    if site.has("aud-ignored") {
        return Ok(true);
    }
    if site.has("aud-refused-late") {
        return Ok(false);
    }
    Err(("invalid_request", "aud is not this server"))
}

fn challenge(site: &Site, client: &RegisteredClient, parameters: &[(String, String)]) -> Result<Option<Challenge>, Mistake> {
    let Some(challenge) = value(parameters, "code_challenge") else {
        let error = if site.has("pkce-missing-other-error") { "unauthorized_client" } else { "invalid_request" };
        return if pkce_is_optional(site, client) { Ok(None) } else { Err((error, "code_challenge is missing")) };
    };
    let plain = match value(parameters, "code_challenge_method") {
        Some("S256") => false,
        Some("plain") | None => true,
        Some(_) => return Err(("invalid_request", "transform algorithm not supported")),
    };
    let lax = site.has("pkce-plain-accepted") || (client.dynamic.is_some() && site.has("udap-authorize-plain-pkce"));
    if plain && !lax {
        return Err(("invalid_request", "transform algorithm not supported"));
    }
    Ok(Some(Challenge { value: challenge.to_owned(), plain }))
}

/// SMART 2 asks every app for PKCE; before, only an app without a secret has to bring it.
fn pkce_is_optional(site: &Site, client: &RegisteredClient) -> bool {
    if client.dynamic.is_some() {
        return !udap::requires_pkce(site);
    }
    if site.has("pkce-demanded-unadvertised") || site.has("pkce-demanded-and-ignored") {
        return false;
    }
    if client.kind == ClientKind::Public {
        return site.has("public-client-without-pkce-accepted");
    }
    !site.smart_is_at_least("2.0.0") || site.has("pkce-not-required")
}

/// What of the request can be granted to this client at all.
fn requested_scopes(site: &Site, client: &RegisteredClient, requested: &str) -> Result<Vec<String>, Mistake> {
    let requested = scopes::split(requested);
    if site.has("user-scopes-refused") && requested.iter().any(|scope| scope.starts_with("user/")) {
        return Err(("invalid_scope", "user scopes are not supported"));
    }
    let mut granted = Vec::new();
    for scope in &requested {
        match scopes::grantable(scope) {
            Some(scope) => granted.push(scope),
            None if site.has("unknown-scope-refuses-all") => return Err(("invalid_scope", "a scope is not supported")),
            None => {}
        }
    }
    if let Some(dynamic) = &client.dynamic {
        granted.retain(|scope| udap::covers(site, &dynamic.scopes, scope));
    }
    let offline = client.kind != ClientKind::Public || site.has("refresh-token-for-public-client");
    granted.retain(|scope| scope != "offline_access" || offline);
    if site.has("v2-scopes-dropped") {
        granted.retain(|scope| !scope.contains('/') || scope.contains(".read") || scope.starts_with("launch/"));
    }
    if site.has("user-scopes-dropped") {
        granted.retain(|scope| !scope.starts_with("user/"));
    }
    for (fault, scope) in REFUSED {
        if site.has(fault) {
            let lost = |granted: &String| {
                granted == scope || (scope.ends_with(".read") && scopes::covers(std::slice::from_ref(granted), scope))
            };
            granted.retain(|granted| !lost(granted));
        }
    }
    if granted.is_empty() { Err(("invalid_scope", "no scope of the request is supported")) } else { Ok(granted) }
}

/// The scopes of CARIN BB, each with the fault that never grants it.
pub(in super::super) const REFUSED: [(&str, &str); 13] = [
    ("scope-refused-openid", "openid"),
    ("scope-refused-fhiruser", "fhirUser"),
    ("scope-refused-launch-patient", "launch/patient"),
    ("scope-refused-patient-explanationofbenefit", "patient/ExplanationOfBenefit.read"),
    ("scope-refused-patient-coverage", "patient/Coverage.read"),
    ("scope-refused-patient-patient", "patient/Patient.read"),
    ("scope-refused-patient-organization", "patient/Organization.read"),
    ("scope-refused-patient-practitioner", "patient/Practitioner.read"),
    ("scope-refused-user-explanationofbenefit", "user/ExplanationOfBenefit.read"),
    ("scope-refused-user-coverage", "user/Coverage.read"),
    ("scope-refused-user-patient", "user/Patient.read"),
    ("scope-refused-user-organization", "user/Organization.read"),
    ("scope-refused-user-practitioner", "user/Practitioner.read"),
];

/// Asks the member to sign in, or to agree, or neither, when the browser is known.
fn begin(site: &Site, asked: &Asked, parameters: &[(String, String)], request: Request) -> Reply {
    let provider = udap::provider_of(&request, parameters);
    let mut store = site.store();
    let known = login_pages::browser_of(asked).filter(|browser| store.browsers.contains_key(browser));
    let is_new = known.is_none();
    let browser = known.unwrap_or_else(|| store.new_browser());
    if let Some(provider) = provider {
        drop(store);
        return udap::begin_tiered(site, &browser, is_new, request, &provider);
    }
    let member = store.browsers.get(&browser).copied().flatten();
    let id = random();
    let transaction = Transaction { request, browser: browser.clone(), csrf: random(), half_way: None, username: String::new() };
    store.transactions.insert(id.clone(), transaction);
    drop(store);
    let reply = match member {
        Some(_) => consent::begin(site, &id),
        None => login_pages::begin(site, &id),
    };
    if is_new { login_pages::with_cookie(site, reply, &browser) } else { reply }
}
