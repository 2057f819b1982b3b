//! The mistake of an app that falls back on a TLS version that nobody may use any more.

use std::pin::Pin;

use openssl::ssl::{SslConnector, SslMethod, SslVersion};
use openssl::x509::X509;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use super::Failed;

/// Fetches a document with whatever version the server speaks.
pub(super) async fn get(address: &str, ca_pem: &str) -> Result<(), Failed> {
    let url = Url::parse(address).map_err(|error| error.to_string())?;
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(443));
    let mut connector = SslConnector::builder(SslMethod::tls_client()).map_err(|error| error.to_string())?;
    let configured = || -> Result<(), openssl::error::ErrorStack> {
        connector.set_min_proto_version(Some(SslVersion::TLS1))?;
        connector.set_cipher_list("ALL:@SECLEVEL=0")?;
        connector.cert_store_mut().add_cert(X509::from_pem(ca_pem.as_bytes())?)
    };
    let mut configured = configured;
    configured().map_err(|error| error.to_string())?;
    let ssl =
        connector.build().configure().and_then(|configured| configured.into_ssl(host)).map_err(|error| error.to_string())?;
    let tcp = TcpStream::connect((host, port)).await.map_err(|error| error.to_string())?;
    let mut stream = tokio_openssl::SslStream::new(ssl, tcp).map_err(|error| error.to_string())?;
    Pin::new(&mut stream).connect().await.map_err(|error| error.to_string())?;
    let request = format!("GET {} HTTP/1.1\r\nhost: {host}\r\naccept: application/json\r\nconnection: close\r\n\r\n", url.path());
    stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    Ok(())
}
