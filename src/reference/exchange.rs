//! One request as it was asked and one answer as it will be sent, free of any HTTP library.
//!
//! Both the regular HTTP server and the one that writes raw bytes speak in these terms.

use std::time::Duration;

use serde_json::Value;

use super::door::Door;

/// A request, read completely.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) door: Door,
    pub(super) method: String,
    /// The path without the query, as sent.
    pub(super) path: String,
    /// The query without the question mark; empty when there is none.
    pub(super) query: String,
    /// Names are in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Which connection it came by, counted from 0.
    pub(super) connection: usize,
}

impl Asked {
    /// The first header of this lower-case name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The parameters of the query and of a form body, in this order.
    pub(super) fn parameters(&self) -> Vec<(String, String)> {
        [self.query_parameters(), self.form_parameters()].concat()
    }

    /// The parameters of the query.
    pub(super) fn query_parameters(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    /// The parameters of a form body; none when the body is no form.
    pub(super) fn form_parameters(&self) -> Vec<(String, String)> {
        let is_form = self.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let form = if is_form { self.body.as_slice() } else { &[] };
        url::form_urlencoded::parse(form).into_owned().collect()
    }
}

/// A response that any HTTP server can send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// A response with this status, media type and body.
    pub(super) fn new(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".into(), media_type.into())], body: body.into() }
    }

    /// A response without a body.
    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// JSON as `application/json`.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    /// A FHIR resource.
    pub(super) fn fhir(status: u16, resource: &Value) -> Self {
        Self::new(status, "application/fhir+json", resource.to_string())
    }

    /// A small HTML page with this title and these body elements.
    pub(super) fn html(status: u16, title: &str, body: &str) -> Self {
        let page = format!(
            "<!doctype html><html lang=\"en\"><head><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>"
        );
        Self::new(status, "text/html; charset=utf-8", page)
    }

    /// A redirect.
    pub(super) fn redirect(status: u16, to: &str) -> Self {
        Self::empty(status).with("location", to)
    }

    /// The same response with one more header.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// One step of a response that is written byte by byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Write these bytes.
    Write(Vec<u8>),
    /// Write these bytes again and again, with this pause before each time, until the peer is gone.
    Forever(Vec<u8>, Duration),
    /// Write these bytes one by one, with this pause before each.
    Drip(Vec<u8>, Duration),
    /// Write these bytes this often.
    Times(Vec<u8>, usize),
    /// Say nothing more until the peer is gone.
    Idle,
    /// Close the connection.
    Close,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// An ordinary response.
    Reply(Reply),
    /// Raw bytes; the connection goes on unless a step ends it.
    Raw(Vec<Step>),
    /// No answer, ever.
    Hang,
    /// A TCP reset.
    Reset,
}
