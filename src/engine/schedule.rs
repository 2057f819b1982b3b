//! Runs planned results side by side: controls frame the results that share them, locks keep apart what must be alone,
//! and what spoils runs last.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::case_run::CaseRun;
use super::event::{Event, Listener};
use super::judge;
use super::lanes::{dealt, lanes};
use super::outcome_text::reason_of;
use super::plan::{Job, deeds_of};
use super::record::{CaseResult, Clause, OutcomeRecord, Phase, StepResult};
use super::sighting::interrupted;
use super::stage::Stage;
use crate::testcase::{Assertion, Check, Scope, Spoil, Step, TestCase, resolve};
use crate::vocabulary::{Cause, Outcome, Strength, Verdict};

/// A control is run before the first result that it frames, after every so many, and after the last.
const FRAME: usize = 8;

/// Runs all jobs and returns their results in the order of the plan.
pub async fn run_all(stage: &Stage, jobs: &[Job], listener: &Mutex<&mut dyn Listener>) -> Vec<CaseResult> {
    let mut results: BTreeMap<usize, CaseResult> = BTreeMap::new();
    for spoiling in [false, true] {
        let wanted = jobs.iter().enumerate().filter(|(_, job)| spoils(stage, &job.case).is_empty() != spoiling);
        let mut groups = group(wanted.collect());
        // A member signs in once at a time: what waits for that is the longest chain of a run, so it begins first.
        groups.sort_by_key(|group| group.first().is_none_or(|(_, job)| !deeds_of(&job.case, &stage.suite).signs_in));
        let finished = join_all(groups.iter().map(|group| run_group(stage, group, listener))).await;
        results.extend(finished.into_iter().flatten());
    }
    results.into_values().collect()
}

/// Results of one case that share one control, in the order of the plan.
fn group<'j>(jobs: Vec<(usize, &'j Job)>) -> Vec<Vec<(usize, &'j Job)>> {
    let mut groups: BTreeMap<(usize, String), Vec<(usize, &'j Job)>> = BTreeMap::new();
    let mut first_of_case: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, job) in jobs {
        let case = *first_of_case.entry(job.case.id.as_str()).or_insert(at);
        // Without a control there is nothing to share, and each result is a group of its own.
        let key = control_key(job).map_or_else(|| (at, String::new()), |key| (case, key));
        groups.entry(key).or_default().push((at, job));
    }
    groups.into_values().collect()
}

/// The control steps with this result's values filled in; nothing for a result that needs no control.
fn control_key(job: &Job) -> Option<String> {
    if job.case.control.is_empty() || job.gate.is_some() {
        return None;
    }
    let fill = |value: &Value| resolve(value, &job.scope).unwrap_or(Value::Null);
    let steps = job.case.control.iter().map(|step| {
        let with = step.with.0.iter().map(|(_, _, value)| fill(value));
        let captures =
            step.capture.iter().flat_map(|capture| [Some(Value::from(capture.from.as_str())), capture.otherwise.clone()]);
        let mut values: Vec<Value> = with.chain(captures.flatten().map(|value| fill(&value))).collect();
        step.premise.iter().for_each(|row| fill_row(row, &fill, &mut values));
        Value::Array(values).to_string()
    });
    Some(steps.collect::<Vec<_>>().join("\n"))
}

fn fill_row(row: &Assertion, fill: &dyn Fn(&Value) -> Value, into: &mut Vec<Value>) {
    match &row.check {
        Check::Fact { that, predicate } => into.extend([fill(&Value::from(that.as_str())), fill(&predicate.parts().1)]),
        Check::Any(rows) => rows.iter().for_each(|row| fill_row(row, fill, into)),
    }
}

/// What needs the code flow of UDAP.
const CODE_FLOW: &str = "udap.authorization-code";

/// What a case may break for others. Registrations that have a URI each break nothing; where both flows have to do with one, the
/// code flow replaces what client_credentials has registered.
fn spoils(stage: &Stage, case: &TestCase) -> Vec<Spoil> {
    let apart = stage.context.registrations_are_apart();
    let replaces = stage.context.flows_share_a_registration() && case.needs.iter().any(|need| need == CODE_FLOW);
    let mut spoils: Vec<Spoil> = case.spoils.iter().copied().filter(|spoil| !(apart && *spoil == Spoil::Registration)).collect();
    if replaces && !spoils.contains(&Spoil::Registration) {
        spoils.push(Spoil::Registration);
    }
    spoils
}

/// What a case must have alone: its locks, and by name what it may break for others.
fn locks_of(stage: &Stage, case: &TestCase) -> Vec<String> {
    let spoils = spoils(stage, case).into_iter().map(|spoil| match spoil {
        Spoil::Session => "session",
        Spoil::Client => "client",
        Spoil::Registration => "registration",
        Spoil::Account => "account",
    });
    case.locks.iter().cloned().chain(spoils.map(str::to_owned)).collect()
}

/// Whether the results of one frame may act at the same time: clients that register themselves have a URI or an assertion each, and
/// nobody signs in. What shares a member's session or a client's secret goes one by one.
fn are_apart(stage: &Stage, case: &TestCase) -> bool {
    let deeds = deeds_of(case, &stage.suite);
    deeds.registers && !deeds.signs_in
}

async fn run_group(stage: &Stage, group: &[(usize, &Job)], listener: &Mutex<&mut dyn Listener>) -> Vec<(usize, CaseResult)> {
    let Some((_, first)) = group.first() else { return Vec::new() };
    let locks = locks_of(stage, &first.case);
    let _locks = stage.lock(&locks).await;
    let side_by_side = locks.is_empty() && are_apart(stage, &first.case);
    let order = if side_by_side { dealt(group) } else { group.to_vec() };
    let mut finished: Vec<(usize, CaseResult)> = Vec::new();
    let mut control = Control::run(stage, first).await;
    for frame in order.chunks(FRAME) {
        let run = async |(at, job): &(usize, &Job)| {
            notice(listener, &Event::CaseStarted { case: &job.planned });
            let on_wait = |seconds| notice(listener, &Event::Waiting { case: &job.planned, seconds });
            (*at, run_job(stage, job, &control, &on_wait).await)
        };
        let mut framed = Vec::new();
        if side_by_side {
            let lanes = lanes(frame).into_iter().map(async |lane| {
                let mut done = Vec::new();
                for one in lane {
                    done.push(run(one).await);
                }
                done
            });
            framed = join_all(lanes).await.into_iter().flatten().collect();
        } else {
            for one in frame {
                framed.push(run(one).await);
            }
        }
        if let Some((_, job)) = frame.last().filter(|(_, job)| control.is_needed(job)) {
            let again = Control::run(stage, job).await;
            if let Some(outcome) = &again.stopped {
                framed.iter_mut().for_each(|(_, result)| hold_back(stage, result, outcome, &again.steps));
            }
            control = again;
        }
        finished.extend(framed);
    }
    finished.sort_by_key(|(at, _)| *at);
    for (_, result) in &finished {
        notice(listener, &Event::CaseFinished { result });
    }
    finished
}

/// Tells a listener that several cases share.
pub fn notice(listener: &Mutex<&mut dyn Listener>, event: &Event<'_>) {
    listener.lock().unwrap_or_else(PoisonError::into_inner).notice(event);
}

/// The control steps of a case as they went the last time.
#[derive(Default)]
struct Control {
    scope: Option<Scope>,
    steps: Vec<StepResult>,
    stopped: Option<Outcome>,
    flaky: bool,
}

impl Control {
    async fn run(stage: &Stage, job: &Job) -> Self {
        if job.case.control.is_empty() || job.gate.is_some() || lost_lock(stage, job).is_some() {
            return Self::default();
        }
        if stage.interrupt.is_raised() {
            return Self { stopped: Some(Outcome::Broken(interrupted())), ..Self::default() };
        }
        let mut run = CaseRun::new(stage, &job.case, job.planned.label(), job.scope.clone());
        run.phase(Phase::Control, &job.case.control).await;
        Self { scope: Some(run.scope), steps: run.steps, stopped: run.stopped, flaky: run.flaky }
    }

    /// A control that already failed, or was never run, need not be run again.
    fn is_needed(&self, job: &Job) -> bool {
        self.scope.is_some() && self.stopped.is_none() && job.gate.is_none()
    }
}

async fn run_job(stage: &Stage, job: &Job, control: &Control, on_wait: &(dyn Fn(u64) + Sync)) -> CaseResult {
    let clock = &stage.context.world.clock;
    let begun = clock.elapsed();
    let mut scope = job.scope.clone();
    if let Some(captured) = &control.scope {
        captured_names(&job.case.control).for_each(|name| {
            if let Some(value) = captured.get(name) {
                scope.set(name, value.clone());
            }
        });
    }
    let mut run = CaseRun::new(stage, &job.case, job.planned.label(), scope);
    run.on_wait = Some(on_wait);
    run.flaky = control.flaky;
    run.stopped = job.gate.clone().or_else(|| interrupt(stage)).or_else(|| lost_lock(stage, job));
    run.phase(Phase::Setup, &job.case.setup).await;
    run.steps.extend(control.steps.iter().cloned());
    run.stopped = run.stopped.take().or_else(|| control.stopped.clone());
    run.phase(Phase::Step, &job.case.steps).await;
    let stopped = run.stopped.take();
    if run.has_begun() {
        restore(stage, job, &mut run).await;
        run.phase(Phase::Cleanup, &job.case.cleanup).await;
    }
    let elapsed = clock.elapsed().saturating_sub(begun);
    result(job, run, stopped.as_ref(), begun, elapsed)
}

fn captured_names(steps: &[Step]) -> impl Iterator<Item = &str> {
    steps.iter().flat_map(|step| step.capture.iter().map(|capture| capture.name.as_str()))
}

fn interrupt(stage: &Stage) -> Option<Outcome> {
    stage.interrupt.is_raised().then(|| Outcome::Broken(interrupted()))
}

fn lost_lock(stage: &Stage, job: &Job) -> Option<Outcome> {
    let lock = stage.broken_lock(&locks_of(stage, &job.case))?;
    Some(Outcome::NotReached(Cause::new("spoiled", format!("an earlier case broke '{lock}' and could not restore it"))))
}

/// Brings back what the case broke. Where that fails, nothing that has the same lock can be judged any more.
async fn restore<'a>(stage: &Stage, job: &'a Job, run: &mut CaseRun<'a>) {
    run.phase(Phase::Restore, &job.case.restore).await;
    let failed = run.stopped.is_some()
        || run.steps.iter().any(|step| step.phase == Phase::Restore && (step.broken.is_some() || !step.done));
    if failed {
        stage.mark_broken(&locks_of(stage, &job.case));
    }
}

fn result(job: &Job, run: CaseRun<'_>, stopped: Option<&Outcome>, begun: Duration, elapsed: Duration) -> CaseResult {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let planned = &job.planned;
    let mut result = CaseResult {
        case: planned.case.clone(),
        variant: planned.variant.clone(),
        title: planned.title.clone(),
        file: planned.file.clone(),
        requirements: planned.requirements.clone(),
        verdict: Verdict::NotApplicable,
        reason: String::new(),
        started_ms: millis(begun),
        elapsed_ms: millis(elapsed),
        flaky: run.flaky,
        elsewhere: false,
        settled_by: job.case.settled_by.as_ref().map(ToString::to_string),
        steps: run.steps,
    };
    roll_up(&mut result, stopped);
    result
}

/// The greatest verdict. A result without any has that of what stopped it: a stop never excuses a case.
fn roll_up(result: &mut CaseResult, stopped: Option<&Outcome>) {
    let judged = result.judgements().map(|(_, judgement)| judgement.verdict).max();
    let without_effect =
        result.steps.iter().flat_map(|step| &step.assertions).any(|row| row.outcome == OutcomeRecord::WithoutEffect);
    (result.verdict, result.reason) = match (judged, stopped) {
        (Some(verdict), _) => {
            result.verdict = verdict;
            (verdict, reason_of(result))
        }
        // The strength makes no difference to an outcome that is neither met nor missed.
        (None, Some(outcome)) => (judge(outcome, Strength::Shall), cause_of(outcome)),
        (None, None) if without_effect => {
            (Verdict::Blocked, "an expectation that counts for nothing here was not met".to_owned())
        }
        (None, None) => (Verdict::NotApplicable, String::new()),
    };
}

fn cause_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::NotReached(cause) | Outcome::Broken(cause) | Outcome::NotApplicable(cause) => cause.message.clone(),
        Outcome::Met | Outcome::NotMet(_) => String::new(),
    }
}

/// The control failed behind these results: nothing that they saw proves anything. The failed control is shown with them.
fn hold_back(stage: &Stage, result: &mut CaseResult, outcome: &Outcome, control: &[StepResult]) {
    let cause = Cause::new("control", format!("the control failed afterwards: {}", cause_of(outcome)));
    let (outcome, record) = match outcome {
        Outcome::Broken(_) => (Outcome::Broken(cause.clone()), OutcomeRecord::Broken(cause)),
        _ => (Outcome::NotReached(cause.clone()), OutcomeRecord::NotReached(cause)),
    };
    for assertion in result.steps.iter_mut().flat_map(|step| &mut step.assertions) {
        let compared = matches!(assertion.outcome, OutcomeRecord::Met | OutcomeRecord::NotMet(_));
        if compared && assertion.clause != Clause::Premise {
            assertion.outcome = record.clone();
            for judgement in &mut assertion.judgements {
                let again = stage.rules.judgement(&judgement.requirement, &outcome, &stage.capabilities);
                if let Some(again) = again {
                    *judgement = again;
                }
            }
        }
    }
    result.steps.extend(control.iter().cloned());
    roll_up(result, Some(&outcome));
}
