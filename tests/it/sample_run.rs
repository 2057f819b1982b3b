//! Run records for tests: one with every verdict, and the same with hostile text wherever a target can put any.

use carinbb::engine::Run;
use carinbb::engine::record::{
    AssertionResult, CaseResult, Claim, Clause, EvidenceRecord, Header, Judgement, NotSelected, OutcomeRecord, Phase,
    PlannedCase, ProfileChoice, RequirementResult, SCHEMA, Setting, SignInPageRecord, StepResult, Tested, Traffic, VersionChoice,
};
use carinbb::vocabulary::{Cause, Mismatch, Strength, Verdict};

/// What a hostile server might send.
pub(crate) const HOSTILE: &str = "]]></failure></testcase><testcase name=\"forged\"/><![CDATA[ \u{1b}[2J\u{0}\u{fffe}\u{202e} \
     \\ud800 &#0; ::error::owned ##[error]owned [[ATTACHMENT|/etc/passwd]] \r\n</system-out>";

/// A run with each of the seven verdicts.
pub(crate) fn sample() -> Run {
    with_target_text(str::to_owned)
}

/// The same after a hostile target had its say.
pub(crate) fn hostile() -> Run {
    with_target_text(|text| format!("{text} {HOSTILE}"))
}

/// The plan that the run came from.
pub(crate) fn plan(run: &Run) -> Vec<PlannedCase> {
    let planned = |case: &CaseResult| PlannedCase {
        case: case.case.clone(),
        variant: case.variant.clone(),
        title: case.title.clone(),
        file: case.file.clone(),
        requirements: case.requirements.clone(),
        requests: 2,
        probes: 3,
        authorizations: 0,
        waits: 0,
    };
    run.cases.iter().map(planned).collect()
}

fn with_target_text(text: impl Fn(&str) -> String) -> Run {
    Run {
        header: header(&text),
        complete: true,
        finished: "2026-11-24T10:00:09Z".into(),
        traffic: Traffic { planned_requests: 20, sent_requests: 17, planned_probes: 12, sent_probes: 12, ..Traffic::default() },
        cases: cases(&text),
        not_selected: vec![
            not_selected("token.refresh", "no login strategy is given"),
            not_selected("token.rotation", "no login strategy is given"),
            not_selected("access.write", "the target file grants no authority"),
        ],
        requirements: requirements(),
        claim: Claim {
            text: "Tested 4 of 9 SHALL: 1 met, 1 not met, 2 undetermined. Not tested: 3 by attestation, 2 need a login.".into(),
            conformant: false,
            shall: 9,
            tested: 2,
            met: 1,
            not_met: 1,
            undetermined: 2,
            waived: 0,
            attested: 0,
            denied: 0,
            not_applicable: 4,
            not_tested: vec![("by attestation".into(), 3), ("need a login".into(), 2)],
            exit_code: 1,
        },
        basis: None,
        waivers: Vec::new(),
        attestations: Vec::new(),
        certification: None,
        joined: None,
        left_behind: vec![text("client registration 8c1f")],
        not_exercised: Vec::new(),
        evidence: vec![EvidenceRecord {
            id: "0042-tls".into(),
            exchange: serde_json::json!({ "alert": text("none"), "version": "TLS 1.1" }),
            reproduce:
                "openssl s_client -connect payer.example:443 -servername payer.example -tls1_1 -cipher DEFAULT:@SECLEVEL=0".into(),
        }],
        certificates: Vec::new(),
        sign_in_pages: vec![SignInPageRecord {
            address: "https://login.payer.example/consent".into(),
            title: text("Share your data"),
            purpose: "asks for consent".into(),
            case: "launch.standalone".into(),
            text: text("Welcome ‹…› Claims Companion asks to read your data for 60 minutes"),
            buttons: vec!["Allow".into(), text("Deny")],
        }],
    }
}

fn header(text: impl Fn(&str) -> String) -> Header {
    Header {
        hindrance: None,
        schema: SCHEMA.into(),
        run: "6f2c1f0e-7a55-4f0c-9d0b-3f0b6c1d2e4f".into(),
        started: "2026-11-24T10:00:00.25Z".into(),
        tool: "0.1.0".into(),
        suite: "5d41402abc4b2a76b9719d911017c592".into(),
        target: "https://payer.example/fhir".into(),
        environment: "staging".into(),
        fingerprint: None,
        profiles: vec![ProfileChoice { id: "carin-bb-2.2.0".into(), title: "CARIN BB 2.2.0".into(), why: "the latest".into() }],
        smart: VersionChoice { version: "2.0.0".into(), declared: false, why: text("found: permission-v2; not declared") },
        udap: None,
        notes: vec![text("The server names CARIN BB 2.0.0, which is superseded; its results are judged by 2.2.0 as asked.")],
        settings: vec![Setting { name: "rate".into(), value: "5/s".into(), origin: "default".into() }],
    }
}

fn not_selected(case: &str, reason: &str) -> NotSelected {
    let requirements = vec!["smart-app-launch/refresh-2".into()];
    NotSelected { case: case.into(), title: "A title".into(), reason: reason.into(), kind: "login".into(), requirements }
}

fn requirements() -> Vec<RequirementResult> {
    use Strength::{Shall, Should};
    let row = |id: &str, strength, tested, verdict, reading: Option<&str>| RequirementResult {
        id: id.into(),
        level: Strength::Shall,
        strength,
        caps: if strength == Strength::Shall { Vec::new() } else { vec!["it stands in another SMART version".into()] },
        summary: format!("The rule {id} in our words"),
        url: format!("https://hl7.example/{id}"),
        reading: reading.map(str::to_owned),
        tested,
        verdict,
        attested: None,
        waived: false,
        cases: Vec::new(),
    };
    vec![
        row("carin-bb/exchange-1", Shall, Tested::Fully, Some(Verdict::Fail), Some("TLS 1.1 is allowed while nothing is read")),
        row("smart-app-launch/discovery-3", Should, Tested::Fully, Some(Verdict::Warn), None),
        row("fhir-security/errors-1", Shall, Tested::Fully, Some(Verdict::Error), None),
        row("carin-bb/privacy-4", Shall, Tested::Attestation, None, None),
    ]
}

fn cases(text: &dyn Fn(&str) -> String) -> Vec<CaseResult> {
    let held = step(
        Phase::Step,
        1,
        vec![assertion(
            Clause::Expect,
            OutcomeRecord::Met,
            vec![judgement("carin-bb/exchange-1", Strength::Shall, Verdict::Pass)],
        )],
    );
    vec![
        case("tls.versions", "token", "Only TLS 1.2 and 1.3 are negotiated", Verdict::Pass, "", vec![held]),
        failed(text),
        warned(text),
        case(
            "discovery.udap",
            "",
            "UDAP metadata is well formed",
            Verdict::NotApplicable,
            &text("the target does not offer UDAP"),
            Vec::new(),
        ),
        blocked(text),
        errored(text),
        case(
            "access.metadata-public",
            "",
            "The statement is readable by everybody",
            Verdict::Note,
            &text("a MAY that is not used"),
            Vec::new(),
        ),
    ]
}

fn failed(text: &dyn Fn(&str) -> String) -> CaseResult {
    let outcome = OutcomeRecord::NotMet(Mismatch { expected: "is false".into(), actual: text("true: ServerHello with TLS 1.1") });
    let mut assertion =
        assertion(Clause::Expect, outcome, vec![judgement("carin-bb/exchange-1", Strength::Shall, Verdict::Fail)]);
    assertion.because = Some("TLS 1.1 is deprecated since RFC 8996".into());
    assertion.seen = Some(serde_json::json!({ "accepted": text("true") }));
    let steps = vec![step(Phase::Control, 1, Vec::new()), step(Phase::Step, 2, vec![assertion])];
    let reason = text("TLS 1.1 was accepted");
    let mut case = case("tls.versions", "registration", "Only TLS 1.2 and 1.3 are negotiated", Verdict::Fail, &reason, steps);
    case.variant = text("registration");
    case.flaky = true;
    case
}

fn warned(text: &dyn Fn(&str) -> String) -> CaseResult {
    let outcome =
        OutcomeRecord::NotMet(Mismatch { expected: "contains permission-v2".into(), actual: text("[\"launch-standalone\"]") });
    let judgements = vec![judgement("smart-app-launch/discovery-3", Strength::Should, Verdict::Warn)];
    let steps = vec![step(Phase::Step, 1, vec![assertion(Clause::Expect, outcome, judgements)])];
    let reason = text("permission-v2 is not listed");
    case("discovery.smart-configuration", "", "The configuration lists what the server can do", Verdict::Warn, &reason, steps)
}

fn blocked(text: &dyn Fn(&str) -> String) -> CaseResult {
    let mismatch = Mismatch { expected: "is 200".into(), actual: text("503") };
    let premise = assertion(Clause::Premise, OutcomeRecord::NotMet(mismatch), Vec::new());
    let cause = || Cause::new("premise", text("the control request did not succeed"));
    let judgements = |id: &str| vec![judgement(id, Strength::Shall, Verdict::Blocked)];
    let unreached = |id: &str| assertion(Clause::Expect, OutcomeRecord::NotReached(cause()), judgements(id));
    let steps = vec![
        step(Phase::Control, 1, vec![premise]),
        step(Phase::Step, 2, vec![unreached("fhir-security/errors-1"), unreached("carin-bb/exchange-1")]),
    ];
    let reason = text("the control request did not succeed");
    case("access.no-token", "ExplanationOfBenefit", "Data is not given without a token", Verdict::Blocked, &reason, steps)
}

fn errored(text: &dyn Fn(&str) -> String) -> CaseResult {
    let cause = Cause::new("timeout", text("no answer within 30 s"));
    let outcome = OutcomeRecord::Broken(cause.clone());
    let judgements = vec![judgement("fhir-security/errors-1", Strength::Shall, Verdict::Error)];
    let mut step = step(Phase::Step, 1, vec![assertion(Clause::Expect, outcome, judgements)]);
    step.broken = Some(cause);
    case("access.wrong-token", "", "A made-up token is refused", Verdict::Error, &text("no answer within 30 s"), vec![step])
}

fn case(id: &str, variant: &str, title: &str, verdict: Verdict, reason: &str, steps: Vec<StepResult>) -> CaseResult {
    let elapsed = if steps.is_empty() { 0 } else { 412 };
    CaseResult {
        case: id.into(),
        variant: variant.into(),
        title: title.into(),
        file: format!("testcases/{}.toml", id.replace('.', "/")),
        requirements: vec!["carin-bb/exchange-1".into()],
        verdict,
        reason: reason.into(),
        started_ms: 1_200,
        elapsed_ms: elapsed,
        flaky: false,
        elsewhere: false,
        settled_by: None,
        steps,
    }
}

fn step(phase: Phase, number: usize, assertions: Vec<AssertionResult>) -> StepResult {
    StepResult {
        phase,
        number,
        title: "Offer TLS 1.1".into(),
        verb: "tls.probe".into(),
        place: "testcases/tls/versions.toml:30".into(),
        done: true,
        broken: None,
        elapsed_ms: 200,
        evidence: vec!["0042-tls".into()],
        assertions,
    }
}

fn assertion(clause: Clause, outcome: OutcomeRecord, judgements: Vec<Judgement>) -> AssertionResult {
    AssertionResult {
        clause,
        that: "answer.accepted".into(),
        expected: "is as it should be".into(),
        seen: None,
        outcome,
        because: None,
        judgements,
        comparison: None,
        excuses: false,
        missed: Vec::new(),
        place: "testcases/tls/versions.toml:42".into(),
    }
}

fn judgement(requirement: &str, strength: Strength, verdict: Verdict) -> Judgement {
    Judgement { requirement: requirement.into(), strength, verdict, condition: None, waived: false }
}
