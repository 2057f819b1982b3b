//! What one `AuditEvent` says, and whether it is the record of something that the run did.
//!
//! Servers differ much in how they write them, so a record is recognised leniently: by its time, by the words for its kind, and
//! by naming the member anywhere, also inside of a recorded query.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::json_tree::list;
use super::words::places;

/// How far the clock of the log may be from ours, in seconds.
pub(super) const SKEW: i64 = 120;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Read,
    Search,
    Refusal,
    Login,
}

impl Deed {
    /// The deed of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "read" => Some(Self::Read),
            "search" => Some(Self::Search),
            "refusal" => Some(Self::Refusal),
            "login" => Some(Self::Login),
            _ => None,
        }
    }
}

/// What is looked for.
pub(super) struct Wanted<'a> {
    pub deed: Deed,
    /// The resource type that was asked for.
    pub kind: Option<&'a str>,
    /// What names the member: the id of the Patient, and for a sign-in the name of the account.
    pub member: Vec<&'a str>,
    /// When it was done, in seconds since 1970.
    pub since: i64,
    /// When it is over.
    pub until: i64,
}

/// How something ended, by the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Success,
    Failure,
    Unstated,
}

impl Ending {
    pub fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Unstated => "unstated",
        }
    }
}

/// How it ended: `0` is a success, the codes above are failures of growing weight.
pub(super) fn ending(event: &Value) -> Ending {
    match event.get("outcome").and_then(Value::as_str) {
        Some("0") => Ending::Success,
        Some("4" | "8" | "12") => Ending::Failure,
        _ => Ending::Unstated,
    }
}

/// True when an agent is named in one of the ways that there are.
pub(super) fn names_an_agent(event: &Value) -> bool {
    let says = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
    let named = |agent: &Value| {
        let who = agent.get("who");
        let of_who = |path: &str| says(who.and_then(|who| who.pointer(path)));
        says(agent.get("name"))
            || says(agent.get("altId"))
            || ["/reference", "/display", "/identifier/value"].iter().any(|path| of_who(path))
    };
    list(event, "agent").any(named)
}

/// What the definition of the resource wants and this one lacks.
pub(super) fn lacks(event: &Value) -> Vec<&'static str> {
    let mut lacks = Vec::new();
    let filled = |value: Option<&Value>| value.and_then(Value::as_object).is_some_and(|members| !members.is_empty());
    if !filled(event.get("type")) {
        lacks.push("type");
    }
    if recorded(event).is_none() {
        lacks.push("recorded");
    }
    if list(event, "agent").next().is_none() {
        lacks.push("agent");
    }
    if list(event, "agent").any(|agent| !agent.get("requestor").is_some_and(Value::is_boolean)) {
        lacks.push("agent.requestor");
    }
    if !filled(event.pointer("/source/observer")) {
        lacks.push("source.observer");
    }
    lacks
}

/// Whether this is a record of what is wanted.
pub(super) fn is_record_of(event: &Value, wanted: &Wanted<'_>) -> bool {
    let in_time = recorded(event).is_some_and(|at| (wanted.since - SKEW..=wanted.until + SKEW).contains(&at));
    if !in_time {
        return false;
    }
    let text = searchable(event);
    let names_the_member = wanted.member.iter().any(|own| holds_word(&text, own));
    let of_the_type = wanted.kind.is_none_or(|kind| holds_word(&text, kind));
    names_the_member
        && match wanted.deed {
            Deed::Read => of_the_type && is_read(event) && ending(event) != Ending::Failure,
            Deed::Search => of_the_type && is_search(event) && ending(event) != Ending::Failure,
            // Whoever was refused may have left nothing but the address that they asked for.
            Deed::Refusal => ending(event) == Ending::Failure,
            Deed::Login => is_login(event),
        }
}

fn recorded(event: &Value) -> Option<i64> {
    let text = event.get("recorded")?.as_str()?;
    Some(OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp())
}

fn is_read(event: &Value) -> bool {
    let codes = codes(event);
    let named = codes.iter().any(|code| matches!(code.as_str(), "read" | "vread"));
    let otherwise = is_search_by_code(&codes) || has_query(event);
    named || (action(event) == Some("R") && !otherwise)
}

fn is_search(event: &Value) -> bool {
    is_search_by_code(&codes(event)) || action(event) == Some("E") || has_query(event)
}

fn is_search_by_code(codes: &[String]) -> bool {
    codes.iter().any(|code| code.starts_with("search"))
}

/// User authentication and login of DICOM, and the word.
fn is_login(event: &Value) -> bool {
    codes(event).iter().any(|code| matches!(code.as_str(), "110114" | "110122" | "login"))
}

fn has_query(event: &Value) -> bool {
    list(event, "entity").any(|entity| entity.get("query").is_some())
}

fn action(event: &Value) -> Option<&str> {
    event.get("action")?.as_str()
}

/// The codes of type and subtype, in lower case.
fn codes(event: &Value) -> Vec<String> {
    let codings = event.get("type").into_iter().chain(list(event, "subtype"));
    codings.filter_map(|coding| coding.get("code")?.as_str()).map(str::to_ascii_lowercase).collect()
}

/// Everything in it as text, recorded queries decoded, percent signs too.
fn searchable(event: &Value) -> String {
    let mut text = event.to_string();
    for entity in list(event, "entity") {
        let Some(query) = entity.get("query").and_then(Value::as_str) else { continue };
        let decoded = STANDARD.decode(query).or_else(|_| STANDARD_NO_PAD.decode(query)).unwrap_or_default();
        let query = String::from_utf8_lossy(&decoded);
        text.push(' ');
        text.push_str(&query);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            text.extend([" ", &name, " ", &value]);
        }
    }
    text
}

/// True when the text holds the word with no letter, digit, dash or dot around it.
fn holds_word(text: &str, word: &str) -> bool {
    let part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '.');
    places(text, word, part).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const AT: i64 = 1_796_000_000;

    fn wanted(deed: Deed, kind: Option<&'static str>) -> Wanted<'static> {
        Wanted { deed, kind, member: vec!["m-1", "ann"], since: AT, until: AT + 60 }
    }

    fn event() -> Value {
        json!({
            "resourceType": "AuditEvent",
            "type": { "code": "rest" },
            "subtype": [{ "code": "read" }],
            "action": "R",
            "recorded": OffsetDateTime::from_unix_timestamp(AT + 1).unwrap().format(&Rfc3339).unwrap(),
            "outcome": "0",
            "agent": [{ "who": { "display": "app" }, "requestor": true }],
            "source": { "observer": { "display": "api" } },
            "entity": [{ "what": { "reference": "Patient/m-1" } }],
        })
    }

    #[test]
    fn a_read_is_recognised_by_time_kind_and_member() {
        assert!(is_record_of(&event(), &wanted(Deed::Read, Some("Patient"))));
        assert!(!is_record_of(&event(), &wanted(Deed::Search, Some("Patient"))));
        assert!(!is_record_of(&event(), &wanted(Deed::Refusal, None)), "a success is no record of a refusal");
        assert!(!is_record_of(&event(), &wanted(Deed::Read, Some("Coverage"))));
        for (path, value) in
            [("recorded", "2020-01-01T00:00:00Z"), ("recorded", "x"), ("entity", "Patient/m-12"), ("outcome", "8")]
        {
            let mut other = event();
            other[path] = json!(value);
            assert!(!is_record_of(&other, &wanted(Deed::Read, Some("Patient"))), "{path} {value}");
        }
    }

    #[test]
    fn a_search_is_found_inside_of_its_recorded_query() {
        let mut search = event();
        search["subtype"] = json!([]);
        search["action"] = json!("E");
        search["entity"] = json!([{ "query": STANDARD.encode("ExplanationOfBenefit?patient=Patient%2Fm-1") }]);
        assert!(is_record_of(&search, &wanted(Deed::Search, Some("ExplanationOfBenefit"))));
        assert!(!is_record_of(&search, &wanted(Deed::Read, Some("ExplanationOfBenefit"))));
    }

    #[test]
    fn a_sign_in_may_name_the_account_instead_of_the_patient() {
        let mut login = event();
        login["type"] = json!({ "code": "110114" });
        login["entity"] = json!([]);
        login["agent"] = json!([{ "altId": "ann", "requestor": true }]);
        assert!(is_record_of(&login, &wanted(Deed::Login, None)));
        login["agent"] = json!([{ "altId": "anna", "requestor": true }]);
        assert!(!is_record_of(&login, &wanted(Deed::Login, None)));
    }

    #[test]
    fn what_the_definition_wants_is_missed_by_name() {
        assert_eq!(lacks(&event()), Vec::<&str>::new());
        assert_eq!(lacks(&json!({})), ["type", "recorded", "agent", "source.observer"]);
        let mut without = event();
        without["agent"][0] = json!({ "who": {} });
        assert_eq!(lacks(&without), ["agent.requestor"]);
        assert!(!names_an_agent(&without) && names_an_agent(&event()));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_looked_through_without_a_panic(text: String, word: String) {
            let event = json!({ "agent": text, "entity": [{ "query": text }], "recorded": word, "outcome": word });
            let _ = (lacks(&event), names_an_agent(&event), holds_word(&text, &word));
            proptest::prop_assert!(!is_record_of(&event, &wanted(Deed::Read, None)));
        }
    }
}
