//! Documentation of what every authorization request takes, whoever registered the client.

use super::facts::argument;
use crate::verbs::{ArgumentHelp, Kind};

pub(super) const MEMBER: ArgumentHelp =
    argument!("member", Kind::Word(&["first", "second", "dependant"]), "who signs in; first without it");
pub(super) const STATE: ArgumentHelp = argument!("state", Kind::Text, "the state; random without it");
pub(super) const REDIRECT_URI: ArgumentHelp = argument!("redirect_uri", Kind::Text, "sent instead of the registered one");
pub(super) const RESPONSE_TYPE: ArgumentHelp = argument!("response_type", Kind::Text, "sent instead of code");
pub(super) const AUD: ArgumentHelp = argument!("aud", Kind::Text, "sent instead of the FHIR base; none leaves it out");
pub(super) const PKCE: ArgumentHelp = argument!(
    "pkce",
    Kind::Word(&["S256", "plain", "none", "challenge-only"]),
    "how the code is bound to its verifier; S256 without it. challenge-only: a plain challenge without a method"
);
pub(super) const NONCE: ArgumentHelp = argument!("nonce", Kind::Text, "the nonce; random without it when openid is asked for");
pub(super) const OMIT: ArgumentHelp = argument!("omit", Kind::Texts, "names of parameters that are left out");
pub(super) const DOUBLE: ArgumentHelp = argument!("double", Kind::Texts, "names of parameters that are sent twice");
pub(super) const EXTRA: ArgumentHelp = argument!("extra", Kind::TextTable, "further parameters");
pub(super) const METHOD: ArgumentHelp =
    argument!("method", Kind::Word(&["get", "post"]), "how the browser sends the request; get without it");
pub(super) const APPROVE: ArgumentHelp =
    argument!("approve", Kind::Any, "what the member approves: all, none, or a list of scopes; all without it");
pub(super) const FRESH: ArgumentHelp = argument!("fresh", Kind::Flag, "in a browser that nobody has signed in with");
