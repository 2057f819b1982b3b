//! Signs of a server's insides in what it says to strangers: stack traces, queries, versions of software.

use std::sync::LazyLock;

use regex::Regex;

use crate::net::Answer;

/// What is looked for in the body, and what it is called.
const IN_BODY: [(&str, &str); 8] = [
    (
        "java stack trace",
        r"(?m)^\s*at [\w.$]+\([\w.]*(?:\.java|Native Method|Unknown Source)|\bjava\.lang\.\w+(?:Exception|Error)\b",
    ),
    (".NET stack trace", r"(?m)^\s*at [\w.`<>]+\(.*\) in .*:line \d+|\bSystem\.\w+Exception\b"),
    ("python stack trace", r"Traceback \(most recent call last\)"),
    ("javascript stack trace", r"(?m)^\s*at .*\(?/[\w./-]+\.[jt]s:\d+:\d+\)?"),
    ("php error", r"(?:Fatal error|Warning|Notice)</?b?>?:.* on line <?b?>?\d+"),
    ("database error", r"\bORA-\d{5}\b|\bSQLSTATE\[|\bsyntax error at or near\b|\bSQLException\b|\bpsycopg2\."),
    ("framework debug page", r"Whitelabel Error Page|DEBUG = True|Werkzeug Debugger|Rails\.root:"),
    ("file path of the server", r"(?:/home/\w+/|/usr/local/\w+/|/var/www/|/opt/\w+/|[A-Z]:\\\w+\\)[\w./\\-]+\.\w{1,5}\b"),
];

static PATTERNS: LazyLock<Vec<(&'static str, Regex)>> =
    LazyLock::new(|| IN_BODY.iter().filter_map(|(name, pattern)| Some((*name, Regex::new(pattern).ok()?))).collect());

/// The signs in an answer, each once.
pub(super) fn internals_of(answer: &Answer) -> Vec<&'static str> {
    let text = answer.text();
    let mut found: Vec<&'static str> =
        PATTERNS.iter().filter(|(_, pattern)| pattern.is_match(&text)).map(|(name, _)| *name).collect();
    if answer.header("server").is_some_and(names_a_version) {
        found.push("software version in Server");
    }
    for (header, sign) in [
        ("x-powered-by", "software in X-Powered-By"),
        ("x-aspnet-version", "software version in X-AspNet-Version"),
        ("x-aspnetmvc-version", "software version in X-AspNetMvc-Version"),
    ] {
        if answer.header(header).is_some() {
            found.push(sign);
        }
    }
    found
}

/// `nginx` is a name, `nginx/1.18.0` is a version.
fn names_a_version(server: &str) -> bool {
    server.split_once('/').is_some_and(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn answer(headers: &[(&str, &str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Answer { status: 401, headers, body: body.into(), truncated: false, encoded: None, elapsed: Duration::ZERO, tls: None }
    }

    #[test]
    fn every_pattern_can_be_read_and_finds_its_sign() {
        assert_eq!(PATTERNS.len(), IN_BODY.len());
        for (body, sign) in [
            ("x\n\tat ca.uhn.fhir.Rest.get(Rest.java:12)", "java stack trace"),
            ("   at Fhir.Api.Get(String id) in C:\\src\\Api.cs:line 7", ".NET stack trace"),
            ("Traceback (most recent call last):", "python stack trace"),
            ("    at handle (/srv/app/index.js:10:5)", "javascript stack trace"),
            ("<b>Fatal error</b>: x on line <b>7</b>", "php error"),
            ("ORA-00942: table or view does not exist", "database error"),
            ("<h1>Whitelabel Error Page</h1>", "framework debug page"),
            ("cannot open /var/www/fhir/config.php", "file path of the server"),
        ] {
            assert!(internals_of(&answer(&[], body)).contains(&sign), "{body}");
        }
    }

    #[test]
    fn a_plain_refusal_shows_nothing_inside() {
        let body = "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"diagnostics\":\"Missing token at Patient (see https://p.example/docs/a.html)\"}]}";
        assert_eq!(internals_of(&answer(&[("server", "nginx")], body)), Vec::<&str>::new());
        assert_eq!(internals_of(&answer(&[("server", "nginx/1.18.0"), ("x-powered-by", "Express")], "")).len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn any_body_is_looked_through_without_a_panic(body: String, server: String) {
            let _ = internals_of(&answer(&[("server", &server)], &body));
        }
    }
}
