//! How each rule of an actor is tested: by cases, by attestation, not at all and why, or not yet.
//!
//! A rule that no case serves is shown as uncovered, never hidden.

use std::collections::BTreeMap;

use super::in_force::InForce;
use super::requirement::{Actor, Testable};
use super::rule::Rule;
use crate::vocabulary::{CaseId, RequirementId, Strength};

/// How one rule is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    /// By these cases.
    Cases(Vec<CaseId>),
    /// The operator answers.
    Attestation,
    /// Not at all, for this reason.
    NotTestable(String),
    /// It could be, and no case does.
    Uncovered,
}

impl Coverage {
    /// How a rule is tested, given which cases serve which row.
    #[must_use]
    pub fn of(rule: &Rule, served: &BTreeMap<RequirementId, Vec<CaseId>>) -> Self {
        let row = &rule.requirement;
        if let Some(cases) = served.get(&row.id).filter(|cases| !cases.is_empty()) {
            return Self::Cases(cases.clone());
        }
        match row.testable {
            Testable::Attestation => Self::Attestation,
            Testable::No => Self::NotTestable(row.how.clone()),
            Testable::BlackBox | Testable::Login => Self::Uncovered,
        }
    }
}

/// How many rules are tested in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// By cases.
    pub cases: usize,
    /// By attestation.
    pub attestation: usize,
    /// Not testable.
    pub not_testable: usize,
    /// Not yet.
    pub uncovered: usize,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> usize {
        self.cases + self.attestation + self.not_testable + self.uncovered
    }

    fn add(&mut self, coverage: &Coverage) {
        match coverage {
            Coverage::Cases(_) => self.cases += 1,
            Coverage::Attestation => self.attestation += 1,
            Coverage::NotTestable(_) => self.not_testable += 1,
            Coverage::Uncovered => self.uncovered += 1,
        }
    }
}

/// The counts by the strength at which the rules count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// SHALL and SHALL NOT.
    pub shall: Counts,
    /// SHOULD and SHOULD NOT.
    pub should: Counts,
    /// MAY.
    pub may: Counts,
}

/// Each rule of the actor with its coverage, and the totals.
#[must_use]
pub fn coverage<'a>(
    in_force: &'a InForce,
    served: &BTreeMap<RequirementId, Vec<CaseId>>,
    actor: Actor,
) -> (Vec<(&'a Rule, Coverage)>, Totals) {
    let mut totals = Totals::default();
    let mut rules = Vec::new();
    for rule in in_force.for_actor(actor) {
        let coverage = Coverage::of(rule, served);
        let counts = match rule.strength {
            Strength::Shall | Strength::ShallNot => &mut totals.shall,
            Strength::Should | Strength::ShouldNot => &mut totals.should,
            Strength::May => &mut totals.may,
        };
        counts.add(&coverage);
        rules.push((rule, coverage));
    }
    (rules, totals)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::SmartVersion;
    use crate::catalogue::tests::{claim, embedded, requirement_id};

    #[test]
    fn each_rule_of_the_server_is_counted_once_and_none_is_hidden() {
        let catalogue = embedded();
        let in_force = InForce::new(&catalogue, &claim(&catalogue, &["carin-bb-2.2.0"], SmartVersion::V1_0_0, false, false));
        let case = CaseId::parse("tls.versions").unwrap();
        let attested = requirement_id("carin-bb/guidance-2");
        let served = BTreeMap::from([
            (requirement_id("carin-bb/exchange-1"), vec![case.clone()]),
            (attested.clone(), vec![case.clone()]),
            (requirement_id("carin-bb/exchange-2"), vec![]),
        ]);
        let (rules, totals) = coverage(&in_force, &served, Actor::Server);
        let of =
            |id: &str| rules.iter().find(|(rule, _)| rule.requirement.id.as_str() == id).map(|(_, coverage)| coverage.clone());
        assert_eq!(of("carin-bb/exchange-1"), Some(Coverage::Cases(vec![case.clone()])));
        assert_eq!(of(attested.as_str()), Some(Coverage::Cases(vec![case])), "a case beats attestation");
        assert_eq!(of("carin-bb/exchange-2"), Some(Coverage::Uncovered), "an empty list of cases is none");
        assert_eq!(of("carin-bb/guidance-4"), Some(Coverage::Attestation));
        let login = catalogue.requirement(&requirement_id("carin-bb/scopes-1")).unwrap();
        assert_eq!((login.testable, of("carin-bb/scopes-1")), (Testable::Login, Some(Coverage::Uncovered)));
        let untestable = rules.iter().filter(|(rule, _)| rule.requirement.testable == Testable::No);
        for (rule, coverage) in untestable {
            assert!(matches!(coverage, Coverage::NotTestable(why) if !why.is_empty()), "{}", rule.requirement.id);
        }
        assert_eq!(totals.shall.total() + totals.should.total() + totals.may.total(), rules.len());
        assert_eq!(rules.len(), in_force.rules().filter(|rule| rule.requirement.actor == Actor::Server).count());
        assert_eq!((totals.shall.cases, totals.should.cases), (1, 1));
        assert!(totals.shall.uncovered > 0);
    }
}
