//! `carinbb serve`: says where it listens, and complains of what it cannot do.

use std::fs;
use std::time::Instant;

use serde_json::Value;

use super::tool::{Served, Tool};

#[test]
fn it_says_where_it_listens_writes_its_root_and_waits_as_asked() {
    let served = Served::new(["--fault", "soft-404", "--latency", "50ms"]);
    assert!(served.base.starts_with("https://localhost:") && served.base.ends_with("/fhir/r4"), "{:?}", served.lines);
    assert!(fs::read_to_string(served.ca()).expect("the root is written").starts_with("-----BEGIN CERTIFICATE-----"));
    let start = Instant::now();
    served.run().args(["discovery.unknown-path"]).exits(0).stdout_has("WARN discovery.unknown-path");
    assert!(start.elapsed().as_millis() >= 50, "each answer is late");
}

#[test]
fn what_it_cannot_do_is_2_with_a_reason() {
    Tool::new().args(["serve", "--fault", "soft-44"]).exits(2).stderr_has("did you mean 'soft-404'?");
    Tool::new().args(["serve", "--smart", "9"]).exits(2).stderr_has("2.2.0");
    Tool::new().args(["serve", "--ca-out", "no/such/ca.pem"]).exits(2).stderr_has("cannot write no/such/ca.pem");
    Tool::new().args(["serve", "--credentials-out", "no/such.json"]).exits(2).stderr_has("cannot write no/such.json");
    let served = Served::new([]);
    let port = served.base.split([':', '/']).nth(4).expect("the base has a port").to_owned();
    Tool::new().args(["serve", "--port", &port]).exits(2).stderr_has(&format!("port {port} on 127.0.0.1 cannot be bound"));
}

#[test]
fn it_writes_who_may_sign_in_for_the_owner_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("credentials.json");
    fs::write(&file, "older and longer than nothing").expect("the folder is writable");
    let served = Served::new(["--credentials-out", file.to_str().expect("the folder has a plain name")]);
    let known: Value = serde_json::from_str(&fs::read_to_string(&file).expect("the file is written")).expect("it is JSON");
    assert_eq!(known["base"], served.base);
    let kinds = |what: &str| -> Vec<&str> {
        known[what].as_array().into_iter().flatten().filter_map(|entry| entry["kind"].as_str()).collect()
    };
    assert_eq!(kinds("clients"), ["confidential", "second", "public", "asymmetric"]);
    assert_eq!(kinds("members"), ["first", "second", "dependant", "fourth"]);
    let secret = known["clients"][0]["client_secret"].as_str().expect("the confidential app has a secret");
    assert!(!served.lines.iter().any(|line| line.contains(secret)), "what is printed holds no secret: {:?}", served.lines);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&file).expect("the file is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "others can read it");
    }
}
