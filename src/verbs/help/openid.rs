//! Documentation of the OpenID Connect verbs that need a sign-in.

use super::facts::{argument, facts, http_facts};
use crate::verbs::{Effect, Kind, VerbHelp};

/// `openid.id-token`
pub static ID_TOKEN: VerbHelp = VerbHelp {
    name: "openid.id-token",
    summary: "Takes an ID token apart and verifies it with the keys that the issuer publishes; every defect is a fact of its own.",
    effect: Effect::Observe,
    arguments: &[
        argument!("id_token", Kind::Text, required, "a handle of the ID token"),
        argument!(
            "client",
            Kind::Word(&["confidential", "second", "public", "asymmetric"]),
            "the client that it was made for; confidential without it"
        ),
        argument!("nonce", Kind::Text, "the nonce that was sent"),
        argument!("leeway", Kind::Duration, "how far the clocks may be apart; without it --clock-leeway, or 60s"),
        argument!("keys", Kind::Word(&["cached", "fresh"]), "fresh: the keys are fetched once more, as after a rollover"),
    ],
    facts: facts! {
        "well_formed": "true when it has three parts of base64url whose first two are JSON objects",
        "defects": "what is wrong with its form, one word each: parts header-encoding header-json claims-encoding claims-json signature-encoding duplicate-member too-large",
        "encrypted": "true when it has the five parts of an encrypted token",
        "signature_bytes": "the length of the signature; absent when it cannot be read",
        "jose.alg": "the header parameters; .kid .typ likewise, absent when not there",
        "alg": "the algorithm of the header; absent when there is none or it is no text",
        "alg_listed": "true when openid-configuration lists it; absent when it lists none",
        "kid_present": "true when the header has a kid",
        "kid_known": "true when a published key has this kid; absent without a kid",
        "keys_found": "true when the issuer's keys were found",
        "keys_place": "openid-configuration or smart-configuration, whose jwks_uri was used; absent when there is none",
        "key_count": "how many keys are published",
        "signature_valid": "true when a published key verifies the signature; false when none does; absent when the keys were not found",
        "signature_why": "why it is not valid or cannot be judged; absent when it is valid",
        "fields": "the names of the claims",
        "types.exp": "the JSON type of each claim",
        "claims.iss": "the claims iss, aud, azp, exp, iat, auth_time, acr, amr as they are; sub, patient and others only as pseudonyms",
        "missing": "those of iss, sub, aud, exp, iat that are missing",
        "ill_typed": "those of iss, sub, aud, exp, iat, nbf, nonce, azp, fhirUser that have the wrong type",
        "iss_matches": "true when iss is exactly the issuer of smart-configuration or openid-configuration; absent when no issuer is published",
        "aud_matches": "true when aud is the client id, or a list with it",
        "aud_count": "how many audiences there are",
        "azp_ok": "true when azp is the client id, or is absent and there is one audience",
        "exp_in_future": "true when exp lies ahead of now minus the leeway; false also when it is missing or no number",
        "iat_not_in_future": "true when iat lies before now plus the leeway; false also when it is missing or no number",
        "nbf_not_in_future": "true when nbf is missing or lies before now plus the leeway",
        "nonce_matches": "true when nonce is exactly what was sent; absent when no nonce was given",
        "sub_present": "true when sub is a text that is not empty and at most 255 ASCII characters",
        "fhir_user.present": "true when fhirUser is a text",
        "fhir_user.type": "the resource type that it names; absent when it names none",
        "fhir_user.id": "a handle of the id; absent when it names none",
        "fhir_user.relative": "true when it is a relative reference; absent without it",
        "fhir_user.host_matches": "true when it is relative or lies below the FHIR base; absent without it",
        "fhir_user.well_formed": "true when it is [base/]Type/id with a logical id of FHIR; absent without it",
        "profile_present": "true when the claim profile is there",
    },
};

/// `openid.userinfo`
pub static USERINFO: VerbHelp = VerbHelp {
    name: "openid.userinfo",
    summary: "Asks the UserInfo endpoint who the token is about; nothing to look at where none is advertised.",
    effect: Effect::Login,
    arguments: &[
        argument!("token", Kind::Text, required, "a handle of the access token, or a made-up one"),
        argument!("id_token", Kind::Text, "a handle of the ID token, whose sub is compared"),
        argument!("alter", Kind::Word(&["no", "changed", "truncated", "made-up"]), "sends another token, as in oauth.token"),
    ],
    facts: http_facts! {
        "served": "true when the answer is a 200 with a JSON object",
        "refused": "true when the answer is a 400, 401 or 403 with WWW-Authenticate or a JSON object that has an error",
        "signed": "true when the answer is a JWT",
        "fields": "the names of the members",
        "sub_present": "true when sub is a text that is not empty",
        "sub_matches": "true when sub is that of the ID token; absent when no ID token was given or it has none",
    },
};
