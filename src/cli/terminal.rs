//! The run on a terminal: a line per finished case, every finding in full at the end, then the claim.
//!
//! Texts of the record are escaped here, because a target may have written them. A closed pipe silences the output
//! and changes nothing else.

use std::collections::BTreeSet;
use std::io;

use crate::engine::record::{AssertionResult, CaseResult, Header, OutcomeRecord, PlannedCase, Traffic};
use crate::engine::{Event, Listener, Run};
use crate::vocabulary::{Verdict, escape, escape_to_width};

use super::hint;
use super::layout::{flow, wrap};
use super::page::Page;
pub use super::page::{Look, Loudness};
use super::plan_text::counted;

/// Below it nothing can be aligned.
const NARROWEST: usize = 40;
/// Word, two spaces.
const INDENT: usize = 7;
/// Two spaces and `1204.5 s`.
const TIME: usize = 10;
/// What is left for the detail at least; a longer label moves its own line only.
const DETAIL: usize = 24;

/// Prints a run for people.
#[derive(Debug)]
pub struct Terminal<W> {
    page: Page<W>,
    label_width: usize,
    /// Where one trouble hinders all: the cases that were named, so that their variants are not named one by one.
    hindered: Option<BTreeSet<String>>,
    open: bool,
}

impl<W: io::Write + Send> Terminal<W> {
    /// Prints to `out`.
    pub fn new(out: W, look: Look) -> Self {
        Self {
            page: Page { out, look: Look { width: look.width.max(NARROWEST), ..look } },
            label_width: 0,
            hindered: None,
            open: true,
        }
    }

    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let quiet = self.page.look.loudness == Loudness::Quiet;
        match event {
            Event::Started { header, plan, traffic, .. } => {
                let hindered = self.page.look.loudness != Loudness::Verbose && hint::is_total(header);
                self.hindered = hindered.then(BTreeSet::new);
                self.label_width = label_width(plan, self.page.look.width.saturating_sub(INDENT + TIME + 3 + DETAIL));
                if quiet { Ok(()) } else { self.header(header, plan, traffic) }
            }
            Event::CaseFinished { result } if !quiet => self.case(result),
            Event::Finished { run } => self.end(run),
            Event::CaseFinished { .. } | Event::CaseStarted { .. } | Event::Waiting { .. } => Ok(()),
        }?;
        self.page.out.flush()
    }

    fn header(&mut self, header: &Header, plan: &[PlannedCase], traffic: &Traffic) -> io::Result<()> {
        let mut chunks = vec![format!("carinbb {}", escape(&header.tool)), format!("target {}", escape(&header.target))];
        if header.environment != "unstated" {
            chunks.push(escape(&header.environment));
        }
        let profiles = header.profiles.iter();
        chunks.extend(profiles.map(|profile| format!("{} ({})", escape(&profile.title), escape(&profile.why))));
        chunks.push(format!("SMART {} ({})", escape(&header.smart.version), escape(&header.smart.why)));
        // The version that holds when nothing says otherwise is no news.
        if let Some(udap) = header.udap.as_ref().filter(|udap| udap.why == "declared" || udap.why.starts_with("found")) {
            chunks.push(format!("UDAP {} ({})", escape(&udap.version), escape(&udap.why)));
        }
        for line in flow(&chunks, self.page.look.width) {
            self.page.strong(&line)?;
        }
        for note in &header.notes {
            self.page.row("note", note, 0, 6)?;
        }
        let (requests, probes) = (traffic.planned_requests, traffic.planned_probes);
        self.page.faint(&format!(
            "{}, at most {} and {}",
            counted(plan.len() as u64, "result"),
            counted(requests, "request"),
            counted(probes, "TLS probe")
        ))?;
        writeln!(self.page.out)
    }

    /// The line of a case. What will be said in full at the end is cut, the rest is wrapped.
    fn case(&mut self, result: &CaseResult) -> io::Result<()> {
        let hindered = self.hindered.as_mut().filter(|_| matches!(result.verdict, Verdict::Blocked | Verdict::Error));
        let same = hindered.is_some();
        if hindered.is_some_and(|named| !named.insert(result.case.clone())) {
            return Ok(());
        }
        let label = if same { result.case.clone() } else { result.label() };
        let label = escape_to_width(&label, self.page.look.width - INDENT - TIME);
        let time = if result.elapsed_ms == 0 { String::new() } else { seconds(result.elapsed_ms) };
        let word = self.page.look.paint.verdict(result.verdict, &format!("{:<5}", result.verdict.word()));
        let start = format!("{label:<width$}{time:>TIME$}", width = self.label_width);
        let detail = if same { String::new() } else { escape(&detail(result)) };
        let column = INDENT + start.chars().count() + 3;
        let room = self.page.look.width.saturating_sub(column);
        let again = result.verdict >= Verdict::Warn;
        if detail.is_empty() {
            writeln!(self.page.out, "{word}  {}", start.trim_end())?;
        } else if detail.chars().count() <= room {
            writeln!(self.page.out, "{word}  {start}   {detail}")?;
        } else {
            writeln!(self.page.out, "{word}  {}", start.trim_end())?;
            let room = self.page.look.width - INDENT;
            let lines = if again { vec![escape_to_width(&detail, room)] } else { wrap(&detail, room) };
            for line in lines {
                writeln!(self.page.out, "{:INDENT$}{line}", "")?;
            }
        }
        if self.page.look.loudness == Loudness::Verbose { self.assertions(result) } else { Ok(()) }
    }

    fn assertions(&mut self, result: &CaseResult) -> io::Result<()> {
        for step in &result.steps {
            for assertion in &step.assertions {
                let (sign, text) = comparison(assertion);
                let text = escape_to_width(&text, 400);
                self.page.row(&format!("{:<4} {sign}", step.number), &text, INDENT, 9)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, run: &Run) -> io::Result<()> {
        let from = match self.page.look.loudness {
            Loudness::Quiet if self.page.look.fail_on_warn => &[Verdict::Fail, Verdict::Warn][..],
            Loudness::Quiet => &[Verdict::Fail][..],
            Loudness::Normal | Loudness::Verbose => &[Verdict::Fail, Verdict::Error, Verdict::Blocked, Verdict::Warn][..],
        };
        let judged: Vec<Verdict> =
            from.iter().copied().filter(|verdict| matches!(verdict, Verdict::Fail | Verdict::Warn)).collect();
        for verdict in from {
            match verdict {
                Verdict::Error | Verdict::Blocked if self.hindered.is_some() => {}
                Verdict::Error | Verdict::Blocked => self.page.undetermined(run, *verdict)?,
                _ => {
                    // What the same case could not see stands with the others of that cause.
                    for case in run.cases.iter().filter(|case| case.verdict == *verdict) {
                        self.page.findings(run, case, &judged)?;
                    }
                }
            }
        }
        if self.page.look.loudness != Loudness::Quiet {
            self.page.left_out(run)?;
            writeln!(self.page.out)?;
            self.page.faint(&traffic(run))?;
        }
        if self.page.look.loudness == Loudness::Quiet && run.cases.iter().any(|case| from.contains(&case.verdict)) {
            writeln!(self.page.out)?;
        }
        if let Some(hint) = hint::of(run) {
            self.page.strong(&escape(&hint))?;
            if self.hindered.is_some() {
                self.page.faint("Nothing that rests on discovery could be judged; -v tells each result.")?;
            }
        }
        self.claim(run)
    }

    fn claim(&mut self, run: &Run) -> io::Result<()> {
        let claim = (run.claim.text.as_str(), run.claim.exit_code);
        let (text, code) = if run.complete { claim } else { ("Interrupted: nothing is claimed.", INTERRUPTED) };
        if self.page.look.without_code && run.complete {
            return self.page.strong(&escape(text));
        }
        let line = format!("{}      exit {code}", escape(text));
        if line.chars().count() <= self.page.look.width {
            return self.page.strong(&line);
        }
        self.page.strong(&escape(text))?;
        self.page.strong(&format!("exit {code}"))
    }
}

/// contracts.md: cleanup ran and the record says that it is not complete.
const INTERRUPTED: u8 = 130;

impl<W: io::Write + Send> Listener for Terminal<W> {
    fn notice(&mut self, event: &Event<'_>) {
        if self.open {
            self.open = self.event(event).is_ok();
        }
    }
}

fn label_width(plan: &[PlannedCase], longest: usize) -> usize {
    let widths = plan.iter().map(|case| escape(&case.label()).chars().count());
    widths.filter(|width| *width <= longest).max().unwrap_or_default()
}

/// What stands behind the time: for a finding its gravest requirement, for all why it is no plain pass.
fn detail(result: &CaseResult) -> String {
    let gravest = result.judgements().map(|(_, judgement)| judgement).find(|judgement| judgement.verdict == result.verdict);
    let flaky = if result.flaky { " (flaky: had to be repeated)" } else { "" };
    match gravest {
        Some(judgement) if result.verdict == Verdict::Fail || result.verdict == Verdict::Warn => {
            format!("{} {}   {}{flaky}", judgement.requirement, judgement.strength, result.reason)
        }
        _ => format!("{}{flaky}", result.reason).trim().to_owned(),
    }
}

fn comparison(assertion: &AssertionResult) -> (&'static str, String) {
    let said = format!("{} {}", assertion.that, assertion.expected);
    match &assertion.outcome {
        OutcomeRecord::Met => ("ok", said),
        OutcomeRecord::NotMet(mismatch) => ("no", format!("{said}: {}", mismatch.actual)),
        OutcomeRecord::NotApplicable(cause) => ("n/a", format!("{said}: {cause}")),
        OutcomeRecord::NotReached(cause) | OutcomeRecord::Broken(cause) => ("?", format!("{said}: {cause}")),
        OutcomeRecord::WithoutEffect => ("-", said),
    }
}

fn traffic(run: &Run) -> String {
    let traffic = &run.traffic;
    let authorizations = match traffic.planned_authorizations {
        0 => String::new(),
        planned => format!(", {} of {planned} authorizations", traffic.sent_authorizations),
    };
    format!(
        "Sent {} of at most {} requests, {} of {} TLS probes{authorizations}",
        traffic.sent_requests, traffic.planned_requests, traffic.sent_probes, traffic.planned_probes
    )
}

/// At most eight characters, so that the columns hold.
fn seconds(millis: u64) -> String {
    match millis / 1000 {
        10_000.. => ">9999 s".to_owned(),
        whole => format!("{whole}.{} s", millis % 1000 / 100),
    }
}
