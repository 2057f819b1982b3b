//! Keeps a target from writing into our report.
//!
//! `junit-report` does not escape message bodies: `]]>` would end them, and a forged testcase could follow.
//! Texts are made harmless before they are handed over, and the written file is read back and compared.

use std::collections::HashSet;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::vocabulary::escape;

/// The longest body of an element in bytes: Jenkins keeps all of them in memory.
pub(super) const LONGEST_BODY: usize = 8 * 1024;
const CUT: &str = "\n… cut here, the run record has the rest";

/// A text from the record in one line: no control characters, no commands of CI systems, no attachments of files.
pub(super) fn safe(text: &str) -> String {
    let mut text = legal(&escape(text));
    while text.contains("[[") {
        text = text.replace("[[", "[ [");
    }
    text
}

/// Everything outside `Char` of XML 1.0 shown as `\u{1b}`.
fn legal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_legal(c) { out.push(c) } else { out.extend(c.escape_unicode()) }
    }
    out
}

fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// A body of lines that are [`safe`] already: cut to [`LONGEST_BODY`], unable to end the CDATA section it stands in.
pub(super) fn body(lines: &[String]) -> String {
    let mut text = legal(&lines.join("\n"));
    if text.len() > LONGEST_BODY {
        let end = (0..=LONGEST_BODY - CUT.len()).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
        text.push_str(CUT);
    }
    text.replace("]]>", "]]]]><![CDATA[>")
}

/// What a reader of the file sees of one testcase.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Seen {
    pub(super) classname: String,
    pub(super) name: String,
    /// `failure`, `error`, `skipped`, or empty for a pass.
    pub(super) result: String,
}

/// Reads the file back. An error when it is not XML, or when its testcases are not exactly `planned`.
pub(super) fn verify(xml: &str, planned: &[Seen]) -> Result<(), String> {
    if let Some(c) = xml.chars().find(|c| !is_legal(*c)) {
        return Err(format!("the written file holds the character {}", c.escape_unicode()));
    }
    let seen = read_back(xml).map_err(|error| format!("the written file is not XML: {error}"))?;
    if let Some(at) = (0..seen.len().max(planned.len())).find(|at| seen.get(*at) != planned.get(*at)) {
        return Err(format!("testcase {} of the written file is {:?} and should be {:?}", at + 1, seen.get(at), planned.get(at)));
    }
    let names: HashSet<_> = planned.iter().map(|case| (&case.classname, &case.name)).collect();
    if names.len() != planned.len() {
        return Err("two testcases have the same name".to_owned());
    }
    Ok(())
}

fn read_back(xml: &str) -> Result<Vec<Seen>, quick_xml::Error> {
    let mut reader = Reader::from_str(xml);
    let mut seen: Vec<Seen> = Vec::new();
    let mut path: Vec<Vec<u8>> = Vec::new();
    loop {
        match reader.read_event()? {
            Event::Start(element) => {
                note(&element, path.len(), &mut seen)?;
                path.push(element.name().as_ref().to_vec());
            }
            Event::Empty(element) => note(&element, path.len(), &mut seen)?,
            Event::End(_) => drop(path.pop()),
            Event::Eof => return Ok(seen),
            _ => {}
        }
    }
}

fn note(element: &BytesStart<'_>, depth: usize, seen: &mut Vec<Seen>) -> Result<(), quick_xml::Error> {
    let name = String::from_utf8_lossy(element.name().as_ref()).into_owned();
    match (name.as_str(), depth) {
        ("testsuites", 0) | ("testsuite", 1) | ("system-out", 2 | 3) => {}
        ("testcase", 2) => seen.push(Seen {
            classname: attribute(element, "classname")?,
            name: attribute(element, "name")?,
            result: String::new(),
        }),
        ("failure" | "error" | "skipped", 3) => {
            if let Some(case) = seen.last_mut() {
                case.result.push_str(&name);
            }
        }
        // An element that we do not write makes the comparison fail.
        _ => seen.push(Seen { classname: format!("<{name}> at depth {depth}"), name: String::new(), result: String::new() }),
    }
    Ok(())
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<String, quick_xml::Error> {
    let Some(attribute) = element.try_get_attribute(name)? else { return Ok(String::new()) };
    Ok(attribute.normalized_value(XmlVersion::Explicit1_0)?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, result: &str) -> Seen {
        Seen { classname: "c".into(), name: name.into(), result: result.into() }
    }

    fn file(inner: &str) -> String {
        format!("<testsuites><testsuite>{inner}</testsuite></testsuites>")
    }

    #[test]
    fn a_forged_lost_or_changed_testcase_is_noticed() {
        let honest = file("<testcase classname=\"c\" name=\"a\"><failure>x</failure></testcase>");
        assert_eq!(verify(&honest, &[case("a", "failure")]), Ok(()));
        assert!(verify(&honest, &[case("a", "")]).is_err(), "another result");
        assert!(verify(&honest, &[case("b", "failure")]).is_err(), "another name");
        assert!(verify(&honest, &[]).is_err(), "one too many");
        assert!(verify(&honest, &[case("a", "failure"), case("b", "")]).is_err(), "one missing");
    }

    #[test]
    fn a_file_that_parsers_refuse_is_noticed() {
        assert!(verify(&file("<testcase classname=\"c\" name=\"a\">"), &[case("a", "")]).is_err(), "not closed");
        assert!(verify(&file("<testcase classname=\"c\" name=\"a\">\u{1b}</testcase>"), &[case("a", "")]).is_err(), "ESC");
        assert!(verify(&file("<script/>"), &[]).is_err(), "an element of somebody else");
        let twice = "<testcase classname=\"c\" name=\"a\"/>".repeat(2);
        assert!(verify(&file(&twice), &[case("a", ""), case("a", "")]).is_err(), "GitLab shows only one of them");
    }

    #[test]
    fn h30_a_body_cannot_end_its_section_nor_hold_illegal_characters() {
        assert_eq!(body(&["a]]>b\u{0}\u{fffe}".into()]), "a]]]]><![CDATA[>b\\u{0}\\u{fffe}");
        let long = body(&["]]>é".repeat(4_000)]);
        assert!(long.replace("]]]]><![CDATA[>", "]]>").len() <= LONGEST_BODY && long.ends_with(CUT));
    }

    #[test]
    fn a_target_cannot_attach_files_of_the_build_machine() {
        assert_eq!(safe("[[ATTACHMENT|/etc/passwd]]"), "[ [ATTACHMENT|/etc/passwd]]");
        assert!(!safe("[[[[ATTACHMENT|x").contains("[["));
    }
}
