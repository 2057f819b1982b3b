//! `waivers.toml`: findings that somebody accepts for a time, each with who, why and until when.
//!
//! A waiver names one finding exactly. It never changes a verdict; what it does to the exit code is decided where the
//! claim is made.

use std::sync::Arc;

use time::Date;
use time::macros::format_description;

use crate::vocabulary::document::{Problems, Reader, Source, Span, parse};
use crate::vocabulary::{CaseId, RequirementId};

/// The most days that a waiver may lie ahead.
pub const LONGEST_DAYS: i64 = 180;

/// One waiver as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The requirement that is not met.
    pub requirement: RequirementId,
    /// The case that found it.
    pub case: CaseId,
    /// As printed with the finding; empty when the case has one result only.
    pub variant: String,
    /// The FHIR base that it holds for.
    pub target: String,
    /// Why it is accepted.
    pub reason: String,
    /// Who will see to it.
    pub owner: String,
    /// Who accepts it.
    pub approved_by: String,
    /// The last day, as `2027-03-31`.
    pub expires: String,
    /// Where it stands in its file.
    pub at: Span,
}

/// Reads a file of waivers. What is wrong is reported, and the waiver left out.
#[must_use]
pub fn read_waivers(source: &Arc<Source>, problems: &Problems, today: Date) -> Vec<Waiver> {
    let table = parse(source, problems);
    let reader = Reader::new(source, problems, &table);
    let mut waivers: Vec<Waiver> = Vec::new();
    for own in reader.tables("waiver") {
        let at = own.span();
        let Some(waiver) = read_one(own, today) else { continue };
        if waivers.iter().any(|known| known.same_finding(&waiver)) {
            problems.report(source, at, "this finding is waived twice", Some("keep one of the two".into()));
            continue;
        }
        waivers.push(waiver);
    }
    reader.finish();
    waivers
}

fn read_one(reader: Reader<'_>, today: Date) -> Option<Waiver> {
    let at = reader.span();
    let requirement = reader.required("requirement", RequirementId::parse);
    let case = reader.required("case", CaseId::parse);
    let variant = reader.string("variant").unwrap_or_default().to_owned();
    let words = ["target", "reason", "owner", "approved_by"].map(|key| {
        let text = reader.required_string(key);
        if text.trim().is_empty() && reader.string(key).is_some() {
            reader.report(reader.span(), format!("'{key}' is empty"), Some("a waiver says why, for whom and by whom".into()));
        }
        text
    });
    reader.required_node("expires");
    let expires = reader.date("expires").unwrap_or_default().to_owned();
    if !expires.is_empty() {
        check_expiry(&reader, &expires, today);
    }
    reader.finish();
    let [target, reason, owner, approved_by] = words;
    Some(Waiver { requirement: requirement?, case: case?, variant, target, reason, owner, approved_by, expires, at })
}

fn check_expiry(reader: &Reader<'_>, expires: &str, today: Date) {
    match day(expires) {
        None => reader.report(reader.span(), format!("'expires' is {expires}, which is no day"), Some("write 2027-03-31".into())),
        Some(last) if (last - today).whole_days() > LONGEST_DAYS => {
            let latest = today.saturating_add(time::Duration::days(LONGEST_DAYS));
            let message = format!("a waiver lasts {LONGEST_DAYS} days at most, this one {}", (last - today).whole_days());
            reader.report(reader.span(), message, Some(format!("the latest day today is {latest}")));
        }
        Some(_) => {}
    }
}

/// A day as files write it.
#[must_use]
pub fn day(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}

impl Waiver {
    fn same_finding(&self, other: &Self) -> bool {
        let key = |own: &Self| (own.requirement.clone(), own.case.clone(), own.variant.clone(), own.target.clone());
        key(self) == key(other)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const GOOD: &str = "[[waiver]]\nrequirement = \"carin-bb/scopes-13\"\ncase = \"scopes.granted\"\nvariant = \"x\"\ntarget = \"https://p.example/r4\"\nreason = \"ticket 1\"\nowner = \"a@p.example\"\napproved_by = \"Bo\"\nexpires = 2027-03-31\n";

    fn read(text: &str) -> (Vec<Waiver>, Vec<String>) {
        let source = Arc::new(Source::new("waivers.toml", text));
        let problems = Problems::new();
        let waivers = read_waivers(&source, &problems, date!(2027 - 01 - 01));
        (waivers, problems.into_sorted().into_iter().map(|problem| problem.message).collect())
    }

    #[test]
    fn a_waiver_says_what_who_why_and_until_when() {
        let (waivers, problems) = read(GOOD);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!((waivers[0].case.as_str(), waivers[0].expires.as_str()), ("scopes.granted", "2027-03-31"));
        for key in ["requirement", "case", "target", "reason", "owner", "approved_by", "expires"] {
            let less: String = GOOD.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n")).collect();
            let (_, problems) = read(&less);
            assert!(problems.iter().any(|problem| problem == &format!("the key '{key}' is missing")), "{key}: {problems:?}");
        }
        assert_eq!(read(&GOOD.replace("ticket 1", " ")).1, ["'reason' is empty"]);
    }

    #[test]
    fn a_waiver_is_exact_short_and_there_once() {
        assert!(read(&GOOD.replace("scopes-13", "*")).1[0].contains("is not a requirement id"), "no wildcards");
        assert_eq!(read(&GOOD.replace("2027-03-31", "2027-07-01")).1, ["a waiver lasts 180 days at most, this one 181"]);
        assert!(read(&GOOD.replace("2027-03-31", "2027-06-30")).1.is_empty(), "180 days are allowed");
        assert!(read(&GOOD.replace("2027-03-31", "2020-01-01")).1.is_empty(), "an expired one is told by the run");
        assert_eq!(read(&format!("{GOOD}{GOOD}")).1, ["this finding is waived twice"]);
        assert_eq!(read(&GOOD.replace("owner", "ownr")).1, ["unknown key 'ownr'"]);
    }
}
