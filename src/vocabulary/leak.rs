//! Searches finished files for the secrets and members' values of a run: the last look before anything is written.
//!
//! Redaction has taken them out when they were recorded; what is found here is a mistake of ours.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use regex::bytes::{Regex, RegexBuilder};

use super::layers::layers;
use super::needles::Needles;
use super::secret::{OF_A_MEMBER, SHORTEST, spellings};

/// Base64 of fewer characters stands in too many texts by chance.
const SHORTEST_BASE64: usize = 10;

/// How many bytes have their encodings taken off at a time.
const WINDOW: usize = 256 * 1024;

/// How many of them the next part sees again: the longest token there is, each of its characters written as six.
const OVERLAP: usize = 64 * 1024;

/// Names beside which a value is a secret, however short or common it is.
const FIELDS: &str = "access_token|refresh_token|id_token|client_secret|code|code_verifier|client_assertion|assertion|password|passwd|token|otp|totp|secret";

/// Knows what must not stand in a file.
pub struct LeakSearch {
    secrets: Needles<&'static str>,
    members: Needles<&'static str>,
    in_fields: Option<Regex>,
}

impl LeakSearch {
    /// A search for these values with their labels. `public` is text that stands in every file anyhow (the suite, the
    /// address of the target): a value that stands in it, as well as a very short one, is looked for by its field only.
    #[must_use]
    pub fn new(values: &[(&'static str, String)], public: &str) -> Self {
        let (mut secrets, mut members) = (Needles::default(), Needles::default());
        let mut common: Vec<String> = Vec::new();
        for (label, value) in values {
            let of_a_member = *label == OF_A_MEMBER;
            if value.len() < SHORTEST || public.contains(value.as_str()) {
                // A word of ours beside `code` is no secret because a member's data hold it too.
                common.extend((!of_a_member).then(|| regex::escape(value)));
                continue;
            }
            let needles = if of_a_member { &mut members } else { &mut secrets };
            for spelling in spellings(value).into_iter().chain(more_spellings(value)) {
                needles.insert(&spelling, *label);
            }
        }
        Self { secrets, members, in_fields: in_fields(&common) }
    }

    /// What kind of value stands in the bytes, if any does.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Option<&'static str> {
        found(&[&self.secrets, &self.members], bytes).or_else(|| self.find_beside_its_name(bytes))
    }

    /// What kind of secret stands in the bytes, if any does. Values of members do not count.
    #[must_use]
    pub fn find_secret(&self, bytes: &[u8]) -> Option<&'static str> {
        found(&[&self.secrets], bytes).or_else(|| self.find_beside_its_name(bytes))
    }

    fn find_beside_its_name(&self, bytes: &[u8]) -> Option<&'static str> {
        self.in_fields.as_ref().filter(|fields| fields.is_match(bytes)).map(|_| "secret")
    }
}

fn found(all: &[&Needles<&'static str>], bytes: &[u8]) -> Option<&'static str> {
    let plain = |bytes: &[u8]| all.iter().find_map(|needles| needles.find(bytes, 0).map(|(_, label)| *label));
    plain(bytes).or_else(|| windows(bytes).find_map(|part| layers(part).iter().find_map(|layer| plain(&layer.bytes))))
}

/// Parts that a value in any encoding lies in as a whole, because the encodings of a large file at once take much memory.
fn windows(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts = (0..bytes.len()).step_by(WINDOW - OVERLAP);
    let last = |start: usize| start == 0 || start + OVERLAP < bytes.len();
    starts.filter(move |start| last(*start)).map(|start| &bytes[start..bytes.len().min(start + WINDOW)])
}

/// `"password": "x"`, also inside of a JSON string, and `password=x`.
fn in_fields(values: &[String]) -> Option<Regex> {
    let values: Vec<&str> = values.iter().map(String::as_str).filter(|value| !value.is_empty()).collect();
    if values.is_empty() {
        return None;
    }
    let values = values.join("|");
    let pattern = format!(r#""(?:{FIELDS})\\*"\s*:\s*\\*"(?:{values})\\*"|(?:^|[?&"\s])(?:{FIELDS})=(?:{values})(?:[&"\s\\]|$)"#);
    RegexBuilder::new(&pattern).size_limit(1 << 26).build().ok()
}

/// Encodings that files have and that redaction does not meet: inside of other base64, in HTML, in a JSON string inside of
/// a JSON string, in hex.
fn more_spellings(value: &str) -> Vec<String> {
    let mut more = Vec::new();
    let inner = |text: &str| serde_json::Value::from(text).to_string().trim_matches('"').to_owned();
    more.push(inner(&inner(value)));
    let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    more.push(html.replace('"', "&quot;").replace('\'', "&#x27;"));
    more.push(html.replace('"', "&#34;").replace('\'', "&#39;"));
    more.push(value.bytes().map(|byte| format!("{byte:02x}")).collect());
    for before in 0..3_usize {
        let bytes: Vec<u8> = std::iter::repeat_n(0, before).chain(value.bytes()).collect();
        for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            // The characters that also hold bits of what stands before or behind are left out.
            let start = [0, 2, 3][before];
            let end = encoded.len() - usize::from(!bytes.len().is_multiple_of(3));
            if end >= start + SHORTEST_BASE64 {
                more.push(encoded[start..end].to_owned());
            }
        }
    }
    // The signature of a token is enough to use it where its other parts are known.
    if let [_, _, signature] = value.split('.').collect::<Vec<_>>()[..]
        && signature.len() >= 20
    {
        more.push(signature.to_owned());
    }
    more
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    const VALUE: &str = "pä\"s's/w+rd&<4711>";

    fn search(value: &str, public: &str) -> LeakSearch {
        LeakSearch::new(&[("password", value.to_owned())], public)
    }

    #[test]
    fn an_encoded_value_is_found_at_every_place_of_a_large_file() {
        let search = search("hunter2hunter2", "");
        let encoded: String = "hunter2hunter2".bytes().map(|byte| format!("%{byte:02x}")).collect();
        for at in [0, WINDOW - OVERLAP - 5, WINDOW - 5, WINDOW, 2 * (WINDOW - OVERLAP) - 1, 3 * WINDOW - encoded.len()] {
            let mut file = vec![b'.'; 3 * WINDOW];
            file[at..at + encoded.len()].copy_from_slice(encoded.as_bytes());
            assert!(search.find(&file).is_some(), "at {at}");
        }
        assert!(search.find(&vec![b'%'; 3 * WINDOW]).is_none() && search.find(b"").is_none());
        assert_eq!(windows(&vec![0; WINDOW]).count(), 1);
    }

    #[test]
    fn a_value_is_found_in_every_encoding_and_wherever_it_stands() {
        let search = search(VALUE, "");
        let json = serde_json::json!(VALUE).to_string();
        let percent: String = url::form_urlencoded::byte_serialize(VALUE.as_bytes()).collect();
        let texts = [
            VALUE.to_owned(),
            json.clone(),
            serde_json::json!(json).to_string(),
            percent,
            STANDARD.encode(VALUE),
            URL_SAFE.encode(VALUE),
            STANDARD.encode(format!("i{VALUE}")),
            STANDARD.encode(format!("id{VALUE}x")),
            URL_SAFE.encode(format!("id:{VALUE}:rest")),
            VALUE.bytes().map(|byte| format!("{byte:02x}")).collect(),
            "pä&quot;s&#x27;s/w+rd&amp;&lt;4711&gt;".to_owned(),
            VALUE.bytes().map(|byte| format!("%{byte:02X}")).collect(),
            VALUE.bytes().map(|byte| format!("{byte:02X}")).collect(),
            VALUE.chars().map(|c| format!("\\\\u{:04x}", u32::from(c))).collect(),
            VALUE.chars().map(|c| format!("&#{};", u32::from(c))).collect(),
        ];
        for text in texts {
            assert_eq!(search.find(format!("some text {text} and more").as_bytes()), Some("password"), "{text}");
        }
        assert_eq!(search.find("pä\"s's/w+rd&<4712> and nothing else".as_bytes()), None);
    }

    #[test]
    fn values_of_members_are_no_secrets_and_are_not_looked_for_beside_names() {
        let values = [(OF_A_MEMBER, "Jane Canary".to_owned()), (OF_A_MEMBER, "not-found".to_owned())];
        let search = LeakSearch::new(&values, "not-found");
        assert_eq!((search.find(b"Jane Canary"), search.find_secret(b"Jane Canary")), (Some(OF_A_MEMBER), None));
        assert_eq!(search.find(br#"{"code":"not-found"}"#), None);
        let values = [("password", "hunter2hunter2".to_owned())];
        assert_eq!(LeakSearch::new(&values, "").find_secret(b"hunter2hunter2"), Some("password"));
    }

    #[test]
    fn a_short_or_common_value_is_looked_for_beside_its_name_only() {
        for search in [search("abc", ""), search("launch", "patient launch")] {
            let value = if search.find(br#"{"password": "abc"}"#).is_some() { "abc" } else { "launch" };
            for text in
                [format!(r#"{{"password":"{value}"}}"#), format!(r#""{{\"otp\": \"{value}\"}}""#), format!("a?code={value}&b")]
            {
                assert_eq!(search.find(text.as_bytes()), Some("secret"), "{text}");
            }
            assert_eq!(search.find(format!("the word {value} and \"{value}\", \"title\": \"{value}\"").as_bytes()), None);
        }
    }
}
