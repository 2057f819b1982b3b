//! One attempt: connect, send, read, every await under a deadline that can name its phase.

use std::sync::Arc;

use reqwest::Response;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::tls::{TlsInfo, Version};
use rustls::client::danger::ServerCertVerifier;
use tokio::time::{Instant, timeout_at};

use super::answer::{Answer, Failure, HttpOutcome, TlsFacts};
use super::body::{self, Unread};
use super::client::{Inner, Prepared};
use super::connection::{self, Plan};
use super::failure::{cause_of, timeout};
use super::limits::Limits;
use super::request::{Request, Trust};
use crate::net::Phase;
use crate::net::dial::NoAddress;
use crate::net::guard::Forbidden;
use crate::net::progress::Progress;
use crate::net::tls::{Recorder, RecordingVerifier};
use crate::vocabulary::{Cause, escape};

/// One attempt at a prepared request.
pub(super) struct Attempt<'a> {
    inner: &'a Inner,
    request: &'a Request,
    prepared: &'a Prepared,
    progress: Arc<Progress>,
    verifier: Arc<dyn ServerCertVerifier>,
    recorder: Recorder,
    start: Instant,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(inner: &'a Inner, request: &'a Request, prepared: &'a Prepared) -> Self {
        let lenient = request.trust == Trust::Unverified;
        let (verifier, recorder) = RecordingVerifier::new(Arc::clone(&inner.options.trust), inner.clock.now(), lenient);
        Self { inner, request, prepared, progress: Arc::new(Progress::new()), verifier, recorder, start: Instant::now() }
    }

    /// Runs it. `on_send` is called when the address is found and permitted, right before the first packet.
    pub(super) async fn run(self, on_send: impl FnOnce()) -> HttpOutcome {
        match self.exchange(on_send).await {
            Ok(answer) => HttpOutcome::Response(answer),
            Err(failure) => HttpOutcome::Failure(failure),
        }
    }

    async fn exchange(&self, on_send: impl FnOnce()) -> Result<Answer, Failure> {
        let origin = &self.prepared.origin;
        let limits = &self.inner.options.limits;
        let addresses = self.inner.dialer.addresses(&origin.host, origin.port).await.map_err(|reason| self.unsent(reason))?;
        let unbuilt = |why: String| Failure::unsent(Cause::new("input", format!("the request cannot be made: {why}")));
        let identity = self.inner.options.identity.as_ref().filter(|_| self.may_show_identity());
        let plan = Plan {
            addresses,
            verifier: Arc::clone(&self.verifier),
            identity,
            progress: Arc::clone(&self.progress),
            max_headers: limits.headers,
        };
        let client = connection::client(&self.inner.dialer, plan).map_err(unbuilt)?;
        let mut request = reqwest::Request::new(self.prepared.method.clone(), self.prepared.url.clone());
        *request.headers_mut() = header_map(&self.prepared.headers).map_err(unbuilt)?;
        *request.body_mut() = self.prepared.body.clone().map(reqwest::Body::from);
        on_send();
        self.inner.dialer.count_connection(&origin.host, origin.port);
        let end = Instant::now() + limits.whole;
        let response = self.head(client.execute(request), limits, end).await?;
        self.answer(response, limits, end).await
    }

    /// Our client certificate is a credential as well.
    fn may_show_identity(&self) -> bool {
        !self.request.anonymous
            && self.request.trust == Trust::Strict
            && self.inner.options.credential_origins.contains(&self.prepared.origin)
    }

    /// Waits for the head of the answer; each phase has its own deadline from the moment it begins.
    async fn head(
        &self,
        sending: impl Future<Output = Result<Response, reqwest::Error>>,
        limits: &Limits,
        end: Instant,
    ) -> Result<Response, Failure> {
        tokio::pin!(sending);
        loop {
            let (phase, since) = self.progress.at();
            let deadline = (since + limits.of(phase)).min(end);
            match timeout_at(deadline, &mut sending).await {
                Ok(Ok(response)) => {
                    self.progress.reach(Phase::Body);
                    return Ok(response);
                }
                Ok(Err(error)) => return Err(self.broken(&error)),
                Err(_) if deadline == end || self.progress.at().0 == phase => return Err(self.late()),
                Err(_) => {}
            }
        }
    }

    async fn answer(&self, mut response: Response, limits: &Limits, end: Instant) -> Result<Answer, Failure> {
        let headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let has = |name: &str| headers.iter().any(|(known, _)| known == name);
        if has("transfer-encoding") && has("content-length") {
            return Err(self.failure(Cause::new("protocol", format!("{} gave its body two lengths", self.host()))));
        }
        let status = response.status().as_u16();
        let tls = self.facts(Some(&response));
        let cap = self.request.body_limit.unwrap_or(limits.body);
        let (body, truncated) = match body::read(&mut response, cap, limits, end).await {
            Ok(body) => (body, false),
            Err(Unread::TooLarge(body)) if self.request.accept_truncated => (body, true),
            Err(unread) => return Err(self.unread(&unread, cap)),
        };
        let encoded = headers
            .iter()
            .find(|(name, value)| name == "content-encoding" && !value.trim().eq_ignore_ascii_case("identity"))
            .map(|(_, value)| value.clone());
        Ok(Answer { status, headers, body, truncated, encoded, elapsed: self.start.elapsed(), tls })
    }

    fn facts(&self, response: Option<&Response>) -> Option<TlsFacts> {
        let seen = self.recorder.latest()?;
        let version = response.and_then(|response| response.extensions().get::<TlsInfo>()).and_then(TlsInfo::version);
        let version = version.and_then(|version| match version {
            Version::TLS_1_2 => Some("TLSv1.2"),
            Version::TLS_1_3 => Some("TLSv1.3"),
            _ => None,
        });
        Some(TlsFacts {
            trusted: seen.is_trusted(),
            defects: seen.defects.iter().map(ToString::to_string).collect(),
            fingerprint: seen.chain.first().map(|leaf| leaf.sha256.clone()).unwrap_or_default(),
            chain: seen.chain.iter().map(|one| (one.sha256.clone(), one.der.clone())).collect(),
            version: version.map(str::to_owned),
            peer: response.and_then(Response::remote_addr),
        })
    }

    fn host(&self) -> &str {
        &self.prepared.shown
    }

    fn failure(&self, cause: Cause) -> Failure {
        Failure { cause, phase: self.progress.at().0, tls: self.facts(None) }
    }

    fn late(&self) -> Failure {
        self.failure(timeout(self.progress.at().0, self.host()))
    }

    fn broken(&self, error: &reqwest::Error) -> Failure {
        let defects = self.facts(None).map(|facts| facts.defects).unwrap_or_default();
        self.failure(cause_of(error, self.progress.at().0, self.host(), &defects))
    }

    fn unread(&self, unread: &Unread, cap: usize) -> Failure {
        let host = self.host();
        match unread {
            Unread::TooLarge(_) => {
                self.failure(Cause::new("body-too-large", format!("the body of {host} is larger than {cap} bytes")))
            }
            Unread::TooSlow => self.failure(Cause::new("too-slow", format!("the body of {host} comes too slowly to be read"))),
            Unread::TimedOut => self.late(),
            Unread::Broken(error) => self.broken(error),
        }
    }

    fn unsent(&self, reason: NoAddress) -> Failure {
        let host = self.host();
        Failure::unsent(match reason {
            NoAddress::NotFound(why) => Cause::new("dns", escape(&why)),
            NoAddress::TimedOut => Cause::new("timeout", format!("the name {host} was not resolved in time")),
            NoAddress::Forbidden(Forbidden::Address(why)) => {
                Cause::new("forbidden-address", format!("no connection is made to {host}: {}", escape(&why)))
            }
            NoAddress::Forbidden(Forbidden::Port(why)) => Cause::new("forbidden-port", escape(&why)),
        })
    }
}

fn header_map(headers: &[(String, String)]) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("'{}' is not a header name", escape(name)))?;
        // Neither message repeats the value, which may be secret.
        let mut value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| format!("the value of header {key} holds a control character"))?;
        value.set_sensitive(key == reqwest::header::AUTHORIZATION);
        map.append(key, value);
    }
    Ok(map)
}
