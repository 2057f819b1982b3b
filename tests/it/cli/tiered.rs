//! Tiered OAuth between two processes over TLS: the reference server as the data holder, and a run that is client and identity
//! provider.

use std::fs;
use std::net::TcpListener;

use serde_json::Value;
use tempfile::TempDir;

use super::tool::{Served, Tool};

const COMMUNITY: &str = "urn:test:community";

/// A laboratory, a data holder that trusts it, and the target file of a run with a provider of its own.
struct Scene {
    folder: TempDir,
    served: Served,
}

impl Scene {
    fn new(provider: bool, faults: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (lab, target, roots) = (path("lab"), path("target.toml"), path("udap-roots.pem"));
        Tool::new().args(["pki", "init", &lab]).exits(0);
        let root = path("lab/root.pem");
        let mut flags = vec!["--target-out", &target, "--udap-ca-out", &roots, "--udap-anchors", &root];
        flags.extend(["--udap-community", COMMUNITY]);
        flags.extend(faults.iter().flat_map(|fault| ["--fault", *fault]));
        let served = Served::new(flags);
        let mut ours = format!("\n[udap]\npki = \"{lab}\"\nanchors = [\"{roots}\"]\ncommunities = [\"{COMMUNITY}\"]\n");
        if provider {
            let port = free_port();
            ours += &format!(
                "\n[identity_provider]\nurl = \"https://localhost:{port}/op\"\nbind = \"127.0.0.1:{port}\"\ntls = \"laboratory\"\n"
            );
        }
        let theirs = fs::read_to_string(&target).expect("serve wrote the target file");
        fs::write(&target, theirs + &ours).expect("the folder is writable");
        Self { folder, served }
    }

    /// The record of a run of these cases.
    fn run(&self, cases: &str, code: i32) -> Value {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let (target, record, ca) = (path("target.toml"), path("run.json"), self.served.ca().display().to_string());
        let report = format!("json={record}");
        Tool::new()
            .args(["run", "--target", &target, "--ca-file", &ca, "--select", cases, "--quiet", "--report", &report])
            .exits(code);
        serde_json::from_str(&fs::read_to_string(record).expect("the record was written")).expect("the record is JSON")
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

fn verdicts(record: &Value) -> Vec<String> {
    let cases = record["cases"].as_array().into_iter().flatten();
    cases.map(|case| format!("{} {} {}", case["case"], case["variant"], case["verdict"]).replace('"', "")).collect()
}

/// The address of the provider is the same in both runs, so in the second the data holder knows it and does not register again.
#[test]
fn two_processes_sign_a_member_in_and_a_second_run_finds_the_data_holder_registered() {
    let scene = Scene::new(true, &[]);
    for _ in 0..2 {
        let record = scene.run("tiered.login,tiered.provider-contact,tiered.provider-metadata,tiered.announced", 0);
        let verdicts = verdicts(&record);
        assert!(verdicts.iter().all(|case| case.ends_with(" pass")), "{verdicts:?}");
        assert!(verdicts.len() >= 9, "{verdicts:?}");
        assert_eq!(record["left_behind"], serde_json::json!([]));
    }
}

#[test]
fn what_a_data_holder_overlooks_is_seen_from_another_process() {
    let scene = Scene::new(true, &["tiered-id-token-of-other-certificate-taken"]);
    let record = scene.run("tiered.id-token", 1);
    let failed: Vec<String> = verdicts(&record).into_iter().filter(|case| !case.ends_with(" pass")).collect();
    assert_eq!(failed, ["tiered.id-token is signed with the certificate of another fail"]);
}

#[test]
fn without_an_identity_provider_the_cases_are_not_selected_and_say_why() {
    let scene = Scene::new(false, &[]);
    let record = scene.run("tiered", 4);
    let left_out = record["not_selected"].as_array().expect("a list");
    let of_provider: Vec<&Value> = left_out.iter().filter(|case| case["kind"] == "identity-provider").collect();
    assert!(of_provider.len() >= 19, "{}", of_provider.len());
    assert!(of_provider.iter().all(|case| case["reason"].as_str().expect("a reason").contains("[identity_provider]")));
}
