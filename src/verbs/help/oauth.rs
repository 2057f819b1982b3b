//! Documentation of the OAuth verbs.

use super::authorization::{self, EXTRA, OMIT};
use super::facts::{argument, facts, http_facts};
use crate::verbs::{ArgumentHelp, Effect, FactHelp, Kind, VerbHelp};

/// The clients of a target file.
const CLIENTS: Kind = Kind::Word(&["confidential", "second", "public", "asymmetric"]);

const CLIENT: ArgumentHelp = argument!("client", CLIENTS, "whose client it is; confidential without it");
const CLIENT_ID: ArgumentHelp =
    argument!("client_id", Kind::Text, "sent instead of the client's own id, for instance an unknown one");
const AUTHENTICATE: ArgumentHelp = argument!(
    "authenticate",
    Kind::Word(&["basic", "body", "none", "wrong-secret", "wrong-secret-body", "empty-secret", "other-client", "assertion"]),
    "how the client authenticates; by default as its kind does: basic, none for the public and assertion for the asymmetric client. wrong-secret: by Basic with a made-up secret; empty-secret: by Basic without a character behind the id; other-client: the id of the second (or first) client with this client's secret"
);
const ASSERTION: ArgumentHelp = argument!(
    "assertion",
    Kind::Any,
    "for assertion: a handle of oauth.client-assertion, or a table with its arguments, for instance { aud = \"https://elsewhere.example\" }"
);
const ORIGIN: ArgumentHelp = argument!("origin", Kind::Text, "an Origin header as a browser sends it; none is sent without it");
const ALTER: ArgumentHelp = argument!(
    "alter",
    Kind::Word(&["no", "changed", "truncated", "made-up"]),
    "sends another token: one letter changed, the last third cut off, or a random one of the same length"
);

/// The arguments that make an authorization request, and further ones of the verb.
macro_rules! authorize_arguments {
    ($($more:expr,)*) => {
        &[
            CLIENT,
            CLIENT_ID,
            authorization::MEMBER,
            argument!("scopes", Kind::Texts, required, "the scopes that are asked for"),
            authorization::STATE,
            authorization::REDIRECT_URI,
            authorization::RESPONSE_TYPE,
            authorization::AUD,
            authorization::PKCE,
            authorization::NONCE,
            OMIT,
            authorization::DOUBLE,
            EXTRA,
            authorization::METHOD,
            authorization::APPROVE,
            authorization::FRESH,
            $($more,)*
        ]
    };
}

/// What a token response is looked through for, with the facts of every HTTP answer.
macro_rules! token_facts {
    ($($path:literal: $help:literal,)*) => {
        http_facts! {
            $($path: $help,)*
            "issued": "true when the answer is a 200 with an access token",
            "refused": "true when the answer is a 400 or 401 with a JSON object that has an error; false for everything else",
            "oauth_error": "the error code of the JSON body; absent when it has none",
            "echoed": "the parameters of the request whose secret values stand in the answer, client_secret among them when it was sent by Basic",
            "no_store": "true when Cache-Control has the directive no-store",
            "no_cache": "true when Pragma has no-cache",
            "token.access_token": "a handle of the token; absent when there is none or it is no text",
            "token.refresh_token": "a handle; absent when there is none or it is no text",
            "token.id_token": "a handle; absent when there is none or it is no text",
            "token.token_type": "token_type as it is written; absent when there is none",
            "token.token_type_lower": "the same in lower case",
            "token.expires_in": "expires_in of whatever type; absent when there is none",
            "token.scope": "scope as it is written; absent when there is none",
            "token.scopes": "the scopes in it, each once; absent without scope",
            "token.granted": "the scopes in it, or, when the answer is a success without scope, those that were asked for; empty when nothing was issued",
            "token.patient": "a handle of the patient in context; absent when there is none or it is no text",
            "token.access_token_bytes": "how long the access token is",
            "token.access_token_bits": "the most bits that a token of this length and these letters can hold; absent for a signed one",
            "token.refresh_token_bits": "the same of the refresh token; absent without one",
            "token.context_mistyped": "members of the launch context (encounter, need_patient_banner, intent, smart_style_url, tenant) of a wrong type; absent unless the answer is a success",
            "token.fhir_context": "of fhirContext: .list true for an array; .other_than_reference_text, .other_than_reference_object and .other_than_named_object the places of the items that are no relative reference, no object with one, no object with a reference, canonical or identifier; .blank_role those whose role is no text or an empty one; .patient_or_encounter those that name one of these without a role of their own; absent without fhirContext",
            "token.fields": "the names of the members of the answer",
            "sent.grant_type": "what was sent; .client_id .redirect_uri .scope .authenticate likewise, absent when left out",
            "sent.client_assertion": "a handle of the assertion that was sent; absent without one",
            "sent.client_assertion_seconds_left": "how long it was still good for when it was sent; absent where it does not say",
        }
    };
}

/// A table of facts that ends with those of every authorization.
macro_rules! arrival_facts {
    ($($path:literal: $help:literal,)*) => {
        facts! {
            $($path: $help,)*
            "arrived": "redirect when the browser was sent to the redirect URI that was asked for, error-answer when the server answered with an error, stuck when the sign-in went nowhere",
            "issued": "true when a redirect brought a code",
            "refused": "true when a redirect brought an error, or the answer is a 4xx; absent when stuck",
            "code": "a handle of the code; absent without one",
            "state_echoed": "true when the redirect brought exactly the state that was sent; absent without a redirect",
            "returned_state": "the state of the redirect; absent without one",
            "error": "the error code of the redirect or of a JSON answer; absent without one",
            "error_description": "its description; absent without one",
            "redirected_to_registered": "true when the redirect went to the registered redirect URI; absent without a redirect",
            "parameters": "the names of the parameters of the redirect, query and fragment",
            "fragment": "true when the redirect carries parameters in its fragment; absent without a redirect",
            "tokens_in_redirect": "true when the redirect carries an access_token or id_token; absent without a redirect",
            "status": "the status of an error answer; absent otherwise",
            "stopped_reason": "why it went nowhere, in one word, for instance no-step-fits, loop, too-many-hops; absent unless stuck",
            "stopped_page": "the title of the page that went nowhere; absent unless stuck",
            "stopped_why": "why it went nowhere, with an outline of the page; absent unless stuck",
            "pages": "the titles of the pages on the way",
            "page_count": "how many pages there were on the way",
            "sign_in_pages": "on how many of them the member said who they are",
            "frame_protected": "true when every page that asks for a sign-in or a decision carries X-Frame-Options DENY or SAMEORIGIN, or frame-ancestors; absent when there was none, for instance in a session that is signed in",
            "unprotected_pages": "the addresses of the pages that do not, without their queries",
            "pages_without_hsts": "the addresses of those pages on a named host that come without Strict-Transport-Security or with a max-age of zero; absent when no such page was seen",
            "pages_that_leak": "the addresses of those pages whose Referrer-Policy gives their whole address to other sites",
            "password_resent": "the addresses that answered a form with a password by 307 or 308, so that the browser sends it on",
            "cookie_count": "how many cookies were set on the way; absent, with all that is about cookies and redirects, where the strategy of the sign-in does not show them",
            "cookies_not_secure": "the names of those that are sent in the clear too",
            "cookie_http_only": "true when scripts cannot read at least one of them",
            "cookie_same_site": "true when at least one of them says SameSite",
            "left_out": "the scopes that the target file does not let us ask for",
            "sent.verifier": "a handle of the PKCE verifier; absent without PKCE",
            "sent.redirect_origin": "the origin of the redirect URI, as a browser app there sends it; absent for a scheme of an app's own",
            "sent.state": "what was sent; .redirect_uri .scope .scopes .client_id .aud .response_type .nonce likewise, absent when left out",
            "authorizations": "how many authorizations were begun in this run so far",
        }
    };
}
pub(super) use arrival_facts;

pub(super) const ARRIVALS: &[FactHelp] = arrival_facts! {};

/// `oauth.authorize`
pub static AUTHORIZE: VerbHelp = VerbHelp {
    name: "oauth.authorize",
    summary: "Sends an authorization request as a browser does, signs the member in, and watches where the browser is sent.",
    effect: Effect::Login,
    arguments: authorize_arguments! {
        argument!("must_arrive", Kind::Flag, "a sign-in that goes nowhere is an input that is missing, and the cause shows the page"),
    },
    facts: ARRIVALS,
};

/// `oauth.token`
pub static TOKEN: VerbHelp = VerbHelp {
    name: "oauth.token",
    summary: "Exchanges a code for tokens; sent once and never again.",
    effect: Effect::Login,
    arguments: &[
        CLIENT,
        CLIENT_ID,
        argument!("code", Kind::Text, required, "a handle of the code, or a made-up one"),
        argument!(
            "verifier",
            Kind::Text,
            "a handle of the verifier, or wrong, empty, none (left out), challenge (the challenge instead of the verifier); the one that belongs to the code without it"
        ),
        argument!("redirect_uri", Kind::Text, "sent instead of the registered one; none leaves it out"),
        argument!("scopes", Kind::Texts, "what the authorization asked for: not sent, only for the fact token.granted"),
        AUTHENTICATE,
        ASSERTION,
        argument!("grant_type", Kind::Text, "sent instead of authorization_code"),
        ALTER,
        OMIT,
        EXTRA,
        ORIGIN,
        argument!(
            "again",
            Kind::Flag,
            "after status 500 or 501 the member signs in once more for the same scopes and the fresh code is exchanged; three in a row of one client stand"
        ),
        authorization::MEMBER,
    ],
    facts: token_facts! {
        "fresh.code": "a handle of the code that was exchanged in place of the one that a server error came for; .verifier and .nonce of its authorization likewise; absent when there was none",
    },
};

/// `oauth.refresh`
pub static REFRESH: VerbHelp = VerbHelp {
    name: "oauth.refresh",
    summary: "Exchanges a refresh token for a new access token; sent once and never again.",
    effect: Effect::Login,
    arguments: &[
        CLIENT,
        CLIENT_ID,
        argument!("refresh_token", Kind::Text, required, "a handle of the refresh token, or a made-up one"),
        argument!("scopes", Kind::Texts, "the scopes that are asked for; the parameter is left out without it"),
        argument!("granted", Kind::Texts, "what was granted before: not sent, only for the fact token.granted"),
        AUTHENTICATE,
        ASSERTION,
        ALTER,
        OMIT,
        EXTRA,
        ORIGIN,
        argument!(
            "again",
            Kind::Flag,
            "after status 500 or 501 the same token is sent again; three in a row of one client stand, and what is refused after one tells nothing"
        ),
    ],
    facts: token_facts! {
        "rotated": "true when the answer brings a refresh token other than the one that was sent; absent when it brings none",
    },
};

/// `oauth.attempt`
pub static ATTEMPT: VerbHelp = VerbHelp {
    name: "oauth.attempt",
    summary: "Authorizes, exchanges the code and uses the token in one go, and tells where it was stopped.",
    effect: Effect::Login,
    arguments: authorize_arguments! {
        AUTHENTICATE,
        ASSERTION,
        argument!("verifier", Kind::Text, "as in oauth.token; the right one without it"),
        argument!("type", Kind::Text, "the resource type that is searched with the token; without it the patient in context is read"),
        argument!("again", Kind::Flag, "after status 500 or 501 of the token endpoint all is done once more; the third in a row stands"),
    },
    facts: facts! {
        "stopped_at": "authorize, token or resource, where the server first refused; never when the token brought data; absent when something went nowhere or told nothing",
        "why_not_settled": "why there is no stopped_at; absent otherwise",
        "arrived": "as in oauth.authorize",
        "error": "the error of the redirect or of the token endpoint; absent without one",
        "authorize_status": "the status of an error answer at authorize; absent otherwise",
        "token_status": "the status of the token endpoint; absent when not reached",
        "resource_status": "the status of the FHIR server; absent when not reached",
        "token.access_token": "a handle, as in oauth.token; .refresh_token .id_token .scopes .granted .patient likewise",
        "sent.verifier": "as in oauth.authorize; .state .redirect_uri .scope .scopes .client_id .aud .nonce likewise",
        "authorizations": "how many authorizations were begun in this run so far",
    },
};

/// `oauth.revoke`
pub static REVOKE: VerbHelp = VerbHelp {
    name: "oauth.revoke",
    summary: "Asks the revocation endpoint to make a token of this run worthless; nothing to look at where none is advertised.",
    effect: Effect::Login,
    arguments: &[
        CLIENT,
        CLIENT_ID,
        argument!("token", Kind::Text, required, "a handle of the token, or a made-up one"),
        argument!("hint", Kind::Word(&["access_token", "refresh_token", "none"]), "token_type_hint; none without it"),
        AUTHENTICATE,
        ASSERTION,
        ALTER,
        OMIT,
        EXTRA,
    ],
    facts: http_facts! {
        "revoked": "true when the answer is 200",
        "refused": "true when the answer is a 400, 401 or 403 with a JSON object that has an error",
        "oauth_error": "the error code of the JSON body; absent when it has none",
        "echoed": "the parameters of the request whose secret values stand in the answer, client_secret among them when it was sent by Basic",
        "endpoint_https": "true when the advertised endpoint is an https URL",
    },
};

/// `oauth.introspect`
pub static INTROSPECT: VerbHelp = VerbHelp {
    name: "oauth.introspect",
    summary: "Asks the introspection endpoint about a token; nothing to look at where none is advertised.",
    effect: Effect::Login,
    arguments: &[
        CLIENT,
        CLIENT_ID,
        argument!("token", Kind::Text, required, "a handle of the token, or a made-up one"),
        argument!("hint", Kind::Word(&["access_token", "refresh_token", "none"]), "token_type_hint; none without it"),
        argument!("bearer", Kind::Text, "a handle of an access token that authorizes the question, instead of authenticate"),
        AUTHENTICATE,
        ASSERTION,
        ALTER,
        OMIT,
        EXTRA,
    ],
    facts: http_facts! {
        "echoed": "the parameters of the request whose secret values stand in the answer, client_secret among them when it was sent by Basic",
        "active": "the member active of whatever type; absent when there is none",
        "answered": "true when the answer is a 200 with a JSON object whose active is a boolean",
        "refused": "true when the answer is a 400, 401 or 403 that is no page",
        "oauth_error": "the error code of the JSON body; absent when it has none",
        "fields": "the names of the members of the answer",
        "scopes": "the scopes in scope, each once; absent without it",
        "patient_present": "true when the answer has a member patient",
        "endpoint_https": "true when the advertised endpoint is an https URL",
    },
};

/// `oauth.client-assertion`
pub static CLIENT_ASSERTION: VerbHelp = VerbHelp {
    name: "oauth.client-assertion",
    summary: "Makes a signed client assertion, right or with a defect; sends nothing.",
    effect: Effect::Observe,
    arguments: &[
        CLIENT,
        argument!("aud", Kind::Text, "instead of the token endpoint"),
        argument!("iss", Kind::Text, "instead of the client id"),
        argument!("sub", Kind::Text, "instead of the client id"),
        argument!("jti", Kind::Text, "instead of a random one"),
        argument!("iat", Kind::Duration, "how long ago it was issued; now without it"),
        argument!(
            "nbf",
            Kind::Duration,
            "how far ahead it becomes valid, with exp as long after that as lifetime says; no nbf without it"
        ),
        argument!("lifetime", Kind::Duration, "from now until exp; 60s without it"),
        argument!("expired", Kind::Duration, "how long ago it expired, instead of lifetime"),
        argument!("omit", Kind::Texts, "names of claims and of the header parameters kid and typ that are left out"),
        argument!(
            "alg",
            Kind::Word(&["none", "HS256", "RS384", "ES384", "RS256", "ES256"]),
            "the header's alg instead of the key's; none has no signature, HS256 is signed with the public key as the secret, another only labels"
        ),
        argument!(
            "key",
            Kind::Word(&["RS384", "ES384"]),
            "the client's key of this algorithm signs; without it the first whose algorithm the server lists, or the first"
        ),
        argument!("kid", Kind::Text, "instead of the key's"),
        argument!("signed_by", Kind::Word(&["client", "stranger"]), "stranger: a key that nobody registered"),
        argument!("signature", Kind::Word(&["right", "truncated", "altered", "empty"]), "what becomes of the signature"),
    ],
    facts: facts! {
        "assertion": "a handle of the assertion",
        "sent.alg": "the alg of the header; .kid .typ likewise, absent when left out",
        "sent.claims.aud": "the claims as they are in the assertion; .iss .sub .exp .iat .jti likewise, absent when left out",
    },
};

/// `oauth.given`
pub static GIVEN: VerbHelp = VerbHelp {
    name: "oauth.given",
    summary: "Takes the tokens that the operator gives in the place of a launch; sends nothing.",
    effect: Effect::Login,
    arguments: &[argument!("member", Kind::Word(&["first", "second"]), "whose tokens; first without it")],
    facts: facts! {
        "access_token": "a handle of the access token",
        "refresh_token": "a handle of the refresh token, of the newest when the run has been given a new one for it; absent when none is given",
        "id_token": "a handle of the ID token; absent when none is given",
        "patient": "a handle of the id of the Patient",
        "granted": "the scopes that were granted, as the target file says",
        "nonce": "empty: what was sent with the launch is not known",
        "token.scope": "the scopes as the target file writes them",
    },
};
