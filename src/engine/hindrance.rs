//! What stood in the way of discovery as a whole: the one thing that a person should look at first.
//!
//! It is not a verdict: the cases say what follows from it. It must name nothing when discovery told anything.

use serde_json::Value;

use crate::verbs::{Observation, Observed};
use crate::vocabulary::Cause;

/// The decisive cause of stage 0, from smart-configuration and the `CapabilityStatement`. `None` when all is as it should be, or
/// when only one of the two is missing.
pub fn of(smart: &Observed, metadata: &Observed) -> Option<Cause> {
    match (&smart.observation, &metadata.observation) {
        (Observation::Broken(cause), Observation::Broken(_)) => Some(cause.clone()),
        (Observation::Facts(smart), Observation::Facts(metadata)) if is_missing(smart) && is_missing(metadata) => {
            let message = "/metadata and /.well-known/smart-configuration are both answered with 404";
            Some(Cause::new("not-found", message))
        }
        (Observation::Facts(facts), _) | (_, Observation::Facts(facts)) => certificate(facts),
        _ => None,
    }
}

fn is_missing(facts: &Value) -> bool {
    facts.get("status").and_then(Value::as_u64).is_some_and(|status| matches!(status, 404 | 410))
}

/// Discovery goes on without trust, but not without saying so.
fn certificate(facts: &Value) -> Option<Cause> {
    let tls = facts.get("tls")?;
    if tls.get("trusted") != Some(&Value::Bool(false)) {
        return None;
    }
    let defects: Vec<&str> = tls.get("defects")?.as_array()?.iter().filter_map(Value::as_str).collect();
    Some(Cause::new("certificate", format!("the certificate of the FHIR base is not trusted: {}", defects.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn facts(facts: Value) -> Observed {
        Observed { observation: Observation::Facts(facts), evidence: Vec::new(), flaky: false }
    }

    fn broken(kind: &str) -> Observed {
        Observed::broken(Cause::new(kind, "why"), Vec::new())
    }

    fn kind(smart: &Observed, metadata: &Observed) -> Option<String> {
        of(smart, metadata).map(|cause| cause.kind)
    }

    #[test]
    fn only_what_hinders_the_whole_of_discovery_is_named() {
        let found = || facts(json!({ "status": 200, "tls": { "trusted": true, "defects": [] } }));
        let missing = || facts(json!({ "status": 404 }));
        let untrusted = || facts(json!({ "status": 200, "tls": { "trusted": false, "defects": ["untrusted-issuer"] } }));
        assert_eq!(kind(&broken("dns"), &broken("timeout")).as_deref(), Some("dns"));
        assert_eq!(kind(&missing(), &missing()).as_deref(), Some("not-found"));
        assert_eq!(kind(&untrusted(), &broken("timeout")).as_deref(), Some("certificate"));
        for (smart, metadata) in [(found(), found()), (missing(), found()), (found(), missing()), (found(), broken("reset"))] {
            assert_eq!(kind(&smart, &metadata), None);
        }
    }
}
