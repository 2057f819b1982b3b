//! Runs planned results side by side: controls frame the results that share them, locks keep apart what must be alone,
//! and what spoils runs last.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::case_run::CaseRun;
use super::event::{Event, Listener};
use super::outcome_text::reason_of;
use super::plan::Job;
use super::record::{CaseResult, OutcomeRecord, Phase, StepResult};
use super::stage::Stage;
use crate::net::within;
use crate::testcase::{Scope, Step, resolve};
use crate::vocabulary::{Cause, Outcome, Verdict};

/// A control is run before the first result that it frames, after every so many, and after the last.
const FRAME: usize = 8;

/// The longest that a case may take when it does not say, waits not counted.
const CASE_TIMEOUT: Duration = Duration::from_secs(120);

/// Runs all jobs and returns their results in the order of the plan.
pub async fn run_all(stage: &Stage, jobs: &[Job], listener: &Mutex<&mut dyn Listener>) -> Vec<CaseResult> {
    let mut results: BTreeMap<usize, CaseResult> = BTreeMap::new();
    for spoiling in [false, true] {
        let wanted = jobs.iter().enumerate().filter(|(_, job)| job.case.spoils.is_empty() != spoiling);
        let groups = group(wanted.collect());
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

/// The arguments of the control steps with this result's values filled in.
fn control_key(job: &Job) -> Option<String> {
    if job.case.control.is_empty() {
        return None;
    }
    let arguments = job.case.control.iter().map(|step| {
        let filled = step.with.0.iter().map(|(name, _, value)| (name.clone(), resolve(value, &job.scope).unwrap_or(Value::Null)));
        Value::Object(filled.collect()).to_string()
    });
    Some(arguments.collect::<Vec<_>>().join("\n"))
}

async fn run_group(stage: &Stage, group: &[(usize, &Job)], listener: &Mutex<&mut dyn Listener>) -> Vec<(usize, CaseResult)> {
    let Some((_, first)) = group.first() else { return Vec::new() };
    let _locks = stage.lock(&first.case.locks).await;
    let _work = stage.begin_work();
    let mut finished: Vec<(usize, CaseResult)> = Vec::new();
    let mut since_good: Vec<usize> = Vec::new();
    let mut control = Control::run(stage, first).await;
    for (done, (at, job)) in group.iter().enumerate() {
        notice(listener, &Event::CaseStarted { case: &job.planned });
        since_good.push(finished.len());
        finished.push((*at, run_job(stage, job, &control).await));
        let last = done + 1 == group.len();
        if (last || (done + 1) % FRAME == 0) && control.is_needed(job) {
            let again = Control::run(stage, job).await;
            if let Some(outcome) = &again.stopped {
                since_good.iter().for_each(|at| hold_back(stage, &mut finished[*at].1, outcome));
            }
            since_good.clear();
            control = again;
        }
    }
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
struct Control {
    scope: Option<Scope>,
    steps: Vec<StepResult>,
    stopped: Option<Outcome>,
}

impl Control {
    async fn run(stage: &Stage, job: &Job) -> Self {
        if job.case.control.is_empty() || job.gate.is_some() || stage.interrupt.is_raised() {
            return Self { scope: None, steps: Vec::new(), stopped: None };
        }
        let mut run = CaseRun::new(stage, &job.case, job.planned.label(), job.scope.clone());
        run.phase(Phase::Control, &job.case.control).await;
        Self { scope: Some(run.scope), steps: run.steps, stopped: run.stopped }
    }

    /// A control that already failed, or was never run, need not be run again.
    fn is_needed(&self, job: &Job) -> bool {
        self.scope.is_some() && self.stopped.is_none() && job.gate.is_none()
    }
}

async fn run_job(stage: &Stage, job: &Job, control: &Control) -> CaseResult {
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
    run.stopped = job.gate.clone().or_else(|| interrupted(stage)).or_else(|| lost_lock(stage, job));
    run.phase(Phase::Setup, &job.case.setup).await;
    run.steps.extend(control.steps.iter().cloned());
    run.stopped = run.stopped.take().or_else(|| control.stopped.clone());
    let limit = job.case.timeout.unwrap_or(CASE_TIMEOUT) + Duration::from_secs(job.planned.waits);
    let in_time = within(limit, run.phase(Phase::Step, &job.case.steps)).await;
    if in_time.is_none() {
        let message = format!("the case took longer than {} s", limit.as_secs());
        finish_late(&mut run, job, Outcome::Broken(Cause::new("timeout", message))).await;
    }
    restore(stage, job, &mut run).await;
    clean_up(job, &mut run).await;
    let elapsed = clock.elapsed().saturating_sub(begun);
    result(job, run, begun, elapsed)
}

fn captured_names(steps: &[Step]) -> impl Iterator<Item = &str> {
    steps.iter().flat_map(|step| step.capture.iter().map(|capture| capture.name.as_str()))
}

fn interrupted(stage: &Stage) -> Option<Outcome> {
    stage.interrupt.is_raised().then(|| Outcome::Broken(Cause::new("interrupted", "the run was interrupted")))
}

fn lost_lock(stage: &Stage, job: &Job) -> Option<Outcome> {
    let lock = stage.broken_lock(&job.case.locks)?;
    Some(Outcome::NotReached(Cause::new("spoiled", format!("an earlier case broke '{lock}' and could not restore it"))))
}

/// Gives the steps that were not reached in time their outcome.
async fn finish_late<'a>(run: &mut CaseRun<'a>, job: &'a Job, outcome: Outcome) {
    run.stopped = Some(outcome);
    let done = run.steps.iter().filter(|step| step.phase == Phase::Step).count();
    run.phase(Phase::Step, job.case.steps.get(done..).unwrap_or_default()).await;
}

async fn restore<'a>(stage: &Stage, job: &'a Job, run: &mut CaseRun<'a>) {
    if job.case.restore.is_empty() || job.gate.is_some() {
        return;
    }
    let stopped = run.stopped.take();
    run.phase(Phase::Restore, &job.case.restore).await;
    let failed = run.stopped.is_some() || run.steps.iter().any(|step| step.phase == Phase::Restore && step.broken.is_some());
    if failed {
        stage.mark_broken(&job.case.locks);
    }
    run.stopped = stopped;
}

async fn clean_up<'a>(job: &'a Job, run: &mut CaseRun<'a>) {
    if job.case.cleanup.is_empty() || job.gate.is_some() {
        return;
    }
    run.stopped = None;
    run.phase(Phase::Cleanup, &job.case.cleanup).await;
}

fn result(job: &Job, run: CaseRun<'_>, begun: Duration, elapsed: Duration) -> CaseResult {
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
        steps: run.steps,
    };
    roll_up(&mut result);
    result
}

fn roll_up(result: &mut CaseResult) {
    result.verdict = result.judgements().map(|(_, judgement)| judgement.verdict).max().unwrap_or(Verdict::NotApplicable);
    result.reason = reason_of(result);
}

/// The control failed behind these results: nothing that they saw proves anything.
fn hold_back(stage: &Stage, result: &mut CaseResult, outcome: &Outcome) {
    let because = match outcome {
        Outcome::NotReached(cause) | Outcome::Broken(cause) | Outcome::NotApplicable(cause) => cause.message.clone(),
        Outcome::Met | Outcome::NotMet(_) => String::new(),
    };
    let cause = Cause::new("control", format!("the control failed afterwards: {because}"));
    let (outcome, record) = match outcome {
        Outcome::Broken(_) => (Outcome::Broken(cause.clone()), OutcomeRecord::Broken(cause)),
        _ => (Outcome::NotReached(cause.clone()), OutcomeRecord::NotReached(cause)),
    };
    for assertion in result.steps.iter_mut().flat_map(|step| &mut step.assertions) {
        if matches!(assertion.outcome, OutcomeRecord::Met | OutcomeRecord::NotMet(_)) {
            assertion.outcome = record.clone();
            for judgement in &mut assertion.judgements {
                judgement.verdict = stage.rules.rejudge(judgement, &outcome);
            }
        }
    }
    roll_up(result);
}
