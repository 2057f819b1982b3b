//! A right request to the token endpoint that a server error came for: one is an accident, three in a row are how the server is (trap 65).
//!
//! A code is spent by being sent, so that another exchange needs another code. A refresh token is sent again.

use serde_json::{Map, Value, json};

use super::attempt::attempt;
use super::authorize::authorize;
use super::token::{exchange_code, refresh};
use crate::verbs::{Arguments, Context, Observation, Observed};
use crate::vocabulary::Cause;

/// So many server errors in a row are what is told of the server.
pub(super) const MOST_IN_A_ROW: u32 = 3;

/// The arguments of an exchange that hold for another code as well.
const KEPT: [&str; 9] =
    ["client", "client_id", "redirect_uri", "scopes", "authenticate", "grant_type", "omit", "extra", "origin"];

/// The first answer that is no server error, for a code of its own each time, or the third server error in a row.
pub(super) async fn with_fresh_codes(first: Observed, arguments: &Arguments, context: &Context) -> Observed {
    let (mut observed, mut code) = (first, None);
    while let Some(in_a_row) = server_errors(&observed, ("exchange", "status"), arguments, context) {
        if in_a_row >= MOST_IN_A_ROW {
            break;
        }
        if !context.may_take_a_fresh_code() {
            let why = "a server error came for the code, and the run has signed in often enough for that reason";
            return untold(why, observed.evidence);
        }
        let authorized = match authorize(&request(arguments), context).await {
            Ok(authorized) => authorized,
            Err(cause) => return Observed::broken(cause, observed.evidence),
        };
        let evidence = [observed.evidence, authorized.evidence].concat();
        let seen = match authorized.observation {
            Observation::Facts(seen) => seen,
            Observation::Broken(cause) | Observation::Absent(cause) => return Observed::broken(cause, evidence),
        };
        let Some(fresh) = seen.get("code").and_then(Value::as_str) else {
            return untold("a server error came for the code, and another sign-in brought no other code", evidence);
        };
        let mut with: Map<String, Value> =
            KEPT.iter().filter_map(|name| Some(((*name).to_owned(), arguments.get(name)?.clone()))).collect();
        // An assertion that is given as a table is made anew; one that was sent is spent.
        with.extend(
            arguments.get("assertion").filter(|assertion| assertion.is_object()).map(|own| ("assertion".to_owned(), own.clone())),
        );
        with.insert("code".into(), fresh.into());
        let again = exchange_code(&Arguments::unchecked(with), context).await.unwrap_or_else(|observed| observed);
        observed = Observed { evidence: [evidence, again.evidence].concat(), flaky: true, ..again };
        code = Some(json!({ "code": fresh, "verifier": seen.pointer("/sent/verifier"), "nonce": seen.pointer("/sent/nonce") }));
    }
    if let (Some(code), Observation::Facts(Value::Object(facts))) = (code, &mut observed.observation) {
        facts.insert("fresh".into(), code);
    }
    observed
}

/// The first answer that is no server error, or the third in a row. What is refused after one may have been spent by it.
pub(super) async fn with_the_same_token(first: Observed, arguments: &Arguments, context: &Context) -> Observed {
    let mut observed = first;
    while let Some(in_a_row) = server_errors(&observed, ("refresh", "status"), arguments, context) {
        if in_a_row >= MOST_IN_A_ROW {
            break;
        }
        let again = refresh(arguments, context).await.unwrap_or_else(|observed| observed);
        let is_refused = matches!(&again.observation, Observation::Facts(facts) if facts["refused"] == true);
        observed = Observed { evidence: [observed.evidence, again.evidence].concat(), flaky: true, ..again };
        if is_refused {
            return untold("a server error came for the refresh token, which may have used it up", observed.evidence);
        }
    }
    observed
}

/// The first attempt whose code brought no server error, or the third in a row that did.
pub(super) async fn with_another_attempt(first: Observed, arguments: &Arguments, context: &Context) -> Observed {
    let mut observed = first;
    while let Some(in_a_row) = server_errors(&observed, ("attempt", "token_status"), arguments, context) {
        if in_a_row >= MOST_IN_A_ROW || !context.may_take_a_fresh_code() {
            break;
        }
        let again = attempt(arguments, context).await.unwrap_or_else(|observed| observed);
        observed = Observed { evidence: [observed.evidence, again.evidence].concat(), flaky: true, ..again };
    }
    observed
}

/// How many server errors in a row this client has got with this one; nothing when this is none.
fn server_errors(observed: &Observed, (kind, status): (&str, &str), arguments: &Arguments, context: &Context) -> Option<u32> {
    let Observation::Facts(facts) = &observed.observation else { return None };
    let failed = matches!(facts[status].as_u64(), Some(500 | 501));
    let client = arguments.text("client").unwrap_or("confidential");
    let in_a_row = context.note_server_error(&format!("{kind} {client}"), failed);
    failed.then_some(in_a_row)
}

/// The authorization request for another code: the ordinary one of this client, for the same scopes and member.
fn request(arguments: &Arguments) -> Arguments {
    let kept = ["client", "scopes", "member"].iter().filter_map(|name| Some(((*name).to_owned(), arguments.get(name)?.clone())));
    let mut with: Map<String, Value> = kept.collect();
    with.insert("must_arrive".into(), true.into());
    Arguments::unchecked(with)
}

fn untold(why: &str, evidence: Vec<String>) -> Observed {
    Observed::broken(Cause::new("unavailable", why), evidence)
}
