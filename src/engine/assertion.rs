//! Evaluates the rows of a step and judges each for the requirements it counts for.

use serde_json::Value;

use super::capability::Capabilities;
use super::compare::{compare, in_words};
use super::facts::fact;
use super::record::{AssertionResult, Clause, OutcomeRecord};
use super::rules::Rules;
use crate::testcase::{Assertion, Check, Predicate, Scope, resolve, resolve_text};
use crate::vocabulary::{Cause, Mismatch, Outcome, Verdict, escape_to_width};

/// The longest fact that is kept in the record, as JSON text.
const LONGEST_FACT: usize = 2_000;

/// What assertions are evaluated against.
pub struct Bench<'a> {
    /// The requirements in force.
    pub rules: &'a Rules,
    /// What the target claims.
    pub capabilities: &'a Capabilities,
    /// The requirement of a row that names none.
    pub default_requirement: &'a str,
}

/// What there is to compare with.
pub enum Sight<'a> {
    /// Facts.
    Facts(&'a Value),
    /// Nothing, and every row has this outcome.
    Nothing(Outcome),
}

impl Bench<'_> {
    /// Evaluates one row. Nothing when none of its requirements is in force; a premise always counts.
    #[must_use]
    pub fn evaluate(&self, clause: Clause, row: &Assertion, sight: &Sight<'_>, scope: &Scope) -> Option<AssertionResult> {
        let requirements = if clause == Clause::Premise { Vec::new() } else { self.requirements(row, scope) };
        if clause != Clause::Premise && !requirements.iter().any(|id| self.rules.is_in_force(id)) {
            return None;
        }
        let seen = self.seen(row, sight, scope);
        let outcome = match sight {
            Sight::Facts(facts) => outcome_of(row, facts, scope),
            Sight::Nothing(outcome) => outcome.clone(),
        };
        let judgements = requirements.iter().filter_map(|id| self.rules.judgement(id, &outcome, self.capabilities)).collect();
        Some(AssertionResult {
            clause,
            that: that_of(row, scope),
            expected: expected_of(row, scope),
            seen,
            outcome: record(outcome),
            because: row.because.clone(),
            judgements,
            place: row.place.to_string(),
        })
    }

    /// A `then` row whose predecessors were not met, and the requirements that it would have been judged for.
    #[must_use]
    pub fn without_effect(&self, row: &Assertion, scope: &Scope) -> Option<(AssertionResult, Vec<String>)> {
        let unreached = Sight::Nothing(Outcome::NotReached(Cause::new("then", "an expectation before it was not met")));
        let result = self.evaluate(Clause::Then, row, &unreached, scope)?;
        // Where the condition of a rule does not hold, nothing was missed.
        let missed = result.judgements.iter().filter(|judgement| judgement.verdict == Verdict::Blocked);
        let missed = missed.map(|judgement| judgement.requirement.clone()).collect();
        Some((AssertionResult { outcome: OutcomeRecord::WithoutEffect, judgements: Vec::new(), ..result }, missed))
    }

    /// Whether a row holds, also one that counts for nothing under the profile: `then` stands behind it all the same.
    #[must_use]
    pub fn holds(&self, row: &Assertion, sight: &Sight<'_>, scope: &Scope) -> bool {
        matches!(sight, Sight::Facts(facts) if outcome_of(row, facts, scope) == Outcome::Met)
    }

    fn requirements(&self, row: &Assertion, scope: &Scope) -> Vec<String> {
        if row.requirements.is_empty() {
            return vec![self.default_requirement.to_owned()];
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

    fn seen(&self, row: &Assertion, sight: &Sight<'_>, scope: &Scope) -> Option<Value> {
        let Sight::Facts(facts) = sight else { return None };
        match &row.check {
            Check::Fact { that, .. } => {
                let path = resolve_text(that, scope).ok()?;
                let value = fact(facts, &path)?.clone();
                let text = value.to_string();
                Some(if text.len() > LONGEST_FACT { Value::from(escape_to_width(&text, LONGEST_FACT)) } else { value })
            }
            Check::Any(_) => None,
        }
    }
}

fn record(outcome: Outcome) -> OutcomeRecord {
    match outcome {
        Outcome::Met => OutcomeRecord::Met,
        Outcome::NotMet(mismatch) => OutcomeRecord::NotMet(mismatch),
        Outcome::NotApplicable(cause) => OutcomeRecord::NotApplicable(cause),
        Outcome::NotReached(cause) => OutcomeRecord::NotReached(cause),
        Outcome::Broken(cause) => OutcomeRecord::Broken(cause),
    }
}

fn outcome_of(row: &Assertion, facts: &Value, scope: &Scope) -> Outcome {
    match &row.check {
        Check::Any(rows) => any_of(rows, facts, scope),
        Check::Fact { that, predicate } => {
            let filled = resolve_text(that, scope).map_err(|error| error.to_string());
            let filled = filled.and_then(|path| Ok((path, fill(predicate, scope)?)));
            match filled {
                Err(missing) => Outcome::NotReached(Cause::new("input", missing)),
                Ok((path, predicate)) => compare(fact(facts, &path), &predicate).map_or_else(Outcome::NotMet, |()| Outcome::Met),
            }
        }
    }
}

/// Met when one row is; otherwise the first row that could not be compared decides, or all mismatches together.
fn any_of(rows: &[Assertion], facts: &Value, scope: &Scope) -> Outcome {
    let outcomes: Vec<Outcome> = rows.iter().map(|row| outcome_of(row, facts, scope)).collect();
    if outcomes.contains(&Outcome::Met) {
        return Outcome::Met;
    }
    let mut mismatches = Vec::new();
    for (row, outcome) in rows.iter().zip(outcomes) {
        match outcome {
            Outcome::NotMet(mismatch) => mismatches.push((that_of(row, scope), mismatch)),
            other => return other,
        }
    }
    let join = |text: fn(&Mismatch) -> &str| {
        let parts: Vec<String> = mismatches.iter().map(|(that, mismatch)| format!("{that} {}", text(mismatch))).collect();
        parts.join("; or ")
    };
    Outcome::NotMet(Mismatch { expected: join(|mismatch| &mismatch.expected), actual: join(|mismatch| &mismatch.actual) })
}

fn fill(predicate: &Predicate, scope: &Scope) -> Result<Predicate, String> {
    let (word, value) = predicate.parts();
    if matches!(predicate, Predicate::Matches(_)) {
        return Ok(predicate.clone());
    }
    let value = resolve(&value, scope).map_err(|error| error.to_string())?;
    Predicate::new(word, value)
}

fn that_of(row: &Assertion, scope: &Scope) -> String {
    match &row.check {
        Check::Fact { that, .. } => resolve_text(that, scope).unwrap_or_else(|_| that.clone()),
        Check::Any(rows) => format!("any of {}", rows.iter().map(|row| that_of(row, scope)).collect::<Vec<_>>().join(", ")),
    }
}

fn expected_of(row: &Assertion, scope: &Scope) -> String {
    match &row.check {
        Check::Fact { predicate, .. } => in_words(&fill(predicate, scope).unwrap_or_else(|_| predicate.clone())),
        Check::Any(rows) => {
            let each = rows.iter().map(|row| format!("{} {}", that_of(row, scope), expected_of(row, scope)));
            each.collect::<Vec<_>>().join("; or ")
        }
    }
}
