//! When does a refusal count? (docs/judgements.md, rows 21, 22 and 58)
//!
//! A status alone proves nothing: a gateway, a block page or a wrong base refuses as well. A refusal counts when the base is
//! known to be a FHIR server, and the answer has the form of a refusal of its own.

use serde_json::Value;

/// What an answer looks like, without what merely echoes the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    status: u64,
    content_type: Option<String>,
    body_kind: String,
    resource_type: Option<String>,
    issue_codes: Vec<String>,
    challenged: bool,
}

impl Form {
    /// Where it lies in the facts.
    pub const POINTERS: [&str; 6] =
        ["/status", "/content_type", "/body_kind", "/resource_type", "/json/issue", "/header/www-authenticate"];

    /// The form of the answer that these facts describe.
    #[must_use]
    pub fn of(facts: &Value) -> Self {
        let text = |name: &str| facts.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            status: facts.get("status").and_then(Value::as_u64).unwrap_or(0),
            content_type: text("content_type"),
            body_kind: text("body_kind").unwrap_or_default(),
            resource_type: text("resource_type"),
            issue_codes: issue_codes(facts),
            challenged: facts.pointer("/header/www-authenticate").is_some(),
        }
    }

    /// True when the body is an `OperationOutcome`.
    #[must_use]
    pub fn is_operation_outcome(&self) -> bool {
        self.resource_type.as_deref() == Some("OperationOutcome")
    }

    fn is_page(&self) -> bool {
        self.body_kind == "html"
    }
}

fn issue_codes(facts: &Value) -> Vec<String> {
    let issues = facts.pointer("/json/issue").and_then(Value::as_array).into_iter().flatten();
    issues.filter_map(|issue| issue.get("code")?.as_str()).map(str::to_owned).collect()
}

/// What an answer to a request without a right says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// It was served.
    Served,
    /// It points elsewhere.
    Redirected,
    /// It was refused, and the refusal counts.
    Refused,
    /// Something in front of the server answered.
    BlockPage(String),
    /// Nothing can be said; why.
    Unsettled(String),
}

/// Reads an answer. `canary` is the form of the answer to a path that cannot exist, `base_is_fhir` says that `/metadata`
/// below the same base answered with a `CapabilityStatement` in this run.
#[must_use]
pub fn meaning(form: &Form, canary: Option<&Form>, base_is_fhir: bool) -> Meaning {
    let unsettled = |why: &str| Meaning::Unsettled(why.to_owned());
    match form.status {
        200..300 if form.is_page() => unsettled("a page was served instead of FHIR: something in front may have answered"),
        200..300 => Meaning::Served,
        300..400 if base_is_fhir => Meaning::Redirected,
        400..500 if form.is_page() && !form.challenged && form.status != 404 => {
            Meaning::BlockPage(format!("a page with status {} stood in front of the server", form.status))
        }
        500..600 => Meaning::Unsettled(format!("status {} is trouble, not a refusal", form.status)),
        _ if !base_is_fhir => unsettled(WRONG_BASE),
        400..500 => meaning_of_refusal(form, canary),
        status => Meaning::Unsettled(format!("status {status} has no meaning here")),
    }
}

/// Reads an answer to a token of the run. That the token is good for something is shown by a control beside it, so the
/// form of the refusal is not compared with a canary.
#[must_use]
pub fn meaning_with_token(form: &Form) -> Meaning {
    let unsettled = |why: &str| Meaning::Unsettled(why.to_owned());
    match form.status {
        200..300 if form.is_page() => unsettled("a page was served instead of FHIR: something in front may have answered"),
        200..300 => Meaning::Served,
        300..400 => Meaning::Redirected,
        400..500 if form.is_page() && !form.challenged && form.status != 404 => {
            Meaning::BlockPage(format!("a page with status {} stood in front of the server", form.status))
        }
        400..500 if form.is_page() && !form.challenged => unsettled("the server does not know this path"),
        401 | 403 => Meaning::Refused,
        // These are about the way to the server or the time, whatever the words.
        407 | 408 | 421 | 425 | 429 => Meaning::Unsettled(format!("status {} is trouble, not a refusal", form.status)),
        // A server may say no in JSON of its own, or in no words: the control shows that it is the server that answers.
        400..500 => Meaning::Refused,
        status => Meaning::Unsettled(format!("status {status} is trouble, not a refusal")),
    }
}

/// Reads an answer to a request without a token, beside a token that opened the same address in the same case: no front that
/// refuses everything could have let that one through.
#[must_use]
pub fn meaning_beside_token(form: &Form, base_is_fhir: bool) -> Meaning {
    match meaning_with_token(form) {
        Meaning::Refused | Meaning::Redirected if !base_is_fhir => Meaning::Unsettled(WRONG_BASE.to_owned()),
        meaning => meaning,
    }
}

const WRONG_BASE: &str = "/metadata of this base did not answer with a CapabilityStatement, so it may be the wrong base";

/// A gateway that refuses every path before the FHIR server sees it may be right, and only a token can show it.
const SAME_AS_CANARY: &str = "the server refuses a path that cannot exist in the same way, so this refusal does not show that the data is guarded: \
                              a control with a token would";

fn meaning_of_refusal(form: &Form, canary: Option<&Form>) -> Meaning {
    let unsettled = |why: &str| Meaning::Unsettled(why.to_owned());
    let has_a_form = form.challenged || form.is_operation_outcome() && matches!(form.status, 401 | 403 | 404);
    if !has_a_form {
        return unsettled("the answer is neither an OperationOutcome with 401, 403 or 404 nor does it carry WWW-Authenticate");
    }
    match canary {
        None => unsettled("the answer to a path that cannot exist is not known, so the refusal cannot be told from it"),
        Some(canary) if canary == form => unsettled(SAME_AS_CANARY),
        Some(_) => Meaning::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn outcome(status: u16, code: &str) -> Form {
        Form::of(&json!({
            "status": status, "content_type": "application/fhir+json", "body_kind": "json-object", "resource_type": "OperationOutcome",
            "header": {}, "json": { "resourceType": "OperationOutcome", "issue": [{ "code": code, "diagnostics": "random" }] },
        }))
    }

    fn bare(status: u16, kind: &str) -> Form {
        Form::of(&json!({ "status": status, "body_kind": kind, "header": {} }))
    }

    fn challenged(status: u16, kind: &str) -> Form {
        Form::of(&json!({ "status": status, "body_kind": kind, "header": { "www-authenticate": "Bearer" } }))
    }

    fn word(meaning: &Meaning) -> &'static str {
        match meaning {
            Meaning::Served => "served",
            Meaning::Redirected => "redirected",
            Meaning::Refused => "refused",
            Meaning::BlockPage(_) => "block-page",
            Meaning::Unsettled(_) => "unsettled",
        }
    }

    #[test]
    fn traps_21_22_58_say_which_answers_count() {
        let canary = outcome(404, "not-found");
        let rows = [
            ("trap 21: 401 with a challenge", challenged(401, "empty"), "refused"),
            ("trap 21: 403 OperationOutcome", outcome(403, "forbidden"), "refused"),
            ("trap 21: 404 OperationOutcome unlike the canary's", outcome(404, "security"), "refused"),
            ("trap 21: 404 OperationOutcome like the canary's", outcome(404, "not-found"), "unsettled"),
            ("trap 21: other 4xx with a challenge counts, its status is judged elsewhere", challenged(400, "empty"), "refused"),
            ("trap 21: 400 OperationOutcome may be about the search", outcome(400, "required"), "unsettled"),
            ("trap 21: 200 is served, empty or not", bare(200, "json-object"), "served"),
            ("trap 22: 401 without challenge or OperationOutcome", bare(401, "json-object"), "unsettled"),
            ("trap 22: a redirect is an answer", bare(302, "empty"), "redirected"),
            ("trap 22: a challenge with 403", challenged(403, "json-object"), "refused"),
            ("trap 58: HTML 403", bare(403, "html"), "block-page"),
            ("trap 58: HTML 401 with a challenge is the server's own page", challenged(401, "html"), "refused"),
            ("trap 65: 500 is no refusal", bare(500, "json-object"), "unsettled"),
            ("H36: 200 with a page", bare(200, "html"), "unsettled"),
            ("H37: an HTML 404 as for every path", bare(404, "html"), "unsettled"),
        ];
        for (row, form, expected) in rows {
            assert_eq!(word(&meaning(&form, Some(&canary), true)), expected, "{row}");
        }
    }

    #[test]
    fn a_wrong_base_refuses_nothing() {
        for form in [challenged(401, "empty"), outcome(403, "forbidden"), bare(302, "empty")] {
            assert_eq!(word(&meaning(&form, Some(&outcome(404, "not-found")), false)), "unsettled");
        }
    }

    #[test]
    fn h37_a_server_that_always_refuses_in_the_same_words_proves_nothing() {
        for status in [401, 403, 404] {
            let form = outcome(status, "login");
            assert_eq!(word(&meaning(&form, Some(&form), true)), "unsettled", "{status}");
        }
        let gateway = challenged(401, "empty");
        assert_eq!(word(&meaning(&gateway, Some(&gateway), true)), "unsettled", "a gateway that challenges every path");
        assert_eq!(word(&meaning(&outcome(403, "forbidden"), None, true)), "unsettled");
    }

    #[test]
    fn traps_21_22_58_65_a_refusal_of_a_token_that_works_elsewhere_counts_by_its_own_form() {
        let rows = [
            (outcome(404, "not-found"), "refused"),
            (outcome(403, "forbidden"), "refused"),
            (bare(401, "empty"), "refused"),
            (bare(403, "html"), "block-page"),
            (bare(404, "html"), "unsettled"),
            (bare(404, "empty"), "refused"),
            (bare(404, "json-object"), "refused"),
            (outcome(429, "throttled"), "unsettled"),
            (bare(408, "empty"), "unsettled"),
            (bare(200, "html"), "unsettled"),
            (bare(200, "json-object"), "served"),
            (bare(500, "json-object"), "unsettled"),
        ];
        for (form, expected) in rows {
            assert_eq!(word(&meaning_with_token(&form)), expected, "{form:?}");
        }
    }

    #[test]
    fn trap_21_beside_a_token_a_gateway_that_challenges_every_path_has_refused_and_a_wrong_base_has_not() {
        let rows = [
            (challenged(401, "empty"), "refused", "unsettled"),
            (outcome(401, "login"), "refused", "unsettled"),
            (outcome(404, "not-found"), "refused", "unsettled"),
            (bare(302, "empty"), "redirected", "unsettled"),
            (bare(403, "html"), "block-page", "block-page"),
            (bare(200, "json-object"), "served", "served"),
            (bare(500, "json-object"), "unsettled", "unsettled"),
        ];
        for (form, beside, wrong_base) in rows {
            assert_eq!(word(&meaning_beside_token(&form, true)), beside, "{form:?}");
            assert_eq!(word(&meaning_beside_token(&form, false)), wrong_base, "{form:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_status_has_a_meaning_and_5xx_is_never_a_refusal(status: u16, kind in "(html|json|empty)", fhir: bool, challenge: bool) {
            let form = if challenge { challenged(status, &kind) } else { bare(status, &kind) };
            let meaning = meaning(&form, None, fhir);
            if status >= 500 || status == 0 || !fhir {
                proptest::prop_assert_ne!(meaning, Meaning::Refused);
            }
        }
    }
}
