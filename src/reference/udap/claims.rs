//! The claims that software statements and client assertions have in common: audience, times, `jti`.

use serde_json::{Map, Value};

use super::super::site::Site;
use super::doubt::Doubt;
use super::place::Place;

/// The longest time in seconds that a JWT may be valid.
const LONGEST: i64 = 300;
/// How far the clock of a client may be behind; a `jti` is remembered as much longer.
pub(super) const SLOW: i64 = 2;
/// How far the clock of a client may be ahead.
const FAST: i64 = 60;

/// A claim that is text.
pub(super) fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// Whether the JWT is meant for `own`; `neighbour` is the other endpoint of this server.
pub(super) fn audience(site: &Site, place: &Place, claims: &Map<String, Value>, own: &str, neighbour: &str) -> Result<(), Doubt> {
    let named: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(_)) if site.has(place.refuses_aud_array) => return Err(Doubt::Claim("aud is no string")),
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if named.contains(&own) {
        return Ok(());
    }
    let is_nothing = named.iter().all(|one| one.is_empty());
    let base = site.base.as_str();
    let lax = if is_nothing {
        site.has(place.aud_missing)
    } else if named.contains(&neighbour) {
        site.has(place.aud_other_endpoint)
    } else if named.iter().any(|one| one.trim_end_matches('/') == base) {
        site.has(place.aud_base)
    } else {
        site.has(place.aud_other)
    };
    if lax { Ok(()) } else { Err(Doubt::Claim("aud is not this endpoint")) }
}

/// The moment from which on the JWT is of no use, when its times are in order.
pub(super) fn times(site: &Site, place: &Place, claims: &Map<String, Value>) -> Result<i64, Doubt> {
    let now = site.now().unix_timestamp();
    let issued = issued(site, place, claims, now)?;
    let expiry = match claims.get("exp") {
        Some(Value::String(text)) if site.has(place.exp_string) => text.parse().unwrap_or(issued.unwrap_or(now) + LONGEST),
        Some(value) => value.as_i64().ok_or(Doubt::Claim("exp is no whole number"))?,
        None if site.has(place.without_exp) => issued.unwrap_or(now) + LONGEST,
        None => return Err(Doubt::Claim("exp is missing")),
    };
    if expiry + SLOW <= now && !site.has(place.expired) && !site.has("udap-locks-clients") {
        return Err(Doubt::Claim("it has expired"));
    }
    let life = expiry - issued.unwrap_or(now);
    if life > LONGEST && !long_life_passes(site, place, life) {
        return Err(Doubt::Claim("it is valid for more than five minutes"));
    }
    if life == LONGEST && site.has(place.refuses_five_minutes) {
        return Err(Doubt::Claim("it is valid for too long"));
    }
    if (1..=30).contains(&life) && site.has(place.refuses_short_life) {
        return Err(Doubt::Claim("it is valid for too short a time"));
    }
    let later = claims.get("nbf").and_then(Value::as_i64).is_some_and(|begin| begin > now + FAST);
    let before_its_end = claims.get("nbf").and_then(Value::as_i64).is_some_and(|begin| begin < expiry);
    if later && !site.has(place.future_nbf) && !(before_its_end && site.has(place.nbf_before_exp)) {
        return Err(Doubt::Claim("it is not valid yet"));
    }
    Ok(expiry + SLOW)
}

/// An hour is where slightly long ends.
fn long_life_passes(site: &Site, place: &Place, life: i64) -> bool {
    (life < 3600 && site.has(place.lifetime_slightly_long)) || site.has(place.lifetime_any)
}

fn issued(site: &Site, place: &Place, claims: &Map<String, Value>, now: i64) -> Result<Option<i64>, Doubt> {
    let Some(value) = claims.get("iat") else {
        return if site.has(place.without_iat) { Ok(None) } else { Err(Doubt::Claim("iat is missing")) };
    };
    let issued = value.as_i64().ok_or(Doubt::Claim("iat is no whole number"))?;
    if issued > now + FAST && !site.has(place.future_iat) {
        return Err(Doubt::Claim("iat lies in the future"));
    }
    if issued > now && issued <= now + FAST && site.has(place.refuses_clock_skew) {
        return Err(Doubt::Claim("iat lies in the future"));
    }
    Ok(Some(issued))
}

/// The `jti`; `None` only when a fault does without.
pub(super) fn nonce(site: &Site, place: &Place, claims: &Map<String, Value>) -> Result<Option<String>, Doubt> {
    match claims.get("jti") {
        Some(Value::String(jti)) if !jti.is_empty() => Ok(Some(jti.clone())),
        Some(Value::Number(number)) => {
            if site.has(place.jti_number) {
                Ok(Some(number.to_string()))
            } else {
                Err(Doubt::Claim("jti is no string"))
            }
        }
        None | Some(Value::String(_)) if site.has(place.without_jti) => Ok(None),
        _ => Err(Doubt::Claim("jti is missing")),
    }
}

/// Refuses claims that nobody has to know, when the fault for that is on.
pub(super) fn only_known(site: &Site, place: &Place, claims: &Map<String, Value>, known: &[&str]) -> Result<(), Doubt> {
    let extra = claims.keys().any(|name| !known.contains(&name.as_str()));
    if extra && site.has(place.refuses_extra_claim) { Err(Doubt::Claim("a claim is not known")) } else { Ok(()) }
}
