//! Reads `profiles/<id>.toml` and checks it against the documents of the catalogue.
//!
//! Collects every mistake with its place; a profile with a mistake is left out.

use std::sync::Arc;

use super::capability::CapabilityName;
use super::profile::{Profile, ProfileDocument, Role, Status, TlsRules, TlsVersion, UdapRules, pattern_matches};
use super::requirement::{Area, Document, Documents};
use super::requirement_file::{file_stem, parse_level};
use super::smart_version::{SMART_APP_LAUNCH, SmartVersion};
use super::{Catalogue, UnknownWord};
use crate::vocabulary::document::{Problems, Reader, Source, Span, Value, did_you_mean, parse};
use crate::vocabulary::{DocumentId, ProfileId, RequirementId, Strength};

/// Reads a file; `catalogue` holds the documents already.
pub(super) fn read(source: &Arc<Source>, catalogue: &Catalogue, problems: &Problems) -> Option<Profile> {
    let before = problems.count();
    let table = parse(source, problems);
    let reader = Reader::new(source, problems, &table);
    let documents = reader.tables("documents");
    let documents = documents.into_iter().filter_map(|row| read_document(row, catalogue.documents())).collect();
    let (documents, smart_allowed) = (documents, values(&reader, "smart_allowed", SmartVersion::parse));
    let profile = Parts {
        id: reader.required("id", ProfileId::parse),
        status: reader.required("status", Status::parse),
        tls: read_tls(&reader, catalogue),
        documents,
        smart_allowed,
    }
    .complete(&reader, catalogue);
    reader.finish();
    profile.filter(|_| problems.count() == before)
}

/// What may be missing in a file.
struct Parts {
    id: Option<ProfileId>,
    status: Option<Status>,
    tls: Option<TlsRules>,
    documents: Vec<ProfileDocument>,
    smart_allowed: Vec<SmartVersion>,
}

impl Parts {
    fn complete(self, reader: &Reader<'_>, catalogue: &Catalogue) -> Option<Profile> {
        check_id(reader, self.id.as_ref());
        check_listed_once(reader, &self.documents);
        check_tls_rows(reader, self.tls.as_ref(), &self.documents, catalogue);
        let unauthorized_statuses = statuses(reader, "unauthorized_statuses");
        let refused_statuses = statuses(reader, "refused_statuses");
        if let Some(status) = unauthorized_statuses.iter().find(|status| !refused_statuses.contains(status)) {
            report(reader, "refused_statuses", format!("'unauthorized_statuses' allows {status}, which is no refusal here"));
        }
        let profile = Profile {
            title: reader.required_string("title"),
            headline_note: read_note(reader, self.status),
            smart_default: read_smart_default(reader, &self.smart_allowed, &self.documents),
            us_core: read_us_core(reader, &self.documents),
            unauthorized_statuses,
            refused_statuses,
            required_scopes: texts(reader, "required_scopes", true),
            required_capabilities: capabilities(reader, "required_capabilities", true),
            derived_capabilities: capabilities(reader, "derived_capabilities", false),
            token_endpoint_auth_methods: texts(reader, "token_endpoint_auth_methods", false),
            udap: read_udap(reader, catalogue.documents()),
            source: Arc::clone(reader.source()),
            span: reader.span(),
            id: self.id?,
            status: self.status?,
            tls: self.tls?,
            audit_level: reader.required("audit_level", parse_audit_level).flatten(),
            documents: self.documents,
            smart_allowed: self.smart_allowed,
        };
        Some(profile)
    }
}

/// Reports at a key, or at the table when the key is absent.
fn report(reader: &Reader<'_>, key: &'static str, message: String) {
    let span = reader.node(key).map_or_else(|| reader.span(), |node| node.span.clone());
    reader.report(span, message, None);
}

fn check_id(reader: &Reader<'_>, id: Option<&ProfileId>) {
    let stem = file_stem(reader.source().path());
    if let Some(id) = id
        && id.as_str() != stem
    {
        report(reader, "id", format!("the file of profile '{id}' must be named '{id}.toml', not '{stem}.toml'"));
    }
}

fn read_note(reader: &Reader<'_>, status: Option<Status>) -> Option<String> {
    let note = reader.string("headline_note").map(str::to_owned);
    if let Some(status) = status
        && status != Status::Current
        && note.is_none()
    {
        report(reader, "status", format!("a profile that is {status} says so in 'headline_note'"));
    }
    note
}

fn parse_audit_level(word: &str) -> Result<Option<Strength>, UnknownWord> {
    if word == "none" { Ok(None) } else { parse_level(word).map(Some) }
}

/// `None` = auto, or no SMART at all.
fn read_smart_default(reader: &Reader<'_>, allowed: &[SmartVersion], documents: &[ProfileDocument]) -> Option<SmartVersion> {
    let has_smart = documents.iter().any(|document| document.document.as_str() == SMART_APP_LAUNCH);
    let word = reader.string("smart_default");
    if !has_smart {
        for key in ["smart_default", "smart_allowed"] {
            if let Some(node) = reader.node(key) {
                reader.report(node.span.clone(), format!("'{key}' stands only beside the document {SMART_APP_LAUNCH}"), None);
            }
        }
        return None;
    }
    if allowed.is_empty() {
        report(reader, "smart_allowed", "'smart_allowed' names one version at least".to_owned());
    }
    check_smart_document(reader, allowed, documents);
    match word {
        None => {
            reader.required_node("smart_default");
            None
        }
        Some("auto") => None,
        Some(_) => {
            let version = reader.parsed("smart_default", SmartVersion::parse)?;
            if !allowed.contains(&version) {
                report(reader, "smart_default", format!("'smart_allowed' does not name {version}"));
            }
            Some(version)
        }
    }
}

/// The version of the document is the one that holds when nothing else decides, so it must be allowed.
fn check_smart_document(reader: &Reader<'_>, allowed: &[SmartVersion], documents: &[ProfileDocument]) {
    let smart = documents.iter().filter(|document| document.document.as_str() == SMART_APP_LAUNCH);
    for version in smart.flat_map(|document| &document.versions) {
        if !allowed.iter().any(|allowed| allowed.as_str() == version) {
            report(
                reader,
                "smart_allowed",
                format!("the document {SMART_APP_LAUNCH} is listed with version {version}, which this does not name"),
            );
        }
    }
}

fn read_us_core(reader: &Reader<'_>, documents: &[ProfileDocument]) -> Option<String> {
    let version = reader.string("us_core")?;
    let listed = documents.iter().filter(|document| document.document.as_str() == "us-core-security");
    if !listed.flat_map(|document| &document.versions).any(|known| known == version) {
        report(reader, "us_core", format!("no document us-core-security of version '{version}' is listed below"));
    }
    Some(version.to_owned())
}

fn read_tls(reader: &Reader<'_>, catalogue: &Catalogue) -> Option<TlsRules> {
    reader.required_node("tls");
    let tls = reader.table("tls")?;
    let rules = TlsRules {
        rule: tls.required_string("rule"),
        required_any: values(&tls, "required_any", TlsVersion::parse),
        recommended: values(&tls, "recommended", TlsVersion::parse),
        forbidden: values(&tls, "forbidden", TlsVersion::parse),
        rows: values(&tls, "rows", |text| existing_row(text, catalogue)),
        every_row_counts: tls.flag("every_row_counts"),
    };
    if let Some(version) = rules.required_any.iter().chain(&rules.recommended).find(|version| rules.forbidden.contains(version)) {
        report(&tls, "forbidden", format!("{version} is forbidden and asked for at once"));
    }
    for key in ["required_any", "forbidden", "rows"] {
        tls.required_node(key);
    }
    tls.finish();
    Some(rules)
}

fn existing_row(text: &str, catalogue: &Catalogue) -> Result<RequirementId, String> {
    let id = RequirementId::parse(text).map_err(|error| error.to_string())?;
    if catalogue.requirement(&id).is_some() {
        return Ok(id);
    }
    let known = catalogue.requirements().map(|row| row.id.as_str());
    Err(format!("there is no requirement '{text}': {}", did_you_mean(text, known)))
}

/// A TLS row counts only where a listed document holds it in a listed version.
fn check_tls_rows(reader: &Reader<'_>, tls: Option<&TlsRules>, documents: &[ProfileDocument], catalogue: &Catalogue) {
    for id in tls.iter().flat_map(|tls| &tls.rows) {
        let Some(row) = catalogue.requirement(id) else { continue };
        let reached = documents.iter().any(|document| {
            document.document.as_str() == row.document()
                && document.versions.iter().any(|version| row.level_in(version).is_some())
                && !document.excludes(row)
        });
        if !reached {
            report(reader, "tls", format!("'{id}' in tls.rows stands in no document and version of this profile"));
        }
        if row.area != Area::Tls && row.document() != "carin-bb" {
            report(reader, "tls", format!("'{id}' in tls.rows is no row about TLS"));
        }
    }
}

fn read_udap(reader: &Reader<'_>, documents: &Documents) -> Option<UdapRules> {
    let udap = reader.table("udap")?;
    let known: Vec<&str> = ["udap-security", "udap-org"]
        .iter()
        .filter_map(|name| DocumentId::parse(name).ok())
        .filter_map(|id| documents.get(&id))
        .flat_map(|document| document.versions.iter().map(String::as_str))
        .collect();
    let version = |word: &str| {
        let found = known.iter().find(|version| **version == word).map(|version| (*version).to_owned());
        found.ok_or_else(|| UnknownWord::new(word, "a version of a UDAP document", known.iter().copied()))
    };
    let rules = UdapRules {
        rule: udap.required_string("rule"),
        default: udap.required("default", version).unwrap_or_default(),
        minimum: udap.required("minimum", version).unwrap_or_default(),
    };
    udap.finish();
    Some(rules)
}

fn read_document(row: Reader<'_>, documents: &Documents) -> Option<ProfileDocument> {
    let id = row.required("document", |text| known_document(text, documents));
    let role = row.required("role", Role::parse);
    row.required_node("versions");
    let known = id.as_ref().and_then(|id| documents.get(id));
    let versions = listed_versions(&row, known);
    let condition = values(&row, "condition", CapabilityName::parse);
    check_condition(&row, role);
    let exclude = read_excludes(&row, known);
    row.finish();
    Some(ProfileDocument { document: id?, versions, role: role?, condition, exclude })
}

fn known_document(text: &str, documents: &Documents) -> Result<DocumentId, String> {
    let id = DocumentId::parse(text).map_err(|error| error.to_string())?;
    if documents.contains_key(&id) {
        return Ok(id);
    }
    Err(format!("there is no document '{text}': {}", did_you_mean(text, documents.keys().map(DocumentId::as_str))))
}

fn listed_versions(row: &Reader<'_>, document: Option<&Document>) -> Vec<String> {
    let mut versions = Vec::new();
    for (version, span) in row.strings("versions") {
        if let Some(document) = document
            && !document.versions.iter().any(|known| known == version)
        {
            let help = did_you_mean(version, document.versions.iter().map(String::as_str));
            row.report(span, format!("the document has no version '{version}'"), Some(help));
            continue;
        }
        versions.push(version.to_owned());
    }
    versions
}

fn check_condition(row: &Reader<'_>, role: Option<Role>) {
    let given = row.node("condition").is_some_and(|node| !matches!(&node.value, Value::Array(items) if items.is_empty()));
    match role {
        Some(Role::Conditional) if !given => {
            row.report(row.span(), "a conditional document says in 'condition' which capabilities make it apply", None);
        }
        Some(Role::Required | Role::Base | Role::Advice) if given => {
            report(row, "condition", "'condition' stands only beside role \"conditional\"".to_owned());
        }
        _ => {}
    }
}

fn read_excludes(row: &Reader<'_>, document: Option<&Document>) -> Vec<String> {
    let mut patterns = Vec::new();
    for (pattern, span) in row.strings("exclude") {
        if let Some(document) = document
            && !document.rows.iter().any(|id| pattern_matches(pattern, id.as_str()))
        {
            row.report(span, format!("no row of the document matches '{pattern}'"), None);
        }
        patterns.push(pattern.to_owned());
    }
    patterns
}

fn check_listed_once(reader: &Reader<'_>, documents: &[ProfileDocument]) {
    let mut seen = Vec::new();
    for document in documents {
        for version in &document.versions {
            if seen.contains(&(&document.document, version)) {
                let message = format!("'{}' of version '{version}' is listed twice", document.document);
                report(reader, "documents", message);
            }
            seen.push((&document.document, version));
        }
    }
    if documents.is_empty() {
        report(reader, "documents", "a profile lists one document at least".to_owned());
    }
}

fn statuses(reader: &Reader<'_>, key: &'static str) -> Vec<u16> {
    reader.required_node(key);
    let mut statuses = Vec::new();
    for node in reader.items(key) {
        match &node.value {
            Value::Integer(status @ 400..=499) => statuses.extend(u16::try_from(*status)),
            _ => reader.report(node.span.clone(), format!("'{key}' holds HTTP statuses from 400 to 499"), None),
        }
    }
    statuses
}

/// Values of a list, each once.
fn values<T: PartialEq + std::fmt::Debug, E: std::fmt::Display>(
    reader: &Reader<'_>,
    key: &'static str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Vec<T> {
    let mut values: Vec<T> = Vec::new();
    for (value, span) in reader.parsed_strings(key, parse) {
        push_once(reader, key, &mut values, value, span);
    }
    values
}

fn push_once<T: PartialEq>(reader: &Reader<'_>, key: &str, values: &mut Vec<T>, value: T, span: Span) {
    if values.contains(&value) {
        reader.report(span, format!("this stands twice in '{key}'"), None);
    } else {
        values.push(value);
    }
}

fn texts(reader: &Reader<'_>, key: &'static str, required: bool) -> Vec<String> {
    if required {
        reader.required_node(key);
    }
    values(reader, key, |text| Ok::<_, UnknownWord>(text.to_owned()))
}

/// Elements of `capabilities` in smart-configuration.
fn capabilities(reader: &Reader<'_>, key: &'static str, required: bool) -> Vec<String> {
    if required {
        reader.required_node(key);
    }
    values(reader, key, |text| {
        let known = || CapabilityName::all().filter_map(CapabilityName::smart_element);
        if known().any(|element| element == text) {
            Ok(text.to_owned())
        } else {
            Err(UnknownWord::new(text, "a capability of SMART App Launch", known()))
        }
    })
}
