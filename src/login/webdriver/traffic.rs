//! What the browser's network log says of documents: where they came from, with which headers, and where the browser wanted to go.
//!
//! The log is Chromium's. Where a driver has none, the address of the page is all that is known.

use serde_json::Value;
use url::Url;

use crate::login::redirect::is_redirect;

/// The answer that a document came with.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub url: Url,
    pub headers: Vec<(String, String)>,
}

/// What one reading of the log holds.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    /// The documents, in order.
    pub documents: Vec<Document>,
    /// The first address that is the redirect URI, with the fields that were to be posted there.
    pub arrived: Option<(Url, Option<String>)>,
}

/// Reads the entries of the log.
pub(super) fn read(log: &Value, redirect_uri: &Url) -> Traffic {
    let mut traffic = Traffic::default();
    for entry in log.as_array().into_iter().flatten() {
        let message = entry.get("message").and_then(Value::as_str).and_then(|text| serde_json::from_str::<Value>(text).ok());
        let Some(message) = message else { continue };
        let at = |pointer: &str| message.pointer(pointer);
        match at("/message/method").and_then(Value::as_str) {
            Some("Network.requestWillBeSent") if at("/message/params/type").and_then(Value::as_str) == Some("Document") => {
                let url = at("/message/params/request/url").and_then(Value::as_str).and_then(|text| Url::parse(text).ok());
                let Some(mut url) = url.filter(|url| is_redirect(url, redirect_uri)) else { continue };
                let fragment = at("/message/params/request/urlFragment").and_then(Value::as_str);
                if let Some(fragment) = fragment {
                    url.set_fragment(Some(fragment.trim_start_matches('#')));
                }
                let posted = at("/message/params/request/postData").and_then(Value::as_str).map(str::to_owned);
                traffic.arrived.get_or_insert((url, posted));
            }
            Some("Network.responseReceived") if at("/message/params/type").and_then(Value::as_str) == Some("Document") => {
                let url = at("/message/params/response/url").and_then(Value::as_str).and_then(|text| Url::parse(text).ok());
                let headers = at("/message/params/response/headers").and_then(Value::as_object);
                if let (Some(url), Some(headers)) = (url, headers) {
                    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                    let headers = headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
                    traffic.documents.push(Document { url, headers });
                }
            }
            _ => {}
        }
    }
    traffic
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(method: &str, params: &Value) -> Value {
        json!({ "message": json!({ "message": { "method": method, "params": params } }).to_string() })
    }

    #[test]
    fn the_redirect_uri_is_found_with_fragment_and_posted_fields_and_subresources_are_not_documents() {
        let redirect = Url::parse("org.example.app://callback").unwrap();
        let log = json!([
            entry("Network.requestWillBeSent", &json!({ "type": "Script", "request": { "url": "org.example.app://callback?code=no" } })),
            entry("Network.requestWillBeSent", &json!({ "type": "Document", "request": { "url": "https://as.example/login" } })),
            entry("Network.responseReceived", &json!({ "type": "Document", "response": { "url": "https://as.example/login", "headers": { "X-Frame-Options": "DENY" } } })),
            entry("Network.requestWillBeSent", &json!({ "type": "Document", "request": { "url": "org.example.app://callback?code=c", "urlFragment": "#f", "postData": "code=d" } })),
            { "message": "not json" },
        ]);
        let traffic = read(&log, &redirect);
        let (url, posted) = traffic.arrived.unwrap();
        assert_eq!((url.as_str(), posted.as_deref()), ("org.example.app://callback?code=c#f", Some("code=d")));
        assert_eq!(traffic.documents.len(), 1);
        assert_eq!(traffic.documents[0].headers, [("X-Frame-Options".to_owned(), "DENY".to_owned())]);
        assert!(read(&Value::Null, &redirect).arrived.is_none());
    }
}
