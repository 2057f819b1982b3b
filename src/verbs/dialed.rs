//! The dialer of the run in the form in which TLS probes want it: guarded, pinned and counted connections.

use futures_util::future::BoxFuture;
use tokio::net::TcpStream;

use crate::net::tls::{Connect, ConnectFailure};
use crate::net::{self, Dialer};

/// A dialer that TLS probes connect through.
pub(super) struct Dialed<'a>(pub &'a Dialer);

impl Connect for Dialed<'_> {
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<TcpStream, ConnectFailure>> {
        Box::pin(async move { self.0.connect(host, port).await.map_err(failure) })
    }
}

fn failure(failure: net::ConnectFailure) -> ConnectFailure {
    match failure {
        net::ConnectFailure::NotFound(why) => ConnectFailure::NotFound(why),
        net::ConnectFailure::Refused => ConnectFailure::Refused,
        net::ConnectFailure::TimedOut => ConnectFailure::TimedOut,
        net::ConnectFailure::Forbidden(why) => ConnectFailure::Forbidden(why),
        net::ConnectFailure::Reset => ConnectFailure::Reset,
        net::ConnectFailure::Other(why) => ConnectFailure::Other(why),
    }
}
