//! Evaluates the rows of a step and judges each for the requirements it counts for.

use serde_json::Value;

use super::capability::Capabilities;
use super::compare::in_words;
use super::comparison::Comparison;
use super::curtain::Curtain;
use super::facts::fact;
use super::record::{AssertionResult, Clause, OutcomeRecord};
use super::rules::Rules;
use crate::testcase::{Assertion, Check, Predicate, Scope, resolve, resolve_text};
use crate::vocabulary::{Cause, Outcome, Verdict, escape_to_width};

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
    /// What is hidden of what is shown.
    pub curtain: Curtain<'a>,
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
        // The outcome is that of what the target said; the record gives the same one from what is shown.
        let (outcome, comparison) = match sight {
            Sight::Facts(facts) => {
                let shown = self.curtain.shown(&comparison(row, facts, scope));
                (shown.outcome(None), Some(shown.beside(seen.as_ref())))
            }
            Sight::Nothing(outcome) => (outcome.clone(), None),
        };
        let judgements = requirements.iter().filter_map(|id| self.rules.judgement(id, &outcome, self.capabilities)).collect();
        Some(AssertionResult {
            clause,
            that: self.curtain.text(&that_of(row, scope)),
            expected: comparison
                .as_ref()
                .and_then(Comparison::expected)
                .unwrap_or_else(|| self.curtain.text(&expected_of(row, scope))),
            seen,
            outcome: outcome.into(),
            because: row.because.clone(),
            excuses: row.excuses,
            judgements,
            comparison,
            missed: Vec::new(),
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
        let missed: Vec<String> = missed.map(|judgement| judgement.requirement.clone()).collect();
        let outcome = OutcomeRecord::WithoutEffect;
        Some((AssertionResult { outcome, judgements: Vec::new(), missed: missed.clone(), ..result }, missed))
    }

    /// Whether a row holds, also one that counts for nothing under the profile: `then` stands behind it all the same.
    #[must_use]
    pub fn holds(&self, row: &Assertion, sight: &Sight<'_>, scope: &Scope) -> bool {
        matches!(sight, Sight::Facts(facts) if self.curtain.compared(&comparison(row, facts, scope)) == Outcome::Met)
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
                let value = self.curtain.value(fact(facts, &path)?);
                let text = value.to_string();
                Some(if text.len() > LONGEST_FACT { Value::from(escape_to_width(&text, LONGEST_FACT)) } else { value })
            }
            Check::Any(_) => None,
        }
    }
}

impl From<Outcome> for OutcomeRecord {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Met => Self::Met,
            Outcome::NotMet(mismatch) => Self::NotMet(mismatch),
            Outcome::NotApplicable(cause) => Self::NotApplicable(cause),
            Outcome::NotReached(cause) => Self::NotReached(cause),
            Outcome::Broken(cause) => Self::Broken(cause),
        }
    }
}

/// The row with everything filled in.
fn comparison(row: &Assertion, facts: &Value, scope: &Scope) -> Comparison {
    match &row.check {
        Check::Any(rows) => Comparison::Any { of: rows.iter().map(|row| comparison(row, facts, scope)).collect() },
        Check::Fact { that, predicate } => {
            let filled = resolve_text(that, scope).map_err(|error| error.to_string());
            match filled.and_then(|path| Ok((path, fill(predicate, scope)?))) {
                Err(missing) => Comparison::Missing { cause: Cause::new("input", missing) },
                Ok((that, predicate)) => {
                    let (word, with) = predicate.parts();
                    let fact = fact(facts, &that).cloned();
                    Comparison::One { that, word: word.to_owned(), with, fact }
                }
            }
        }
    }
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
