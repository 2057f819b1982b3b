//! What a person can do about a run that discovery could not begin: one sentence per cause, with the flag that helps.

use crate::engine::Run;
use crate::engine::record::Header;
use crate::vocabulary::Cause;

/// Why discovery as a whole was hindered and what to do; `None` when it was not. Not escaped.
#[must_use]
pub fn of(run: &Run) -> Option<String> {
    let cause = run.header.hindrance.as_ref()?;
    let advice = advice(cause, &run.header.target);
    let said = cause.message.trim_end_matches('.');
    Some(if advice.is_empty() { format!("{said}.") } else { format!("{said}. {advice}") })
}

/// True when discovery told nothing at all, so that whatever could not be judged has this one cause.
#[must_use]
pub fn is_total(header: &Header) -> bool {
    header.hindrance.as_ref().is_some_and(|cause| cause.kind != "certificate")
}

fn advice(cause: &Cause, base: &str) -> String {
    match cause.kind.as_str() {
        "dns" => "Is the host spelt right? A name that only an inner DNS knows is given with --resolve HOST:PORT:ADDRESS.".into(),
        "refused" => "Nothing listens there: is the server up, and is the port right?".into(),
        "unreachable" | "timeout" | "too-slow" => {
            "Is a firewall or a VPN in the way? --proxy URL goes through a proxy, --timeout 60s waits longer.".into()
        }
        "not-tls" => "Does that port speak plain HTTP? The guide asks for https.".into(),
        "tls-handshake" => "`carinbb run tls --target …` shows which TLS versions the server answers; does it ask for a client certificate (--client-cert, --client-key)?".into(),
        "proxy" => "Is the address of --proxy right, and may it connect to this host?".into(),
        "forbidden-address" => "If it is meant to be tested, --allow-net RANGE permits it.".into(),
        "not-found" => format!("Is {base} the FHIR base? Give the address below which /metadata is answered."),
        "certificate" if is_about_trust(&cause.message) => {
            "Findings about it count. If its root is a private one, --ca-file ROOT.pem trusts that root.".into()
        }
        "rate-limited" => "The server asks for a pause: try again later, or with --rate 1/s.".into(),
        _ => String::new(),
    }
}

/// True for defects that another root would mend.
fn is_about_trust(message: &str) -> bool {
    ["not a trusted root", "signed by its own key"].iter().any(|defect| message.contains(defect))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_that_a_person_can_mend_says_how() {
        for (kind, message, part) in [
            ("dns", "not found", "--resolve"),
            ("refused", "refused", "is the server up"),
            ("timeout", "late", "--timeout"),
            ("not-tls", "no TLS", "plain HTTP"),
            ("forbidden-address", "10.0.0.1", "--allow-net"),
            ("not-found", "404", "Is https://p.example the FHIR base?"),
            ("certificate", "not trusted: the chain ends in CN=x, which is not a trusted root", "--ca-file"),
        ] {
            assert!(advice(&Cause::new(kind, message), "https://p.example").contains(part), "{kind}");
        }
        assert_eq!(advice(&Cause::new("certificate", "not trusted: expired"), "https://p.example"), "");
    }
}
