//! How the pages of a sign-in and its cookies are guarded: HSTS, referrers, cookies, a password that is sent on.
//!
//! Only pages on which the member decides something count, and only what was seen: a strategy that shows no headers says nothing.

use serde_json::{Map, Value};

use super::arrival::address;
use crate::verbs::browser::{SeenCookie, SeenPage, Visit};
use crate::vocabulary::escape_to_width;

/// The referrer policies that give the whole address of a page to other sites.
const LEAKING: [&str; 2] = ["unsafe-url", "no-referrer-when-downgrade"];

/// Every policy that browsers know; of a list, the last known one holds.
const POLICIES: [&str; 8] = [
    "no-referrer",
    "no-referrer-when-downgrade",
    "same-origin",
    "origin",
    "strict-origin",
    "origin-when-cross-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
];

/// The facts of a visit.
pub(super) fn safety_facts(visit: &Visit) -> Map<String, Value> {
    let mut facts = Map::new();
    let asking: Vec<&SeenPage> = visit.pages.iter().filter(|page| page.asks).collect();
    if !asking.is_empty() {
        facts.insert("pages_that_leak".into(), addresses(asking.iter().copied().filter(|page| leaks(page))).into());
    }
    // Browsers note HSTS for names only (RFC 6797, 8.1.1), and it means nothing in the clear.
    let is_named = |page: &&SeenPage| page.url.scheme() == "https" && page.url.domain().is_some();
    let named: Vec<&SeenPage> = asking.into_iter().filter(is_named).collect();
    if !named.is_empty() {
        facts.insert("pages_without_hsts".into(), addresses(named.into_iter().filter(|page| !has_hsts(page))).into());
    }
    // Whoever sees cookies sees every redirect.
    if let Some(cookies) = &visit.cookies {
        facts.extend(cookie_facts(cookies));
        facts.insert("password_resent".into(), visit.password_resent.iter().map(address).collect::<Vec<_>>().into());
    }
    facts
}

fn cookie_facts(cookies: &[SeenCookie]) -> Map<String, Value> {
    let insecure = cookies.iter().filter(|cookie| !cookie.secure);
    let insecure: Vec<String> = insecure.map(|cookie| escape_to_width(&cookie.name, 100)).collect();
    let mut facts = Map::new();
    facts.insert("cookie_count".into(), cookies.len().into());
    facts.insert("cookies_not_secure".into(), insecure.into());
    facts.insert("cookie_http_only".into(), cookies.iter().any(|cookie| cookie.http_only).into());
    facts.insert("cookie_same_site".into(), cookies.iter().any(|cookie| cookie.same_site).into());
    facts
}

fn addresses<'a>(pages: impl Iterator<Item = &'a SeenPage>) -> Vec<String> {
    let mut addresses: Vec<String> = pages.map(|page| address(&page.url)).collect();
    addresses.dedup();
    addresses
}

fn named<'a>(page: &'a SeenPage, name: &'static str) -> impl Iterator<Item = &'a str> {
    page.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The first header holds (RFC 6797, 8.1); a `max-age` of zero takes the policy back.
fn has_hsts(page: &SeenPage) -> bool {
    let Some(first) = named(page, "strict-transport-security").next() else { return false };
    let age = first
        .split(';')
        .filter_map(|directive| directive.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"));
    age.is_some_and(|(_, value)| value.trim().trim_matches('"').parse::<u64>().is_ok_and(|seconds| seconds > 0))
}

/// Without a policy, browsers keep all but the origin from other sites by themselves.
fn leaks(page: &SeenPage) -> bool {
    let words: Vec<String> =
        named(page, "referrer-policy").flat_map(|value| value.split(',')).map(|word| word.trim().to_ascii_lowercase()).collect();
    let holds = words.iter().rev().find(|word| POLICIES.contains(&word.as_str()));
    holds.is_some_and(|word| LEAKING.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verbs::browser::Arrival;
    use serde_json::json;
    use url::Url;

    fn page(url: &str, headers: &[(&str, &str)]) -> SeenPage {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        SeenPage { url: Url::parse(url).unwrap(), title: String::new(), asks: true, signs_in: true, headers }
    }

    fn facts(pages: Vec<SeenPage>, cookies: Option<Vec<SeenCookie>>) -> Map<String, Value> {
        let arrival = Arrival::Unavailable(String::new());
        safety_facts(&Visit { arrival, pages, cookies, password_resent: Vec::new(), evidence: Vec::new() })
    }

    #[test]
    fn hsts_counts_with_an_age_over_zero_and_only_on_a_name() {
        for (value, expected) in [
            ("max-age=31536000; includeSubDomains", true),
            ("includeSubDomains; Max-Age=\"1\"", true),
            ("max-age=0", false),
            ("max-age", false),
            ("includeSubDomains", false),
        ] {
            let page = page("https://as.example/login?x=1", &[("Strict-Transport-Security", value)]);
            let without = facts(vec![page], None)["pages_without_hsts"].as_array().unwrap().len();
            assert_eq!(without == 0, expected, "{value}");
        }
        assert_eq!(
            facts(vec![page("https://as.example/login?x=1", &[])], None)["pages_without_hsts"],
            json!(["https://as.example/login"])
        );
        assert!(!facts(vec![page("https://192.0.2.1/login", &[])], None).contains_key("pages_without_hsts"));
        assert!(facts(vec![], None).is_empty(), "nothing seen is nothing said");
    }

    #[test]
    fn the_last_known_referrer_policy_holds() {
        for (value, expected) in [
            ("no-referrer", false),
            ("unsafe-url", true),
            ("unsafe-url, strict-origin", false),
            ("no-referrer, no-referrer-when-downgrade, tomorrow", true),
            ("", false),
        ] {
            assert_eq!(leaks(&page("https://as.example/", &[("referrer-policy", value)])), expected, "{value}");
        }
        assert!(!leaks(&page("https://as.example/", &[])));
    }

    #[test]
    fn one_guarded_cookie_is_the_session_and_each_goes_over_https() {
        let cookie = |name: &str, all: bool| SeenCookie { name: name.into(), secure: all, http_only: all, same_site: all };
        let seen = facts(vec![], Some(vec![cookie("session", true), cookie("language", false)]));
        assert_eq!((&seen["cookie_http_only"], &seen["cookie_same_site"]), (&json!(true), &json!(true)));
        assert_eq!(seen["cookies_not_secure"], json!(["language"]));
        assert_eq!(facts(vec![], Some(vec![]))["cookie_count"], 0, "a sign-in without cookies has none to guard");
        assert!(!facts(vec![], None).contains_key("cookie_count"), "what cannot be seen is not none");
    }
}
