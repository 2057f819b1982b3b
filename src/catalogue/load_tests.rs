//! Each mistake in a requirement or a profile is reported, at its line.

use super::*;
use crate::vocabulary::document::Problems;

const REQUIREMENTS: &str = r#"[document]
title = "A guide"
versions = ["1", "2"]

[[requirement]]
id = "guide/a-1"
document = "guide"
versions = ["1", "2"]
level = "SHALL"
actor = "server"
area = "tls"
section = "1"
url = "https://example.org/guide"
summary = "It is so."
conditional = "when it can"
when = ["udap"]
testable = "black-box"
how = "Look."
basis = "verb"
confidence = "read"
"#;

const PROFILE: &str = r#"id = "mine"
title = "Mine"
status = "current"
audit_level = "none"
unauthorized_statuses = [401]
refused_statuses = [401, 403]
required_scopes = ["openid"]
required_capabilities = ["client-public"]

[tls]
rule = "TLS 1.2 or later"
required_any = ["1.2"]
forbidden = ["1.0"]
rows = ["guide/a-1"]

[[documents]]
document = "guide"
versions = ["2"]
role = "required"
"#;

/// The problems of a suite as `file:line message`.
fn problems_of(requirements: &str, profile: &str) -> Vec<String> {
    let files = SuiteFiles::from_texts([("requirements/guide.toml", requirements), ("profiles/mine.toml", profile)]);
    let problems = Problems::new();
    let _ = Catalogue::load(&files, &problems);
    let shown = |problem: &crate::vocabulary::document::Problem| {
        let place = problem.place();
        format!("{}:{} {}", place.file.trim_start_matches("testcases/"), place.line, problem.message)
    };
    problems.into_sorted().iter().map(shown).collect()
}

/// Changes one line and expects a problem that starts so.
fn expect(base: [&str; 2], from: &str, to: &str, expected: &str) {
    let changed = base.map(|text| text.replacen(from, to, 1));
    assert_ne!(changed, base.map(str::to_owned), "'{from}' is not there");
    let problems = problems_of(&changed[0], &changed[1]);
    assert!(problems.iter().any(|problem| problem.starts_with(expected)), "{from} -> {to}: {problems:#?}");
}

#[test]
fn a_right_suite_has_no_problem() {
    assert_eq!(problems_of(REQUIREMENTS, PROFILE), Vec::<String>::new());
}

#[test]
fn each_mistake_in_a_requirement_is_reported_at_its_line() {
    for (from, to, expected) in [
        ("title = \"A guide\"", "titel = \"A guide\"", "2 unknown key 'titel'"),
        ("[document]", "[docment]", "1 unknown key 'docment'"),
        ("versions = [\"1\", \"2\"]\n\n", "versions = [\"1\", \"1\"]\n\n", "3 version '1' stands twice"),
        ("id = \"guide/a-1\"", "id = \"guide\"", "6 'guide' is not a requirement id"),
        ("id = \"guide/a-1\"", "id = \"other/a-1\"", "6 'other/a-1' does not belong to the document 'guide'"),
        ("document = \"guide\"", "document = \"other\"", "7 the document of this file is 'guide'"),
        ("\nversions = [\"1\", \"2\"]\nlevel", "\nversions = [\"1\", \"3\"]\nlevel", "8 the document has no version '3'"),
        ("\nversions = [\"1\", \"2\"]\nlevel", "\nversions = [\"2\", \"1\"]\nlevel", "8 version '1' stands twice or out of"),
        ("\nversions = [\"1\", \"2\"]\nlevel", "\nversions = []\nlevel", "8 a rule stands in one version at least"),
        ("level = \"SHALL\"", "level = \"MUST\"", "9 'MUST' is not a level: write one of: SHALL"),
        ("level = \"SHALL\"", "", "5 the key 'level' is missing"),
        (
            "level = \"SHALL\"",
            "level = \"SHALL\"\nlevels = { 1 = \"MAY\", 2 = \"MAY\" }",
            "10 write 'level' or 'levels', not both",
        ),
        ("level = \"SHALL\"", "levels = { 1 = \"MAY\" }", "9 'levels' says nothing about version '2'"),
        ("level = \"SHALL\"", "levels = { 1 = \"MAY\", 2 = \"MAY\", 3 = \"MAY\" }", "9 'levels' names version '3'"),
        ("level = \"SHALL\"", "levels = { 1 = \"MAY\", 2 = 5 }", "9 'an integer' is not a level"),
        ("level = \"SHALL\"", "levels = \"SHALL\"", "9 'levels' must be a table"),
        ("actor = \"server\"", "actor = \"servr\"", "10 'servr' is not an actor: did you mean 'server'?"),
        ("area = \"tls\"", "area = \"tsl\"", "11 'tsl' is not an area"),
        ("https://example.org", "http://example.org", "13 write the address of the page with https://"),
        ("https://example.org/guide", "somewhere", "13 write the address of the page with https://"),
        ("summary = \"It is so.\"", "summary = \" \"", "14 'summary' is empty"),
        ("conditional = \"when it can\"\n", "", "15 'when' stands only beside 'conditional'"),
        ("when = [\"udap\"]", "when = [\"udapp\"]", "16 'udapp' is not a capability: did you mean 'udap'?"),
        ("when = [\"udap\"]", "when = [\"udap\", \"udap\"]", "16 'udap' stands twice"),
        ("testable = \"black-box\"", "testable = \"yes\"", "17 'yes' is not a kind of test"),
        ("how = \"Look.\"", "how = 1", "18 'how' must be a string"),
        ("basis = \"verb\"", "basis = \"verbs\"", "19 'verbs' is not a basis"),
        ("confidence = \"read\"", "confidence = \"sure\"", "20 'sure' is not a confidence"),
        ("confidence = \"read\"", "confidence = \"read\"\nlevl = \"MAY\"", "21 unknown key 'levl'"),
    ] {
        expect([REQUIREMENTS, PROFILE], from, to, &format!("requirements/guide.toml:{expected}"));
    }
}

#[test]
fn an_id_that_stands_twice_is_reported_with_the_place_of_the_first() {
    let row = &REQUIREMENTS[REQUIREMENTS.find("[[requirement]]").unwrap()..];
    let problems = problems_of(&format!("{REQUIREMENTS}\n{row}"), PROFILE);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("requirements/guide.toml:22 requirement 'guide/a-1' stands twice"), "{problems:?}");
    assert!(problems[0].contains("guide.toml:5"), "{problems:?}");
}

#[test]
fn each_mistake_in_a_profile_is_reported_at_its_line() {
    for (from, to, expected) in [
        ("id = \"mine\"", "id = \"yours\"", "1 the file of profile 'yours' must be named 'yours.toml'"),
        ("title = \"Mine\"", "titel = \"Mine\"", "2 unknown key 'titel'"),
        ("status = \"current\"", "status = \"old\"", "3 'old' is not a status"),
        ("status = \"current\"", "status = \"superseded\"", "3 a profile that is superseded says so"),
        ("audit_level = \"none\"", "audit_level = \"MUST\"", "4 'MUST' is not a level"),
        ("unauthorized_statuses = [401]", "unauthorized_statuses = [200]", "5 'unauthorized_statuses' holds HTTP statuses"),
        ("unauthorized_statuses = [401]", "unauthorized_statuses = [404]", "6 'unauthorized_statuses' allows 404"),
        ("[401, 403]", "[\"401\"]", "6 'refused_statuses' holds HTTP statuses"),
        ("[\"openid\"]", "[\"openid\", \"openid\"]", "7 this stands twice in 'required_scopes'"),
        ("[\"client-public\"]", "[\"client-publik\"]", "8 'client-publik' is not a capability of SMART App Launch: did you mean"),
        ("required_any = [\"1.2\"]", "required_any = [\"1.5\"]", "12 '1.5' is not a TLS version"),
        ("forbidden = [\"1.0\"]", "forbidden = [\"1.2\"]", "13 1.2 is forbidden and asked for at once"),
        ("rows = [\"guide/a-1\"]", "rows = [\"guide/b-1\"]", "14 there is no requirement 'guide/b-1': did you mean 'guide/a-1'?"),
        ("rows = [\"guide/a-1\"]", "row = [\"guide/a-1\"]", "14 unknown key 'row'"),
        (
            "document = \"guide\"\nversions = [\"2\"]",
            "document = \"gide\"\nversions = [\"2\"]",
            "17 there is no document 'gide': did you mean",
        ),
        (
            "document = \"guide\"\nversions = [\"2\"]",
            "document = \"guide\"\nversions = [\"3\"]",
            "18 the document has no version '3'",
        ),
        ("role = \"required\"", "role = \"require\"", "19 'require' is not a role: did you mean 'required'?"),
        ("role = \"required\"", "role = \"conditional\"", "16 a conditional document says in 'condition'"),
        ("role = \"required\"", "role = \"required\"\ncondition = [\"udap\"]", "20 'condition' stands only beside"),
        ("role = \"required\"", "role = \"conditional\"\ncondition = [\"udp\"]", "20 'udp' is not a capability"),
        (
            "role = \"required\"",
            "role = \"required\"\nexclude = [\"guide/b-*\"]",
            "20 no row of the document matches 'guide/b-*'",
        ),
        (
            "role = \"required\"",
            "role = \"required\"\nexclude = [\"guide/a-*\"]",
            "10 'guide/a-1' in tls.rows stands in no document",
        ),
        ("status = \"current\"", "status = \"current\"\nsmart_default = \"auto\"", "4 'smart_default' stands only beside"),
        (
            "status = \"current\"",
            "status = \"current\"\nus_core = \"7.0.0\"",
            "4 no document us-core-security of version '7.0.0'",
        ),
    ] {
        expect([REQUIREMENTS, PROFILE], from, to, &format!("profiles/mine.toml:{expected}"));
    }
    let twice = format!("{PROFILE}\n[[documents]]\ndocument = \"guide\"\nversions = [\"2\"]\nrole = \"base\"\n");
    assert!(problems_of(REQUIREMENTS, &twice)[0].contains("'guide' of version '2' is listed twice"));
}

#[test]
fn the_smart_default_is_one_of_the_versions_allowed() {
    let requirements = REQUIREMENTS.replace("guide/", "smart-app-launch/").replace("\"guide\"", "\"smart-app-launch\"");
    let requirements = requirements.replace("\"1\", \"2\"", "\"1.0.0\", \"2.0.0\"");
    let profile = PROFILE.replace("guide", "smart-app-launch").replace("[\"2\"]", "[\"2.0.0\"]");
    let problems = |lines: &str| {
        let profile = profile.replace("audit_level", &format!("{lines}\naudit_level"));
        let files = SuiteFiles::from_texts([
            ("requirements/smart-app-launch.toml", requirements.as_str()),
            ("profiles/mine.toml", &profile),
        ]);
        let problems = Problems::new();
        let _ = Catalogue::load(&files, &problems);
        problems.into_sorted().iter().map(|problem| problem.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(problems("smart_default = \"auto\"\nsmart_allowed = [\"1.0.0\", \"2.0.0\"]"), Vec::<String>::new());
    assert_eq!(problems("smart_default = \"1.0.0\"\nsmart_allowed = [\"2.0.0\"]"), ["'smart_allowed' does not name 1.0.0"]);
    assert_eq!(problems("smart_allowed = [\"2.0.0\"]"), ["the key 'smart_default' is missing"]);
    assert!(problems("smart_default = \"3\"\nsmart_allowed = [\"2.0.0\"]")[0].contains("'3' is not a version of SMART"));
    let listed = "the document smart-app-launch is listed with version 2.0.0, which this does not name";
    assert_eq!(problems("smart_default = \"auto\"\nsmart_allowed = [\"1.0.0\"]"), [listed]);
    assert_eq!(problems("smart_default = \"auto\""), ["'smart_allowed' names one version at least", listed]);
}

#[test]
fn what_has_a_mistake_is_left_out_and_the_rest_is_kept() {
    let files = SuiteFiles::from_texts([
        ("requirements/guide.toml", REQUIREMENTS.replace("verb", "word")),
        ("requirements/Not A Document.toml", String::new()),
        ("profiles/mine.toml", PROFILE.to_owned()),
        ("profiles/broken.toml", "id = ".to_owned()),
    ]);
    let problems = Problems::new();
    let catalogue = Catalogue::load(&files, &problems);
    assert!(catalogue.requirements().next().is_none());
    assert!(catalogue.profiles().next().is_none(), "the row of its tls.rows is not there");
    assert!(problems.count() >= 4);
}

proptest::proptest! {
    #[test]
    fn any_text_is_loaded_without_a_panic(requirements in ".{0,300}", profile in ".{0,300}") {
        let _ = problems_of(&requirements, &profile);
    }

    /// Text that is close to a right file: lines dropped, doubled, swapped and values replaced.
    #[test]
    fn a_damaged_file_is_loaded_without_a_panic(
        edits in proptest::collection::vec((0_usize..45, 0_usize..45, 0_u8..4, "[\\[\\]\"'{}=.,0-9a-zé ]{0,8}"), 1..8),
    ) {
        let damage = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            for (a, b, kind, insert) in &edits {
                let (a, b) = (a % lines.len(), b % lines.len());
                match kind {
                    0 => lines[a].clear(),
                    1 => lines.swap(a, b),
                    2 => { let line = lines[a].clone(); lines.insert(b, line); }
                    _ => { let at = lines[a].char_indices().map(|(at, _)| at).nth(b).unwrap_or(0); lines[a].insert_str(at, insert); }
                }
            }
            lines.join("\n")
        };
        let _ = problems_of(&damage(REQUIREMENTS), &damage(PROFILE));
    }
}
