//! All facts of an observation, and what the run learns from it.

use serde_json::{Value, json};

use super::asked::For;
use super::launch::Launch;
use super::stand::ClientStand;
use super::{assertion, authorize, jti, refresh, registration, resource, signed_assertion, token};
use crate::verbs::Context;

/// A longer text of a client is cut.
const LONGEST_TEXT: usize = 200;
/// A longer list of a client is cut.
const LONGEST_LIST: usize = 100;

/// The facts under `observed`.
pub fn of(launches: &[Launch<'_>], stand: &dyn ClientStand, by_udap: bool) -> Value {
    capped(all(launches, stand, by_udap))
}

/// The same with texts and lists of the client cut to what anybody reads.
fn capped(value: Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > LONGEST_TEXT => text.chars().take(LONGEST_TEXT).collect::<String>().into(),
        Value::Array(items) => items.into_iter().take(LONGEST_LIST).map(capped).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, capped(value))).collect(),
        other => other,
    }
}

fn all(launches: &[Launch<'_>], stand: &dyn ClientStand, by_udap: bool) -> Value {
    let places = stand.places();
    let none_is_empty = !launches.is_empty();
    let came = |launch: &Launch<'_>| launch.asked.iter().any(|asked| asked.purpose != For::Other);
    json!({
        "launches": launches.len(),
        "came": launches.iter().any(came),
        "finished": none_is_empty && launches.iter().all(Launch::is_finished),
        "read": none_is_empty && launches.iter().all(Launch::has_read),
        "discovery": resource::discovery(launches),
        "authorize": authorize::facts(launches, &stand.apps(), &places, by_udap),
        "token": token::facts(launches),
        "resource": resource::facts(launches),
        "refresh": refresh::facts(launches),
        "tls": resource::versions(launches),
        "registration": registration::facts(launches, &places),
        "assertion": assertion::facts(launches, &places),
        "signed_assertion": signed_assertion::facts(launches, &stand.apps(), &places),
        "jti_reused": jti::is_reused(launches),
    })
}

/// Whether a client came as far as the fault, and whether it went on, with a server whose fault shows at this stage.
pub fn reaction(launch: &Launch<'_>, stage: &str) -> (bool, bool) {
    match stage {
        "redirect" => (!launch.codes.is_empty(), brings_code(launch)),
        "token" => (launch.is_finished(), !launch.uses().is_empty() || launch.refreshes().next().is_some()),
        "metadata" => (launch.of(For::Udap).next().is_some(), goes_by_udap(launch)),
        "handshake" => (launch.greetings > 0, launch.asked.iter().any(|asked| is_old(asked.raw.tls.as_deref()))),
        "certificate" => (launch.greetings > 0, launch.asked.iter().any(|asked| !asked.is_plain && asked.purpose != For::Other)),
        _ => (false, false),
    }
}

fn brings_code(launch: &Launch<'_>) -> bool {
    launch.exchanges().any(|asked| asked.parameter("code").is_some_and(|code| launch.codes.iter().any(|sent| sent.code == code)))
}

/// A client that registers itself, or goes on with an id that a registration gave or an assertion that names one.
fn goes_by_udap(launch: &Launch<'_>) -> bool {
    launch.of(For::Register).next().is_some() || launch.assertions().next().is_some()
}

fn is_old(version: Option<&str>) -> bool {
    version.is_some_and(|version| !matches!(version, "TLSv1.2" | "TLSv1.3"))
}

/// Notes what the client was seen to do, for rows and cases that depend on it.
pub fn learn(context: &Context, launches: &[Launch<'_>]) {
    let registered = launches.iter().any(|launch| launch.of(For::Register).next().is_some());
    let grants = launches.iter().flat_map(Launch::statements).map(|(_, text)| super::statement::Statement::read(&text));
    let grants: Vec<String> = grants
        .flat_map(|own| own.texts("grant_types").unwrap_or_default().into_iter().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let signs = launches.iter().any(|launch| launch.assertions().next().is_some());
    let community = launches.iter().flat_map(|launch| launch.of(For::Udap)).any(|asked| asked.has_in_query("community"));
    let seen = [
        (launches.iter().any(Launch::is_finished), "client.launched"),
        (registered, "udap"),
        (registered, "oauth.dynamic-registration"),
        (grants.iter().any(|grant| grant == "authorization_code"), "client.authorization-code"),
        (grants.iter().any(|grant| grant == "client_credentials"), "client.client-credentials"),
        (community, "client.community"),
        (signs && !registered, "smart.client-confidential-asymmetric"),
    ];
    seen.into_iter().filter(|(did, _)| *did).for_each(|(_, name)| context.observe(name));
}
