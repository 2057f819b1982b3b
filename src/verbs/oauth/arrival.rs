//! What the end of an authorization says: the parameters of the redirect, the error, the page, and how the pages on the way
//! were protected.

use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

use super::authorize::sent_facts;
use super::page_safety::safety_facts;
use crate::verbs::Context;
use crate::verbs::browser::{Arrival, SeenPage, Visit};
use crate::vocabulary::{Secret, escape_to_width};

/// What was sent, as far as the answer is compared with it.
pub(super) struct Sent {
    pub parameters: Map<String, Value>,
    pub scopes: Vec<String>,
    pub left_out: Vec<String>,
    pub verifier: Option<Secret>,
    pub registered: Url,
}

/// Where the browser was sent to, with the parameters.
struct Redirect {
    url: Url,
    parameters: Vec<(String, String)>,
    in_fragment: bool,
}

impl Redirect {
    fn of(url: &Url, posted: &[(String, String)]) -> Self {
        let pairs = |text: &str| form_urlencoded::parse(text.as_bytes()).into_owned().collect::<Vec<_>>();
        let mut parameters = pairs(url.query().unwrap_or_default());
        let fragment = pairs(url.fragment().unwrap_or_default());
        let fragment: Vec<_> = fragment.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let in_fragment = !fragment.is_empty();
        parameters.extend(fragment);
        parameters.extend(posted.iter().cloned());
        Self { url: url.clone(), parameters, in_fragment }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.parameters.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// The facts of a visit.
pub(super) fn arrival_facts(visit: &Visit, sent: &Sent, context: &Context) -> Map<String, Value> {
    let mut facts = match &visit.arrival {
        Arrival::Redirected(url) => redirect_facts(&Redirect::of(url, &[]), sent, context),
        Arrival::Posted { url, fields } => redirect_facts(&Redirect::of(url, fields), sent, context),
        Arrival::ErrorAnswer { status, title, json } => error_facts(*status, title.as_deref(), json.as_ref()),
        Arrival::Stuck { reason, title, why, .. } => of(json!({
            "arrived": "stuck",
            "issued": false,
            "stopped_reason": reason,
            "stopped_page": title,
            "stopped_why": why,
        })),
        Arrival::Broken(_) | Arrival::Unavailable(_) | Arrival::Confirmed => Map::new(),
    };
    facts.extend(page_facts(&visit.pages));
    facts.extend(safety_facts(visit));
    facts.insert("left_out".into(), sent.left_out.clone().into());
    facts.insert("sent".into(), sent_facts(sent, context).into());
    facts
}

fn redirect_facts(redirect: &Redirect, sent: &Sent, context: &Context) -> Map<String, Value> {
    let code = redirect.get("code").filter(|code| !code.is_empty());
    let mut names: Vec<&str> = redirect.parameters.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let names: Vec<String> = names.into_iter().map(|name| escape_to_width(name, 100)).collect();
    let mut facts = of(json!({
        "arrived": "redirect",
        "issued": code.is_some(),
        "refused": code.is_none() && redirect.get("error").is_some_and(|error| !error.is_empty()),
        "redirected_to_registered": is_same_place(&redirect.url, &sent.registered),
        "parameters": names,
        "fragment": redirect.in_fragment,
        "tokens_in_redirect": redirect.get("access_token").is_some() || redirect.get("id_token").is_some(),
    }));
    for name in ["access_token", "id_token"] {
        for token in redirect.all(name) {
            context.world.redactor.register_learnt(&Secret::new(name, token));
        }
    }
    if let Some(code) = code {
        let handle = context.vault.keep(Secret::new("code", code));
        if let Some(verifier) = &sent.verifier {
            context.vault.bind(&handle, verifier.clone());
        }
        facts.insert("code".into(), handle.into());
    }
    for (fact, name) in [("error", "error"), ("error_description", "error_description"), ("returned_state", "state")] {
        facts.extend(redirect.get(name).map(|value| (fact.to_owned(), value.into())));
    }
    if let Some(state) = sent.parameters.get("state").and_then(Value::as_str) {
        facts.insert("state_echoed".into(), (redirect.all("state") == [state]).into());
    }
    facts
}

fn error_facts(status: u16, title: Option<&str>, json: Option<&Value>) -> Map<String, Value> {
    let mut facts = of(json!({
        "arrived": "error-answer",
        "issued": false,
        "refused": (400..500).contains(&status),
        "status": status,
    }));
    for name in ["error", "error_description"] {
        let text = json.and_then(|json| json.get(name)?.as_str());
        facts.extend(text.map(|text| (name.to_owned(), text.into())));
    }
    facts.extend(title.map(|title| ("stopped_page".to_owned(), title.into())));
    facts
}

fn page_facts(pages: &[SeenPage]) -> Map<String, Value> {
    let titles: Vec<&str> = pages.iter().map(|page| page.title.as_str()).collect();
    let signed_in = pages.iter().filter(|page| page.signs_in).count();
    let mut facts = of(json!({ "pages": titles, "page_count": pages.len(), "sign_in_pages": signed_in }));
    let mut asking = pages.iter().filter(|page| page.asks).peekable();
    if asking.peek().is_none() {
        return facts;
    }
    let mut open: Vec<String> = asking.filter(|page| !is_frame_protected(page)).map(|page| address(&page.url)).collect();
    open.dedup();
    facts.insert("frame_protected".into(), open.is_empty().into());
    facts.insert("unprotected_pages".into(), open.into());
    facts
}

/// An address without its query, which may hold anything.
pub(super) fn address(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    escape_to_width(url.as_str(), 200)
}

/// `X-Frame-Options` that denies, or a `frame-ancestors` that does not let everybody in. A policy that only reports protects nothing.
fn is_frame_protected(page: &SeenPage) -> bool {
    let named = |name: &'static str| {
        page.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let by_options = named("x-frame-options")
        .any(|value| value.split(',').all(|word| matches!(word.trim().to_ascii_lowercase().as_str(), "deny" | "sameorigin")));
    by_options || named("content-security-policy").flat_map(|policies| policies.split([',', ';'])).any(restricts_ancestors)
}

fn restricts_ancestors(directive: &str) -> bool {
    let mut words = directive.split_ascii_whitespace();
    let is_named = words.next().is_some_and(|name| name.eq_ignore_ascii_case("frame-ancestors"));
    is_named
        && !words
            .any(|source| matches!(source.to_ascii_lowercase().as_str(), "*" | "http:" | "https:" | "http://*" | "https://*"))
}

/// The same but for query and fragment.
fn is_same_place(url: &Url, registered: &Url) -> bool {
    url.scheme() == registered.scheme()
        && url.host_str() == registered.host_str()
        && url.port_or_known_default() == registered.port_or_known_default()
        && url.path() == registered.path()
}

fn of(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(headers: &[(&str, &str)]) -> SeenPage {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        SeenPage {
            url: Url::parse("https://as.example/login?x=1").unwrap(),
            title: "Sign in".into(),
            asks: true,
            signs_in: true,
            headers,
        }
    }

    #[test]
    fn a_page_is_protected_by_either_header_and_not_by_one_that_lets_everybody_in() {
        for (name, value, expected) in [
            ("X-Frame-Options", "DENY", true),
            ("x-frame-options", "sameorigin", true),
            ("x-frame-options", "ALLOW-FROM https://a.example", false),
            ("x-frame-options", "ALLOWALL", false),
            ("content-security-policy", "default-src 'self'; frame-ancestors 'none'", true),
            ("content-security-policy", "default-src 'self', FRAME-ANCESTORS 'self'", true),
            ("content-security-policy", "frame-ancestors *", false),
            ("content-security-policy", "frame-ancestors https:", false),
            ("content-security-policy", "frame-src 'none'", false),
            ("content-security-policy-report-only", "frame-ancestors 'none'", false),
        ] {
            assert_eq!(is_frame_protected(&page(&[(name, value)])), expected, "{name}: {value}");
        }
        let facts = page_facts(&[page(&[]), page(&[("x-frame-options", "deny")])]);
        assert_eq!(
            (facts["frame_protected"].as_bool(), &facts["unprotected_pages"]),
            (Some(false), &json!(["https://as.example/login"]))
        );
        assert!(!page_facts(&[]).contains_key("frame_protected"), "nothing seen is nothing said");
    }

    #[test]
    fn only_the_registered_place_is_the_registered_place() {
        let registered = Url::parse("https://app.example/callback").unwrap();
        for (text, expected) in [
            ("https://app.example/callback?code=1#x", true),
            ("https://app.example:443/callback", true),
            ("https://app.example/callback/", false),
            ("https://app.example.evil.example/callback", false),
            ("http://app.example/callback", false),
        ] {
            assert_eq!(is_same_place(&Url::parse(text).unwrap(), &registered), expected, "{text}");
        }
    }
}
