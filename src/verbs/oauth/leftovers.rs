//! The tokens that the run received and that still work, and their removal at its end (RFC 7009).
//!
//! A code that was not exchanged and an access token past its lifetime end by themselves and are not listed.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::revoke::Revoke;
use crate::target::ClientKey;
use crate::verbs::fhir::Fhir;
use crate::verbs::oauth::optional_endpoint;
use crate::verbs::{Arguments, Context, Observation, Observed, Verb};

/// The tokens that were received.
#[derive(Default)]
pub(in crate::verbs) struct Leftovers(Mutex<Vec<Grant>>);

/// What one approval brought, refreshed tokens included.
#[derive(Debug, Clone)]
struct Grant {
    client: ClientKey,
    access: Vec<Held>,
    refresh: Vec<String>,
    /// True when a refresh token of it was revoked, with which its access tokens should end.
    disconnected: bool,
}

#[derive(Debug, Clone)]
struct Held {
    handle: String,
    /// On the clock of the run; absent when the server did not say.
    ends: Option<Duration>,
}

impl Leftovers {
    /// Remembers what a token response brought to a client; `refreshed` is the refresh token that it was asked with.
    pub(super) fn received(&self, client: ClientKey, token: &Value, refreshed: Option<&str>, now: Duration) {
        let text = |name: &str| token.get(name).and_then(Value::as_str).map(str::to_owned);
        let ends =
            token.get("expires_in").and_then(Value::as_u64).map(|seconds| now.saturating_add(Duration::from_secs(seconds)));
        let access = text("access_token").map(|handle| Held { handle, ends });
        let refresh = text("refresh_token");
        let mut grants = self.grants();
        let known = grants.iter_mut().find(|grant| refreshed.is_some_and(|own| grant.refresh.iter().any(|known| known == own)));
        match known {
            Some(grant) => {
                grant.access.extend(access);
                let is_new = |handle: &String| !grant.refresh.contains(handle);
                let refresh: Vec<String> = refresh.into_iter().filter(is_new).collect();
                grant.refresh.extend(refresh);
            }
            None if access.is_some() || refresh.is_some() => grants.push(Grant {
                client,
                access: access.into_iter().collect(),
                refresh: refresh.into_iter().collect(),
                disconnected: false,
            }),
            None => {}
        }
    }

    /// Forgets a token that the server says it revoked for its own client.
    pub(super) fn removed(&self, client: ClientKey, handle: &str) {
        for grant in self.grants().iter_mut().filter(|grant| grant.client == client) {
            if grant.refresh.iter().any(|own| own == handle) {
                grant.refresh.retain(|own| own != handle);
                grant.disconnected = true;
            }
            grant.access.retain(|own| own.handle != handle);
        }
    }

    /// What is left, without access tokens that have ended.
    fn alive(&self, now: Duration) -> Vec<Grant> {
        let mut grants = self.grants().clone();
        for grant in &mut grants {
            grant.access.retain(|held| held.ends.is_none_or(|ends| ends > now));
        }
        grants.retain(|grant| !grant.access.is_empty() || !grant.refresh.is_empty());
        grants
    }

    fn grants(&self) -> MutexGuard<'_, Vec<Grant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Revokes what is left and tells what could not be removed, a line for each kind of thing.
pub async fn remove_leftovers(context: &Context) -> Vec<String> {
    let context = &context.labelled("cleanup", "revoke what the run received");
    let now = context.world.clock.elapsed();
    if context.leftovers().alive(now).is_empty() {
        return Vec::new();
    }
    if optional_endpoint(context, "revocation_endpoint").await.is_err() {
        return listed(&context.leftovers().alive(now), "the server publishes no revocation_endpoint that could be used");
    }
    for grant in context.leftovers().alive(now) {
        for handle in &grant.refresh {
            revoke(context, grant.client, handle, "refresh_token").await;
        }
    }
    let mut ends_with_refresh = None;
    for grant in context.leftovers().alive(now) {
        for held in &grant.access {
            if grant.disconnected {
                // Asked once: a server that takes back a grant as a whole does so for each.
                if ends_with_refresh.is_none() {
                    ends_with_refresh = Some(is_dead(context, &held.handle).await);
                }
                if ends_with_refresh == Some(true) {
                    context.leftovers().removed(grant.client, &held.handle);
                    continue;
                }
            }
            if !revoke(context, grant.client, &held.handle, "access_token").await {
                // What one is answered all are: not supported for access tokens, or not possible at all.
                return listed(&context.leftovers().alive(now), "the server did not revoke them");
            }
        }
    }
    listed(&context.leftovers().alive(now), "the server did not revoke them")
}

async fn revoke(context: &Context, client: ClientKey, handle: &str, hint: &str) -> bool {
    let with = json!({ "client": client.word(), "token": handle, "hint": hint });
    let arguments = Arguments::unchecked(with.as_object().cloned().unwrap_or_default());
    facts(&Revoke.run(&arguments, context).await).and_then(|facts| facts.get("revoked")?.as_bool()).unwrap_or(false)
}

/// True when the server refuses the token.
async fn is_dead(context: &Context, handle: &str) -> bool {
    let with = json!({ "type": "Patient", "parameters": { "_count": "1" }, "token": handle });
    let arguments = Arguments::unchecked(with.as_object().cloned().unwrap_or_default());
    facts(&Fhir::SEARCH.run(&arguments, context).await).is_some_and(|facts| facts.get("status") == Some(&json!(401)))
}

fn facts(observed: &Observed) -> Option<&Map<String, Value>> {
    match &observed.observation {
        Observation::Facts(facts) => facts.as_object(),
        Observation::Absent(_) | Observation::Broken(_) => None,
    }
}

fn listed(grants: &[Grant], why: &str) -> Vec<String> {
    let refresh: usize = grants.iter().map(|grant| grant.refresh.len()).sum();
    let access: usize = grants.iter().map(|grant| grant.access.len()).sum();
    let counted = [(refresh, "refresh token", ""), (access, "access token", "; they end by themselves with their lifetime")];
    let counted = counted.iter().filter(|(count, _, _)| *count > 0);
    counted.map(|(count, what, end)| format!("{count} {what}{}: {why}{end}", if *count == 1 { "" } else { "s" })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(access: &str, refresh: Option<&str>, expires_in: &Value) -> Value {
        json!({ "access_token": access, "refresh_token": refresh, "expires_in": expires_in })
    }

    #[test]
    fn a_grant_keeps_what_was_refreshed_and_forgets_what_was_revoked_for_its_own_client() {
        let leftovers = Leftovers::default();
        let now = Duration::from_secs(10);
        leftovers.received(ClientKey::Confidential, &response("a", Some("r"), &json!(60)), None, now);
        leftovers.received(ClientKey::Confidential, &response("b", Some("s"), &json!(60)), Some("r"), now);
        leftovers.received(ClientKey::Second, &response("c", None, &json!("odd")), None, now);
        assert_eq!(
            listed(&leftovers.alive(now), "x"),
            ["2 refresh tokens: x", "3 access tokens: x; they end by themselves with their lifetime"]
        );
        leftovers.removed(ClientKey::Second, "r");
        assert_eq!(leftovers.alive(now)[0].refresh, ["r", "s"], "another client removes nothing");
        leftovers.removed(ClientKey::Confidential, "r");
        let left = leftovers.alive(now);
        assert_eq!((left[0].refresh.clone(), left[0].disconnected, left.len()), (vec!["s".to_owned()], true, 2));
        assert_eq!(leftovers.alive(Duration::from_secs(71))[0].access.len(), 0, "an access token ends by itself");
        leftovers.removed(ClientKey::Confidential, "s");
        assert_eq!(leftovers.alive(Duration::from_secs(71)).len(), 1, "one whose end is not known is still there");
    }
}
