//! The JSON Schema of target files, for editors. `carinbb check` is what decides.

use serde_json::{Map, Value, json};

use super::launch::{ClientKey, Strategy};
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
            "scopes": texts,
            "clients": {
                "type": "object",
                "additionalProperties": false,
                "properties": { "confidential": client(), "second": client(), "public": client(), "asymmetric": client() },
            },
            "member": member(true),
            "login": login(),
            "token": tokens(true),
            "audit": {
                "type": "object",
                "additionalProperties": false,
                "required": ["access_token"],
                "properties": {
                    "access_token": secret(),
                    "wait": { "type": "string", "description": "how long the server may take to write an AuditEvent, for instance 60s" },
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
            "udap": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "pki": { "type": "string", "description": "the folder of a laboratory made by carinbb pki init" },
                    "pkcs12": {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["file"],
                        "properties": { "file": { "type": "string" }, "password": secret() },
                    },
                    "logo_uri": url,
                    "redirect_uri": { "type": "string" },
                    "contact": { "type": "string", "pattern": "^mailto:" },
                    "communities": { "type": "array", "items": { "type": "string", "description": "the URI of a trust community" } },
                    "anchors": texts,
                    "intermediates": texts,
                    "version": { "enum": ["auto", "0.1.0", "1.0.0", "1.1.0", "2.0.0"] },
                    "community": { "type": "array", "items": {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["uri"],
                        "properties": { "uri": { "type": "string" }, "anchors": texts },
                    } },
                },
            },
            "listener": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "public_url": url,
                    "bind": { "type": "string", "description": "the address to listen on, for instance 0.0.0.0:8080" },
                },
            },
            "identity_provider": {
                "type": "object",
                "additionalProperties": false,
                "required": ["url"],
                "properties": {
                    "url": { "type": "string", "pattern": "^https://", "description": "where the target reaches the identity provider that we are" },
                    "bind": { "type": "string", "description": "the address to listen on, for instance 0.0.0.0:8443" },
                    "tls": { "enum": ["proxy", "laboratory"], "description": "who speaks TLS there: something in front of us, or we with a certificate of the laboratory" },
                    "member": { "type": "object", "description": "claims by which the target knows the first member, sub among them" },
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

/// Where a secret is; a secret itself never stands in the file.
fn secret() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {
            "env": { "type": "string" },
            "file": { "type": "string" },
            "command": { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            "prompt": { "const": true },
        },
    })
}

fn client() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["client_id", "redirect_uri"],
        "properties": {
            "client_id": { "type": "string" },
            "client_secret": secret(),
            "signing_key": secret(),
            "key_id": { "type": "string" },
            "algorithm": { "enum": ["RS384", "ES384"] },
            "more_keys": { "type": "array", "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["signing_key", "key_id"],
                "properties": {
                    "signing_key": secret(),
                    "key_id": { "type": "string" },
                    "algorithm": { "enum": ["RS384", "ES384"] },
                },
            } },
            "redirect_uri": { "type": "string" },
            "name": { "type": "string", "description": "the name that members see on the consent page" },
        },
    })
}

/// A member; the first holds the others.
fn member(is_first: bool) -> Value {
    let mut properties = json!({
        "patient": { "type": "string" },
        "username": secret(),
        "password": secret(),
        "totp": secret(),
        "code": { "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false, "properties": {
            "totp": secret(),
            "command": { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            "prompt": { "const": true },
        } },
        "resources": { "type": "object", "additionalProperties": { "type": "array", "items": { "type": "string" } } },
    });
    if is_first {
        properties["second"] = member(false);
        properties["dependant"] = member(false);
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

/// The tokens of a member; those of the first hold those of the second.
fn tokens(is_first: bool) -> Value {
    let mut properties = json!({
        "access_token": secret(),
        "refresh_token": secret(),
        "id_token": secret(),
        "scope": { "type": "string" },
        "patient": { "type": "string" },
    });
    if is_first {
        properties["client"] = json!({ "enum": ClientKey::WORDS.map(|(word, _)| word) });
        properties["second"] = tokens(false);
    }
    json!({ "type": "object", "additionalProperties": false, "required": ["access_token", "patient", "scope"], "properties": properties })
}

fn login() -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let text = json!({ "type": "object", "properties": { "text": { "type": "string" } }, "required": ["text"], "additionalProperties": false });
    let value = json!({ "anyOf": [{ "enum": ["username", "password", "totp"] }, text, secret()] });
    let steps = json!({ "type": "array", "items": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "url": { "type": "string" }, "text": { "type": "string" }, "form": { "type": "string" },
            "fill": { "type": "object", "additionalProperties": value },
            "tick": texts, "untick": texts, "click": { "type": "string" },
        },
    } });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["strategy"],
        "properties": {
            "strategy": { "enum": Strategy::WORDS.map(|(word, _)| word) },
            "origins": texts,
            "approves_all": { "type": "boolean" },
            "user_scopes": { "type": "boolean" },
            "browser": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "driver": { "type": "string" }, "url": { "type": "string", "pattern": "^https?://" },
                    "binary": { "type": "string" }, "arguments": texts,
                },
            },
            "steps": steps,
            "withdrawal": {
                "type": "object",
                "additionalProperties": false,
                "required": ["url", "says", "steps"],
                "properties": {
                    "url": { "type": "string", "pattern": "^https?://", "description": "the page where a member takes an app's access back" },
                    "says": { "type": "string", "description": "what the page says once that is done, and not before" },
                    "steps": steps,
                },
            },
        },
    })
}
