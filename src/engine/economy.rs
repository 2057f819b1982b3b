//! `--max-authorizations N`: which cases are worth the authorizations that they cost, when not all may run.
//!
//! A person who signs in by hand, or a server that limits sign-ins, makes each authorization dear. What settles the most
//! SHALL rows for each is kept; what needs none always is.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Plan;
use super::record::NotSelected;
use super::rules::Rules;
use crate::verbs::Cost;
use crate::vocabulary::Strength;

/// What a result sends by itself at most, and the flows that it shares with whoever wants the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Need {
    pub own: Cost,
    pub shared: Vec<(String, Share)>,
}

/// What a shared flow sends at most, and whether what it brings may end before the run does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pub cost: Cost,
    pub can_end: bool,
}

impl Share {
    /// The authorizations of the flow and of its renewal.
    fn authorizations(self) -> u64 {
        self.cost.authorizations * (1 + u64::from(self.can_end))
    }
}

/// A case with all its results.
#[derive(Default)]
struct Candidate {
    title: String,
    rows: BTreeSet<String>,
    own: u64,
    shared: BTreeMap<String, u64>,
}

/// Leaves cases out until the rest makes at most so many authorizations.
pub(super) fn keep_within(plan: &mut Plan, most: u64, rules: &Rules, needs: &[Need]) {
    let mut candidates: BTreeMap<String, Candidate> = BTreeMap::new();
    for (job, need) in plan.jobs.iter().zip(needs) {
        let candidate = candidates.entry(job.planned.case.clone()).or_default();
        if candidate.title.is_empty() {
            candidate.title = job.planned.title.clone();
        }
        candidate.rows.extend(job.planned.requirements.iter().cloned());
        candidate.own += need.own.authorizations;
        let shared = need.shared.iter().filter(|(_, share)| share.cost.authorizations > 0);
        candidate.shared.extend(shared.map(|(key, share)| (key.clone(), share.authorizations())));
    }
    let kept = choose(&candidates, most, rules);
    plan.jobs.retain(|job| kept.contains(&job.planned.case));
    let left_out = candidates.into_iter().filter(|(case, _)| !kept.contains(case));
    plan.not_selected.extend(left_out.map(|(case, candidate)| NotSelected {
        case,
        title: candidate.title,
        reason: format!("left out by --max-authorizations {most}"),
        kind: "authorizations".into(),
        requirements: candidate.rows.into_iter().collect(),
    }));
    plan.not_selected.sort_by(|a, b| a.case.cmp(&b.case));
}

/// Takes again and again the case that settles the most for what it adds, as long as one fits.
fn choose(candidates: &BTreeMap<String, Candidate>, most: u64, rules: &Rules) -> BTreeSet<String> {
    let mut kept: BTreeSet<String> = BTreeSet::new();
    let (mut spent, mut paid, mut settled) = (0, BTreeSet::new(), BTreeSet::new());
    loop {
        let open = candidates.iter().filter(|(case, _)| !kept.contains(*case));
        let best = open
            .map(|(case, candidate)| {
                let shared = candidate.shared.iter().filter(|(key, _)| !paid.contains(*key));
                let cost: u64 = candidate.own + shared.map(|(_, cost)| cost).sum::<u64>();
                let then_free = comes_free(candidates, candidate, case, &kept, &paid);
                let gain = then_free.fold(worth(candidate, &settled, rules), |sum, other| sum + worth(other, &settled, rules));
                (gain, cost, case)
            })
            .filter(|(_, cost, _)| spent + cost <= most)
            // Compared as fractions, without dividing: a / b > c / d. Equal ones in the order of their names.
            .max_by(|(a, b, left), (c, d, right)| {
                let (a, b, c, d) = (u128::from(*a), u128::from(*b), u128::from(*c), u128::from(*d));
                (a * (d * 100 + 1)).cmp(&(c * (b * 100 + 1))).then_with(|| right.cmp(left))
            });
        let Some((_, cost, case)) = best else { return kept };
        spent += cost;
        if let Some(candidate) = candidates.get(case) {
            paid.extend(candidate.shared.keys().cloned());
            settled.extend(candidate.rows.iter().cloned());
        }
        kept.insert(case.clone());
    }
}

/// The other open cases that cost nothing more once this one has paid for its shared flows.
fn comes_free<'c>(
    candidates: &'c BTreeMap<String, Candidate>,
    payer: &'c Candidate,
    name: &'c str,
    kept: &'c BTreeSet<String>,
    paid: &'c BTreeSet<String>,
) -> impl Iterator<Item = &'c Candidate> {
    let others = candidates.iter().filter(move |(case, _)| case.as_str() != name && !kept.contains(*case));
    let is_covered = move |key: &String| paid.contains(key) || payer.shared.contains_key(key);
    let pays_nothing =
        move |other: &&Candidate| other.own == 0 && !other.shared.is_empty() && other.shared.keys().all(is_covered);
    others.map(|(_, other)| other).filter(pays_nothing)
}

/// What a case adds to what is settled already: a SHALL counts for more than everything else together.
fn worth(candidate: &Candidate, settled: &BTreeSet<String>, rules: &Rules) -> u64 {
    let counts = candidate.rows.iter().map(|row| {
        let is_shall = matches!(rules.strength(row), Some(Strength::Shall | Strength::ShallNot));
        match (is_shall, settled.contains(row)) {
            (true, false) => 10_000,
            (false, false) => 100,
            (_, true) => 1,
        }
    });
    counts.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rules::RuleInForce;

    fn rules() -> Rules {
        let rule = |id: &str, strength| (id.to_owned(), RuleInForce { strength, condition: Vec::new() });
        Rules::new([
            rule("a/shall-1", Strength::Shall),
            rule("a/shall-2", Strength::Shall),
            rule("a/shall-3", Strength::ShallNot),
            rule("a/should-1", Strength::Should),
        ])
    }

    fn candidate(rows: &[&str], own: u64, shared: &[&str]) -> Candidate {
        let shared = shared.iter().map(|key| ((*key).to_owned(), 1)).collect();
        Candidate { title: "t".into(), rows: rows.iter().map(|row| format!("a/{row}")).collect(), own, shared }
    }

    fn kept(most: u64) -> Vec<String> {
        let all = [
            ("dear", candidate(&["shall-1", "shall-2"], 5, &[])),
            ("cheap", candidate(&["shall-3"], 1, &[])),
            ("free", candidate(&["should-1"], 0, &[])),
            ("shares", candidate(&["shall-1"], 0, &["flow"])),
            ("shares-too", candidate(&["shall-2"], 0, &["flow"])),
            ("weak", candidate(&["should-1"], 1, &[])),
        ];
        let all = all.into_iter().map(|(name, candidate)| (name.to_owned(), candidate)).collect();
        choose(&all, most, &rules()).into_iter().collect()
    }

    #[test]
    fn what_settles_most_for_an_authorization_is_kept_and_what_costs_none_always() {
        assert_eq!(kept(0), ["free"]);
        assert_eq!(kept(1), ["free", "shares", "shares-too"], "a shared sign-in is paid once");
        assert_eq!(kept(2), ["cheap", "free", "shares", "shares-too"]);
        assert_eq!(kept(3), ["cheap", "free", "shares", "shares-too", "weak"]);
        assert_eq!(kept(8).len(), 6);
    }
}
