//! Reads `requirements/<document>.toml`: a `[document]` header and one `[[requirement]]` for each rule.
//!
//! Collects every mistake with its place; a row with a mistake is left out.

use std::sync::Arc;

use super::capability::CapabilityName;
use super::closed::UnknownWord;
use super::requirement::{Actor, Area, Basis, Confidence, Document, Requirement, Testable};
use crate::vocabulary::document::{Node, Problems, Reader, Source, Span, Value, did_you_mean, parse};
use crate::vocabulary::{DocumentId, RequirementId, Strength};

/// What one file holds.
pub(super) struct RequirementFile {
    pub(super) id: DocumentId,
    pub(super) document: Document,
    pub(super) requirements: Vec<Requirement>,
}

/// Reads a file; `None` when its name is not that of a document.
pub(super) fn read(source: &Arc<Source>, problems: &Problems) -> Option<RequirementFile> {
    let table = parse(source, problems);
    let reader = Reader::new(source, problems, &table);
    let id = match DocumentId::parse(file_stem(source.path())) {
        Ok(id) => id,
        Err(error) => {
            reader.report(0..0, format!("the name of the file is the id of its document: {error}"), None);
            return None;
        }
    };
    let document = read_header(&reader);
    let rows = reader.tables("requirement");
    reader.finish();
    let requirements: Vec<Requirement> = rows.into_iter().filter_map(|row| read_row(row, &id, &document)).collect();
    let rows = requirements.iter().map(|row| row.id.clone()).collect();
    Some(RequirementFile { id, document: Document { rows, ..document }, requirements })
}

/// The name of a file without folder and extension.
pub(super) fn file_stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.strip_suffix(".toml").unwrap_or(name)
}

fn read_header(reader: &Reader<'_>) -> Document {
    reader.required_node("document");
    let Some(header) = reader.table("document") else {
        return Document { title: String::new(), versions: Vec::new(), rows: Vec::new() };
    };
    let title = header.required_string("title");
    header.required_node("versions");
    let mut versions: Vec<String> = Vec::new();
    for (version, span) in header.strings("versions") {
        if versions.iter().any(|known| known == version) {
            header.report(span, format!("version '{version}' stands twice"), None);
        } else {
            versions.push(version.to_owned());
        }
    }
    header.finish();
    Document { title, versions, rows: Vec::new() }
}

fn read_row(row: Reader<'_>, document_id: &DocumentId, document: &Document) -> Option<Requirement> {
    let before = row.problems().count();
    let (source, span) = (Arc::clone(row.source()), row.span());
    let id = row.required("id", RequirementId::parse);
    check_document(&row, id.as_ref(), document_id);
    let versions = read_versions(&row, document);
    let levels = read_levels(&row, &versions);
    let actor = row.required("actor", Actor::parse);
    let area = row.required("area", Area::parse);
    let section = row.required_string("section");
    let url = read_url(&row);
    let summary = non_empty(&row, "summary");
    let conditional = row.string("conditional").map(str::to_owned);
    let when = read_when(&row, conditional.is_some());
    let testable = row.required("testable", Testable::parse);
    let how = non_empty(&row, "how");
    let notes = row.string("notes").map(str::to_owned);
    let basis = row.required("basis", Basis::parse);
    let confidence = row.required("confidence", Confidence::parse);
    let problems = row.problems();
    row.finish();
    if problems.count() > before {
        return None;
    }
    Some(Requirement {
        id: id?,
        levels,
        actor: actor?,
        area: area?,
        section,
        url,
        summary,
        conditional,
        when,
        testable: testable?,
        how,
        notes,
        basis: basis?,
        confidence: confidence?,
        source,
        span,
    })
}

fn check_document(row: &Reader<'_>, id: Option<&RequirementId>, file: &DocumentId) {
    let span_of = |key| row.node(key).map_or_else(|| row.span(), |node| node.span.clone());
    if let Some(id) = id
        && id.document() != file.as_str()
    {
        row.report(span_of("id"), format!("'{id}' does not belong to the document '{file}' of this file"), None);
    }
    let document = row.required_string("document");
    if !document.is_empty() && document != file.as_str() {
        row.report(span_of("document"), format!("the document of this file is '{file}', not '{document}'"), None);
    }
}

fn read_versions(row: &Reader<'_>, document: &Document) -> Vec<String> {
    let Some(node) = row.required_node("versions") else { return Vec::new() };
    let mut versions: Vec<(usize, String)> = Vec::new();
    for (version, span) in row.strings("versions") {
        let Some(at) = document.versions.iter().position(|known| known == version) else {
            let help = did_you_mean(version, document.versions.iter().map(String::as_str));
            row.report(span, format!("the document has no version '{version}'"), Some(help));
            continue;
        };
        match versions.last() {
            Some((last, _)) if *last >= at => {
                row.report(span, format!("version '{version}' stands twice or out of the document's order"), None);
            }
            _ => versions.push((at, version.to_owned())),
        }
    }
    if versions.is_empty() && matches!(&node.value, Value::Array(items) if items.is_empty()) {
        row.report(node.span.clone(), "a rule stands in one version at least", None);
    }
    versions.into_iter().map(|(_, version)| version).collect()
}

fn read_levels(row: &Reader<'_>, versions: &[String]) -> Vec<(String, Strength)> {
    let (one, many) = (row.node("level"), row.node("levels"));
    match (one, many) {
        (Some(_), Some(many)) => {
            row.report(many.span.clone(), "write 'level' or 'levels', not both", None);
            Vec::new()
        }
        (None, None) => {
            row.report(row.span(), "the key 'level' is missing", Some("or 'levels', when it differs by version".to_owned()));
            Vec::new()
        }
        (Some(_), None) => {
            let Some(level) = row.parsed("level", parse_level) else { return Vec::new() };
            versions.iter().map(|version| (version.clone(), level)).collect()
        }
        (None, Some(many)) => levels_by_version(row, many, versions),
    }
}

fn levels_by_version(row: &Reader<'_>, many: &Node, versions: &[String]) -> Vec<(String, Strength)> {
    let Value::Table(table) = &many.value else {
        row.report(many.span.clone(), format!("'levels' must be a table of version and level, this is {}", many.kind()), None);
        return Vec::new();
    };
    let mut levels = Vec::new();
    for (version, span, node) in &table.entries {
        if !versions.contains(version) {
            row.report(span.clone(), format!("'levels' names version '{version}', which 'versions' does not"), None);
        }
        let level = node.as_str().map_or_else(|| Err(unknown_level(node.kind())), parse_level);
        match level {
            Ok(level) => levels.push((version.clone(), level)),
            Err(error) => row.report(node.span.clone(), error.to_string(), None),
        }
    }
    for version in versions.iter().filter(|version| table.get(version).is_none()) {
        row.report(many.span.clone(), format!("'levels' says nothing about version '{version}'"), None);
    }
    levels.sort_by_key(|(version, _)| versions.iter().position(|known| known == version));
    levels
}

/// A level of the catalogue.
pub(super) fn parse_level(word: &str) -> Result<Strength, UnknownWord> {
    Strength::from_word(word).ok_or_else(|| unknown_level(word))
}

fn unknown_level(word: &str) -> UnknownWord {
    UnknownWord::new(word, "a level", Strength::WORDS.iter().map(|(word, _)| *word))
}

fn read_url(row: &Reader<'_>) -> String {
    let url = row.required_string("url");
    if let Some(node) = row.node("url")
        && node.as_str().is_some()
        && !url::Url::parse(&url).is_ok_and(|url| url.scheme() == "https" && url.host_str().is_some())
    {
        row.report(node.span.clone(), "write the address of the page with https://", None);
    }
    url
}

fn read_when(row: &Reader<'_>, conditional: bool) -> Vec<CapabilityName> {
    let mut names: Vec<CapabilityName> = Vec::new();
    for (name, span) in row.parsed_strings("when", CapabilityName::parse) {
        if names.contains(&name) {
            row.report(span, format!("'{name}' stands twice"), None);
        } else {
            names.push(name);
        }
    }
    if let Some(node) = row.node("when")
        && !conditional
    {
        let help = "say in 'conditional' when the rule applies, in prose".to_owned();
        row.report(node.span.clone(), "'when' stands only beside 'conditional'", Some(help));
    }
    names
}

/// A string that must be there and say something.
fn non_empty(row: &Reader<'_>, key: &'static str) -> String {
    let text = row.required_string(key);
    if let Some(Node { value: Value::String(written), span }) = row.node(key)
        && written.trim().is_empty()
    {
        row.report(Span::clone(span), format!("'{key}' is empty"), None);
    }
    text
}
