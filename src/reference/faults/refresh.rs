//! Faults and quirks of refresh tokens.

use super::fault::{Fault, fault, quirk};

const G: &str = "refresh";

pub(super) const TABLE: &[Fault] = &[
    fault(G, "no-refresh-token", "offline_access gives no refresh token"),
    fault(G, "refresh-token-without-offline-access", "a refresh token comes though offline_access was not granted"),
    fault(G, "refresh-refused", "no refresh token works"),
    fault(G, "refresh-widens-scope", "a refresh can ask for more than the grant"),
    fault(
        G,
        "refresh-widens-scope-by-letters",
        "a refresh that asks for more than the grant gets all that it asks for, with .cruds",
    ),
    fault(G, "refresh-widens-scope-to-wildcard", "a refresh that asks for more than the grant gets patient/*.cruds"),
    fault(G, "refresh-adds-letters", "a refresh without scope gets .cruds where .read was granted"),
    fault(G, "refresh-adds-wildcard", "a refresh without scope gets user/*.rs on top of the grant"),
    fault(G, "refresh-loses-scope", "a refresh without scope loses ExplanationOfBenefit"),
    fault(G, "refresh-narrow-refused", "a refresh cannot ask for less than the grant"),
    fault(G, "refresh-narrow-ignored", "a refresh that asks for less gets all"),
    fault(G, "refresh-without-scope", "the refresh response has no scope"),
    fault(G, "refresh-without-expires-in", "the refresh response has no expires_in"),
    fault(G, "refresh-loses-patient", "the refresh response names no patient"),
    fault(G, "refresh-changes-patient", "the refresh response names another patient"),
    fault(G, "refresh-response-cacheable", "the refresh response may be cached"),
    fault(G, "refresh-not-bound-to-client", "another app can use a refresh token"),
    fault(G, "unknown-refresh-token-accepted", "a refresh token that never was is taken"),
    fault(G, "altered-refresh-token-accepted", "only the first half of a refresh token counts"),
    fault(G, "revoked-refresh-token-accepted", "a revoked refresh token still works"),
    fault(G, "replaced-refresh-token-accepted", "refresh tokens rotate, and the old one goes on working"),
    quirk(G, "refresh-rotates", "each refresh gives a new refresh token, and the old one works no more"),
    quirk(G, "refresh-wider-cut-down", "a refresh that asks for more than the grant gets the grant"),
    quirk(G, "refresh-token-for-public-client", "a public app gets refresh tokens too"),
    quirk(G, "offline-access-not-echoed", "offline_access is not among the granted scopes though a refresh token comes"),
];
