//! The JSON Schema of target files, for editors. `carinbb check` is what decides.

use serde_json::{Map, Value, json};

use super::read::SETTINGS;

/// The schema of a target file.
#[must_use]
pub fn schema() -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let settings: Map<String, Value> = SETTINGS.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
    let url = json!({ "type": "string", "pattern": "^https?://" });
    let urls = json!({ "type": "array", "items": url });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A carinbb target file",
        "type": "object",
        "additionalProperties": false,
        "required": ["target"],
        "properties": {
            "target": {
                "type": "object",
                "additionalProperties": false,
                "required": ["base"],
                "properties": {
                    "base": { "type": "string", "pattern": "^https?://", "description": "the FHIR base" },
                    "environment": { "enum": ["production", "staging"] },
                    "profiles": texts,
                    "smart": { "type": "string", "description": "the SMART App Launch version that the server claims" },
                    "plain_http": url,
                    "endpoints": urls,
                    "allow_origins": urls,
                    "public_types": texts,
                    "browser_apps": { "type": "boolean" },
                    "claims": texts,
                },
            },
            "authority": {
                "type": "object",
                "additionalProperties": false,
                "required": ["granted_by", "until"],
                "properties": {
                    "granted_by": { "type": "string" },
                    "until": { "type": "string", "format": "date" },
                    "allow": { "type": "array", "items": { "enum": ["change"] } },
                },
            },
            "declined": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["needs", "reason", "by"],
                    "properties": { "needs": { "type": "string" }, "reason": { "type": "string" }, "by": { "type": "string" } },
                },
            },
            "settings": { "type": "object", "additionalProperties": false, "properties": settings },
        },
    })
}
