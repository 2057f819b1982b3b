//! Writes the file: suites, unique names, totals, and the check that it says what the record says.

use std::collections::HashSet;
use std::io;

use junit_report::{ReportBuilder, TestCase, TestSuite};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::engine::Run;
use crate::engine::record::CaseResult;
use crate::report::{Options, Report};

use super::guard::{Seen, body, safe, verify};
use super::{denied, shape, totals, waivers};

/// `JUnit` XML.
#[derive(Debug, Clone, Default)]
pub struct Junit {
    options: Options,
}

impl Junit {
    /// `JUnit` with these settings.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options }
    }
}

impl Report for Junit {
    fn write(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        let started = started(run)?;
        let mut planned = Vec::new();
        let mut builder = ReportBuilder::new();
        for (area, cases) in by_area(run) {
            builder.add_testsuite(self.suite(run, area, &cases, started, &mut planned));
        }
        let stated = [(waivers::AREA, waivers::testcases(run)), (denied::AREA, denied::testcases(run))];
        for (area, testcases) in stated {
            if let Some(suite) = of_statements(area, testcases, started, &mut planned) {
                builder.add_testsuite(suite);
            }
        }
        let mut raw = Vec::new();
        builder.build().write_xml(&mut raw).map_err(io::Error::other)?;
        let raw = String::from_utf8(raw).map_err(io::Error::other)?;
        let xml = totals::add(&raw, &builder.build(), started).map_err(io::Error::other)?;
        hand_over(&xml, &planned, out)
    }
}

/// Nothing is written when a reader would see other testcases than the planned ones.
fn hand_over(xml: &str, planned: &[Seen], out: &mut dyn io::Write) -> io::Result<()> {
    verify(xml, planned).map_err(|message| io::Error::new(io::ErrorKind::InvalidData, message))?;
    out.write_all(xml.as_bytes())
}

impl Junit {
    fn suite(&self, run: &Run, area: &str, cases: &[&CaseResult], started: OffsetDateTime, planned: &mut Vec<Seen>) -> TestSuite {
        let mut suite = TestSuite::new(&safe(area));
        suite.package = cases.first().map_or(String::new(), |case| shape::classname(case));
        suite.hostname = String::new();
        suite.timestamp = later(started, cases.iter().map(|case| case.started_ms).min().unwrap_or_default());
        suite.system_out = Some(scope(run));
        let mut names = HashSet::new();
        for case in cases {
            let name = unique(&shape::name(case), &mut names);
            let result = shape::element_of(run, case, &self.options).to_owned();
            suite.add_testcase(shape::testcase(run, case, &name, &self.options));
            planned.push(Seen { classname: shape::classname(case), name, result });
        }
        suite
    }
}

/// The suite of what persons say, when they say anything that a gate must hear.
fn of_statements(
    area: &str,
    testcases: Vec<(String, &'static str, TestCase)>,
    started: OffsetDateTime,
    planned: &mut Vec<Seen>,
) -> Option<TestSuite> {
    let classname = format!("carinbb.{area}");
    let mut suite = TestSuite::new(area);
    suite.package.clone_from(&classname);
    suite.hostname = String::new();
    suite.timestamp = started;
    let is_empty = testcases.is_empty();
    for (name, result, testcase) in testcases {
        suite.add_testcase(testcase);
        planned.push(Seen { classname: classname.clone(), name, result: result.to_owned() });
    }
    (!is_empty).then_some(suite)
}

/// The cases of each area, areas in the order in which the plan names them.
fn by_area(run: &Run) -> Vec<(&str, Vec<&CaseResult>)> {
    let mut areas: Vec<(&str, Vec<&CaseResult>)> = Vec::new();
    for case in &run.cases {
        match areas.iter_mut().find(|(area, _)| *area == case.area()) {
            Some((_, cases)) => cases.push(case),
            None => areas.push((case.area(), vec![case])),
        }
    }
    areas
}

/// The name, with a number when another case has it already: GitLab shows only one of two.
fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name} ({number})"));
    let free = std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// What the verdicts of the file are about.
fn scope(run: &Run) -> String {
    let header = &run.header;
    let profiles: Vec<&str> = header.profiles.iter().map(|profile| profile.title.as_str()).collect();
    let claim = if run.complete { safe(&run.claim.text) } else { "interrupted: nothing is claimed".to_owned() };
    body(&[
        format!("carinbb {}, run {}", safe(&header.tool), safe(&header.run)),
        format!("target: {}", safe(&header.target)),
        format!("criteria: {}, SMART {}", safe(&profiles.join(", ")), safe(&header.smart.version)),
        format!("claim: {claim}"),
    ])
}

fn started(run: &Run) -> io::Result<OffsetDateTime> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "the begin of the run in the record is not a time of RFC 3339");
    let time = OffsetDateTime::parse(&run.header.started, &Rfc3339).map_err(|_| wrong())?;
    let utc = time.checked_to_offset(UtcOffset::UTC).ok_or_else(wrong)?;
    utc.replace_nanosecond(0).map_err(|_| wrong()).and_then(|time| if is_writable(time) { Ok(time) } else { Err(wrong()) })
}

/// RFC 3339 knows four digits of a year, and `junit-report` relies on it.
fn is_writable(time: OffsetDateTime) -> bool {
    (0..=9999).contains(&time.year())
}

fn later(started: OffsetDateTime, millis: u64) -> OffsetDateTime {
    let seconds = i64::try_from(millis / 1000).unwrap_or(i64::MAX);
    started.checked_add(Duration::seconds(seconds)).filter(|time| is_writable(*time)).unwrap_or(started)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let mut taken = HashSet::new();
        let names: Vec<String> = ["a", "a (2)", "a", "a"].iter().map(|name| unique(name, &mut taken)).collect();
        assert_eq!(names, ["a", "a (2)", "a (3)", "a (4)"]);
    }

    #[test]
    fn a_file_with_a_forged_testcase_is_not_written() {
        let forged = "<testsuites><testsuite><testcase classname=\"c\" name=\"forged\"/></testsuite></testsuites>";
        let mut out = Vec::new();
        assert!(hand_over(forged, &[], &mut out).is_err() && out.is_empty());
        let planned = Seen { classname: "c".into(), name: "forged".into(), result: String::new() };
        assert!(hand_over(forged, &[planned], &mut out).is_ok() && out == forged.as_bytes());
    }

    #[test]
    fn a_time_that_cannot_be_written_is_not_written() {
        let start = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(later(start, 5_900), start + Duration::seconds(5));
        assert_eq!(later(start, u64::MAX), start);
    }
}
