//! Whether a client used a `jti` again while the JWT that had it first was still valid.

use std::collections::BTreeMap;

use serde_json::Value;

use super::launch::Launch;
use super::statement::Statement;

/// True when one of all software statements and authentication tokens has the `iss` and `jti` of another that has not expired. The
/// very same JWT in a request that is sent again is counted as well: a server must take it for a replay.
pub fn is_reused(launches: &[Launch<'_>]) -> bool {
    let mut known: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut all: Vec<(time::OffsetDateTime, String)> = Vec::new();
    for launch in launches {
        all.extend(launch.statements().map(|(asked, text)| (asked.raw.at, text)));
        all.extend(launch.assertions().map(|(asked, text)| (asked.raw.at, text.to_owned())));
    }
    all.sort_by_key(|(at, _)| *at);
    let mut reused = false;
    for (at, text) in all {
        let statement = Statement::read(&text);
        let (Some(iss), Some(jti)) = (statement.text("iss"), statement.text("jti")) else { continue };
        let exp = statement.claims.get("exp").and_then(Value::as_i64).unwrap_or_default();
        let key = (iss.to_owned(), jti.to_owned());
        reused |= known.get(&key).is_some_and(|end| *end > at.unix_timestamp());
        known.insert(key, exp);
    }
    reused
}
