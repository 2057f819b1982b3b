//! The person at the keyboard during a manual login: lines go to stderr, the browser is opened, an address can be pasted.

use futures_util::future::BoxFuture;
use url::Url;

use super::output;
use crate::login::Sitting;
use crate::target::MemberKey;
use crate::vocabulary::Secret;

/// Talks to whoever started the run.
pub struct Keyboard {
    /// True when somebody can be asked.
    pub is_terminal: bool,
}

impl Sitting for Keyboard {
    fn tell(&self, line: &str) {
        output::complain(line);
    }

    fn open(&self, url: &Url) -> bool {
        self.is_terminal && webbrowser::open(url.as_str()).is_ok()
    }

    fn pasted(&self, question: &str) -> BoxFuture<'_, Option<Secret>> {
        let question = question.to_owned();
        Box::pin(self.ask("redirect_url", question))
    }

    fn code(&self, member: MemberKey) -> BoxFuture<'_, Option<Secret>> {
        Box::pin(self.ask("one_time_code", format!("One-time code of the {} member: ", member.word())))
    }
}

impl Keyboard {
    async fn ask(&self, label: &'static str, question: String) -> Option<Secret> {
        if !self.is_terminal {
            return None;
        }
        let answer = tokio::task::spawn_blocking(move || {
            let terminal = console::Term::stderr();
            terminal.write_str(&question).ok()?;
            terminal.read_line().ok()
        });
        let answer = answer.await.ok().flatten()?;
        (!answer.trim().is_empty()).then(|| Secret::new(label, answer.trim()))
    }
}
