//! Puts a stable word on what went wrong in an exchange, from the errors of the libraries below.

use std::error::Error as StdError;
use std::io;

use rustls::{Error as TlsError, InvalidMessage};

use crate::net::Phase;
use crate::vocabulary::{Cause, escape_to_width};

/// The errors that a chain of causes holds, outermost first.
struct Chain<'a>(Vec<&'a (dyn StdError + 'static)>);

impl<'a> Chain<'a> {
    fn of(error: &'a (dyn StdError + 'static)) -> Self {
        let mut links = Vec::new();
        let mut next = Some(error);
        while let Some(link) = next.filter(|_| links.len() < 32) {
            links.push(link);
            // An `io::Error` hides what it wraps from `source()`.
            let inner =
                link.downcast_ref::<io::Error>().and_then(io::Error::get_ref).map(|inner| inner as &(dyn StdError + 'static));
            next = inner.or_else(|| link.source());
        }
        Self(links)
    }

    fn find<T: StdError + 'static>(&self) -> Option<&'a T> {
        self.0.iter().find_map(|link| link.downcast_ref())
    }

    /// The kind of the innermost input/output error that has one.
    fn io(&self) -> Option<io::ErrorKind> {
        self.0.iter().rev().find_map(|link| link.downcast_ref::<io::Error>()).map(io::Error::kind)
    }

    fn innermost(&self) -> String {
        self.0.last().map_or_else(String::new, |link| escape_to_width(&link.to_string(), 200))
    }
}

/// The cause for an error of the client while the exchange was in `phase`.
pub(super) fn cause_of(error: &reqwest::Error, phase: Phase, host: &str, defects: &[String]) -> Cause {
    let chain = Chain::of(error);
    if let Some(error) = chain.find::<TlsError>() {
        return tls_cause(error, host, defects);
    }
    if let Some(cause) = chain.io().and_then(|kind| io_cause(kind, phase, host)) {
        return cause;
    }
    if let Some(error) = chain.find::<hyper::Error>() {
        return http_cause(error, host, &chain.innermost());
    }
    let why = chain.innermost();
    match phase {
        Phase::Unsent | Phase::Connect if why.contains("tunnel") || why.contains("proxy") => {
            Cause::new("proxy", format!("the proxy did not open a tunnel to {host}: {why}"))
        }
        Phase::Unsent | Phase::Connect => Cause::new("unreachable", format!("no connection to {host}: {why}")),
        Phase::Tls => Cause::new("tls-handshake", format!("no TLS connection to {host}: {why}")),
        Phase::FirstByte | Phase::Body => Cause::new("protocol", format!("the answer of {host} is not well-formed HTTP: {why}")),
    }
}

fn tls_cause(error: &TlsError, host: &str, defects: &[String]) -> Cause {
    let why = escape_to_width(&error.to_string(), 200);
    if !defects.is_empty() {
        return Cause::new("certificate", format!("the certificate of {host} is not accepted: {}", defects.join(", ")));
    }
    match error {
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => {
            Cause::new("not-tls", format!("{host} answered the TLS greeting with something that is not TLS"))
        }
        TlsError::AlertReceived(alert) => {
            Cause::new("tls-handshake", format!("{host} ended the TLS handshake with alert {} ({alert:?})", u8::from(*alert)))
        }
        _ => Cause::new("tls-handshake", format!("no TLS connection to {host}: {why}")),
    }
}

fn io_cause(kind: io::ErrorKind, phase: Phase, host: &str) -> Option<Cause> {
    use io::ErrorKind as Kind;
    match kind {
        Kind::ConnectionRefused => Some(Cause::new("refused", format!("{host} refused the connection"))),
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => {
            Some(Cause::new("reset", format!("{host} reset the connection ({})", phase.word())))
        }
        Kind::TimedOut => Some(timeout(phase, host)),
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::AddrNotAvailable | Kind::NetworkDown => {
            Some(Cause::new("unreachable", format!("there is no way to {host} from here")))
        }
        Kind::UnexpectedEof if phase == Phase::Tls => {
            Some(Cause::new("tls-handshake", format!("{host} closed the connection during the TLS handshake")))
        }
        _ => None,
    }
}

fn http_cause(error: &hyper::Error, host: &str, why: &str) -> Cause {
    if error.is_parse_too_large() {
        return Cause::new("client-limit", format!("the head of the answer of {host} is larger than this program reads"));
    }
    if error.is_incomplete_message() || error.is_closed() {
        return Cause::new("reset", format!("{host} closed the connection before its answer was complete"));
    }
    Cause::new("protocol", format!("the answer of {host} is not well-formed HTTP: {why}"))
}

/// The cause for a deadline that passed while the exchange was in `phase`.
pub(super) fn timeout(phase: Phase, host: &str) -> Cause {
    let what = match phase {
        Phase::Unsent | Phase::Connect => "accept a connection",
        Phase::Tls => "finish the TLS handshake",
        Phase::FirstByte => "begin its answer",
        Phase::Body => "finish its answer",
    };
    Cause::new("timeout", format!("{host} did not {what} in time"))
}

/// Kinds that a missing proxy may explain.
pub(super) fn a_proxy_may_help(kind: &str) -> bool {
    matches!(kind, "dns" | "refused" | "unreachable" | "timeout" | "reset")
}
