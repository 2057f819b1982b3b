//! What was typed in one login, so that no page gets the same secret twice, and where each value comes from.

use super::arrival::{Stuck, StuckReason};
use super::form::{Filling, Page, Plan};
use super::sessions::Account;
use super::sitting::Sitting;
use crate::net::{Clock, FormValue};
use crate::target::{FillValue, MemberKey};
use crate::vocabulary::Secret;

/// What was typed in this login.
#[derive(Default)]
pub(super) struct Typed {
    pub username: bool,
    pub password: bool,
    pub code: bool,
    /// Other secrets of the script, for instance the answer to a question.
    pub secrets: Vec<Secret>,
    /// What was sent last held a password or a code.
    pub just_now: bool,
}

impl Typed {
    /// A page that asks for the same secret again has not accepted it.
    pub(super) fn refuse_repetition(&self, plan: &Plan, page: &Page, member: MemberKey) -> Result<(), Stuck> {
        let password = plan.fills(|value| matches!(value, FillValue::Password));
        let other = plan.secrets().any(|secret| self.secrets.iter().any(|known| known.expose() == secret.expose()));
        let code = plan.fills(|value| matches!(value, FillValue::Totp));
        let username = plan.fills(|value| matches!(value, FillValue::Username));
        let again = other || (password && self.password) || (code && self.code) || (username && !password && self.username);
        if !again {
            return Ok(());
        }
        let word = member.word();
        let hint = if page.has_captcha { "; the page has a captcha as well" } else { "" };
        let why =
            format!("the server asks for the same again: user name, password or code of member '{word}' was not accepted{hint}");
        Err(Stuck::new(StuckReason::WrongPassword, why))
    }

    /// Remembers what a form is filled with.
    pub(super) fn note(&mut self, filling: &Filling) {
        self.just_now = false;
        for (_, value) in &filling.fill {
            match value {
                FillValue::Username => self.username = true,
                FillValue::Password => (self.password, self.just_now) = (true, true),
                FillValue::Secret(secret) => {
                    self.secrets.push(secret.clone());
                    self.just_now = true;
                }
                FillValue::Totp => (self.code, self.just_now) = (true, true),
                FillValue::Text(_) => {}
            }
        }
    }
}

/// The value that is typed; a one-time code may have to be waited for.
pub(super) async fn value(
    account: &mut Account,
    wanted: &FillValue,
    clock: &dyn Clock,
    sitting: &dyn Sitting,
) -> Result<FormValue, Stuck> {
    let key = account.member.key;
    let missing = |what: &str| {
        let why = format!("the page asks for the {what} of member '{}', which the target file does not give", key.word());
        Stuck::new(StuckReason::MissingInput, why)
    };
    let given = |secret: &Option<Secret>, what: &str| secret.clone().ok_or_else(|| missing(what));
    let member = &account.member;
    let secret = match wanted {
        FillValue::Text(text) => return Ok(FormValue::Plain(text.clone())),
        FillValue::Secret(secret) => secret.clone(),
        FillValue::Username => given(&member.username, "user name")?,
        FillValue::Password => given(&member.password, "password")?,
        FillValue::Totp => match member.totp.clone() {
            Some(seed) => {
                let next = account.codes.next(&seed, key, clock, sitting).await;
                next.map_err(|why| Stuck::new(StuckReason::MissingInput, why))?
            }
            None => {
                let source = member.code.clone();
                let asked = account.codes.asked(key, source.as_ref(), clock, sitting).await;
                asked.ok_or_else(|| missing("one-time code"))?
            }
        },
    };
    Ok(FormValue::Secret(secret))
}
