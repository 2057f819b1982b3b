//! Can the target be reached, is its certificate in order, does its clock run, does it publish what a run begins with?

use serde_json::{Value, json};

use super::Line;
use crate::verbs::{self, Arguments, Context, Observation};
use crate::vocabulary::Cause;

/// What a verb saw, or why it saw nothing.
pub(super) async fn look(context: &Context, verb: &str, given: Value) -> Result<Value, Cause> {
    let Some(verb) = verbs::find(verb) else { return Err(Cause::new("input", format!("there is no verb '{verb}'"))) };
    let given = Arguments::unchecked(given.as_object().cloned().unwrap_or_default());
    match verb.run(&given, context).await.observation {
        Observation::Facts(facts) => Ok(facts),
        Observation::Absent(cause) | Observation::Broken(cause) => Err(cause),
    }
}

/// The TLS handshake with the base. Nothing for a base without TLS.
pub async fn handshake(context: &Context) -> Option<Line> {
    let base = &context.target.base;
    if base.scheme() != "https" {
        return Some(Line::note("certificate", "the base is plain HTTP: nothing is said of TLS, and nothing is conformant"));
    }
    let (host, port) = (base.host_str()?, base.port_or_known_default()?);
    let endpoint = json!({ "endpoint": { "name": "fhir", "host": host, "port": port } });
    Some(match look(context, "tls.handshake", endpoint).await {
        Ok(facts) => of_certificate(&facts),
        Err(cause) => unreachable("certificate", &cause),
    })
}

fn of_certificate(facts: &Value) -> Line {
    let text = |path: &str| facts.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let against = text("/judged_against");
    if facts["trusted"] == true {
        let days = facts.pointer("/leaf/days_left").and_then(Value::as_i64).unwrap_or_default();
        return Line::ok("certificate", format!("TLS {}, {days} days left, judged against {against}", text("/version")));
    }
    let explained = facts["explanations"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
    if explained.is_empty() {
        let stopped = text("/stopped");
        let how = if stopped.is_empty() { "it was not completed".to_owned() } else { stopped };
        return Line::unreachable(
            "certificate",
            format!("the handshake ended early: {how}"),
            "look what answers there: carinbb run URL tls",
        );
    }
    let fix = "mend the chain at the server; if a private authority is on purpose, give --ca-file (the report then says so)";
    Line::fix("certificate", explained.join("; "), fix)
}

/// The documents that a run begins with, and the clock behind them.
pub async fn documents(context: &Context) -> Vec<Line> {
    let mut lines = Vec::new();
    match look(context, "discovery.capability-statement", json!({})).await {
        Ok(facts) => {
            lines.push(of_document(
                "metadata",
                &facts,
                "a CapabilityStatement",
                "give the FHIR base as an app uses it: the address before /metadata",
            ));
            lines.extend(of_clock(&facts));
        }
        Err(cause) => lines.push(unreachable("metadata", &cause)),
    }
    match look(context, "discovery.smart", json!({})).await {
        Ok(facts) => {
            let fix = "publish it below the base: without it no launch can be tested";
            lines.push(of_document("smart-configuration", &facts, "a JSON object", fix));
        }
        Err(cause) => lines.push(unreachable("smart-configuration", &cause)),
    }
    lines
}

fn of_document(what: &str, facts: &Value, wanted: &str, fix: &str) -> Line {
    if facts["found"] == true {
        return Line::ok(what, format!("{wanted} at {}", facts["url"].as_str().unwrap_or_default()));
    }
    let kind = facts["body_kind"].as_str().unwrap_or("unreadable");
    Line::fix(
        what,
        format!("status {} with a body of kind {kind}, and no {}", facts["status"], wanted.trim_start_matches("a ")),
        fix,
    )
}

/// The difference between the clock of the server and ours; nothing when its answer tells no time.
fn of_clock(facts: &Value) -> Option<Line> {
    let skew = facts["date_skew_seconds"].as_i64()?;
    let word = if skew < 0 { "behind" } else { "ahead of" };
    let seen = format!("the server is {} s {word} this machine", skew.abs());
    Some(if skew.abs() <= 60 {
        Line::ok("clock", seen)
    } else {
        Line::fix("clock", seen, "set both clocks by NTP: assertions and tokens live for minutes")
    })
}

/// A cause that says the target is not there, or is not what it should be.
fn unreachable(what: &str, cause: &Cause) -> Line {
    let fix = match cause.kind.as_str() {
        "dns" => "check the name, or give --resolve HOST:PORT:ADDRESS",
        "refused" | "timeout" | "connect" => {
            "is it up, and may this machine reach it? --proxy and --resolve help where the way is not direct"
        }
        "forbidden-address" => "the address is not public: --allow-net permits its range",
        "certificate" | "untrusted" | "tls" => "see the line of the certificate",
        "rate-limited" => "wait, or give --rate",
        "block-page" => "something in front answers in its place: ask its owner to let this machine through",
        _ => "see what a run says: carinbb run",
    };
    Line::unreachable(what, cause.message.clone(), fix)
}

#[cfg(test)]
mod tests {
    use super::super::line::Mark;
    use super::*;

    #[test]
    fn each_state_of_a_certificate_has_its_line() {
        let good =
            json!({ "trusted": true, "version": "1.3", "judged_against": "the public roots", "leaf": { "days_left": 40 } });
        assert_eq!(of_certificate(&good).mark, Mark::Ok);
        assert!(of_certificate(&good).seen.contains("40 days"));
        let expired = json!({ "trusted": false, "explanations": ["it expired yesterday"], "judged_against": "x" });
        assert_eq!((of_certificate(&expired).mark, of_certificate(&expired).seen.as_str()), (Mark::Fix, "it expired yesterday"));
        assert_eq!(of_certificate(&json!({ "completed": false, "stopped": "an alert 40" })).mark, Mark::Unreachable);
    }

    #[test]
    fn a_clock_that_is_off_by_more_than_a_minute_is_to_be_mended() {
        let mark = |skew: i64| of_clock(&json!({ "date_skew_seconds": skew })).map(|line| line.mark);
        assert_eq!(
            [mark(0), mark(-60), mark(61), mark(-3600)],
            [Some(Mark::Ok), Some(Mark::Ok), Some(Mark::Fix), Some(Mark::Fix)]
        );
        assert_eq!(of_clock(&json!({})), None);
        assert!(of_clock(&json!({ "date_skew_seconds": -90 })).unwrap().seen.contains("90 s behind"));
    }

    #[test]
    fn a_page_in_place_of_a_document_says_what_was_there() {
        let line =
            of_document("metadata", &json!({ "found": false, "status": 404, "body_kind": "html" }), "a CapabilityStatement", "f");
        assert_eq!(line.seen, "status 404 with a body of kind html, and no CapabilityStatement");
    }
}
