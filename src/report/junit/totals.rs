//! What `junit-report` leaves out: `skipped` on suites, totals on the root, and line breaks.

use junit_report::{Report, TestSuite};
use quick_xml::events::{BytesText, Event};
use quick_xml::{Reader, Writer};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The file with the missing attributes, one element per line.
pub(super) fn add(xml: &str, report: &Report, started: OffsetDateTime) -> Result<String, Failure> {
    let mut reader = Reader::from_str(xml);
    let mut writer = Writer::new(Vec::new());
    let mut suites = report.testsuites().iter();
    loop {
        let event = reader.read_event()?;
        let name = match &event {
            Event::Start(element) | Event::Empty(element) => element.name().as_ref().to_vec(),
            Event::End(element) => element.name().as_ref().to_vec(),
            _ => Vec::new(),
        };
        if let Some(indent) = indent(&name, &event) {
            writer.write_event(Event::Text(BytesText::from_escaped(indent)))?;
        }
        let attributes = match (&event, name.as_slice()) {
            (Event::Start(_) | Event::Empty(_), b"testsuites") => root(report, started)?,
            (Event::Start(_) | Event::Empty(_), b"testsuite") => suites.next().map(suite).unwrap_or_default(),
            _ => Vec::new(),
        };
        let attributes = || attributes.iter().map(|(name, value)| (*name, value.as_str()));
        match event {
            Event::Eof => break,
            Event::Start(element) => writer.write_event(Event::Start(element.with_attributes(attributes())))?,
            Event::Empty(element) => writer.write_event(Event::Empty(element.with_attributes(attributes())))?,
            other => writer.write_event(other)?,
        }
    }
    let mut text = String::from_utf8(writer.into_inner())?;
    text.push('\n');
    Ok(text)
}

/// A line break before an element, but never inside one that holds text.
fn indent(name: &[u8], event: &Event<'_>) -> Option<&'static str> {
    match name {
        b"testsuites" => Some("\n"),
        b"testsuite" => Some("\n  "),
        b"testcase" => Some("\n    "),
        b"failure" | b"error" | b"skipped" | b"system-out" if !matches!(event, Event::End(_)) => Some("\n      "),
        _ => None,
    }
}

fn suite(suite: &TestSuite) -> Vec<(&'static str, String)> {
    vec![("skipped", suite.skipped().to_string())]
}

fn root(report: &Report, started: OffsetDateTime) -> Result<Vec<(&'static str, String)>, time::error::Format> {
    let suites = report.testsuites();
    let sum = |count: fn(&TestSuite) -> usize| suites.iter().map(count).sum::<usize>().to_string();
    let time = suites.iter().map(TestSuite::time).fold(Duration::ZERO, Duration::saturating_add);
    Ok(vec![
        ("name", "carinbb".to_owned()),
        ("tests", sum(TestSuite::tests)),
        ("failures", sum(TestSuite::failures)),
        ("errors", sum(TestSuite::errors)),
        ("skipped", sum(TestSuite::skipped)),
        ("timestamp", started.format(&Rfc3339)?),
        ("time", time.as_seconds_f64().to_string()),
    ])
}
