//! Faults and quirks of ID tokens and userinfo.

use super::fault::{Fault, fault, quirk};

const G: &str = "openid";

/// The version whose smart-configuration names no issuer.
const V1: &str = "1.0.0";

pub(super) const TABLE: &[Fault] = &[
    fault(G, "id-token-missing", "openid is granted and no id_token comes"),
    fault(G, "id-token-wrong-iss", "iss is not the issuer"),
    fault(G, "id-token-wrong-aud", "aud is another app"),
    fault(G, "id-token-aud-array-without-azp", "aud names two apps and azp is missing"),
    fault(G, "id-token-wrong-azp", "azp is another app"),
    fault(G, "id-token-no-iss", "iss is missing"),
    fault(G, "id-token-no-aud", "aud is missing"),
    fault(G, "id-token-no-sub", "sub is missing"),
    fault(G, "id-token-no-exp", "exp is missing"),
    fault(G, "id-token-no-iat", "iat is missing"),
    fault(G, "id-token-expired", "the ID token expired an hour ago"),
    fault(G, "id-token-expired-50-seconds", "the ID token expired 50 seconds ago"),
    fault(G, "id-token-exp-string", "exp is a string"),
    fault(G, "id-token-iat-future", "iat is an hour in the future"),
    fault(G, "id-token-nbf-future", "nbf is an hour in the future"),
    fault(G, "id-token-no-nonce", "the nonce of the request does not come back"),
    fault(G, "id-token-wrong-nonce", "another nonce comes back"),
    fault(G, "id-token-bad-signature", "the signature is not right"),
    fault(G, "id-token-alg-none", "the ID token is not signed"),
    fault(G, "id-token-hs256", "the ID token is signed with HS256 and the client's secret"),
    fault(G, "id-token-es256", "the ID token is signed with ES256"),
    fault(G, "id-token-es256-der", "the ID token is signed with ES256, and the signature is in DER"),
    fault(G, "id-token-signature-padded", "the signature of the ID token ends in the padding of base64"),
    fault(G, "id-token-unknown-kid", "kid names a key that is not published"),
    fault(G, "id-token-no-fhiruser", "fhirUser is missing"),
    fault(G, "fhiruser-only-as-profile", "the member is named by profile instead of fhirUser"),
    fault(G, "fhiruser-other-host", "fhirUser is a resource of another host"),
    fault(G, "fhiruser-other-member", "fhirUser is another member, whom the token does not read"),
    fault(G, "fhiruser-wrong-type", "fhirUser is a Device"),
    fault(G, "fhiruser-not-a-reference", "fhirUser is plain text"),
    fault(G, "token-issuer-configuration-missing", "only the ID token names the issuer, and openid-configuration is 404")
        .smart(V1),
    fault(G, "token-issuer-differs", "only the ID token names the issuer, and openid-configuration below it names another")
        .smart(V1),
    fault(
        G,
        "token-issuer-missing-fields",
        "only the ID token names the issuer, and openid-configuration lacks subject_types_supported",
    )
    .smart(V1),
    fault(G, "token-issuer-no-rs256", "only the ID token names the issuer, and openid-configuration does not list RS256")
        .smart(V1),
    fault(G, "fhiruser-practitioner-role", "fhirUser is a PractitionerRole, which SMART names only from 2.1.0").smart("2.0.0"),
    fault(G, "userinfo-open", "userinfo answers to any token"),
    fault(G, "userinfo-other-subject", "userinfo has another sub than the ID token"),
    fault(G, "userinfo-without-subject", "userinfo has no sub"),
    quirk(G, "id-token-aud-array", "aud is a list with one app"),
    quirk(G, "id-token-without-kid", "the ID token has no kid"),
    quirk(G, "fhiruser-relative", "fhirUser is relative to the base"),
    quirk(G, "jwks-rolls-over", "the key that signs ID tokens is published only once the first of them was made"),
    quirk(G, "fhiruser-practitioner", "fhirUser is a Practitioner"),
    quirk(G, "fhiruser-related-person", "fhirUser is a RelatedPerson"),
];
