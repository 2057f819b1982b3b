//! Sends requests: decides whether one may leave, waits for its turn, repeats it where that is allowed, records it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Method;
use time::format_description::well_known::Rfc3339;
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

use super::answer::{Failure, HttpOutcome, Sent};
use super::attempt::Attempt;
use super::credentials::{basic, registered, withheld};
use super::failure::a_proxy_may_help;
use super::limits::Limits;
use super::recording::{keep_certificates, record};
use super::request::{Credentials, Payload, Request, SignIn};
use crate::evidence::{EvidenceId, EvidenceStore};
use crate::net::clock::Clock;
use crate::net::dial::Dialer;
use crate::net::identity::ClientIdentity;
use crate::net::origin::Origin;
use crate::net::pace::{Lane, Pace};
use crate::net::progress::Phase;
use crate::net::random::Random;
use crate::net::retry_after::retry_after;
use crate::net::tls::Trust;
use crate::vocabulary::{Cause, Redactor, escape};

/// How often a request is sent again at most.
pub const MAX_RESENDS: u32 = 2;

/// How the HTTP client behaves.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Deadlines and caps.
    pub limits: Limits,
    /// The `User-Agent`.
    pub user_agent: String,
    /// Trust anchors.
    pub trust: Arc<Trust>,
    /// The client certificate, shown to `credential_origins` only.
    pub identity: Option<ClientIdentity>,
    /// The origins that the target file names: the only ones that get credentials.
    pub credential_origins: BTreeSet<Origin>,
    /// Requests in flight per origin.
    pub in_flight: usize,
    /// Requests per second and origin, if limited.
    pub rate: Option<f64>,
    /// The proxy that the environment names and that is not used, for the message when a connection fails.
    pub ambient_proxy: Option<String>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            user_agent: format!("carinbb/{} (+conformance test)", env!("CARGO_PKG_VERSION")),
            trust: Arc::new(Trust::nothing()),
            identity: None,
            credential_origins: BTreeSet::new(),
            in_flight: 6,
            rate: None,
            ambient_proxy: None,
        }
    }
}

/// What the client needs of the world.
pub(in crate::net) struct Means {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub dialer: Arc<Dialer>,
    pub evidence: EvidenceStore,
    pub redactor: Redactor,
    pub run_id: Uuid,
}

pub(super) struct Inner {
    pub options: HttpOptions,
    pub clock: Arc<dyn Clock>,
    pub dialer: Arc<Dialer>,
    random: Arc<dyn Random>,
    evidence: EvidenceStore,
    redactor: Redactor,
    run_id: Uuid,
    pace: Pace,
    sent: AtomicU64,
}

/// A request in the form in which it leaves.
pub(super) struct Prepared {
    pub origin: Origin,
    /// `host:port`, safe to show.
    pub shown: String,
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    pub sign_in: SignIn,
}

/// The one HTTP client of a world. Clones are the same client.
#[derive(Clone)]
pub struct Http {
    inner: Arc<Inner>,
}

impl Http {
    pub(in crate::net) fn new(options: HttpOptions, means: Means) -> Self {
        let pace = Pace::new(Arc::clone(&means.clock), options.in_flight, options.rate);
        let Means { clock, random, dialer, evidence, redactor, run_id } = means;
        let sent = AtomicU64::new(0);
        Self { inner: Arc::new(Inner { options, clock, dialer, random, evidence, redactor, run_id, pace, sent }) }
    }

    /// Sends a request and returns what came of it. Every attempt is recorded, and so is a request that was not sent.
    ///
    /// Handshakes and redaction take the processor a millisecond: each request is a task of its own, which ends with the future.
    ///
    /// # Panics
    /// When the task does.
    pub async fn send(&self, request: &Request) -> Sent {
        let (inner, request) = (Arc::clone(&self.inner), request.clone());
        let mut task = JoinSet::new();
        task.spawn(async move { inner.send(&request).await });
        match task.join_next().await {
            Some(Ok(sent)) => sent,
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Only a runtime that is being shut down gives up a task that somebody waits for.
            _ => std::future::pending().await,
        }
    }

    /// How many requests were sent in this run, repetitions included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.inner.sent.load(Ordering::SeqCst)
    }

    /// How many of them went to this origin.
    #[must_use]
    pub fn requests_to(&self, origin: &Origin) -> u64 {
        self.inner.pace.lane(origin).sent()
    }
}

impl Inner {
    async fn send(&self, request: &Request) -> Sent {
        let has_secret = registered(request, &self.redactor);
        let prepared = self.prepare(request);
        let Some(origin) = Origin::of(&request.url) else {
            let why = format!("'{}' is not an http or https address", escape(&self.redactor.redact(request.url.as_str())));
            return self.unsent(request, &prepared, Cause::new("url", why));
        };
        let refusal = if has_secret { withheld(request, &origin, &self.options.credential_origins) } else { None };
        if let Some(cause) = refusal {
            return self.unsent(request, &prepared, cause);
        }
        let lane = self.pace.lane(&origin);
        let mut evidence = Vec::new();
        let mut attempt = 1;
        loop {
            let (outcome, id) = self.attempt(request, &prepared, &lane, attempt).await;
            evidence.push(id);
            let again = attempt <= MAX_RESENDS && request.may_be_sent_again();
            if !self.react(&outcome, &lane, again, attempt).await {
                return Sent { outcome, evidence, resent: attempt - 1 };
            }
            attempt += 1;
        }
    }

    async fn attempt(&self, request: &Request, prepared: &Prepared, lane: &Lane, attempt: u32) -> (HttpOutcome, EvidenceId) {
        let asked = self.clock.elapsed();
        let turn = self.pace.turn(&prepared.origin, lane).await;
        let waited = self.clock.elapsed().saturating_sub(asked);
        let turn = turn.and_then(|permit| match request.good_for {
            Some(longest) if waited > longest => Err(aged(waited)),
            _ => Ok(permit),
        });
        let permit = match turn {
            Ok(permit) => permit,
            Err(cause) => {
                let outcome = HttpOutcome::Failure(Failure::unsent(cause));
                let id = self.record(request, prepared, &outcome, 0, Duration::ZERO);
                return (outcome, id);
            }
        };
        let start = Instant::now();
        let count = || {
            self.sent.fetch_add(1, Ordering::SeqCst);
            lane.count_sent();
        };
        let mut outcome = Attempt::new(self, request, prepared).run(count).await;
        drop(permit);
        self.mention_ambient_proxy(&mut outcome);
        let was_sent = !matches!(&outcome, HttpOutcome::Failure(failure) if failure.phase == Phase::Unsent);
        let id = self.record(request, prepared, &outcome, if was_sent { attempt } else { 0 }, start.elapsed());
        (outcome, id)
    }

    /// Draws the consequences of an outcome for its origin. True when the request is to be sent again.
    async fn react(&self, outcome: &HttpOutcome, lane: &Lane, again: bool, attempt: u32) -> bool {
        if outcome.answer().is_some() {
            lane.count_answer();
        }
        match outcome {
            HttpOutcome::Response(answer) if matches!(answer.status, 429 | 503) => {
                self.pace.pause(lane, retry_after(answer.header("retry-after"), self.clock.now()));
                again
            }
            HttpOutcome::Response(_) => false,
            HttpOutcome::Failure(failure) => match failure.cause.kind.as_str() {
                "timeout" | "too-slow" => {
                    lane.count_timeout();
                    false
                }
                // An origin that does nothing but reset is not worth the wait with every request.
                "reset" if failure.phase < Phase::Body && lane.count_reset() <= MAX_RESENDS && again => {
                    self.clock.sleep(self.backoff(attempt)).await;
                    true
                }
                _ => false,
            },
        }
    }

    /// From half a second up to a bound that doubles with every attempt and ends at 8 s: full jitter.
    fn backoff(&self, attempt: u32) -> Duration {
        let bound = f64::from(2_u32.saturating_pow(attempt).min(8));
        Duration::from_secs_f64(0.5 + (bound - 0.5) * self.random.fraction())
    }

    fn mention_ambient_proxy(&self, outcome: &mut HttpOutcome) {
        let (HttpOutcome::Failure(failure), Some(ambient)) = (outcome, &self.options.ambient_proxy) else { return };
        if self.dialer.proxy().is_some() || failure.phase > Phase::Tls || !a_proxy_may_help(&failure.cause.kind) {
            return;
        }
        let shown = escape(ambient.rsplit_once('@').map_or(ambient.as_str(), |(_, host)| host));
        let hint = format!("; the environment names the proxy {shown}, which is not used: give it with --proxy if it is needed");
        failure.cause.message.push_str(&hint);
    }

    fn unsent(&self, request: &Request, prepared: &Prepared, cause: Cause) -> Sent {
        let outcome = HttpOutcome::Failure(Failure::unsent(cause));
        let id = self.record(request, prepared, &outcome, 0, Duration::ZERO);
        Sent { outcome, evidence: vec![id], resent: 0 }
    }

    fn record(
        &self,
        request: &Request,
        prepared: &Prepared,
        outcome: &HttpOutcome,
        attempt: u32,
        elapsed: Duration,
    ) -> EvidenceId {
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let started = (self.clock.now() - elapsed).format(&Rfc3339).unwrap_or_default();
        keep_certificates(&self.evidence, outcome);
        self.evidence.append(&request.label, started, record(&self.redactor, prepared, outcome, attempt, millis))
    }

    fn prepare(&self, request: &Request) -> Prepared {
        let mut url = request.url.clone();
        // Both fail only for URLs that cannot have a user part.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let nowhere = || Origin { scheme: url.scheme().to_owned(), host: String::new(), port: 0 };
        let origin = Origin::of(&url).unwrap_or_else(nowhere);
        let (content_type, body) = encoded(&request.payload);
        let mut headers = request.headers.clone();
        let mut own = vec![
            ("user-agent", self.options.user_agent.clone()),
            ("accept", "*/*".to_owned()),
            ("accept-encoding", "identity".to_owned()),
            ("x-carinbb-run", self.run_id.to_string()),
        ];
        own.extend(content_type.map(|kind| ("content-type", kind)));
        match &request.credentials {
            Credentials::None => {}
            Credentials::Bearer(token) => own.push(("authorization", format!("Bearer {}", token.expose()))),
            Credentials::Basic { name, password } => own.push(("authorization", format!("Basic {}", basic(name, password)))),
        }
        own.retain(|(name, _)| !request.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)));
        headers.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let shown = escape(&format!("{}:{}", origin.host, origin.port));
        Prepared { origin, shown, method: request.method.clone(), url, headers, body, sign_in: request.sign_in }
    }
}

fn encoded(payload: &Payload) -> (Option<String>, Option<Vec<u8>>) {
    match payload {
        Payload::None => (None, None),
        Payload::Form(fields) => {
            let pairs = fields.iter().map(|(name, value)| (name.as_str(), value.text()));
            let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            (Some("application/x-www-form-urlencoded".to_owned()), Some(text.into_bytes()))
        }
        Payload::Json(value) => (Some("application/json".to_owned()), Some(value.to_string().into_bytes())),
        Payload::Bytes(kind, bytes) => (Some(kind.clone()), Some(bytes.clone())),
    }
}

fn aged(waited: Duration) -> Cause {
    let seconds = waited.as_secs();
    let why = "behind a pause that the target asked for, other requests or --rate";
    Cause::new(
        "aged",
        format!("not sent: it waited {seconds} s for its turn, {why}, and what it carries may have expired; run it again"),
    )
}
