//! Exit codes, what takes precedence, and what strictness changes.

use std::sync::Arc;

use carinbb::engine::record::Tested;
use carinbb::target::Declined;
use carinbb::vocabulary::Verdict;

use super::bench::{OK, case, get, options, peer, requirement, result, run, serving};

/// The exit codes by default, with `--strict` and with `--fail-on warn`.
async fn codes(steps: &[(&str, &str)], head: &str) -> [u8; 3] {
    let mut codes = [0; 3];
    for (at, code) in codes.iter_mut().enumerate() {
        let files = steps.iter().enumerate().map(|(number, (path, level))| {
            let row = format!("expect = [{{ that = \"status\", is = 200, requirement = \"guide/{level}\" }}]");
            case(&format!("c{number}"), head, &get("steps", path, &row))
        });
        let peer = peer().await;
        let mut options = options(&peer, files);
        (options.strict, options.fail_on_warn) = (at == 1, at == 2);
        *code = run(&options).await.claim.exit_code;
    }
    codes
}

#[tokio::test]
async fn each_exit_code_has_its_cause_and_a_finding_goes_before_what_could_not_be_seen() {
    for (steps, expected) in [
        (&[("200", "shall-1")][..], [0, 0, 0]),
        (&[("404", "shall-1")], [1, 1, 1]),
        (&[("404", "should-1")], [0, 1, 1]),
        (&[("404", "may-1")], [0, 0, 0]),
        (&[("503", "shall-1")], [3, 3, 3]),
        (&[("503", "should-1")], [0, 3, 0]),
        (&[("503", "shall-1"), ("404", "shall-2")], [1, 1, 1]),
        (&[("503", "shall-1"), ("404", "should-1")], [3, 1, 1]),
        (&[("200", "shall-1"), ("404", "unseen-1")], [3, 3, 3]),
        (&[("404", "udap-1")], [4, 4, 4]),
        (&[("404", "udap-1"), ("200", "shall-1")], [0, 0, 0]),
    ] {
        assert_eq!(codes(steps, "").await, expected, "{steps:?}");
    }
    assert_eq!(codes(&[("404", "shall-1")], "needs = [\"udap\"]").await, [4, 4, 4]);
    assert_eq!(codes(&[("200", "old-1")], "").await, [4, 4, 4], "a case without a requirement in force is not planned");
}

#[tokio::test]
async fn a_failure_outranks_an_error_of_the_same_requirement_and_both_results_are_named() {
    let peer = peer().await;
    let run =
        run(&options(&peer, [case("broken", "", &get("steps", "503", OK)), case("failed", "", &get("steps", "404", OK))])).await;
    let own = requirement(&run, "shall-1");
    assert_eq!(own.verdict, Some(Verdict::Fail));
    assert_eq!(own.cases, ["a.broken", "a.failed"]);
    assert_eq!(result(&run, "a.broken").verdict, Verdict::Error);
    assert_eq!((run.claim.tested, run.claim.met, run.claim.not_met, run.claim.undetermined), (1, 0, 1, 0));
}

#[tokio::test]
async fn conformant_is_said_only_when_every_demand_was_tested_and_met() {
    let all = r#"expect = [{ that = "status", is = 200, requirement = ["guide/shall-1", "guide/shall-2", "guide/shall-3", "guide/udap-1", "guide/launch-1", "guide/unseen-1"] }]"#;
    let most = all.replace("\"guide/shall-3\", ", "");
    let peer = peer().await;
    let whole = run(&options(&peer, [case("all", "", &get("steps", "200", all))])).await;
    assert!(whole.claim.conformant && whole.claim.text.contains("conformant"), "{}", whole.claim.text);
    let part = run(&options(&peer, [case("most", "", &get("steps", "200", &most))])).await;
    assert!(!part.claim.conformant && !part.claim.text.contains("conformant"), "{}", part.claim.text);
    let mut selected = options(&peer, [case("all", "", &get("steps", "200", all))]);
    selected.selection.select = vec!["a".into()];
    assert!(!run(&selected).await.claim.conformant, "a part that was chosen by hand speaks for itself alone");
}

#[tokio::test]
async fn what_the_operator_declines_is_left_out_by_name_and_never_conformant_nor_exit_3() {
    let peer = peer().await;
    let declined = |needs: &str| {
        let reason = "one synthetic member only".to_owned();
        vec![Declined { needs: needs.into(), reason, by: "API owner".into() }]
    };
    let signs_in =
        "[[setup]]\ntitle = \"Sign in\"\ndo = \"oauth.authorize\"\nwith = { member = \"second\", scopes = [\"openid\"] }\n";
    let files = || {
        let one = serving("shall-1", case("one", "", &get("steps", "200", OK)));
        let step = get("steps", "200", &OK.replace("shall-1", "shall-2"));
        let two = serving("shall-2", case("two", "", &format!("{signs_in}{step}")));
        [one, two]
    };
    let missing = run(&options(&peer, files())).await;
    assert_eq!(missing.claim.exit_code, 3, "an input that is missing blocks");
    let mut options = options(&peer, files());
    Arc::make_mut(&mut options.target).declined = declined("member.second");
    let run = run(&options).await;
    assert_eq!(run.claim.exit_code, 0, "{}", run.claim.text);
    assert!(!run.claim.conformant && run.claim.text.contains("1 declined by the operator"), "{}", run.claim.text);
    assert_eq!(requirement(&run, "shall-2").tested, Tested::Declined);
    let left_out = run.not_selected.iter().find(|left_out| left_out.case == "a.two").unwrap();
    assert_eq!((left_out.kind.as_str(), left_out.reason.contains("API owner")), ("declined", true));
}
