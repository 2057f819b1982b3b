//! What a token response says: each member by itself, whatever its type; tokens become handles before anybody sees them.

use serde_json::{Map, Value, json};

use super::fhir_context::{fhir_context_facts, references};
use super::guessing::most_bits;
use super::request::Answered;
use crate::net::Answer;
use crate::verbs::Context;
use crate::verbs::json_document::{BodyKind, JsonDocument};
use crate::vocabulary::Secret;

/// The members that are secrets, with the labels of their handles.
const SECRETS: [&str; 3] = ["access_token", "refresh_token", "id_token"];

/// The facts of a token response. `asked` are the scopes that count as granted when a success names none.
pub(in crate::verbs) fn token_facts(answered: &Answered, asked: &[&str], context: &Context) -> Map<String, Value> {
    let nothing = Map::new();
    let members = answered.document.tree.as_ref().and_then(Value::as_object).unwrap_or(&nothing);
    let token = members_facts(members, asked, answered.answer.status == 200, context);
    let issued = answered.answer.status == 200 && token.contains_key("access_token");
    if issued {
        observe(&token, members, context);
    }
    let mut facts = answered.facts.clone();
    if let Some(json) = answered.facts.get("json").and_then(Value::as_object) {
        facts.insert("json".into(), masked(json, &token));
    }
    let own = json!({
        "issued": issued,
        "refused": is_refusal(answered.answer.status, &answered.document, &[400, 401]),
        "no_store": has_directive(&answered.answer, "cache-control", "no-store"),
        "no_cache": has_directive(&answered.answer, "pragma", "no-cache"),
    });
    facts.extend(own.as_object().cloned().unwrap_or_default());
    facts.extend(oauth_error(&answered.document).map(|error| ("oauth_error".to_owned(), error.into())));
    facts.insert("token".into(), token.into());
    facts
}

/// Notes what a token response of the run has shown, for rules that apply only then.
fn observe(token: &Map<String, Value>, members: &Map<String, Value>, context: &Context) {
    let granted: Vec<&str> =
        token.get("granted").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let scopes =
        [("openid", "openid.granted"), ("fhirUser", "openid.fhir-user-granted"), ("offline_access", "oauth.offline-granted")];
    let by_scope = scopes.iter().filter(|(scope, _)| granted.contains(scope)).map(|(_, capability)| *capability);
    let fields = [
        ("id_token", "openid.id-token"),
        ("patient", "smart.patient-context"),
        ("fhirContext", "smart.fhir-context"),
        ("refresh_token", "oauth.refresh-issued"),
        ("expires_in", "oauth.expires-in"),
        ("authorization_details", "oauth.authorization-details"),
    ];
    let by_field = fields.iter().filter(|(field, _)| members.contains_key(*field)).map(|(_, capability)| *capability);
    let wildcard = granted.iter().any(|scope| scope.contains('*')).then_some("oauth.wildcard-granted");
    by_scope.chain(by_field).chain(wildcard).for_each(|capability| context.observe(capability));
}

fn members_facts(members: &Map<String, Value>, asked: &[&str], success: bool, context: &Context) -> Map<String, Value> {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let mut token = Map::new();
    for name in SECRETS {
        if let Some(value) = text(name).filter(|value| !value.is_empty()) {
            token.insert(name.into(), context.vault.keep(Secret::new(name, value)).into());
        }
    }
    if let Some(patient) = text("patient").filter(|patient| !patient.is_empty()) {
        token.insert("patient".into(), context.vault.keep_value("patient", patient).into());
        // Later verbs ask whose token it is.
        for handle in ["access_token", "refresh_token"].iter().filter_map(|name| token.get(*name)?.as_str()) {
            context.vault.bind(handle, Secret::new("patient", patient));
        }
    }
    if let Some(kind) = text("token_type") {
        token.insert("token_type".into(), kind.into());
        token.insert("token_type_lower".into(), kind.to_lowercase().into());
    }
    token.extend(members.get("expires_in").map(|value| ("expires_in".to_owned(), value.clone())));
    let scopes = text("scope").map(words);
    let granted = match &scopes {
        Some(scopes) => scopes.clone(),
        None if success && token.contains_key("access_token") && !members.contains_key("scope") => words(&asked.join(" ")),
        None => Vec::new(),
    };
    if let (Some(scope), Some(scopes)) = (text("scope"), scopes) {
        token.insert("scope".into(), scope.into());
        token.insert("scopes".into(), scopes.into());
    }
    if let Some(value) = text("access_token").filter(|value| !value.is_empty()) {
        token.insert("access_token_bytes".into(), value.len().into());
        token.extend(most_bits(value).map(|bits| ("access_token_bits".to_owned(), bits.into())));
    }
    let refresh = text("refresh_token").filter(|value| !value.is_empty()).and_then(most_bits);
    token.extend(refresh.map(|bits| ("refresh_token_bits".to_owned(), bits.into())));
    if success {
        token.insert("context_mistyped".into(), context_mistyped(members).into());
        // Many libraries write null for what is not there.
        if let Some(fhir_context) = members.get("fhirContext").filter(|value| !value.is_null()) {
            for (_, id) in references(fhir_context).filter_map(|reference| reference.rsplit_once('/')) {
                context.vault.keep_value("id", id);
            }
            token.insert("fhir_context".into(), fhir_context_facts(fhir_context));
        }
    }
    token.insert("granted".into(), granted.into());
    token.insert("fields".into(), members.keys().cloned().collect::<Vec<_>>().into());
    token
}

/// The members of the launch context that are there and have another type than SMART gives them.
fn context_mistyped(members: &Map<String, Value>) -> Vec<&'static str> {
    let is_right = |name: &str, value: &Value| if name == "need_patient_banner" { value.is_boolean() } else { value.is_string() };
    let names = ["encounter", "need_patient_banner", "intent", "smart_style_url", "tenant"];
    names.into_iter().filter(|name| members.get(*name).is_some_and(|value| !is_right(name, value))).collect()
}

/// The words of a scope, each once, in order.
pub(super) fn words(scope: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in scope.split_ascii_whitespace() {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

/// The body with handles in place of secrets and of the patient, and without the references of `fhirContext`.
fn masked(json: &Map<String, Value>, token: &Map<String, Value>) -> Value {
    let hidden = |name: &str| SECRETS.contains(&name) || name == "patient";
    let members = json.iter().filter(|(name, _)| *name != "fhirContext").map(|(name, value)| match token.get(name) {
        Some(handle) if hidden(name) => (name.clone(), handle.clone()),
        _ => (name.clone(), value.clone()),
    });
    Value::Object(members.collect())
}

/// True for one of these statuses with a JSON object that has an error.
pub(super) fn is_refusal(status: u16, document: &JsonDocument, statuses: &[u16]) -> bool {
    statuses.contains(&status) && document.kind == BodyKind::JsonObject && oauth_error(document).is_some()
}

/// The error code of a JSON body.
pub(in crate::verbs) fn oauth_error(document: &JsonDocument) -> Option<&str> {
    document.tree.as_ref()?.get("error")?.as_str()
}

/// True when a header of this name has this directive, among others and in any spelling (trap 35).
fn has_directive(answer: &Answer, header: &str, directive: &str) -> bool {
    let directives = answer.headers_named(header).flat_map(|value| value.split(','));
    directives.into_iter().any(|word| word.split('=').next().unwrap_or_default().trim().eq_ignore_ascii_case(directive))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_7_scopes_are_a_set_in_any_order() {
        assert_eq!(words(" b  a b\ta "), ["b", "a"]);
        assert_eq!(words(""), Vec::<String>::new());
    }

    #[test]
    fn only_400_and_401_with_an_error_are_refusals() {
        let document = |text: &str| JsonDocument::read(text.as_bytes(), None);
        let error = document("{\"error\":\"invalid_grant\"}");
        assert!(is_refusal(400, &error, &[400, 401]) && is_refusal(401, &error, &[400, 401]));
        for status in [200, 403, 404, 429, 500, 503] {
            assert!(!is_refusal(status, &error, &[400, 401]), "{status}");
        }
        for text in ["", "[]", "{}", "{\"error\":1}", "<html>error</html>"] {
            assert!(!is_refusal(400, &document(text), &[400, 401]), "{text}");
        }
    }
}
