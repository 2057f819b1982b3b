//! The B2B authorization extension object of a client assertion.

use serde_json::{Map, Value};
use url::Url;

use super::super::site::Site;
use super::version::Version;

const KEY: &str = "hl7-b2b";

/// Looks at the extensions of an assertion for a grant without a member.
pub(super) fn check(site: &Site, claims: &Map<String, Value>) -> Result<(), &'static str> {
    let Some(extensions) = claims.get("extensions") else { return absent(site) };
    let objects: Vec<&Map<String, Value>> = match extensions {
        Value::Object(members) => vec![members],
        Value::Array(items) if site.udap.version == Version::V0_1 => items.iter().filter_map(Value::as_object).collect(),
        Value::Array(items) if site.has("udap-token-accepts-extensions-array") => {
            items.iter().filter_map(Value::as_object).collect()
        }
        Value::Null if site.has("udap-token-accepts-null-extensions") => return Ok(()),
        _ => return Err("extensions is no object"),
    };
    let unknown = objects.iter().any(|members| members.keys().any(|key| key != KEY));
    if unknown && site.has("udap-token-refuses-unknown-extension") {
        return Err("an extension is not known");
    }
    match objects.iter().find_map(|members| members.get(KEY)) {
        Some(Value::Object(extension)) => well_formed(site, extension),
        Some(Value::Null) if site.has("udap-token-accepts-null-b2b") => Ok(()),
        Some(_) => Err("hl7-b2b is no object"),
        None => absent(site),
    }
}

fn absent(site: &Site) -> Result<(), &'static str> {
    if site.has("udap-b2b-required") && !site.has("udap-token-accepts-without-required-b2b") {
        return Err("hl7-b2b is missing");
    }
    if site.has("udap-token-requires-undeclared-b2b") { Err("hl7-b2b is missing") } else { Ok(()) }
}

fn well_formed(site: &Site, extension: &Map<String, Value>) -> Result<(), &'static str> {
    let lax = |fault: &'static str, reason: &'static str| if site.has(fault) { Ok(()) } else { Err(reason) };
    match extension.get("version") {
        Some(Value::String(version)) if version == "1" => {}
        Some(Value::Number(_)) => lax("udap-token-accepts-b2b-version-number", "version is no text")?,
        Some(_) => lax("udap-token-accepts-b2b-other-version", "version is not 1")?,
        None => lax("udap-token-accepts-b2b-without-version", "version is missing")?,
    }
    match extension.get("organization_id").and_then(Value::as_str).filter(|id| !id.is_empty()) {
        Some(id) if Url::parse(id).is_ok() => {}
        Some(_) => lax("udap-token-accepts-b2b-organization-no-uri", "organization_id is no URI")?,
        None => lax("udap-token-accepts-b2b-without-organization", "organization_id is missing")?,
    }
    purposes(site, extension)?;
    if site.udap.version == Version::V0_1 && !extension.contains_key("organization_name") {
        return Err("organization_name is missing");
    }
    let optional = ["subject_name", "organization_name"].iter().all(|name| extension.contains_key(*name));
    if !optional && site.has("udap-token-requires-optional-b2b-members") {
        return Err("subject_name or organization_name is missing");
    }
    texts(extension, "consent_policy", "consent_policy is no array of texts")?;
    texts(extension, "consent_reference", "consent_reference is no array of texts")?;
    if extension.contains_key("consent_reference") && site.has("udap-token-fetches-consent") {
        return Err("consent_reference cannot be fetched");
    }
    if extension.contains_key("consent_reference") && !extension.contains_key("consent_policy") {
        lax("udap-token-accepts-b2b-reference-without-policy", "consent_reference stands without consent_policy")?;
    }
    Ok(())
}

fn purposes(site: &Site, extension: &Map<String, Value>) -> Result<(), &'static str> {
    let lax = |fault: &'static str, reason: &'static str| if site.has(fault) { Ok(()) } else { Err(reason) };
    match extension.get("purpose_of_use") {
        Some(Value::Array(codes)) if codes.is_empty() => lax("udap-token-accepts-b2b-empty-purpose", "purpose_of_use is empty"),
        Some(Value::Array(codes)) => {
            let texts: Option<Vec<&str>> = codes.iter().map(Value::as_str).collect();
            let texts = texts.ok_or("purpose_of_use holds something that is no text")?;
            let plain = texts.iter().any(|code| !code.contains('#'));
            if plain && site.has("udap-token-refuses-plain-purpose") { Err("a purpose is no URI") } else { Ok(()) }
        }
        Some(Value::String(_)) => lax("udap-token-accepts-b2b-purpose-string", "purpose_of_use is no array"),
        Some(Value::Null) => lax("udap-token-accepts-b2b-purpose-null", "purpose_of_use is null"),
        Some(_) => Err("purpose_of_use is no array"),
        None => lax("udap-token-accepts-b2b-without-purpose", "purpose_of_use is missing"),
    }
}

fn texts(extension: &Map<String, Value>, name: &str, reason: &'static str) -> Result<(), &'static str> {
    match extension.get(name) {
        None => Ok(()),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => Ok(()),
        Some(_) => Err(reason),
    }
}
