//! The pages that a member signs in on, plain or in one of the shapes that real portals have.
//!
//! Every form carries the request it belongs to and a token against forgery; every page refuses to be framed.

use time::OffsetDateTime;

use super::super::exchange::{Asked, Reply};
use super::super::options::LoginVariant;
use super::super::site::Site;
use super::accounts;
use super::authorize::value;
use super::store::Transaction;
use super::{consent, saml};

const COOKIE: &str = "__Host-session";
/// A prefix that asks for Secure would keep browsers from taking a cookie without it.
const INSECURE_COOKIE: &str = "session";

/// The browser that a request comes from, by its cookie.
pub(in super::super) fn browser_of(asked: &Asked) -> Option<String> {
    let cookies = asked.headers.iter().filter(|(name, _)| name == "cookie").flat_map(|(_, value)| value.split(';'));
    cookies
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| [COOKIE, INSECURE_COOKIE].contains(name))
        .map(|(_, value)| value.to_owned())
}

/// The same reply, with the cookie of this browser.
pub(in super::super) fn with_cookie(site: &Site, reply: Reply, browser: &str) -> Reply {
    if site.has("session-cookie-unprotected") {
        return reply.with("set-cookie", format!("{COOKIE}={browser}; Path=/; Secure"));
    }
    if site.has("session-cookie-not-secure") {
        return reply.with("set-cookie", format!("{INSECURE_COOKIE}={browser}; Path=/; HttpOnly; SameSite=Lax"));
    }
    reply.with("set-cookie", format!("{COOKIE}={browser}; Path=/; Secure; HttpOnly; SameSite=Lax"))
}

/// Where a browser without a member goes.
pub(in super::super) fn begin(site: &Site, id: &str) -> Reply {
    let first = match site.login {
        LoginVariant::MultiStep => "/login/language",
        LoginVariant::SamlAutoPost => "/login/sso",
        LoginVariant::Plain | LoginVariant::Totp | LoginVariant::JavaScript => "/login",
    };
    Reply::redirect(303, &site.authorization_url(&format!("{first}?transaction={id}")))
}

/// The request on its way that these parameters name, when it belongs to this browser.
pub(in super::super) fn transaction(
    site: &Site,
    asked: &Asked,
    parameters: &[(String, String)],
) -> Option<(String, Transaction)> {
    let id = value(parameters, "transaction")?;
    let transaction = site.store().transactions.get(id).cloned()?;
    (browser_of(asked)? == transaction.browser).then(|| (id.to_owned(), transaction))
}

/// The page for a request that nobody remembers.
pub(in super::super) fn lost() -> Reply {
    Reply::html(400, "Please start again", "<p>This page has expired. Go back to the app and start again.</p>")
        .with("cache-control", "no-store")
        .with("x-frame-options", "DENY")
}

/// Answers every page below `/login`.
pub(in super::super) fn answer(site: &Site, asked: &Asked) -> Reply {
    let parameters = if asked.method == "POST" { asked.form_parameters() } else { asked.query_parameters() };
    let Some((id, transaction)) = transaction(site, asked, &parameters) else { return lost() };
    if asked.method != "POST" {
        return page(site, &asked.path, &id, &transaction);
    }
    if value(&parameters, "csrf") != Some(&transaction.csrf) {
        return lost();
    }
    match asked.path.as_str() {
        "/login/language" => Reply::redirect(303, &site.authorization_url(&format!("/login?transaction={id}"))),
        "/login/password" => check_password(site, &id, &transaction, &transaction.username, &parameters),
        "/login/code" => check_code(site, &id, &transaction, &parameters),
        _ if site.login == LoginVariant::MultiStep => {
            let username = value(&parameters, "username").unwrap_or_default();
            if let Some(transaction) = site.store().transactions.get_mut(&id) {
                username.clone_into(&mut transaction.username);
            }
            Reply::redirect(303, &site.authorization_url(&format!("/login/password?transaction={id}")))
        }
        _ => check_password(site, &id, &transaction, value(&parameters, "username").unwrap_or_default(), &parameters),
    }
}

/// Forgets who is signed in.
pub(in super::super) fn log_out(site: &Site, asked: &Asked) -> Reply {
    if let Some(browser) = browser_of(asked) {
        site.store().browsers.remove(&browser);
    }
    Reply::html(200, "Signed out", "<p>You are signed out.</p>").with("cache-control", "no-store")
}

/// The member with this user name and password.
pub(in super::super) fn member(site: &Site, username: &str, password: &str) -> Option<usize> {
    site.accounts.iter().position(|member| member.username.expose() == username && member.password.expose() == password)
}

fn check_password(site: &Site, id: &str, transaction: &Transaction, username: &str, parameters: &[(String, String)]) -> Reply {
    let Some(member) = member(site, username, value(parameters, "password").unwrap_or_default()) else {
        return form_page(site, 401, "Sign in", "<p role=\"alert\">User name or password is not right.</p>", id, transaction);
    };
    if site.login == LoginVariant::Totp {
        if let Some(transaction) = site.store().transactions.get_mut(id) {
            transaction.half_way = Some(member);
        }
        return Reply::redirect(303, &site.authorization_url(&format!("/login/code?transaction={id}")));
    }
    sign_in(site, id, member)
}

/// A code counts in its own window and the one before, and once.
fn check_code(site: &Site, id: &str, transaction: &Transaction, parameters: &[(String, String)]) -> Reply {
    let Some(member) = transaction.half_way else { return lost() };
    let window = site.now().unix_timestamp().div_euclid(30);
    let given = value(parameters, "otp");
    let secret = &site.accounts[member].totp;
    let matching = [window, window - 1].into_iter().find(|window| accounts::one_time_code(secret, *window).as_deref() == given);
    let fresh = matching.is_some_and(|window| site.store().windows.insert((member, window)));
    if fresh { sign_in(site, id, member) } else { code_page(site, 401, id, transaction) }
}

/// Signs the browser in, under a new cookie, and goes on to consent.
pub(in super::super) fn sign_in(site: &Site, id: &str, member: usize) -> Reply {
    let now: OffsetDateTime = site.now();
    let mut store = site.store();
    let browser = store.new_browser();
    store.browsers.insert(browser.clone(), Some((member, now)));
    let Some(transaction) = store.transactions.get_mut(id) else { return lost() };
    let before = std::mem::replace(&mut transaction.browser, browser.clone());
    // other requests of the same browser go on in it
    for other in store.transactions.values_mut().filter(|other| other.browser == before) {
        other.browser.clone_from(&browser);
    }
    store.browsers.remove(&before);
    drop(store);
    if site.has("login-redirect-keeps-password") {
        let on = Reply::redirect(307, &site.authorization_url(&format!("/consent?transaction={id}")));
        return with_cookie(site, on, &browser);
    }
    with_cookie(site, consent::begin(site, id), &browser)
}

fn page(site: &Site, path: &str, id: &str, transaction: &Transaction) -> Reply {
    match path {
        "/login/sso" => saml::begin(site, id),
        "/login/language" => {
            let body = format!(
                "<form id=\"logout\" method=\"post\" action=\"/logout\"><button name=\"logout\">Use another account</button></form><form id=\"language\" method=\"post\" action=\"/login/language\">{hidden}<label>Language <select name=\"language\"><option value=\"en\" selected>English</option><option value=\"es\">Español</option></select></label><button name=\"continue\">Continue</button></form>",
                hidden = hidden(id, &transaction.csrf)
            );
            protected(site, Reply::html(200, "Choose a language", &body), "login-framable")
        }
        "/login/password" => {
            let body = format!(
                "<form id=\"password\" method=\"post\" action=\"/login/password\">{hidden}<label>Password <input type=\"password\" name=\"password\" autocomplete=\"current-password\"></label><button type=\"submit\">Sign in</button></form>",
                hidden = hidden(id, &transaction.csrf)
            );
            protected(site, Reply::html(200, "Enter your password", &body), "login-framable")
        }
        "/login/code" => code_page(site, 200, id, transaction),
        _ => form_page(site, 200, "Sign in", "", id, transaction),
    }
}

fn code_page(site: &Site, status: u16, id: &str, transaction: &Transaction) -> Reply {
    let body = format!(
        "<form id=\"code\" method=\"post\" action=\"/login/code\">{hidden}<label>Code of your authenticator app <input name=\"otp\" inputmode=\"numeric\" autocomplete=\"one-time-code\"></label><button type=\"submit\">Continue</button></form>",
        hidden = hidden(id, &transaction.csrf)
    );
    protected(site, Reply::html(status, "Enter a code", &body), "login-framable")
}

fn form_page(site: &Site, status: u16, title: &str, message: &str, id: &str, transaction: &Transaction) -> Reply {
    let hidden = hidden(id, &transaction.csrf);
    let name = "<label>User name <input name=\"username\" autocomplete=\"username\"></label>";
    let password = "<label>Password <input type=\"password\" name=\"password\" autocomplete=\"current-password\"></label>";
    let fields = if site.login == LoginVariant::MultiStep { name.to_owned() } else { format!("{name}{password}") };
    let form = format!(
        "<form id=\"login\" method=\"post\" action=\"/login\">{hidden}{fields}<button type=\"submit\">Sign in</button></form>"
    );
    let body = if site.login == LoginVariant::JavaScript { scripted(&form) } else { form };
    protected(site, Reply::html(status, title, &format!("{message}{body}")), "login-framable")
}

/// A form that exists only after a script has run.
fn scripted(form: &str) -> String {
    let text = serde_json::Value::String(form.to_owned()).to_string().replace("</", "<\\/");
    format!(
        "<noscript>Please switch JavaScript on.</noscript><div id=\"app\"></div><script>setTimeout(function () {{ document.getElementById('app').innerHTML = {text}; }}, 50);</script>"
    )
}

/// The hidden fields of every form.
pub(in super::super) fn hidden(id: &str, csrf: &str) -> String {
    format!("<input type=\"hidden\" name=\"transaction\" value=\"{id}\"><input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">")
}

/// Text inside HTML.
pub(in super::super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The headers that keep a page out of frames, caches and referrers, unless this fault lets it be framed.
pub(in super::super) fn protected(site: &Site, reply: Reply, framable: &'static str) -> Reply {
    let policy = if site.has("referrer-policy-unsafe") { "unsafe-url" } else { "no-referrer" };
    let reply = reply.with("cache-control", "no-store").with("referrer-policy", policy);
    if site.has(framable) {
        return reply;
    }
    reply.with("x-frame-options", "DENY").with("content-security-policy", "frame-ancestors 'none'")
}
