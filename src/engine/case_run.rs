//! Runs the steps of one result of a case, in order.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::assertion::{Bench, Sight};
use super::curtain::Curtain;
use super::facts::fact;
use super::plan::cost_of_step;
use super::record::{AssertionResult, Clause, Phase, StepResult};
use super::setups::FlowResult;
use super::sighting::{Sighting, interrupted, stop_of};
use super::stage::Stage;
use crate::net::Allowance;
use crate::testcase::{Action, Capture, Scope, Step, TestCase, resolve, resolve_text};
use crate::verbs::{self, Arguments, Observed};
use crate::vocabulary::{Cause, Outcome};

/// The longest that the steps of one phase may act when the case does not say, waits for a slot and waits on purpose not counted.
const LIMIT: Duration = Duration::from_secs(120);

/// The run of one result, or of the control that frames several.
pub struct CaseRun<'a> {
    stage: &'a Stage,
    case: &'a TestCase,
    label: String,
    /// Called with the seconds of each wait that begins.
    pub on_wait: Option<&'a (dyn Fn(u64) + Sync)>,
    /// The names that templates may use so far.
    pub scope: Scope,
    /// Set when a premise did not hold: the outcome of every row from there on.
    pub stopped: Option<Outcome>,
    /// What was done so far.
    pub steps: Vec<StepResult>,
    /// True when an observation had to be repeated.
    pub flaky: bool,
    in_flow: bool,
    allowance: Allowance,
}

impl<'a> CaseRun<'a> {
    /// A run that has not begun.
    #[must_use]
    pub fn new(stage: &'a Stage, case: &'a TestCase, label: String, scope: Scope) -> Self {
        let allowance = Allowance::new(LIMIT);
        let (stopped, steps) = (None, Vec::new());
        Self { stage, case, label, on_wait: None, scope, stopped, steps, flaky: false, in_flow: false, allowance }
    }

    /// Runs the steps of one phase. After a stop, nothing is done and every row has the outcome of the stop;
    /// only cleanup goes on, because one thing that cannot be removed is no reason to leave the next.
    pub async fn phase(&mut self, phase: Phase, steps: &'a [Step]) {
        let own = self.case.timeout.filter(|_| phase == Phase::Step);
        self.allowance = Allowance::new(own.unwrap_or(LIMIT));
        for step in steps {
            let number = self.number_of(step);
            if phase == Phase::Step && self.stage.only_step.is_some_and(|only| only != number) {
                continue;
            }
            if phase == Phase::Cleanup {
                self.stopped = None;
            }
            self.step(phase, step, number).await;
        }
    }

    /// True when anything was sent for this result, so that there may be something to restore and to clean up.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.steps.iter().any(|step| step.done)
    }

    fn number_of(&self, step: &Step) -> usize {
        self.case.all_steps().position(|own| std::ptr::eq(own, step)).map_or(0, |at| at + 1)
    }

    fn step<'s>(&'s mut self, phase: Phase, step: &'s Step, number: usize) -> BoxFuture<'s, ()> {
        Box::pin(async move {
            let begun = self.stage.context.world.clock.elapsed();
            let (Action::Verb(name) | Action::Flow(name)) = &step.action;
            let sighting = match (&self.stopped, &step.action) {
                (Some(outcome), _) => Sighting::not_looked(outcome.clone()),
                (None, Action::Verb(_)) => self.observe(phase, step, name).await,
                (None, Action::Flow(_)) => self.flow(phase, step, name).await,
            };
            let elapsed = self.stage.context.world.clock.elapsed().saturating_sub(begun);
            let result = self.conclude(phase, step, number, name, sighting, elapsed);
            self.steps.push(result);
            if self.allowance.is_spent() && self.stopped.is_none() {
                self.stopped = Some(Outcome::Broken(self.too_late()));
            }
        })
    }

    fn too_late(&self) -> Cause {
        Cause::new("timeout", format!("the case took longer than {} s", self.allowance.limit().as_secs_f64()))
    }

    /// Captures, compares, and stops the case when a premise did not hold.
    fn conclude(
        &mut self,
        phase: Phase,
        step: &Step,
        number: usize,
        verb: &str,
        sighting: Sighting,
        elapsed: Duration,
    ) -> StepResult {
        self.flaky |= sighting.flaky;
        let curtain = Curtain::of(&self.stage.context);
        let sighting = Sighting { seen: sighting.seen.map_err(|outcome| curtain.outcome(outcome)), ..sighting };
        if let Ok(facts) = &sighting.seen {
            self.capture(&step.capture, facts);
        }
        let assertions = self.assertions(phase, step, &sighting);
        StepResult {
            phase,
            number,
            title: resolve_text(&step.title, &self.scope).map_or_else(|_| step.title.clone(), |title| curtain.text(&title)),
            verb: verb.to_owned(),
            place: step.place.to_string(),
            done: sighting.done,
            broken: sighting.broken(),
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            evidence: sighting.evidence,
            assertions,
        }
    }

    fn assertions(&mut self, phase: Phase, step: &Step, sighting: &Sighting) -> Vec<AssertionResult> {
        let bench = self.bench();
        let sight = match &sighting.seen {
            Ok(facts) => Sight::Facts(facts),
            Err(outcome) => Sight::Nothing(outcome.clone()),
        };
        let premises = step.premise.iter().filter_map(|row| bench.evaluate(Clause::Premise, row, &sight, &self.scope));
        let mut results: Vec<AssertionResult> = premises.collect();
        let stop = results.iter().find_map(stop_of);
        if phase == Phase::Step && !self.in_flow {
            let own = stop.clone().filter(|_| step.premise_guards).map_or(sight, Sight::Nothing);
            results.extend(self.judged(&bench, step, &own));
        }
        // All that a setup, a control or a flow does is premise, also where no row says so.
        let all_premise = self.in_flow || matches!(phase, Phase::Setup | Phase::Control);
        let unseen = sighting.seen.as_ref().err().filter(|_| all_premise).cloned();
        if self.stopped.is_none() {
            self.stopped = stop.or(unseen);
        }
        results
    }

    fn bench(&self) -> Bench<'a> {
        Bench {
            rules: &self.stage.rules,
            capabilities: &self.stage.capabilities,
            default_requirement: self.case.requirements.first().map_or("", |id| id.as_str()),
            curtain: Curtain::of(&self.stage.context),
        }
    }

    /// The rows of `expect` and the chain of `then`.
    fn judged(&self, bench: &Bench<'_>, step: &Step, sight: &Sight<'_>) -> Vec<AssertionResult> {
        let mut results = Vec::new();
        let mut all_met = true;
        for row in &step.expect {
            all_met &= bench.holds(row, sight, &self.scope);
            results.extend(bench.evaluate(Clause::Expect, row, sight, &self.scope));
        }
        let mut excused = None;
        for row in &step.then {
            if row.excuses {
                // What the protocol allows to be missing is missing whatever else was: rows that need it do not apply.
                let guard = bench.evaluate(Clause::Premise, row, sight, &self.scope).filter(|_| matches!(sight, Sight::Facts(_)));
                excused = excused.or_else(|| guard.as_ref().and_then(stop_of));
                results.extend(guard);
            } else if let Some(outcome) = &excused {
                results.extend(bench.evaluate(Clause::Then, row, &Sight::Nothing(outcome.clone()), &self.scope));
            } else if all_met || !matches!(sight, Sight::Facts(_)) {
                all_met &= bench.holds(row, sight, &self.scope);
                results.extend(bench.evaluate(Clause::Then, row, sight, &self.scope));
            } else if let Some((result, missed)) = bench.without_effect(row, &self.scope) {
                missed.into_iter().for_each(|id| self.stage.mark_unreached(id));
                results.push(result);
            }
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

    async fn observe(&mut self, phase: Phase, step: &Step, name: &str) -> Sighting {
        let Some(verb) = verbs::find(name) else { return Sighting::missing(format!("there is no verb '{name}'")) };
        let arguments = match self.arguments(step).and_then(|given| Arguments::new(verb.help(), given)) {
            Ok(arguments) => arguments,
            Err(missing) => return Sighting::missing(missing),
        };
        let wait = verb.cost(&arguments).wait;
        let _slot = if wait.is_zero() { self.stage.slot().await } else { None };
        if let (false, Some(notice)) = (wait.is_zero(), self.on_wait) {
            notice(wait.as_secs());
        }
        let _acting = self.stage.context.world.activity.begin();
        let context = self.stage.context.labelled(&self.label, &step.title);
        let late = self.too_late();
        let work = self.allowance.spend(wait, verb.run(&arguments, &context));
        // Cleaning up is what an interrupted run is still there for.
        let must_end = matches!(phase, Phase::Restore | Phase::Cleanup);
        let observed = tokio::select! {
            biased;
            () = self.stage.interrupt.raised(), if !must_end => Observed::broken(interrupted(), Vec::new()),
            observed = work => observed.unwrap_or_else(|| Observed::broken(late, Vec::new())),
        };
        Sighting::of(observed)
    }

    fn arguments(&self, step: &Step) -> Result<Map<String, Value>, String> {
        let filled = step.with.0.iter().map(|(name, _, value)| {
            let value = resolve(value, &self.scope).map_err(|error| error.to_string())?;
            Ok((name.clone(), value))
        });
        filled.collect()
    }

    /// Runs a flow, or takes what another case got from the same flow with the same inputs.
    async fn flow(&mut self, phase: Phase, step: &Step, name: &str) -> Sighting {
        let arguments = match self.arguments(step) {
            Ok(arguments) => arguments,
            Err(missing) => return Sighting::missing(missing),
        };
        let is_shared = matches!(phase, Phase::Setup | Phase::Control | Phase::Step) && !self.case.fresh;
        let result = if is_shared {
            let now = self.stage.context.world.clock.elapsed();
            let cost = cost_of_step(step, &self.scope, &self.stage.suite);
            let key = format!("{name} {}", Value::Object(arguments.clone()));
            let Some(cell) = self.stage.setups.place(&key, now, cost) else { return Sighting::not_looked(ended_too_often()) };
            cell.get_or_init(|| self.run_flow(phase, name, arguments)).await.clone()
        } else {
            self.run_flow(phase, name, arguments).await
        };
        self.flaky |= result.flaky;
        let evidence = result.steps.iter().flat_map(|step| step.evidence.clone()).collect();
        let done = result.steps.iter().any(|step| step.done);
        // Whoever shares it has it in a phase of its own.
        self.steps.extend(result.steps.into_iter().map(|step| StepResult { phase, ..step }));
        Sighting { seen: result.stopped.map_or(Ok(result.outputs), Err), done, evidence, flaky: false }
    }

    fn run_flow<'s>(&'s self, phase: Phase, name: &'s str, arguments: Map<String, Value>) -> BoxFuture<'s, FlowResult> {
        Box::pin(async move {
            let begun = self.stage.context.world.clock.elapsed();
            let mut run = CaseRun::new(self.stage, self.case, self.label.clone(), self.scope.clone());
            (run.on_wait, run.in_flow) = (self.on_wait, true);
            let flow = self.stage.suite.flow(name);
            let Some(flow) = flow else {
                run.stopped = Some(Outcome::NotReached(Cause::new("input", format!("there is no flow '{name}'"))));
                return run.into_flow_result(&[], begun);
            };
            for input in &flow.inputs {
                let default = || resolve(input.default.as_ref()?, &self.scope).ok();
                if let Some(value) = arguments.get(&input.name).cloned().or_else(default) {
                    run.scope.set(&input.name, value);
                }
            }
            for step in &flow.steps {
                run.step(phase, step, 0).await;
            }
            run.into_flow_result(&flow.outputs, begun)
        })
    }

    fn into_flow_result(self, outputs: &[String], begun: Duration) -> FlowResult {
        let outputs = outputs.iter().filter_map(|name| Some((name.clone(), self.scope.get(name)?.clone()))).collect();
        let outputs = Value::Object(outputs);
        let good_until = lifetime(&outputs).map(|lifetime| begun.saturating_add(lifetime));
        FlowResult { outputs, steps: self.steps, stopped: self.stopped, flaky: self.flaky, good_until }
    }
}

fn ended_too_often() -> Outcome {
    let message = "a token that several cases share ended so often that another would be more authorizations and requests than were planned";
    Outcome::NotReached(Cause::new("lifetime", message))
}

/// How long what a flow brought can be shared: the life of its token, less what a case may need to use it.
fn lifetime(outputs: &Value) -> Option<Duration> {
    let seconds = outputs.get(TOKEN)?.get("expires_in")?.as_u64().filter(|seconds| *seconds > 0)?;
    Some(Duration::from_secs(seconds - (seconds / 4).min(120)))
}

/// The output of a flow that ends some time: a token response.
pub(super) const TOKEN: &str = "token";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn h26_what_a_flow_brought_is_shared_for_most_of_the_life_of_its_token_and_odd_lives_are_none() {
        let of = |expires_in: Value| lifetime(&json!({ "token": { "expires_in": expires_in } })).map(|life| life.as_secs());
        assert_eq!((of(json!(3600)), of(json!(300)), of(json!(4)), of(json!(1))), (Some(3480), Some(225), Some(3), Some(1)));
        for odd in [json!(0), json!(-1), json!("3600"), json!(1e300), json!(null)] {
            assert_eq!(of(odd.clone()), None, "{odd}");
        }
        assert_eq!(lifetime(&json!({})), None);
    }
}
