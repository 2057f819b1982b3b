//! `--waivers`: a finding that somebody accepts stays a finding, everywhere, and the exit code minds the waiver only as long as
//! it is valid and used.

use time::{Duration, OffsetDateTime};

use super::tool::{Printed, Served, Tool};

/// The day so many days from now; waivers go by the day of the run.
fn day(ahead: i64) -> String {
    (OffsetDateTime::now_utc().date() + Duration::days(ahead)).to_string()
}

fn waiver(target: &str, variant: &str, expires: &str) -> String {
    format!(
        "[[waiver]]\nrequirement = \"carin-bb/exchange-1\"\ncase = \"tls.versions\"\nvariant = \"{variant}\"\ntarget = \"{target}\"\n\
         reason = \"vendor ticket 1234\"\nowner = \"iam@payer.example\"\napproved_by = \"security officer\"\nexpires = {expires}\n"
    )
}

fn broken() -> Served {
    Served::new(["--fault", "tls-1.1-enabled"])
}

/// Every finding of the broken server under CARIN BB, waived.
fn all(served: &Served, expires: &str) -> String {
    let record = served.run().args(["tls.versions", "--format", "json"]).exits(1).json();
    let mut text = String::new();
    for case in record["cases"].as_array().expect("cases") {
        let rows = case["steps"].as_array().expect("steps").iter().flat_map(|step| step["assertions"].as_array().cloned());
        let judged = rows.flatten().flat_map(|row| row["judgements"].as_array().cloned().unwrap_or_default());
        let mut ids: Vec<String> = judged
            .filter(|own| own["verdict"] == "fail")
            .map(|own| own["requirement"].as_str().expect("an id").to_owned())
            .collect();
        ids.sort();
        ids.dedup();
        for id in ids {
            let one = waiver(&served.base, case["variant"].as_str().expect("a text"), expires);
            text.push_str(&one.replace("carin-bb/exchange-1", &id));
        }
    }
    assert!(!text.is_empty(), "{record}");
    text
}

fn run(served: &Served, waivers: &str, more: &[&str], code: i32) -> Printed {
    served.run().file("w.toml", waivers).args(["tls.versions", "--waivers", "w.toml"]).args(more.iter().copied()).exits(code)
}

#[test]
fn a_waived_finding_stays_a_finding_in_every_format_and_does_not_count() {
    let served = broken();
    let reports = [
        "csv=c.csv",
        "earl=e.jsonld",
        "fhir=f.json",
        "junit=j.xml",
        "sarif=s.json",
        "tap=t.tap",
        "html=h.html",
        "github=g.md",
        "json=r.json",
    ];
    let reports: Vec<&str> = reports.iter().flat_map(|report| ["--report", report]).collect();
    let printed = run(&served, &all(&served, &day(100)), &reports, 0);
    let printed =
        printed.stdout_has("FAIL tls.versions").stdout_has("WAIVED").stdout_has("until").stdout_has("vendor ticket 1234");
    let printed = printed.stdout_has("of them waived for a time").stdout_lacks("conformant").stdout_has("exit 0");
    let record: serde_json::Value = serde_json::from_str(&printed.written("r.json")).expect("JSON");
    assert_eq!(record["claim"]["conformant"], false);
    assert!(record["claim"]["waived"].as_u64() > Some(0) && record["claim"]["not_met"] == record["claim"]["waived"]);
    assert!(record["cases"].as_array().expect("cases").iter().any(|case| case["verdict"] == "fail"), "the verdict stays");
    let junit = printed.written("j.xml");
    assert!(junit.contains("WAIVED carin-bb/exchange-1") && junit.contains("classname=\"carinbb.waivers\""), "{junit}");
    assert!(!junit.contains("<failure") && !junit.contains("<skipped"), "{junit}");
    assert!(printed.written("s.json").contains("\"suppressions\""));
    assert!(printed.written("t.tap").contains("# TODO waived until"));
    assert!(printed.written("h.html").contains("(WAIVED)") && printed.written("h.html").contains("vendor ticket 1234"));
    assert!(printed.written("g.md").contains("Waivers"));
    let table = printed.written("c.csv");
    let waived: Vec<&str> = table.lines().filter(|line| line.contains("vendor ticket 1234")).collect();
    assert!(!waived.is_empty() && waived.iter().all(|line| line.contains("\"FAIL\"")), "{table}");
    let earl: serde_json::Value = serde_json::from_str(&printed.written("e.jsonld")).expect("JSON");
    let failed = earl["@graph"].as_array().expect("nodes").iter().filter(|node| node["result"]["outcome"] == "earl:failed");
    let marks: Vec<bool> = failed.map(|node| node["result"]["waived"].to_string().contains("vendor ticket 1234")).collect();
    assert!(!marks.is_empty() && marks.iter().all(|is_marked| *is_marked), "{earl}");
    let bundle: serde_json::Value = serde_json::from_str(&printed.written("f.json")).expect("JSON");
    let cases = bundle["entry"].as_array().expect("entries").iter().filter(|entry| entry["resource"]["result"] == "fail");
    let texts: Vec<String> = cases.map(ToString::to_string).collect();
    assert!(!texts.is_empty() && texts.iter().all(|text| text.contains("WAIVED carin-bb/exchange-1 until")), "{bundle}");
}

#[test]
fn one_finding_that_is_not_waived_is_enough_to_fail() {
    let served = broken();
    let waivers = all(&served, &day(100));
    let second = waivers.match_indices("[[waiver]]").nth(1).map_or(0, |(at, _)| at);
    assert!(second > 0, "the fault is found more than once");
    let printed = run(&served, &waivers[second..], &["--report", "junit=j.xml"], 1);
    assert_eq!(printed.written("j.xml").matches("<failure").count(), 1);
    // Another variant, another server, and a word less are no waiver of this finding.
    run(&served, &waiver(&served.base, "no-such", &day(10)), &[], 1).stdout_has("unused");
    run(&served, &waiver("https://other.example/fhir", "fhir", &day(10)), &[], 1)
        .stdout_has("it is for https://other.example/fhir");
}

#[test]
fn an_expired_waiver_covers_nothing_and_one_that_ends_soon_says_so() {
    let served = broken();
    let expired = run(&served, &all(&served, &day(-1)), &["--report", "junit=j.xml"], 1);
    let junit = expired.stdout_has("expired").stdout_has("its finding counts").written("j.xml");
    assert!(junit.contains("<failure type=\"waiver\""), "{junit}");
    run(&served, &all(&served, &day(0)), &[], 0).stdout_has("ends");
    run(&served, &all(&served, &day(14)), &[], 0).stdout_has("in 14 days");
    run(&served, &all(&served, &day(15)), &[], 0).stdout_lacks("in 15 days");
}

#[test]
fn a_waiver_without_its_finding_is_told_and_fails_a_strict_run() {
    let served = Served::new([]);
    let text = waiver(&served.base, "fhir", &day(10));
    let printed = run(&served, &text, &["--report", "junit=j.xml"], 0).stdout_has("unused").stdout_has("take the waiver out");
    assert_eq!(printed.written("j.xml").matches("<failure").count(), 1);
    run(&served, &text, &["--strict"], 1);
    // What was not run says nothing about a waiver.
    let other = served.run().file("w.toml", &text).args(["discovery.clock", "--waivers", "w.toml", "--strict"]).exits(0);
    other.stdout_has("not run").stdout_lacks("unused");
}

#[test]
fn a_waiver_that_says_too_little_or_names_nothing_is_refused_before_anything_is_sent() {
    let refused = |text: &str, part: &str| {
        let run = ["run", "https://127.0.0.1:1/fhir", "--waivers", "w.toml"];
        Tool::new().file("w.toml", text).args(run).exits(2).stderr_has(part).stdout_is_empty();
        Tool::new().file("w.toml", text).args(["check", "w.toml"]).exits(1).stderr_has(part);
    };
    let good = waiver("https://127.0.0.1:1/fhir", "fhir", &day(10));
    refused(&good.replace("owner", "ownr"), "unknown key 'ownr'");
    let nobody: String = good.lines().filter(|line| !line.starts_with("owner")).map(|line| format!("{line}\n")).collect();
    refused(&nobody, "the key 'owner' is missing");
    refused(&good.replace("tls.versions", "tls.version"), "did you mean 'tls.versions'?");
    refused(&good.replace("exchange-1", "exchange-999"), "tls.versions does not serve");
    refused(&good.replace(&day(10), &day(181)), "lasts 180 days at most");
    Tool::new().file("w.toml", &good).args(["check", "w.toml"]).exits(0).stdout_has("no problem found");
    Tool::new().args(["run", "https://127.0.0.1:1/fhir", "--waivers", "none.toml"]).exits(2).stderr_has("cannot read none.toml");
}

/// Whoever marks a finding as waived in a record must have a waiver for it.
#[test]
fn a_mark_without_a_waiver_is_found_by_the_replay() {
    let served = broken();
    let printed = run(&served, &all(&served, &day(100)), &["--format", "json"], 0);
    let good = printed.json();
    let differs = |record: &serde_json::Value| {
        let run = carinbb::report::read(&record.to_string()).expect("a record");
        carinbb::engine::replay(&run).differences
    };
    assert_eq!(differs(&good), Vec::<String>::new());
    let mut bare = good.clone();
    bare["waivers"] = serde_json::json!([]);
    assert!(differs(&bare).iter().any(|line| line.contains("is marked waived without a waiver")));
    let mut longer = good;
    longer["waivers"][0]["expires"] = "2001-01-01".into();
    assert!(differs(&longer).iter().any(|line| line.contains("does not follow from the results")));
}
