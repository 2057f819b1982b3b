//! Commands to a WebDriver (W3C): JSON over plain HTTP, towards a program that the operator started or named and never a target.
//!
//! Nothing of it is recorded: what is typed into a page passes here. No proxy is used, and no answer is larger than the cap.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method};
use serde_json::Value;
use url::Url;

/// The largest answer: a screenshot, or the source of a large page.
const LARGEST: usize = 16 * 1024 * 1024;

/// Why a command brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DriverError {
    /// The driver did not answer, or not with JSON.
    Lost(String),
    /// The driver's own error code and its message, which may hold text of a page.
    Refused {
        /// For instance `stale element reference`.
        code: String,
        /// In words.
        message: String,
    },
}

/// A driver at an address.
#[derive(Debug, Clone)]
pub struct DriverClient {
    client: Client,
    base: Url,
}

impl DriverClient {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(base: Url) -> Result<Self, DriverError> {
        super::install_crypto_provider();
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        client.map(|client| Self { client, base }).map_err(|error| DriverError::Lost(error.to_string()))
    }

    /// Sends one command and returns its value. `within` is the deadline of the whole exchange.
    ///
    /// # Errors
    /// When the driver is lost or refuses.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>, within: Duration) -> Result<Value, DriverError> {
        let exchange = self.exchange(method, path, body);
        let late = || DriverError::Lost(format!("the driver did not answer within {} s", within.as_secs()));
        tokio::time::timeout(within, exchange).await.unwrap_or_else(|_| Err(late()))
    }

    async fn exchange(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, DriverError> {
        let lost = |error: &reqwest::Error| DriverError::Lost(error.without_url_text());
        let address = format!("{}/{path}", self.base.as_str().trim_end_matches('/'));
        let mut request = self.client.request(method, address);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json; charset=utf-8").body(body.to_string());
        }
        let mut response = request.send().await.map_err(|error| lost(&error))?;
        let is_success = response.status().is_success();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LARGEST {
                return Err(DriverError::Lost(format!("the driver's answer is larger than {LARGEST} bytes")));
            }
        }
        let answer: Value =
            serde_json::from_slice(&bytes).map_err(|_| DriverError::Lost("the answer is no JSON: is it a WebDriver?".into()))?;
        let value = answer.get("value").cloned().unwrap_or(Value::Null);
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if is_success && value.get("error").is_none_or(|error| !error.is_string()) {
            return Ok(value);
        }
        Err(DriverError::Refused { code: text("error"), message: text("message").lines().next().unwrap_or_default().to_owned() })
    }
}

/// The text of an error without the address in it.
trait WithoutUrlText {
    fn without_url_text(&self) -> String;
}

impl WithoutUrlText for reqwest::Error {
    fn without_url_text(&self) -> String {
        let kind = if self.is_connect() { "nothing answers there" } else { "the connection broke" };
        format!("the driver is not reachable: {kind}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A driver that answers once with these bytes.
    async fn answering(answer: &'static str) -> DriverClient {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            let _ = stream.read(&mut asked).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            tokio::time::sleep(Duration::from_secs(5)).await;
        });
        DriverClient::new(base).unwrap()
    }

    async fn sent(answer: &'static str) -> Result<Value, DriverError> {
        answering(answer).await.send(Method::GET, "status", None, Duration::from_millis(500)).await
    }

    #[tokio::test]
    async fn a_value_an_error_and_anything_else_are_told_apart() {
        assert_eq!(sent("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"value\":1}").await, Ok(Value::from(1)));
        let error = "HTTP/1.1 404 Not Found\r\ncontent-length: 58\r\n\r\n{\"value\":{\"error\":\"no such element\",\"message\":\"m\\nstack\"}}";
        assert_eq!(sent(error).await, Err(DriverError::Refused { code: "no such element".into(), message: "m".into() }));
        assert!(matches!(sent("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n<ht>").await, Err(DriverError::Lost(_))));
        // Says more than it sends: the deadline ends it.
        assert!(matches!(sent("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{").await, Err(DriverError::Lost(_))));
    }
}
