//! The names `target.*` that cases may use in templates, once stage 0 is done.

use serde_json::{Value, json};
use url::Url;

use super::documents::facts_in;
use crate::net::{AddressGuard, Origin};
use crate::target::{AUDIT_WAIT, Target};
use crate::verbs::Context;
use crate::vocabulary::format_duration;

/// `target.*`: base, host, endpoints, advertised, `public_types`, `public_address`, `plain_http`, `plain_http_login`, `browser_apps`.
pub async fn target_facts(context: &Context) -> Value {
    let target = &context.target;
    json!({
        "base": target.base.as_str().trim_end_matches('/'),
        "host": target.base.host_str(),
        "endpoints": context.documents.endpoints(context).await,
        "advertised": context.documents.advertised(context).await,
        "public_types": target.public_types,
        "public_address": is_public(context, &target.base).await,
        "plain_http": plain_http(target).map(|url| url.as_str().trim_end_matches('/').to_owned()),
        "plain_http_login": plain_http_login(target, authorization_endpoint(context).await.as_ref()).map(String::from),
        "browser_apps": target.browser_apps,
        "communities": target.udap.communities.iter().map(|community| community.uri.as_str()).collect::<Vec<_>>(),
        "approves_all": context.launch.login.approves_all,
        "user_scopes": context.launch.login.user_scopes,
        "audit_wait": format_duration(context.launch.audit.as_ref().map_or(AUDIT_WAIT, |audit| audit.wait)),
    })
}

/// Where the server would answer plain HTTP: what the target file says, else port 80 for a base on 443, else the port of the base.
fn plain_http(target: &Target) -> Option<Url> {
    if let Some(stated) = &target.plain_http {
        return Some(stated.clone());
    }
    let origin = Origin::of(&target.base)?;
    let port = if origin.port == 443 { 80 } else { origin.port };
    Url::parse(&format!("http://{}:{port}{}", origin.host, target.base.path())).ok()
}

/// Where members sign in, as smart-configuration or else the CapabilityStatement publishes it.
async fn authorization_endpoint(context: &Context) -> Option<Url> {
    let documents = &context.documents;
    let url = |fact: &Value| Url::parse(fact.as_str()?).ok().filter(|url| url.has_host() && url.scheme().starts_with("http"));
    let smart = facts_in(documents.smart(context).await).and_then(|facts| facts.pointer("/json/authorization_endpoint"));
    if let Some(url) = smart.and_then(url) {
        return Some(url);
    }
    facts_in(documents.capability_statement(context).await).and_then(|facts| facts.pointer("/oauth_uris/authorize")).and_then(url)
}

/// The same place on plain HTTP: of the host of the base as [`plain_http`] says, of another host on its port, or 80 for 443. Without a
/// published one the usual path of the host of the base.
fn plain_http_login(target: &Target, published: Option<&Url>) -> Option<Url> {
    let mut own = plain_http(target)?;
    own.set_query(None);
    let Some(published) = published else {
        own.set_path("/authorize");
        return Some(own);
    };
    let origin = Origin::of(published)?;
    let is_of_base = Origin::of(&target.base).is_some_and(|base| base.host == origin.host);
    let is_stated = target.plain_http.is_some() && is_of_base;
    let port = if origin.port == 443 { 80 } else { origin.port };
    if is_stated {
        own.set_path(published.path());
        return Some(own);
    }
    Url::parse(&format!("http://{}:{port}{}", origin.host, published.path())).ok()
}

/// True when all addresses of the host are public ones.
pub(in crate::verbs) async fn is_public(context: &Context, url: &Url) -> bool {
    let Some(origin) = Origin::of(url) else { return false };
    is_public_host(context, &origin.host, origin.port).await
}

/// As [`is_public`], by host and port. False when the host has no address that we connect to.
pub(in crate::verbs) async fn is_public_host(context: &Context, host: &str, port: u16) -> bool {
    let strict = AddressGuard::default();
    match context.world.dialer.permitted(host, port).await {
        Ok(addresses) => !addresses.is_empty() && addresses.iter().all(|address| strict.check_address(address.ip()).is_ok()),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_24_plain_http_is_looked_for_where_a_client_would() {
        let plain = |base: &str| plain_http(&Target::new(Url::parse(base).unwrap(), base)).unwrap().to_string();
        assert_eq!(plain("https://p.example/r4"), "http://p.example/r4");
        assert_eq!(plain("https://p.example:8443/r4"), "http://p.example:8443/r4");
        assert_eq!(plain("https://[::1]:8443/"), "http://[::1]:8443/");
        let stated = Target {
            plain_http: Some(Url::parse("http://p.example:81").unwrap()),
            ..Target::new(Url::parse("https://p.example").unwrap(), "x")
        };
        assert_eq!(plain_http(&stated).unwrap().as_str(), "http://p.example:81/");
        let login = |target: &Target, published: Option<&str>| {
            let published = published.map(|url| Url::parse(url).unwrap());
            plain_http_login(target, published.as_ref()).unwrap().to_string()
        };
        let usual = Target::new(Url::parse("https://p.example/r4").unwrap(), "x");
        assert_eq!(login(&usual, Some("https://login.example/oauth/authorize?tenant=1")), "http://login.example/oauth/authorize");
        assert_eq!(login(&usual, Some("https://login.example:8443/a")), "http://login.example:8443/a");
        assert_eq!(login(&usual, Some("http://p.example/a")), "http://p.example/a");
        assert_eq!(login(&usual, None), "http://p.example/authorize");
        assert_eq!(login(&stated, Some("https://p.example/oauth/authorize")), "http://p.example:81/oauth/authorize");
        assert_eq!(login(&stated, Some("https://login.example/a")), "http://login.example/a");
    }
}
