//! How the client uses its access token.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::asked::{Asked, For};
use super::launch::{Launch, carries};

/// The facts under `observed.resource`.
pub fn facts(launches: &[Launch<'_>]) -> Value {
    let uses: Vec<&Asked<'_>> = launches.iter().flat_map(Launch::uses).collect();
    let elsewhere = launches.iter().any(|launch| {
        let tokens = launch.tokens("access_token");
        launch.asked.iter().any(|asked| asked.is_plain && tokens.iter().any(|token| carries(asked, token)))
    });
    json!({
        "count": uses.len(),
        "in_header": uses.iter().all(|asked| asked.credential("bearer").is_some()),
        "in_query": uses.iter().any(|asked| asked.has_in_query("access_token")),
        "in_form": uses.iter().any(|asked| asked.has_in_form("access_token")),
        "over_plain_http": elsewhere,
    })
}

/// The TLS versions of everything that the client sent, as digits.
pub fn versions(launches: &[Launch<'_>]) -> BTreeSet<String> {
    let all = launches.iter().flat_map(|launch| &launch.asked).filter_map(|asked| asked.raw.tls.as_deref());
    all.map(|version| version.trim_start_matches("TLSv").to_owned()).map(digits).collect()
}

/// OpenSSL calls 1.0 `TLSv1`.
fn digits(version: String) -> String {
    if version == "1" { "1.0".to_owned() } else { version }
}

/// How often each discovery document was read.
pub fn discovery(launches: &[Launch<'_>]) -> Value {
    let count = |purpose| launches.iter().map(|launch| launch.of(purpose).count()).sum::<usize>();
    json!({ "smart": count(For::Smart), "udap": count(For::Udap) })
}
