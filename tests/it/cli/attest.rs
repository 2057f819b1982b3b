//! `carinbb attest` and `--attestations`: what persons state stands beside what was tested, and is never taken for it.

use sha2::{Digest, Sha256};

use super::tool::{Printed, Served, Tool};

const DAY: &str = "2026-01-01";

fn statement(requirement: &str, answer: &str) -> String {
    format!(
        "[[attestation]]\nrequirement = \"{requirement}\"\nstatement = \"Audit records are kept\"\nanswer = \"{answer}\"\n\
         name = \"Ann Bo\"\nrole = \"security officer\"\ndate = {DAY}\nnote = \"policy 7\"\n"
    )
}

/// A run that left rows to a person, with the ids of the SHALL among them.
fn open(served: &Served) -> (String, Vec<String>) {
    let record = served.run().args(["tls.versions", "--format", "json"]).exits(0);
    let value = record.json();
    let rows = value["requirements"].as_array().expect("rows");
    let by_person = rows.iter().filter(|row| row["tested"] == "attestation" && row["strength"] == "SHALL");
    let ids: Vec<String> = by_person.map(|row| row["id"].as_str().expect("an id").to_owned()).collect();
    assert!(ids.len() > 2, "{ids:?}");
    (record.stdout, ids)
}

#[test]
fn what_is_attested_is_shown_apart_and_never_as_tested() {
    let served = Served::new([]);
    let (_, ids) = open(&served);
    let digest: String = Sha256::digest(b"kept").iter().map(|byte| format!("{byte:02x}")).collect();
    let yes = format!(
        "target = \"{}\"\n{}attachment = {{ file = \"policy.txt\", sha256 = \"{digest}\" }}\n",
        served.base,
        statement(&ids[0], "yes")
    );
    let run = |text: &str, more: &[&str], code: i32| {
        let tool = served.run().file("a.toml", text).file("policy.txt", "kept");
        tool.args(["tls.versions", "--attestations", "a.toml"]).args(more.iter().copied()).exits(code)
    };
    let printed = run(&yes, &["-v", "--report", "html=h.html", "--report", "github=g.md", "--report", "json=r.json"], 0);
    let printed = printed.stdout_has("Attested by persons, not tested").stdout_has("Ann Bo").stdout_has("Attested: 1 met.");
    let record: serde_json::Value = serde_json::from_str(&printed.written("r.json")).expect("JSON");
    let row = record["requirements"].as_array().expect("rows").iter().find(|row| row["id"] == ids[0].as_str()).expect("the row");
    assert_eq!((&row["attested"], row.get("verdict").is_none_or(serde_json::Value::is_null)), (&true.into(), true), "{row}");
    assert_eq!(record["attestations"][0]["attachment"]["sha256"], digest.as_str());
    for page in ["h.html", "g.md"] {
        assert!(printed.written(page).contains("Ann Bo") && printed.written(page).contains(&digest[..20]), "{page}");
    }
    let run_back = carinbb::report::read(&record.to_string()).expect("a record");
    assert_eq!(carinbb::engine::replay(&run_back).differences, Vec::<String>::new());
    let mut forged = record;
    forged["attestations"][0]["is_met"] = false.into();
    let forged = carinbb::report::read(&forged.to_string()).expect("a record");
    assert!(carinbb::engine::replay(&forged).differences.iter().any(|line| line.contains("not what the attestations say")));
    // Who states that a SHALL is not met has found it not met.
    let no = yes.replace("\"yes\"", "\"no\"");
    let denied = run(&no, &GATES, 1).stdout_has("Attested: 0 met, 1 not met.").stdout_has("NO");
    is_red_everywhere(&denied, &ids[0]);
    // What a case settles is not settled by a word.
    let tested = format!("target = \"{}\"\n{}", served.base, statement("carin-bb/exchange-1", "yes"));
    run(&tested, &[], 0).stdout_has("no use").stdout_lacks("Attested: 1");
}

/// Every format by which a pipeline is stopped.
const GATES: [&str; 10] = [
    "--report",
    "junit=j.xml",
    "--report",
    "tap=t.tap",
    "--report",
    "sarif=s.sarif",
    "--report",
    "fhir=f.json",
    "--report",
    "earl=e.json",
];

/// A run that ends with 1 must not be green in any of them.
fn is_red_everywhere(printed: &Printed, id: &str) {
    let json = |path: &str| -> serde_json::Value { serde_json::from_str(&printed.written(path)).expect("JSON") };
    let junit = printed.written("j.xml");
    assert!(junit.contains("failures=\"1\"") && junit.contains(&format!("name=\"{id}\"")), "{junit}");
    let tap = printed.written("t.tap");
    let bad: Vec<&str> = tap.lines().filter(|line| line.starts_with("not ok")).collect();
    assert!(bad.len() == 1 && bad[0].contains(id), "{tap}");
    let results = &json("s.sarif")["runs"][0]["results"];
    assert_eq!((&results[0]["ruleId"], &results[0]["level"]), (&id.into(), &"error".into()), "{results}");
    let reports = json("f.json")["entry"].as_array().expect("entries").clone();
    let failed: Vec<_> = reports.iter().filter(|entry| entry["resource"]["result"] == "fail").collect();
    assert!(failed.len() == 1 && failed[0]["resource"]["name"] == id, "{failed:?}");
    let graph = json("e.json")["@graph"].as_array().expect("a graph").clone();
    let outcomes: Vec<_> = graph.iter().filter(|node| node["result"]["outcome"] == "earl:failed").collect();
    assert!(outcomes.len() == 1 && outcomes[0]["mode"] == "earl:manual", "{outcomes:?}");
}

#[test]
fn attestations_of_another_server_or_about_another_file_are_refused() {
    let good = format!("target = \"https://127.0.0.1:1/fhir\"\n{}", statement("carin-bb/guidance-4", "yes"));
    let run = |text: &str, code: i32| {
        let tool = Tool::new().file("a.toml", text).file("policy.txt", "changed");
        tool.args(["run", "https://127.0.0.1:1/fhir", "--plan", "--attestations", "a.toml"]).exits(code)
    };
    run(&good, 0);
    run(&good.replace("127.0.0.1:1", "other.example"), 2).stderr_has("these attestations are about https://other.example/fhir");
    let attached = format!("{good}attachment = {{ file = \"policy.txt\", sha256 = \"00\" }}\n");
    run(&attached, 2).stderr_has("and another file was attested");
    run(&attached.replace("policy.txt", "none.txt"), 2).stderr_has("cannot be read");
    run(&good.replace("guidance-4", "guidance-444"), 2).stderr_has("there is no requirement");
    Tool::new()
        .file("a.toml", &good.replace("yes", "maybe"))
        .args(["check", "a.toml"])
        .exits(1)
        .stderr_has("'answer' is yes or no");
}

#[test]
fn what_is_open_can_be_printed_and_nobody_is_asked_where_nobody_sits() {
    let served = Served::new([]);
    let (record, ids) = open(&served);
    let alone = Tool::new().file("r.json", &record).args(["attest", "r.json"]).exits(2);
    alone.stderr_has("attest asks a person at a terminal").stderr_has("--print");
    let printed = Tool::new().file("r.json", &record).args(["attest", "r.json", "--print"]).exits(0);
    for id in &ids {
        assert!(printed.stdout.contains(&format!("requirement = \"{id}\"")), "{id}");
    }
    // It is to be filled in: as it is, no run takes it.
    Tool::new().file("a.toml", &printed.stdout).args(["check", "a.toml"]).exits(1).stderr_has("'answer' is yes or no, not ''");
    let filled = printed.stdout.replace("answer      = \"\"", "answer = \"yes\"").replace("= \"\"", "= \"x\"");
    Tool::new().file("a.toml", &filled).args(["check", "a.toml"]).exits(0).stdout_has("no problem found");
    let rest =
        Tool::new().file("r.json", &record).file("attestations.toml", &filled).args(["attest", "r.json", "--print"]).exits(0);
    assert!(!rest.stdout.contains("[[attestation]]"), "{}", rest.stdout);
}

#[test]
fn whoever_attests_what_a_member_is_told_reads_what_the_pages_said() {
    let record = Tool::new().args(["run", "--demo", "--quiet", "launch.patient-context", "--report", "json=run.json"]).exits(0);
    let record = record.written("run.json");
    let printed = Tool::new().file("run.json", &record).args(["attest", "run.json", "--print"]).exits(0);
    let printed = printed
        .stdout_has("What members were told")
        .stdout_has("Claims Companion asks to read your data. Access lasts 60 minutes");
    for canary in ["Alma", "SYN-0001", "HYPERTENSION"] {
        assert!(!printed.stdout.contains(canary), "{canary} is shown");
    }
}
