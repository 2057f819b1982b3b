//! What flags and rights leave out. What is left out is listed with its reason, never Blocked.

use crate::testcase::TestCase;
use crate::verbs::Effect;

/// Flags and rights of a run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Ids, areas, `@tags` or requirement ids; empty selects everything.
    pub select: Vec<String>,
    /// The same, to leave out.
    pub skip: Vec<String>,
    /// True when cases tagged `slow` run.
    pub slow: bool,
    /// Why cases that need a login are left out; absent when they run.
    pub no_login: Option<String>,
    /// Why cases that change something are left out; absent when they run.
    pub no_change: Option<String>,
}

impl Selection {
    /// Why a case is left out: a stable word and a sentence.
    #[must_use]
    pub fn leaves_out(&self, case: &TestCase, effect: Effect) -> Option<(&'static str, String)> {
        if !self.select.is_empty() && !self.select.iter().any(|pattern| matches(pattern, case)) {
            return Some(("flag", "not among what was selected".into()));
        }
        if let Some(pattern) = self.skip.iter().find(|pattern| matches(pattern, case)) {
            return Some(("flag", format!("left out by --skip {pattern}")));
        }
        if case.has_tag("slow") && !self.slow {
            return Some(("slow", "it waits long; --slow runs it".into()));
        }
        if effect >= Effect::Login
            && let Some(reason) = &self.no_login
        {
            return Some(("login", reason.clone()));
        }
        if effect >= Effect::Change
            && let Some(reason) = &self.no_change
        {
            return Some(("authority", reason.clone()));
        }
        None
    }

    /// True when the patterns choose a part of the suite.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.select.is_empty() || !self.skip.is_empty()
    }

    /// The patterns that fit no case of the suite.
    #[must_use]
    pub fn unknown_patterns<'a>(&'a self, cases: &[TestCase]) -> Vec<&'a str> {
        let patterns = self.select.iter().chain(&self.skip);
        patterns.filter(|pattern| !cases.iter().any(|case| matches(pattern, case))).map(String::as_str).collect()
    }
}

/// A case id, an area, `@tag`, a requirement id, or a prefix that ends in `*`.
fn matches(pattern: &str, case: &TestCase) -> bool {
    if let Some(tag) = pattern.strip_prefix('@') {
        return case.has_tag(tag);
    }
    let word = |candidate: &str| match pattern.strip_suffix('*') {
        Some(prefix) => candidate.starts_with(prefix),
        None => candidate == pattern,
    };
    word(case.id.as_str()) || word(case.id.area()) || case.requirements.iter().any(|id| word(id.as_str()))
}
