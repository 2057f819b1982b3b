//! The browser sessions of a run: one per member, kept from login to login, each used by one authorization at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;

use super::arrival::{Arrival, Stuck, StuckReason, Visit};
use super::code::{OneTimeCodes, WINDOW};
use super::form::{Jar, Rules, walk};
use super::manual::Desk;
use super::origins::Origins;
use super::request::AuthorizeRequest;
use super::sitting::{Nobody, Sitting};
use super::webdriver::{Driver, Tab};
use crate::net::{Origin, World};
use crate::target::{Login, Member, MemberKey, Strategy};

/// After so many failed logins of a member there is no other: a third might lock the account.
const MOST_FAILURES: u32 = 2;

/// A member with everything that belongs to this member's browser.
pub(super) struct Account {
    pub member: Member,
    pub jar: Jar,
    pub codes: OneTimeCodes,
    pub failures: u32,
    /// The browser of the strategy `webdriver`.
    pub tab: Option<Tab>,
}

/// All sessions of a run. Clones share them.
#[derive(Clone)]
pub struct Sessions {
    inner: Arc<Inner>,
}

struct Inner {
    world: World,
    login: Login,
    origins: Origins,
    accounts: HashMap<MemberKey, Mutex<Account>>,
    sitting: Arc<dyn Sitting>,
    desk: Desk,
    driver: Driver,
    begun: AtomicU64,
    with_codes: bool,
}

impl Sessions {
    /// Sessions in which nobody has signed in yet. `target_origins` are the origins that the target file names besides
    /// those of the login; a login goes nowhere else.
    #[must_use]
    pub fn new(world: World, target_origins: impl IntoIterator<Item = Origin>, login: Login, members: Vec<Member>) -> Self {
        Self::with_sitting(world, target_origins, login, members, Arc::new(Nobody))
    }

    /// The same with a person, a command or a browser at hand.
    #[must_use]
    pub fn with_sitting(
        world: World,
        target_origins: impl IntoIterator<Item = Origin>,
        login: Login,
        members: Vec<Member>,
        sitting: Arc<dyn Sitting>,
    ) -> Self {
        let mut origins = Origins::new(target_origins);
        origins.add(login.origins.iter().filter_map(Origin::of));
        for secret in members.iter().flat_map(|member| [&member.username, &member.password, &member.totp]).flatten() {
            world.redactor.register(secret);
        }
        let with_codes = members.iter().any(Member::has_codes);
        let account = |member: Member| {
            let account = Account { member, jar: Jar::default(), codes: OneTimeCodes::default(), failures: 0, tab: None };
            (account.member.key, Mutex::new(account))
        };
        let accounts = members.into_iter().map(account).collect();
        let (desk, driver) = (Desk::default(), Driver::default());
        let begun = AtomicU64::new(0);
        Self { inner: Arc::new(Inner { world, login, origins, accounts, sitting, desk, driver, begun, with_codes }) }
    }

    /// Begins an authorization and goes on until the redirect URI or until it is clear that it is not reached.
    pub async fn authorize(&self, request: &AuthorizeRequest) -> Visit {
        let inner = &self.inner;
        match inner.login.strategy {
            Strategy::None => unavailable("the target file has no login strategy, so nobody can sign in"),
            Strategy::Token => unavailable("the target file gives tokens; a fresh authorization needs another login strategy"),
            Strategy::Manual if request.withdrawal.is_some() => {
                unavailable("the page of [login.withdrawal] is opened by the login strategies form and webdriver alone")
            }
            Strategy::Manual => {
                inner.begun.fetch_add(1, Ordering::SeqCst);
                inner.desk.authorize(&inner.world, inner.sitting.as_ref(), request).await
            }
            Strategy::Form | Strategy::Webdriver => self.by_script(request).await,
        }
    }

    /// Says how many authorizations the run will ask for, so that a person knows what is coming.
    pub fn expect(&self, authorizations: u64) {
        self.inner.desk.expect(authorizations);
    }

    /// The longest that so many authorizations wait for one-time codes: each window of 30 s gives one code, and a server that keeps no
    /// session asks for one every time. Zero when no code is typed by a script.
    #[must_use]
    pub fn longest_code_wait(&self, authorizations: u64) -> Duration {
        let is_scripted = matches!(self.inner.login.strategy, Strategy::Form | Strategy::Webdriver);
        let windows = if is_scripted && self.inner.with_codes { authorizations } else { 0 };
        Duration::from_secs(windows * WINDOW)
    }

    /// How many authorizations were begun.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.inner.begun.load(Ordering::SeqCst)
    }

    async fn by_script(&self, request: &AuthorizeRequest) -> Visit {
        let inner = &self.inner;
        let word = request.member.word();
        let Some(account) = inner.accounts.get(&request.member) else {
            return Visit::unsent(stuck(StuckReason::MissingInput, format!("the target file has no member '{word}'")));
        };
        // Held until the end: logins of one account are never side by side.
        let mut account = account.lock().await;
        if account.failures >= MOST_FAILURES {
            let why = format!("{MOST_FAILURES} logins of member '{word}' failed before; another might lock the account");
            return Visit::unsent(stuck(StuckReason::TooManyFailures, why));
        }
        let rules = Rules { world: &inner.world, login: &inner.login, origins: &inner.origins, sitting: inner.sitting.as_ref() };
        inner.begun.fetch_add(1, Ordering::SeqCst);
        if inner.login.strategy == Strategy::Webdriver {
            return inner.driver.authorize(&rules, &mut account, request).await;
        }
        if request.fresh {
            account.jar = Jar::default();
        }
        walk(&rules, &mut account, request).await
    }
}

fn unavailable(why: &str) -> Visit {
    Visit::unsent(Arrival::Unavailable(why.to_owned()))
}

fn stuck(reason: StuckReason, message: String) -> Arrival {
    Arrival::Stuck(Box::new(Stuck::new(reason, message)))
}
