//! What a statement says about its client: which claims are right, which are taken over, which are refused.

use serde_json::{Map, Value, json};
use url::Url;

use super::super::site::Site;
use super::put_right;
use super::scopes::{self, Flow};

/// An error code and its reason.
pub(super) type Mistake = (&'static str, &'static str);

const METADATA: &str = "invalid_client_metadata";
const REDIRECT: &str = "invalid_redirect_uri";

/// What is registered about a client.
#[derive(Debug)]
pub(super) struct Wanted {
    /// None is the wish to cancel.
    pub(super) flow: Option<Flow>,
    pub(super) may_refresh: bool,
    pub(super) scopes: Vec<String>,
    pub(super) redirect_uris: Vec<String>,
    /// The members that are registered and answered with.
    pub(super) metadata: Map<String, Value>,
    pub(super) wants_secret: bool,
}

/// The members that are taken over as they are.
const KEPT: [&str; 9] = [
    "client_name",
    "contacts",
    "grant_types",
    "token_endpoint_auth_method",
    "client_uri",
    "tos_uri",
    "policy_uri",
    "software_id",
    "software_version",
];

/// Looks at the claims of a statement that is believed.
pub(super) fn read(site: &Site, claims: &Map<String, Value>) -> Result<Wanted, Mistake> {
    let right = site.has("udap-registration-puts-right").then(|| put_right::put_right(claims));
    let claims = right.as_ref().unwrap_or(claims);
    let (flow, may_refresh) = grants(site, claims)?;
    let code = flow == Some(Flow::AuthorizationCode);
    name(site, claims)?;
    contacts(site, claims)?;
    let wants_secret = auth_method(site, claims)?;
    let redirect_uris = if code { redirect_uris(site, claims)? } else { Vec::new() };
    if code {
        response_types(site, claims)?;
        logo(site, claims)?;
    }
    let scopes = match flow {
        Some(flow) => scopes(site, flow, claims)?,
        None => Vec::new(),
    };
    let mut metadata: Map<String, Value> =
        KEPT.iter().filter_map(|name| Some(((*name).to_owned(), claims.get(*name)?.clone()))).collect();
    if code {
        metadata.insert("redirect_uris".to_owned(), json!(redirect_uris));
        for name in ["response_types", "logo_uri"] {
            metadata.extend(claims.get(name).map(|value| (name.to_owned(), value.clone())));
        }
    }
    metadata.insert("scope".to_owned(), json!(scopes.join(" ")));
    if site.has("udap-registers-both-flows-and-refresh") && has_both_flows(claims) {
        metadata.insert("grant_types".to_owned(), json!(["authorization_code", "client_credentials", "refresh_token"]));
    }
    Ok(Wanted { flow, may_refresh, scopes, redirect_uris, metadata, wants_secret })
}

fn has_both_flows(claims: &Map<String, Value>) -> bool {
    let given = texts(claims, "grant_types").unwrap_or_default();
    ["authorization_code", "client_credentials"].iter().all(|flow| given.contains(flow))
}

fn texts<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<Vec<&'a str>> {
    claims.get(name)?.as_array()?.iter().map(Value::as_str).collect()
}

/// The flows exclude each other; an empty list is the wish to cancel.
fn grants(site: &Site, claims: &Map<String, Value>) -> Result<(Option<Flow>, bool), Mistake> {
    let given = match claims.get("grant_types") {
        None if site.has("udap-registers-without-grant-types") => vec!["authorization_code"],
        Some(Value::String(one)) if site.has("udap-registers-grant-types-string") => one.split(' ').collect(),
        _ => texts(claims, "grant_types").ok_or((METADATA, "grant_types is no array of texts"))?,
    };
    let has = |grant: &str| given.contains(&grant);
    let (code, credentials, refresh) = (has("authorization_code"), has("client_credentials"), has("refresh_token"));
    let strange = given.iter().any(|grant| !["authorization_code", "client_credentials", "refresh_token"].contains(grant));
    match (code, credentials, refresh, strange) {
        (true, false, refresh, false) => Ok((Some(Flow::AuthorizationCode), refresh)),
        (false, true, false, false) => Ok((Some(Flow::ClientCredentials), false)),
        (false, false, false, false) => Ok((None, false)),
        (true, true, ..) if site.has("udap-registers-both-flows") || site.has("udap-registers-both-flows-and-refresh") => {
            Ok((Some(Flow::AuthorizationCode), refresh))
        }
        (false, true, true, _) if site.has("udap-registers-refresh-without-code") => Ok((Some(Flow::ClientCredentials), true)),
        (false, false, true, _) if site.has("udap-registers-refresh-alone") => Ok((Some(Flow::AuthorizationCode), true)),
        (.., true) if site.has("udap-registers-unknown-grant") => Ok((Some(Flow::AuthorizationCode), refresh)),
        _ => Err((METADATA, "grant_types is neither authorization_code nor client_credentials")),
    }
}

fn name(site: &Site, claims: &Map<String, Value>) -> Result<(), Mistake> {
    let name = claims.get("client_name").and_then(Value::as_str).unwrap_or_default();
    if !name.is_ascii() && site.has("udap-registration-refuses-utf8-name") {
        return Err((METADATA, "client_name is not ASCII"));
    }
    if name.is_empty() && !site.has("udap-registers-without-client-name") {
        return Err((METADATA, "client_name is missing"));
    }
    Ok(())
}

fn contacts(site: &Site, claims: &Map<String, Value>) -> Result<(), Mistake> {
    let contacts = texts(claims, "contacts").unwrap_or_default();
    let by_mail = contacts.iter().any(|contact| contact.strip_prefix("mailto:").is_some_and(|address| address.contains('@')));
    let lax = |fault: &'static str| if site.has(fault) { Ok(()) } else { Err((METADATA, "contacts holds no mailto: address")) };
    match (by_mail, contacts.is_empty()) {
        (true, _) => Ok(()),
        (false, true) => lax("udap-registers-without-contacts"),
        (false, false) => lax("udap-registers-contacts-without-mail"),
    }
}

/// Whether the client wants a secret, which only CARIN BB 1.x ever asked for.
fn auth_method(site: &Site, claims: &Map<String, Value>) -> Result<bool, Mistake> {
    match claims.get("token_endpoint_auth_method").and_then(Value::as_str) {
        Some("private_key_jwt") => Ok(false),
        Some("client_secret_basic") if site.has("udap-registers-client-secret-basic") => Ok(true),
        None if site.has("udap-registers-without-auth-method") => Ok(false),
        Some(_) if site.has("udap-registers-other-auth-method") => Ok(false),
        _ => Err((METADATA, "token_endpoint_auth_method is not private_key_jwt")),
    }
}

fn redirect_uris(site: &Site, claims: &Map<String, Value>) -> Result<Vec<String>, Mistake> {
    let uris = texts(claims, "redirect_uris").unwrap_or_default();
    if uris.is_empty() {
        let lax = site.has("udap-registers-without-redirect-uris");
        return if lax { Ok(Vec::new()) } else { Err((REDIRECT, "redirect_uris is missing")) };
    }
    if uris.len() > 1 && site.has("udap-registration-refuses-several-redirect-uris") {
        return Err((REDIRECT, "there may be one redirect URI"));
    }
    for uri in &uris {
        if !is_good_redirect(site, uri) {
            return Err((REDIRECT, "a redirect URI is no https address without fragment and wildcard"));
        }
    }
    let ending = if site.has("udap-registration-adds-slash") { "/" } else { "" };
    let registered = |uri: &str| if uri.starts_with("https:") { uri.to_owned() } else { format!("{uri}{ending}") };
    Ok(uris.into_iter().map(registered).collect())
}

fn is_good_redirect(site: &Site, uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return site.has("udap-registers-relative-redirect-uri") };
    if url.scheme() == "http" {
        return site.has("udap-registers-http-redirect-uri");
    }
    if url.scheme() == "javascript" {
        return site.has("udap-registers-javascript-redirect-uri");
    }
    if url.scheme() != "https" {
        return site.has("udap-registers-custom-scheme-redirect-uri") || site.has("udap-registration-adds-slash");
    }
    if url.fragment().is_some() {
        return site.has("udap-registers-redirect-uri-with-fragment");
    }
    !uri.contains('*') || site.has("udap-registers-redirect-uri-with-wildcard")
}

fn response_types(site: &Site, claims: &Map<String, Value>) -> Result<(), Mistake> {
    match texts(claims, "response_types").as_deref() {
        Some(["code"]) => Ok(()),
        None if site.has("udap-registers-without-response-types") => Ok(()),
        Some(_) if site.has("udap-registers-other-response-types") => Ok(()),
        _ => Err((METADATA, "response_types is not code alone")),
    }
}

fn logo(site: &Site, claims: &Map<String, Value>) -> Result<(), Mistake> {
    let Some(logo) = claims.get("logo_uri").and_then(Value::as_str) else {
        return if site.has("udap-registers-without-logo") { Ok(()) } else { Err((METADATA, "logo_uri is missing")) };
    };
    let is_image = |url: &Url| {
        let path = url.path().to_ascii_lowercase();
        [".png", ".jpg", ".jpeg", ".gif"].iter().any(|ending| path.ends_with(ending))
    };
    match Url::parse(logo) {
        Ok(url) if url.scheme() == "https" && is_image(&url) => Ok(()),
        Ok(url) if url.scheme() == "http" && site.has("udap-registers-http-logo") => Ok(()),
        _ => Err((METADATA, "logo_uri is no https address of an image")),
    }
}

fn scopes(site: &Site, flow: Flow, claims: &Map<String, Value>) -> Result<Vec<String>, Mistake> {
    let Some(scope) = claims.get("scope").and_then(Value::as_str).filter(|scope| !scope.is_empty()) else {
        let lax = site.has("udap-registers-without-scope");
        return if lax { Ok(default_scopes(flow)) } else { Err((METADATA, "scope is missing")) };
    };
    let wanted: Vec<&str> = scope.split(' ').filter(|scope| !scope.is_empty()).collect();
    if wanted.iter().any(|scope| scope.ends_with("*.read")) && site.has("udap-scopes-wildcard-v2-alone") {
        return Err((METADATA, "this wildcard is not supported"));
    }
    // The list of scopes says nothing of the flow: a client that signs members in may register one of its own as well.
    let of_client = |scope: &str| scopes::grantable(Flow::ClientCredentials, scope);
    let granted: Vec<String> =
        wanted.iter().filter_map(|scope| scopes::grantable(flow, scope).or_else(|| of_client(scope))).collect();
    if !granted.is_empty() && granted.len() < wanted.len() && site.has("udap-registration-refuses-unknown-scope") {
        return Err((METADATA, "a scope is not supported"));
    }
    if granted.is_empty() {
        let lax = site.has("udap-registers-unknown-scopes");
        return if lax { Ok(default_scopes(flow)) } else { Err((METADATA, "no scope is supported")) };
    }
    Ok(granted)
}

/// What a server that is too kind gives to a client that asks for nothing it knows.
fn default_scopes(flow: Flow) -> Vec<String> {
    let scopes: &[&str] = match flow {
        Flow::AuthorizationCode => &["openid", "launch/patient", "patient/*.read"],
        Flow::ClientCredentials => &["system/*.read"],
    };
    scopes.iter().map(|scope| (*scope).to_owned()).collect()
}
