//! The TLS picture: of each host and port every offer and what the server made of it, from the recorded probes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::engine::Run;
use crate::evidence::Record;

/// The most offers of one place that are shown; the record has all.
const MOST_ROWS: usize = 40;
/// The most places.
const MOST_PLACES: usize = 12;

/// Every place that was probed, in order of its name; the same offer with the same answer is shown once.
pub(super) fn places(run: &Run) -> Vec<Value> {
    let mut places: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for own in &run.evidence {
        let record = own.exchange.get("record").cloned().unwrap_or_default();
        let Ok(Record::Tls(probe)) = serde_json::from_value::<Record>(record) else { continue };
        let rows = places.entry(format!("{}:{}", probe.host, probe.port)).or_default();
        let row = (probe.offered, probe.answered);
        if rows.len() < MOST_ROWS && !rows.contains(&row) {
            rows.push(row);
        }
    }
    let shown = |(offered, answered): (String, String)| {
        let agreed = ["ServerHello", "HelloRetryRequest", "handshake completed"].iter().any(|word| answered.starts_with(word));
        json!({ "offered": offered, "answered": answered, "agreed": if agreed { "yes" } else { "no" } })
    };
    let each = places.into_iter().take(MOST_PLACES);
    each.map(|(name, rows)| json!({ "name": name, "rows": rows.into_iter().map(shown).collect::<Vec<_>>() })).collect()
}
