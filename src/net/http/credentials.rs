//! Which requests carry something secret, and where that may go.
//!
//! A target's metadata may name anybody's token endpoint. A secret leaves for origins that the operator named, over
//! TLS whose certificate was accepted, and nowhere else.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::request::{Credentials, FormValue, Payload, Request, Trust};
use crate::net::Origin;
use crate::vocabulary::{Cause, Redactor, Secret};

/// Tells the redactor of every secret in the request. True when there is one, also one that hides in plain text.
pub(super) fn registered(request: &Request, redactor: &Redactor) -> bool {
    let mut secrets = Vec::new();
    match &request.credentials {
        Credentials::None => {}
        Credentials::Bearer(token) => secrets.push(token.clone()),
        Credentials::Basic { name, password } => {
            secrets.push(password.clone());
            secrets.push(Secret::new("basic_credential", basic(name, password)));
        }
    }
    if let Payload::Form(fields) = &request.payload {
        secrets.extend(fields.iter().filter_map(|(_, value)| match value {
            FormValue::Secret(secret) => Some(secret.clone()),
            FormValue::Plain(_) => None,
        }));
    }
    for secret in &secrets {
        redactor.register_learnt(secret);
    }
    !secrets.is_empty() || hides_a_secret(request, redactor)
}

fn hides_a_secret(request: &Request, redactor: &Redactor) -> bool {
    let known = |text: &str| redactor.holds_secret(text);
    let in_payload = match &request.payload {
        Payload::None => false,
        Payload::Form(fields) => fields.iter().any(|(_, value)| known(value.text())),
        Payload::Json(value) => known(&value.to_string()),
        Payload::Bytes(_, bytes) => known(&String::from_utf8_lossy(bytes)),
    };
    in_payload || known(request.url.as_str()) || request.headers.iter().any(|(_, value)| known(value))
}

/// The value of `Authorization` after `Basic `.
pub(super) fn basic(name: &str, password: &Secret) -> String {
    STANDARD.encode(format!("{name}:{}", password.expose()))
}

/// Why a request with a secret in it is not sent there; nothing when it may be.
pub(super) fn withheld(request: &Request, origin: &Origin, named: &BTreeSet<Origin>) -> Option<Cause> {
    let why = if !named.contains(origin) {
        "the target file does not name this origin"
    } else if origin.scheme != "https" {
        "it is not https"
    } else if request.trust == Trust::Unverified {
        "its certificate is not verified"
    } else {
        return None;
    };
    Some(Cause::new("credentials-withheld", format!("a credential is not sent to {origin}: {why}")))
}
