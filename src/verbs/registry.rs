//! The closed list of verbs: names to what they do and to their documentation.

use super::audit::AuditFind;
use super::client::{Await, WithFault};
use super::discovery::{Agreement, Canary, CapabilityStatement, Discover, OpenId, Smart, Udap};
use super::fhir::Fhir;
use super::http::Http;
use super::oauth::{Attempt, Authorize, ClientAssertion, Given, Introspect, Refresh, Revoke, Token};
use super::openid::{IdToken, UserInfo};
use super::tls::{TlsFlight, TlsHandshake, TlsOffer, TlsRevocation, TlsSuites, TlsSurvey};
use super::udap::{JtiLadder, Register, Sign, TieredLogin, UdapAuthorize, UdapIdToken, UdapToken};
use super::wait::Wait;
use super::withdraw::Withdraw;
use super::{Verb, VerbHelp, help};

/// The documentation of every verb, in the order of the reference.
pub static HELPS: [&VerbHelp; 42] = [
    &help::GET,
    &help::OPTIONS,
    &help::POST,
    &help::SMART,
    &help::CAPABILITY_STATEMENT,
    &help::OPENID,
    &help::UDAP,
    &help::AGREEMENT,
    &help::CANARY,
    &help::SEARCH,
    &help::READ,
    &help::SURVEY,
    &help::OFFER,
    &help::FLIGHT,
    &help::SUITES,
    &help::HANDSHAKE,
    &help::REVOCATION,
    &help::UNTIL,
    &help::AUTHORIZE,
    &help::TOKEN,
    &help::REFRESH,
    &help::ATTEMPT,
    &help::REVOKE,
    &help::INTROSPECT,
    &help::CLIENT_ASSERTION,
    &help::GIVEN,
    &help::ID_TOKEN,
    &help::USERINFO,
    &help::BATCH,
    &help::CREATE,
    &help::SIGN,
    &help::REGISTER,
    &help::UDAP_TOKEN,
    &help::UDAP_AUTHORIZE,
    &help::TIERED,
    &help::UDAP_ID_TOKEN,
    &help::JTI_LADDER,
    &help::DISCOVER,
    &help::CLIENT_AWAIT,
    &help::SERVE_WITH_FAULT,
    &help::AUDIT_FIND,
    &help::WITHDRAW,
];

static VERBS: [&dyn Verb; 42] = [
    &Http::GET,
    &Http::OPTIONS,
    &Http::POST,
    &Smart,
    &CapabilityStatement,
    &OpenId,
    &Udap,
    &Agreement,
    &Canary,
    &Fhir::SEARCH,
    &Fhir::READ,
    &TlsSurvey,
    &TlsOffer,
    &TlsFlight,
    &TlsSuites,
    &TlsHandshake,
    &TlsRevocation,
    &Wait,
    &Authorize,
    &Token,
    &Refresh,
    &Attempt,
    &Revoke,
    &Introspect,
    &ClientAssertion,
    &Given,
    &IdToken,
    &UserInfo,
    &Fhir::BATCH,
    &Fhir::CREATE,
    &Sign,
    &Register,
    &UdapToken,
    &UdapAuthorize,
    &TieredLogin,
    &UdapIdToken,
    &JtiLadder,
    &Discover,
    &Await,
    &WithFault,
    &AuditFind,
    &Withdraw,
];

/// Every verb, in the order of the reference.
#[must_use]
pub fn all() -> &'static [&'static dyn Verb] {
    &VERBS
}

/// The verb of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Verb> {
    VERBS.into_iter().find(|verb| verb.help().name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_verb_is_found_by_its_name_and_documented_in_the_same_place() {
        for (verb, help) in all().iter().zip(HELPS) {
            assert!(std::ptr::eq(verb.help(), help), "{}", help.name);
            assert!(find(help.name).is_some_and(|found| std::ptr::eq(found.help(), help)), "{}", help.name);
        }
        assert!(find("http.delete").is_none());
    }

    #[test]
    fn names_of_arguments_and_facts_are_unique_and_explained() {
        for help in HELPS {
            let arguments: BTreeSet<&str> = help.arguments.iter().map(|argument| argument.name).collect();
            let facts: BTreeSet<&str> = help.facts.iter().map(|fact| fact.path).collect();
            assert_eq!((arguments.len(), facts.len()), (help.arguments.len(), help.facts.len()), "{}", help.name);
            assert!(help.summary.ends_with('.') && help.facts.iter().all(|fact| !fact.help.is_empty()), "{}", help.name);
        }
    }
}
