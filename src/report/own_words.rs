//! The words that reports are made of: names of members and elements, words of the formats, templates. They stand in the files of
//! every run, so a target that says one of them says nothing that could leak.

use include_dir::{Dir, include_dir};

use super::schema;

/// Every source of this floor: what a report says by itself stands in them, and no list beside them can go stale.
static SOURCES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/report");

/// Names that the writer of JUnit files brings along.
const OF_JUNIT: &str = "testsuites testsuite testcase classname timestamp hostname package failures errors skipped failure error message \
    type time name properties property system-out system-err";

/// The words that reports are made of, as texts in which they stand.
#[must_use]
pub fn own_words() -> String {
    let mut words = vec![OF_JUNIT.to_owned(), schema().to_string()];
    say(&SOURCES, &mut words);
    words.join("\n")
}

/// What the files of a folder say before their tests.
fn say(folder: &Dir<'_>, words: &mut Vec<String>) {
    let texts = folder.files().filter_map(include_dir::File::contents_utf8);
    words.extend(texts.map(|text| text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()));
    folder.dirs().for_each(|inner| say(inner, words));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_formats_are_made_of_are_among_them() {
        let words = own_words();
        for word in ["elapsed_ms", "system-out", "testsuites", "</style>", "partialFingerprints", "not-applicable", "creator"] {
            assert!(words.contains(word), "{word}");
        }
    }
}
