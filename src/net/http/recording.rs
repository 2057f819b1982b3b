//! Turns an attempt into evidence, redacting on the way.

use std::borrow::Cow;

use super::answer::{Answer, HttpOutcome, TlsFacts};
use super::client::Prepared;
use super::request::SignIn;
use crate::evidence::{
    EvidenceStore, HttpAnswer, HttpExchange, HttpFailure, HttpRequest, HttpResult, Record, TlsSummary, TokenOutline,
    redact_bytes, redact_form, redact_header, redact_text, token_outlines, withheld_page,
};
use crate::vocabulary::Redactor;

/// The record of one attempt.
pub(super) fn record(redactor: &Redactor, prepared: &Prepared, outcome: &HttpOutcome, attempt: u32, elapsed_ms: u64) -> Record {
    let headers = |headers: &[(String, String)]| -> Vec<(String, String)> {
        headers.iter().map(|(name, value)| (redact_text(redactor, name), redact_header(redactor, name, value))).collect()
    };
    let request = HttpRequest {
        method: prepared.method.to_string(),
        url: redact_text(redactor, prepared.url.as_str()),
        headers: headers(&prepared.headers),
        body: prepared.body.as_ref().map(|body| match prepared.sign_in {
            SignIn::Submits => redact_form(redactor, body),
            SignIn::No | SignIn::Asks => redact_bytes(redactor, body),
        }),
    };
    let (result, tls) = match outcome {
        HttpOutcome::Response(answer) => {
            let result = HttpAnswer {
                status: answer.status,
                headers: headers(&answer.headers),
                body: if prepared.sign_in != SignIn::No && is_page(answer) {
                    withheld_page(&answer.body)
                } else {
                    redact_bytes(redactor, &answer.body)
                },
                truncated: answer.truncated,
            };
            (HttpResult::Answer(result), answer.tls.as_ref())
        }
        HttpOutcome::Failure(failure) => {
            let result = HttpFailure {
                kind: failure.cause.kind.clone(),
                message: redact_text(redactor, &failure.cause.message),
                phase: failure.phase.word().to_owned(),
            };
            (HttpResult::Failure(result), failure.tls.as_ref())
        }
    };
    let tokens = tokens(redactor, prepared, outcome);
    Record::Http(Box::new(HttpExchange { request, result, tls: tls.map(summary), attempt, elapsed_ms, tokens }))
}

/// True for what a browser would show to the member.
fn is_page(answer: &Answer) -> bool {
    let is_json = answer.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
    !answer.body.is_empty() && !is_json
}

fn tokens(redactor: &Redactor, prepared: &Prepared, outcome: &HttpOutcome) -> Vec<TokenOutline> {
    let answered = match outcome {
        HttpOutcome::Response(answer) => Some(&answer.body),
        HttpOutcome::Failure(_) => None,
    };
    let headers = prepared.headers.iter().map(|(_, value)| value.as_str().into());
    let bodies =
        prepared.body.iter().map(|body| String::from_utf8_lossy(body)).chain(answered.map(|body| String::from_utf8_lossy(body)));
    let texts: Vec<Cow<'_, str>> = headers.chain(bodies).collect();
    token_outlines(redactor, texts.iter().map(Cow::as_ref))
}

/// Keeps the certificates that were shown.
pub(super) fn keep_certificates(evidence: &EvidenceStore, outcome: &HttpOutcome) {
    let tls = match outcome {
        HttpOutcome::Response(answer) => answer.tls.as_ref(),
        HttpOutcome::Failure(failure) => failure.tls.as_ref(),
    };
    for (sha256, der) in tls.iter().flat_map(|tls| &tls.chain) {
        evidence.keep_certificate(sha256, der);
    }
}

fn summary(facts: &TlsFacts) -> TlsSummary {
    TlsSummary {
        trusted: facts.trusted,
        defects: facts.defects.clone(),
        fingerprint: facts.fingerprint.clone(),
        version: facts.version.clone(),
        peer: facts.peer.map(|peer| peer.to_string()),
    }
}
