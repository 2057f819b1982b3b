//! Who launches the client: the app of the selftest, a command, or a person.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::{sleep, timeout};

use super::person::Person;
use crate::cli::output;
use crate::reference::{App, Running, Task};
use crate::verbs::LaunchAsk;
use crate::vocabulary::{Cause, format_duration};

/// How long is waited for what.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The longest that one launch may take.
    pub launch: Duration,
    /// A launch is over when nothing has come for so long.
    pub silence: Duration,
}

/// Who launches the client.
pub enum Launcher {
    /// The app of the selftest.
    App(Arc<App>),
    /// A command of the operator, run once per launch.
    Command(String, Patience),
    /// Whoever reads stderr.
    Person(Person),
}

impl Launcher {
    /// Has the client launched once, and returns when it is done. The sentence says how it ended.
    ///
    /// # Errors
    /// When nobody can launch it.
    pub async fn launch(&self, number: u64, ask: &LaunchAsk, server: &Running) -> Result<String, Cause> {
        match self {
            Self::App(app) => {
                let task = if ask.by_udap { Task::Udap } else { Task::Smart };
                Ok(app.run(task, server).await.map_or_else(|stopped| format!("the app stopped: {stopped}"), |()| "done".into()))
            }
            Self::Command(command, patience) => run(command, number, ask, server, *patience).await,
            Self::Person(person) => Ok(person.launch(number, ask, server).await),
        }
    }
}

async fn run(command: &str, number: u64, ask: &LaunchAsk, server: &Running, patience: Patience) -> Result<String, Cause> {
    let way = if ask.by_udap { "udap" } else { "smart" };
    let text = command.replace("{base}", server.base().as_str()).replace("{as}", way);
    output::complain(&format!("launch {number} ({way}): {}", ask.title));
    let mut child = shell(&text);
    child.env("CARINBB_BASE", server.base().as_str()).env("CARINBB_AS", way).env("CARINBB_LAUNCH", number.to_string());
    // stdout belongs to the result
    child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
    let mut child = child.spawn().map_err(|error| Cause::new("input", format!("--launch-command cannot be run: {error}")))?;
    let ended = match timeout(patience.launch, child.wait()).await {
        Ok(Ok(status)) => said(status),
        Ok(Err(error)) => return Err(Cause::new("input", format!("--launch-command cannot be waited for: {error}"))),
        Err(_) => {
            let _ = child.kill().await;
            format!("the command was ended after {}", format_duration(patience.launch))
        }
    };
    // A command may only press a button: the client goes on when it has ended.
    until_silent(server, patience).await;
    output::complain(&format!("launch {number}: {ended}; {} requests", server.peek_witnessed().len()));
    Ok(ended)
}

fn said(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("the command ended with code {code}"),
        None => "the command was ended by a signal".to_owned(),
    }
}

/// Returns when nothing has come for a while, at last when the launch has taken too long.
pub async fn until_silent(server: &Running, patience: Patience) {
    let mut seen = server.watch_witnessed();
    let silence = async {
        loop {
            tokio::select! {
                changed = seen.changed() => if changed.is_err() { return },
                () = sleep(patience.silence) => return,
            }
        }
    };
    let _ = timeout(patience.launch, silence).await;
}

#[cfg(unix)]
fn shell(text: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(text);
    command
}

#[cfg(not(unix))]
fn shell(text: &str) -> Command {
    let mut command = Command::new("cmd");
    command.arg("/C").arg(text);
    command
}
