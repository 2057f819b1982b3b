//! The last line of a run: what was tested of what, in numbers, and the exit code that follows.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::DECLINED;
use super::record::{
    CaseResult, Claim, ClaimBasis, Judgement, NotSelected, RequirementResult, Tested, WaiverRecord, WaiverState,
};
use crate::vocabulary::{Strength, Verdict};

/// Exit codes of `run` (contracts). Codes 2 and 101 are not for the claim to give.
pub mod exit {
    /// Nothing that was selected failed.
    pub const OK: u8 = 0;
    /// At least one SHALL in force was not met (with `--fail-on warn`: or a SHOULD).
    pub const FAILED: u8 = 1;
    /// Nothing failed, but a SHALL in force is Blocked or Error.
    pub const UNDETERMINED: u8 = 3;
    /// The selection matched nothing, or nothing applied.
    pub const NOTHING: u8 = 4;
    /// Interrupted.
    pub const INTERRUPTED: u8 = 130;
}

/// Why a requirement was seen in part only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InPart {
    /// What is declared was seen, the behaviour needs a login.
    NeedsLogin,
    /// Flags left the rest out.
    NotSelected,
    /// The operator has declined to give what the rest needs.
    Declined,
}

impl InPart {
    fn words(self) -> &'static str {
        match self {
            Self::NeedsLogin => "seen in part (the rest needs a login)",
            Self::NotSelected => "seen in part (the rest was not selected)",
            Self::Declined => "seen in part (the rest was declined by the operator)",
        }
    }
}

/// What the claim is made from.
pub struct Basis<'a> {
    /// Every requirement in force.
    pub requirements: &'a [RequirementResult],
    /// Every result.
    pub cases: &'a [CaseResult],
    /// False when the run was interrupted.
    pub complete: bool,
    /// True with `--fail-on warn`.
    pub fail_on_warn: bool,
    /// True when flags chose a part of the suite.
    pub partial: bool,
    /// True with `--strict`.
    pub strict: bool,
    /// True when a client was observed.
    pub client: bool,
    /// Every waiver that was given.
    pub waivers: &'a [WaiverRecord],
    /// Why the rest of a requirement that was seen in part was not.
    pub why_in_part: &'a dyn Fn(&str) -> InPart,
}

/// The claim of a whole run, from what its record holds.
#[must_use]
pub fn claim_of(
    requirements: &[RequirementResult],
    cases: &[CaseResult],
    not_selected: &[NotSelected],
    waivers: &[WaiverRecord],
    complete: bool,
    basis: ClaimBasis,
) -> Claim {
    let of_kind = |kinds: &[&str]| -> BTreeSet<&str> {
        let left_out = not_selected.iter().filter(|case| kinds.contains(&case.kind.as_str()));
        left_out.flat_map(|case| case.requirements.iter().map(String::as_str)).collect()
    };
    let (by_choice, declined) = (of_kind(&["flag", "slow", "authorizations"]), of_kind(&[DECLINED]));
    claim(&Basis {
        requirements,
        cases,
        complete,
        fail_on_warn: basis.fail_on_warn,
        partial: basis.partial,
        strict: basis.strict,
        client: basis.client,
        waivers,
        why_in_part: &|id| match () {
            () if basis.one_step || by_choice.contains(id) => InPart::NotSelected,
            () if declined.contains(id) => InPart::Declined,
            () => InPart::NeedsLogin,
        },
    })
}

/// Makes the claim.
#[must_use]
pub fn claim(basis: &Basis<'_>) -> Claim {
    let in_force = basis.requirements.iter().filter(|row| is_shall(row.strength));
    let (not_applicable, shall): (Vec<_>, Vec<&RequirementResult>) =
        in_force.partition(|row| row.verdict == Some(Verdict::NotApplicable) && row.tested == Tested::Fully);
    let not_applicable = not_applicable.len() as u64;
    let count = |test: &dyn Fn(&RequirementResult) -> bool| shall.iter().filter(|row| test(row)).count() as u64;
    let settled = |row: &RequirementResult| row.tested == Tested::Fully && !undetermined(row);
    let not_met = count(&|row| row.verdict == Some(Verdict::Fail));
    let tested = count(&|row| settled(row) || row.verdict == Some(Verdict::Fail));
    let undetermined = count(&|row| undetermined(row));
    let met = tested - not_met;
    let waived = count(&|row| row.waived);
    let (attested, denied) = (count(&|row| row.attested == Some(true)), count(&|row| row.attested == Some(false)));
    let not_tested = not_tested(&shall, basis);
    // Where nothing is demanded, nothing was shown.
    let conformant =
        basis.complete && !basis.partial && !shall.is_empty() && tested + attested == shall.len() as u64 && not_met == 0;
    let claim = Claim {
        text: String::new(),
        conformant,
        shall: shall.len() as u64,
        not_applicable,
        tested,
        met,
        not_met,
        waived,
        attested,
        denied,
        undetermined,
        not_tested,
        exit_code: exit_code(basis),
    };
    Claim { text: text(&claim, basis.complete, basis.client), ..claim }
}

fn is_shall(strength: Strength) -> bool {
    matches!(strength, Strength::Shall | Strength::ShallNot)
}

fn undetermined(row: &RequirementResult) -> bool {
    matches!(row.verdict, Some(Verdict::Blocked | Verdict::Error))
}

/// Why the rest was not tested, each reason with its number, the greatest first.
fn not_tested(shall: &[&RequirementResult], basis: &Basis<'_>) -> Vec<(String, u64)> {
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for row in shall.iter().filter(|row| row.verdict != Some(Verdict::Fail)) {
        let reason = match row.tested {
            _ if row.verdict == Some(Verdict::Error) => "could not be observed",
            _ if row.verdict == Some(Verdict::Blocked) => "blocked",
            Tested::Fully => continue,
            _ if row.attested.is_some() => continue,
            Tested::InPart => (basis.why_in_part)(&row.id).words(),
            Tested::NotSelected => "not selected",
            Tested::Declined => "declined by the operator",
            Tested::Attestation => "by attestation",
            Tested::NotTestable => "cannot be tested",
            Tested::Uncovered => "no case yet",
        };
        *reasons.entry(reason).or_default() += 1;
    }
    let mut reasons: Vec<(String, u64)> = reasons.into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    reasons
}

/// The line itself.
fn text(claim: &Claim, complete: bool, client: bool) -> String {
    if !complete {
        return "Interrupted: an incomplete run makes no claim.".to_owned();
    }
    let Claim { shall, tested, met, not_met, not_applicable, .. } = claim;
    let waived = if claim.waived == 0 { String::new() } else { format!(" ({} of them waived for a time)", claim.waived) };
    let failed = if *not_met == 0 { String::new() } else { format!(", {not_met} not met{waived}") };
    let stated = match (claim.attested, claim.denied) {
        (0, 0) => String::new(),
        (met, 0) => format!(" Attested: {met} met."),
        (met, denied) => format!(" Attested: {met} met, {denied} not met."),
    };
    let rest: Vec<String> = claim.not_tested.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    let rest = if rest.is_empty() { String::new() } else { format!(" Not tested: {}.", rest.join(", ")) };
    let apart = if *not_applicable == 0 { String::new() } else { format!(" {not_applicable} more do not apply.") };
    let conformant = if claim.conformant {
        format!(" The {} is conformant.", if client { "client" } else { "target" })
    } else {
        String::new()
    };
    let whose = if client { " of the client" } else { "" };
    format!("Tested {tested} of {shall} SHALL{whose}: {met} met{failed}.{stated}{rest}{apart}{conformant}")
}

/// A SHALL that a person states to be not met, which fails a run: who states it has found it so.
#[must_use]
pub fn is_denied(row: &RequirementResult) -> bool {
    is_shall(row.strength) && row.attested == Some(false)
}

/// 1 beats 3, 3 beats 0; 4 when nothing ran or nothing applied.
fn exit_code(basis: &Basis<'_>) -> u8 {
    if !basis.complete {
        return exit::INTERRUPTED;
    }
    let counts = |verdict, own: &Judgement| own.verdict == verdict && !own.waived;
    let finding = |verdict| basis.cases.iter().any(|case| case.judgements().any(|(_, own)| counts(verdict, own)));
    let denied = basis.requirements.iter().any(is_denied);
    let stale = basis.strict && basis.waivers.iter().any(|waiver| waiver.state == WaiverState::Unused);
    if finding(Verdict::Fail) || (basis.fail_on_warn && finding(Verdict::Warn)) || denied || stale {
        return exit::FAILED;
    }
    if basis.cases.is_empty() || basis.cases.iter().all(|case| case.verdict == Verdict::NotApplicable) {
        return exit::NOTHING;
    }
    let shall_open = basis.requirements.iter().any(|row| is_shall(row.strength) && undetermined(row));
    if shall_open { exit::UNDETERMINED } else { exit::OK }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(strength: Strength, tested: Tested, verdict: Option<Verdict>) -> RequirementResult {
        RequirementResult {
            id: "a/b-1".into(),
            level: strength,
            strength,
            caps: Vec::new(),
            summary: String::new(),
            url: String::new(),
            reading: None,
            tested,
            verdict,
            attested: None,
            waived: false,
            cases: Vec::new(),
        }
    }

    fn of(rows: &[RequirementResult]) -> Claim {
        claim(&Basis {
            requirements: rows,
            cases: &[],
            complete: true,
            fail_on_warn: false,
            partial: false,
            strict: false,
            client: false,
            waivers: &[],
            why_in_part: &|_| InPart::NeedsLogin,
        })
    }

    #[test]
    fn the_claim_counts_shall_rows_and_names_what_was_not_tested() {
        use Strength::{Shall, ShallNot, Should};
        let claim = of(&[
            row(Shall, Tested::Fully, Some(Verdict::Pass)),
            row(ShallNot, Tested::Fully, Some(Verdict::Fail)),
            row(Shall, Tested::Attestation, None),
            row(Shall, Tested::InPart, Some(Verdict::Pass)),
            row(Shall, Tested::Fully, Some(Verdict::Blocked)),
            row(Should, Tested::Fully, Some(Verdict::Warn)),
        ]);
        assert_eq!((claim.shall, claim.tested, claim.met, claim.not_met, claim.undetermined), (5, 2, 1, 1, 1));
        assert!(claim.text.starts_with("Tested 2 of 5 SHALL: 1 met, 1 not met. Not tested: "), "{}", claim.text);
        assert!(!claim.conformant);
    }

    #[test]
    fn rows_that_do_not_apply_are_counted_apart() {
        let claim = of(&[
            row(Strength::Shall, Tested::Fully, Some(Verdict::Pass)),
            row(Strength::Shall, Tested::Fully, Some(Verdict::NotApplicable)),
        ]);
        assert_eq!((claim.shall, claim.not_applicable, claim.tested, claim.met), (1, 1, 1, 1));
        assert!(claim.conformant && claim.text.contains("1 more do not apply"), "{}", claim.text);
    }

    #[test]
    fn conformant_needs_every_shall_tested_and_met() {
        assert!(of(&[row(Strength::Shall, Tested::Fully, Some(Verdict::Pass))]).conformant);
        assert!(!of(&[row(Strength::Shall, Tested::Uncovered, None)]).conformant);
        assert!(!of(&[row(Strength::Shall, Tested::InPart, Some(Verdict::Pass))]).conformant);
    }

    #[test]
    fn nothing_in_force_is_no_conformance() {
        assert!(!of(&[]).conformant);
        assert!(!of(&[row(Strength::May, Tested::Fully, Some(Verdict::Pass))]).conformant);
    }

    fn any_row() -> impl proptest::strategy::Strategy<Value = RequirementResult> {
        use Tested::{Attestation, Fully, InPart, NotSelected, NotTestable, Uncovered};
        use Verdict::{Blocked, Error, Fail, NotApplicable, Note, Pass, Warn};
        use proptest::prelude::*;
        let strengths = Strength::WORDS.map(|(_, strength)| strength);
        let verdict = prop::sample::select(vec![NotApplicable, Pass, Note, Warn, Blocked, Error, Fail]);
        let seen = (prop::sample::select(vec![Fully, InPart]), verdict.prop_map(Some));
        let unseen = (prop::sample::select(vec![NotSelected, Attestation, NotTestable, Uncovered]), Just(None));
        (prop::sample::select(strengths.to_vec()), prop_oneof![seen, unseen])
            .prop_map(|(strength, (tested, verdict))| row(strength, tested, verdict))
    }

    proptest::proptest! {
        #[test]
        fn every_shall_row_is_counted_once(rows in proptest::collection::vec(any_row(), 0..12)) {
            let claim = of(&rows);
            let in_force = rows.iter().filter(|row| is_shall(row.strength));
            let does_not_apply =
                |row: &&RequirementResult| row.tested == Tested::Fully && row.verdict == Some(Verdict::NotApplicable);
            let (apart, shall): (Vec<_>, Vec<&RequirementResult>) = in_force.partition(does_not_apply);
            let open: u64 = claim.not_tested.iter().map(|(_, count)| count).sum();
            proptest::prop_assert_eq!((claim.shall, claim.not_applicable), (shall.len() as u64, apart.len() as u64));
            proptest::prop_assert_eq!(claim.tested + open, claim.shall);
            proptest::prop_assert_eq!(claim.met + claim.not_met, claim.tested);
            let good = |row: &&RequirementResult| {
                row.tested == Tested::Fully && !matches!(row.verdict, Some(Verdict::Fail | Verdict::Blocked | Verdict::Error))
            };
            proptest::prop_assert_eq!(claim.conformant, !shall.is_empty() && shall.iter().all(good));
            proptest::prop_assert_eq!(claim.text.contains("is conformant"), claim.conformant);
            proptest::prop_assert!(!claim.conformant || claim.undetermined == 0);
        }

        #[test]
        fn the_exit_code_follows_its_precedence(rows in proptest::collection::vec(any_row(), 0..6), complete: bool) {
            let code = claim(&Basis { requirements: &rows, cases: &[], complete, fail_on_warn: false, partial: false, strict: false, client: false, waivers: &[], why_in_part: &|_| InPart::NeedsLogin }).exit_code;
            // Without a single result nothing applied, whatever the rows say.
            proptest::prop_assert_eq!(code, if complete { exit::NOTHING } else { exit::INTERRUPTED });
        }
    }
}
