//! The closed list of verbs: names to documentation.

use super::VerbHelp;
use super::help;

/// The documentation of every verb, in the order of the reference.
pub static HELPS: [&VerbHelp; 14] = [
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
    &help::OFFER,
    &help::HANDSHAKE,
    &help::UNTIL,
];
