//! Bytes to and from a target, with deadlines and limits: the one floor that opens sockets and reads clocks.
//!
//! `World` is the door to all of it. Whatever a target does becomes data here; nothing panics, nothing hangs,
//! and no credential leaves for an origin that the operator did not name.

mod clock;
mod dial;
mod driver;
mod guard;
mod http;
mod network;
mod origin;
mod pace;
mod progress;
mod proxy;
mod random;
mod retry_after;
mod stillness;
mod identity;
pub mod tls;
mod within;
mod world;

#[cfg(test)]
mod tests;

pub use clock::{Clock, OffsetClock, SystemClock};
pub use dial::{DialOptions, Dialer, Override, Resolve, SystemResolver};
pub use driver::{DriverClient, DriverError};
pub use guard::{AddressGuard, Forbidden};
pub use http::{
    Answer, Credentials, Failure, FormValue, Http, HttpOptions, HttpOutcome, Limits, MAX_RESENDS, Method, Payload, Request, Sent,
    SignIn, TlsFacts, Trust,
};
pub use identity::{ClientIdentity, install_crypto_provider};
pub use network::{Network, ParseNetworkError};
pub use origin::{Origin, host_of, well_known};
pub use progress::Phase;
pub use proxy::{ParseProxyError, Proxy};
pub use random::{Random, SeededRandom, SystemRandom};
pub use retry_after::retry_after;
pub use stillness::{Acting, Activity, jump_when_still};
pub use within::{Allowance, within};
pub use world::{World, WorldError, WorldOptions};
