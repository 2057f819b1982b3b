//! The requirements in force, with the condition under which each applies to this target.

use std::collections::BTreeMap;

use super::capability::{Capabilities, Claimed};
use super::condition::{Condition, under};
use super::judge;
use super::record::Judgement;
use crate::vocabulary::{Cause, Outcome, Strength};

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

    /// How much a requirement counts; nothing when it is not in force.
    #[must_use]
    pub fn strength(&self, id: &str) -> Option<Strength> {
        self.0.get(id).map(|rule| rule.strength)
    }

    /// The verdict on an outcome for one requirement; nothing when it is not in force.
    #[must_use]
    pub fn judgement(&self, id: &str, outcome: &Outcome, capabilities: &Capabilities) -> Option<Judgement> {
        let rule = self.0.get(id)?;
        let condition = condition_of(rule, capabilities);
        let verdict = judge(&under(condition.as_ref(), outcome), rule.strength);
        Some(Judgement { requirement: id.to_owned(), strength: rule.strength, verdict, condition, waived: false })
    }
}

/// The condition that does not hold, or else the first of which nobody can tell.
fn condition_of(rule: &RuleInForce, capabilities: &Capabilities) -> Option<Condition> {
    let mut unknown = None;
    for names in &rule.condition {
        match capabilities.any_claimed(names.iter().map(String::as_str)) {
            Claimed::Yes => {}
            // Whatever else is unknown, one condition that does not hold is enough.
            Claimed::No => {
                let cause = Cause::new("not-claimed", format!("the target does not claim {}", names.join(" or ")));
                return Some(Condition::NotClaimed(cause));
            }
            Claimed::Unknown(why) => unknown = unknown.or(Some(why)),
        }
    }
    unknown.map(|why| Condition::Unknown(Cause::new("unknown", format!("it is not known whether the rule applies: {why}"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::capability::{Document, Documents};
    use crate::vocabulary::{Mismatch, Verdict};
    use serde_json::json;

    fn verdicts(smart: Document) -> [Verdict; 2] {
        let rule = RuleInForce { strength: Strength::Shall, condition: vec![vec!["smart.sso-openid-connect".into()]] };
        let rules = Rules::new([("a/b-1".to_owned(), rule)]);
        let capabilities = Capabilities::new(Documents { smart, ..Documents::default() }, [], std::sync::Arc::default());
        let not_met = Outcome::NotMet(Mismatch { expected: "x".into(), actual: "y".into() });
        [Outcome::Met, not_met].map(|outcome| rules.judgement("a/b-1", &outcome, &capabilities).unwrap().verdict)
    }

    #[test]
    fn a_condition_that_does_not_hold_decides_whatever_else_is_unknown() {
        let condition = vec![vec!["udap".into()], vec!["smart.sso-openid-connect".into()]];
        let rules = Rules::new([("a/b-1".to_owned(), RuleInForce { strength: Strength::Shall, condition })]);
        let smart = Document::Found(json!({ "capabilities": [] }));
        let capabilities = Capabilities::new(Documents { smart, ..Documents::default() }, [], std::sync::Arc::default());
        let not_met = Outcome::NotMet(Mismatch { expected: "x".into(), actual: "y".into() });
        assert_eq!(rules.judgement("a/b-1", &not_met, &capabilities).unwrap().verdict, Verdict::NotApplicable);
    }

    #[test]
    fn a_finding_needs_a_condition_that_is_known_to_hold() {
        use Verdict::{Blocked, Fail, NotApplicable, Pass};
        assert_eq!(verdicts(Document::Found(json!({ "capabilities": ["sso-openid-connect"] }))), [Pass, Fail]);
        assert_eq!(verdicts(Document::Found(json!({ "capabilities": [] }))), [NotApplicable, NotApplicable]);
        assert_eq!(verdicts(Document::Unreadable("500".into())), [Pass, Blocked]);
    }
}
