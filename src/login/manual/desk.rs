//! Hands authorizations to a person: through a listener on the loopback redirect URI, or by asking for the address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use url::{Host, Url};

use super::callback::{Callback, is_same};
use super::listener::{Listener, listen};
use super::window::{Errand, Window};
use crate::login::arrival::{Arrival, Stuck, StuckReason, Visit};
use crate::login::redirect::is_redirect;
use crate::login::request::{Approve, AuthorizeMethod, AuthorizeRequest};
use crate::login::sitting::Sitting;
use crate::net::World;

/// How long a person may take for one authorization.
const PATIENCE: Duration = Duration::from_mins(10);
/// How often a person is asked again for an address that is not the one.
const TRIES: usize = 3;

/// Where a person is served. One listener for each redirect URI's host and port, kept for the run.
#[derive(Default)]
pub(in crate::login) struct Desk {
    windows: Mutex<HashMap<(String, u16), Listener>>,
    expected: AtomicU64,
    announced: AtomicU64,
}

impl Desk {
    /// How many authorizations the run will ask for, as far as that is known.
    pub(in crate::login) fn expect(&self, authorizations: u64) {
        self.expected.store(authorizations, Ordering::SeqCst);
    }

    /// Has a person carry out the authorization.
    pub(in crate::login) async fn authorize(&self, world: &World, sitting: &dyn Sitting, request: &AuthorizeRequest) -> Visit {
        if request.method == AuthorizeMethod::Post {
            let why = "a person's browser cannot be made to begin with a POST; use the strategy form";
            return Visit::unsent(Arrival::Unavailable(why.to_owned()));
        }
        let Some(state) = state_of(&request.url) else {
            let why = "an authorization without exactly one state cannot be told from a forged one; use the strategy form";
            return Visit::unsent(Arrival::Unavailable(why.to_owned()));
        };
        let number = self.announced.fetch_add(1, Ordering::SeqCst) + 1;
        let expected = self.expected.load(Ordering::SeqCst).max(number);
        if number == 1 {
            sitting.tell(&format!("A person is needed for about {expected} sign-ins or consents, one after the other."));
        }
        let progress = format!("{number} of {expected}");
        let arrival = match self.window(world, &request.redirect_uri).await {
            Some(window) => through(&window, world, sitting, request, state, progress).await,
            None => by_question(sitting, request, &state, &progress).await,
        };
        Visit::unsent(arrival)
    }

    async fn window(&self, world: &World, redirect_uri: &Url) -> Option<Arc<Window>> {
        let host = loopback_host(redirect_uri)?;
        let port = redirect_uri.port_or_known_default()?;
        let mut windows = self.windows.lock().await;
        if let Some(listener) = windows.get(&(host.clone(), port)) {
            return Some(listener.window());
        }
        let listener = listen(&host, port, Arc::clone(&world.clock), &world.random.state()).await?;
        let window = listener.window();
        windows.insert((host, port), listener);
        Some(window)
    }
}

/// Waits at the listener. The time of a person begins when the browser is sent off, not when it waits in line.
async fn through(
    window: &Arc<Window>,
    world: &World,
    sitting: &dyn Sitting,
    request: &AuthorizeRequest,
    state: String,
    progress: String,
) -> Arrival {
    let member = request.member.word();
    let is_plain = request.approve == Approve::All && !request.fresh;
    let path = request.redirect_uri.path().to_owned();
    let errand = Errand { path, state, go: request.url.clone(), member, instruction: instruction(request), is_plain, progress };
    let (ticket, mut answer) = window.enter(errand);
    send_off(window, sitting);
    loop {
        let sleep = world.clock.sleep(PATIENCE);
        tokio::select! {
            came = &mut answer => return came.map_or_else(|_| given_up(0), |callback| arrived(callback, &request.redirect_uri)),
            () = sleep => {
                if let Some(strays) = window.leave_if_sent(ticket) {
                    send_off(window, sitting);
                    return given_up(strays);
                }
            }
        }
    }
}

/// Opens the browser for the next in line, unless one is on its way or waits for the next already.
fn send_off(window: &Window, sitting: &dyn Sitting) {
    if let Some((url, line)) = window.next_to_open() {
        sitting.tell(&line);
        sitting.tell(url.as_str());
        sitting.open(&url);
    }
}

fn arrived(callback: Callback, redirect_uri: &Url) -> Arrival {
    let mut url = redirect_uri.clone();
    url.set_query(callback.query.as_deref());
    match callback.fields {
        Some(fields) => Arrival::Posted { url, fields },
        None => Arrival::Redirected(url),
    }
}

fn given_up(strays: usize) -> Arrival {
    let minutes = PATIENCE.as_secs() / 60;
    let why = if strays == 0 {
        format!("nobody came back to the redirect URI within {minutes} minutes")
    } else {
        format!("nobody came back with the right state within {minutes} minutes; {strays} callbacks had no or another state")
    };
    Arrival::Stuck(Box::new(Stuck::new(StuckReason::NoCallback, why)))
}

/// For redirect URIs that we cannot listen on: the person copies the address from the browser.
async fn by_question(sitting: &dyn Sitting, request: &AuthorizeRequest, state: &str, progress: &str) -> Arrival {
    sitting.tell(&format!("Sign-in {progress}: {}", instruction(request)));
    sitting.tell(request.url.as_str());
    sitting.open(&request.url);
    for _ in 0..TRIES {
        let Some(pasted) = sitting.pasted("The address that the browser was sent to in the end: ").await else { break };
        match Url::parse(pasted.expose().trim()) {
            Ok(url) if !is_redirect(&url, &request.redirect_uri) => sitting.tell("That is not the redirect URI."),
            Ok(url) if state_of(&url).is_some_and(|given| is_same(&given, state)) => return Arrival::Redirected(url),
            Ok(_) => sitting.tell("That address has no or another state; it belongs to another authorization."),
            Err(_) => sitting.tell("That is no address."),
        }
    }
    let why = "no usable address of the redirect URI was given";
    Arrival::Stuck(Box::new(Stuck::new(StuckReason::NoCallback, why)))
}

fn instruction(request: &AuthorizeRequest) -> String {
    let member = request.member.word();
    let fresh = if request.fresh { " in a private window, or after signing out," } else { "" };
    match &request.approve {
        Approve::All => format!("sign in{fresh} as the member '{member}' and approve everything"),
        Approve::Only(wanted) => {
            let wanted = crate::vocabulary::escape_to_width(&wanted.join(", "), 300);
            format!("sign in{fresh} as the member '{member}' and approve only {wanted}")
        }
        Approve::Deny => format!("sign in{fresh} as the member '{member}' and say no to the consent"),
    }
}

/// The one `state` of an address.
fn state_of(url: &Url) -> Option<String> {
    let mut states = url.query_pairs().filter(|(name, _)| name == "state").map(|(_, value)| value.into_owned());
    states.next().filter(|state| !state.is_empty() && states.next().is_none())
}

/// The host of a redirect URI that a listener without a certificate can serve.
fn loopback_host(url: &Url) -> Option<String> {
    let is_loopback = match url.host()? {
        Host::Ipv4(address) => IpAddr::from(address).is_loopback(),
        Host::Ipv6(address) => IpAddr::from(address).is_loopback(),
        Host::Domain(name) => name == "localhost",
    };
    (url.scheme() == "http" && is_loopback).then(|| url.host_str().map(str::to_owned)).flatten()
}
