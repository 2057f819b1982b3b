//! Which path of the authorization origin is which room of the authorization server.

use super::super::endpoints::authorize_path;
use super::super::exchange::{Asked, Reply};
use super::super::site::Site;
use super::super::udap;
use super::{authorize, connected_apps, consent, introspect, login_pages, revoke, saml, token, userinfo};

/// The answer to a request for something of the authorization server; `None` when it is for something else.
pub(in super::super) fn answer(site: &Site, asked: &Asked) -> Option<Reply> {
    let reply = match asked.path.as_str() {
        "/authorize" => authorize::answer(site, asked),
        path if path == authorize_path(site) => authorize::answer(site, asked),
        "/login" | "/login/language" | "/login/password" | "/login/code" | "/login/sso" => login_pages::answer(site, asked),
        "/logout" => login_pages::log_out(site, asked),
        "/saml/acs" => saml::consume(site, asked),
        "/tiered/callback" => udap::tiered_callback(site, asked),
        "/consent" => consent::answer(site, asked),
        "/apps" => connected_apps::answer(site, asked),
        "/token" => token::answer(site, asked),
        "/introspect" => introspect::answer(site, asked),
        "/revoke" => revoke::answer(site, asked),
        "/userinfo" => userinfo::answer(site, asked),
        _ => return None,
    };
    Some(reply)
}
