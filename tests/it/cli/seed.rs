//! `--seed`: two runs against one server say the same, but for times.

use serde_json::Value;

use super::tool::Served;

/// Without what depends on the clock, on which of two cases came first, or on what the server signs anew for each answer.
fn without_times(value: &mut Value) {
    const TIMES: [&str; 10] =
        ["started", "finished", "started_ms", "elapsed_ms", "evidence", "date_skew_seconds", "at", "jti", "iat", "exp"];
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !TIMES.contains(&name.as_str()));
            members.values_mut().for_each(without_times);
        }
        Value::Array(items) => items.iter_mut().for_each(without_times),
        _ => {}
    }
}

#[test]
fn two_runs_with_one_seed_give_the_same_record_but_for_times() {
    let served = Served::new([]);
    let run = |seed: &str| {
        let mut record = served.run().args(["--format", "json", "--seed", seed, "--in-flight", "1"]).exits(0).json();
        let sent = record["evidence"].as_array().map(Vec::len);
        without_times(&mut record);
        (record, sent)
    };
    let (first, again, other) = (run("7"), run("7"), run("8"));
    assert_eq!(first, again);
    assert_eq!(first.0["header"]["run"], again.0["header"]["run"]);
    assert_ne!(first.0["header"]["run"], other.0["header"]["run"], "another seed gives another run id");
}
