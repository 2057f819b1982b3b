//! What the next address is told about the page that leads to it: the header `Referer`, as browsers send it.
//!
//! Frameworks that protect their forms against forgery look at it over TLS, and refuse a form that comes from nowhere
//! (Django does unless there is an `Origin`, which is left to the checks of CORS). W3C Referrer Policy says how much is told.

use url::{Origin, Url};

use crate::net::Answer;

/// How much is told; the names are those of the header `Referrer-Policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    NoReferrer,
    SameOrigin,
    Origin,
    StrictOrigin,
    OriginWhenCrossOrigin,
    StrictOriginWhenCrossOrigin,
    NoReferrerWhenDowngrade,
    UnsafeUrl,
}

const WORDS: [(&str, Policy); 8] = [
    ("no-referrer", Policy::NoReferrer),
    ("same-origin", Policy::SameOrigin),
    ("origin", Policy::Origin),
    ("strict-origin", Policy::StrictOrigin),
    ("origin-when-cross-origin", Policy::OriginWhenCrossOrigin),
    ("strict-origin-when-cross-origin", Policy::StrictOriginWhenCrossOrigin),
    ("no-referrer-when-downgrade", Policy::NoReferrerWhenDowngrade),
    ("unsafe-url", Policy::UnsafeUrl),
];

/// The page that a request comes from, and what it lets be told.
#[derive(Debug, Clone)]
pub(super) struct Referrer {
    page: Url,
    policy: Policy,
}

impl Referrer {
    /// The page at this address, with the policy of its answer.
    pub(super) fn of(page: &Url, answer: &Answer) -> Self {
        Self::new(page, answer.headers_named("referrer-policy"))
    }

    fn new<'a>(page: &Url, policies: impl IntoIterator<Item = &'a str>) -> Self {
        Self { page: page.clone(), policy: last_known(policies).unwrap_or(Policy::StrictOriginWhenCrossOrigin) }
    }

    /// The same page after a redirect, which may tell a policy of its own.
    pub(super) fn redirected(self, answer: &Answer) -> Self {
        let policy = last_known(answer.headers_named("referrer-policy")).unwrap_or(self.policy);
        Self { policy, ..self }
    }

    /// The header for a request to this address; nothing when nothing is to be told.
    pub(super) fn header(&self, url: &Url) -> Option<String> {
        let same = self.page.origin() == url.origin();
        let downgrade = self.page.scheme() == "https" && url.scheme() != "https";
        let (whole, origin) = (|| self.whole(), || self.origin());
        match self.policy {
            Policy::NoReferrer => None,
            Policy::SameOrigin => same.then(whole).flatten(),
            Policy::Origin => origin(),
            Policy::StrictOrigin => (!downgrade).then(origin).flatten(),
            Policy::OriginWhenCrossOrigin => {
                if same {
                    whole()
                } else {
                    origin()
                }
            }
            Policy::StrictOriginWhenCrossOrigin if same => whole(),
            Policy::StrictOriginWhenCrossOrigin => (!downgrade).then(origin).flatten(),
            Policy::NoReferrerWhenDowngrade => (!downgrade).then(whole).flatten(),
            Policy::UnsafeUrl => whole(),
        }
    }

    /// The address without what is never told.
    fn whole(&self) -> Option<String> {
        let mut page = self.page.clone();
        page.set_fragment(None);
        let _ = page.set_username("");
        let _ = page.set_password(None);
        matches!(page.origin(), Origin::Tuple(..)).then(|| page.to_string())
    }

    fn origin(&self) -> Option<String> {
        matches!(self.page.origin(), Origin::Tuple(..)).then(|| format!("{}/", self.page.origin().ascii_serialization()))
    }
}

/// The last word that is known counts, so that new words can stand before old ones.
fn last_known<'a>(policies: impl IntoIterator<Item = &'a str>) -> Option<Policy> {
    let words = policies.into_iter().flat_map(|header| header.split(','));
    let known = |word: &str| WORDS.iter().find(|(own, _)| word.trim().eq_ignore_ascii_case(own)).map(|(_, policy)| *policy);
    words.filter_map(known).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://user:word@login.example/sign-in?step=1#top";

    fn told(policies: &[&str], to: &str) -> Option<String> {
        Referrer::new(&Url::parse(PAGE).unwrap(), policies.iter().copied()).header(&Url::parse(to).unwrap())
    }

    #[test]
    fn by_default_the_own_origin_is_told_the_page_another_one_the_origin_and_plain_http_nothing() {
        let page = Some("https://login.example/sign-in?step=1".to_owned());
        assert_eq!(told(&[], "https://login.example/next"), page);
        assert_eq!(told(&[], "https://elsewhere.example/next"), Some("https://login.example/".to_owned()));
        assert_eq!(told(&[], "http://login.example/next"), None);
    }

    #[test]
    fn the_page_says_how_much_is_told() {
        let page = Some("https://login.example/sign-in?step=1".to_owned());
        let origin = Some("https://login.example/".to_owned());
        let (same, other, plain) = ("https://login.example/a", "https://elsewhere.example/", "http://elsewhere.example/");
        for (policy, expected) in [
            ("no-referrer", [None, None, None]),
            ("same-origin", [page.clone(), None, None]),
            ("origin", [origin.clone(), origin.clone(), origin.clone()]),
            ("strict-origin", [origin.clone(), origin.clone(), None]),
            ("origin-when-cross-origin", [page.clone(), origin.clone(), origin.clone()]),
            ("strict-origin-when-cross-origin", [page.clone(), origin.clone(), None]),
            ("no-referrer-when-downgrade", [page.clone(), page.clone(), None]),
            ("unsafe-url", [page.clone(), page.clone(), page.clone()]),
        ] {
            assert_eq!([same, other, plain].map(|to| told(&[policy], to)), expected, "{policy}");
        }
        assert_eq!(told(&["no-referrer, Same-Origin", "of-the-future"], same), page);
    }
}
