//! What the app speaks HTTP with. It trusts the root of its server and follows no redirects.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Response};
use serde_json::Value;

use super::Failed;

/// The HTTP of one launch.
pub(super) struct Web(pub(super) Client);

impl Web {
    /// A client that trusts this root and no other, or, by mistake, anybody.
    pub(super) fn new(ca_pem: &str, trusts_anybody: bool) -> Result<Self, Failed> {
        // whoever was first in this process has installed the same one
        let _ = rustls::crypto::ring::default_provider().install_default();
        let root = Certificate::from_pem(ca_pem.as_bytes()).map_err(|error| error.to_string())?;
        let client = Client::builder().tls_certs_only([root]).redirect(Policy::none()).no_proxy();
        let client = client.tls_danger_accept_invalid_certs(trusts_anybody).tls_danger_accept_invalid_hostnames(trusts_anybody);
        client.timeout(Duration::from_secs(20)).build().map(Self).map_err(|error| error.to_string())
    }

    /// A document that must be there.
    pub(super) async fn json(&self, address: &str) -> Result<Value, Failed> {
        let answer = self.0.get(address).header("accept", "application/json").send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        if status != 200 {
            return Err(format!("{address} answered {status}"));
        }
        body(answer).await
    }
}

/// The body of an answer as JSON.
pub(super) async fn body(answer: Response) -> Result<Value, Failed> {
    let bytes = answer.bytes().await.map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}
