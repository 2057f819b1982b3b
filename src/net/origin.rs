//! Origins and the few rules for making one URL from another.

use std::fmt;

use url::{Host, Url};

/// Scheme, host and port: the unit to which credentials, pauses and counts belong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// `http` or `https`.
    pub scheme: String,
    /// Lower case, without a trailing dot; an IPv6 literal in brackets.
    pub host: String,
    /// The port, also when the URL leaves it to the scheme.
    pub port: u16,
}

impl Origin {
    /// The origin of a URL; nothing when it is not an http or https URL with a host.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let host = host_of(url.host_str()?)?;
        Some(Self { scheme: url.scheme().to_owned(), host, port: url.port_or_known_default()? })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}

/// One spelling for every spelling of a host: lower case, punycode, no trailing dot, IP literals as the URL standard
/// reads them (`127.1` and `0x7f000001` are 127.0.0.1). Nothing when it is no host at all.
#[must_use]
pub fn host_of(text: &str) -> Option<String> {
    let bare = text.trim_matches(['[', ']']);
    let parsed = match bare.parse::<std::net::Ipv6Addr>() {
        Ok(address) => Host::Ipv6(address),
        Err(_) => Host::parse(bare).ok()?,
    };
    let host = parsed.to_string();
    let host = host.strip_suffix('.').unwrap_or(&host);
    (!host.is_empty()).then(|| host.to_owned())
}

/// A document below `base` at `.well-known/<name>`: appended to the path of the base, whatever its trailing slash.
///
/// Query and fragment of the base are not part of the document's address and are dropped.
#[must_use]
pub fn well_known(base: &Url, name: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    let path = base.path().strip_suffix('/').unwrap_or(base.path());
    url.set_path(&format!("{path}/.well-known/{name}"));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Option<String> {
        Origin::of(&Url::parse(text).unwrap()).map(|origin| origin.to_string())
    }

    #[test]
    fn an_origin_is_scheme_host_and_port_in_one_spelling() {
        assert_eq!(origin("https://Payer.Example./r4").unwrap(), "https://payer.example:443");
        assert_eq!(origin("https://user:pw@payer.example:8443/").unwrap(), "https://payer.example:8443");
        assert_eq!(origin("http://[::1]/").unwrap(), "http://[::1]:80");
        assert_eq!(origin("http://0x7f.1/").unwrap(), "http://127.0.0.1:80");
        assert_eq!(origin("https://bücher.example/").unwrap(), "https://xn--bcher-kva.example:443");
        for text in ["file:///etc/passwd", "data:text/plain,x", "javascript:alert(1)", "ftp://payer.example/"] {
            assert_eq!(origin(text), None, "{text}");
        }
    }

    #[test]
    fn a_well_known_document_lies_under_the_base_path() {
        for (base, expected) in [
            ("https://p.example", "https://p.example/.well-known/smart-configuration"),
            ("https://p.example/", "https://p.example/.well-known/smart-configuration"),
            ("https://p.example/a/r4", "https://p.example/a/r4/.well-known/smart-configuration"),
            ("https://p.example/a/r4/?x=1#y", "https://p.example/a/r4/.well-known/smart-configuration"),
            ("https://p.example/a/r4//", "https://p.example/a/r4//.well-known/smart-configuration"),
        ] {
            assert_eq!(well_known(&Url::parse(base).unwrap(), "smart-configuration").as_str(), expected);
        }
    }
}
