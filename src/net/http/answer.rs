//! What comes out of an exchange: an answer, or the cause why there is none.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

use crate::evidence::EvidenceId;
use crate::net::Phase;
use crate::vocabulary::Cause;

/// What came back for a request.
#[derive(Debug, Clone, PartialEq)]
pub enum HttpOutcome {
    /// An answer, whatever its status is.
    Response(Answer),
    /// No usable answer. This proves nothing about the target's rules.
    Failure(Failure),
}

impl HttpOutcome {
    /// The answer, if there is one.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Response(answer) => Some(answer),
            Self::Failure(_) => None,
        }
    }

    /// The cause, if there is no answer.
    #[must_use]
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Response(_) => None,
            Self::Failure(failure) => Some(&failure.cause),
        }
    }
}

/// An answer of the target. All of it is hostile text.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case and values, in order of arrival; bytes that are not UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The body as it came, never decompressed, at most as long as the cap.
    pub body: Vec<u8>,
    /// True when the body was longer than the cap.
    pub truncated: bool,
    /// The `Content-Encoding`, when the target used one though we asked for none: the body is then not the content.
    pub encoded: Option<String>,
    /// From the start of the attempt until the last byte.
    pub elapsed: Duration,
    /// Facts on the TLS connection; nothing over plain HTTP.
    pub tls: Option<TlsFacts>,
}

impl Answer {
    /// The first header of this name, in any spelling of the name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Every header of this name.
    pub fn headers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// Facts on the TLS connection of an exchange.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsFacts {
    /// Whether the certificate is accepted by the trust anchors of the run for this name and time.
    pub trusted: bool,
    /// What is wrong with the certificate, in words; target text in it is escaped.
    pub defects: Vec<String>,
    /// SHA-256 of the leaf certificate, in hex: another one later in the run means that the item changed during the test.
    pub fingerprint: String,
    /// The protocol version, for instance `TLSv1.3`, when the handshake was completed.
    pub version: Option<String>,
    /// The chain as it was shown, leaf first: SHA-256 in hex, and DER.
    pub chain: Vec<(String, Vec<u8>)>,
    /// The address that answered: the target's, or that of the proxy.
    pub peer: Option<SocketAddr>,
}

/// Why there is no usable answer.
///
/// Words of `cause.kind`: `dns`, `refused`, `unreachable`, `timeout`, `reset`, `proxy`, `tls-handshake`, `certificate`,
/// `not-tls`, `forbidden-address`, `forbidden-port`, `protocol`, `client-limit`, `body-too-large`, `too-slow`,
/// `origin-lost`, `rate-limited`, `credentials-withheld`, `url`, `input`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stable word and the sentence.
    pub cause: Cause,
    /// How far the exchange had come; for `timeout`, what used the time up.
    pub phase: Phase,
    /// What is known of the TLS connection, when a certificate was presented.
    pub tls: Option<TlsFacts>,
}

impl Failure {
    pub(super) fn unsent(cause: Cause) -> Self {
        Self { cause, phase: Phase::Unsent, tls: None }
    }
}

/// What became of a request, with the evidence for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// What came back in the end.
    pub outcome: HttpOutcome,
    /// One for each attempt; the last one shows `outcome`.
    pub evidence: Vec<EvidenceId>,
    /// How often the request was sent again; above 0 a good answer is a flaky one.
    pub resent: u32,
}
