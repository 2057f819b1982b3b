//! HTTPS, small and by hand, to identity providers: those whose certificate an anchor of a community signed.

use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::ssl::{Ssl, SslContext, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509CheckFlags;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_openssl::SslStream;
use url::Url;

use super::super::super::site::Site;

/// Generous: on a busy machine a provider that is there must not count as one that is not.
const DEADLINE: Duration = Duration::from_secs(10);
/// The most that is read of an answer.
const LIMIT: u64 = 256 * 1024;

/// What a provider answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The body of a success as JSON.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        (200..300).contains(&self.status).then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }
}

/// What is sent beside the address.
#[derive(Debug, Default)]
pub(super) struct Sent<'a> {
    pub(super) body: Option<(&'static str, &'a [u8])>,
    pub(super) bearer: Option<&'a str>,
}

/// Asks; nothing for whatever goes wrong on the way.
pub(super) async fn ask(site: &Site, url: &Url, sent: Sent<'_>) -> Option<Answer> {
    timeout(DEADLINE, exchange(site, url, sent)).await.ok().flatten()
}

fn connection(site: &Site, host: &str) -> Result<Ssl, ErrorStack> {
    let mut store = X509StoreBuilder::new()?;
    for anchor in site.udap.communities.iter().flat_map(|member| &member.anchors) {
        store.add_cert(anchor.clone())?;
    }
    // A connector would read all roots of the system first, with each connection.
    let mut builder = SslContext::builder(SslMethod::tls_client())?;
    builder.set_cert_store(store.build());
    builder.set_verify(SslVerifyMode::PEER);
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    let mut ssl = Ssl::new(&builder.build())?;
    let name = host.trim_matches(['[', ']']);
    ssl.param_mut().set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
    match name.parse::<IpAddr>() {
        Ok(address) => ssl.param_mut().set_ip(address)?,
        Err(_) => {
            ssl.set_hostname(name)?;
            ssl.param_mut().set_host(name)?;
        }
    }
    Ok(ssl)
}

async fn exchange(site: &Site, url: &Url, sent: Sent<'_>) -> Option<Answer> {
    let host = url.host_str().filter(|_| url.scheme() == "https")?;
    let port = url.port_or_known_default()?;
    let tcp = TcpStream::connect((host.trim_matches(['[', ']']), port)).await.ok()?;
    let mut stream = SslStream::new(connection(site, host).ok()?, tcp).ok()?;
    Pin::new(&mut stream).connect().await.ok()?;
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let method = if sent.body.is_some() { "POST" } else { "GET" };
    // HTTP/1.0, so that the answer ends with the connection
    let mut request = format!("{method} {target} HTTP/1.0\r\nhost: {host}:{port}\r\naccept: application/json\r\n");
    if let Some(token) = sent.bearer {
        request.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    if let Some((media_type, body)) = sent.body {
        request.push_str(&format!("content-type: {media_type}\r\ncontent-length: {}\r\n", body.len()));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    stream.write_all(sent.body.map_or(&[], |(_, body)| body)).await.ok()?;
    let mut answer = Vec::new();
    // a peer that closes without saying so in TLS has said all that it had to say
    let _ = stream.take(LIMIT).read_to_end(&mut answer).await;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let body = answer.split_off(end + 4);
    let status = String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body })
}
