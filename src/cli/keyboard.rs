//! The person at the keyboard during a manual login: lines go to stderr, the browser is opened, an address can be pasted.

use std::process::Stdio;
use std::time::Duration;

use futures_util::future::BoxFuture;
use url::Url;

use super::output;
use crate::login::Sitting;
use crate::target::{CodeSource, MemberKey};
use crate::vocabulary::Secret;

/// How long a program may take to make a one-time code.
const PATIENCE: Duration = Duration::from_mins(1);

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

    fn code<'a>(&'a self, member: MemberKey, source: Option<&'a CodeSource>) -> BoxFuture<'a, Option<Secret>> {
        match source {
            Some(CodeSource::Command(words)) => Box::pin(printed(words)),
            Some(CodeSource::Prompt) | None => {
                Box::pin(self.ask("one_time_code", format!("One-time code of the {} member: ", member.word())))
            }
        }
    }
}

/// The first line that a program prints within a minute. What it prints to stderr is the person's to see.
async fn printed(words: &[String]) -> Option<Secret> {
    let (program, arguments) = words.split_first()?;
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = match output {
        Ok(Ok(output)) if output.status.success() => output,
        Ok(Ok(output)) => {
            output::complain(&format!("no one-time code: {program} ended with {}", output.status));
            return None;
        }
        Ok(Err(error)) => {
            output::complain(&format!("no one-time code: {program} cannot be run: {error}"));
            return None;
        }
        Err(_) => {
            output::complain(&format!("no one-time code: {program} took longer than {} s", PATIENCE.as_secs()));
            return None;
        }
    };
    let text = String::from_utf8(output.stdout).ok()?;
    let code = text.lines().next()?.trim();
    (!code.is_empty()).then(|| Secret::new("one_time_code", code))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_code_is_the_first_line_of_a_program_that_ends_well() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let code = printed(&words(&["printf", " 123456 \\nmore\\n"])).await;
        assert_eq!(code.map(|code| code.expose().to_owned()).as_deref(), Some("123456"));
        for bad in [words(&["false"]), words(&["no-such-program-anywhere"]), words(&["true"]), Vec::new()] {
            assert!(printed(&bad).await.is_none(), "{bad:?}");
        }
        let keyboard = Keyboard { is_terminal: false };
        assert!(keyboard.code(MemberKey::First, Some(&CodeSource::Prompt)).await.is_none());
    }
}
