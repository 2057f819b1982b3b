//! `--certification`: an audit begins only when everything is there that a laboratory's report needs, and ends with two signatures.

use std::fs;
use std::path::{Path, PathBuf};

use openssl::pkey::PKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::tool::{Printed, Served, Tool};

const FILE: &str = r#"
location      = "Berlin, from the public internet"
party         = "third"
received      = 2026-11-01
item          = "Patient API 4.2 of the payer, staging"
sampling      = "one member with one claim"
decision_rule = "a SHALL fails on one observation; only transport errors are asked again"
deviations    = "none"
supersedes    = "none"
selftest      = "selftest.json"
laboratory    = { name = "Test House", address = "1 Lab Street" }
customer      = { name = "The Payer", address = "2 Payer Street" }
authorised_by = { name = "Ann Bo", role = "head of laboratory" }
reviewed_by   = { name = "Cy Dee", role = "reviewer", key = "reviewer.pub.pem" }
"#;

/// A folder with keys, a selftest and a file for an audit of a server.
struct Desk {
    folder: tempfile::TempDir,
    served: Served,
}

impl Desk {
    fn new(fault: &[&str]) -> Self {
        let served = Served::new(fault.iter().flat_map(|fault| ["--fault", fault]));
        let desk = Self { folder: tempfile::tempdir().expect("a temporary folder can be made"), served };
        for name in ["laboratory", "reviewer", "stranger"] {
            let key = PKey::generate_ed25519().expect("the system makes keys");
            fs::write(desk.at(&format!("{name}.pem")), key.private_key_to_pem_pkcs8().expect("PEM")).expect("it is our folder");
            fs::write(desk.at(&format!("{name}.pub.pem")), key.public_key_to_pem().expect("PEM")).expect("it is our folder");
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                let own = fs::Permissions::from_mode(0o600);
                fs::set_permissions(desk.at(&format!("{name}.pem")), own).expect("it is our file");
            }
        }
        desk.write("certification.toml", FILE);
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.at(name).to_str().expect("a temporary folder has a plain name").to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).expect("it is our folder");
    }

    /// What a whole selftest of this program would have said.
    fn selftest(&self) -> Value {
        let record = self.served.run().args(["discovery.clock", "--format", "json"]).ends().json();
        let program = carinbb::crypto::sha256_of_file(Path::new(env!("CARGO_BIN_EXE_carinbb"))).expect("it can be read");
        json!({ "program": program, "suite": record["header"]["suite"], "whole": true, "good": true, "proofs": [{}, {}] })
    }

    fn run(&self, more: &[&str]) -> Tool {
        let file = format!("--certification={}", self.text("certification.toml"));
        self.served.run().args(["tls.versions", "discovery.clock", &file]).args(more.iter().copied())
    }

    /// A run with everything that the command line needs.
    fn audit(&self, more: &[&str]) -> Tool {
        let (out, key) = (self.text("out"), self.text("laboratory.pem"));
        let needs = ["--profile", "carin-bb-2.2.0", "--smart", "2.2.0", "-o", &out, "--sign", &key];
        self.run(&needs).args(more.iter().copied())
    }

    fn verify(&self, keys: &[&str], code: i32) -> Printed {
        let keys: Vec<String> = keys.iter().map(|name| self.text(&format!("{name}.pub.pem"))).collect();
        let tool = Tool::new().args(["verify", &self.text("out")]);
        tool.args(keys.iter().flat_map(|key| ["--key", key])).exits(code)
    }
}

#[test]
fn an_audit_that_lacks_anything_sends_nothing_and_says_all_of_it_at_once() {
    let desk = Desk::new(&[]);
    fs::remove_file(desk.at("certification.toml")).expect("the file is there");
    desk.run(&[]).exits(2).stderr_has("the file itself").stderr_has("laboratory.name").stdout_is_empty();
    desk.write("certification.toml", "");
    let mut refused = desk.run(&[]).exits(2).stdout_is_empty();
    for part in [
        "the profile:",
        "the SMART version:",
        "the evidence:",
        "the first signature:",
        "laboratory.name",
        "laboratory.address",
        "customer.name",
        "location",
        "party: first, second or third",
        "received:",
        "item",
        "sampling",
        "decision_rule",
        "deviations",
        "supersedes",
        "authorised_by.name",
        "reviewed_by.name",
        "selftest:",
    ] {
        refused = refused.stderr_has(part);
    }
    // A file with everything, and each line of it less.
    desk.write("selftest.json", &desk.selftest().to_string());
    for line in FILE.lines().filter(|line| !line.is_empty()) {
        let key = line.split_whitespace().next().expect("a key");
        desk.write("certification.toml", &FILE.replace(line, ""));
        desk.audit(&[]).exits(2).stderr_has(key).stderr_has("nothing was sent").stdout_is_empty();
        let _ = fs::remove_dir_all(desk.at("out"));
    }
    desk.write("certification.toml", &FILE.replace("reviewer.pub.pem", "laboratory.pub.pem"));
    desk.audit(&[]).exits(2).stderr_has("another person with another key");
    desk.write("certification.toml", &format!("laboratry = 1\n{FILE}"));
    desk.audit(&[]).exits(2).stderr_has("laboratry");
}

#[test]
fn the_selftest_must_be_whole_good_and_of_this_very_program_and_suite() {
    let desk = Desk::new(&[]);
    let good = desk.selftest();
    for (name, value, says) in [
        ("program", json!("00"), "not one that this very program made"),
        ("suite", json!("00"), "not one of the suite in use"),
        ("whole", json!(false), "not a whole one"),
        ("good", json!(false), "not one in which everything is proved"),
        ("proofs", json!([]), "not a whole one"),
    ] {
        let mut other = good.clone();
        other[name] = value;
        desk.write("selftest.json", &other.to_string());
        desk.audit(&[]).exits(2).stderr_has(says);
        let _ = fs::remove_dir_all(desk.at("out"));
    }
    // What the command itself prints is of this program and suite, and of one case not whole.
    let part = Tool::new().args(["selftest", "--json", "discovery.clock"]).ends().json();
    for name in ["program", "suite"] {
        assert_eq!(part[name], good[name], "{name}");
    }
    assert_eq!((&part["whole"], &part["good"]), (&false.into(), &true.into()));
}

#[test]
fn an_audit_says_everything_lets_no_waiver_count_and_is_signed_by_two() {
    let desk = Desk::new(&["tls-1.1-enabled"]);
    let selftest = desk.selftest().to_string();
    desk.write("selftest.json", &selftest);
    let waiver = format!(
        "[[waiver]]\nrequirement = \"carin-bb/exchange-1\"\ncase = \"tls.versions\"\nvariant = \"fhir\"\ntarget = \"{}\"\nreason = \"x\"\n\
         owner = \"x\"\napproved_by = \"x\"\nexpires = {}\n",
        desk.served.base,
        time::OffsetDateTime::now_utc().date() + time::Duration::days(9)
    );
    desk.write("w.toml", &waiver);
    desk.audit(&["--waivers", &desk.text("w.toml")]).exits(1).stdout_has("ignored").stdout_lacks("of them waived");
    let page = fs::read_to_string(desk.at("out/report.html")).expect("the page was written");
    let digest: String = Sha256::digest(&selftest).iter().map(|byte| format!("{byte:02x}")).collect();
    let own = carinbb::crypto::dsse::public_id(&fs::read(desk.at("laboratory.pub.pem")).expect("it is there")).expect("a key");
    for part in [
        "Test House",
        "1 Lab Street",
        "The Payer",
        "Berlin, from the public internet",
        "third party",
        "Patient API 4.2",
        "2026-11-01",
        "one member with one claim",
        "a SHALL fails on one observation",
        "Ann Bo",
        "Cy Dee",
        "relate only to the item tested",
        "waivers that were given and do not count: 1",
        "The other reading",
        &digest,
        &own,
    ] {
        assert!(page.contains(part), "{part}");
    }
    let record: Value = serde_json::from_slice(&fs::read(desk.at("out/run.json")).expect("it is there")).expect("JSON");
    let readings = record["certification"]["readings"].as_array().expect("a list");
    assert!(readings.len() > 5 && readings.iter().any(|own| own["requirement"] == "carin-bb/exchange-1"), "{readings:?}");
    assert_eq!(fs::read_to_string(desk.at("out/selftest.json")).expect("it is there"), selftest);
    desk.verify(&["laboratory"], 0)
        .stdout_has("authorised by Ann Bo")
        .stdout_has("NOT REVIEWED yet")
        .stdout_has("the evidence holds");
    desk.verify(&["laboratory", "reviewer"], 1).stdout_has("not by the one that was given");
    let review = |key: &str, code: i32| Tool::new().args(["review", &desk.text("out"), "--sign", &desk.text(key)]).exits(code);
    review("stranger.pem", 2).stderr_has("names Cy Dee as its reviewer");
    review("reviewer.pem", 0).stdout_has("reviewed");
    review("reviewer.pem", 2).stderr_has("already");
    let printed = desk.verify(&["laboratory", "reviewer"], 0);
    printed.stdout_has("authorised by Ann Bo").stdout_has("reviewed by Cy Dee").stdout_lacks("NOT");
    desk.verify(&["stranger"], 1);
    // Evidence that was changed is neither verified nor reviewed.
    fs::write(desk.at("out/selftest.json"), selftest.replace("true", "false")).expect("it is our file");
    desk.verify(&["laboratory", "reviewer"], 1).stdout_has("selftest.json: it is not the one that run.json rests on");
    review("reviewer.pem", 1).stderr_has("does NOT hold");
}
