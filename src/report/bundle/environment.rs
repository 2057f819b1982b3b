//! `environment.json`: tool, criteria, clock and place of a run.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

use crate::engine::Run;
use crate::evidence::{Exchange, HttpResult, Record};

/// What the record does not know of its run.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// SHA-256 of each file of the suite, by its path inside the suite.
    pub suite_files: BTreeMap<String, String>,
    /// The operating system.
    pub system: String,
    /// The architecture of the processor.
    pub architecture: String,
    /// The selftest of this very program, for an audit.
    pub selftest: Option<Vec<u8>>,
}

/// The page.
pub(super) fn environment(run: &Run, exchanges: &[Exchange], surroundings: &Surroundings) -> Value {
    let header = &run.header;
    let offsets = clock_offsets(exchanges);
    let middle = offsets.get(offsets.len() / 2);
    let peers: BTreeSet<&str> = exchanges.iter().filter_map(peer).collect();
    json!({
        "tool": { "name": "carinbb", "version": header.tool },
        "run": { "id": header.run, "started": header.started, "finished": run.finished, "complete": run.complete },
        "target": { "base": header.target, "environment": header.environment },
        "criteria": {
            "profiles": header.profiles,
            "smart": header.smart,
            "strict": run.basis.is_some_and(|basis| basis.strict),
            "suite_sha256": header.suite,
            "files": surroundings.suite_files,
        },
        "settings": header.settings,
        "notes": header.notes,
        "clock": {
            "what": "seconds that the Date header of the target's answers is ahead of this machine; a header tells whole seconds",
            "answers": offsets.len(),
            "median": middle,
            "least": offsets.first(),
            "greatest": offsets.last(),
        },
        "vantage": { "system": surroundings.system, "architecture": surroundings.architecture, "peers": peers },
    })
}

fn peer(exchange: &Exchange) -> Option<&str> {
    match &exchange.record {
        Record::Http(http) => http.tls.as_ref()?.peer.as_deref(),
        Record::Tls(_) => None,
    }
}

/// By how many seconds the target's clock is ahead, from every answer that tells its time; sorted.
fn clock_offsets(exchanges: &[Exchange]) -> Vec<i64> {
    let mut offsets: Vec<i64> = exchanges.iter().filter_map(clock_offset).collect();
    offsets.sort_unstable();
    offsets
}

fn clock_offset(exchange: &Exchange) -> Option<i64> {
    let Record::Http(http) = &exchange.record else { return None };
    let HttpResult::Answer(answer) = &http.result else { return None };
    let (_, told) = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("date"))?;
    let told = OffsetDateTime::parse(told.trim(), &Rfc2822).ok()?;
    let started = OffsetDateTime::parse(&exchange.started, &Rfc3339).ok()?;
    let elapsed = i64::try_from(http.elapsed_ms).ok()?;
    let ended = started.checked_add(time::Duration::milliseconds(elapsed))?;
    Some((told - ended.replace_nanosecond(0).ok()?).whole_seconds())
}
