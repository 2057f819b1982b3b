//! What an observation needs of the outside: a server whose faults can be switched, and somebody who launches the client.

use futures_util::future::BoxFuture;
use time::OffsetDateTime;
use url::Url;

use crate::vocabulary::Cause;

/// One request of the client with its answer, as they were on the wire. Everything in it is hostile text.
#[derive(Debug, Clone)]
pub struct ClientExchange {
    /// When it was answered.
    pub at: OffsetDateTime,
    /// The TLS version, for instance `TLSv1.3`; absent over plain HTTP.
    pub tls: Option<String>,
    /// The method.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Names are in lower case.
    pub headers: Vec<(String, String)>,
    /// The body of the request.
    pub body: Vec<u8>,
    /// The status of the answer.
    pub status: u16,
    /// The headers of the answer.
    pub reply_headers: Vec<(String, String)>,
    /// The body of the answer.
    pub reply_body: Vec<u8>,
}

/// Where the server of the observation has what.
#[derive(Debug, Clone)]
pub struct Places {
    /// The FHIR base, without a slash at its end.
    pub base: Url,
    /// The authorization endpoint.
    pub authorize: Url,
    /// The token endpoint.
    pub token: Url,
    /// The registration endpoint.
    pub register: Url,
    /// `UserInfo`.
    pub userinfo: Url,
}

/// An app that is registered from the start.
#[derive(Debug, Clone)]
pub struct KnownApp {
    /// Its `client_id`.
    pub client_id: String,
    /// Where its codes may go.
    pub redirect_uri: String,
}

/// What the client is asked to do.
#[derive(Debug, Clone, Default)]
pub struct LaunchAsk {
    /// What for, in words that an operator reads.
    pub title: String,
    /// True when the client is to find out about UDAP and to register itself.
    pub by_udap: bool,
    /// The faults that the server has meanwhile; none for a good server.
    pub faults: Vec<String>,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Launched {
    /// What was asked and answered, in order.
    pub exchanges: Vec<ClientExchange>,
    /// How often TLS was begun, whatever came of it.
    pub greetings: u64,
    /// How the launch ended, in words.
    pub ended: String,
}

/// A server and somebody who launches the client against it.
pub trait ClientStand: Send + Sync {
    /// Where the server has what.
    fn places(&self) -> Places;

    /// The apps that are registered from the start.
    fn apps(&self) -> Vec<KnownApp>;

    /// How many good launches are looked at together.
    fn launches(&self) -> u64;

    /// Has the client launched once and waits until it is done, at most as long as the operator allows.
    fn launch<'a>(&'a self, ask: &'a LaunchAsk) -> BoxFuture<'a, Result<Launched, Cause>>;
}
