//! Secrets, and the redactor that takes them out of everything that is recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::layers::layers;
use super::leak::LeakSearch;
use super::needles::{KEY, Needles};
use super::public::Public;

/// A value that must never be shown: a password, a token, a code, a client secret, a signed assertion.
///
/// It has no `Display` and no `Serialize`, and `Debug` prints its label. It leaves the process only through `net`.
#[derive(Clone)]
pub struct Secret {
    label: &'static str,
    value: Arc<Zeroizing<String>>,
}

impl Secret {
    /// Wraps a value. `label` says what it is, for instance `access_token`.
    pub fn new(label: &'static str, value: impl Into<String>) -> Self {
        Self { label, value: Arc::new(Zeroizing::new(value.into())) }
    }

    /// What kind of secret it is.
    #[must_use]
    pub fn label(&self) -> &'static str {
        self.label
    }

    /// The value itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹{}›", self.label)
    }
}

/// Below this length a secret is too common a string to be replaced wherever it stands.
pub(super) const SHORTEST: usize = KEY;

/// The label of a value of a member in a search.
pub(super) const OF_A_MEMBER: &str = "value of a member";

/// The most values of members that are known: a server that sends endless data must not slow the run down.
const MOST_MEMBERS: usize = 3_000;

/// Knows every secret of a run and replaces each, in all its encodings, by a pseudonym.
///
/// The pseudonym is the label and the first six hex digits of a salted SHA-256, so that a reader sees
/// the same secret again without seeing it. Clones share one register.
#[derive(Clone)]
pub struct Redactor {
    salt: Arc<str>,
    /// By spelling, the pseudonym.
    spellings: Arc<RwLock<Needles<Arc<str>>>>,
    values: Arc<RwLock<BTreeSet<(&'static str, String)>>>,
    members: Arc<RwLock<Needles<Arc<str>>>>,
    /// By pseudonym, the value of a member.
    named: Arc<RwLock<BTreeMap<Arc<str>, String>>>,
    /// What everybody may read.
    public: Arc<RwLock<Public>>,
}

impl Redactor {
    /// A redactor with the salt of this run.
    #[must_use]
    pub fn new(salt: &str) -> Self {
        Self {
            salt: salt.into(),
            spellings: Arc::default(),
            values: Arc::default(),
            members: Arc::default(),
            named: Arc::default(),
            public: Arc::default(),
        }
    }

    /// The pseudonym of any text under this run's salt: `‹label #3f9a1c›`.
    #[must_use]
    pub fn pseudonym(&self, label: &str, value: &str) -> String {
        let digest = Sha256::new().chain_update(self.salt.as_bytes()).chain_update(value.as_bytes()).finalize();
        format!("‹{label} #{:02x}{:02x}{:02x}›", digest[0], digest[1], digest[2])
    }

    /// Registers a secret and all encodings it may come back in; longest spellings are replaced first.
    pub fn register(&self, secret: &Secret) {
        let value = secret.expose();
        self.remember(secret.label(), value);
        if value.len() < SHORTEST {
            return;
        }
        let pseudonym: Arc<str> = self.pseudonym(secret.label(), value).into();
        let spellings = spellings(value);
        let Ok(mut known) = self.spellings.write() else { return };
        spellings.iter().for_each(|spelling| known.insert(spelling, Arc::clone(&pseudonym)));
    }

    /// Tells of texts that everybody may read: the cases and what the formats of reports say themselves. What stands in them is
    /// never learnt from a target, so that no target can have our own words taken for a secret or for a member's.
    pub fn publish(&self, text: &str) {
        if let Ok(mut public) = self.public.write() {
            public.add(text);
        }
    }

    fn is_public(&self, value: &str) -> bool {
        self.public.read().is_ok_and(|public| public.holds(value))
    }

    /// Registers a secret that the target chose, such as a token or a cookie, unless it chose a text that everybody may read or one
    /// that stands in too many texts.
    pub fn register_learnt(&self, secret: &Secret) {
        if secret.expose().len() >= SHORTEST && !self.is_public(secret.expose()) {
            self.register(secret);
        }
    }

    fn remember(&self, label: &'static str, value: &str) {
        if let (false, Ok(mut values)) = (value.is_empty(), self.values.write()) {
            values.insert((label, value.to_owned()));
        }
    }

    /// A search for everything that was registered so far. `public`: see [`LeakSearch::new`].
    #[must_use]
    pub fn search(&self, public: &str) -> LeakSearch {
        let values: Vec<(&'static str, String)> =
            self.values.read().map(|values| values.iter().cloned().collect()).unwrap_or_default();
        LeakSearch::new(&values, public)
    }

    /// Registers a secret that looks the same in every encoding, such as base64url.
    pub fn register_exactly(&self, secret: &Secret) {
        let value = secret.expose();
        self.remember(secret.label(), value);
        let Ok(mut known) = self.spellings.write() else { return };
        if !known.knows(value) {
            known.insert(value, self.pseudonym(secret.label(), value).into());
        }
    }

    /// The value that this pseudonym of [`Redactor::register_member`] stands for. What a server shows among a member's data may be
    /// needed again, for instance the id of our client in the record of an access.
    #[must_use]
    pub fn member(&self, pseudonym: &str) -> Option<String> {
        self.named.read().ok()?.get(pseudonym).cloned()
    }

    /// Registers a value that tells a member from another. It is no secret towards the server, so it may stand in a request.
    ///
    /// Very short values, plain words and texts that everybody may read are not registered: they stand in too many texts.
    pub fn register_member(&self, label: &'static str, value: &str) {
        let is_word = value.bytes().all(|byte| byte.is_ascii_lowercase());
        if value.len() < SHORTEST || is_word || self.is_public(value) {
            return;
        }
        let Ok(mut members) = self.members.write() else { return };
        if members.len() >= MOST_MEMBERS || members.knows(value) {
            return;
        }
        let pseudonym: Arc<str> = self.pseudonym(label, value).into();
        let [plain, json, percent, ..] = spellings(value);
        [plain, json, percent].iter().for_each(|spelling| members.insert(spelling, Arc::clone(&pseudonym)));
        drop(members);
        if let Ok(mut named) = self.named.write() {
            named.insert(pseudonym, value.to_owned());
        }
        self.remember(OF_A_MEMBER, value);
    }

    /// The text with every registered secret and every value of a member replaced by its pseudonym.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let (Ok(secrets), Ok(members)) = (self.spellings.read(), self.members.read()) else { return String::new() };
        let without_secrets = secrets.replace(text, |pseudonym| pseudonym);
        let text = without_secrets.as_deref().unwrap_or(text);
        let text = members.replace(text, |pseudonym| pseudonym).unwrap_or_else(|| text.to_owned());
        without_encoded(text, &[&*secrets, &*members])
    }

    /// The text with every registered secret replaced by its pseudonym. What members' values stand in it stays: for what is compared,
    /// since a target could teach us as a member's value whatever it wants not to be seen.
    #[must_use]
    pub fn redact_secrets(&self, text: &str) -> String {
        let Ok(secrets) = self.spellings.read() else { return String::new() };
        let text = secrets.replace(text, |pseudonym| pseudonym).unwrap_or_else(|| text.to_owned());
        without_encoded(text, &[&*secrets])
    }

    /// True when a registered secret stands in the text.
    #[must_use]
    pub fn holds_secret(&self, text: &str) -> bool {
        self.spellings.read().is_ok_and(|known| known.find(text.as_bytes(), 0).is_some())
    }
}

/// The text with every value replaced that stands in it in an encoding of which there is no list: any sign may be encoded or not.
fn without_encoded(text: String, known: &[&Needles<Arc<str>>]) -> String {
    let mut hits: Vec<(Range<usize>, &str)> = Vec::new();
    for layer in layers(text.as_bytes()) {
        for needles in known {
            let mut from = 0;
            while let Some((part, pseudonym)) = needles.find(&layer.bytes, from) {
                from = part.end;
                hits.push((layer.source(&part), pseudonym));
            }
        }
    }
    if hits.is_empty() {
        return text;
    }
    hits.sort_by_key(|(part, _)| (part.start, std::cmp::Reverse(part.end)));
    let (mut replaced, mut kept) = (String::with_capacity(text.len()), 0);
    for (part, pseudonym) in hits {
        let (start, end) = (text.floor_char_boundary(part.start), text.ceil_char_boundary(part.end));
        if start >= kept {
            replaced.push_str(&text[kept..start]);
            replaced.push_str(pseudonym);
        }
        kept = kept.max(end);
    }
    replaced.push_str(&text[kept..]);
    replaced
}

/// A value in every encoding in which a server may send it back.
pub(super) fn spellings(value: &str) -> [String; 8] {
    let json = serde_json::Value::from(value).to_string();
    let percent: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    [
        value.to_owned(),
        json.trim_matches('"').to_owned(),
        percent.replace('+', "%20"),
        percent,
        STANDARD.encode(value),
        STANDARD_NO_PAD.encode(value),
        URL_SAFE.encode(value),
        URL_SAFE_NO_PAD.encode(value),
    ]
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_its_label_and_nothing_else() {
        assert_eq!(format!("{:?}", Secret::new("access_token", "abcdef")), "‹access_token›");
    }

    #[test]
    fn a_registered_secret_is_replaced_in_every_encoding() {
        let redactor = Redactor::new("salt");
        let secret = Secret::new("client_secret", "pä\"ss/w+rd");
        redactor.register(&secret);
        let pseudonym = redactor.pseudonym("client_secret", secret.expose());
        let percent: String = url::form_urlencoded::byte_serialize(secret.expose().as_bytes()).collect();
        for spelling in [secret.expose().to_owned(), percent, STANDARD.encode(secret.expose()), "pä\\\"ss/w+rd".to_owned()] {
            assert_eq!(redactor.redact(&format!("x{spelling}y")), format!("x{pseudonym}y"), "{spelling}");
        }
    }

    #[test]
    fn a_value_is_replaced_where_any_of_its_signs_is_encoded_and_what_stands_beside_it_stays() {
        let redactor = Redactor::new("salt");
        redactor.register(&Secret::new("password", "s3crét-word"));
        redactor.register_member("member", "Ann Müller");
        let (word, name) = (redactor.pseudonym("password", "s3crét-word"), redactor.pseudonym("member", "Ann Müller"));
        for (text, clean) in [
            ("ä %733cr%C3%A9t-word ü", format!("ä {word} ü")),
            ("a=s3cr\\u00e9t\\u002dword&amp;b", format!("a={word}&amp;b")),
            ("x&#115;3crét-word;Ann&#x20;M&#252;ller", format!("x{word};{name}")),
            ("id 7333637Ã 733363 733372c3a9742d776f7264", "id 7333637Ã 733363 733372c3a9742d776f7264".to_owned()),
            ("hex 7333637 73336372c3a9742d776f7264.", format!("hex 7333637 {word}.")),
        ] {
            assert_eq!(redactor.redact(text), clean);
        }
    }

    #[test]
    fn what_everybody_may_read_is_never_learnt_from_a_target() {
        let redactor = Redactor::new("salt");
        redactor.publish("origin = \"https://foreign.example\"");
        redactor.register_member("value", "https://foreign.example");
        redactor.register_learnt(&Secret::new("access_token", "foreign.example"));
        let text = "allow https://foreign.example";
        assert_eq!((redactor.redact(text), redactor.redact_secrets(text)), (text.to_owned(), text.to_owned()));
        assert!(redactor.search("").find(text.as_bytes()).is_none());
        // What an operator gave is a secret wherever it stands.
        redactor.register(&Secret::new("password", "foreign.example"));
        assert!(!redactor.redact(text).contains("foreign.example"));
    }

    #[test]
    fn in_what_is_compared_secrets_alone_are_replaced() {
        let redactor = Redactor::new("salt");
        redactor.register(&Secret::new("access_token", "s3cr3t-token"));
        redactor.register_member("id", "canary-member-7");
        let token = redactor.pseudonym("access_token", "s3cr3t-token");
        assert_eq!(redactor.redact_secrets("canary-member-7 s3cr3t%2Dtoken"), format!("canary-member-7 {token}"));
    }

    #[test]
    fn pseudonyms_differ_between_runs() {
        assert_ne!(Redactor::new("a").pseudonym("code", "same"), Redactor::new("b").pseudonym("code", "same"));
    }
}
