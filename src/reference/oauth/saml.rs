//! A login over three origins whose pages post themselves on: authorization server, broker, identity provider, and back.
//!
//! The messages only look like SAML; what the harness has to survive is the way, not the words.

use super::super::exchange::{Asked, Reply};
use super::super::site::Site;
use super::authorize::value;
use super::clients::random;
use super::login_pages::{escape, lost, member, protected, sign_in};

fn broker(site: &Site) -> String {
    format!("{}/broker", site.base.as_str().trim_end_matches(super::super::site::BASE_PATH))
}

/// The identity provider is the same listener under another host, so another origin.
fn provider(site: &Site) -> String {
    broker(site).replacen("localhost", "127.0.0.1", 1).replacen("/broker", "/idp", 1)
}

/// The authorization server sends the browser to the broker.
pub(in super::super) fn begin(site: &Site, id: &str) -> Reply {
    auto_post(site, &broker(site), &[("SAMLRequest", &random()), ("RelayState", id)])
}

/// Answers below `/broker` and `/idp` on the FHIR listener.
pub(in super::super) fn elsewhere(site: &Site, asked: &Asked) -> Reply {
    let parameters = if asked.method == "POST" { asked.form_parameters() } else { asked.query_parameters() };
    let Some(relay) = value(&parameters, "RelayState").filter(|relay| site.store().transactions.contains_key(*relay)) else {
        return lost();
    };
    match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/broker") => auto_post(site, &provider(site), &[("SAMLRequest", &random()), ("RelayState", relay)]),
        ("POST", "/idp") => login(site, 200, relay),
        ("POST", "/idp/login") => {
            let given = |name| value(&parameters, name).unwrap_or_default();
            let Some(member) = member(site, given("username"), given("password")) else { return login(site, 401, relay) };
            if let Some(transaction) = site.store().transactions.get_mut(relay) {
                transaction.half_way = Some(member);
            }
            let back = format!("{}/response", broker(site));
            auto_post(site, &back, &[("SAMLResponse", &random()), ("RelayState", relay)])
        }
        ("POST", "/broker/response") => {
            auto_post(site, &site.authorization_url("/saml/acs"), &[("SAMLResponse", &random()), ("RelayState", relay)])
        }
        _ => lost(),
    }
}

/// The browser is back at the authorization server.
pub(in super::super) fn consume(site: &Site, asked: &Asked) -> Reply {
    let parameters = asked.form_parameters();
    let Some(id) = value(&parameters, "RelayState") else { return lost() };
    let member = site.store().transactions.get(id).and_then(|transaction| transaction.half_way);
    member.map_or_else(lost, |member| sign_in(site, id, member))
}

fn login(site: &Site, status: u16, relay: &str) -> Reply {
    let body = format!(
        "<form id=\"login\" method=\"post\" action=\"/idp/login\"><input type=\"hidden\" name=\"RelayState\" value=\"{}\"><label>User name <input name=\"username\"></label><label>Password <input type=\"password\" name=\"password\"></label><button type=\"submit\">Sign in</button></form>",
        escape(relay)
    );
    protected(site, Reply::html(status, "Sign in to your identity provider", &body), "login-framable")
}

fn auto_post(site: &Site, to: &str, fields: &[(&str, &str)]) -> Reply {
    let hidden: String = fields
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)))
        .collect();
    let body = format!(
        "<form method=\"post\" action=\"{to}\">{hidden}<noscript><button type=\"submit\">Continue</button></noscript></form><script>document.forms[0].submit();</script>"
    );
    protected(site, Reply::html(200, "One moment", &body), "login-framable")
}
