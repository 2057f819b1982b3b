//! Small pieces that the tests of the authorization server share.

use base64::Engine as _;
use url::Url;

/// The S256 challenge of a verifier.
pub(super) fn challenge(verifier: &str) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(openssl::sha::sha256(verifier.as_bytes()))
}

/// The text between two marks.
pub(super) fn between(text: &str, start: &str, end: &str) -> Option<String> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0.to_owned())
}

/// A parameter of a query or fragment.
pub(super) fn field(url: &Url, name: &str) -> Option<String> {
    let fragment = url.fragment().unwrap_or_default();
    let both = [url.query().unwrap_or_default(), fragment];
    both.iter()
        .flat_map(|text| url::form_urlencoded::parse(text.as_bytes()))
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}
