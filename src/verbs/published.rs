//! What authorities publish about their certificates, fetched from the addresses that certificates name.
//!
//! The addresses stand in certificates of the target, so they are hostile: http and https alone, through the guard of addresses,
//! with a cap and a deadline, no redirect followed, nothing of ours shown.

use std::time::Duration;

use reqwest::Method;
use url::Url;

use crate::net::{HttpOutcome, Origin, Payload, Request, within};
use crate::verbs::Context;

/// The addresses of one certificate that are tried.
pub(in crate::verbs) const MOST_ADDRESSES: usize = 2;
pub(in crate::verbs) const LARGEST_LIST: usize = 1024 * 1024;
const LARGEST_ANSWER: usize = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// Fetches, and keeps what went wrong.
pub(in crate::verbs) struct Published<'a> {
    context: &'a Context,
    asked: Vec<String>,
    /// Why something could not be had.
    pub(in crate::verbs) troubles: Vec<String>,
    /// The ids of the evidence.
    pub(in crate::verbs) evidence: Vec<String>,
}

impl<'a> Published<'a> {
    pub(in crate::verbs) fn new(context: &'a Context) -> Self {
        Self { context, asked: Vec::new(), troubles: Vec::new(), evidence: Vec::new() }
    }

    /// What stands at an address, unless that was asked for already.
    pub(in crate::verbs) async fn get(&mut self, url: &str, cap: usize) -> Option<Vec<u8>> {
        if self.asked.iter().any(|own| own == url) {
            return None;
        }
        self.asked.push(url.to_owned());
        let request = Request::new(Method::GET, self.address(url)?);
        self.send(url, request, cap).await
    }

    /// The answer of a responder.
    pub(in crate::verbs) async fn ask(&mut self, url: &str, question: Vec<u8>) -> Option<Vec<u8>> {
        let mut request = Request::new(Method::POST, self.address(url)?);
        request.payload = Payload::Bytes("application/ocsp-request".into(), question);
        self.send(url, request, LARGEST_ANSWER).await
    }

    /// Files, directories and whatever else a certificate may name are not for us.
    fn address(&mut self, url: &str) -> Option<Url> {
        let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        match parsed {
            Some(parsed) => {
                // Lists and issuers are published over plain HTTP, on its port.
                if let Some(origin) = Origin::of(&parsed).filter(|origin| origin.port == 80) {
                    self.context.world.dialer.accept_plain_port(&origin.host);
                }
                Some(parsed)
            }
            None => {
                self.troubles.push(format!("{url}: not an address of http or https"));
                None
            }
        }
    }

    async fn send(&mut self, url: &str, request: Request, cap: usize) -> Option<Vec<u8>> {
        let mut request = request.anonymously();
        request.label = self.context.label.clone();
        request.body_limit = Some(cap);
        let Some(sent) = within(PATIENCE, self.context.world.http.send(&request)).await else {
            self.troubles.push(format!("{url}: no answer within {} s", PATIENCE.as_secs()));
            return None;
        };
        self.evidence.extend(sent.evidence.iter().map(ToString::to_string));
        match sent.outcome {
            HttpOutcome::Response(answer) if answer.status == 200 && !answer.truncated && answer.encoded.is_none() => {
                Some(answer.body)
            }
            HttpOutcome::Response(answer) => {
                self.troubles.push(format!("{url}: answered with status {}, or too large", answer.status));
                None
            }
            HttpOutcome::Failure(failure) => {
                self.troubles.push(format!("{url}: {}", failure.cause.message));
                None
            }
        }
    }
}
