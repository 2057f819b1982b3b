//! Shows on stderr that a run goes on: a bar for a person who watches, a line after a long silence otherwise.
//!
//! It wraps the listener that prints, so that the bar and the printed lines do not write over each other.

use std::fmt;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::engine::record::PlannedCase;
use crate::engine::{Event, Listener};
use crate::vocabulary::{escape, escape_to_width};

/// Silence after which a line says that the run goes on.
pub const SILENCE: Duration = Duration::from_secs(30);
/// A line of the bar is cut after so many characters.
const LONGEST_LINE: usize = 70;

/// Passes every event on and shows how far the run is.
pub struct Progress {
    inner: Box<dyn Listener>,
    going: Arc<Mutex<Going>>,
    bar: ProgressBar,
    pulse: Option<Sender<()>>,
}

impl Progress {
    /// A bar on stderr: only where a person watches, and not in CI.
    #[must_use]
    pub fn bar(inner: Box<dyn Listener>) -> Self {
        Self::with_target(inner, ProgressDrawTarget::stderr())
    }

    fn with_target(inner: Box<dyn Listener>, target: ProgressDrawTarget) -> Self {
        let going = Arc::new(Mutex::new(Going::default()));
        let bar = ProgressBar::with_draw_target(None, target);
        let shared = Arc::clone(&going);
        let now = move |_: &ProgressState, out: &mut dyn fmt::Write| {
            // A bar that cannot be written is no reason to stop.
            let _ = out.write_str(&locked(&shared).line(Instant::now()));
        };
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len}  {now}").unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.with_key("now", now));
        Self { inner, going, bar, pulse: None }
    }

    /// A line to `out` after each `silence` in which nothing happened; otherwise nothing.
    #[must_use]
    pub fn heartbeat(inner: Box<dyn Listener>, silence: Duration, out: impl io::Write + Send + 'static) -> Self {
        let going = Arc::new(Mutex::new(Going::default()));
        let (pulse, beats) = channel();
        let shared = Arc::clone(&going);
        thread::spawn(move || watch(&beats, silence, &shared, out));
        Self { inner, going, bar: ProgressBar::hidden(), pulse: Some(pulse) }
    }

    /// Passes events on and shows nothing (`--progress never`, `-q`).
    #[must_use]
    pub fn none(inner: Box<dyn Listener>) -> Self {
        Self { inner, going: Arc::default(), bar: ProgressBar::hidden(), pulse: None }
    }

    fn move_bar(&self, event: &Event<'_>) {
        match event {
            Event::Started { plan, .. } => {
                self.bar.set_length(plan.len() as u64);
                self.bar.enable_steady_tick(Duration::from_millis(250));
            }
            Event::CaseFinished { .. } => self.bar.inc(1),
            Event::Finished { .. } => self.bar.finish_and_clear(),
            Event::CaseStarted { .. } | Event::Waiting { .. } => {}
        }
    }
}

impl Listener for Progress {
    fn notice(&mut self, event: &Event<'_>) {
        locked(&self.going).notice(event, Instant::now());
        if let Some(pulse) = &self.pulse {
            // The watcher is gone when its stream was closed; nothing is lost then.
            let _ = pulse.send(());
        }
        self.move_bar(event);
        let inner = &mut self.inner;
        self.bar.suspend(|| inner.notice(event));
    }
}

fn locked(going: &Mutex<Going>) -> std::sync::MutexGuard<'_, Going> {
    going.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends when the run ends: the sender is dropped with its [`Progress`].
fn watch(beats: &Receiver<()>, silence: Duration, going: &Mutex<Going>, mut out: impl io::Write) {
    loop {
        match beats.recv_timeout(silence) {
            Ok(()) => {}
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                let line = locked(going).heartbeat(Instant::now());
                if !line.is_empty() && writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
                    return;
                }
            }
        }
    }
}

/// What runs now.
#[derive(Debug, Default)]
struct Going {
    planned: usize,
    finished: usize,
    running: Vec<Running>,
}

#[derive(Debug)]
struct Running {
    label: String,
    since: Instant,
    waits_until: Option<Instant>,
}

impl Going {
    fn notice(&mut self, event: &Event<'_>, now: Instant) {
        match event {
            Event::Started { plan, .. } => self.planned = plan.len(),
            Event::CaseStarted { case } => {
                self.running.push(Running { label: case.label(), since: now, waits_until: None });
            }
            Event::Waiting { case, seconds } => self.wait(case, now.checked_add(Duration::from_secs(*seconds))),
            Event::CaseFinished { result } => {
                self.finished += 1;
                let label = result.label();
                self.running.retain(|running| running.label != label);
            }
            Event::Finished { .. } => *self = Self::default(),
        }
    }

    fn wait(&mut self, case: &PlannedCase, until: Option<Instant>) {
        let label = case.label();
        if let Some(running) = self.running.iter_mut().find(|running| running.label == label) {
            running.waits_until = until;
        }
    }

    /// The case that has run longest.
    fn slowest(&self, now: Instant) -> Option<String> {
        let slowest = self.running.iter().min_by_key(|running| running.since)?;
        let label = escape(&slowest.label);
        let left = slowest.waits_until.map(|until| until.saturating_duration_since(now).as_secs()).filter(|left| *left > 0);
        Some(match left {
            Some(left) => format!("{label} waits on purpose, {left} s left"),
            None => format!("{label} {} s", now.saturating_duration_since(slowest.since).as_secs()),
        })
    }

    fn line(&self, now: Instant) -> String {
        escape_to_width(&self.slowest(now).unwrap_or_default(), LONGEST_LINE)
    }

    /// Empty when nothing runs.
    fn heartbeat(&self, now: Instant) -> String {
        let slowest =
            self.slowest(now).map(|slowest| format!("still running: {slowest} ({} of {} done)", self.finished, self.planned));
        slowest.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(case: &str) -> PlannedCase {
        PlannedCase {
            case: case.into(),
            variant: String::new(),
            title: String::new(),
            file: String::new(),
            requirements: Vec::new(),
            requests: 0,
            probes: 0,
            authorizations: 0,
            waits: 0,
        }
    }

    #[test]
    fn the_slowest_case_is_named_and_a_wait_is_counted_down() {
        let (slow, fast) = (planned("tls.slow"), planned("tls.fast\u{1b}"));
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut going = Going { planned: 2, ..Going::default() };
        going.notice(&Event::CaseStarted { case: &slow }, start);
        going.notice(&Event::CaseStarted { case: &fast }, after(1));
        assert_eq!(going.line(after(4)), "tls.slow 4 s");
        going.notice(&Event::Waiting { case: &slow, seconds: 41 }, after(4));
        assert_eq!(going.line(after(5)), "tls.slow waits on purpose, 40 s left");
        assert_eq!(going.heartbeat(after(60)), "still running: tls.slow 60 s (0 of 2 done)");
        going.running.remove(0);
        assert_eq!(going.line(after(3)), "tls.fast\\u{1b} 2 s");
    }

    struct Deaf;
    impl Listener for Deaf {
        fn notice(&mut self, _: &Event<'_>) {}
    }

    struct Heard(Sender<String>);
    impl io::Write for Heard {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let text = String::from_utf8_lossy(bytes).into_owned();
            self.0.send(text).map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_silent_run_says_that_it_goes_on() {
        let (sender, heard) = channel();
        let mut progress = Progress::heartbeat(Box::new(Deaf), Duration::from_millis(5), Heard(sender));
        progress.notice(&Event::CaseStarted { case: &planned("tls.slow") });
        let line = heard.recv_timeout(Duration::from_secs(20)).expect("a line within the deadline of the test");
        assert!(line.starts_with("still running: tls.slow"), "{line}");
        drop(progress);
        while heard.recv_timeout(Duration::from_secs(20)).is_ok() {}
    }

    #[test]
    fn events_reach_the_printer_below_whatever_is_shown() {
        struct Count(Sender<String>);
        impl Listener for Count {
            fn notice(&mut self, _: &Event<'_>) {
                self.0.send("event".to_owned()).expect("the test listens");
            }
        }
        let (sender, heard) = channel();
        for mut progress in [
            Progress::none(Box::new(Count(sender.clone()))),
            Progress::with_target(Box::new(Count(sender.clone())), ProgressDrawTarget::hidden()),
        ] {
            progress.notice(&Event::CaseStarted { case: &planned("tls.slow") });
        }
        assert_eq!(heard.try_iter().count(), 2);
    }
}
