//! Recognises the redirect URI among all the addresses that a login is sent to.
//!
//! Scheme, host, port and path must be the registered ones; query and fragment are what the server adds.

use url::Url;

/// True when `url` is the redirect URI with anything in its query and fragment.
pub(super) fn is_redirect(url: &Url, redirect_uri: &Url) -> bool {
    url.scheme() == redirect_uri.scheme()
        && url.host() == redirect_uri.host()
        && url.port_or_known_default() == redirect_uri.port_or_known_default()
        && url.path() == redirect_uri.path()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(url: &str, redirect_uri: &str) -> bool {
        is_redirect(&Url::parse(url).unwrap(), &Url::parse(redirect_uri).unwrap())
    }

    #[test]
    fn query_and_fragment_belong_to_the_server_and_all_else_must_agree() {
        let registered = "https://app.example/callback";
        assert!(is("https://app.example:443/callback?code=x&iss=y#_", registered));
        assert!(is("HTTPS://APP.example/callback?error=access_denied", registered));
        for other in [
            "http://app.example/callback",
            "https://app.example:8443/callback",
            "https://app.example/callback/",
            "https://app.example/callback/evil",
            "https://app.example.evil.example/callback",
            "https://evil.example/callback?u=https://app.example/callback",
        ] {
            assert!(!is(other, registered), "{other}");
        }
    }

    #[test]
    fn a_custom_scheme_is_recognised_like_any_other() {
        assert!(is("org.example.app://callback?code=x", "org.example.app://callback"));
        assert!(is("org.example.app:/callback?code=x", "org.example.app:/callback"));
        assert!(!is("org.example.other:/callback?code=x", "org.example.app:/callback"));
    }
}
