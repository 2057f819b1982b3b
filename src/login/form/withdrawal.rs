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
pub(in crate::login) enum Next {
    /// The page says that it is done.
    Confirmed,
    /// A step of the withdrawal, which counts once it is done.
    Step(Plan),
    /// A page on the way: the member is asked to sign in.
    SignIn(Plan),
    /// Nothing that is known.
    Nothing,
}

impl Progress {
    /// What is to be done on this page.
    ///
    /// # Errors
    /// When the page shows the words of the end before anything was done, so that they prove nothing.
    pub(in crate::login) fn next(
        self,
        withdrawal: &Withdrawal,
        page: &Page,
        sign_in: &[LoginStep],
        wishes: &Wishes<'_>,
    ) -> Result<Next, Stuck> {
        let says_so = page.status < 400 && page.text.contains(withdrawal.says.as_str());
        if says_so && self.done > 0 {
            return Ok(Next::Confirmed);
        }
        if says_so {
            let why = "the page says what [login.withdrawal] 'says' before anything was done, so that it would prove nothing";
            return Err(Stuck::new(StuckReason::MissingInput, why));
        }
        // An error page is no place to go on.
        let step = withdrawal.steps.get(self.done).filter(|_| page.status < 400);
        if let Some(plan) = step.and_then(|step| script::of_step(page, step)) {
            return Ok(Next::Step(Plan { kind: PageKind::Step, ..plan }));
        }
        let is_on_the_way = |plan: &Plan| match plan.kind {
            PageKind::Login | PageKind::Code | PageKind::Passing => true,
            // A step of the login's own script, for instance the choice of a language.
            PageKind::Step => self.done == 0 && sign_in.iter().any(|step| script::of_step(page, step).is_some()),
            PageKind::Consent | PageKind::Unknown => false,
        };
        let plan = script::plan(page, sign_in, wishes)?.filter(is_on_the_way);
        Ok(plan.map_or(Next::Nothing, Next::SignIn))
    }
}
