//! Documentation of the verbs of a UDAP client.

use super::authorization;
use super::facts::{argument, facts, http_facts};
use crate::verbs::{ArgumentHelp, Effect, Kind, VerbHelp};

const FLOWS: Kind = Kind::Word(&["authorization_code", "client_credentials"]);
const CLIENT: ArgumentHelp = argument!(
    "client",
    Kind::Text,
    "under which URI we appear: fresh is one that was never used and fresh-urn one that is no web address, any other word one of its own for the whole run, a URI stands for itself"
);
const COPIES: ArgumentHelp = argument!(
    "copies",
    Kind::Number,
    "how often the very same request is sent at once, each on a connection of its own; once without it"
);
const ANY_FORM: ArgumentHelp = argument!(
    "any_form",
    Kind::Flag,
    "a 4xx counts as a refusal whatever its body is, for a wrong method or media type; otherwise it must be JSON with an error"
);
const OMIT: ArgumentHelp = argument!("omit", Kind::Texts, "names of parameters or members that are left out");
const CHANGES: &str = "what is changed in the JWT: claims (a table), omit, iat exp nbf (from now, as -10m), lifetime, jti, header (a table), omit_header, alg (the label alone), algorithm, key (rsa, rsa-4096, ec256, ec384, renewed), certificate (a shape of the laboratory), san ({own} is the client's URI, {own-capitals} the same with capitals in its path), x5c (chain, leaf, full, absent, empty, string, garbage, base64url, leaf-last, extra, unrelated-first), signed_by (stranger), signature (flipped, empty, truncated, padded, der, payload-changed), hmac (spki-pem-lf, spki-pem-crlf, spki-der, certificate-pem-lf, certificate-pem-crlf, certificate-der), header_text, claims_text, duplicate (members that stand there a second time), extensions; or a handle of a JWT that was made before";

/// `udap.sign`
pub static SIGN: VerbHelp = VerbHelp {
    name: "udap.sign",
    summary: "Makes a software statement or an authentication token, right or broken; sends nothing.",
    effect: Effect::Observe,
    arguments: &[
        CLIENT,
        argument!("kind", Kind::Word(&["statement", "assertion"]), "what is made; a statement without it"),
        argument!("flow", FLOWS, "for which flow; client_credentials without it"),
        argument!("client_id", Kind::Text, "the issuer of an assertion; the registered id without it"),
        argument!("jwt", Kind::Any, "what is changed, as in udap.register"),
    ],
    facts: facts! {
        "jwt": "a handle of the JWT",
        "client_uri": "the URI that it is made for",
        "sent.alg": "the alg of its header; .certificates is how many are in x5c, .claims.NAME its claims",
    },
};

/// `udap.register`
pub static REGISTER: VerbHelp = VerbHelp {
    name: "udap.register",
    summary: "Registers a client with a signed software statement, modifies its registration or cancels it; sent once and never again. What is still registered when the run is over is cancelled.",
    effect: Effect::Change,
    arguments: &[
        CLIENT,
        argument!("flow", FLOWS, "for which flow; client_credentials without it"),
        ArgumentHelp { name: "statement", kind: Kind::Any, required: false, help: CHANGES },
        argument!("tiered", Kind::Flag, "asks for the scope udap as well, for members who sign in at a provider of their choice"),
        argument!("cancel", Kind::Flag, "asks for no grant type, which cancels"),
        argument!("body", Kind::Any, "further members beside software_statement and udap, or others in their place"),
        OMIT,
        argument!(
            "send",
            Kind::Word(&["json", "form", "broken-json", "get", "put"]),
            "how it is sent; as JSON by POST without it"
        ),
        COPIES,
        ANY_FORM,
    ],
    facts: http_facts! {
        "outcome": "created; modified (it was registered before); idempotent (the same jti, the same client_id); corrected (accepted, with a right value in place of everything that the case changed); cancelled; malformed (a success without client_id); refused",
        "accepted": "true for a 2xx",
        "refused": "true for a 4xx with a JSON object that has an error",
        "oauth_error": "the error code; absent without one",
        "client_id": "the id that was given; absent without one",
        "earlier_client_id": "the id that this URI had before; absent when it never had one",
        "same_client": "true when both are the same; absent when one is missing",
        "client_uri": "the URI that asked",
        "statement_returned": "same when the answer brings the statement unchanged, different when not; absent when it brings none",
        "missing": "the parameters of the statement that the answer does not bring",
        "nulls": "the members of the answer that are null or an empty text",
        "jwt_claims": "the members of the answer that are claims of the JWT and no parameters of the client",
        "returned": "the members of the answer",
        "accepted_count": "how many of the copies got a 2xx",
        "client_ids": "how many different ids the copies brought",
        "sent.statement": "a handle of the statement; .alg .certificates .claims.NAME tell what is in it",
    },
};

/// `udap.token`
pub static UDAP_TOKEN: VerbHelp = VerbHelp {
    name: "udap.token",
    summary: "Asks for a token with a signed authentication token; sent once and never again.",
    effect: Effect::Change,
    arguments: &[
        CLIENT,
        argument!(
            "grant",
            Kind::Word(&["client_credentials", "authorization_code", "refresh_token"]),
            "the flow; client_credentials without it"
        ),
        argument!("grant_type", Kind::Text, "sent as grant_type instead"),
        argument!("client_id", Kind::Text, "the issuer of the authentication token; the registered id without it"),
        argument!(
            "assertion",
            Kind::Any,
            "what is changed, as in udap.register; extensions is none, null, or a table with set, omit, null, beside (other extensions) or whole"
        ),
        argument!("scopes", Kind::Texts, "what is asked for; the registered scopes without it"),
        argument!("code", Kind::Text, "a handle of the code, or a made-up one"),
        argument!("verifier", Kind::Text, "as in oauth.token"),
        argument!("redirect_uri", Kind::Text, "sent instead of the registered one"),
        argument!("refresh_token", Kind::Text, "a handle of the refresh token, or a made-up one"),
        argument!("extensions", Kind::Flag, "the B2B object goes with a code as well"),
        OMIT,
        argument!("double", Kind::Texts, "names of parameters that are sent twice"),
        argument!("extra", Kind::TextTable, "further parameters; {client_id} is the id that asks"),
        argument!("basic", Kind::Flag, "with an Authorization header that the profile forbids"),
        argument!(
            "send",
            Kind::Word(&["form", "percent", "charset", "json", "get"]),
            "how it is sent: percent writes %20 for a space, charset names one in the media type, get puts the parameters into the address"
        ),
        COPIES,
        ANY_FORM,
    ],
    facts: http_facts! {
        "issued": "true when an answer is a success with an access token",
        "refused": "true for a 4xx with a JSON object that has an error",
        "oauth_error": "the error code; absent without one",
        "client_id": "the id that asked",
        "client_uri": "its URI",
        "accepted_count": "how many of the copies brought a token",
        "distinct_tokens": "how many different tokens they brought",
        "has_refresh_token": "true when the answer has a refresh_token",
        "no_store": "true when Cache-Control has the directive no-store",
        "no_cache": "true when Pragma has no-cache",
        "token.access_token": "a handle; .refresh_token .id_token .token_type .token_type_lower .expires_in .scope .scopes .granted .patient .fields as in oauth.token",
        "sent.assertion": "a handle of the authentication token; .alg .certificates .claims.NAME tell what is in it, .scopes what was asked for",
    },
};

/// `udap.authorize`
pub static UDAP_AUTHORIZE: VerbHelp = VerbHelp {
    name: "udap.authorize",
    summary: "Sends the authorization request of a client that registered itself, signs the member in, and watches where the browser is sent.",
    effect: Effect::Login,
    arguments: &[
        argument!("client", Kind::Text, "which client, as in udap.register; code without it"),
        argument!("client_id", Kind::Text, "sent instead of the registered one"),
        authorization::MEMBER,
        argument!("scopes", Kind::Texts, "what is asked for; the registered scopes without it"),
        authorization::STATE,
        authorization::REDIRECT_URI,
        authorization::RESPONSE_TYPE,
        authorization::AUD,
        authorization::PKCE,
        authorization::NONCE,
        authorization::OMIT,
        authorization::DOUBLE,
        authorization::EXTRA,
        authorization::METHOD,
        authorization::APPROVE,
        authorization::FRESH,
        argument!("must_arrive", Kind::Flag, "a sign-in that goes nowhere is an input that is missing"),
    ],
    facts: super::oauth::ARRIVALS,
};

/// `udap.jti-ladder`
pub static JTI_LADDER: VerbHelp = VerbHelp {
    name: "udap.jti-ladder",
    summary: "Uses a jti, lets its JWT expire, and looks after which wait a new JWT with the same jti is accepted; each rung has a jti of its own. Nothing to look at when all rungs are too short to tell.",
    effect: Effect::Change,
    arguments: &[
        CLIENT,
        argument!("at", Kind::Word(&["token", "registration"]), "where; at the token endpoint without it"),
        argument!("lifetime", Kind::Duration, "how long the first JWTs are good; 20s without it"),
        argument!(
            "rungs",
            Kind::Texts,
            required,
            "how long after expiry to try, in rising order, for instance [\"5s\", \"65s\"]"
        ),
    ],
    facts: facts! {
        "reused": "true when a rung was accepted",
        "accepted_after": "the first rung that was accepted; absent when none was",
        "tried": "the rungs that were tried",
        "clock_behind_seconds": "how far the server's clock is behind ours by its Date header; the waits are longer by that",
    },
};
