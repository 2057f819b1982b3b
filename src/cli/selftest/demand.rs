//! What must be proved: which server state under which profile, and which findings it must and must not give.

use crate::engine::record::{CaseResult, Clause};
use crate::engine::{Run, is_settled_elsewhere, replay};
use crate::reference::{Fault, FaultKind, faults};
use crate::testcase::{Suite, Variant, expand};
use crate::verbs::{self, Effect};
use crate::vocabulary::Verdict;

/// One run of the selftest.
#[derive(Debug, Clone)]
pub struct Demand {
    /// The fault that is on; absent for the clean server.
    pub fault: Option<&'static Fault>,
    /// The profile.
    pub profile: String,
    /// The value of `--smart`, when the fault needs one.
    pub smart: Option<String>,
    /// True when a client is observed, and the fault is one of the client.
    pub client: bool,
}

/// What came of a demand.
#[derive(Debug, Clone)]
pub struct Proof {
    /// What was demanded.
    pub demand: Demand,
    /// Every finding: label and verdict.
    pub findings: Vec<(String, Verdict)>,
    /// What is wrong, in sentences; empty when the demand is met.
    pub problems: Vec<String>,
    /// The results that passed.
    pub passed: Vec<String>,
    /// Milliseconds that it took.
    pub elapsed_ms: u64,
    /// False when only the cases were run that the fault can matter to.
    pub whole: bool,
}

impl Demand {
    /// `clean`, or the name of the fault.
    #[must_use]
    pub fn name(&self) -> &str {
        let right = if self.client { "(a right client)" } else { "(no fault)" };
        self.fault.map_or(right, |fault| fault.name)
    }

    /// The area or case by which alone the demand is judged, where there is one.
    #[must_use]
    pub fn judged_by(&self) -> Option<&'static str> {
        self.fault.filter(|fault| fault.kind == FaultKind::Degenerate).and_then(judged_by)
    }

    /// Compares a finished run with what must be.
    #[must_use]
    pub fn compare(&self, run: &Run, suite: &Suite) -> Vec<String> {
        let mut differences = match self.fault.map(|fault| (fault, fault.kind)) {
            None | Some((_, FaultKind::Quirk)) => clean(run),
            Some((fault, FaultKind::Fault)) => broken(fault, run, suite),
            Some((fault, FaultKind::Degenerate)) => degenerate(fault, run),
            Some((_, FaultKind::Hostile)) => hostile(run),
        };
        // Whatever was found has to follow from the facts in the record.
        differences.extend(replay(run).differences);
        differences
    }
}

/// The clean server under every profile, then every fault under its profiles.
#[must_use]
pub fn demands(profiles: &[String], suite: &Suite, wanted: &[String]) -> Vec<Demand> {
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|own| own == name);
    let mut demands = Vec::new();
    if wanted.is_empty() || is_wanted("clean") {
        let clean = |client: bool| {
            profiles.iter().map(move |profile| Demand { fault: None, profile: profile.clone(), smart: None, client })
        };
        demands.extend(clean(false).chain(clean(true)));
    } else if is_wanted("right-client") {
        demands.extend(profiles.iter().map(|profile| Demand {
            fault: None,
            profile: profile.clone(),
            smart: None,
            client: true,
        }));
    }
    for fault in faults() {
        let by_case = suite
            .cases
            .iter()
            .any(|case| is_wanted(case.id.as_str()) && case.faults.iter().any(|own| own.as_str() == fault.name));
        // What is right in more ways than one is shown in all of them.
        let as_client =
            fault.is_of_client() && fault.kind == FaultKind::Quirk && (is_wanted("clean") || is_wanted("right-client"));
        let chosen = wanted.is_empty() || is_wanted(fault.name) || by_case || as_client;
        let declared = suite.cases.iter().any(|case| case.faults.iter().any(|own| own.as_str() == fault.name));
        if chosen && (declared || fault.kind != FaultKind::Fault) {
            let smart = fault.smart.map(str::to_owned);
            demands.extend(fault.profiles.iter().map(|profile| Demand {
                fault: Some(fault),
                profile: (*profile).to_owned(),
                smart: smart.clone(),
                client: fault.is_of_client(),
            }));
        }
    }
    demands
}

/// Every result that is a finding.
#[must_use]
pub fn findings(run: &Run) -> Vec<(String, Verdict)> {
    let is_finding = |verdict| matches!(verdict, Verdict::Fail | Verdict::Warn | Verdict::Note);
    let results = run.cases.iter().filter(|case| case.judgements().any(|(_, judgement)| is_finding(judgement.verdict)));
    results.map(|case| (case.label(), case.verdict)).collect()
}

fn clean(run: &Run) -> Vec<String> {
    let found = findings(run).into_iter().map(|(label, verdict)| format!("{label} is {verdict} without any fault"));
    let open = run.cases.iter().filter(|case| matches!(case.verdict, Verdict::Blocked | Verdict::Error));
    let open = open.filter(|case| !is_settled_elsewhere(case, &run.cases));
    found.chain(open.map(|case| format!("{} is {}: {}", case.label(), case.verdict, case.reason))).collect()
}

fn broken(fault: &Fault, run: &Run, suite: &Suite) -> Vec<String> {
    let findings = findings(run);
    let mut problems = Vec::new();
    let mut expected = Vec::new();
    for case in &suite.cases {
        if !case.faults.iter().any(|own| own.as_str() == fault.name) {
            continue;
        }
        let results: Vec<_> = run.cases.iter().filter(|result| result.case == case.id.as_str()).collect();
        if results.is_empty() {
            // None of its rows is in force here; that it is caught somewhere is asked of all proofs together.
            continue;
        }
        let declaring: Vec<_> = results
            .iter()
            .filter(|result| variant_of(case, &result.variant).is_none_or(|own| own.declares(case, fault.name)))
            .collect();
        let caught = declaring.iter().any(|result| findings.iter().any(|(label, _)| *label == result.label()));
        if !caught {
            let seen: Vec<String> = declaring.iter().map(|result| format!("{} is {}", result.label(), result.verdict)).collect();
            problems.push(format!("{} does not catch it: {}", case.id, seen.join(", ")));
        }
        expected.extend(declaring.iter().map(|result| result.label()));
    }
    let collateral = findings.iter().filter(|(label, _)| !expected.contains(label));
    problems.extend(collateral.map(|(label, verdict)| format!("{label} is {verdict} and does not declare it")));
    problems
}

/// The written element that a result was made with; results of template lists have none.
fn variant_of(case: &crate::testcase::TestCase, label: &str) -> Option<Variant> {
    let variants = expand(case, &crate::testcase::Scope::new()).ok()?;
    variants.into_iter().find(|variant| variant.label == label)
}

/// Servers that say nothing but no, or nothing at all: only the TLS below them can pass.
const SAY_NOTHING: [&str; 8] =
    ["always-400", "always-401", "always-403", "always-404", "always-500", "always-200-html", "always-hang", "always-reset"];

/// The server that locks clients says no to everything only once it has locked one.
const LOCKS_CLIENTS: &str = "udap-locks-clients";

/// The area or case by which a server that proves nothing is judged; nothing where it is by all cases.
fn judged_by(fault: &Fault) -> Option<&'static str> {
    match fault.group {
        "client" => None,
        _ if SAY_NOTHING.contains(&fault.name) => None,
        "tiered" => Some("tiered"),
        "udap" if fault.name == LOCKS_CLIENTS => Some("udap.assertion-claims"),
        "udap" => Some("udap"),
        "withdrawal" => Some("revocation.by-member"),
        "tls" => Some("tls.versions"),
        _ => Some("access"),
    }
}

/// A server that proves nothing must not pass what rests on a refusal: every access case, and the TLS versions of the
/// listener that the fault is about. One that says nothing passes nothing.
fn degenerate(fault: &Fault, run: &Run) -> Vec<String> {
    let is_judged = |case: &CaseResult| judged_by(fault).is_none_or(|word| case.area() == word || case.case == word);
    let is_negative = |case: &CaseResult| match fault.group {
        "client" => case.steps.iter().any(|step| step.verb == "serve.with_fault"),
        _ if SAY_NOTHING.contains(&fault.name) => !case.steps.iter().any(|step| step.verb.starts_with("tls.")),
        "tiered" => wants_a_refusal(case, None),
        "udap" if fault.name == LOCKS_CLIENTS => true,
        "udap" if fault.name.starts_with("udap-authorize") => wants_a_refusal(case, Some("udap.authorize")),
        "udap" => wants_a_refusal(case, Some("udap.token")),
        "withdrawal" => true,
        "tls" => case.variant.contains("fhir"),
        // A case with a member's token has its own success beside every refusal.
        _ => !signs_in(case),
    };
    let passed = run.cases.iter().filter(|case| case.verdict == Verdict::Pass && is_judged(case) && is_negative(case));
    passed
        .map(|case| {
            format!(
                "{} passes against a {} that proves nothing",
                case.label(),
                if fault.is_of_client() { "client" } else { "server" }
            )
        })
        .collect()
}

/// True when the result expected that somebody is not let in, or not sent on; of this verb, where it is one alone.
fn wants_a_refusal(case: &CaseResult, verb: Option<&str>) -> bool {
    let steps = case.steps.iter().filter(|step| verb.is_none_or(|verb| step.verb == verb));
    let rows = steps.flat_map(|step| &step.assertions).filter(|row| row.clause == Clause::Expect);
    rows.map(|row| (row.that.as_str(), row.expected.as_str())).any(|row| match row {
        ("by_provider" | "browser_sent" | "issued", expected) => expected == "false",
        // Of a client of UDAP that is to be sent nowhere: any page will do, and a redirect elsewhere stands beside it.
        ("arrived", expected) => expected == "is not redirect" && verb.is_none(),
        ("refused", expected) => expected == "true",
        ("accepted_count", _) => true,
        _ => false,
    })
}

/// True when a step of the result signed a member in.
fn signs_in(case: &CaseResult) -> bool {
    let verbs = case.steps.iter().filter(|step| step.done).filter_map(|step| verbs::find(&step.verb));
    verbs.map(|verb| verb.help().effect).any(|effect| effect >= Effect::Login)
}

/// The harness must come to an end with a record and must not call the server good.
fn hostile(run: &Run) -> Vec<String> {
    let mut problems = Vec::new();
    if !run.complete {
        problems.push("the run did not complete".to_owned());
    }
    if run.claim.conformant {
        problems.push("the run calls it conformant".to_owned());
    }
    problems
}
