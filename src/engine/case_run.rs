//! Runs the steps of one result of a case, in order.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::assertion::{Bench, Sight};
use super::facts::fact;
use super::record::{AssertionResult, Clause, OutcomeRecord, Phase, StepResult};
use super::stage::{FlowResult, Stage};
use crate::testcase::{Action, Capture, Scope, Step, TestCase, resolve, resolve_text};
use crate::verbs::{self, Arguments, Observation, Observed};
use crate::vocabulary::{Cause, Outcome};

/// The run of one result, or of the control that frames several.
pub struct CaseRun<'a> {
    stage: &'a Stage,
    case: &'a TestCase,
    label: String,
    /// The names that templates may use so far.
    pub scope: Scope,
    /// Set when a premise did not hold: the outcome of every row from there on.
    pub stopped: Option<Outcome>,
    /// What was done so far.
    pub steps: Vec<StepResult>,
    /// True when an observation had to be repeated.
    pub flaky: bool,
}

impl<'a> CaseRun<'a> {
    /// A run that has not begun.
    #[must_use]
    pub fn new(stage: &'a Stage, case: &'a TestCase, label: String, scope: Scope) -> Self {
        Self { stage, case, label, scope, stopped: None, steps: Vec::new(), flaky: false }
    }

    /// Runs the steps of one phase. After a stop, nothing is done and every row has the outcome of the stop.
    pub async fn phase(&mut self, phase: Phase, steps: &'a [Step]) {
        for step in steps {
            let number = self.number_of(step);
            if phase == Phase::Step && self.stage.only_step.is_some_and(|only| only != number) {
                continue;
            }
            self.step(phase, step, number).await;
        }
    }

    fn number_of(&self, step: &Step) -> usize {
        self.case.all_steps().position(|own| std::ptr::eq(own, step)).map_or(0, |at| at + 1)
    }

    fn step<'s>(&'s mut self, phase: Phase, step: &'s Step, number: usize) -> BoxFuture<'s, ()> {
        Box::pin(async move {
            let clock = &self.stage.context.world.clock;
            let begun = clock.elapsed();
            let (observed, verb) = match (&self.stopped, &step.action) {
                (Some(_), Action::Verb(name) | Action::Flow(name)) => (None, name.clone()),
                (None, Action::Verb(name)) => (Some(self.observe(step, name).await), name.clone()),
                (None, Action::Flow(name)) => (Some(self.flow(phase, step, name).await), name.clone()),
            };
            let elapsed = clock.elapsed().saturating_sub(begun);
            let result = self.conclude(phase, step, number, verb, observed, elapsed);
            self.steps.push(result);
        })
    }

    /// Compares, captures, and stops the case when a premise did not hold.
    fn conclude(
        &mut self,
        phase: Phase,
        step: &Step,
        number: usize,
        verb: String,
        observed: Option<Observed>,
        elapsed: Duration,
    ) -> StepResult {
        let done = observed.is_some();
        let observed = observed.unwrap_or_else(|| {
            let outcome = self.stopped.clone().unwrap_or(Outcome::Met);
            Observed { observation: as_observation(outcome), evidence: Vec::new(), flaky: false }
        });
        self.flaky |= observed.flaky;
        let facts = match &observed.observation {
            Observation::Facts(facts) => Some(facts.clone()),
            _ => None,
        };
        let nothing = self.stopped.clone().or_else(|| outcome_of(&observed.observation));
        if let Some(facts) = &facts {
            self.capture(&step.capture, facts);
        }
        let assertions = self.assertions(step, facts.as_ref(), nothing);
        let broken = match observed.observation {
            Observation::Broken(cause) if done => Some(cause),
            _ => None,
        };
        let title = resolve_text(&step.title, &self.scope).unwrap_or_else(|_| step.title.clone());
        StepResult {
            phase,
            number,
            title,
            verb,
            place: step.place.to_string(),
            done,
            broken,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            evidence: observed.evidence,
            assertions,
        }
    }

    fn assertions(&mut self, step: &Step, facts: Option<&Value>, nothing: Option<Outcome>) -> Vec<AssertionResult> {
        let case = self.case;
        let bench = Bench {
            rules: &self.stage.rules,
            capabilities: &self.stage.capabilities,
            default_requirement: case.requirements.first().map_or("", |id| id.as_str()),
        };
        let sight = match (facts, nothing) {
            (_, Some(outcome)) => Sight::Nothing(outcome),
            (Some(facts), None) => Sight::Facts(facts),
            (None, None) => Sight::Nothing(Outcome::NotReached(Cause::new("premise", "nothing was observed"))),
        };
        let evaluate = |clause, row| bench.evaluate(clause, row, &sight, &self.scope);
        let mut results: Vec<AssertionResult> = step.premise.iter().filter_map(|row| evaluate(Clause::Premise, row)).collect();
        let stop = results.iter().find_map(stop_of);
        let guarded = if step.premise_guards { stop.clone() } else { None };
        let own = guarded.map_or(sight, Sight::Nothing);
        let mut all_met = true;
        for row in &step.expect {
            let result = bench.evaluate(Clause::Expect, row, &own, &self.scope);
            all_met &= result.as_ref().is_none_or(|result| result.outcome == OutcomeRecord::Met);
            results.extend(result);
        }
        for row in &step.then {
            let judged = match &own {
                Sight::Facts(_) if !all_met => bench.without_effect(row, &self.scope),
                _ => bench.evaluate(Clause::Then, row, &own, &self.scope),
            };
            all_met &= judged.as_ref().is_none_or(|result| result.outcome == OutcomeRecord::Met);
            results.extend(judged);
        }
        if self.stopped.is_none() {
            self.stopped = stop;
        }
        results
    }

    fn capture(&mut self, captures: &[Capture], facts: &Value) {
        for capture in captures {
            let path = resolve_text(&capture.from, &self.scope).unwrap_or_else(|_| capture.from.clone());
            let value = fact(facts, &path).filter(|value| !value.is_null()).cloned();
            let otherwise = || capture.otherwise.as_ref().and_then(|value| resolve(value, &self.scope).ok());
            if let Some(value) = value.or_else(otherwise) {
                self.scope.set(&capture.name, value);
            }
        }
    }

    async fn observe(&self, step: &Step, name: &str) -> Observed {
        let arguments = match self.arguments(step) {
            Ok(arguments) => arguments,
            Err(missing) => return missing_input(&missing),
        };
        let Some(verb) = verbs::find(name) else { return missing_input(&format!("there is no verb '{name}'")) };
        let arguments = match Arguments::new(verb.help(), arguments) {
            Ok(arguments) => arguments,
            Err(problem) => return missing_input(&problem),
        };
        let waits = !verb.cost(&arguments).wait.is_zero();
        let slot = if waits { None } else { self.stage.slot().await };
        let context = self.stage.context.labelled(&self.label, &step.title);
        let observed = tokio::select! {
            observed = verb.run(&arguments, &context) => observed,
            () = self.stage.interrupt.raised() => Observed::broken(Cause::new("interrupted", "the run was interrupted"), Vec::new()),
        };
        drop(slot);
        observed
    }

    fn arguments(&self, step: &Step) -> Result<Map<String, Value>, String> {
        let filled = step.with.0.iter().map(|(name, _, value)| {
            let value = resolve(value, &self.scope).map_err(|error| error.to_string())?;
            Ok((name.clone(), value))
        });
        filled.collect()
    }

    /// Runs a flow, or takes what another case got from the same flow with the same inputs.
    async fn flow(&mut self, phase: Phase, step: &Step, name: &str) -> Observed {
        let arguments = match self.arguments(step) {
            Ok(arguments) => arguments,
            Err(missing) => return missing_input(&missing),
        };
        let result = if phase == Phase::Setup && !self.case.fresh {
            let cell = self.stage.shared_setup(&format!("{name} {}", Value::Object(arguments.clone())));
            cell.get_or_init(|| self.run_flow(phase, name, arguments)).await.clone()
        } else {
            self.run_flow(phase, name, arguments).await
        };
        let evidence = result.steps.iter().flat_map(|step| step.evidence.clone()).collect();
        self.steps.extend(result.steps);
        match result.stopped {
            Some(outcome) => Observed { observation: as_observation(outcome), evidence, flaky: false },
            None => Observed::facts(result.outputs, evidence),
        }
    }

    fn run_flow<'s>(&'s self, phase: Phase, name: &'s str, arguments: Map<String, Value>) -> BoxFuture<'s, FlowResult> {
        Box::pin(async move {
            let stopped = |message: &str| Some(Outcome::NotReached(Cause::new("input", message)));
            let Some(flow) = self.stage.suite.flow(name) else {
                return FlowResult {
                    outputs: Value::Null,
                    steps: Vec::new(),
                    stopped: stopped(&format!("there is no flow '{name}'")),
                };
            };
            let mut scope = self.scope.clone();
            for input in &flow.inputs {
                if let Some(value) = arguments.get(&input.name).or(input.default.as_ref()) {
                    scope.set(&input.name, value.clone());
                }
            }
            let mut run = CaseRun::new(self.stage, self.case, self.label.clone(), scope);
            for step in &flow.steps {
                run.step(phase, step, 0).await;
            }
            let outputs = flow.outputs.iter().filter_map(|name| Some((name.clone(), run.scope.get(name)?.clone()))).collect();
            FlowResult { outputs: Value::Object(outputs), steps: run.steps, stopped: run.stopped }
        })
    }
}

/// The outcome that a premise gives to everything behind it; nothing when it holds.
fn stop_of(premise: &AssertionResult) -> Option<Outcome> {
    match &premise.outcome {
        OutcomeRecord::Met | OutcomeRecord::WithoutEffect => None,
        OutcomeRecord::NotMet(mismatch) => {
            let because = premise.because.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
            let message = format!("premise: {} was {}, expected {}{because}", premise.that, mismatch.actual, mismatch.expected);
            Some(Outcome::NotReached(Cause::new("premise", message)))
        }
        OutcomeRecord::NotApplicable(cause) => Some(Outcome::NotApplicable(cause.clone())),
        OutcomeRecord::NotReached(cause) => Some(Outcome::NotReached(cause.clone())),
        OutcomeRecord::Broken(cause) => Some(Outcome::Broken(cause.clone())),
    }
}

fn outcome_of(observation: &Observation) -> Option<Outcome> {
    match observation {
        Observation::Facts(_) => None,
        Observation::Absent(cause) => Some(Outcome::NotApplicable(cause.clone())),
        Observation::Broken(cause) if cause.kind == INPUT => Some(Outcome::NotReached(cause.clone())),
        Observation::Broken(cause) => Some(Outcome::Broken(cause.clone())),
    }
}

/// The kind of a cause that lies with the case's inputs, not with the target: Blocked, not Error.
const INPUT: &str = "input";

fn missing_input(message: &str) -> Observed {
    Observed::broken(Cause::new(INPUT, message), Vec::new())
}

fn as_observation(outcome: Outcome) -> Observation {
    match outcome {
        Outcome::NotApplicable(cause) => Observation::Absent(cause),
        Outcome::NotReached(cause) => Observation::Broken(Cause::new(INPUT, cause.message)),
        Outcome::Broken(cause) => Observation::Broken(cause),
        Outcome::Met | Outcome::NotMet(_) => Observation::Broken(Cause::new(INPUT, "nothing was observed")),
    }
}
