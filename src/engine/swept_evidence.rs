//! What was seen, for the record: swept when everything is known, but for what a server shows to everybody.

use serde_json::Value;

use super::record::{CertificateRecord, EvidenceRecord, SignInPageRecord};
use crate::evidence::{Exchange, SignInPage, curl_line, pem, sweep, sweep_public, sweep_text};
use crate::net::World;
use crate::vocabulary::{LeakSearch, Redactor};

/// Every exchange, swept.
pub(super) fn evidence_of(world: &World, search: &LeakSearch) -> Vec<EvidenceRecord> {
    let line = |exchange: &Exchange| {
        let mut line = curl_line(exchange).unwrap_or_default();
        sweep_text(&mut line, &world.redactor, search);
        line
    };
    let records = world.evidence.all().into_iter().map(|exchange| EvidenceRecord {
        id: exchange.id.to_string(),
        reproduce: line(&exchange),
        exchange: swept_exchange(&exchange, &world.redactor, search),
    });
    records.collect()
}

/// Parts of an exchange that were shown to everybody. By chance or by design of a target, the digits in them hold what is a member's
/// value elsewhere; a handshake without a few of its bytes proves nothing any more.
const PUBLIC_PARTS: [&str; 5] =
    ["/record/sent", "/record/received", "/record/tls/fingerprint", "/record/request/body/sha256", "/record/result/body/sha256"];

/// Parts of an exchange that are our own words.
const OWN_PARTS: [&str; 6] =
    ["/id", "/started", "/record/kind", "/record/result/result", "/record/result/kind", "/record/result/phase"];

fn swept_exchange(exchange: &Exchange, redactor: &Redactor, search: &LeakSearch) -> Value {
    let mut value = serde_json::to_value(exchange).unwrap_or_default();
    let parts = PUBLIC_PARTS.iter().chain(&OWN_PARTS);
    let parts: Vec<(&str, Value)> = parts.filter_map(|part| Some((*part, value.pointer_mut(part)?.take()))).collect();
    sweep(&mut value, redactor, search);
    for (part, mut kept) in parts {
        if let Value::String(text) = &mut kept
            && PUBLIC_PARTS.contains(&part)
        {
            sweep_public(text, search);
        }
        if let Some(place) = value.pointer_mut(part) {
            *place = kept;
        }
    }
    value
}

/// The pages of the sign-ins, swept. Those that ask for consent first: they are what a person judges.
pub(super) fn pages_of(world: &World, search: &LeakSearch) -> Vec<SignInPageRecord> {
    let mut pages = world.evidence.pages();
    pages.sort_by_key(|page| !page.asks_consent);
    let swept = |mut text: String| {
        sweep_text(&mut text, &world.redactor, search);
        text
    };
    let record = |page: SignInPage| SignInPageRecord {
        address: swept(page.address),
        title: swept(page.title),
        purpose: page.purpose,
        case: page.case,
        text: swept(page.text),
        buttons: page.buttons.into_iter().map(swept).collect(),
    };
    pages.into_iter().map(record).collect()
}

/// The certificates, which every server shows to everybody.
pub(super) fn certificates_of(world: &World) -> Vec<CertificateRecord> {
    let certificates = world.evidence.certificates().into_iter();
    certificates.map(|(sha256, der)| CertificateRecord { sha256, pem: pem("CERTIFICATE", &der) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Secret;
    use serde_json::json;

    fn probe(received: &str) -> Exchange {
        let probe = json!({
            "kind": "tls", "host": "payer.example", "port": 443, "offered": "TLS 1.2 to Boston", "answered": "yes", "sent": "16",
            "received": received, "elapsed_ms": 1,
        });
        let label = json!({ "case": "a.b", "step": "s" });
        let exchange = json!({ "id": "0042-tls", "label": label, "started": "2026-01-01T00:00:00Z", "record": probe });
        serde_json::from_value(exchange).unwrap()
    }

    /// The members of a payer of Boston have a certificate of Boston before them, and a numeric id is some digits of any digest.
    #[test]
    fn the_bytes_of_a_handshake_stay_whatever_members_are_called() {
        let redactor = Redactor::new("salt");
        let hex: String = "Boston".bytes().map(|byte| format!("{byte:02x}")).collect();
        let received = format!("1603{hex}004711042");
        ["Boston", "004711", "0042-tls", "2026-01-01"].iter().for_each(|value| redactor.register_member("member", value));
        let swept = swept_exchange(&probe(&received), &redactor, &redactor.search(""));
        assert_eq!((&swept["record"]["received"], &swept["id"]), (&json!(received), &json!("0042-tls")));
        assert!(!swept["record"]["offered"].as_str().unwrap().contains("Boston"), "{swept}");
        assert!(serde_json::from_value::<Exchange>(swept).is_ok());
    }

    #[test]
    fn a_secret_in_a_handshake_goes_with_all_of_it() {
        let redactor = Redactor::new("salt");
        redactor.register(&Secret::new("password", "hunter2hunter2"));
        let hex: String = "hunter2hunter2".bytes().map(|byte| format!("{byte:02x}")).collect();
        let swept = swept_exchange(&probe(&hex), &redactor, &redactor.search(""));
        assert_eq!(swept["record"]["received"], "");
    }
}
