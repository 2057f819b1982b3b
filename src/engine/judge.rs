//! The one place where a strength meets an observation.

use crate::vocabulary::{Outcome, Strength, Verdict};

/// The verdict on one assertion for one requirement.
///
/// | outcome | SHALL | SHOULD | MAY |
/// | --- | --- | --- | --- |
/// | met | pass | pass | pass |
/// | not met | fail | warn | note |
/// | not applicable | not applicable | = | = |
/// | not reached | blocked | = | = |
/// | broken | error | = | = |
#[must_use]
pub fn judge(outcome: &Outcome, strength: Strength) -> Verdict {
    match outcome {
        Outcome::Met => Verdict::Pass,
        Outcome::NotMet(_) => match strength {
            Strength::Shall | Strength::ShallNot => Verdict::Fail,
            Strength::Should | Strength::ShouldNot => Verdict::Warn,
            Strength::May => Verdict::Note,
        },
        Outcome::NotApplicable(_) => Verdict::NotApplicable,
        Outcome::NotReached(_) => Verdict::Blocked,
        Outcome::Broken(_) => Verdict::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::{Cause, Mismatch};

    #[test]
    fn the_whole_table_of_verdicts() {
        use Strength::{May, Shall, ShallNot, Should, ShouldNot};
        use Verdict::{Blocked, Error, Fail, NotApplicable, Note, Pass, Warn};
        let cause = || Cause::new("premise", "x");
        let mismatch = Mismatch { expected: "a".into(), actual: "b".into() };
        let rows = [
            (Outcome::Met, [Pass, Pass, Pass, Pass, Pass]),
            (Outcome::NotMet(mismatch), [Fail, Fail, Warn, Warn, Note]),
            (Outcome::NotApplicable(cause()), [NotApplicable; 5]),
            (Outcome::NotReached(cause()), [Blocked; 5]),
            (Outcome::Broken(cause()), [Error; 5]),
        ];
        for (outcome, verdicts) in rows {
            for (strength, verdict) in [Shall, ShallNot, Should, ShouldNot, May].into_iter().zip(verdicts) {
                assert_eq!(judge(&outcome, strength), verdict, "{outcome:?} {strength}");
            }
        }
    }

    #[test]
    fn a_failure_outranks_everything_and_a_pass_outranks_only_not_applicable() {
        use Verdict::{Blocked, Error, Fail, NotApplicable, Note, Pass, Warn};
        let mut verdicts = [Fail, Pass, Error, Note, NotApplicable, Warn, Blocked];
        verdicts.sort();
        assert_eq!(verdicts, [NotApplicable, Pass, Note, Warn, Blocked, Error, Fail]);
    }
}
