//! Documentation of the verb of Tiered OAuth.

use super::authorization;
use super::facts::{argument, facts};
use super::oauth::arrival_facts;
use crate::verbs::{Effect, Kind, VerbHelp};

/// `udap.tiered`
pub static TIERED: VerbHelp = VerbHelp {
    name: "udap.tiered",
    summary: "Sends the authorization request of a client that registered itself, with an identity provider of ours in idp, signs the member in there at once, and tells what the data holder did with the provider and where the browser ended.",
    effect: Effect::Login,
    arguments: &[
        argument!("client", Kind::Text, "which client, as in udap.register; tiered without it"),
        argument!(
            "provider",
            Kind::Any,
            "how the provider behaves: name (which one; main without it, a name that begins with new has an address that no data holder knows), metadata (what is changed in its signed metadata, as in udap.register), status (in place of the metadata), scopes (that it offers), plain_endpoints (other: the unsigned ones differ), registration (the status of a refusal), state (right, wrong, missing), error (in place of a code), code (new, used, or a handle), iss (beside the code), token (right, refused, without-id-token), id_token (what is changed in it; {own} is the provider, {client_id} the data holder), userinfo (claims that it says otherwise), hold (the browser is kept and the code not delivered)"
        ),
        argument!(
            "idp",
            Kind::Text,
            "sent as idp; the provider without it, none leaves it out; {provider} is its address, {place} the address without its scheme"
        ),
        authorization::MEMBER,
        authorization::REDIRECT_URI,
        authorization::PKCE,
        authorization::EXTRA,
        authorization::APPROVE,
        argument!("must_arrive", Kind::Flag, "a sign-in that goes nowhere is an input that is missing"),
    ],
    facts: arrival_facts! {
        "by_provider": "true when a code was issued and the member said nowhere but at the provider who they are",
        "browser_sent": "true when the browser was sent to the address in idp",
        "settled": "false when it ended with a status of 500 or more, which refuses nothing",
        "idp": "what was sent as idp",
        "provider.contacted": "true when the data holder asked anything of the provider itself",
        "provider.metadata_fetched": "true when it asked for the UDAP metadata",
        "provider.unsigned_endpoint_used": "true when it, or the browser, went to an endpoint that only the unsigned metadata names",
        "provider.registrations": "how often it registered",
        "provider.registration.sound": "of its software statement, when there was one: signed by its certificate; .defects .aud_right .in_time .jti .issuer_in_certificate .same_subject .scopes .grant_types .response_types .auth_method .redirect_uris (how many) .udap .is_json",
        "provider.browser_sent": "true when the browser came to the authorization endpoint",
        "provider.request.response_type": "of its authentication request, when there was one; .scopes .state (given) .own_state (not that of the client) .nonce (given) .pkce (given) .known_client .redirect_uri_registered",
        "provider.redemptions": "how often it asked the token endpoint",
        "provider.redemption.sound": "of its authentication token, as of the statement; .grant_type .assertion_sent .assertion_type_right .udap .shared_secret .code_known .client_right .redirect_uri_right .verifier_right",
        "provider.userinfo_asked": "true when it asked for UserInfo",
        "provider.code": "a handle of the code that the provider made; absent without one",
        "provider.base": "its address",
    },
};

/// `udap.id-token`
pub static UDAP_ID_TOKEN: VerbHelp = VerbHelp {
    name: "udap.id-token",
    summary: "Takes the ID token apart that an identity provider gave to us as a data holder, and verifies it with the certificate that it brings.",
    effect: Effect::Observe,
    arguments: &[
        argument!("id_token", Kind::Text, required, "a handle of the ID token"),
        argument!("client", Kind::Text, required, "the client that it is for, as in udap.register"),
        argument!("nonce", Kind::Text, "the nonce that was sent"),
    ],
    facts: facts! {
        "sound": "true when it is a compact JWS in order, with x5c, and the key of the first certificate made the signature",
        "defects": "what is wrong with it, one word each",
        "claims": "the names of its claims",
        "iss_right": "true when iss is the base of the target, without a slash at its end",
        "aud_right": "true when aud is the registered id, or a list with it",
        "issuer_in_certificate": "true when the certificate names iss",
        "in_time": "true when iat is not ahead, exp not past, and no more than five minutes lie between them",
        "jti": "true when there is a jti",
        "sub": "true when there is a sub",
        "same_subject": "true when sub is iss, which it is in no ID token",
        "times": "true when iat and exp are numbers",
        "nonce_right": "true when nonce is what was sent, or neither is there",
        "acr": "acr as it is",
        "amr": "amr as it is",
    },
};
