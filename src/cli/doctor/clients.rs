//! Does the server know the clients? A made-up code tells: whoever is known is refused for the code, not for who they are.

use serde_json::{Value, json};

use super::Line;
use super::server::look;
use crate::target::{Client, ClientKey};
use crate::verbs::Context;
use crate::vocabulary::Cause;

/// A line for each client of the target file. Each costs one request with a code that nobody issued.
pub async fn clients(context: &Context) -> Vec<Line> {
    let mut lines = Vec::new();
    for client in &context.launch.clients {
        let what = format!("client {}", client.key.word());
        if let Some(lacking) = lacking(client) {
            lines.push(Line::fix(what, lacking, format!("write it under [clients.{}]", client.key.word())));
            continue;
        }
        let given = json!({ "client": client.key.word(), "code": format!("no-code-{}", context.world.random.uuid()), "verifier": context.world.random.state() });
        lines.push(match look(context, "oauth.token", given).await {
            Ok(facts) => of_answer(&what, &facts),
            Err(cause) => of_cause(&what, &cause),
        });
    }
    lines
}

/// What the client needs and does not have.
fn lacking(client: &Client) -> Option<&'static str> {
    match client.key {
        ClientKey::Confidential | ClientKey::Second if client.secret.is_none() => Some("it has no client_secret"),
        ClientKey::Asymmetric if client.signing_key.is_none() => Some("it has no signing_key"),
        _ => None,
    }
}

fn of_answer(what: &str, facts: &Value) -> Line {
    match (facts["oauth_error"].as_str(), facts["issued"] == true) {
        (_, true) => Line::fix(
            what,
            "the server gave a token for a code that nobody issued",
            "that is a finding: carinbb run token.made-up-code",
        ),
        (Some("invalid_grant"), _) => Line::ok(what, "known: a made-up code was refused with invalid_grant"),
        (Some(error @ ("invalid_client" | "unauthorized_client")), _) => Line::fix(
            what,
            format!("the server refuses the client itself: {error}"),
            "compare client_id, secret or key with the registration",
        ),
        (Some(error), _) => {
            Line::note(what, format!("a made-up code was refused with {error}, which says nothing of the client"))
        }
        (None, _) => Line::note(what, format!("a made-up code was answered with status {} and no error code", facts["status"])),
    }
}

fn of_cause(what: &str, cause: &Cause) -> Line {
    Line::note(what, format!("not tried: {}", cause.message))
}

#[cfg(test)]
mod tests {
    use super::super::line::Mark;
    use super::*;

    #[test]
    fn only_a_refusal_of_the_code_shows_that_the_client_is_known() {
        let mark =
            |error: &str| of_answer("client public", &json!({ "oauth_error": error, "issued": false, "status": 400 })).mark;
        assert_eq!([mark("invalid_grant"), mark("invalid_client"), mark("server_error")], [Mark::Ok, Mark::Fix, Mark::Note]);
        assert_eq!(of_answer("c", &json!({ "issued": false, "status": 403 })).mark, Mark::Note);
        assert_eq!(of_answer("c", &json!({ "issued": true, "status": 200 })).mark, Mark::Fix);
    }
}
