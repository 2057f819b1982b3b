//! The requirements in force, with the condition under which each applies to this target.

use std::collections::BTreeMap;

use super::capability::{Capabilities, Claimed};
use super::judge;
use super::record::Judgement;
use crate::vocabulary::{Cause, Outcome, Strength, Verdict};

/// One requirement in force.
#[derive(Debug, Clone)]
pub struct RuleInForce {
    /// How much it counts.
    pub strength: Strength,
    /// Each list: at least one of its capabilities must be claimed, or the rule does not apply.
    pub condition: Vec<Vec<String>>,
}

/// All requirements in force by id.
#[derive(Debug, Clone, Default)]
pub struct Rules(BTreeMap<String, RuleInForce>);

impl Rules {
    /// Collects them.
    pub fn new(rules: impl IntoIterator<Item = (String, RuleInForce)>) -> Self {
        Self(rules.into_iter().collect())
    }

    /// True when the requirement is in force.
    #[must_use]
    pub fn is_in_force(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// The verdict on an outcome for one requirement; nothing when it is not in force.
    #[must_use]
    pub fn judgement(&self, id: &str, outcome: &Outcome, capabilities: &Capabilities) -> Option<Judgement> {
        let rule = self.0.get(id)?;
        let outcome = under_condition(outcome, rule, capabilities);
        Some(Judgement { requirement: id.to_owned(), strength: rule.strength, verdict: judge(&outcome, rule.strength) })
    }

    /// The verdict for the same requirement when its case could not be reached.
    #[must_use]
    pub fn rejudge(&self, judgement: &Judgement, outcome: &Outcome) -> Verdict {
        judge(outcome, judgement.strength)
    }
}

/// A rule whose condition is not claimed does not apply. Where nobody can tell, a met expectation stays met,
/// and a finding is held back: it would rest on a condition that nothing has shown.
fn under_condition(outcome: &Outcome, rule: &RuleInForce, capabilities: &Capabilities) -> Outcome {
    for names in &rule.condition {
        match capabilities.any_claimed(names.iter().map(String::as_str)) {
            Claimed::Yes => {}
            Claimed::No => {
                let cause = Cause::new("not-claimed", format!("the target does not claim {}", names.join(" or ")));
                return Outcome::NotApplicable(cause);
            }
            Claimed::Unknown(why) if matches!(outcome, Outcome::NotMet(_)) => {
                return Outcome::NotReached(Cause::new("unknown", format!("it is not known whether the rule applies: {why}")));
            }
            Claimed::Unknown(_) => {}
        }
    }
    outcome.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::capability::{Document, Documents};
    use crate::vocabulary::Mismatch;
    use serde_json::json;

    fn verdicts(smart: Document) -> [Verdict; 2] {
        let rule = RuleInForce { strength: Strength::Shall, condition: vec![vec!["smart.sso-openid-connect".into()]] };
        let rules = Rules::new([("a/b-1".to_owned(), rule)]);
        let capabilities = Capabilities::new(Documents { smart, ..Documents::default() }, [], std::sync::Arc::default());
        let not_met = Outcome::NotMet(Mismatch { expected: "x".into(), actual: "y".into() });
        [Outcome::Met, not_met].map(|outcome| rules.judgement("a/b-1", &outcome, &capabilities).unwrap().verdict)
    }

    #[test]
    fn a_finding_needs_a_condition_that_is_known_to_hold() {
        use Verdict::{Blocked, Fail, NotApplicable, Pass};
        assert_eq!(verdicts(Document::Found(json!({ "capabilities": ["sso-openid-connect"] }))), [Pass, Fail]);
        assert_eq!(verdicts(Document::Found(json!({ "capabilities": [] }))), [NotApplicable, NotApplicable]);
        assert_eq!(verdicts(Document::Unreadable("500".into())), [Pass, Blocked]);
    }
}
