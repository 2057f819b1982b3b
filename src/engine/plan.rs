//! Decides which cases run, with which elements of `[each]`, and the most that they may send. Sends nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::capability::{Capabilities, Claimed};
use super::case_run::TOKEN;
use super::economy::{self, Need, Share};
use super::inputs::is_needed;
use super::record::{NotSelected, PlannedCase, Traffic};
use super::rules::Rules;
use super::selection::{Deeds, Selection};
use crate::net::Random;
use crate::target::Declined;
use crate::testcase::{
    Action, Assertion, Declared, RandomKind, Role, Scope, Step, Suite, TestCase, Variant, expand, resolve, resolve_text,
};
use crate::verbs::{self, Arguments, Cost, Effect};
use crate::vocabulary::{Cause, Outcome};

/// The kind of what the operator has declined to give, among what is left out.
pub const DECLINED: &str = "declined";

/// One result that will be made.
#[derive(Debug, Clone)]
pub struct Job {
    /// The case.
    pub case: Arc<TestCase>,
    /// The elements of `[each]`.
    pub variant: Variant,
    /// What the record says of it.
    pub planned: PlannedCase,
    /// The names that templates may use.
    pub scope: Scope,
    /// Set when it needs no run: every row has this outcome.
    pub gate: Option<Outcome>,
}

/// All results that will be made, and all cases that were left out.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The results in order: by case id, then by element.
    pub jobs: Vec<Job>,
    /// What was left out, with reasons.
    pub not_selected: Vec<NotSelected>,
    /// The most that the results send together, each shared flow once, `renewals` included.
    pub most: Cost,
    /// The part of `most` that is kept for shared flows whose token ends before all are done with it: each can be made once more, or
    /// one of them oftener.
    pub renewals: Cost,
}

/// What a plan is made from.
pub struct Planner<'a> {
    /// The suite.
    pub suite: &'a Suite,
    /// The requirements in force.
    pub rules: &'a Rules,
    /// What the target claims.
    pub capabilities: &'a Capabilities,
    /// `target.*` and `profile.*`.
    pub scope: &'a Scope,
    /// Flags and rights.
    pub selection: &'a Selection,
    /// Capabilities that the profiles demand: their absence blocks, it does not excuse.
    pub required_capabilities: &'a [String],
    /// For `[values]`.
    pub random: &'a dyn Random,
    /// What the operator says cannot be given.
    pub declined: &'a [Declined],
    /// Which role is under test.
    pub role: Role,
    /// True before discovery: whatever a case needs may be claimed.
    pub assume_claimed: bool,
}

impl Planner<'_> {
    /// Makes the plan.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let mut plan = Plan::default();
        for case in &self.suite.cases {
            if case.role == self.role {
                self.plan_case(case, &mut plan);
            }
        }
        if let Some(most) = self.selection.max_authorizations {
            let needs: Vec<Need> = plan.jobs.iter().map(|job| need_of(job, self.suite)).collect();
            economy::keep_within(&mut plan, most, self.rules, &needs);
        }
        (plan.most, plan.renewals) = together(&plan.jobs, self.suite);
        plan
    }

    fn plan_case(&self, case: &TestCase, plan: &mut Plan) {
        let in_force: Vec<String> =
            case.requirements.iter().filter(|id| self.rules.is_in_force(id.as_str())).map(ToString::to_string).collect();
        if in_force.is_empty() {
            return;
        }
        let left_out = self.selection.leaves_out(case, deeds_of(case, self.suite));
        if let Some((kind, reason)) = left_out {
            let title = case.title.split(" {{").next().unwrap_or_default().to_owned();
            let requirements = in_force;
            plan.not_selected.push(NotSelected { case: case.id.to_string(), title, reason, kind: kind.into(), requirements });
            return;
        }
        let case = Arc::new(case.clone());
        match expand(&case, self.scope) {
            Ok(variants) => {
                let jobs: Vec<Job> = variants.into_iter().filter_map(|variant| self.job(&case, variant, &in_force)).collect();
                for job in jobs {
                    match self.declined(&job).or_else(|| self.too_long(&job)) {
                        Some(left_out) => plan.not_selected.push(left_out),
                        None => plan.jobs.push(job),
                    }
                }
            }
            Err(error) => {
                let gate = Some(Outcome::NotReached(Cause::new("input", format!("its list is not known: {error}"))));
                let scope = self.scope_of(&case, &Variant::default());
                plan.jobs.push(self.job_with(&case, Variant::default(), scope, in_force, gate));
            }
        }
    }

    /// The result as one that is left out, when it needs something that the operator has declined to give.
    fn declined(&self, job: &Job) -> Option<NotSelected> {
        let declined = self.declined.iter().find(|own| is_needed(&own.needs, &job.case, &job.scope, self.suite))?;
        let reason = format!("{} is declined: {} ({})", declined.needs, declined.reason, declined.by);
        Some(left_out(job, DECLINED, reason))
    }

    fn too_long(&self, job: &Job) -> Option<NotSelected> {
        let (kind, reason) = self.selection.waits_too_long(job.planned.waits)?;
        Some(left_out(job, kind, reason))
    }

    /// Nothing when no requirement of this element is in force.
    fn job(&self, case: &Arc<TestCase>, variant: Variant, in_force: &[String]) -> Option<Job> {
        let gate = self.gate(case, &variant);
        let scope = self.scope_of(case, &variant);
        let named = named_requirements(case, &scope);
        let requirements: Vec<String> = in_force.iter().filter(|id| named.contains(id)).cloned().collect();
        (!requirements.is_empty()).then(|| self.job_with(case, variant, scope, requirements, gate))
    }

    /// `target.*`, `profile.*`, the elements of `[each]` and `[values]`.
    fn scope_of(&self, case: &TestCase, variant: &Variant) -> Scope {
        let mut scope = self.scope.clone();
        variant.enter(&mut scope);
        for (name, declared) in &case.values {
            let value = match declared {
                Declared::Literal(value) => resolve(value, &scope).unwrap_or_else(|_| value.clone()),
                Declared::Random(RandomKind::Uuid) => Value::from(self.random.uuid().to_string()),
                Declared::Random(RandomKind::State) => Value::from(self.random.state()),
            };
            scope.set(name, value);
        }
        scope
    }

    fn job_with(
        &self,
        case: &Arc<TestCase>,
        variant: Variant,
        scope: Scope,
        requirements: Vec<String>,
        gate: Option<Outcome>,
    ) -> Job {
        let cost = if gate.is_some() { Cost::default() } else { cost_of(case, &scope, self.suite) };
        let planned = PlannedCase {
            case: case.id.to_string(),
            variant: variant.label.clone(),
            title: resolve_text(&case.title, &scope).unwrap_or_else(|_| case.title.clone()),
            file: case.place.file.clone(),
            requirements,
            requests: cost.requests,
            probes: cost.probes,
            authorizations: cost.authorizations,
            waits: cost.wait.as_secs(),
        };
        Job { case: Arc::clone(case), variant, planned, scope, gate }
    }

    /// What `needs` says of a target that does not claim it. What is optional and not claimed excuses the case, whatever
    /// else is unknown.
    fn gate(&self, case: &TestCase, variant: &Variant) -> Option<Outcome> {
        if self.assume_claimed {
            return None;
        }
        let mut scope = self.scope.clone();
        variant.enter(&mut scope);
        let needs = case.needs.iter().map(|need| resolve_text(need, &scope).unwrap_or_else(|_| need.clone()));
        let mut gates: Vec<Outcome> = needs.filter_map(|need| self.gate_of(&need)).collect();
        let excuse = gates.iter().position(|gate| matches!(gate, Outcome::NotApplicable(_))).unwrap_or(0);
        (!gates.is_empty()).then(|| gates.swap_remove(excuse))
    }

    fn gate_of(&self, need: &str) -> Option<Outcome> {
        let required = self.required_capabilities.iter().any(|own| own == need);
        match self.capabilities.claimed(need) {
            Claimed::Yes => None,
            Claimed::No if required => {
                let message = format!("the target does not claim {need}, which the profile demands");
                Some(Outcome::NotReached(Cause::new("not-claimed", message)))
            }
            Claimed::No => Some(Outcome::NotApplicable(Cause::new("not-claimed", format!("the target does not claim {need}")))),
            Claimed::Unknown(why) => {
                let message = format!("it is not known whether the target claims {need}: {why}");
                Some(Outcome::NotReached(Cause::new("unknown", message)))
            }
        }
    }
}

fn left_out(job: &Job, kind: &str, reason: String) -> NotSelected {
    let PlannedCase { case, title, requirements, .. } = job.planned.clone();
    NotSelected { case, title, reason, kind: kind.to_owned(), requirements }
}

impl Plan {
    /// The upper bound of what the run sends, without what stage 0 sends.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        Traffic {
            planned_requests: self.most.requests,
            planned_probes: self.most.probes,
            planned_authorizations: self.most.authorizations,
            ..Traffic::default()
        }
    }
}

/// The verbs of a case, those of its flows included.
#[must_use]
pub fn verbs_of<'a>(case: &'a TestCase, suite: &'a Suite) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for step in case.all_steps() {
        match &step.action {
            Action::Verb(name) => names.push(name),
            Action::Flow(name) => {
                let inner = suite.flow(name).into_iter().flat_map(|flow| flow.steps.iter());
                names.extend(inner.filter_map(|step| match &step.action {
                    Action::Verb(name) => Some(name.as_str()),
                    Action::Flow(_) => None,
                }));
            }
        }
    }
    names
}

/// What the verbs of a case do.
#[must_use]
pub fn deeds_of(case: &TestCase, suite: &Suite) -> Deeds {
    let found: Vec<_> = verbs_of(case, suite).into_iter().filter_map(verbs::find).map(verbs::Verb::help).collect();
    let registers = |help: &verbs::VerbHelp| help.name.starts_with("udap.") && help.effect == Effect::Change;
    Deeds {
        effect: found.iter().map(|help| help.effect).max().unwrap_or(Effect::Observe),
        signs_in: found.iter().any(|help| help.effect >= Effect::Login && !registers(help)),
        registers: found.iter().any(|help| registers(help)),
    }
}

/// What the results send together, each shared flow once, and what of it is kept for renewals. A server that insists on a slash
/// behind `aud` is asked again, a few times at most.
fn together(jobs: &[Job], suite: &Suite) -> (Cost, Cost) {
    let (mut sum, mut shared, mut renewals) = (Cost::default(), BTreeMap::new(), Cost::default());
    for job in jobs {
        let need = need_of(job, suite);
        sum = sum + need.own;
        for (key, shares) in need.shared {
            if shared.insert(key, shares.cost).is_none() && shares.can_end {
                renewals = renewals + shares.cost;
            }
        }
    }
    sum = shared.into_values().fold(sum + renewals, std::ops::Add::add);
    if sum.authorizations > 0 {
        sum.authorizations += u64::from(verbs::MOST_AUD_TRIES);
        sum.requests += u64::from(verbs::MOST_AUD_TRIES) * verbs::MOST_LOGIN_REQUESTS;
        sum.authorizations += u64::from(verbs::MOST_FRESH_CODES);
        sum.requests += u64::from(verbs::MOST_FRESH_CODES) * (verbs::MOST_LOGIN_REQUESTS + verbs::MOST_TOKEN_REQUESTS);
    }
    (sum, renewals)
}

/// What one result sends at most, that of shared flows by what is shared.
fn need_of(job: &Job, suite: &Suite) -> Need {
    let mut need = Need::default();
    if job.gate.is_some() {
        return need;
    }
    let case = &job.case;
    // A control counts twice: before and after.
    let controls = case.control.iter().chain(&case.control);
    let once = case.setup.iter().chain(&case.steps).chain(controls).map(|step| (step, !case.fresh));
    let always = case.restore.iter().chain(&case.cleanup).map(|step| (step, false));
    for (step, may_share) in once.chain(always) {
        let cost = cost_of_step(step, &job.scope, suite);
        let is_look = matches!(step.action, Action::Verb(_));
        match shared_key(step, &job.scope).filter(|_| may_share || is_look) {
            Some(key) => need.shared.push((key, Share { cost, can_end: can_end(step, suite) })),
            None => need.own = need.own + cost,
        }
    }
    need
}

/// Whether what a step brings may end while others still want it, as a token does.
fn can_end(step: &Step, suite: &Suite) -> bool {
    let Action::Flow(name) = &step.action else { return false };
    suite.flow(name).is_some_and(|flow| flow.outputs.iter().any(|output| output == TOKEN))
}

/// What makes two uses of a flow one, or two of a verb that looks once; nothing when an input is known only later.
fn shared_key(step: &Step, scope: &Scope) -> Option<String> {
    let inputs: Option<serde_json::Map<String, Value>> =
        step.with.0.iter().map(|(name, _, value)| Some((name.clone(), resolve(value, scope).ok()?))).collect();
    match &step.action {
        Action::Flow(name) => Some(format!("{name} {}", Value::Object(inputs?))),
        Action::Verb(name) => verbs::find(name)?.shared_by(&Arguments::unchecked(inputs?)),
    }
}

/// The most that one result may send.
fn cost_of(case: &TestCase, scope: &Scope, suite: &Suite) -> Cost {
    let of = |steps: &[Step]| steps.iter().map(|step| cost_of_step(step, scope, suite)).fold(Cost::default(), std::ops::Add::add);
    let control = of(&case.control);
    of(&case.setup) + control + of(&case.steps) + control + of(&case.restore) + of(&case.cleanup)
}

pub(super) fn cost_of_step(step: &Step, scope: &Scope, suite: &Suite) -> Cost {
    match &step.action {
        Action::Flow(name) => {
            let Some(flow) = suite.flow(name) else { return Cost::default() };
            let mut inside = scope.clone();
            for input in &flow.inputs {
                let given = step.with.0.iter().find(|(name, _, _)| *name == input.name).map(|(_, _, value)| value);
                if let Some(Ok(value)) = given.or(input.default.as_ref()).map(|value| resolve(value, scope)) {
                    inside.set(&input.name, value);
                }
            }
            flow.steps.iter().map(|step| cost_of_step(step, &inside, suite)).fold(Cost::default(), std::ops::Add::add)
        }
        Action::Verb(name) => {
            let Some(verb) = verbs::find(name) else { return Cost::default() };
            // What is captured later is not known yet; no verb's cost depends on it.
            let known = step.with.0.iter().map(|(name, _, value)| (name.clone(), resolve(value, scope).unwrap_or(Value::Null)));
            verb.cost(&Arguments::unchecked(known.collect()))
        }
    }
}

/// Every requirement that an assertion of the case counts for with these values.
fn named_requirements(case: &TestCase, scope: &Scope) -> Vec<String> {
    // A row that only says what need not be there counts for no requirement.
    let rows = case.steps.iter().flat_map(|step| step.expect.iter().chain(&step.then)).filter(|row| !row.excuses);
    let mut named = Vec::new();
    for row in rows {
        named.extend(requirements_of(row, case, scope));
    }
    named
}

fn requirements_of(row: &Assertion, case: &TestCase, scope: &Scope) -> Vec<String> {
    if row.requirements.is_empty() {
        return case.requirements.first().map(ToString::to_string).into_iter().collect();
    }
    let mut ids = Vec::new();
    for id in &row.requirements {
        match resolve(&Value::from(id.as_str()), scope) {
            Ok(Value::String(id)) => ids.push(id),
            Ok(Value::Array(items)) => ids.extend(items.iter().filter_map(Value::as_str).map(str::to_owned)),
            _ => {}
        }
    }
    ids
}
