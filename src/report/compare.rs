//! Two runs side by side: what is new, gone, changed or the same, and what no longer ran.
//!
//! A row is a requirement with a case and its variant. A row that stopped being judged is no success, whatever it said
//! before: it stands apart as `stopped`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::engine::Run;
use crate::engine::record::{Header, label};
use crate::vocabulary::{Verdict, escape};

use super::{fingerprint, result_rows};

/// What became of a row between two runs. The order is the order of the printed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A finding that was none before.
    New,
    /// A finding of another gravity than before.
    Changed,
    /// Judged before and not judged now: its case did not run, or the row no longer counts or applies.
    Stopped,
    /// A finding before, and looked at now without one.
    Gone,
    /// The same finding.
    Unchanged,
}

impl Change {
    /// Every change, in the order of the printed list.
    pub const ALL: [Self; 5] = [Self::New, Self::Changed, Self::Stopped, Self::Gone, Self::Unchanged];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Stopped => "stopped",
            Self::Gone => "gone",
            Self::Unchanged => "unchanged",
        }
    }
}

/// One row that differs, or that is a finding in both runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What became of it.
    pub change: Change,
    /// The requirement.
    pub requirement: String,
    /// `tls.versions [token]`.
    pub case: String,
    /// The verdict of the first run; absent when there was none.
    pub before: Option<Verdict>,
    /// The verdict of the second run; absent when there is none.
    pub after: Option<Verdict>,
    /// Why it stopped, where the second run says so.
    pub reason: String,
    /// The same in every run.
    pub fingerprint: String,
}

impl Difference {
    /// True when it is worse than before, or when nobody knows whether it is.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        match self.change {
            Change::New | Change::Stopped => true,
            Change::Changed => self.after > self.before,
            Change::Gone | Change::Unchanged => false,
        }
    }
}

/// The comparison of two runs.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Every difference, by change and then by case.
    pub differences: Vec<Difference>,
    /// How the target that was asked differs: sentences, empty when it does not.
    pub target: Vec<String>,
    /// How the criteria differ: suite, profiles, SMART version, settings.
    pub criteria: Vec<String>,
    /// How the harness differs.
    pub harness: Vec<String>,
    /// Which of the runs was interrupted.
    pub incomplete: Vec<&'static str>,
}

impl Comparison {
    /// True when anything got worse, stopped, or cannot be compared.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.differences.iter().any(Difference::is_worse) || !self.incomplete.is_empty()
    }
}

type Key = (String, String, String);

/// Compares an earlier run with a later one.
#[must_use]
pub fn compare(before: &Run, after: &Run) -> Comparison {
    let (old, new) = (verdicts(before), verdicts(after));
    let mut keys: Vec<&Key> = old.keys().chain(new.keys()).collect();
    keys.sort();
    keys.dedup();
    let each = keys.into_iter().filter_map(|key| difference(key, old.get(key).copied(), new.get(key).copied(), after));
    let mut differences: Vec<Difference> = each.collect();
    differences.sort_by_key(|difference| difference.change);
    let runs = [("first", before), ("second", after)];
    Comparison {
        differences,
        target: target(&before.header, &after.header),
        criteria: criteria(&before.header, &after.header),
        harness: differs("carinbb", &before.header.tool, &after.header.tool).into_iter().collect(),
        incomplete: runs.into_iter().filter(|(_, run)| !run.complete).map(|(word, _)| word).collect(),
    }
}

/// The greatest verdict of every row that was judged.
fn verdicts(run: &Run) -> BTreeMap<Key, Verdict> {
    let mut verdicts = BTreeMap::new();
    for row in result_rows(run) {
        let Some(verdict) = row.verdict else { continue };
        let key = (row.case.case.clone(), row.case.variant.clone(), row.requirement.to_owned());
        let known = verdicts.entry(key).or_insert(verdict);
        *known = (*known).max(verdict);
    }
    verdicts
}

fn difference(key: &Key, before: Option<Verdict>, after: Option<Verdict>, run: &Run) -> Option<Difference> {
    let (case, variant, requirement) = key;
    let was_finding = before.is_some_and(is_finding);
    let is_now = after.is_some_and(is_finding);
    let looked_at = |verdict: Option<Verdict>| verdict.is_some_and(|verdict| verdict != Verdict::NotApplicable);
    let change = match () {
        () if looked_at(before) && !looked_at(after) => Change::Stopped,
        () if is_now && !was_finding => Change::New,
        () if is_now && before != after => Change::Changed,
        () if is_now => Change::Unchanged,
        () if was_finding => Change::Gone,
        () => return None,
    };
    let reason = if change == Change::Stopped { why_stopped(case, variant, requirement, after, run) } else { String::new() };
    Some(Difference {
        change,
        requirement: requirement.clone(),
        case: label(case, variant),
        before,
        after,
        reason,
        fingerprint: fingerprint(requirement, case, variant),
    })
}

fn is_finding(verdict: Verdict) -> bool {
    verdict >= Verdict::Warn
}

fn why_stopped(case: &str, variant: &str, requirement: &str, after: Option<Verdict>, run: &Run) -> String {
    let result = run.cases.iter().find(|result| result.case == case && result.variant == variant);
    if let Some(result) = result {
        return match after {
            Some(_) => format!("does not apply now: {}", result.reason),
            None if !result.requirements.iter().any(|id| id == requirement) => {
                "the case no longer serves this requirement".to_owned()
            }
            None => "the case ran and came to no judgement of it".to_owned(),
        };
    }
    let left_out = run.not_selected.iter().find(|left_out| left_out.case == case);
    left_out.map_or("the case did not run, and the second run does not say why".to_owned(), |left_out| {
        format!("left out: {}", left_out.reason)
    })
}

fn target(before: &Header, after: &Header) -> Vec<String> {
    let address = differs("target", &before.target, &after.target);
    address.into_iter().chain(differs("environment", &before.environment, &after.environment)).collect()
}

/// Settings that say where reports go and how the output looks do not shape a verdict; which server it is is compared apart.
const WITHOUT_EFFECT: [&str; 12] =
    ["report", "format", "color", "progress", "plan", "waivers", "attestations", "baseline", "target", "demo", "fault", "login"];

fn criteria(before: &Header, after: &Header) -> Vec<String> {
    let profiles = |header: &Header| header.profiles.iter().map(|profile| profile.id.as_str()).collect::<Vec<_>>().join(", ");
    let settings = |header: &Header| {
        let shaping = header.settings.iter().filter(|setting| !WITHOUT_EFFECT.contains(&setting.name.as_str()));
        let mut settings: Vec<String> = shaping.map(|setting| format!("{} = {}", setting.name, setting.value)).collect();
        settings.sort();
        settings.join(", ")
    };
    let all = [
        differs("suite", &before.suite, &after.suite),
        differs("profiles", &profiles(before), &profiles(after)),
        differs("SMART version", &before.smart.version, &after.smart.version),
        differs("settings", &settings(before), &settings(after)),
    ];
    all.into_iter().flatten().collect()
}

fn differs(what: &str, before: &str, after: &str) -> Option<String> {
    let shown = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
    (before != after).then(|| format!("{what}: {} before, {} now", shown(before), shown(after)))
}

impl Comparison {
    /// The comparison for a terminal, escaped. What is unchanged is counted, and listed on demand.
    #[must_use]
    pub fn to_text(&self, list_unchanged: bool) -> String {
        let mut text = String::new();
        for run in &self.incomplete {
            let _ = writeln!(text, "The {run} run was interrupted: what did not run is listed as stopped");
        }
        for (name, changes) in [("target", &self.target), ("criteria", &self.criteria), ("harness", &self.harness)] {
            let said = if changes.is_empty() { "the same".to_owned() } else { format!("CHANGED: {}", changes.join("; ")) };
            let _ = writeln!(text, "{name:<9} {}", escape(&said));
        }
        let shown = |change: Change| list_unchanged || change != Change::Unchanged;
        for difference in self.differences.iter().filter(|difference| shown(difference.change)) {
            let word = |verdict: Option<Verdict>| verdict.map_or("-", Verdict::word);
            let verdicts = format!("{} -> {}", word(difference.before), word(difference.after));
            let reason = if difference.reason.is_empty() { String::new() } else { format!(" ({})", difference.reason) };
            let line = format!("{verdicts:<15} {} {}{reason}", difference.requirement, difference.case);
            let _ = writeln!(text, "{:<9} {}", difference.change.word(), escape(&line));
        }
        let count = |change: Change| self.differences.iter().filter(|difference| difference.change == change).count();
        let counts: Vec<String> = Change::ALL.iter().map(|change| format!("{} {}", count(*change), change.word())).collect();
        let _ = writeln!(text, "{}", counts.join(", "));
        let moved = !self.target.is_empty() || !self.criteria.is_empty() || !self.harness.is_empty();
        if moved && self.differences.iter().any(|difference| difference.change != Change::Unchanged) {
            text.push_str("Not every difference need come from the server: see what changed above\n");
        }
        text
    }
}
