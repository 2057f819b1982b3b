//! What the tests speak to the server with: reqwest for the regular, bytes for the rest.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Response};
use serde_json::Value;

use crate::reference::{Options, Running, start};
use crate::vocabulary::FaultName;

/// A client that trusts the root of this server and follows nothing.
pub(super) fn builder(server: &Running) -> ClientBuilder {
    // another test of this process may have been first
    let _ = rustls::crypto::ring::default_provider().install_default();
    let root = Certificate::from_pem(server.ca_pem().as_bytes()).unwrap();
    Client::builder().tls_certs_only([root]).redirect(Policy::none()).no_proxy().timeout(Duration::from_secs(5))
}

pub(super) fn client(server: &Running) -> Client {
    builder(server).build().unwrap()
}

pub(super) fn options(faults: &[&str]) -> Options {
    Options { faults: faults.iter().map(|name| FaultName::parse(name).unwrap()).collect(), ..Options::default() }
}

pub(super) async fn server_with(faults: &[&str]) -> Running {
    start(options(faults)).await.unwrap()
}

/// A GET below the FHIR base.
pub(super) async fn get(server: &Running, path: &str) -> Response {
    client(server).get(format!("{}/{path}", server.base())).send().await.unwrap()
}

pub(super) async fn get_json(server: &Running, path: &str) -> Value {
    serde_json::from_slice(&get(server, path).await.bytes().await.unwrap()).unwrap()
}

pub(super) fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}
