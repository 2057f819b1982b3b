//! `oauth.withdraw`: the member takes an app's access back on the page that the operator names.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::browser::{Approval, Arrival, Authorization, MOST_LOGIN_REQUESTS};
use super::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::target::{ClientKey, MemberKey};
use crate::verbs::tidy::tidy;
use crate::vocabulary::Cause;

/// `oauth.withdraw`
pub struct Withdraw;

impl Verb for Withdraw {
    fn help(&self) -> &'static VerbHelp {
        &help::WITHDRAW
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { requests: MOST_LOGIN_REQUESTS, authorizations: 1, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move { withdraw(arguments, context).await.unwrap_or_else(|cause| Observed::broken(cause, Vec::new())) })
    }
}

async fn withdraw(arguments: &Arguments, context: &Context) -> Result<Observed, Cause> {
    let input = |why: &str| Cause::new("input", why);
    let browser = context.browser.as_ref().ok_or_else(|| input("nobody can sign in: the target file names no login strategy"))?;
    let withdrawal = context.launch.login.withdrawal.clone();
    let withdrawal =
        withdrawal.ok_or_else(|| input("the target file names no page where a member withdraws: [login.withdrawal]"))?;
    let key = arguments.text("client").and_then(ClientKey::from_word).unwrap_or(ClientKey::Confidential);
    let client = context.launch.client(key).ok_or_else(|| input("the target file has no such client"))?;
    let request = Authorization {
        url: withdrawal.url.clone(),
        form: None,
        redirect_uri: client.redirect_uri.clone(),
        member: arguments.text("member").and_then(MemberKey::from_word).unwrap_or(MemberKey::First),
        fresh: false,
        approve: Approval::All,
        detour: None,
        label: context.label.clone(),
        app: client.name.clone(),
        withdrawal: Some(withdrawal),
    };
    let visit = browser.authorize(&request).await;
    // That nobody withdrew anything is no finding: what cannot be done here is an input that is missing, and the cause shows the page.
    let stopped = match &visit.arrival {
        Arrival::Confirmed => None,
        Arrival::Broken(cause) => return Ok(Observed::broken(cause.clone(), visit.evidence)),
        Arrival::Unavailable(why) => return Ok(Observed::broken(input(why), visit.evidence)),
        Arrival::Stuck { why, .. } => Some(why.clone()),
        Arrival::ErrorAnswer { status, .. } => Some(format!("the page of [login.withdrawal] answered with status {status}")),
        Arrival::Redirected(_) | Arrival::Posted { .. } => {
            Some("the page of [login.withdrawal] sent the browser to the app".to_owned())
        }
    };
    if let Some(why) = stopped {
        return Ok(Observed::broken(input(&why), visit.evidence));
    }
    let facts = json!({ "withdrawn": true, "page_count": visit.pages.len(), "authorizations": browser.count() });
    let facts = facts.as_object().cloned().unwrap_or_default();
    let observation = Observation::Facts(tidy(facts, &context.world.redactor));
    Ok(Observed { observation, evidence: visit.evidence, flaky: false })
}
