//! What flags and rights leave out. What is left out is listed with its reason, never Blocked.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::testcase::TestCase;
use crate::verbs::Effect;

/// What the verbs of a case do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deeds {
    /// The greatest effect of all of them.
    pub effect: Effect,
    /// A member signs in. A client that registers itself and asks for a token in its own name needs nobody.
    pub signs_in: bool,
    /// A client registers itself.
    pub registers: bool,
}

/// Flags and rights of a run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Ids, areas, `@tags` or requirement ids; empty selects everything.
    pub select: Vec<String>,
    /// The same, to leave out.
    pub skip: Vec<String>,
    /// True when cases tagged `slow` run.
    pub slow: bool,
    /// The longest that one result may wait on purpose; whatever waits up to that runs, tagged `slow` or not.
    pub max_wait: Option<Duration>,
    /// True when cases tagged `tls-full` run: they open a hundred connections and more.
    pub tls_full: bool,
    /// The most authorizations; cases that would make more are left out, the least valuable first.
    pub max_authorizations: Option<u64>,
    /// Why cases that need a login are left out; absent when they run.
    pub no_login: Option<String>,
    /// Why single cases are left out although there is a way to sign in, by id.
    pub no_launch: BTreeMap<String, String>,
    /// Why cases that change something are left out; absent when they run.
    pub no_change: Option<String>,
    /// Why cases in which a client registers itself are left out; absent when they run.
    pub no_udap: Option<String>,
    /// Tags whose cases are left out, with the reason: `laboratory` needs certificates of a CA of ours, `listener` a target that can reach us.
    pub no_tags: Vec<(&'static str, String)>,
    /// Why cases that judge a chain by anchors (tag `anchors`) are left out; absent when they run.
    pub no_anchors: Option<String>,
    /// Why cases that ask for a community (tag `communities`) are left out; absent when they run.
    pub no_communities: Option<String>,
}

impl Selection {
    /// Why a case is left out: a stable word and a sentence.
    #[must_use]
    pub fn leaves_out(&self, case: &TestCase, deeds: Deeds) -> Option<(&'static str, String)> {
        if !self.select.is_empty() && !self.select.iter().any(|pattern| matches(pattern, case)) {
            return Some(("flag", "not among what was selected".into()));
        }
        if let Some(pattern) = self.skip.iter().find(|pattern| matches(pattern, case)) {
            return Some(("flag", format!("left out by --skip {pattern}")));
        }
        if case.has_tag("slow") && !self.slow && self.max_wait.is_none() {
            return Some(("slow", "it waits long; --slow runs it".into()));
        }
        if case.has_tag("tls-full") && !self.tls_full {
            return Some(("tls", "it opens a hundred TLS connections and more; --tls full runs it".into()));
        }
        if deeds.registers
            && let Some(reason) = &self.no_udap
        {
            return Some(("udap", reason.clone()));
        }
        if let Some((tag, reason)) = self.no_tags.iter().find(|(tag, _)| case.has_tag(tag)) {
            return Some((tag, reason.clone()));
        }
        let inputs = [("anchors", &self.no_anchors), ("communities", &self.no_communities)];
        if let Some((kind, Some(reason))) = inputs.into_iter().find(|(tag, reason)| case.has_tag(tag) && reason.is_some()) {
            return Some((kind, reason.clone()));
        }
        if deeds.signs_in
            && let Some(reason) = &self.no_login
        {
            return Some(("login", reason.clone()));
        }
        if let Some(reason) = self.no_launch.get(case.id.as_str()) {
            return Some(("login", reason.clone()));
        }
        if deeds.effect >= Effect::Change
            && let Some(reason) = &self.no_change
        {
            return Some(("authority", reason.clone()));
        }
        None
    }

    /// Why a result that waits this many seconds is left out.
    #[must_use]
    pub fn waits_too_long(&self, seconds: u64) -> Option<(&'static str, String)> {
        let most = self.max_wait?.as_secs();
        (seconds > most).then(|| ("slow", format!("it waits {seconds} s, and --max-wait allows {most} s")))
    }

    /// True when the patterns choose a part of the suite.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.select.is_empty() || !self.skip.is_empty()
    }

    /// The patterns that fit none of these cases.
    #[must_use]
    pub fn unknown_patterns<'a, 'b, C: Iterator<Item = &'b TestCase>>(&'a self, cases: impl Fn() -> C) -> Vec<&'a str> {
        let patterns = self.select.iter().chain(&self.skip);
        patterns.filter(|pattern| !cases().any(|case| matches(pattern, case))).map(String::as_str).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testcase::load;
    use crate::vocabulary::document::{Problems, Source};
    use std::sync::Arc;

    const LOOKS: Deeds = Deeds { effect: Effect::Observe, signs_in: false, registers: false };

    fn case() -> TestCase {
        let text = "id = \"a.b\"\ntitle = \"t\"\nwhy = \"w\"\nrequirements = [\"g/x-1\"]\ntags = [\"slow\", \"odd\"]\nfaults = [\"f\"]\n[[steps]]\ntitle = \"s\"\ndo = \"v.v\"\n";
        let source = Arc::new(Source::new("a/b.toml", text));
        load(std::iter::once(&source), std::iter::empty(), &Problems::new()).cases.remove(0)
    }

    #[test]
    fn rights_leave_out_exactly_the_effects_that_need_them() {
        let selection = Selection {
            slow: true,
            no_login: Some("no way to sign in".into()),
            no_change: Some("no authority".into()),
            ..Selection::default()
        };
        let deeds = |effect| Deeds { effect, signs_in: effect >= Effect::Login, registers: false };
        let kind = |selection: &Selection, effect| selection.leaves_out(&case(), deeds(effect)).map(|(kind, _)| kind);
        let effects = [Effect::Observe, Effect::Probe, Effect::Login, Effect::Change];
        assert_eq!(effects.map(|effect| kind(&selection, effect)), [None, None, Some("login"), Some("login")]);
        let may_sign_in = Selection { no_login: None, ..selection };
        assert_eq!(effects.map(|effect| kind(&may_sign_in, effect)), [None, None, None, Some("authority")]);
        let alone = Deeds { effect: Effect::Change, signs_in: false, registers: true };
        let kind = |selection: Selection| selection.leaves_out(&case(), alone).map(|(kind, _)| kind);
        let no_login = Selection { slow: true, no_login: Some("nobody".into()), ..Selection::default() };
        assert_eq!(kind(no_login.clone()), None, "a client that asks in its own name needs no member");
        assert_eq!(kind(Selection { no_udap: Some("no certificate".into()), ..no_login }), Some("udap"));
    }

    #[test]
    fn patterns_are_ids_areas_tags_requirements_and_prefixes() {
        for pattern in ["a.b", "a", "@odd", "g/x-1", "a.*", "g/*"] {
            let selection = Selection { select: vec![pattern.into()], slow: true, ..Selection::default() };
            assert_eq!(selection.leaves_out(&case(), LOOKS), None, "{pattern}");
            let skip = Selection { skip: vec![pattern.into()], ..Selection::default() };
            assert_eq!(skip.leaves_out(&case(), LOOKS).map(|(kind, _)| kind), Some("flag"), "{pattern}");
        }
        let other = Selection { select: vec!["a.c".into(), "b".into()], ..Selection::default() };
        assert!(other.leaves_out(&case(), LOOKS).is_some());
        let odd = Selection { slow: true, no_anchors: Some("no anchor configured".into()), ..Selection::default() };
        assert_eq!(odd.leaves_out(&case(), LOOKS), None);
        let mut judged = case();
        judged.tags.push("anchors".into());
        assert_eq!(odd.leaves_out(&judged, LOOKS), Some(("anchors", "no anchor configured".into())));
        let cases = [case()];
        assert_eq!(other.unknown_patterns(|| cases.iter()), ["a.c", "b"]);
        let patient = Selection { max_wait: Some(Duration::from_secs(60)), ..Selection::default() };
        assert_eq!(patient.leaves_out(&case(), LOOKS), None, "what waits a minute is not left out for its tag");
        assert!(patient.waits_too_long(60).is_none() && patient.waits_too_long(61).is_some());
        assert!(Selection::default().waits_too_long(600).is_none());
        assert_eq!(Selection::default().leaves_out(&case(), LOOKS).map(|(kind, _)| kind), Some("slow"));
    }
}
