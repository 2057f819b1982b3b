//! The words that reports are made of: names of members and elements, words of the formats, templates. They stand in the files of
//! every run, so a target that says one of them says nothing that could leak.

use super::schema;

/// Every source of this floor: what a report says by itself stands in them, and no list beside them can go stale.
const SOURCES: [&str; 44] = [
    include_str!("accesses.rs"),
    include_str!("badge.rs"),
    include_str!("bundle/archive.rs"),
    include_str!("bundle/content.rs"),
    include_str!("bundle/environment.rs"),
    include_str!("bundle/folder.rs"),
    include_str!("bundle/har.rs"),
    include_str!("bundle/mod.rs"),
    include_str!("bundle/open.rs"),
    include_str!("bundle/seal.rs"),
    include_str!("bundle/statement.rs"),
    include_str!("bundle/verify.rs"),
    include_str!("compare.rs"),
    include_str!("csv.rs"),
    include_str!("dispute.rs"),
    include_str!("earl.rs"),
    include_str!("fhir.rs"),
    include_str!("finding.rs"),
    include_str!("format.rs"),
    include_str!("gate.rs"),
    include_str!("github.rs"),
    include_str!("html/audit.rs"),
    include_str!("html/exchange.rs"),
    include_str!("html/mod.rs"),
    include_str!("html/report.html"),
    include_str!("html/style.css"),
    include_str!("html/tls.rs"),
    include_str!("html/view.rs"),
    include_str!("json.rs"),
    include_str!("junit/guard.rs"),
    include_str!("junit/mod.rs"),
    include_str!("junit/shape.rs"),
    include_str!("junit/totals.rs"),
    include_str!("junit/waivers.rs"),
    include_str!("junit/write.rs"),
    include_str!("mod.rs"),
    include_str!("place.rs"),
    include_str!("repeat.rs"),
    include_str!("result_row.rs"),
    include_str!("sarif.rs"),
    include_str!("schema.rs"),
    include_str!("statements.rs"),
    include_str!("tap.rs"),
    include_str!("words.rs"),
];

/// Names that the writer of JUnit files brings along.
const OF_JUNIT: &str = "testsuites testsuite testcase classname timestamp hostname package failures errors skipped failure error message \
    type time name properties property system-out system-err";

/// The words that reports are made of, as texts in which they stand.
#[must_use]
pub fn own_words() -> String {
    let said = |source: &str| source.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
    SOURCES.iter().map(|source| said(source)).chain([OF_JUNIT.to_owned(), schema().to_string()]).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_file_of_the_reports_is_among_them() {
        fn look(folder: &Path) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    look(&path);
                } else if path.file_name().is_some_and(|name| name != "own_words.rs") {
                    let text = fs::read_to_string(&path).unwrap();
                    assert!(SOURCES.contains(&text.as_str()), "{} is not in the list", path.display());
                }
            }
        }
        look(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report"));
    }

    #[test]
    fn the_names_that_formats_are_made_of_are_among_them() {
        let words = own_words();
        for word in ["elapsed_ms", "system-out", "testsuites", "</style>", "partialFingerprints", "not-applicable", "creator"] {
            assert!(words.contains(word), "{word}");
        }
    }
}
