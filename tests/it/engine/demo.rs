//! The whole suite against the reference server: the same verdicts every time, and a record that holds together.

use std::collections::BTreeSet;
use std::time::Duration;

use carinbb::engine::Run;
use carinbb::reference::{self, Running};
use carinbb::vocabulary::{FaultName, Verdict};

use super::bench::{result, run, whole_suite, whole_suite_and};

const PATIENT: Duration = Duration::from_secs(10);

async fn start(faults: &[&str]) -> Running {
    let faults = faults.iter().map(|name| FaultName::parse(name).unwrap()).collect();
    reference::start(reference::Options { faults, ..reference::Options::default() }).await.unwrap()
}

/// Everything that a verdict rests on, without ports, times and random values.
fn verdicts(run: &Run) -> Vec<(String, String, Verdict)> {
    let of_case = |case: &carinbb::engine::record::CaseResult| {
        let label = case.label();
        let judged = case.judgements().map(move |(_, own)| (label.clone(), own.requirement.clone(), own.verdict));
        judged.collect::<Vec<_>>()
    };
    let judged = run.cases.iter().flat_map(of_case);
    let requirements = run.requirements.iter().filter_map(|own| Some((String::new(), own.id.clone(), own.verdict?)));
    judged.chain(requirements).collect()
}

#[tokio::test]
async fn verdicts_are_the_same_with_any_number_of_slots_and_in_ten_runs_in_a_row() {
    let server = start(&["open-patient", "tls-1.1-enabled", "challenge-missing"]).await;
    let mut first = None;
    for slots in [1, 32, 32, 32, 32, 6, 32, 32, 32, 2] {
        let mut options = whole_suite(&server, "carin-bb-2.2.0", PATIENT);
        options.slots = slots;
        let own = verdicts(&run(&options).await);
        assert!(
            own.iter().any(|(_, _, verdict)| *verdict == Verdict::Fail)
                && own.iter().any(|(_, _, verdict)| *verdict == Verdict::Pass)
        );
        assert_eq!(*first.get_or_insert_with(|| own.clone()), own, "{slots} slots");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_record_survives_json_names_evidence_that_is_there_and_holds_no_token() {
    let server = start(&["open-patient"]).await;
    let run = run(&whole_suite(&server, "carin-bb-2.2.0", PATIENT)).await;
    let text = serde_json::to_string(&run).unwrap();
    let again: Run = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&run).unwrap());
    let there: BTreeSet<&str> = run.evidence.iter().map(|own| own.id.as_str()).collect();
    assert_eq!(there.len(), run.evidence.len(), "an id names one exchange");
    let named: BTreeSet<&str> =
        run.cases.iter().flat_map(|case| &case.steps).flat_map(|step| &step.evidence).map(String::as_str).collect();
    assert!(!named.is_empty() && named.is_subset(&there), "{:?}", named.difference(&there).collect::<Vec<_>>());
    let acted = run.cases.iter().flat_map(|case| &case.steps).filter(|step| step.done && step.verb.starts_with("http."));
    acted.for_each(|step| assert!(!step.evidence.is_empty(), "{} shows nothing", step.title));
    server.stop().await;
}

#[tokio::test]
async fn no_text_of_a_record_holds_an_access_token_that_was_sent_and_echoed() {
    let server = start(&[]).await;
    let token = server.access_token();
    let value = token.expose();
    let body = format!(
        "[[steps]]\ntitle = \"Read\"\ndo = \"http.get\"\nwith = {{ url = \"Patient/{}?t={value}\", bearer = \"{value}\", \
         headers = {{ x-token = \"{value}\" }} }}\nexpect = [{{ that = \"status\", is = 200, requirement = \"carin-bb/general-3\" }}]\n",
        server.member_patient_id()
    );
    let head =
        "id = \"access.sends-token\"\ntitle = \"t\"\nwhy = \"w\"\nrequirements = [\"carin-bb/general-3\"]\nfaults = [\"x\"]\n";
    let options = whole_suite_and(&server, PATIENT, [("access/sends-token.toml".to_owned(), format!("{head}{body}"))]);
    options.world.redactor.register(&token);
    let run = run(&options).await;
    let own = result(&run, "access.sends-token");
    assert_eq!(own.verdict, Verdict::Pass, "the token was not sent, so nothing was shown: {}", own.reason);
    let text = serde_json::to_string(&run).unwrap();
    assert!(!text.contains(value), "the record holds the token");
    server.stop().await;
}
