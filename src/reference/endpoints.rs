//! Where the authorization server says its endpoints are: the same in every document, unless a fault is to make them differ.

use super::site::Site;

/// The endpoints as they are published.
#[derive(Debug)]
pub(super) struct Endpoints {
    pub(super) issuer: String,
    pub(super) authorize: String,
    pub(super) token: String,
    pub(super) jwks: String,
    pub(super) register: Option<String>,
    pub(super) introspect: String,
    pub(super) revoke: String,
    pub(super) manage: String,
}

/// The path of the issuer below the authorization origin.
pub(super) fn issuer_path(site: &Site) -> &'static str {
    if site.has("issuer-other-host") { "/tenants/members" } else { "" }
}

/// The path of the authorization endpoint.
pub(super) fn authorize_path(site: &Site) -> &'static str {
    if site.has("plain-http-serves-login-where-published") { "/oauth2/authorize" } else { "/authorize" }
}

impl Endpoints {
    /// The endpoints of this server, under its faults.
    pub(super) fn of(site: &Site) -> Self {
        let at = |path: &str, insecure: &'static str| {
            let url = site.authorization_url(path);
            if site.has(insecure) { url.replacen("https:", "http:", 1) } else { url }
        };
        let register = at("/register", "smart-registration-endpoint-http");
        Self {
            issuer: at(issuer_path(site), "smart-issuer-http"),
            authorize: at(authorize_path(site), "smart-authorization-endpoint-http"),
            token: at("/token", "smart-token-endpoint-http"),
            jwks: at("/jwks", "smart-jwks-uri-http"),
            register: (!site.has("udap-registration-endpoint-missing")).then_some(register),
            introspect: at("/introspect", "smart-introspection-endpoint-http"),
            revoke: at("/revoke", "smart-revocation-endpoint-http"),
            manage: at("/manage", "smart-management-endpoint-http"),
        }
    }
}
