//! Whether the narrative of resources, the XHTML that an app shows to a person, holds anything that runs.
//!
//! It is read by an HTML parser, because that is what reads it in an app: what is escaped is text there, and what is not closed is
//! closed by it. Only kinds of findings are told, never the narrative.

use std::collections::BTreeSet;

use scraper::Html;
use scraper::node::Element;
use serde_json::{Map, Value, json};

use crate::vocabulary::MarkupLimits;

/// Of one narrative so much is read.
const LIMITS: MarkupLimits = MarkupLimits { tags: 4_000, open: 200, closes_itself: true };
/// Of the narratives of an answer so many bytes are read.
const MOST_BYTES: usize = 1024 * 1024;

/// Elements that FHIR keeps out of a narrative because they run, load or send something, each with its kind.
const ELEMENTS: [(&str, &str); 11] = [
    ("script", "script"),
    ("iframe", "frame"),
    ("frame", "frame"),
    ("frameset", "frame"),
    ("object", "object"),
    ("embed", "object"),
    ("applet", "object"),
    ("form", "form"),
    ("base", "base"),
    ("link", "link"),
    ("meta", "meta"),
];

/// Attributes whose value is an address.
const ADDRESSES: [&str; 10] =
    ["href", "src", "action", "formaction", "data", "poster", "background", "cite", "longdesc", "codebase"];

/// How an address begins that is run and not fetched.
const SCRIPTS: [&str; 4] = ["javascript:", "vbscript:", "data:text/html", "data:application/xhtml+xml"];

/// What the narratives of an answer hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NarrativeContent {
    count: usize,
    bytes: usize,
    too_large: bool,
    active: BTreeSet<&'static str>,
}

impl NarrativeContent {
    /// Looks through every resource of a tree.
    pub fn look_through(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(div) = members.get("text").and_then(|text| text.get("div")).and_then(Value::as_str) {
                    self.read(div);
                }
                members.values().for_each(|member| self.look_through(member));
            }
            Value::Array(items) => items.iter().for_each(|item| self.look_through(item)),
            _ => {}
        }
    }

    /// The facts. Where something is too large to be read, and nothing was found in the rest, nothing can be said: then no narrative
    /// counts as read.
    pub fn facts(&self) -> Map<String, Value> {
        let says_nothing = self.too_large && self.active.is_empty();
        let facts = json!({ "narratives": if says_nothing { 0 } else { self.count }, "active_content": self.active });
        facts.as_object().cloned().unwrap_or_default()
    }

    fn read(&mut self, div: &str) {
        self.bytes = self.bytes.saturating_add(div.len());
        if self.bytes > MOST_BYTES || !LIMITS.hold(div) {
            self.too_large = true;
            return;
        }
        self.count += 1;
        let page = Html::parse_fragment(div);
        let elements = page.tree.values().filter_map(|node| node.as_element());
        elements.for_each(|element| self.element(element));
    }

    fn element(&mut self, element: &Element) {
        let name = element.name().rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
        self.active.extend(ELEMENTS.iter().find(|(own, _)| *own == name).map(|(_, kind)| *kind));
        for (name, value) in element.attrs() {
            let name = name.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
            let is_event = name
                .strip_prefix("on")
                .is_some_and(|event| !event.is_empty() && event.bytes().all(|byte| byte.is_ascii_alphabetic()));
            if is_event {
                self.active.insert("event attribute");
            } else if ADDRESSES.contains(&name.as_str()) && is_script(value) {
                self.active.insert("script address");
            }
        }
    }
}

/// As a browser reads an address: signs that are not seen in front of it and line ends within it are nothing.
fn is_script(address: &str) -> bool {
    let seen = address.trim_start_matches(|sign: char| sign.is_ascii_control() || sign.is_whitespace());
    let seen = seen.chars().filter(|sign| !matches!(sign, '\t' | '\n' | '\r'));
    let start: String = seen.take(40).collect::<String>().to_ascii_lowercase();
    SCRIPTS.iter().any(|script| start.starts_with(script))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(div: &str) -> (usize, Vec<&'static str>) {
        let mut content = NarrativeContent::default();
        content.look_through(
            &json!({ "resourceType": "Bundle", "entry": [{ "resource": { "text": { "status": "generated", "div": div } } }] }),
        );
        (content.count, content.active.into_iter().collect())
    }

    #[test]
    fn what_runs_is_found_in_every_spelling() {
        for (div, kind) in [
            ("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a</p><script>alert(1)</script></div>", "script"),
            ("<div><SCRIPT src='x'/></div>", "script"),
            ("<div><p onclick=\"go()\">a</p></div>", "event attribute"),
            ("<div><img src='x' OnError='go()'/></div>", "event attribute"),
            ("<div><a href=\"javascript:go()\">a</a></div>", "script address"),
            ("<div><a href=\" \u{1}Java\tScr\nipt:go()\">a</a></div>", "script address"),
            ("<div><a href=\"&#106;avascript:go()\">a</a></div>", "script address"),
            ("<div><a href=\"data:text/html;base64,PGI+\">a</a></div>", "script address"),
            ("<div><svg><a xlink:href='vbscript:go'/></svg></div>", "script address"),
            ("<div><iframe src='https://a.example'></iframe></div>", "frame"),
            ("<div><object data='a'></object></div>", "object"),
            ("<div><embed src='a'/></div>", "object"),
            ("<div><form action='a'></form></div>", "form"),
            ("<div><base href='https://a.example'/></div>", "base"),
            ("<div><link rel='stylesheet' href='a'/></div>", "link"),
            ("<div><meta http-equiv='refresh' content='0'/></div>", "meta"),
        ] {
            let (count, active) = seen(div);
            assert_eq!((count, active.contains(&kind)), (1, true), "{div}: {active:?}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_text() {
        for div in [
            "<div>&lt;script&gt;alert(1)&lt;/script&gt;</div>",
            "<div><p title=\"onclick\">javascript: is a word, and so is onload=1</p></div>",
            "<div><a href=\"https://a.example/javascript:go\">a</a><a name='on'/><img src='data:image/png;base64,AA'/></div>",
            "<div><!-- <script>alert(1)</script> --></div>",
            "<div><table><tr><td style=\"color: red\">a</td></tr></table></div>",
        ] {
            assert_eq!(seen(div), (1, vec![]), "{div}");
        }
        assert_eq!(NarrativeContent::default().facts(), *json!({ "narratives": 0, "active_content": [] }).as_object().unwrap());
    }

    #[test]
    fn a_narrative_that_would_hold_the_parser_up_is_not_read_and_says_nothing() {
        for hostile in ["<b>".repeat(100_000), "<p/>".repeat(5_000), format!("<div>{}</div>", "x".repeat(MOST_BYTES))] {
            let mut content = NarrativeContent::default();
            content.look_through(&json!([{ "text": { "div": "<div>right</div>" } }, { "text": { "div": hostile } }]));
            assert_eq!(content.facts()["narratives"], 0);
            content.look_through(&json!({ "text": { "div": "<div><script/></div>" } }));
            let found = content.bytes <= MOST_BYTES;
            assert_eq!(content.facts()["active_content"], if found { json!(["script"]) } else { json!([]) });
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[<>a-z/\"'= &;:]{0,200}") {
            let (count, _) = seen(&text);
            proptest::prop_assert!(count <= 1);
        }
    }
}
