//! With a fault the demo shows the declared finding at its level, with the requirement and the line of the case.

use std::fs;
use std::path::Path;

use super::tool::Tool;

#[test]
fn each_of_these_faults_gives_its_finding_at_its_level_with_requirement_and_line() {
    let rows = [
        ("tls-1.1-enabled", "FAIL", "tls.versions", "carin-bb/exchange-1 (SHALL)"),
        ("certificate-expired", "FAIL", "tls.certificate", "carin-bb/general-3 (SHALL)"),
        ("smart-configuration-missing", "FAIL", "discovery.smart-configuration", "carin-bb/discovery-2 (SHALL)"),
        ("metadata-missing", "FAIL", "discovery.capability-statement", "carin-bb/capability-statement-3 (SHALL)"),
        ("smart-no-issuer", "FAIL", "discovery.smart-issuer", "smart-app-launch/metadata-1 (SHALL)"),
        ("smart-scopes-supported-empty", "FAIL", "scopes.supported", "carin-bb/discovery-3 (SHALL)"),
        ("soft-404", "WARN", "discovery.unknown-path", "advice/soft-404-1 (SHOULD)"),
        ("cors-missing-on-metadata", "WARN", "discovery.cors", "smart-app-launch/cors-1 (SHOULD)"),
        ("metadata-duplicate-keys", "WARN", "discovery.duplicate-keys", "advice/duplicate-keys-1 (SHOULD)"),
        ("hostile-date-1970", "WARN", "discovery.clock", "fhir-security/time-1 (SHOULD)"),
    ];
    for (fault, word, case, requirement) in rows {
        let code = i32::from(word == "FAIL");
        let printed = Tool::new().args(["run", "--demo", case, "--fault", fault]).exits(code);
        let printed = printed.stdout_has(&format!("{word} {case}")).stdout_has(requirement);
        assert!(names_the_line(&printed.stdout, case), "{fault}\n{}", printed.stdout);
        // The same case without the fault is no finding: the fault it is that shows.
        Tool::new().args(["run", "--demo", case]).exits(0).stdout_lacks("FAIL").stdout_lacks("WARN");
    }
}

/// What a gateway keeps from the cases without a login is settled beside a token; a pipeline that reads a report must see it so.
#[test]
fn a_gateway_that_refuses_every_path_alike_is_green_in_every_format() {
    let gateway = ["--demo", "--fault", "gateway-401-everywhere"];
    let written = ["--report", "junit=j.xml", "--report", "tap=t.tap", "--report", "fhir=f.json"];
    let cases = ["access.without-token", "access.made-up-token", "access.refusal-is-no-crash", "access.beside-read"];
    let printed = Tool::new().args(["run"]).args(gateway).args(cases).args(written).exits(0);
    let (junit, tap, fhir) = (printed.written("j.xml"), printed.written("t.tap"), printed.written("f.json"));
    assert!(junit.contains(r#"errors="0""#) && junit.contains("settled by access.beside-read"), "{junit}");
    assert!(!tap.contains("\nnot ok") && tap.contains("# SKIP settled by access.beside-read"), "{tap}");
    let reports: Vec<serde_json::Value> =
        serde_json::from_str::<serde_json::Value>(&fhir).expect("JSON")["entry"].as_array().expect("entries").clone();
    let results: Vec<&serde_json::Value> = reports.iter().map(|entry| &entry["resource"]["result"]).collect();
    assert!(results.iter().all(|result| *result == "pass" || *result == "pending"), "{results:?}");
    // Alone they stay open: nothing shows that the server behind would serve anybody.
    Tool::new()
        .args(["run"])
        .args(gateway)
        .args(cases[..3].iter().copied())
        .args(written)
        .exits(3)
        .stdout_has("BLOCK access.without-token");
}

/// True when the output names a line of the file of the case that has an assertion on it.
fn names_the_line(printed: &str, case: &str) -> bool {
    let path = format!("testcases/{}.toml", case.replace('.', "/"));
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path)).expect("the case is there");
    let lines: Vec<&str> = text.lines().collect();
    let mark = format!("{path}:");
    let named = printed.split(&mark).skip(1);
    let numbers = named.filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok());
    numbers.into_iter().any(|number| number.checked_sub(1).and_then(|at| lines.get(at)).is_some_and(|line| line.contains("that")))
}
