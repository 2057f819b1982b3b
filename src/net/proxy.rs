//! The proxy that the operator names with `--proxy`, and how a tunnel through it is opened.
//!
//! Proxies of the environment are never used: they would change what a run observes without saying so.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::tls::ConnectFailure;
use crate::vocabulary::Secret;

/// A text that is not a proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a proxy: write http://host:port")]
pub struct ParseProxyError(String);

/// An HTTP proxy that answers CONNECT.
#[derive(Debug, Clone)]
pub struct Proxy {
    url: Url,
    /// As the proxy gets it, and as the URL spells it.
    passwords: Vec<Secret>,
}

/// An answer to CONNECT is a few lines; more is not an answer.
const ANSWER_LIMIT: usize = 8 * 1024;

impl Proxy {
    /// Reads `http://[user:password@]host:port`.
    ///
    /// # Errors
    /// When it is not such a URL. The message does not repeat the user part.
    pub fn parse(text: &str) -> Result<Self, ParseProxyError> {
        let shown = || ParseProxyError(text.rsplit_once('@').map_or(text, |(_, host)| host).to_owned());
        let url = Url::parse(text).map_err(|_| shown())?;
        if url.scheme() != "http" || url.host_str().is_none_or(str::is_empty) {
            return Err(shown());
        }
        let spellings = url.password().into_iter().flat_map(|password| [decoded(password), password.to_owned()]);
        let passwords = spellings.map(|password| Secret::new("proxy_password", password)).collect();
        Ok(Self { url, passwords })
    }

    /// The URL, user part included, for the one client that needs it.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// The password in each spelling, so that the run can redact it.
    #[must_use]
    pub fn passwords(&self) -> &[Secret] {
        &self.passwords
    }

    /// Opens a tunnel to `host:port`.
    pub(super) async fn connect(&self, host: &str, port: u16, limit: Duration) -> Result<TcpStream, ConnectFailure> {
        let proxy = self.url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let address = (proxy, self.url.port_or_known_default().unwrap_or(80));
        let tunnel = async {
            let mut stream =
                TcpStream::connect(address).await.map_err(|error| ConnectFailure::Other(format!("the proxy: {error}")))?;
            stream.write_all(self.question(host, port).as_bytes()).await.map_err(|error| ConnectFailure::from_io(&error))?;
            let status = read_status(&mut stream).await?;
            if status == 200 {
                Ok(stream)
            } else {
                Err(ConnectFailure::Other(format!("the proxy answered CONNECT with status {status}")))
            }
        };
        timeout(limit, tunnel).await.unwrap_or(Err(ConnectFailure::TimedOut))
    }

    fn question(&self, host: &str, port: u16) -> String {
        let user = decoded(self.url.username());
        let credential = format!("{user}:{}", self.url.password().map(decoded).unwrap_or_default());
        let authorization = if user.is_empty() {
            String::new()
        } else {
            format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(credential))
        };
        format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{authorization}\r\n")
    }
}

/// A part of a URL without its percent signs: that is what was meant by it.
fn decoded(part: &str) -> String {
    let pair = format!("={}", part.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

/// Reads to the empty line and not a byte further: what follows belongs to the tunnel.
async fn read_status(stream: &mut TcpStream) -> Result<u16, ConnectFailure> {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= ANSWER_LIMIT {
            return Err(ConnectFailure::Other("the proxy did not end its answer to CONNECT".to_owned()));
        }
        answer.push(stream.read_u8().await.map_err(|error| ConnectFailure::from_io(&error))?);
    }
    let text = String::from_utf8_lossy(&answer);
    let status = text.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).and_then(|digits| digits.parse().ok());
    status.ok_or_else(|| ConnectFailure::Other("the proxy did not answer CONNECT with HTTP".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_http_url_and_its_password_is_not_repeated_in_a_complaint() {
        assert!(Proxy::parse("http://proxy.example:3128").is_ok());
        let message = Proxy::parse("socks5://me:hunter2@proxy.example").unwrap_err().to_string();
        assert!(!message.contains("hunter2"), "{message}");
        let proxy = Proxy::parse("http://me:pw@proxy.example:3128").unwrap();
        assert!(proxy.question("a", 443).contains("Proxy-Authorization: Basic bWU6cHc=\r\n"));
        let proxy = Proxy::parse("http://me:pässw0rd&+%40x@proxy.example:3128").unwrap();
        let spellings: Vec<&str> = proxy.passwords().iter().map(Secret::expose).collect();
        assert_eq!(spellings, ["pässw0rd&+@x", "p%C3%A4ssw0rd&+%40x"]);
        assert!(proxy.question("a", 443).contains(&STANDARD.encode("me:pässw0rd&+@x")));
    }
}
