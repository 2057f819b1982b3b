//! The line of authorizations at one redirect URI: who is next, who is on the way, and who has come back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use url::Url;

use super::callback::{Callback, is_same};
use super::pages;
use crate::net::Clock;

/// A browser that asked for the progress so recently waits for the next authorization.
const STILL_THERE: Duration = Duration::from_secs(5);

/// One authorization for a person.
#[derive(Debug, Clone)]
pub(super) struct Errand {
    /// The path of the redirect URI.
    pub path: String,
    pub state: String,
    /// The authorization request.
    pub go: Url,
    pub member: &'static str,
    pub instruction: String,
    /// The person has nothing special to do.
    pub is_plain: bool,
    /// For instance `3 of 12`.
    pub progress: String,
}

/// What the listener answers.
#[derive(Debug)]
pub(super) enum Reply {
    /// A redirect.
    Go(Url),
    /// A page with its status.
    Page(u16, String),
}

struct Waiting {
    ticket: u64,
    errand: Errand,
    is_sent: bool,
    answer: oneshot::Sender<Callback>,
}

#[derive(Default)]
struct Line {
    next_ticket: u64,
    waiting: VecDeque<Waiting>,
    /// Who signed in last.
    member: Option<&'static str>,
    /// When the browser last asked for the progress.
    browser: Option<Duration>,
    strays: usize,
}

/// The line and the address that it is served at.
pub(super) struct Window {
    /// What `Host` must be.
    pub authority: String,
    /// The path of the progress page, which nobody can guess.
    pub progress_path: String,
    clock: Arc<dyn Clock>,
    line: Mutex<Line>,
}

impl Window {
    pub(super) fn new(authority: String, secret: &str, clock: Arc<dyn Clock>) -> Self {
        Self { authority, progress_path: format!("/progress-{secret}"), clock, line: Mutex::default() }
    }

    /// The line without those who no longer wait for their answer.
    fn line(&self) -> MutexGuard<'_, Line> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.waiting.retain(|waiting| !waiting.answer.is_closed());
        line
    }

    /// Joins the line.
    pub(super) fn enter(&self, errand: Errand) -> (u64, oneshot::Receiver<Callback>) {
        let (sender, receiver) = oneshot::channel();
        let mut line = self.line();
        line.next_ticket += 1;
        let ticket = line.next_ticket;
        line.waiting.push_back(Waiting { ticket, errand, is_sent: false, answer: sender });
        (ticket, receiver)
    }

    /// Leaves the line when its turn had come; with the number of callbacks that fitted nobody.
    pub(super) fn leave_if_sent(&self, ticket: u64) -> Option<usize> {
        let mut line = self.line();
        let index = line.waiting.iter().position(|waiting| waiting.ticket == ticket && waiting.is_sent)?;
        line.waiting.remove(index);
        Some(std::mem::take(&mut line.strays))
    }

    /// The address to open and what to say, when nobody is on the way and no browser waits for the next.
    pub(super) fn next_to_open(&self) -> Option<(Url, String)> {
        let now = self.clock.elapsed();
        let mut line = self.line();
        let is_there = line.browser.is_some_and(|seen| now.saturating_sub(seen) < STILL_THERE);
        if is_there || line.waiting.iter().any(|waiting| waiting.is_sent) {
            return None;
        }
        let waiting = line.waiting.front_mut()?;
        waiting.is_sent = true;
        let (go, member) = (waiting.errand.go.clone(), waiting.errand.member);
        let text = format!("Sign-in {}: {}", waiting.errand.progress, waiting.errand.instruction);
        line.member = Some(member);
        Some((go, text))
    }

    /// Takes what came to the redirect URI. Each state is good once.
    pub(super) fn callback(&self, path: &str, callback: Callback) -> Reply {
        let mut line = self.line();
        let given = callback.state().unwrap_or_default();
        let fits = |waiting: &Waiting| waiting.is_sent && waiting.errand.path == path && is_same(&given, &waiting.errand.state);
        let Some(waiting) = line.waiting.iter().position(fits).and_then(|index| line.waiting.remove(index)) else {
            line.strays += 1;
            return Reply::Page(400, pages::stray());
        };
        // Nobody hears it when the run was stopped meanwhile.
        let _ = waiting.answer.send(callback);
        self.onward(&mut line)
    }

    /// The progress page, which asks for itself again until the next authorization is there.
    pub(super) fn progress(&self) -> Reply {
        self.onward(&mut self.line())
    }

    /// True for the path of any redirect URI in the line.
    pub(super) fn is_callback(&self, path: &str) -> bool {
        self.line().waiting.iter().any(|waiting| waiting.errand.path == path)
    }

    fn onward(&self, line: &mut Line) -> Reply {
        let member = line.member;
        let Some(waiting) = line.waiting.iter_mut().find(|waiting| !waiting.is_sent) else {
            line.browser = Some(self.clock.elapsed());
            return Reply::Page(200, pages::progress(&self.progress_path));
        };
        waiting.is_sent = true;
        let errand = waiting.errand.clone();
        line.member = Some(errand.member);
        line.browser = None;
        if errand.is_plain && member == Some(errand.member) {
            return Reply::Go(errand.go);
        }
        Reply::Page(200, pages::instruction(&errand))
    }
}
