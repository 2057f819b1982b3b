//! What becomes of the approved scopes: what the token really can do, and what the response says it can.

use super::super::site::Site;
use super::scopes::{self, Context, Scope};

/// The scopes that the token carries.
pub(in super::super) fn effective(site: &Site, approved: &[String]) -> Vec<String> {
    let mut scopes = approved.to_vec();
    if site.has("grants-no-resources") {
        scopes.retain(|scope| matches!(Scope::parse(scope), Some(Scope::Word(_))));
    }
    if site.has("grants-read-without-search") {
        scopes = rewrite(&scopes, "r", "");
    }
    if site.has("grants-granular-only") {
        scopes = rewrite(&scopes, "rs", "?status=active");
    }
    if site.has("grants-v2-syntax") {
        scopes = rewrite(&scopes, "rs", "");
    }
    if site.has("grants-wildcard") {
        scopes = wildcards(&scopes);
    }
    if site.has("over-grants") {
        scopes.push("patient/*.cruds".to_owned());
    }
    for (fault, scope) in
        [("over-grants-letters", "patient/ExplanationOfBenefit"), ("over-grants-user-letters", "user/ExplanationOfBenefit")]
    {
        if site.has(fault) {
            let asked = format!("{scope}.read");
            scopes.iter_mut().filter(|own| **own == asked).for_each(|own| *own = format!("{scope}.cruds"));
        }
    }
    if site.has("grants-foreign-scope") {
        scopes.push("api://7f3a/app.access".to_owned());
    }
    if site.has("over-grants-system") {
        scopes.push("system/*.read".to_owned());
    }
    if site.has("over-grants-user") {
        scopes.push("user/*.rs".to_owned());
    }
    scopes
}

/// The `scope` member of the token response.
pub(in super::super) fn printed(site: &Site, scopes: &[String]) -> String {
    let mut printed = scopes.to_vec();
    if site.has("grants-out-of-order") {
        printed = rewrite(&printed, "sr", "");
        printed.reverse();
    }
    if site.has("launch-patient-not-echoed") {
        printed.retain(|scope| scope != "launch/patient");
    }
    if site.has("offline-access-not-echoed") {
        printed.retain(|scope| scope != "offline_access");
    }
    if site.has("grants-openid-twice") && printed.iter().any(|scope| scope == "openid") {
        printed.push("openid".to_owned());
    }
    printed.join(" ")
}

/// Every resource scope with these letters and this query.
fn rewrite(scopes: &[String], letters: &str, query: &str) -> Vec<String> {
    let rewritten = scopes.iter().map(|written| match Scope::parse(written) {
        Some(Scope::Resource(scope)) => format!("{}/{}.{letters}{query}", word(scope.context), scope.kind),
        _ => written.clone(),
    });
    scopes::split(&rewritten.collect::<Vec<_>>().join(" "))
}

/// One wildcard for each context that is there.
fn wildcards(scopes: &[String]) -> Vec<String> {
    let widened = scopes.iter().map(|written| match Scope::parse(written) {
        Some(Scope::Resource(scope)) => format!("{}/*.rs", word(scope.context)),
        _ => written.clone(),
    });
    scopes::split(&widened.collect::<Vec<_>>().join(" "))
}

fn word(context: Context) -> &'static str {
    if context == Context::Patient { "patient" } else { "user" }
}
