//! The cookies of one browser session, within limits: 50 cookies, 64 KiB in all, 4 KiB each.
//!
//! There is no list of public suffixes; instead a cookie for a domain is taken only when the domain has two labels,
//! and cookies are sent to origins of the allow-list only.

use cookie_store::{CookieStore, RawCookie};
use url::Url;

use crate::vocabulary::{Redactor, Secret};

/// The most cookies that are kept.
const MOST: usize = 50;
/// The largest cookie, name and value together.
const LARGEST: usize = 4 * 1024;
/// All cookies together.
const ALL: usize = 64 * 1024;

/// A shorter value of a cookie is a choice, such as a language, and stands in too many texts.
const SHORTEST_SECRET: usize = 8;

/// A cookie jar.
#[derive(Debug, Default)]
pub(in crate::login) struct Jar {
    store: CookieStore,
    refused: usize,
}

impl Jar {
    /// Takes the cookies of an answer from `url`; what is not acceptable is counted and left out. The redactor gets to know the
    /// values, which servers write into addresses too.
    pub(super) fn take<'a>(&mut self, values: impl Iterator<Item = &'a str>, url: &Url, redactor: &Redactor) {
        for value in values {
            if let Ok(cookie) = RawCookie::parse(value)
                && (SHORTEST_SECRET..=LARGEST).contains(&cookie.value().len())
            {
                redactor.register_learnt(&Secret::new("cookie", cookie.value()));
            }
            if !self.insert(value, url) {
                self.refused += 1;
            }
        }
    }

    fn insert(&mut self, value: &str, url: &Url) -> bool {
        if value.len() > LARGEST * 2 {
            return false;
        }
        let Ok(cookie) = RawCookie::parse(value.to_owned()) else { return false };
        let size = cookie.name().len() + cookie.value().len();
        if size > LARGEST || !is_acceptable(&cookie, url) {
            return false;
        }
        let (mut count, mut bytes) = (1, size);
        for known in self.store.iter_any().filter(|known| known.name() != cookie.name()) {
            count += 1;
            bytes += known.name().len() + known.value().len();
        }
        if count > MOST || bytes > ALL {
            return false;
        }
        self.store.insert_raw(&cookie, url).is_ok()
    }

    /// The `Cookie` header for this address, in a stable order.
    pub(super) fn header(&self, url: &Url) -> Option<String> {
        let mut pairs: Vec<String> = self.store.get_request_values(url).map(|(name, value)| format!("{name}={value}")).collect();
        pairs.sort_unstable();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// How many cookies were not taken.
    #[cfg(test)]
    pub(super) fn refused(&self) -> usize {
        self.refused
    }
}

/// The rules that the store does not know: the name prefixes and the domain of one label.
fn is_acceptable(cookie: &RawCookie<'_>, url: &Url) -> bool {
    let secure = cookie.secure() == Some(true) && url.scheme() == "https";
    let domain = cookie.domain().map(|domain| domain.trim_start_matches('.').to_ascii_lowercase());
    let lower = cookie.name().to_ascii_lowercase();
    if lower.starts_with("__secure-") && !secure {
        return false;
    }
    if lower.starts_with("__host-") && !(secure && domain.is_none() && cookie.path() == Some("/")) {
        return false;
    }
    domain.is_none_or(|domain| domain.contains('.') || url.host_str() == Some(domain.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn h44_a_flood_of_cookies_ends_at_50_and_at_64_kib() {
        let mut jar = Jar::default();
        let page = url("https://login.example/");
        let flood: Vec<String> = (0..500).map(|number| format!("c{number}=x")).collect();
        jar.take(flood.iter().map(String::as_str), &page, &Redactor::new("salt"));
        assert_eq!((jar.header(&page).unwrap().split("; ").count(), jar.refused()), (50, 450));
        let mut jar = Jar::default();
        let large: Vec<String> = (0..40).map(|number| format!("c{number}={}", "x".repeat(4000))).collect();
        jar.take(large.iter().map(String::as_str), &page, &Redactor::new("salt"));
        assert!(jar.header(&page).unwrap().len() < 65 * 1024);
        let mut jar = Jar::default();
        jar.take(std::iter::once(format!("c={}", "x".repeat(4 << 20)).as_str()), &page, &Redactor::new("salt"));
        assert_eq!((jar.header(&page), jar.refused()), (None, 1));
    }

    #[test]
    fn h44_cookies_for_other_domains_and_false_prefixes_are_refused() {
        let mut jar = Jar::default();
        let page = url("https://login.example.org/");
        let refused = [
            "a=1; Domain=evil.example",
            "b=1; Domain=org",
            "c=1; Domain=www.login.example.org",
            "__Host-d=1; Secure; Path=/; Domain=login.example.org",
            "__Host-e=1; Path=/",
            "__host-f=1; Secure",
            "__Secure-g=1",
        ];
        jar.take(refused.into_iter(), &page, &Redactor::new("salt"));
        assert_eq!((jar.header(&page), jar.refused()), (None, refused.len()));
        jar.take(["__Host-h=1; Secure; Path=/", "i=1; Domain=example.org", "j=1"].into_iter(), &page, &Redactor::new("salt"));
        assert_eq!(jar.header(&page).unwrap(), "__Host-h=1; i=1; j=1");
        assert_eq!(jar.header(&url("https://app.example.org/")).unwrap(), "i=1");
        assert_eq!(jar.header(&url("http://login.example.org/")).unwrap(), "i=1; j=1");
        assert_eq!(jar.header(&url("https://elsewhere.example/")), None);
    }

    /// Servers write it into addresses, where nobody would know it for a secret; one that is not acceptable is one all the same.
    #[test]
    fn the_value_of_a_cookie_is_a_secret_wherever_it_stands() {
        let (mut jar, redactor) = (Jar::default(), Redactor::new("salt"));
        let cookies = ["JSESSIONID=5E55104C00C1E123; Secure", "lang=en", "other=0123456789; Domain=evil.example"];
        jar.take(cookies.into_iter(), &url("https://login.example/"), &redactor);
        let text = redactor.redact("/login;jsessionid=5E55104C00C1E123 en 0123456789");
        assert!(!text.contains("5E55") && !text.contains("0123") && text.contains(" en "), "{text}");
    }

    #[test]
    fn a_cookie_can_be_replaced_and_taken_back() {
        let mut jar = Jar::default();
        let page = url("https://login.example/");
        jar.take(["sid=1", "sid=2"].into_iter(), &page, &Redactor::new("salt"));
        assert_eq!(jar.header(&page).unwrap(), "sid=2");
        jar.take(["sid=; Max-Age=0"].into_iter(), &page, &Redactor::new("salt"));
        assert_eq!(jar.header(&page), None);
    }
}
