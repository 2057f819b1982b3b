//! Makes the client for one exchange: pinned addresses, a verifier of its own, no reuse, and a watch on its phases.
//!
//! A client per exchange costs a handshake and makes it impossible that the rest of one answer is read as the next.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, NamedGroup};
use tower::{Layer, Service};

use crate::net::dial::Dialer;
use crate::net::identity::ClientIdentity;
use crate::net::progress::{Phase, Progress};

/// What a client is made of.
pub(super) struct Plan<'a> {
    pub addresses: Vec<SocketAddr>,
    pub verifier: Arc<dyn ServerCertVerifier>,
    pub identity: Option<&'a ClientIdentity>,
    pub progress: Arc<Progress>,
    pub max_headers: usize,
}

/// A client that serves one exchange.
pub(super) fn client(dialer: &Dialer, plan: Plan<'_>) -> Result<reqwest::Client, String> {
    let tls = tls_config(&plan).map_err(|error| error.to_string())?;
    let builder = reqwest::Client::builder()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .http1_only()
        .http1_max_headers(plan.max_headers)
        .pool_max_idle_per_host(0)
        .tls_backend_preconfigured(tls)
        .tls_info(true)
        .connector_layer(Watch(Arc::clone(&plan.progress)));
    let builder = match dialer.proxy() {
        Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.url().clone()).map_err(|error| error.to_string())?),
        None => builder.dns_resolver(Arc::new(Pinned(plan.addresses))),
    };
    builder.build().map_err(|error| error.to_string())
}

fn tls_config(plan: &Plan<'_>) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&plan.verifier));
    let mut config = match plan.identity {
        Some(identity) => builder.with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = Resumption::store(Arc::new(HandshakeBegins(Arc::clone(&plan.progress))));
    Ok(config)
}

/// Gives every name the pinned addresses, so that no other resolver is ever asked.
struct Pinned(Vec<SocketAddr>);

impl Resolve for Pinned {
    fn resolve(&self, _name: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// Remembers no session, so that every handshake shows its certificate. That rustls asks it for one is the sign that
/// TCP stands and TLS begins.
#[derive(Debug)]
struct HandshakeBegins(Arc<Progress>);

impl ClientSessionStore for HandshakeBegins {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        self.0.reach(Phase::Tls);
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.reach(Phase::Tls);
        None
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {}

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.0.reach(Phase::Tls);
        None
    }
}

/// Notes when the connection, TLS included, stands.
#[derive(Clone)]
struct Watch(Arc<Progress>);

impl<S> Layer<S> for Watch {
    type Service = Watched<S>;

    fn layer(&self, inner: S) -> Watched<S> {
        Watched { inner, progress: Arc::clone(&self.0) }
    }
}

#[derive(Clone)]
struct Watched<S> {
    inner: S,
    progress: Arc<Progress>,
}

impl<S, R> Service<R> for Watched<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let connecting = self.inner.call(request);
        let progress = Arc::clone(&self.progress);
        Box::pin(async move {
            let connection = connecting.await?;
            progress.reach(Phase::FirstByte);
            Ok(connection)
        })
    }
}
