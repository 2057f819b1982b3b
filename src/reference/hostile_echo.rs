//! The careless server that says everything back: whatever secret came with a request stands in its answer again, and beside a
//! token the member's data. Error messages, headers, redirects, pages and documents, in every encoding that servers use.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::exchange::{Asked, Reply};
use super::members;
use super::site::Site;

/// Shorter words are no canaries: they stand in too many texts.
const SHORTEST: usize = 6;
/// Longer ones would make the answer larger than any harness reads.
const LONGEST: usize = 3_000;

/// Parameters and members of a request that are secrets of whoever asks.
const SECRET: [&str; 11] = [
    "client_secret",
    "code",
    "code_verifier",
    "client_assertion",
    "assertion",
    "refresh_token",
    "token",
    "access_token",
    "id_token_hint",
    "password",
    "otp",
];

/// Members of a resource that tell one member from another.
const TELLING: [&str; 8] = ["id", "value", "family", "given", "line", "city", "subscriberId", "birthDate"];

/// The reply with everything in it once more.
pub(super) fn spoil(site: &Site, asked: &Asked, reply: Reply) -> Reply {
    if !site.has("hostile-echo") {
        return reply;
    }
    let told = told(asked);
    if told.is_empty() {
        return reply;
    }
    let reply = in_headers(&told, reply);
    in_body(&told, reply)
}

/// What came with the request, and what its token is good for.
fn told(asked: &Asked) -> Vec<String> {
    let mut told = BTreeSet::new();
    if let Some((scheme, credential)) = asked.header("authorization").and_then(|value| value.split_once(' ')) {
        told.insert(credential.to_owned());
        if let Some(pair) = STANDARD.decode(credential).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
            told.extend(pair.split(':').map(str::to_owned));
            told.insert(pair);
        }
        if scheme.eq_ignore_ascii_case("bearer") {
            members::first().of_type("Patient").for_each(|patient| values(patient, "", &mut told));
        }
    }
    if let Some(cookies) = asked.header("cookie") {
        told.extend(cookies.split("; ").filter_map(|cookie| cookie.split_once('=')).map(|(_, value)| value.to_owned()));
    }
    let secret = asked.parameters().into_iter().filter(|(name, _)| SECRET.contains(&name.as_str()));
    told.extend(secret.map(|(_, value)| value));
    told.retain(|text| (SHORTEST..=LONGEST).contains(&text.len()));
    told.into_iter().collect()
}

fn values(value: &Value, name: &str, told: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| values(value, name, told)),
        Value::Array(items) => items.iter().for_each(|item| values(item, name, told)),
        Value::String(text) if TELLING.contains(&name) => drop(told.insert(text.clone())),
        _ => {}
    }
}

fn each(text: &str, write: impl Fn(u32) -> String) -> String {
    text.chars().map(|c| write(u32::from(c))).collect()
}

fn each_byte(text: &str, write: impl Fn(u8) -> String) -> String {
    text.bytes().map(write).collect()
}

/// A word as servers write it: as it is, and in the encodings of addresses, documents, pages and dumps.
fn spellings(word: &str) -> Vec<String> {
    let percent: String = url::form_urlencoded::byte_serialize(word.as_bytes()).collect();
    let twice: String = url::form_urlencoded::byte_serialize(percent.as_bytes()).collect();
    vec![
        word.to_owned(),
        json!(word).to_string(),
        json!(json!(word).to_string()).to_string(),
        percent,
        twice,
        each_byte(word, |byte| format!("%{byte:02x}")),
        each_byte(word, |byte| format!("%{byte:02X}")),
        each_byte(word, |byte| format!("{byte:02x}")),
        each_byte(word, |byte| format!("{byte:02X}")),
        STANDARD.encode(word),
        URL_SAFE_NO_PAD.encode(word),
        STANDARD.encode(format!("u{word}")),
        URL_SAFE_NO_PAD.encode(format!("id:{word}:end")),
        each(word, |c| format!("\\u{c:04x}")),
        each(word, |c| format!("&#{c};")),
        each(word, |c| format!("&#x{c:x};")),
    ]
}

/// Headers hold ASCII without line ends.
fn fits_a_header(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

fn in_headers(told: &[String], mut reply: Reply) -> Reply {
    for (name, value) in &mut reply.headers {
        let percent = || told.iter().flat_map(|word| url::form_urlencoded::byte_serialize(word.as_bytes())).collect::<String>();
        match name.as_str() {
            "www-authenticate" => {
                let said: Vec<&str> =
                    told.iter().map(String::as_str).filter(|word| fits_a_header(word) && !word.contains(['"', '\\'])).collect();
                let _ = write!(value, ", error_description=\"no good: {}\"", said.join(" "));
            }
            "location" if value.contains('?') => {
                let _ = write!(value, "&echo={}", percent());
            }
            _ => {}
        }
    }
    let short = |word: &&String| word.len() <= 80;
    for (at, spelling) in
        told.iter().filter(short).take(3).flat_map(|word| spellings(word)).enumerate().filter(|(_, text)| fits_a_header(text))
    {
        reply.headers.push((format!("x-echo-{at}"), spelling));
    }
    reply
}

fn in_body(told: &[String], mut reply: Reply) -> Reply {
    let all: Vec<String> = told.iter().flat_map(|word| spellings(word)).collect();
    let kind = reply.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.clone()).unwrap_or_default();
    if let Ok(mut document) = serde_json::from_slice::<Value>(&reply.body)
        && let Some(fields) = document.as_object_mut()
    {
        in_document(told, &all, fields);
        reply.body = document.to_string().into_bytes();
    } else if kind.starts_with("text/html") {
        let page = String::from_utf8_lossy(&reply.body);
        let shown = all.join(" ").replace('<', "&lt;").replace("--", "- -");
        reply.body = page.replace("</body>", &format!("<p>{shown}</p><!-- {shown} --></body>")).into_bytes();
    } else if kind.starts_with("text/plain") {
        reply.body.extend(format!("\n{}", all.join("\n")).bytes());
    }
    reply
}

fn in_document(told: &[String], all: &[String], fields: &mut serde_json::Map<String, Value>) {
    match fields.get("resourceType").and_then(Value::as_str) {
        Some("OperationOutcome") => {
            fields["issue"][0]["diagnostics"] = all.join(" ").into();
            fields["issue"][0]["details"] = json!({ "text": told.join(" ") });
        }
        Some(_) => {
            let address = |word: &String| url::form_urlencoded::byte_serialize(word.as_bytes()).collect::<String>();
            let tags: Vec<Value> =
                told.iter().map(|word| json!({ "system": "https://echo.example", "code": address(word) })).collect();
            if !fields.get("meta").is_some_and(Value::is_object) {
                fields.insert("meta".into(), json!({}));
            }
            fields["meta"]["tag"] = tags.into();
        }
        None => {
            if fields.contains_key("error") {
                fields.insert("error_description".into(), format!("refused: {}", told.join(" ")).into());
            }
            fields.insert("echo".into(), all.into());
            fields.insert(
                "echo_by_name".into(),
                told.iter().map(|word| (word.clone(), Value::from(true))).collect::<serde_json::Map<_, _>>().into(),
            );
        }
    }
}
