//! Attacks on the harness inside the discovery documents: JSON that no parser likes, and strings that no report should print raw.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::exchange::{Asked, Reply};
use super::site::Site;

/// Markup, the end of a CDATA section, a terminal escape, a bidi override, a workflow command and a NUL.
const TEXT: &str = "<script>alert(1)</script>]]>\u{1b}[2J\u{202e}\n::error::pwned\u{0}";

/// An object with a million members, about 12 MB; made once, because it takes a while.
static MANY_KEYS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let members: Vec<String> = (0..1_000_000).map(|number| format!("\"k{number}\":0")).collect();
    format!("{{{}}}", members.join(",")).into_bytes()
});

/// Spoils a discovery document.
pub(super) fn spoil(site: &Site, asked: &Asked, mut reply: Reply) -> Reply {
    let is_smart = asked.path.ends_with("smart-configuration");
    if let Ok(mut document) = serde_json::from_slice::<Value>(&reply.body)
        && change_values(site, is_smart, &mut document)
    {
        reply.body = document.to_string().into_bytes();
    }
    if let Some(body) = change_text(site, &reply.body) {
        reply.body = body;
    }
    reply
}

/// Attacks that are valid JSON. Says whether anything was changed.
fn change_values(site: &Site, is_smart: bool, document: &mut Value) -> bool {
    let before = document.clone();
    if site.has("hostile-wrong-types") {
        wrong_types(document);
    }
    if site.has("hostile-text-everywhere") {
        hostile_text(is_smart, document);
    }
    if is_smart {
        hostile_endpoints(site, document);
    } else if site.has("hostile-many-oauth-uris") {
        let extension = document["rest"][0]["security"]["extension"][0].clone();
        document["rest"][0]["security"]["extension"] = Value::Array(vec![extension; 1000]);
    }
    *document != before
}

fn hostile_endpoints(site: &Site, document: &mut Value) {
    let port = site.authorization.port().unwrap_or(443);
    if site.has("hostile-endpoints-private") {
        document["token_endpoint"] = json!("https://169.254.169.254/token");
        document["authorization_endpoint"] = json!("https://10.0.0.1/authorize");
        document["jwks_uri"] = json!("https://[fd00::1]/jwks");
        document["registration_endpoint"] = json!("https://100.64.0.1/register");
        document["issuer"] = json!("https://192.168.0.1");
    }
    if site.has("hostile-endpoints-odd-loopback") {
        document["token_endpoint"] = json!(format!("https://2130706433:{port}/token"));
        document["authorization_endpoint"] = json!(format!("https://0x7f000001:{port}/authorize"));
        document["jwks_uri"] = json!(format!("https://[::ffff:127.0.0.1]:{port}/jwks"));
        document["registration_endpoint"] = json!(format!("https://127.1:{port}/register"));
    }
    if site.has("hostile-endpoint-port-22") {
        document["token_endpoint"] = json!("https://localhost:22/token");
    }
}

fn wrong_types(document: &mut Value) {
    let Some(members) = document.as_object_mut() else { return };
    for (_, value) in members.iter_mut() {
        *value = match value {
            Value::String(_) => json!(7),
            Value::Array(_) => json!({"not": "a list"}),
            Value::Object(_) => json!("not an object"),
            _ => json!([null]),
        };
    }
}

fn hostile_text(is_smart: bool, document: &mut Value) {
    if is_smart {
        for member in ["capabilities", "scopes_supported"] {
            if let Some(list) = document[member].as_array_mut() {
                list.push(json!(TEXT));
            }
        }
        document["issuer"] = json!(format!("https://issuer.example/{TEXT}"));
        return;
    }
    document["software"]["name"] = json!(TEXT);
    document["implementation"]["description"] = json!(TEXT);
}

/// Attacks on the JSON text itself: the new body, if a fault is on.
fn change_text(site: &Site, body: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(body);
    let with_member = |member: &str| text.replacen('{', &format!("{{{member},"), 1).into_bytes();
    if site.has("hostile-deep-json") {
        return Some(format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes());
    }
    if site.has("hostile-many-keys") {
        return Some(MANY_KEYS.clone());
    }
    if site.has("hostile-big-number") {
        return Some(with_member("\"x\":1e400"));
    }
    if site.has("hostile-lone-surrogate") {
        return Some(with_member("\"x\":\"\\ud800\""));
    }
    if site.has("hostile-bom") {
        return Some(format!("\u{feff}{text}").into_bytes());
    }
    if site.has("hostile-utf16") {
        return Some(format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect());
    }
    if site.has("hostile-nan") {
        return Some(with_member("\"x\":NaN"));
    }
    site.has("hostile-trailing-garbage").then(|| format!("{text}<!-- served by node 7 -->}}").into_bytes())
}
