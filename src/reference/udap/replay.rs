//! Which `jti` was used by whom: each once until its JWT is of no use any more, and freely again afterwards.

use std::collections::BTreeMap;
use std::time::Instant;

use openssl::sha::sha256;

use super::super::site::Site;
use super::place::Place;

/// One use of a JWT, as far as its being the first one matters.
#[derive(Debug, Clone)]
pub(super) struct Nonce {
    pub(super) issuer: String,
    pub(super) jti: String,
    /// When it may be used again.
    pub(super) until: i64,
    /// Of the whole JWT.
    pub(super) digest: [u8; 32],
    pub(super) connection: usize,
}

impl Nonce {
    /// The use of this JWT by this issuer.
    pub(super) fn new(issuer: &str, jti: String, until: i64, jwt: &str, connection: usize) -> Self {
        Self { issuer: issuer.to_owned(), jti, until, digest: sha256(jwt.as_bytes()), connection }
    }
}

#[derive(Debug)]
struct Use {
    nonce: Nonce,
    at: i64,
    instant: Instant,
}

/// What was used at one endpoint.
#[derive(Debug, Default)]
pub(super) struct Uses {
    by_issuer: BTreeMap<(String, String), Use>,
}

/// Whether this was used before; keeps nothing, unless a fault burns what may still be refused for something else.
pub(super) fn is_replay(site: &Site, place: &'static Place, nonce: &Nonce, burns: bool) -> bool {
    let mut uses = site.udap.uses(place);
    let used = is_used(site, place, nonce, &uses);
    if !used && burns {
        keep(site, nonce, &mut uses);
    }
    used
}

/// Keeps a use, unless somebody was faster. The result is whether it was the first.
pub(super) fn take(site: &Site, place: &'static Place, nonce: &Nonce, burnt: bool) -> bool {
    let mut uses = site.udap.uses(place);
    if !burnt && is_used(site, place, nonce, &uses) {
        return false;
    }
    keep(site, nonce, &mut uses);
    true
}

/// Whether this came while another of the same `jti` was under way, and a fault lets both through.
pub(super) fn raced(site: &Site, place: &'static Place, nonce: &Nonce) -> bool {
    let uses = site.udap.uses(place);
    let before = uses.by_issuer.get(&(nonce.issuer.clone(), nonce.jti.clone()));
    site.has(place.replay_race) && before.is_some_and(|before| site.udap.met(&nonce.jti, before.instant))
}

fn keep(site: &Site, nonce: &Nonce, uses: &mut Uses) {
    let kept = Use { nonce: nonce.clone(), at: site.now().unix_timestamp(), instant: Instant::now() };
    uses.by_issuer.insert((nonce.issuer.clone(), nonce.jti.clone()), kept);
}

fn is_used(site: &Site, place: &Place, nonce: &Nonce, uses: &Uses) -> bool {
    let now = site.now().unix_timestamp();
    let Some(before) = uses.by_issuer.get(&(nonce.issuer.clone(), nonce.jti.clone())) else {
        let elsewhere = uses.by_issuer.values().any(|other| other.nonce.jti == nonce.jti && other.nonce.until > now);
        return elsewhere && site.has(place.jti_without_issuer);
    };
    if before.nonce.until <= now {
        return site.has(place.jti_forever);
    }
    let lax = (before.nonce.digest != nonce.digest && site.has(place.replay_of_jti))
        || (now >= before.at + 2 && site.has(place.replay_after_two_seconds))
        || (before.nonce.connection != nonce.connection && site.has(place.replay_per_connection))
        || (site.udap.met(&nonce.jti, before.instant) && site.has(place.replay_race))
        || site.has(place.replay);
    !lax
}

impl Uses {
    /// Whether anybody used this `jti` and it still counts.
    pub(super) fn knows(&self, jti: &str, now: i64) -> bool {
        self.by_issuer.values().any(|used| used.nonce.jti == jti && used.nonce.until > now)
    }
}
