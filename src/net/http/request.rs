//! A request as a verb asks for it.

use std::time::Duration;

use reqwest::Method;
use url::Url;

use crate::evidence::Label;
use crate::vocabulary::Secret;

/// How the certificate of the target is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trust {
    /// A certificate that is not accepted ends the exchange.
    #[default]
    Strict,
    /// The exchange goes on whatever the certificate is; it carries no credential.
    Unverified,
}

/// What proves who we are.
#[derive(Debug, Clone, Default)]
pub enum Credentials {
    /// Nothing.
    #[default]
    None,
    /// A bearer token.
    Bearer(Secret),
    /// HTTP Basic. Name and password are sent as they are given; form-encode them first where OAuth asks for it.
    Basic {
        /// The name, for instance the client id.
        name: String,
        /// The password, for instance the client secret.
        password: Secret,
    },
}

/// A value of a form.
#[derive(Debug, Clone)]
pub enum FormValue {
    /// Anything that may be shown.
    Plain(String),
    /// Anything that may not.
    Secret(Secret),
}

impl FormValue {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.expose(),
        }
    }
}

/// The body of a request.
#[derive(Debug, Clone, Default)]
pub enum Payload {
    /// None.
    #[default]
    None,
    /// `application/x-www-form-urlencoded`, in the order given, repetitions included.
    Form(Vec<(String, FormValue)>),
    /// `application/json`.
    Json(serde_json::Value),
    /// Anything else, with its content type.
    Bytes(String, Vec<u8>),
}

/// A request as a verb asks for it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to. A user part is dropped: it would become a credential that nobody meant.
    pub url: Url,
    /// Further headers, in order. One of a name that the client would set replaces the client's.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub payload: Payload,
    /// What proves who we are.
    pub credentials: Credentials,
    /// How the certificate is treated.
    pub trust: Trust,
    /// Who asks, for the evidence.
    pub label: Label,
    /// May be sent again after 429, 503 or a reset. Only GET, HEAD and OPTIONS ever are.
    pub retry: bool,
    /// It is not sent when its turn comes later than this after it was made: the code or assertion that it carries may have aged
    /// meanwhile, and then the answer would say nothing of the server.
    pub good_for: Option<Duration>,
    /// The largest body that is read, instead of `Limits::body`.
    pub body_limit: Option<usize>,
    /// Nothing of ours is shown, not even the client certificate: what an anonymous caller gets is what is asked.
    pub anonymous: bool,
    /// A body above the limit gives a truncated answer instead of the failure `body-too-large`.
    pub accept_truncated: bool,
    /// It is part of a sign-in, so that nothing of a page or of what a page sends is recorded that may be about the member.
    pub sign_in: SignIn,
}

/// Whether a request is part of a sign-in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SignIn {
    /// It is not.
    #[default]
    No,
    /// Its answer may be a page for the member.
    Asks,
    /// As before, and its form was on a page.
    Submits,
}

impl Request {
    /// A request with nothing but its method and address, over strict trust, never sent twice.
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            payload: Payload::None,
            credentials: Credentials::None,
            trust: Trust::Strict,
            label: Label::default(),
            retry: false,
            good_for: None,
            body_limit: None,
            anonymous: false,
            accept_truncated: false,
            sign_in: SignIn::No,
        }
    }

    /// A GET that may be sent again.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self { retry: true, ..Self::new(Method::GET, url) }
    }

    /// The same from a caller that shows nothing of itself.
    #[must_use]
    pub fn anonymously(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// The same with one header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// True when sending it twice changes nothing and the caller allows it.
    pub(super) fn may_be_sent_again(&self) -> bool {
        self.retry && matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS)
    }
}
