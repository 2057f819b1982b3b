//! One request without a credential, over strict trust first and, when only the certificate is in the way, over a
//! connection that is marked unverified.
//!
//! So one bad certificate is one finding and does not hide all others. What is learnt of an origin is not asked twice.

use std::time::Duration;

use super::Context;
use crate::net::{HttpOutcome, MAX_RESENDS, Origin, Request, Sent, Trust};

/// The most that one exchange sends: the first look at the certificate, then the request with its repetitions.
pub(super) const MOST_SENT: u64 = 2 + MAX_RESENDS as u64;

/// The most that an exchange sends whose request must not be repeated.
pub(super) const MOST_SENT_ONCE: u64 = 2;

/// Some servers give a code a minute; a statement that is good for half of that is to be accepted.
const SOON: Duration = Duration::from_secs(20);

/// How long a request with these parameters may wait for its turn, for instance behind a pause that the target asked for: less than
/// what it carries is good for, so that no refusal is one of age. None where nothing ages.
pub(super) fn ages<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<Duration> {
    names.any(|name| matches!(name, "code" | "client_assertion" | "software_statement")).then_some(SOON)
}

/// What came of it.
pub(super) struct Exchange {
    /// The last outcome.
    pub outcome: HttpOutcome,
    /// Ids of all attempts.
    pub evidence: Vec<String>,
    /// True when it had to be repeated.
    pub flaky: bool,
}

/// Sends the request. The label of the context goes into the evidence.
pub(super) async fn exchange(context: &Context, request: Request) -> Exchange {
    let request = Request { label: context.label.clone(), trust: Trust::Strict, ..request };
    let Some(origin) = Origin::of(&request.url).filter(|origin| origin.scheme == "https") else {
        return of(context.world.http.send(&request).await, Vec::new());
    };
    match context.is_trusted(&origin) {
        Some(true) => of(context.world.http.send(&request).await, Vec::new()),
        Some(false) => unverified(context, request, Vec::new()).await,
        None => first(context, request, &origin).await,
    }
}

/// The first request to an origin: sent once, so that the count of requests has a bound.
async fn first(context: &Context, request: Request, origin: &Origin) -> Exchange {
    let sent = context.world.http.send(&Request { retry: false, ..request.clone() }).await;
    if is_certificate(&sent.outcome) {
        context.set_trusted(origin, false);
        return unverified(context, request, ids(&sent)).await;
    }
    if sent.outcome.answer().is_some() {
        context.set_trusted(origin, true);
    }
    if !(request.retry && is_worth_repeating(&sent.outcome)) {
        return of(sent, Vec::new());
    }
    let again = context.world.http.send(&request).await;
    Exchange { flaky: true, ..of(again, ids(&sent)) }
}

async fn unverified(context: &Context, request: Request, earlier: Vec<String>) -> Exchange {
    of(context.world.http.send(&Request { trust: Trust::Unverified, ..request }).await, earlier)
}

fn of(sent: Sent, mut evidence: Vec<String>) -> Exchange {
    evidence.extend(ids(&sent));
    Exchange { flaky: sent.resent > 0, outcome: sent.outcome, evidence }
}

fn ids(sent: &Sent) -> Vec<String> {
    sent.evidence.iter().map(ToString::to_string).collect()
}

fn is_certificate(outcome: &HttpOutcome) -> bool {
    outcome.cause().is_some_and(|cause| cause.kind == "certificate")
}

/// What the client itself would have repeated.
fn is_worth_repeating(outcome: &HttpOutcome) -> bool {
    match outcome {
        HttpOutcome::Response(answer) => matches!(answer.status, 429 | 503),
        HttpOutcome::Failure(failure) => failure.cause.kind == "reset",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_assertions_and_statements_age_and_other_forms_do_not() {
        for carried in ["code", "client_assertion", "software_statement"] {
            assert_eq!(ages(["grant_type", carried].into_iter()), Some(SOON), "{carried}");
        }
        assert_eq!(ages(["grant_type", "refresh_token", "scope", "code_verifier"].into_iter()), None);
    }
}
