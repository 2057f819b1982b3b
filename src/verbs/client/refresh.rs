//! How the client refreshes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::launch::{Launch, words};

/// The facts under `observed.refresh`.
pub fn facts(launches: &[Launch<'_>]) -> Value {
    let count: usize = launches.iter().map(|launch| launch.refreshes().count()).sum();
    let beyond: BTreeSet<String> = launches.iter().flat_map(beyond_grant).collect();
    let rotated = launches.iter().map(|launch| after_rotation(launch).0).sum::<usize>();
    let issued = launches.iter().any(|launch| !launch.tokens("refresh_token").is_empty());
    json!({
        "issued": issued,
        "count": count,
        "beyond_grant": beyond,
        "after_rotation": rotated,
        "replaced_token_used": launches.iter().any(|launch| after_rotation(launch).1),
        "without_assertion": launches.iter().flat_map(Launch::refreshes).any(|asked| asked.parameter("client_assertion").is_none()),
    })
}

/// The scopes that refresh requests ask for and the grant does not have.
fn beyond_grant(launch: &Launch<'_>) -> Vec<String> {
    let granted = launch.granted();
    let asked = launch.refreshes().filter_map(|asked| asked.parameter("scope"));
    asked.flat_map(words).filter(|scope| !granted.contains(scope)).collect()
}

/// How many refreshes came after the server had replaced the refresh token, and whether one of them brought a replaced one.
fn after_rotation(launch: &Launch<'_>) -> (usize, bool) {
    let mut newest: Option<String> = None;
    let mut replaced: Vec<String> = Vec::new();
    let (mut count, mut old) = (0, false);
    for asked in launch.asked.iter().filter(|asked| asked.purpose == super::asked::For::Token) {
        if asked.parameter("grant_type") == Some("refresh_token") && !replaced.is_empty() {
            count += 1;
            old |= asked.parameter("refresh_token").is_some_and(|token| replaced.iter().any(|own| own == token));
        }
        if let Some(next) = asked.given("refresh_token").filter(|next| newest.as_ref() != Some(next)) {
            let is_of_refresh = asked.parameter("grant_type") == Some("refresh_token");
            replaced.extend(newest.take().filter(|_| is_of_refresh));
            newest = Some(next);
        }
    }
    (count, old)
}
