//! The consent page: which app wants what, scope by scope, and the member's answer.
//!
//! What a member approved before for the same app is not asked again, unless the app says `prompt=consent`.

use super::super::exchange::{Asked, Reply};
use super::super::members;
use super::super::site::Site;
use super::authorize::{in_trouble, value};
use super::store::Transaction;
use super::{code, login_pages, token};

/// Skips the page when everything was approved before, else goes to it.
pub(in super::super) fn begin(site: &Site, id: &str) -> Reply {
    let store = site.store();
    let found = store.transactions.get(id).cloned();
    let Some((transaction, member)) = found.and_then(|found| Some((found.clone(), member_of(&store, &found)?))) else {
        return login_pages::lost();
    };
    let before = store.approvals.get(&(member, transaction.request.client.clone()));
    let approved = before.is_some_and(|before| transaction.request.scopes.iter().all(|scope| before.contains(scope)));
    drop(store);
    if approved && !transaction.request.asks_again {
        site.store().transactions.remove(id);
        return code::give(site, &transaction, member, transaction.request.scopes.clone());
    }
    Reply::redirect(303, &site.authorization_url(&format!("/consent?transaction={id}")))
}

fn member_of(store: &super::store::Store, transaction: &Transaction) -> Option<usize> {
    store.browsers.get(&transaction.browser).copied().flatten().map(|(member, _)| member)
}

/// Answers the page and its form.
pub(in super::super) fn answer(site: &Site, asked: &Asked) -> Reply {
    let parameters = if asked.method == "POST" { asked.form_parameters() } else { asked.query_parameters() };
    let Some((id, transaction)) = login_pages::transaction(site, asked, &parameters) else { return login_pages::lost() };
    let Some(member) = member_of(&site.store(), &transaction) else { return login_pages::begin(site, &id) };
    if asked.method != "POST" {
        return page(site, &id, &transaction, member);
    }
    if value(&parameters, "csrf") != Some(&transaction.csrf) {
        return login_pages::lost();
    }
    // the form of the sign-in, sent on by the browser
    if site.has("login-redirect-keeps-password") && value(&parameters, "decision").is_none() {
        return begin(site, &id);
    }
    let decision = value(&parameters, "decision").unwrap_or("deny").to_owned();
    site.store().transactions.remove(&id);
    if decision == "approve" {
        let ticked: Vec<String> = parameters.into_iter().filter(|(name, _)| name == "scope").map(|(_, scope)| scope).collect();
        return approve(site, &transaction, member, &ticked);
    }
    deny(site, &transaction, member)
}

fn approve(site: &Site, transaction: &Transaction, member: usize, ticked: &[String]) -> Reply {
    let scopes: Vec<String> = transaction.request.scopes.iter().filter(|scope| ticked.contains(scope)).cloned().collect();
    if scopes.is_empty() {
        return deny(site, transaction, member);
    }
    let key = (member, transaction.request.client.clone());
    site.store().approvals.entry(key).or_default().extend(scopes.iter().cloned());
    code::give(site, transaction, member, scopes)
}

fn deny(site: &Site, transaction: &Transaction, member: usize) -> Reply {
    let request = &transaction.request;
    if request.scopes.iter().any(|scope| scope == "udap") && site.has("tiered-refuses-with-500") {
        return in_trouble();
    }
    if site.has("denial-gives-code") {
        return code::give(site, transaction, member, request.scopes.clone());
    }
    if site.has("denial-ends-on-a-page") {
        return Reply::html(200, "Not connected", "<p>The app does not get your data. You may close this page.</p>");
    }
    let error = if site.has("denial-as-server-error") { "server_error" } else { "access_denied" };
    let state = code::echoed_state(site, request.state.as_deref());
    code::error(site, &request.redirect_uri, state.as_deref(), error, "the member does not agree")
}

/// Greets the member as portals do: by name, with a number, with what they last saw a doctor for.
fn greeting(member: usize) -> String {
    let member = members::by_index(member);
    let text = |value: &serde_json::Value| login_pages::escape(value.as_str().unwrap_or_default());
    let patient = member.of_type("Patient").next().cloned().unwrap_or_default();
    let name = &patient["name"][0];
    format!(
        "<p>Welcome {} {}, member {}, born {}. Your latest claim: HYPERTENSION (I10).</p>",
        text(&name["given"][0]),
        text(&name["family"]),
        text(&patient["identifier"][0]["value"]),
        text(&patient["birthDate"])
    )
}

fn page(site: &Site, id: &str, transaction: &Transaction, member: usize) -> Reply {
    let name =
        site.client(&transaction.request.client).map_or_else(|| "An app".to_owned(), |client| login_pages::escape(&client.name));
    let is_lasting = transaction.request.scopes.iter().any(|scope| scope == "offline_access");
    let boxes: String = transaction
        .request
        .scopes
        .iter()
        .map(|scope| {
            let scope = login_pages::escape(scope);
            format!("<label><input type=\"checkbox\" name=\"scope\" value=\"{scope}\" checked> {scope}</label><br>")
        })
        .collect();
    let form = format!(
        "{greeting}<p>{name} asks to read your data. Access lasts {minutes} minutes{lasting}.</p><form id=\"consent\" method=\"post\" action=\"/consent\">{hidden}{boxes}<button type=\"submit\" name=\"decision\" value=\"approve\">Allow</button> <button type=\"submit\" name=\"decision\" value=\"deny\">Deny</button></form>",
        greeting = greeting(member),
        minutes = token::LIFETIME.whole_minutes(),
        lasting = if is_lasting { ", and is renewed until you withdraw it" } else { "" },
        hidden = login_pages::hidden(id, &transaction.csrf),
    );
    login_pages::protected(site, Reply::html(200, "Share your data", &form), "consent-framable")
}
