//! The names `target.*` that cases may use in templates, once stage 0 is done.

use serde_json::{Value, json};
use url::Url;

use crate::net::{AddressGuard, Origin};
use crate::target::{AUDIT_WAIT, Target};
use crate::verbs::Context;
use crate::vocabulary::format_duration;

/// `target.*`: base, host, endpoints, advertised, `public_types`, `public_address`, `plain_http`, `browser_apps`.
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
    }
}
