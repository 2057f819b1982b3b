//! Writes a recorded request as a `curl` command, so that a person can repeat a finding by hand.
//!
//! The line holds pseudonyms where the request held secrets. Parts may come from the target, so everything is
//! quoted for a POSIX shell and control characters are shown, not obeyed.

use super::{Exchange, Record};
use crate::vocabulary::escape;

/// The `curl` command for a recorded HTTP request; nothing for other evidence.
#[must_use]
pub fn curl_line(exchange: &Exchange) -> Option<String> {
    let Record::Http(http) = &exchange.record else { return None };
    let request = &http.request;
    let mut words = vec!["curl".to_owned(), "--globoff".to_owned(), "--include".to_owned()];
    match request.method.as_str() {
        "GET" => {}
        "HEAD" => words.push("--head".to_owned()),
        method => words.extend(["--request".to_owned(), quoted(method)]),
    }
    let untrusted = http.tls.as_ref().is_some_and(|tls| !tls.trusted);
    if untrusted {
        words.push("--insecure".to_owned());
    }
    for (name, value) in &request.headers {
        words.extend(["--header".to_owned(), quoted(&format!("{name}: {value}"))]);
    }
    if let Some(body) = &request.body {
        words.extend(["--data-raw".to_owned(), quoted(&body.text)]);
    }
    words.extend(["--url".to_owned(), quoted(&request.url)]);
    Some(words.join(" "))
}

/// One word for a POSIX shell, in single quotes unless it is plainly harmless.
fn quoted(text: &str) -> String {
    let text = escape(text);
    let harmless =
        !text.is_empty() && !text.starts_with('-') && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._/:=@,+".contains(c));
    if harmless { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{EvidenceStore, HttpExchange, HttpFailure, HttpRequest, HttpResult, Label};

    fn line(url: &str, header: &str) -> String {
        let record = Record::Http(Box::new(HttpExchange {
            request: HttpRequest {
                method: "GET".into(),
                url: url.into(),
                headers: vec![("Accept".into(), header.into())],
                body: None,
            },
            result: HttpResult::Failure(HttpFailure { kind: "refused".into(), message: String::new(), phase: "connect".into() }),
            tls: None,
            attempt: 1,
            elapsed_ms: 0,
            tokens: Vec::new(),
        }));
        let store = EvidenceStore::new();
        let id = store.append(&Label::default(), String::new(), record);
        curl_line(&store.get(&id).unwrap()).unwrap()
    }

    #[test]
    fn a_request_is_written_so_that_it_can_be_repeated() {
        let shown = line("https://payer.example/r4/metadata", "application/fhir+json");
        assert_eq!(
            shown,
            "curl --globoff --include --header 'Accept: application/fhir+json' --url https://payer.example/r4/metadata"
        );
    }

    #[test]
    fn h29_text_of_a_target_cannot_leave_its_quotes_or_drive_the_terminal() {
        let shown = line("https://x.example/';rm -rf ~;'", "a\u{1b}[2J$(id)");
        assert!(shown.ends_with(r"--url 'https://x.example/'\'';rm -rf ~;'\'''"), "{shown}");
        assert!(shown.contains(r"'Accept: a\u{1b}[2J$(id)'"), "{shown}");
    }
}
