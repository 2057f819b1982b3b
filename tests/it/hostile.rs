//! Records in which every text that a target can influence is arbitrary.

use carinbb::engine::Run;
use proptest::prelude::*;
use serde_json::Value;

use crate::sample_run;

/// Pieces that mean something to XML, to a terminal or to a CI system, among arbitrary text.
pub(crate) fn hostile_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        any::<char>().prop_map(String::from),
        prop::sample::select(vec![
            "]]>",
            "]]",
            "]",
            ">",
            "<![CDATA[",
            "<testcase name=\"forged\"/>",
            "</testcase>",
            "</testsuites>",
            "<!--",
            "-->",
            "<?xml?>",
            "&#0;",
            "&amp;",
            "&x;",
            "\"",
            "'",
            "\u{0}",
            "\u{8}",
            "\u{1b}",
            "\u{fffe}",
            "\u{ffff}",
            "\r",
            "\n",
            "\t",
            "\u{85}",
            "\u{2028}",
            "\u{202e}",
            "[[ATTACHMENT|/etc/passwd]]",
            "[",
            "::error::",
            "##[error]",
            " ",
            "\\ud800",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Words of ours in the record; everything else may come from a target.
const OURS: [&str; 10] = ["verdict", "strength", "level", "tested", "phase", "clause", "is", "schema", "started", "case"];

/// The record with its strings and numbers replaced, one after the other.
fn poison(value: &mut Value, texts: &mut impl Iterator<Item = String>, key: &str) {
    match value {
        Value::String(text) if !OURS.contains(&key) => *text = texts.next().unwrap_or_default(),
        Value::Number(number) if key.ends_with("_ms") => *number = u64::MAX.into(),
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, texts, key)),
        Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| poison(value, texts, key)),
        _ => {}
    }
}

/// The sample with these texts, in turn, wherever a target could put one.
pub(crate) fn poisoned(texts: &[String]) -> Run {
    let mut value = serde_json::to_value(sample_run::sample()).unwrap();
    poison(&mut value, &mut texts.iter().cloned().cycle(), "");
    serde_json::from_value(value).expect("only texts were replaced")
}
