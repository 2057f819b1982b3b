//! A person launches the client by hand: told what to do on stderr, asked to press Enter when the client is done.

use std::io::BufRead;

use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

use super::launcher::{Patience, until_silent};
use crate::cli::output;
use crate::reference::{Running, Witnessed};
use crate::verbs::LaunchAsk;
use crate::vocabulary::format_duration;

/// Whoever reads stderr.
pub struct Person {
    patience: Patience,
    /// A message for each Enter; absent where nobody can type.
    enter: Option<Mutex<mpsc::UnboundedReceiver<()>>>,
}

impl Person {
    /// Somebody who can press Enter when `can_type`, else somebody who can only launch.
    #[must_use]
    pub fn new(patience: Patience, can_type: bool) -> Self {
        Self { patience, enter: can_type.then(keys) }
    }

    /// Tells what to do, and returns when the client has used its token and is silent, when Enter was pressed, or when the time is over.
    pub async fn launch(&self, number: u64, ask: &LaunchAsk, server: &Running) -> String {
        let how =
            if ask.by_udap { "let your app find the server by UDAP, register itself and launch" } else { "launch your app" };
        output::complain(&format!("\nLaunch {number}: {}\n  Now {how}, with the FHIR base {}", ask.title, server.base()));
        let end = match self.enter {
            Some(_) => "Press Enter when the app has finished or refuses to go on",
            None => "It counts as ended when the app has read data, or when the time is over",
        };
        output::complain(&format!("  {end} (at most {}).", format_duration(self.patience.launch)));
        let ended = timeout(self.patience.launch, async {
            tokio::select! {
                () = self.pressed() => "Enter was pressed",
                () = self.used(server) => "the app has used its token",
            }
        });
        let ended = ended.await.map_or_else(|_| "the time was over".to_owned(), str::to_owned);
        output::complain(&format!("  {ended}; {} requests", server.peek_witnessed().len()));
        ended
    }

    async fn pressed(&self) {
        if let Some(enter) = &self.enter
            && enter.lock().await.recv().await.is_some()
        {
            return;
        }
        // Nobody can type, or nobody types any more.
        std::future::pending::<()>().await;
    }

    /// Returns when the app has read something with a token and is silent.
    async fn used(&self, server: &Running) {
        let mut seen = server.watch_witnessed();
        while !server.peek_witnessed().iter().any(|own| is_read(own, server)) {
            if seen.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
        until_silent(server, self.patience).await;
    }
}

fn is_read(seen: &Witnessed, server: &Running) -> bool {
    let below = seen.url.strip_prefix(server.base().as_str()).is_some_and(|path| !path.contains(".well-known") && path.len() > 1);
    let has_token = seen.headers.iter().any(|(name, _)| name == "authorization") || seen.url.contains("access_token=");
    below && has_token && (200..300).contains(&seen.status)
}

/// A thread that waits for lines: stdin cannot be read in a way that can be given up.
fn keys() -> Mutex<mpsc::UnboundedReceiver<()>> {
    let (tell, told) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() || tell.send(()).is_err() {
                return;
            }
        }
    });
    Mutex::new(told)
}
