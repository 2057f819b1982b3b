//! The shapes of recorded evidence: one HTTP exchange or one TLS probe.
//!
//! These are plain data for reports and for replay. They are made by `net`, which redacts while it fills them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::tokens::TokenOutline;

/// Names a piece of evidence: a running number and its kind, for instance `0042-http`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EvidenceId(String);

impl EvidenceId {
    pub(super) fn new(number: usize, kind: &str) -> Self {
        Self(format!("{number:04}-{kind}"))
    }

    /// The id as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EvidenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Which case and which of its steps caused an exchange; empty where none did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The id of the case, for instance `tls.versions`.
    pub case: String,
    /// The title of the step.
    pub step: String,
}

impl Label {
    /// The label of one step of one case.
    pub fn new(case: impl Into<String>, step: impl Into<String>) -> Self {
        Self { case: case.into(), step: step.into() }
    }
}

/// One recorded exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// Its id within the run.
    pub id: EvidenceId,
    /// Who caused it.
    pub label: Label,
    /// When it began, RFC 3339 in UTC, by the clock of the world.
    pub started: String,
    /// What was exchanged.
    pub record: Record,
}

/// What was exchanged, by kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Record {
    /// An HTTP request and what came back.
    Http(Box<HttpExchange>),
    /// A raw TLS probe and what came back.
    Tls(Box<TlsExchange>),
}

impl Record {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Tls(_) => "tls",
        }
    }
}

/// An HTTP request and what came back, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpExchange {
    /// What was sent.
    pub request: HttpRequest,
    /// What came back, or why nothing did.
    pub result: HttpResult,
    /// Facts on the TLS connection, when there was one.
    pub tls: Option<TlsSummary>,
    /// 1 for the first sending of a request, 2 and 3 for its repetitions, 0 when nothing was sent.
    pub attempt: u32,
    /// From the start until the last byte that was read, in milliseconds.
    pub elapsed_ms: u64,
    /// What the signed tokens in it say, those of the request first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<TokenOutline>,
}

/// A request as it was sent, redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// For instance `GET`.
    pub method: String,
    /// The whole URL without its user part.
    pub url: String,
    /// Names and values in the order of sending.
    pub headers: Vec<(String, String)>,
    /// The body, when there was one.
    pub body: Option<Body>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum HttpResult {
    /// An answer.
    Answer(HttpAnswer),
    /// No usable answer.
    Failure(HttpFailure),
}

/// An answer, redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// Names and values in the order of arrival; bytes that are not UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// True when the target had more to say than the cap of the request allowed.
    pub truncated: bool,
}

/// Why there was no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpFailure {
    /// The stable word, as in `vocabulary::Cause`.
    pub kind: String,
    /// The sentence, as in `vocabulary::Cause`.
    pub message: String,
    /// How far the exchange had come.
    pub phase: String,
}

/// A body: its beginning, its size and a digest of all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The beginning as text, redacted; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// How many bytes the body had as it was sent or received.
    pub bytes: u64,
    /// SHA-256 in hex, of the bytes themselves, or of the redacted text when a secret was taken out (the digest of a
    /// guessable secret would give it away).
    pub sha256: String,
    /// True when `text` holds less than all.
    pub cut: bool,
    /// True when a secret was taken out.
    pub redacted: bool,
}

/// Facts on a TLS connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsSummary {
    /// Whether the certificate was accepted by the trust anchors of the run for this name and time.
    pub trusted: bool,
    /// What was wrong with the certificate, in words.
    pub defects: Vec<String>,
    /// SHA-256 of the leaf certificate, in hex.
    pub fingerprint: String,
    /// The protocol version, for instance `TLSv1.3`, when known.
    pub version: Option<String>,
    /// Address and port of the peer (of the proxy, when there is one), when known.
    pub peer: Option<String>,
}

/// A raw TLS probe: the bytes as hex and what they mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsExchange {
    /// The host that was asked.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What was offered, in words.
    pub offered: String,
    /// What was answered, in words.
    pub answered: String,
    /// Bytes sent, in hex.
    pub sent: String,
    /// Bytes received, in hex.
    pub received: String,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}
