//! A second redaction at the end of a run, when every secret is known: one that was recorded before it was known to be one
//! (a PKCE verifier that served as its own challenge, a code that a page showed early) is taken out of what was recorded.

use serde_json::Value;

use crate::vocabulary::{LeakSearch, Redactor};

/// Takes everything out of a recorded exchange that is known by now. Member names are the evidence's own.
pub fn sweep(exchange: &mut Value, redactor: &Redactor, search: &LeakSearch) {
    match exchange {
        Value::String(text) => sweep_text(text, redactor, search),
        Value::Array(items) => items.iter_mut().for_each(|item| sweep(item, redactor, search)),
        Value::Object(members) => members.values_mut().for_each(|member| sweep(member, redactor, search)),
        _ => {}
    }
}

/// The same for what was shown to everybody before anyone signed in: the bytes of a handshake, digests.
/// Only a secret matters in it, and what holds one goes as a whole.
pub fn sweep_public(text: &mut String, search: &LeakSearch) {
    if search.find_secret(text.as_bytes()).is_some() {
        text.clear();
    }
}

/// The same for one text.
pub fn sweep_text(text: &mut String, redactor: &Redactor, search: &LeakSearch) {
    if let Some(label) = search.find(text.as_bytes()) {
        let clean = redactor.redact(text);
        // What only the search knows how to find cannot be cut out, so the text goes as a whole.
        *text = if search.find(clean.as_bytes()).is_some() { format!("‹withheld: it held a {label}›") } else { clean };
    }
}

/// The same for a fact, in which a target names the members too.
pub fn sweep_fact(fact: &mut Value, redactor: &Redactor, search: &LeakSearch) {
    match fact {
        Value::Array(items) => items.iter_mut().for_each(|item| sweep_fact(item, redactor, search)),
        Value::Object(members) => {
            let swept = std::mem::take(members).into_iter().map(|(mut name, mut value)| {
                sweep_text(&mut name, redactor, search);
                sweep_fact(&mut value, redactor, search);
                (name, value)
            });
            *members = swept.collect();
        }
        other => sweep(other, redactor, search),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Secret;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    #[test]
    fn what_became_a_secret_after_it_was_recorded_is_taken_out_all_the_same() {
        let redactor = Redactor::new("salt");
        let within = STANDARD.encode("x:late-verifier-0123456789:y");
        let mut exchange =
            json!({ "url": "https://p.example/?code_challenge=late-verifier-0123456789&a=b", "list": [within, "other", 7] });
        redactor.register(&Secret::new("code_verifier", "late-verifier-0123456789"));
        let search = redactor.search("");
        sweep(&mut exchange, &redactor, &search);
        assert!(search.find(exchange.to_string().as_bytes()).is_none(), "{exchange}");
        assert!(exchange["url"].as_str().unwrap().contains("code_challenge=‹code_verifier #"), "{exchange}");
        assert_eq!(
            (&exchange["list"][0], &exchange["list"][1]),
            (&json!("‹withheld: it held a code_verifier›"), &json!("other"))
        );
    }
}
