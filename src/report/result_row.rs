//! Requirement by case: the smallest thing that has a verdict, and its fingerprint over time.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::engine::Run;
use crate::engine::record::CaseResult;
use crate::vocabulary::Verdict;

/// The verdict of one case for one requirement.
#[derive(Debug, Clone, Copy)]
pub struct ResultRow<'a> {
    /// The requirement.
    pub requirement: &'a str,
    /// The case.
    pub case: &'a CaseResult,
    /// The greatest verdict of its judgements; absent when the case serves the row and came to no judgement of it.
    pub verdict: Option<Verdict>,
}

impl ResultRow<'_> {
    /// See [`fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(self.requirement, &self.case.case, &self.case.variant)
    }
}

/// The same for the same rule, case and variant, whatever the messages say: 64 hexadecimal digits.
#[must_use]
pub fn fingerprint(requirement: &str, case: &str, variant: &str) -> String {
    let mut hash = Sha256::new();
    for part in [requirement, case, variant] {
        // With their lengths, so that no two splits of one text agree.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every row of a run, in the order of the plan.
#[must_use]
pub fn result_rows(run: &Run) -> Vec<ResultRow<'_>> {
    run.cases.iter().flat_map(of_case).collect()
}

fn of_case(case: &CaseResult) -> Vec<ResultRow<'_>> {
    let mut judged: BTreeMap<&str, Verdict> = BTreeMap::new();
    for (_, judgement) in case.judgements() {
        let verdict = judged.entry(judgement.requirement.as_str()).or_insert(judgement.verdict);
        *verdict = (*verdict).max(judgement.verdict);
    }
    let undecided = matches!(case.verdict, Verdict::NotApplicable | Verdict::Blocked | Verdict::Error);
    let mut rows: Vec<ResultRow<'_>> =
        judged.iter().map(|(requirement, verdict)| ResultRow { requirement, case, verdict: Some(*verdict) }).collect();
    for requirement in &case.requirements {
        if !rows.iter().any(|row| row.requirement == requirement) {
            rows.push(ResultRow { requirement, case, verdict: undecided.then_some(case.verdict) });
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_depends_on_where_a_text_ends() {
        assert_ne!(fingerprint("a", "bc", ""), fingerprint("ab", "c", ""));
        assert_ne!(fingerprint("a", "b", ""), fingerprint("a", "", "b"));
        assert_eq!(fingerprint("a", "b", "c"), fingerprint("a", "b", "c"));
        assert_eq!(fingerprint("a", "b", "c").len(), 64);
    }
}
