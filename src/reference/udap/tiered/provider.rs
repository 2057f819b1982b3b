//! Whether a provider is to be believed, by its own metadata; and the registration there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::x509::X509;
use serde_json::{Map, Value, json};
use url::{Host, Url};

use super::super::super::site::Site;
use super::super::{chain, jws, signature};
use super::CALLBACK;
use super::https::{Sent, ask};
use super::memory::Known;
use super::sign::sign;

/// The provider at this address, if it can be used.
pub(super) async fn find(site: &Site, address: &str) -> Option<Known> {
    if let Some(Some(known)) = site.udap.tiered.open().providers.get(address).cloned()
        && !site.has("tiered-registers-every-time")
    {
        return Some(known);
    }
    let url = address_of(site, address)?;
    let base = address.trim_end_matches('/');
    if url.scheme() != "https" || !matches!(url.host(), Some(Host::Domain(_))) {
        // only the faults that look at nothing come here
        return Some(blind(base, "unregistered"));
    }
    if site.has("tiered-metadata-not-fetched") {
        let client_id = register(site, &format!("{base}/register")).await?;
        return Some(blind(base, &client_id));
    }
    let document = Url::parse(&format!("{base}/.well-known/udap")).ok()?;
    let Some(metadata) = ask(site, &document, Sent::default()).await.and_then(|answer| answer.json()) else {
        return site.has("tiered-unreachable-provider-taken").then(|| blind(base, "unregistered"));
    };
    let endpoints = believed(site, base, &metadata)?;
    let text = |name: &str| endpoints.get(name).and_then(Value::as_str).map(str::to_owned);
    let userinfo_endpoint = metadata.get("userinfo_endpoint").and_then(Value::as_str).map(str::to_owned);
    let known = Known {
        issuer: base.to_owned(),
        client_id: String::new(),
        authorization_endpoint: text("authorization_endpoint")?,
        token_endpoint: text("token_endpoint")?,
        userinfo_endpoint,
    };
    if site.has("tiered-never-registers") {
        return Some(Known { client_id: "carinbb-unregistered".into(), ..known });
    }
    match register(site, &text("registration_endpoint")?).await {
        Some(client_id) => Some(Known { client_id, ..known }),
        None if site.has("tiered-unregistered-at-provider") => Some(Known { client_id: "carinbb-unregistered".into(), ..known }),
        None => None,
    }
}

/// An address that may be asked: https, and a host that is named.
fn address_of(site: &Site, address: &str) -> Option<Url> {
    let url = Url::parse(address).ok().filter(Url::has_host)?;
    if url.scheme() != "https" {
        return site.has("tiered-http-provider-taken").then_some(url);
    }
    match url.host() {
        Some(Host::Domain(_)) => Some(url),
        _ => site.has("tiered-literal-address-taken").then_some(url),
    }
}

/// What somebody makes up who looks at nothing.
fn blind(base: &str, client_id: &str) -> Known {
    Known {
        issuer: base.to_owned(),
        client_id: client_id.to_owned(),
        authorization_endpoint: format!("{base}/authorize"),
        token_endpoint: format!("{base}/token"),
        userinfo_endpoint: None,
    }
}

/// The endpoints of a metadata document that is to be believed.
fn believed(site: &Site, base: &str, metadata: &Value) -> Option<Map<String, Value>> {
    let text = metadata.get("signed_metadata")?.as_str()?;
    let parts = jws::split(text)?;
    let chain = certificates(parts.header.get("x5c"));
    let leaf = chain.first()?;
    let algorithm = parts.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let wrong = [
        (!signature::is_right(algorithm, leaf, parts.signed, &parts.signature), "tiered-metadata-signature-ignored"),
        (!chain::leads_to_an_anchor(site, &chain), "tiered-metadata-unknown-ca-taken"),
        (!chain::uris(leaf).iter().any(|uri| uri == base), "tiered-metadata-certificate-name-ignored"),
        (parts.claims.get("iss").and_then(Value::as_str) != Some(base), "tiered-metadata-issuer-ignored"),
        (has_expired(site, &parts.claims), "tiered-metadata-expired-taken"),
    ];
    if wrong.into_iter().any(|(is_so, fault)| is_so && !site.has(fault)) {
        return None;
    }
    let scopes: Vec<&str> =
        metadata.get("scopes_supported").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let offers = ["openid", "udap"].iter().all(|scope| scopes.contains(scope));
    if !offers && !site.has("tiered-provider-without-udap-taken") {
        return None;
    }
    let differs = |name: &str| metadata.get(name) != parts.claims.get(name);
    if differs("token_endpoint") && site.has("tiered-unsigned-endpoints-used") {
        return metadata.as_object().cloned();
    }
    Some(parts.claims)
}

fn has_expired(site: &Site, claims: &Map<String, Value>) -> bool {
    claims.get("exp").and_then(Value::as_i64).is_none_or(|exp| exp <= site.now().unix_timestamp())
}

/// The certificates of a header.
pub(super) fn certificates(x5c: Option<&Value>) -> Vec<X509> {
    let texts = x5c.and_then(Value::as_array).into_iter().flatten().take(10).filter_map(Value::as_str);
    texts.filter_map(|text| X509::from_der(&STANDARD.decode(text).ok()?).ok()).collect()
}

/// Registers as a client; the id that was given.
async fn register(site: &Site, endpoint: &str) -> Option<String> {
    let url = Url::parse(endpoint).ok()?;
    let scope = if site.has("tiered-registers-without-udap") { "openid" } else { "openid udap" };
    let audience = if site.has("tiered-registers-for-other-audience") { site.base.as_str() } else { endpoint };
    let claims = json!({
        "client_name": "Reference payer",
        "contacts": ["mailto:operations@payer.example"],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "redirect_uris": [site.authorization_url(CALLBACK)],
        "logo_uri": site.authorization_url("/logo.png"),
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": scope,
    });
    let statement = sign(site, site.base.as_str(), audience, claims).ok()?;
    let body = json!({ "software_statement": statement, "udap": "1" }).to_string();
    let answer = ask(site, &url, Sent { body: Some(("application/json", body.as_bytes())), bearer: None }).await?;
    answer.json()?.get("client_id")?.as_str().map(str::to_owned)
}
