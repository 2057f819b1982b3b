//! Which clients the cases of UDAP register at the same time, and which never.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::tool::Tool;

/// A server that takes no second certificate from a client would refuse the control that all cases share.
#[test]
fn the_control_that_cases_share_is_the_same_in_all_of_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testcases");
    let mut shared = 0;
    for entry in fs::read_dir(root.join("udap")).expect("the area is there") {
        let path = entry.expect("a file of the area").path();
        let case: toml::Table = fs::read_to_string(&path).expect("it can be read").parse().expect("it is TOML");
        let controls = case.get("control").and_then(toml::Value::as_array).into_iter().flatten();
        for with in controls.filter_map(|step| step.get("with")?.as_table()) {
            if with.get("client").and_then(toml::Value::as_str) == Some("control") {
                shared += 1;
                assert!(with.len() == 1, "{} registers the control of all others in another way", path.display());
            }
        }
    }
    assert!(shared > 0, "the test looks at nothing");
}

/// When each result of a case began and ended, in milliseconds of the run, by its variant.
fn times(case: &str) -> Vec<(String, u64, u64)> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("run.json");
    let report = format!("json={}", file.display());
    Tool::new().args(["run", "--demo", case, "-q", "--in-flight", "32", "--report", &report]).exits(0);
    let run: Value = serde_json::from_str(&fs::read_to_string(&file).expect("the record was written")).expect("it is JSON");
    let time = |result: &Value, name: &str| result[name].as_u64().expect("milliseconds");
    let results = run["cases"].as_array().expect("a list of results").iter().map(|result| {
        let begun = time(result, "started_ms");
        (result["variant"].as_str().expect("a variant").to_owned(), begun, begun + time(result, "elapsed_ms"))
    });
    results.collect()
}

/// Where two registered one URI at once, whichever came first would decide what the other sees.
#[test]
fn results_that_register_one_uri_go_one_after_another_and_others_beside_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testcases/udap/registration-tolerance.toml");
    let case: toml::Table = fs::read_to_string(path).expect("it can be read").parse().expect("it is TOML");
    let variants = case["each"]["variant"].as_array().expect("a list of variants");
    let client_of = |name: &str| {
        let variant = variants.iter().find(|variant| variant["name"].as_str() == Some(name)).expect("the variant is there");
        variant["client"].as_str().expect("the word of a client").to_owned()
    };
    let mut lanes: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    for (variant, begun, ended) in times("udap.registration-tolerance") {
        lanes.entry(client_of(&variant)).or_default().push((begun, ended));
    }
    // What registers a URI that nothing else has ever had waits for nobody.
    lanes.remove("fresh");
    assert!(lanes.len() >= 3 && lanes.values().all(|lane| lane.len() >= 2), "{lanes:?}");
    for lane in lanes.values_mut() {
        lane.sort_unstable();
        assert!(lane.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{lane:?}");
    }
    let firsts: Vec<(u64, u64)> = lanes.values().map(|lane| lane[0]).collect();
    assert!(
        firsts.iter().any(|one| firsts.iter().any(|other| one != other && one.0 <= other.1 && other.0 <= one.1)),
        "{firsts:?}"
    );
}

/// Each has an assertion of its own, and nothing that one does changes what another sees.
#[test]
fn results_that_ask_for_tokens_of_one_client_go_side_by_side() {
    let mut results = times("udap.token-tolerance");
    results.sort_by_key(|(_, begun, _)| *begun);
    let (_, _, first_ended) = results[0];
    let beside = results.iter().filter(|(_, begun, _)| *begun <= first_ended).count();
    assert!(beside >= 8, "{results:?}");
}
