//! Takes secrets out of texts before they are recorded.
//!
//! Two nets: the secrets that the run knows (`Redactor`), and the members, parameters and headers that carry secrets
//! by their name, because an answer is recorded before anyone has read the token in it.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use sha2::{Digest, Sha256};

use super::members::{reduced, without_addresses};
use super::{BODY_KEPT, Body, PageWords};
use crate::vocabulary::Redactor;

/// Members of a JSON object that hold a secret whatever their value is.
static JSON_MEMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#""(access_token|refresh_token|id_token|id_token_hint|client_secret|code_verifier|client_assertion|assertion|software_statement|password|registration_access_token|subject_token)"(\s*:\s*)"((?:\\.|[^"\\])*)("|$)"#,
    )
    .ok()
});

/// Parameters of a form, a query or a fragment that hold a secret whatever their value is.
static PARAMETER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(^|[?&#])(access_token|refresh_token|id_token|id_token_hint|client_secret|code|code_verifier|client_assertion|assertion|password|token|subject_token)=((?:‹[^›]*›|[^&#\s"'<>])+)"#,
    )
    .ok()
});

/// Parameters of an address that hold a session, which servers write in front of the query too.
static SESSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)([;?&#])(jsessionid|phpsessid|session_code|session_id|sessionid|sid)=((?:‹[^›]*›|[^&#?;/\s"'<>])+)"#).ok()
});

/// Headers whose value is a credential as a whole.
const SECRET_HEADERS: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "set-cookie", "authentication-info"];

/// Schemes of `Authorization`. Another first word may be the credential itself and is not shown.
const SCHEMES: [&str; 5] = ["basic", "bearer", "digest", "dpop", "negotiate"];

/// The text without known secrets and without the values of members and parameters that carry secrets.
#[must_use]
pub fn redact_text(redactor: &Redactor, text: &str) -> String {
    without_named(redactor, &redactor.redact(text))
}

/// The text without what is a secret or a member's by the name beside it.
fn without_named(redactor: &Redactor, text: &str) -> String {
    let text = replaced(JSON_MEMBER.as_ref(), text, |found| {
        format!("\"{}\"{}\"{}{}", &found[1], &found[2], pseudonym(redactor, &found[1], &found[3]), &found[4])
    });
    let text = replaced(PARAMETER.as_ref(), &text, |found| {
        format!("{}{}={}", &found[1], &found[2], pseudonym(redactor, &found[2], &found[3]))
    });
    let text = replaced(SESSION.as_ref(), &text, |found| {
        format!("{}{}={}", &found[1], &found[2], pseudonym(redactor, "session", &found[3]))
    });
    without_addresses(redactor, &text)
}

fn replaced<'a>(pattern: Option<&Regex>, text: &'a str, by: impl Fn(&Captures<'_>) -> String) -> Cow<'a, str> {
    pattern.map_or(Cow::Borrowed(text), |pattern| pattern.replace_all(text, |found: &Captures<'_>| by(found)))
}

/// A pseudonym for the value, unless the value is one already.
fn pseudonym(redactor: &Redactor, label: &str, value: &str) -> String {
    if is_pseudonym(value) { value.to_owned() } else { redactor.pseudonym(label, value) }
}

/// True for exactly one pseudonym and nothing beside it.
fn is_pseudonym(text: &str) -> bool {
    text.strip_prefix('‹').and_then(|rest| rest.strip_suffix('›')).is_some_and(|inner| {
        !inner.contains(['‹', '›'])
            && inner.rsplit_once(" #").is_some_and(|(_, hex)| hex.len() == 6 && hex.chars().all(|c| c.is_ascii_hexdigit()))
    })
}

/// The value of a header, redacted. Of credentials only the scheme of `Authorization` is kept.
#[must_use]
pub fn redact_header(redactor: &Redactor, name: &str, value: &str) -> String {
    credential(redactor, name, value).unwrap_or_else(|| redact_text(redactor, value))
}

/// The same as a fact, which is compared before it is recorded: no value of it is hidden because a target taught it to us.
#[must_use]
pub fn header_of_fact(redactor: &Redactor, name: &str, value: &str) -> String {
    credential(redactor, name, value).unwrap_or_else(|| without_named(redactor, &redactor.redact_secrets(value)))
}

/// What is shown of a header whose value is a credential as a whole.
fn credential(redactor: &Redactor, name: &str, value: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    if !SECRET_HEADERS.contains(&name.as_str()) {
        return None;
    }
    let (scheme, credential) = match value.split_once(' ') {
        Some((scheme, credential)) if SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)) => {
            (Some(scheme), credential)
        }
        _ => (None, value),
    };
    let shown = pseudonym(redactor, &name, &redactor.redact(credential));
    Some(scheme.map_or_else(|| shown.clone(), |scheme| format!("{scheme} {shown}")))
}

/// A body, redacted and then cut, so that a secret across the cut does not show its beginning.
#[must_use]
pub fn redact_bytes(redactor: &Redactor, bytes: &[u8]) -> Body {
    let text = String::from_utf8_lossy(bytes);
    let reduced = reduced(redactor, &text);
    let clean = redact_text(redactor, reduced.as_deref().unwrap_or(&text));
    let redacted = clean != text;
    let digest = if redacted { Sha256::digest(clean.as_bytes()) } else { Sha256::digest(bytes) };
    let kept = clean.floor_char_boundary(BODY_KEPT);
    Body { text: clean[..kept].to_owned(), bytes: bytes.len() as u64, sha256: hex(&digest), cut: kept < clean.len(), redacted }
}

/// The body of a page of a sign-in. It was shown to the member, of whom nothing is known yet, so nothing of it is kept until
/// somebody has read it and says which of its words may be ([`EvidenceStore::keep_words`](super::EvidenceStore::keep_words)).
#[must_use]
pub fn withheld_page(bytes: &[u8]) -> Body {
    let text = "‹withheld: a page of a sign-in›".to_owned();
    Body { bytes: bytes.len() as u64, sha256: hex(&Sha256::digest(text.as_bytes())), cut: false, redacted: true, text }
}

/// The fields of a form that such a page sent: the names, and the values that cannot be about anybody.
#[must_use]
pub fn redact_form(redactor: &Redactor, bytes: &[u8]) -> Body {
    let words = PageWords::default();
    let value_of = |value: &str| {
        let clean = redact_text(redactor, value);
        let is_shown = clean != value || words.keeps(redactor, value);
        if is_shown { clean } else { redactor.pseudonym("value", value) }
    };
    let fields = url::form_urlencoded::parse(bytes).map(|(name, value)| {
        let field = format!("{name}={value}");
        // A password is known by the name of its field too.
        match redact_text(redactor, &field) {
            clean if clean != field => clean,
            _ => format!("{}={}", redact_text(redactor, &name), value_of(&value)),
        }
    });
    let text = fields.collect::<Vec<_>>().join("&");
    let kept = text.floor_char_boundary(BODY_KEPT);
    let sha256 = hex(&Sha256::digest(text.as_bytes()));
    Body { text: text[..kept].to_owned(), bytes: bytes.len() as u64, sha256, cut: kept < text.len(), redacted: true }
}

/// Bytes as lower-case hex digits, as evidence shows them.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Secret;

    #[test]
    fn tokens_in_an_answer_are_pseudonyms_before_anyone_has_read_them() {
        let redactor = Redactor::new("salt");
        let text = redact_text(&redactor, r#"{"access_token" : "ey\"abc", "scope":"openid", "code": "active"}"#);
        assert!(!text.contains("abc"), "{text}");
        assert!(text.contains("‹access_token #") && text.contains("openid") && text.contains("active"), "{text}");
        let cut = redact_text(&redactor, r#"{"refresh_token":"half of a tok"#);
        assert!(!cut.contains("half"), "{cut}");
    }

    #[test]
    fn codes_in_urls_and_forms_are_pseudonyms() {
        let redactor = Redactor::new("salt");
        let text = redact_text(&redactor, "https://app.example/cb?state=s&code=SplxlOBe#access_token=zzz");
        assert!(!text.contains("SplxlOBe") && !text.contains("zzz") && text.contains("state=s"), "{text}");
        let form = redact_text(&redactor, "grant_type=password&password=hunter2&client_secret=‹client_secret #012abc›");
        assert!(!form.contains("hunter2") && form.ends_with("client_secret=‹client_secret #012abc›"), "{form}");
    }

    #[test]
    fn a_session_in_an_address_is_a_pseudonym_and_what_stands_behind_it_stays() {
        let redactor = Redactor::new("salt");
        let text =
            redact_text(&redactor, "/login;jsessionid=5E55104C00C1E123?a=b&session_code=Xy-77_z&tab_id=t;JSESSIONID=QQ/next");
        assert!(!text.contains("5E55") && !text.contains("Xy-77") && !text.contains("QQ"), "{text}");
        assert!(text.contains("›?a=b&session_code=‹session #") && text.contains("›&tab_id=t;JSESSIONID=‹"), "{text}");
        assert!(text.ends_with("›/next"), "{text}");
        assert_eq!(redact_text(&redactor, &text), text);
    }

    #[test]
    fn header_credentials_are_pseudonyms_and_agree_with_the_known_secret() {
        let redactor = Redactor::new("salt");
        let token = Secret::new("access_token", "0123456789");
        redactor.register(&token);
        let shown = redact_header(&redactor, "Authorization", "Bearer 0123456789");
        assert_eq!(shown, format!("Bearer {}", redactor.pseudonym("access_token", "0123456789")));
        assert!(!redact_header(&redactor, "authorization", "Basic aWQ6c2VjcmV0").contains("aWQ6"));
        assert!(!redact_header(&redactor, "AUTHORIZATION", "tokenwithoutscheme").contains("token"));
        assert!(!redact_header(&redactor, "Set-Cookie", "SID=abcdef; Secure").contains("abcdef"));
        assert_eq!(redact_header(&redactor, "WWW-Authenticate", "Bearer realm=\"x\""), "Bearer realm=\"x\"");
    }

    #[test]
    fn of_a_form_of_a_sign_in_the_choices_stay_and_what_a_page_hid_in_it_goes() {
        let redactor = Redactor::new("salt");
        redactor.register(&Secret::new("username", "jane.member"));
        let body = redact_form(&redactor, b"user=jane.member&password=x9&SAMLResponse=QW5uIENhbmFyeQ&scope=patient%2FPatient.read&decision=approve&who=Ann+Canary");
        for gone in ["jane", "x9", "QW5u", "Ann"] {
            assert!(!body.text.contains(gone), "{gone} in {}", body.text);
        }
        assert!(body.text.contains("scope=patient/Patient.read&decision=approve&who=‹value #"), "{}", body.text);
        let page = withheld_page(b"<p>Ann Canary");
        assert!(page.redacted && page.bytes == 13 && !page.text.contains("Ann"));
    }

    #[test]
    fn a_body_is_redacted_before_it_is_cut_and_a_secret_is_not_in_its_digest() {
        let redactor = Redactor::new("salt");
        redactor.register(&Secret::new("code", "SECRETSECRET"));
        let mut text = "x".repeat(BODY_KEPT - 4);
        text.push_str("SECRETSECRET");
        let body = redact_bytes(&redactor, text.as_bytes());
        assert!(!body.text.contains("SECR") && body.cut && body.redacted);
        let raw = hex(&Sha256::digest(text.as_bytes()));
        assert_ne!(body.sha256, raw);
        let plain = redact_bytes(&redactor, b"abc");
        assert_eq!(plain.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(!plain.cut && !plain.redacted);
    }
}
