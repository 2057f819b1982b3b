//! `report --with` of a run of production and one of staging: what was tested where, what carries over, and what counts.

use serde_json::{Value, json};

use super::tool::{Printed, Served, Tool};

/// A server that its target file calls one of production, or leaves one of staging.
struct Site {
    served: Served,
    folder: tempfile::TempDir,
}

impl Site {
    fn new(environment: &str, faults: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let target = folder.path().join("target.toml").to_str().expect("a plain name").to_owned();
        let served = Served::new(["--target-out", &target].into_iter().chain(faults.iter().flat_map(|fault| ["--fault", fault])));
        let text = std::fs::read_to_string(&target).expect("the target file was written");
        let text = text.replace("environment = \"staging\"", &format!("environment = \"{environment}\""));
        std::fs::write(&target, text).expect("it is our file");
        Self { served, folder }
    }

    fn run(&self, cases: &[&str]) -> Value {
        let target = self.folder.path().join("target.toml").to_str().expect("a plain name").to_owned();
        let run = ["run", "--target", &target, "--ca-file", &self.served.ca_text, "--format", "json"];
        let printed = Tool::new().args(run).args(cases.iter().copied()).ends();
        assert!(matches!(printed.code, Some(0 | 1 | 3)), "{}", printed.stderr);
        printed.json()
    }
}

fn joined(first: &Value, second: &Value, code: i32) -> Printed {
    let tool = Tool::new().file("first.json", &first.to_string()).file("second.json", &second.to_string());
    let reports = ["--report", "json=j.json", "--report", "html=h.html", "--report", "github=g.md", "--report", "junit=j.xml"];
    tool.args(["report", "first.json", "--with", "second.json"]).args(reports).exits(code)
}

fn verdict<'a>(run: &'a Value, requirement: &str) -> &'a Value {
    let rows = run["requirements"].as_array().expect("rows");
    &rows.iter().find(|row| row["id"] == requirement).expect("the row is in force")["verdict"]
}

fn at<'a>(run: &'a Value, requirement: &str) -> &'a Value {
    let rows = run["joined"]["rows"].as_array().expect("rows");
    rows.iter().find(|row| row["requirement"] == requirement).unwrap_or(&Value::Null)
}

fn differences(run: &Value) -> Vec<String> {
    let run = carinbb::report::read(&run.to_string()).expect("a record");
    carinbb::engine::replay(&run).differences
}

#[test]
fn what_production_did_not_let_be_tested_comes_from_staging_by_name_and_tls_stays_where_it_is() {
    let production = Site::new("production", &[]).run(&["tls.versions", "discovery.clock", "access.bad-token"]);
    let staging = Site::new("staging", &["tls-1.1-enabled"]).run(&[
        "tls.versions",
        "discovery.clock",
        "access.bad-token",
        "token.response",
    ]);
    assert_eq!(verdict(&staging, "carin-bb/exchange-1"), "fail", "staging has old TLS");
    let printed = joined(&production, &staging, 0);
    let whole: Value = serde_json::from_str(&printed.written("j.json")).expect("JSON");
    assert_eq!(differences(&whole), Vec::<String>::new());
    // TLS of staging is neither a finding nor a proof of production.
    assert_eq!(verdict(&whole, "carin-bb/exchange-1"), "pass");
    assert_eq!(
        at(&whole, "carin-bb/exchange-1"),
        &json!({ "requirement": "carin-bb/exchange-1", "here": "pass", "there": null })
    );
    let labels: Vec<String> =
        whole["cases"].as_array().expect("cases").iter().map(|case| format!("{} [{}]", case["case"], case["variant"])).collect();
    assert!(!labels.iter().any(|label| label.contains("tls.versions") && label.contains("staging")), "{labels:?}");
    assert!(whole["joined"]["left"].as_array().is_some_and(|left| left.len() >= 2));
    // What production did not look at is there, marked, with its evidence.
    let rows = whole["joined"]["rows"].as_array().expect("rows");
    let only_there: Vec<&Value> = rows.iter().filter(|row| row["here"].is_null() && row["there"] == "pass").collect();
    assert!(!only_there.is_empty(), "{rows:?}");
    let id = only_there[0]["requirement"].as_str().expect("an id");
    assert_eq!((verdict(&whole, id), verdict(&production, id)), (&"pass".into(), &Value::Null));
    let case = whole["cases"]
        .as_array()
        .expect("cases")
        .iter()
        .find(|case| case["case"] == "token.response")
        .expect("it is carried over");
    assert_eq!((&case["variant"], &case["elsewhere"]), (&"staging".into(), &true.into()));
    let ids: Vec<&Value> = whole["evidence"].as_array().expect("evidence").iter().map(|own| &own["id"]).collect();
    for named in case["steps"].as_array().expect("steps").iter().flat_map(|step| step["evidence"].as_array().expect("ids")) {
        assert!(named.as_str().is_some_and(|id| id.starts_with("staging-")) && ids.contains(&named), "{named}");
    }
    assert!(whole["claim"]["tested"].as_u64() > production["claim"]["tested"].as_u64());
    for part in
        ["id=\"joined\"", "Two servers", "token.response [staging]", staging["header"]["target"].as_str().expect("a text")]
    {
        assert!(printed.written("h.html").contains(part), "{part}");
    }
    assert!(printed.written("j.xml").contains("response [staging]"));
}

#[test]
fn where_both_were_tested_and_differ_the_graver_counts_and_both_are_shown() {
    let production = Site::new("production", &[]).run(&["access.bad-token", "token.response"]);
    let staging = Site::new("staging", &["token-response-cacheable"]).run(&["access.bad-token", "token.response"]);
    let printed = joined(&production, &staging, 0);
    let whole: Value = serde_json::from_str(&printed.written("j.json")).expect("JSON");
    assert_eq!(differences(&whole), Vec::<String>::new());
    let rows = whole["joined"]["rows"].as_array().expect("rows");
    let differing: Vec<&Value> =
        rows.iter().filter(|row| !row["here"].is_null() && !row["there"].is_null() && row["here"] != row["there"]).collect();
    assert!(!differing.is_empty(), "{rows:?}");
    for row in differing {
        assert_eq!(verdict(&whole, row["requirement"].as_str().expect("an id")), &row["there"], "{row}");
    }
    assert!(
        printed.written("h.html").contains("<strong>differs</strong>")
            && printed.written("g.md").contains("Where production and staging differ")
    );
    // Whoever edits the comparison, or takes TLS over by hand, is found out.
    let mut other = whole.clone();
    other["joined"]["rows"][0]["there"] = "note".into();
    assert!(differences(&other).iter().any(|line| line.contains("two servers")), "{:?}", differences(&other));
    let mut other = whole.clone();
    other.as_object_mut().expect("a record").remove("joined");
    assert!(differences(&other).iter().any(|line| line.contains("does not name it")));
    let mut other = whole;
    other["cases"]
        .as_array_mut()
        .expect("cases")
        .iter_mut()
        .filter(|case| case["elsewhere"] == true)
        .for_each(|case| case["case"] = "tls.versions".into());
    assert!(differences(&other).iter().any(|line| line.contains("does not carry over")));
}

#[test]
fn another_software_another_order_and_other_criteria_are_not_joined() {
    let production = Site::new("production", &[]).run(&["discovery.clock"]);
    let staging = Site::new("staging", &[]).run(&["discovery.clock", "access.bad-token"]);
    assert_eq!(production["header"]["fingerprint"]["software"], "Reference payer 1.0.0");
    joined(&production, &staging, 0);
    joined(&staging, &production, 2).stderr_has("name its run first");
    let refused = |change: &dyn Fn(&mut Value), part: &str| {
        let mut other = staging.clone();
        change(&mut other);
        joined(&production, &other, 2).stderr_has(part);
    };
    refused(&|run| run["header"]["fingerprint"]["software"] = "Reference payer 1.0.1".into(), "says nothing of the other");
    refused(
        &|run| drop(run["header"].as_object_mut().expect("a header").remove("fingerprint")),
        "does not say in its CapabilityStatement",
    );
    refused(&|run| run["header"]["profiles"][0]["id"] = "carin-bb-1.0.0".into(), "the profiles is");
    refused(&|run| run["header"]["suite"] = "0".into(), "the suite is");
    refused(&|run| run["complete"] = false.into(), "was interrupted");
    refused(&|run| run["header"]["environment"] = "unstated".into(), "the target is");
}
