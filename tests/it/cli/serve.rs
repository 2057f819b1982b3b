//! `carinbb serve`: says where it listens, and complains of what it cannot do.

use std::fs;
use std::time::Instant;

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
    let served = Served::new([]);
    let port = served.base.split([':', '/']).nth(4).expect("the base has a port").to_owned();
    Tool::new().args(["serve", "--port", &port]).exits(2).stderr_has(&format!("port {port} on 127.0.0.1 cannot be bound"));
}
