//! The page of connected apps: a member sees who may read, and takes it back app by app.

use super::super::exchange::{Asked, Reply};
use super::super::site::Site;
use super::authorize::value;
use super::clients::random;
use super::login_pages::{self, browser_of, escape, protected};
use super::store::Access;

/// Answers the page and its forms.
pub(in super::super) fn answer(site: &Site, asked: &Asked) -> Reply {
    let parameters = if asked.method == "POST" { asked.form_parameters() } else { Vec::new() };
    let browser = browser_of(asked).filter(|browser| site.store().browsers.contains_key(browser));
    let member = browser.as_ref().and_then(|browser| site.store().browsers.get(browser).copied().flatten());
    let (Some(browser), Some((member, _))) = (browser, member) else { return sign_in(site, asked, &parameters) };
    if asked.method != "POST" {
        return list(site, &browser, member, "");
    }
    if site.has("withdrawal-page-fails") {
        return Reply::html(500, "Something went wrong", "<p>Please try again later.</p>");
    }
    let expected = site.store().apps.get(&browser).cloned();
    if expected.is_none() || value(&parameters, "csrf") != expected.as_deref() {
        return login_pages::lost();
    }
    let Some(client) = value(&parameters, "app").and_then(|id| site.client(id)) else { return login_pages::lost() };
    if site.has("withdrawal-without-word") {
        return list(site, &browser, member, "");
    }
    forget(site, member, &client.id);
    list(site, &browser, member, &format!("<p role=\"status\">{} is disconnected.</p>", escape(&client.name)))
}

/// Takes back what this app holds of this member. The token that the server hands out at its start was approved by nobody.
fn forget(site: &Site, member: usize, client: &str) {
    let (keeps_refresh, keeps_access) = (site.has("withdrawal-keeps-refresh-token"), site.has("withdrawal-keeps-access-token"));
    let mut store = site.store();
    store.approvals.remove(&(member, client.to_owned()));
    store.codes.retain(|_, code| code.member != member || code.request.client != client);
    let stays = |token: &str, own: &Access| own.member != member || own.client != client || token == site.token.expose();
    if !keeps_refresh {
        store.refresh.retain(|token, own| stays(token, own));
        store.replaced.retain(|token, own| stays(token, own));
    }
    if !keeps_access {
        store.access.retain(|token, own| stays(token, own));
    }
}

/// Asks a browser that nobody is signed in with.
fn sign_in(site: &Site, asked: &Asked, parameters: &[(String, String)]) -> Reply {
    let given = |name| value(parameters, name).unwrap_or_default();
    let known = (asked.method == "POST").then(|| login_pages::member(site, given("username"), given("password"))).flatten();
    let Some(member) = known else {
        let status = if asked.method == "POST" { 401 } else { 200 };
        let form = "<form id=\"login\" method=\"post\" action=\"/apps\"><label>User name <input name=\"username\" autocomplete=\"username\"></label><label>Password <input type=\"password\" name=\"password\" autocomplete=\"current-password\"></label><button type=\"submit\">Sign in</button></form>";
        return protected(site, Reply::html(status, "Sign in", form), "login-framable");
    };
    let now = site.now();
    let mut store = site.store();
    let browser = store.new_browser();
    store.browsers.insert(browser.clone(), Some((member, now)));
    drop(store);
    login_pages::with_cookie(site, Reply::redirect(303, &site.authorization_url("/apps")), &browser)
}

fn list(site: &Site, browser: &str, member: usize, message: &str) -> Reply {
    let mut store = site.store();
    let csrf = store.apps.entry(browser.to_owned()).or_insert_with(random).clone();
    let connected: Vec<String> =
        store.approvals.keys().filter(|(own, _)| *own == member).map(|(_, client)| client.clone()).collect();
    drop(store);
    let forms: String = connected
        .iter()
        .filter_map(|id| site.client(id))
        .map(|client| {
            let (id, name) = (escape(&client.id), escape(&client.name));
            format!(
                "<form method=\"post\" action=\"/apps\"><input type=\"hidden\" name=\"csrf\" value=\"{csrf}\"><input type=\"hidden\" name=\"app\" value=\"{id}\"><p>{name} may read your data.</p><button type=\"submit\" id=\"withdraw-{id}\">Disconnect {name}</button></form>"
            )
        })
        .collect();
    let body = if forms.is_empty() { "<p>No app may read your data.</p>".to_owned() } else { forms };
    protected(site, Reply::html(200, "Connected apps", &format!("{message}{body}")), "login-framable")
}
