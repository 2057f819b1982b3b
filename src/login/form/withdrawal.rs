//! Whether the page of `[login.withdrawal]` says that an app's access is gone, and which step is next on the way there.

use super::default_script::Wishes;
use super::page::Page;
use super::script::{self, Plan};
use crate::login::arrival::{PageKind, Stuck, StuckReason};
use crate::target::{LoginStep, Withdrawal};

/// How far a withdrawal has come.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::login) struct Progress {
    /// The steps that were done.
    pub done: usize,
}

/// What comes next.
pub(in crate::login) struct Next {
    /// What is to be done on this page, when something is known.
    pub plan: Result<Option<Plan>, Stuck>,
    /// It is a step of the withdrawal, which counts once it is done.
    pub is_step: bool,
    /// The page says that the withdrawal is done.
    pub is_confirmed: bool,
}

impl Progress {
    /// What is to be done on this page; without a withdrawal what a sign-in does there.
    ///
    /// It is stuck when the page shows the words of the end before anything was done, so that they prove nothing.
    pub(in crate::login) fn next(
        self,
        withdrawal: Option<&Withdrawal>,
        page: &Page,
        sign_in: &[LoginStep],
        wishes: &Wishes<'_>,
    ) -> Next {
        let going = |plan| Next { plan, is_step: false, is_confirmed: false };
        let Some(withdrawal) = withdrawal else { return going(script::plan(page, sign_in, wishes)) };
        let says_so = page.status < 400 && page.text.contains(withdrawal.says.as_str());
        if says_so && self.done > 0 {
            return Next { is_confirmed: true, ..going(Ok(None)) };
        }
        if says_so {
            let why = "the page says what [login.withdrawal] 'says' before anything was done, so that it would prove nothing";
            return going(Err(Stuck::new(StuckReason::MissingInput, why)));
        }
        // An error page is no place to go on.
        let step = withdrawal.steps.get(self.done).filter(|_| page.status < 400);
        if let Some(plan) = step.and_then(|step| script::of_step(page, step)) {
            return Next { is_step: true, ..going(Ok(Some(Plan { kind: PageKind::Step, ..plan }))) };
        }
        let is_on_the_way = |plan: &Plan| match plan.kind {
            PageKind::Login | PageKind::Code | PageKind::Passing => true,
            // A step of the login's own script, for instance the choice of a language.
            PageKind::Step => self.done == 0 && sign_in.iter().any(|step| script::of_step(page, step).is_some()),
            PageKind::Consent | PageKind::Unknown => false,
        };
        let on_the_way = script::plan(page, sign_in, wishes).map(|plan| plan.filter(is_on_the_way));
        going(match on_the_way {
            Ok(None) if page.status < 400 => Err(self.nothing_fits(withdrawal)),
            other => other,
        })
    }

    fn nothing_fits(self, withdrawal: &Withdrawal) -> Stuck {
        let why = if self.done < withdrawal.steps.len() {
            format!("step {} of [login.withdrawal] names nothing on the page", self.done + 1)
        } else {
            "every step of [login.withdrawal] was done, and the page does not say what 'says' names".to_owned()
        };
        Stuck::new(StuckReason::NoStepFits, why)
    }
}
