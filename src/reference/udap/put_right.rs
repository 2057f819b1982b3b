//! What an obliging server makes of a statement: it registers something right in place of what is missing or wrong, and says so in
//! its answer, as RFC 7591 lets it.

use serde_json::{Map, Value, json};
use url::Url;

/// Where the codes of a client go that named no address for them that will do.
const CALLBACK: &str = "https://client.carinbb.example/callback";
const LOGO: &str = "https://client.carinbb.example/logo.png";

/// The claims with everything in order that a client registers for, but for its scopes. A wish to cancel stays one.
pub(super) fn put_right(claims: &Map<String, Value>) -> Map<String, Value> {
    let mut right = claims.clone();
    put(&mut right, "client_name", |name| name.as_str().is_some_and(|name| !name.is_empty()), json!("An app"));
    let by_mail = |contacts: &Value| words(contacts).iter().any(|contact| contact.starts_with("mailto:"));
    put(&mut right, "contacts", by_mail, json!(["mailto:app@client.example"]));
    put(&mut right, "token_endpoint_auth_method", |method| method == "private_key_jwt", json!("private_key_jwt"));
    if claims.get("grant_types").is_some_and(|grants| grants.as_array().is_some_and(Vec::is_empty)) {
        return right;
    }
    // What only a client has that signs members in tells which flow was meant.
    if !["redirect_uris", "response_types", "logo_uri"].iter().any(|name| claims.contains_key(*name)) {
        put(&mut right, "grant_types", |grants| words(grants) == ["client_credentials"], json!(["client_credentials"]));
        return right;
    }
    let is_code = |grants: &Value| matches!(words(grants)[..], ["authorization_code"] | ["authorization_code", "refresh_token"]);
    put(&mut right, "grant_types", is_code, json!(["authorization_code"]));
    put(&mut right, "response_types", |types| words(types) == ["code"], json!(["code"]));
    put(&mut right, "logo_uri", |logo| logo.as_str().is_some_and(|logo| logo.starts_with("https:")), json!(LOGO));
    let is_address = |uri: &&str| Url::parse(uri).is_ok_and(|url| url.scheme() == "https" && url.fragment().is_none());
    let is_plain = |uri: &&str| is_address(uri) && !uri.contains('*');
    put(&mut right, "redirect_uris", |uris| !words(uris).is_empty() && words(uris).iter().all(is_plain), json!([CALLBACK]));
    right
}

fn put(claims: &mut Map<String, Value>, name: &str, is_right: impl Fn(&Value) -> bool, value: Value) {
    if !claims.get(name).is_some_and(is_right) {
        claims.insert(name.to_owned(), value);
    }
}

fn words(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
