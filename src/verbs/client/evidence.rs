//! The exchanges of a client as evidence. Its secrets are made known before anything is recorded.

use time::format_description::well_known::Rfc3339;

use super::asked::{Asked, For};
use super::launch::Launch;
use crate::evidence::{
    HttpAnswer, HttpExchange, HttpRequest, HttpResult, Record, TlsSummary, redact_bytes, redact_header, redact_text,
    token_outlines,
};
use crate::verbs::Context;
use crate::vocabulary::{Redactor, Secret};

/// A launch leaves so many pieces of evidence at most.
const MOST: usize = 100;

/// Parameters and members that hold a secret.
const SECRETS: [&str; 8] = [
    "code",
    "code_verifier",
    "refresh_token",
    "access_token",
    "id_token",
    "client_secret",
    "client_assertion",
    "software_statement",
];

/// Records what the client and the server said to each other; the ids.
pub fn record(context: &Context, launch: &Launch<'_>) -> Vec<String> {
    let own = || launch.asked.iter().filter(|asked| asked.purpose != For::Other || asked.location().is_some()).take(MOST);
    own().for_each(|asked| register(&context.world.redactor, asked));
    own().map(|asked| one(context, asked)).collect()
}

fn register(redactor: &Redactor, asked: &Asked<'_>) {
    let keep = |name: &'static str, value: &str| redactor.register_learnt(&Secret::new(name, value));
    for name in SECRETS {
        asked.parameters().filter(|(own, _)| *own == name).for_each(|(_, value)| keep(name, value));
        for body in [asked.json(), asked.answer()].into_iter().flatten() {
            body.get(name).and_then(serde_json::Value::as_str).into_iter().for_each(|value| keep(name, value));
        }
    }
    if let Some(credential) = asked.credential("bearer") {
        keep("access_token", credential);
    }
    if let Some(credential) = asked.credential("basic") {
        keep("authorization", credential);
    }
    if let Some(to) = asked.location() {
        to.query_pairs().filter(|(name, _)| name == "code").for_each(|(_, code)| keep("code", &code));
    }
}

fn one(context: &Context, asked: &Asked<'_>) -> String {
    let (redactor, raw) = (&context.world.redactor, asked.raw);
    let headers = |own: &[(String, String)]| -> Vec<(String, String)> {
        own.iter().map(|(name, value)| (redact_text(redactor, name), redact_header(redactor, name, value))).collect()
    };
    let bodies = [&raw.body, &raw.reply_body].map(|body| String::from_utf8_lossy(body));
    let exchange = HttpExchange {
        request: HttpRequest {
            method: redact_text(redactor, &raw.method),
            url: redact_text(redactor, &raw.url),
            headers: headers(&raw.headers),
            body: (!raw.body.is_empty()).then(|| redact_bytes(redactor, &raw.body)),
        },
        result: HttpResult::Answer(HttpAnswer {
            status: raw.status,
            headers: headers(&raw.reply_headers),
            body: redact_bytes(redactor, &raw.reply_body),
            truncated: false,
        }),
        tls: raw.tls.as_ref().map(|version| TlsSummary {
            trusted: true,
            version: Some(version.clone()),
            ..TlsSummary::default()
        }),
        attempt: 1,
        elapsed_ms: 0,
        tokens: token_outlines(redactor, bodies.iter().map(AsRef::as_ref)),
    };
    let at = raw.at.format(&Rfc3339).unwrap_or_default();
    context.world.evidence.append(&context.label, at, Record::Http(Box::new(exchange))).to_string()
}
