//! `needs` of a case and conditions of a rule: claimed, not claimed, unknown.

use carinbb::vocabulary::Verdict;
use serde_json::{Value, json};

use super::bench::{OK, by_path, case, get, options, requirement, result, rows, run, word};
use super::peer::Peer;

async fn verdicts(smart: Value, needs: &[&str]) -> Vec<Verdict> {
    let peer = Peer::start(smart, by_path).await;
    let files = needs
        .iter()
        .enumerate()
        .map(|(at, needs)| case(&format!("c{at}"), &format!("needs = [{needs}]"), &get("steps", "200", OK)));
    let run = run(&options(&peer, files)).await;
    let passed = run.cases.iter().filter(|case| case.verdict == Verdict::Pass).count();
    assert_eq!(peer.paths().len(), passed, "a gated case sends nothing");
    assert!(run.cases.iter().all(|case| case.reason.is_empty() == (case.verdict == Verdict::Pass)));
    run.cases.iter().map(|case| case.verdict).collect()
}

#[tokio::test]
async fn needs_decide_between_running_not_applicable_and_blocked() {
    use Verdict::{Blocked, NotApplicable, Pass};
    let needs = [
        "\"smart.launch-ehr\"",
        "\"smart.client-public\"",
        "\"udap\"",
        "\"smart.patient-context\"",
        "\"smart.patient-context\", \"udap\"",
        "\"smart.client-public\", \"udap\"",
    ];
    let claimed = json!({ "capabilities": ["launch-ehr", "client-public"] });
    assert_eq!(verdicts(claimed, &needs).await, [Pass, Pass, NotApplicable, Blocked, NotApplicable, NotApplicable]);
    let not_claimed = json!({ "capabilities": [] });
    assert_eq!(
        verdicts(not_claimed, &needs).await,
        [NotApplicable, Blocked, NotApplicable, Blocked, NotApplicable, NotApplicable]
    );
    assert_eq!(verdicts(Value::Null, &needs).await, [Blocked, Blocked, NotApplicable, Blocked, NotApplicable, NotApplicable]);
}

#[tokio::test]
async fn a_rule_counts_only_where_its_condition_is_known_to_hold() {
    use Verdict::{Blocked, Fail, NotApplicable, Pass};
    let files = || {
        [("met", "200"), ("missed", "404")].map(|(name, path)| {
            let row = r#"expect = [{ that = "status", is = 200, requirement = ["guide/launch-1", "guide/unseen-1"] }]"#;
            case(name, "", &get("steps", path, row))
        })
    };
    for (smart, met, missed) in [
        (json!({ "capabilities": ["launch-ehr"] }), [Pass, Pass], [Fail, Blocked]),
        (json!({ "capabilities": [] }), [NotApplicable, Pass], [NotApplicable, Blocked]),
        (Value::Null, [Pass, Pass], [Blocked, Blocked]),
    ] {
        let peer = Peer::start(smart.clone(), by_path).await;
        let run = run(&options(&peer, files())).await;
        for (label, verdicts) in [("a.met", met), ("a.missed", missed)] {
            let row = rows(result(&run, label))[0];
            let own: Vec<Verdict> = row.judgements.iter().map(|judgement| judgement.verdict).collect();
            assert_eq!(own, verdicts, "{label} {smart}");
            assert_eq!(word(row), if label == "a.met" { "met" } else { "not-met" }, "what was seen stays as it was seen");
        }
        assert_eq!(requirement(&run, "launch-1").verdict, Some(met[0].max(missed[0])), "{smart}");
    }
}
