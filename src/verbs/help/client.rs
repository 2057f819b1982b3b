//! Documentation of `client.await` and `serve.with_fault`.

use super::facts::{argument, facts};
use crate::verbs::{ArgumentHelp, Effect, Kind, VerbHelp};

const AS: ArgumentHelp = argument!(
    "as",
    Kind::Word(&["smart", "udap"]),
    "how the client comes: with the id that was registered for it (smart, if nothing is said), or by finding out about UDAP and registering itself"
);
const TITLE: ArgumentHelp = argument!("title", Kind::Text, "what the operator is told to do");

/// The facts of an observation, and those of a verb in front of them.
macro_rules! observed_facts {
    ($($path:literal: $help:literal,)*) => {
        facts! {
            $($path: $help,)*
            "ended": "how the last launch ended, in words",
            "observed.launches": "how many launches were looked at",
            "observed.came": "true when the client came at all",
            "observed.finished": "true when every launch got a token",
            "observed.read": "true when every launch read something with its token",
            "observed.discovery": "how often documents were read: smart, udap",
            "observed.authorize": "of the authorization requests: count; methods; response_types; missing, the names of required parameters that one of them lacks (aud only where the client is registered by hand); aud_elsewhere true when aud is not the FHIR base; scopes that all ask for; wildcards among the scopes; state_bits, the most that the weakest state can hold; states_repeated and challenges_repeated true when two launches share one; pkce, the methods used: S256 plain other none; nonces true when each request has a nonce; asks_for_age true with max_age; redirects_elsewhere true when redirect_uri is not one that the client has registered",
            "observed.token": "of the token requests: count of those with a code; methods; media_types; authentication: client_secret_basic client_secret_post private_key_jwt; authentications_at_once, the most in one request; code_repeated true when a code was brought twice; defects: verifier-missing verifier-wrong redirect-missing redirect-differs client-differs",
            "observed.resource": "of the requests with an access token: count; in_header true when each has it in Authorization; in_query; in_form; over_plain_http",
            "observed.refresh": "issued true when a refresh token was given; count; beyond_grant, the scopes asked for that were not granted; after_rotation, how many came after the server had replaced the refresh token; replaced_token_used; without_assertion",
            "observed.tls": "the TLS versions that were negotiated",
            "observed.registration": "of the registrations by UDAP: count; succeeded; statements; without_statement; media_types; udap_is_text_1; top_level, how many members stand beside the statement; grants; methods; defects of the software statements: parts header alg unsigned x5c signature iat exp jti lifetime iss sub aud client_name redirect_uris redirect_uris-https contacts logo_uri grant_types refresh_token response_types token_endpoint_auth_method scope",
            "observed.assertion": "of the authentication tokens: count; missing, the exchanges without one; unknown_ids, the authorization requests whose client_id no registration gave; defects of tokens and their requests: parts header alg unsigned x5c signature iat exp jti lifetime iss (no id that a registration gave) iss-uri (no URI of its certificate) sub aud extensions-in-code-flow extensions-form client_id client_assertion_type udap authorization",
            "observed.signed_assertion": "of the assertions of a client that was registered with a key by hand: count; defects: parts alg kid typ iss sub aud exp lifetime jti client_assertion_type",
            "observed.jti_reused": "true when a JWT has the iss and jti of another that had not expired",
        }
    };
}

/// `client.await`
pub static CLIENT_AWAIT: VerbHelp = VerbHelp {
    name: "client.await",
    summary: "Has the client launched against a good server, at least twice, and looks at what it sends. What a sloppy client leaves out, the server lets pass.",
    effect: Effect::Observe,
    arguments: &[AS, TITLE],
    facts: observed_facts! {},
};

/// `serve.with_fault`
pub static SERVE_WITH_FAULT: VerbHelp = VerbHelp {
    name: "serve.with_fault",
    summary: "Has the client launched once against a server with one fault, and looks at whether it goes on; if it does not, a good launch follows.",
    effect: Effect::Observe,
    arguments: &[
        argument!("fault", Kind::Text, required, "the fault of the reference server"),
        argument!(
            "shows_at",
            Kind::Word(&["certificate", "handshake", "metadata", "redirect", "token"]),
            required,
            "where the client meets it: in the certificate of the FHIR server, in the TLS handshake, in the UDAP metadata, in the redirect with the code, in the token response"
        ),
        AS,
        TITLE,
    ],
    facts: observed_facts! {
        "works_afterwards": "false when the client stopped at the fault and does not finish a good launch afterwards either: then it has broken, and stopping shows nothing",
        "reached": "true when the client came as far as the fault",
        "went_on": "true when it did what only a client does that has not noticed or does not mind: after certificate, any request; after handshake, a request over an old version; after metadata, a registration or an assertion; after redirect, a token request with the code; after token, a use of a token",
    },
};
