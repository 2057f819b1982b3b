//! The reference server as the place where a client is observed: its faults are switched on for one launch and off again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use url::Url;

use super::launcher::Launcher;
use crate::reference::{Running, Witnessed};
use crate::verbs::{ClientExchange, ClientStand, KnownApp, LaunchAsk, Launched, Places};
use crate::vocabulary::{Cause, FaultName};

/// A server and somebody who launches the client.
pub struct Stand {
    server: Arc<Running>,
    launcher: Launcher,
    launches: u64,
    numbers: AtomicU64,
    /// One launch at a time: the faults are the server's.
    turn: Mutex<()>,
}

impl Stand {
    /// A stand whose good launches are looked at so many at a time.
    #[must_use]
    pub fn new(server: Arc<Running>, launcher: Launcher, launches: u64) -> Self {
        Self { server, launcher, launches, numbers: AtomicU64::new(0), turn: Mutex::default() }
    }

    async fn observed(&self, ask: &LaunchAsk) -> Result<Launched, Cause> {
        let _turn = self.turn.lock().await;
        let faults: Result<Vec<FaultName>, _> = ask.faults.iter().map(|name| FaultName::parse(name)).collect();
        let faults = faults.map_err(|error| Cause::new("input", error.to_string()))?;
        let _honest_again = HonestAgain(&self.server);
        self.server.behave(&faults).map_err(|error| Cause::new("input", error.to_string()))?;
        // What came in between is nobody's launch.
        drop(self.server.take_witnessed());
        let before = self.server.greetings();
        let number = self.numbers.fetch_add(1, Ordering::Relaxed) + 1;
        let ended = self.launcher.launch(number, ask, &self.server).await?;
        let greetings = self.server.greetings().saturating_sub(before);
        let (seen, whole) = self.server.take_witnessed();
        if !whole {
            return Err(Cause::new("limit", "the client sent more requests in one launch than are looked at"));
        }
        Ok(Launched { exchanges: seen.into_iter().map(exchange).collect(), greetings: greetings as u64, ended })
    }
}

/// However a launch ends, the server is honest afterwards.
struct HonestAgain<'a>(&'a Running);

impl Drop for HonestAgain<'_> {
    fn drop(&mut self) {
        // no fault at all is never refused
        let _ = self.0.behave(&[]);
    }
}

impl ClientStand for Stand {
    fn places(&self) -> Places {
        let at = |path: &str| below(self.server.authorization_origin(), path);
        Places {
            base: self.server.base().clone(),
            authorize: at("/authorize"),
            token: at("/token"),
            register: at("/register"),
            userinfo: at("/userinfo"),
        }
    }

    fn apps(&self) -> Vec<KnownApp> {
        let apps = self.server.clients().iter();
        apps.map(|app| KnownApp { client_id: app.id.clone(), redirect_uri: app.redirect_uri.to_string() }).collect()
    }

    fn launches(&self) -> u64 {
        self.launches
    }

    fn launch<'a>(&'a self, ask: &'a LaunchAsk) -> BoxFuture<'a, Result<Launched, Cause>> {
        Box::pin(self.observed(ask))
    }
}

fn below(origin: &Url, path: &str) -> Url {
    let mut url = origin.clone();
    url.set_path(path);
    url
}

fn exchange(seen: Witnessed) -> ClientExchange {
    let Witnessed { at, tls, method, url, headers, body, status, reply_headers, reply_body } = seen;
    ClientExchange { at, tls, method, url, headers, body, status, reply_headers, reply_body }
}

/// What the record calls a client of this name.
#[must_use]
pub fn subject(name: &str) -> String {
    format!("urn:carinbb:client:{name}")
}
