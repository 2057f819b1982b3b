//! The JSON Schema of case files, for editors. `carinbb check` knows more: names, places, what serves what.

use serde_json::{Map, Value, json};

use super::model::TokenKind;
use super::predicate::{Predicate, TypeWord};
use crate::verbs::{HELPS, Kind, VerbHelp};

/// The schema of one case file.
#[must_use]
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A carinbb test case",
        "type": "object",
        "additionalProperties": false,
        "required": ["id", "title", "why", "requirements", "steps"],
        "properties": {
            "id": { "type": "string", "pattern": "^[a-z0-9][a-z0-9-]*\\.[a-z0-9][a-z0-9-]*$" },
            "title": { "type": "string" },
            "why": { "type": "string" },
            "role": { "enum": ["server", "client"] },
            "requirements": strings(1),
            "needs": strings(0),
            "tags": strings(0),
            "faults": strings(0),
            "settled_by": { "type": "string" },
            "fresh": { "type": "boolean" },
            "given_tokens": { "type": "array", "items": { "enum": TokenKind::WORDS.map(|(word, _)| word) } },
            "locks": strings(0),
            "spoils": { "type": "array", "items": { "enum": ["session", "client", "registration", "account"] } },
            "timeout": duration(),
            "each": { "type": "object", "additionalProperties": { "anyOf": [{ "type": "array" }, { "type": "string" }] } },
            "values": { "type": "object" },
            "setup": steps(),
            "control": steps(),
            "steps": steps(),
            "restore": steps(),
            "cleanup": steps(),
        },
        "$defs": { "step": step(), "assertion": assertion() },
    })
}

fn strings(least: u64) -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "minItems": least })
}

fn duration() -> Value {
    json!({ "type": "string", "pattern": "^([0-9]+(ms|s|m|h|d)|.*\\{\\{.*\\}\\}.*)$" })
}

fn steps() -> Value {
    json!({ "type": "array", "items": { "$ref": "#/$defs/step" } })
}

/// A step; a verb's arguments are checked by its own part.
fn step() -> Value {
    let verbs: Vec<&str> = HELPS.iter().map(|help| help.name).collect();
    let arguments: Vec<Value> = HELPS.iter().map(|help| arguments(help)).collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["title"],
        "oneOf": [{ "required": ["do"] }, { "required": ["flow"] }],
        "properties": {
            "title": { "type": "string" },
            "do": { "enum": verbs },
            "flow": { "type": "string" },
            "with": { "type": "object" },
            "capture": { "type": "object" },
            "premise": assertions(),
            "expect": assertions(),
            "then": assertions(),
        },
        "allOf": arguments,
    })
}

fn assertions() -> Value {
    json!({ "type": "array", "items": { "$ref": "#/$defs/assertion" } })
}

fn arguments(help: &VerbHelp) -> Value {
    let properties: Map<String, Value> =
        help.arguments.iter().map(|argument| (argument.name.to_owned(), with_text(kind(argument.kind), argument.help))).collect();
    let required: Vec<&str> = help.arguments.iter().filter(|argument| argument.required).map(|argument| argument.name).collect();
    let needs_with: Vec<&str> = if required.is_empty() { Vec::new() } else { vec!["with"] };
    json!({
        "if": { "properties": { "do": { "const": help.name } }, "required": ["do"] },
        "then": {
            "required": needs_with,
            "properties": { "with": { "additionalProperties": false, "properties": properties, "required": required } },
        },
    })
}

fn with_text(mut schema: Value, text: &str) -> Value {
    schema["description"] = Value::from(text);
    schema
}

/// A kind, or a template that gives it.
fn kind(kind: Kind) -> Value {
    let template = json!({ "type": "string", "pattern": "\\{\\{.*\\}\\}" });
    let own = match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Number => json!({ "type": "integer", "minimum": 0 }),
        Kind::Duration => duration(),
        Kind::Texts => strings(0),
        Kind::TextTable => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Words(words) => json!({ "type": "array", "items": { "enum": words } }),
        Kind::Endpoint => json!({ "type": "object" }),
        Kind::Any => return json!({}),
    };
    json!({ "anyOf": [own, template] })
}

fn assertion() -> Value {
    let mut properties = Map::new();
    for word in Predicate::WORDS {
        let schema = match word {
            "exists" | "absent" => json!({ "type": "boolean" }),
            "is_a" => json!({ "enum": TypeWord::WORDS.map(|(word, _)| word) }),
            "matches" => json!({ "type": "string" }),
            _ => json!({}),
        };
        properties.insert(word.to_owned(), schema);
    }
    let one_predicate: Vec<Value> = Predicate::WORDS.iter().map(|word| json!({ "required": ["that", word] })).collect();
    let requirement = json!({ "anyOf": [{ "type": "string" }, strings(1)] });
    properties.extend([
        ("that".to_owned(), json!({ "type": "string" })),
        ("any".to_owned(), assertions()),
        ("requirement".to_owned(), requirement),
        ("because".to_owned(), json!({ "type": "string" })),
        ("otherwise".to_owned(), json!({ "enum": ["not-applicable"] })),
    ]);
    let any: Vec<Value> = std::iter::once(json!({ "required": ["any"] })).chain(one_predicate).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "oneOf": any })
}
