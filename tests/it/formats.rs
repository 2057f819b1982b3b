//! The further formats: exact files, and the property that no text of a target changes what a reader of them sees.

use carinbb::engine::Run;
use carinbb::report::{self, Options};
use carinbb::vocabulary::Verdict;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::hostile::{hostile_text, poisoned};
use crate::{golden, sample_run};

pub(crate) fn rendered(format: &str, run: &Run) -> String {
    let mut out = Vec::new();
    let report = report::by_name(format, &Options::default()).expect("the format exists");
    report.write(run, &mut out).expect("the record can be rendered");
    String::from_utf8(out).expect("the report is UTF-8")
}

/// Compares the sample and the hostile record with their golden files, whatever a checkout made of line ends.
fn compare(format: &str, ending: &str) {
    for (name, run) in [("sample", sample_run::sample()), ("hostile", sample_run::hostile())] {
        let text = rendered(format, &run).replace("\r\n", "\n");
        golden::compare(&format!("tests/golden/{format}/{name}.{ending}"), &text);
    }
}

/// Nothing in it is obeyed by a terminal or by a CI system that prints it.
fn assert_is_quiet(text: &str) {
    let loud =
        |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{200b}'));
    assert!(!text.contains(loud), "{text}");
    assert!(!text.contains("##["), "{text}");
    assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
}

mod github {
    use super::*;

    #[test]
    fn the_step_summary_of_a_run_with_every_verdict_and_of_a_hostile_target() {
        compare("github", "md");
    }

    /// The signs that give a line its structure: with hostile texts they are as many as with harmless ones.
    fn structure(text: &str) -> (usize, usize, usize, usize) {
        let count = |sign: char| text.matches(sign).count();
        (text.lines().count(), count('|'), count('<'), count('`') + count('[') + count(']') + count('*') + count('@'))
    }

    #[test]
    fn h31_a_hostile_target_adds_no_line_cell_tag_or_link() {
        let (honest, hostile) = (rendered("github", &sample_run::sample()), rendered("github", &sample_run::hostile()));
        assert_eq!(structure(&honest), structure(&hostile));
    }

    #[test]
    fn a_huge_run_stays_below_the_limit_of_a_step_summary_and_says_what_is_missing() {
        let mut run = sample_run::sample();
        run.cases[1].reason = "x".repeat(100_000);
        run.cases = std::iter::repeat_n(run.cases[1].clone(), 4_000).collect();
        let text = rendered("github", &run);
        assert!(text.len() < 1024 * 1024, "{} bytes", text.len());
        assert!(text.contains("more findings are in the run record") && text.contains("the rest is in the run record"));
    }

    #[test]
    fn at_most_ten_failures_are_annotated_each_in_one_line_at_a_file_of_the_repository() {
        let mut run = sample_run::hostile();
        run.cases = std::iter::repeat_n(run.cases[1].clone(), 30).collect();
        let text = report::annotations(&run);
        assert_eq!(text.lines().count(), 10);
        for line in text.lines() {
            assert!(
                line.starts_with("::error file=testcases/tls/versions.toml,line=42,title=SHALL carin-bb/exchange-1::"),
                "{line}"
            );
            assert_eq!(line.matches("::").count(), 2, "{line}");
        }
        run.cases.clear();
        assert_eq!(report::annotations(&run), "");
    }
}

mod html {
    use std::collections::BTreeMap;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use scraper::{Html, Selector};
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_page_of_a_run_with_every_verdict_and_of_a_hostile_target() {
        compare("html", "html");
    }

    /// The elements of a page by name.
    fn elements(page: &Html) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for element in page.select(&Selector::parse("*").unwrap()) {
            *found.entry(element.value().name().to_owned()).or_default() += 1;
        }
        found
    }

    /// No script, handler, style of its own, or reference to anything but a web page to be followed by hand.
    fn assert_is_harmless(page: &Html) {
        for element in page.select(&Selector::parse("*").unwrap()) {
            let name = element.value().name();
            assert!(
                !matches!(name, "script" | "iframe" | "object" | "embed" | "img" | "link" | "base" | "form" | "video"),
                "{name}"
            );
            for (attribute, value) in element.value().attrs() {
                assert!(!attribute.starts_with("on") && attribute != "src" && attribute != "style", "{attribute}={value}");
                let leads_out = attribute == "href" && !value.starts_with('#');
                let is_web = value.starts_with("https://") || value.starts_with("http://");
                assert!(!leads_out || is_web, "{attribute}={value}");
                // Without a window of its own a link hands nothing over, and the page tells nobody where it is.
                assert!(attribute != "target", "{attribute}={value}");
            }
        }
    }

    #[test]
    fn h28_a_hostile_target_adds_no_element() {
        let honest = Html::parse_document(&rendered("html", &sample_run::sample()));
        let mut run = sample_run::hostile();
        let evil = "<script>alert(1)</script>\"><img src=x onerror=alert(1)></title></style><a href=javascript:x>";
        run.cases[1].title.push_str(evil);
        run.cases[1].reason.push_str(evil);
        run.cases[1].variant.push_str(evil);
        run.header.notes[0].push_str(evil);
        run.header.target.push_str(evil);
        let hostile = Html::parse_document(&rendered("html", &run));
        assert_is_harmless(&hostile);
        assert!(honest.errors.is_empty(), "{:?}", honest.errors);
        assert_eq!(elements(&honest), elements(&hostile));
    }

    #[test]
    fn h28_an_address_that_is_none_of_the_web_is_no_link() {
        let mut run = sample_run::sample();
        run.requirements[0].url = "javascript:alert(1)".into();
        run.requirements[1].url = "data:text/html,x".into();
        let page = Html::parse_document(&rendered("html", &run));
        assert_is_harmless(&page);
        assert!(
            !page.select(&Selector::parse("a").unwrap()).any(|link| link.attr("href").is_some_and(|to| to.contains("alert")))
        );
    }

    #[test]
    fn the_policy_allows_our_style_by_its_hash_and_nothing_else() {
        let text = rendered("html", &sample_run::sample());
        let style = text.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
        let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
        assert!(text.contains(&format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">")));
        assert!(!style.contains("url(") && !style.contains("@import"));
    }

    #[test]
    fn every_requirement_and_case_stands_in_a_row_with_its_verdict_as_a_word() {
        let run = sample_run::sample();
        let page = Html::parse_document(&rendered("html", &run));
        let rows = |part: &str| page.select(&Selector::parse(&format!("{part} tbody tr")).unwrap()).count();
        assert_eq!((rows("#matrix"), rows("#cases")), (run.requirements.len(), run.cases.len()));
        let words: Vec<String> =
            page.select(&Selector::parse("#cases tbody b").unwrap()).map(|word| word.text().collect()).collect();
        assert_eq!(words, run.cases.iter().map(|case| case.verdict.word()).collect::<Vec<_>>());
    }

    #[test]
    fn the_word_conformant_stands_first_only_where_the_claim_says_it() {
        let first = |run: &Run| {
            let page = Html::parse_document(&rendered("html", run));
            page.select(&Selector::parse(".verdict strong").unwrap()).next().unwrap().text().collect::<String>()
        };
        let mut run = sample_run::sample();
        assert_eq!(first(&run), "1 SHALL not met");
        (run.claim.not_met, run.claim.undetermined) = (0, 0);
        assert_eq!(first(&run), "Nothing that was tested failed");
        run.claim.conformant = true;
        assert_eq!(first(&run), "Conformant");
        run.complete = false;
        assert!(first(&run).starts_with("Interrupted"));
    }

    proptest! {
        #![proptest_config(Config { cases: 60, failure_persistence: None, ..Config::default() })]
        #[test]
        fn whatever_a_target_sends_the_page_holds_our_elements_only(texts in prop::collection::vec(hostile_text(), 1..40)) {
            assert_is_harmless(&Html::parse_document(&rendered("html", &poisoned(&texts))));
        }
    }
}

mod tables {
    use super::*;

    #[test]
    fn the_table_and_the_test_points_and_the_badge_of_both_records() {
        compare("csv", "csv");
        compare("tap", "tap");
        compare("badge", "json");
    }

    /// Cells of a file as RFC 4180 reads it: a quoted cell ends at a quote that is not doubled.
    fn cells(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell, mut is_open) = (Vec::new(), Vec::new(), String::new(), false);
        let mut signs = text.chars().peekable();
        while let Some(sign) = signs.next() {
            match sign {
                '"' if is_open && signs.next_if_eq(&'"').is_some() => cell.push('"'),
                '"' => is_open = !is_open,
                ',' if !is_open => row.push(std::mem::take(&mut cell)),
                '\r' if !is_open && signs.next_if_eq(&'\n').is_some() => {
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                other => {
                    assert!(is_open, "{other:?} stands outside of a cell");
                    cell.push(other);
                }
            }
        }
        assert!(!is_open && row.is_empty() && cell.is_empty(), "the file ends within a row");
        rows
    }

    proptest! {
        #![proptest_config(Config { cases: 100, failure_persistence: None, ..Config::default() })]
        #[test]
        fn h31_whatever_a_target_sends_the_table_keeps_its_shape_and_has_no_formula(texts in prop::collection::vec(hostile_text(), 1..40)) {
            let rows = cells(&rendered("csv", &poisoned(&texts)));
            for row in &rows {
                prop_assert_eq!(row.len(), 12);
                for cell in row {
                    prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{}", cell);
                }
            }
            prop_assert!(rows.len() > 4);
        }

        #[test]
        fn whatever_a_target_sends_there_is_a_test_point_per_case(texts in prop::collection::vec(hostile_text(), 1..40)) {
            let run = poisoned(&texts);
            let text = rendered("tap", &run);
            let points: Vec<&str> = text.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok ")).collect();
            prop_assert_eq!(points.len(), run.cases.len());
            for (point, case) in points.iter().zip(&run.cases) {
                let is_bad = matches!(case.verdict, Verdict::Fail | Verdict::Blocked | Verdict::Error);
                prop_assert_eq!(point.starts_with("not ok "), is_bad);
                prop_assert_eq!(point.replace("\\\\", "").replace("\\#", "").contains('#'), case.verdict == Verdict::NotApplicable);
            }
        }
    }
}

mod documents {
    use serde_json::{Value, json};

    use super::*;

    fn parsed(format: &str, run: &Run) -> Value {
        serde_json::from_str(&rendered(format, run)).expect("the report is JSON")
    }

    fn assert_fits(schema: &Value, value: &Value) {
        let validator = jsonschema::validator_for(schema).expect("the schema is a schema");
        let errors: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{} {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }

    #[test]
    fn the_documents_of_both_records() {
        compare("sarif", "sarif");
        compare("fhir", "json");
        compare("earl", "jsonld");
    }

    /// The parts of SARIF 2.1.0 that we write, with what the standard and GitHub demand of them.
    fn sarif_schema() -> Value {
        let level = json!({ "enum": ["none", "note", "warning", "error"] });
        let message =
            json!({ "type": "object", "required": ["text"], "properties": { "text": { "type": "string", "minLength": 1 } } });
        let location = json!({ "type": "object", "required": ["physicalLocation"], "properties": { "physicalLocation": {
            "type": "object", "required": ["artifactLocation", "region"], "properties": {
                "artifactLocation": { "type": "object", "required": ["uri"], "properties": { "uri": { "pattern": "^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$" } } },
                "region": { "required": ["startLine"], "properties": { "startLine": { "type": "integer", "minimum": 1 } } },
            } } } });
        json!({
            "type": "object", "required": ["version", "runs"], "additionalProperties": false,
            "properties": {
                "$schema": { "type": "string" }, "version": { "const": "2.1.0" },
                "runs": { "type": "array", "minItems": 1, "maxItems": 1, "items": {
                    "type": "object", "required": ["tool", "results"],
                    "properties": {
                        "tool": { "required": ["driver"], "properties": { "driver": { "required": ["name", "rules"], "properties": {
                            "name": { "const": "carinbb" },
                            "rules": { "type": "array", "items": { "required": ["id", "shortDescription", "help"], "properties": {
                                "id": { "type": "string" }, "shortDescription": message, "help": message,
                                "helpUri": { "pattern": "^https?://" }, "defaultConfiguration": { "properties": { "level": level } } } } } } } } },
                        "invocations": { "type": "array", "items": { "required": ["executionSuccessful"], "properties": {
                            "executionSuccessful": { "type": "boolean" }, "exitCode": { "type": "integer" },
                            "toolExecutionNotifications": { "items": { "required": ["message"], "properties": { "message": message, "level": level } } } } } },
                        "results": { "type": "array", "items": { "required": ["ruleId", "message", "locations", "partialFingerprints"], "properties": {
                            "ruleId": { "type": "string" }, "ruleIndex": { "type": "integer", "minimum": 0 }, "level": level,
                            "kind": { "const": "fail" }, "message": message, "locations": { "minItems": 1, "items": location },
                            "partialFingerprints": { "additionalProperties": { "pattern": "^[0-9a-f]{64}$" } } } } },
                    } } },
            },
        })
    }

    #[test]
    fn only_what_failed_or_warns_is_a_result_and_what_was_not_seen_is_a_notification() {
        let log = parsed("sarif", &sample_run::sample());
        let results = log.pointer("/runs/0/results").unwrap().as_array().unwrap();
        let seen: Vec<_> =
            results.iter().map(|result| (result["level"].as_str().unwrap(), result["ruleId"].as_str().unwrap())).collect();
        assert_eq!(seen, [("error", "carin-bb/exchange-1"), ("warning", "smart-app-launch/discovery-3")]);
        for result in results {
            let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(log.pointer("/runs/0/tool/driver/rules").unwrap()[at]["id"], result["ruleId"]);
        }
        assert_eq!(log.pointer("/runs/0/invocations/0/toolExecutionNotifications").unwrap().as_array().unwrap().len(), 2);
    }

    /// The parts of R4 that we write.
    fn fhir_schema() -> Value {
        let string = json!({ "type": "string", "pattern": "\\S", "minLength": 1 });
        let uri = json!({ "type": "string", "pattern": "^\\S+$" });
        let code = json!({ "enum": ["pass", "skip", "fail", "warning", "error"] });
        let act = json!({ "type": "object", "required": ["result"], "additionalProperties": false,
            "properties": { "result": code, "message": string, "detail": uri } });
        let action = json!({ "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
            "properties": { "operation": act, "assert": act } });
        let actions = json!({ "type": "array", "minItems": 1, "items": action });
        let report = json!({
            "type": "object", "required": ["resourceType", "status", "testScript", "result"], "additionalProperties": false,
            "properties": {
                "resourceType": { "const": "TestReport" },
                "identifier": { "required": ["system", "value"], "properties": { "system": uri, "value": string } },
                "name": string,
                "status": { "enum": ["completed", "in-progress", "waiting", "stopped", "entered-in-error"] },
                "testScript": { "type": "object", "minProperties": 1 },
                "result": { "enum": ["pass", "fail", "pending"] },
                "score": { "type": "number", "minimum": 0, "maximum": 100 },
                "tester": string,
                "issued": { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T" },
                "participant": { "type": "array", "minItems": 1, "items": { "required": ["type", "uri"], "additionalProperties": false,
                    "properties": { "type": { "enum": ["test-engine", "client", "server"] }, "uri": uri, "display": string } } },
                "setup": { "required": ["action"], "properties": { "action": actions } },
                "test": { "type": "array", "minItems": 1, "items": { "required": ["action"], "additionalProperties": false,
                    "properties": { "name": string, "action": actions } } },
                "teardown": { "required": ["action"], "properties": { "action": actions } },
            },
        });
        json!({
            "type": "object", "required": ["resourceType", "type"], "additionalProperties": false,
            "properties": {
                "resourceType": { "const": "Bundle" }, "type": { "const": "collection" }, "timestamp": { "type": "string" },
                "entry": { "type": "array", "minItems": 1, "items": { "required": ["fullUrl", "resource"],
                    "properties": { "fullUrl": { "pattern": "^urn:uuid:[0-9a-f-]{36}$" }, "resource": report } } },
            },
        })
    }

    #[test]
    fn no_case_that_proves_nothing_passes_in_fhir_or_earl() {
        let run = sample_run::sample();
        let bundle = parsed("fhir", &run);
        for (entry, case) in bundle["entry"].as_array().unwrap().iter().zip(&run.cases) {
            let passes = matches!(case.verdict, Verdict::Pass | Verdict::Note | Verdict::Warn);
            assert_eq!(entry["resource"]["result"] == "pass", passes, "{}", case.label());
        }
        let earl = parsed("earl", &run);
        let outcomes: Vec<&str> =
            earl["@graph"].as_array().unwrap().iter().filter_map(|node| node.pointer("/result/outcome")?.as_str()).collect();
        for outcome in ["earl:passed", "earl:failed", "earl:cantTell", "earl:untested", "earl:inapplicable"] {
            assert!(outcomes.contains(&outcome), "{outcome} is missing in {outcomes:?}");
        }
    }

    /// Every node has a name of ours, every reference leads to a node of the file.
    fn assert_is_closed(earl: &Value) {
        let nodes = earl["@graph"].as_array().expect("there is a graph");
        let ids: std::collections::BTreeSet<&str> = nodes.iter().filter_map(|node| node["@id"].as_str()).collect();
        for node in nodes.iter().filter(|node| node["@type"] == "earl:Assertion") {
            for name in ["assertedBy", "subject"] {
                assert!(ids.contains(node[name].as_str().unwrap()), "{name} of {node}");
            }
            assert!(node["result"]["outcome"].as_str().unwrap().starts_with("earl:"));
        }
        for id in ids {
            assert!(
                id.starts_with("urn:carinbb:") && id.chars().all(|c| c.is_ascii_graphic() && !"<>\"{}|\\^`".contains(c)),
                "{id}"
            );
        }
    }

    #[test]
    fn the_schemas_refuse_what_they_are_there_for() {
        let mut log = parsed("sarif", &sample_run::sample());
        assert_fits(&sarif_schema(), &log);
        log["runs"][0]["results"][0]["locations"] = json!([{}]);
        assert!(!jsonschema::validator_for(&sarif_schema()).unwrap().is_valid(&log), "a result without a file");
        let mut bundle = parsed("fhir", &sample_run::sample());
        assert_fits(&fhir_schema(), &bundle);
        bundle["entry"][0]["resource"]["result"] = "blocked".into();
        assert!(!jsonschema::validator_for(&fhir_schema()).unwrap().is_valid(&bundle), "a word that R4 does not have");
    }

    proptest! {
        #![proptest_config(Config { cases: 40, failure_persistence: None, ..Config::default() })]
        #[test]
        fn whatever_a_target_sends_the_documents_keep_their_form(texts in prop::collection::vec(hostile_text(), 1..40)) {
            let run = poisoned(&texts);
            let log = parsed("sarif", &run);
            assert_fits(&sarif_schema(), &log);
            assert_fits(&fhir_schema(), &parsed("fhir", &run));
            assert_is_closed(&parsed("earl", &run));
            prop_assert_eq!(parsed("fhir", &run)["entry"].as_array().map(Vec::len), Some(run.cases.len()));
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 100, failure_persistence: None, ..Config::default() })]
    #[test]
    fn whatever_a_target_sends_no_format_carries_a_command(texts in prop::collection::vec(hostile_text(), 1..40)) {
        let run = poisoned(&texts);
        for format in report::FORMATS.iter().filter(|format| **format != "junit") {
            assert_is_quiet(&rendered(format, &run).replace("\r\n", "\n"));
        }
    }
}
