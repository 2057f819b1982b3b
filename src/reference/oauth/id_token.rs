//! ID tokens: RS256 with the published key, the claims of SMART, and every way to get one of them wrong.

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use josekit::jws::{ES256, HS256, JwsSigner, RS256};
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use serde_json::{Value, json};

use super::super::endpoints::Endpoints;
use super::super::site::Site;
use super::super::{jwks, members};
use super::clients::RegisteredClient;
use super::store::{Access, Code};

const LIFETIME: i64 = 600;

/// The `iss` of every token.
pub(in super::super) fn issuer(site: &Site) -> String {
    Endpoints::of(site).issuer
}

/// The `sub` of a member.
pub(in super::super) fn subject(member: usize) -> String {
    format!("subject-{}", member + 1)
}

/// The member as a resource, by an absolute URL.
pub(in super::super) fn fhir_user(site: &Site, member: usize) -> String {
    format!("{}/Patient/{}", site.base, members::by_index(member).patient_id())
}

/// The ID token that comes with the tokens of a code, when `openid` was granted.
pub(in super::super) fn for_code(site: &Site, client: &RegisteredClient, code: &Code, access: &Access) -> Option<String> {
    let asked = access.scopes.iter().any(|scope| scope == "openid");
    if !asked || site.has("id-token-missing") {
        return None;
    }
    let claims = claims(site, client, code, access);
    site.roll_keys_over();
    sign(site, client, &claims)
}

fn claims(site: &Site, client: &RegisteredClient, code: &Code, access: &Access) -> Value {
    let now = site.now().unix_timestamp();
    let mut claims = json!({
        "iss": issuer(site),
        "sub": subject(access.member),
        "aud": client.id,
        "exp": now + LIFETIME,
        "iat": now,
        "auth_time": code.auth_time.unix_timestamp(),
    });
    if let Some(nonce) = &code.request.nonce {
        claims["nonce"] = json!(nonce);
    }
    if access.scopes.iter().any(|scope| scope == "fhirUser") {
        claims["fhirUser"] = json!(fhir_user(site, access.member));
    }
    spoil_parties(site, client, &mut claims);
    spoil_times(site, now, &mut claims);
    spoil_fhir_user(site, access.member, &mut claims);
    spoil_nonce(site, &mut claims);
    claims
}

fn spoil_parties(site: &Site, client: &RegisteredClient, claims: &mut Value) {
    let changes = [
        ("id-token-wrong-iss", "iss", json!(site.authorization_url("/elsewhere"))),
        ("id-token-wrong-aud", "aud", json!("somebody-else")),
        ("id-token-aud-array", "aud", json!([client.id])),
        ("id-token-aud-array-without-azp", "aud", json!([client.id, "somebody-else"])),
        ("id-token-wrong-azp", "azp", json!("somebody-else")),
    ];
    change(site, claims, changes);
    for (fault, claim) in [("id-token-no-sub", "sub"), ("id-token-no-aud", "aud"), ("id-token-no-iss", "iss")] {
        remove_if(site, claims, fault, claim);
    }
}

fn spoil_times(site: &Site, now: i64, claims: &mut Value) {
    let changes = [
        ("id-token-expired", "exp", json!(now - 3600)),
        ("id-token-expired-50-seconds", "exp", json!(now - 50)),
        ("id-token-exp-string", "exp", json!((now + LIFETIME).to_string())),
        ("id-token-iat-future", "iat", json!(now + 3600)),
        ("id-token-nbf-future", "nbf", json!(now + 3600)),
    ];
    change(site, claims, changes);
    for (fault, claim) in [("id-token-no-exp", "exp"), ("id-token-no-iat", "iat")] {
        remove_if(site, claims, fault, claim);
    }
}

fn spoil_nonce(site: &Site, claims: &mut Value) {
    remove_if(site, claims, "id-token-no-nonce", "nonce");
    if site.has("id-token-wrong-nonce") {
        claims["nonce"] = json!("another-nonce");
    }
}

fn spoil_fhir_user(site: &Site, member: usize, claims: &mut Value) {
    let Some(own) = claims["fhirUser"].as_str().map(str::to_owned) else { return };
    let relative = own.strip_prefix(site.base.as_str()).unwrap_or_default().trim_start_matches('/').to_owned();
    let changes = [
        ("fhiruser-relative", "fhirUser", json!(relative)),
        ("fhiruser-practitioner", "fhirUser", json!(format!("{}/Practitioner/{}", site.base, practitioner(member)))),
        ("fhiruser-practitioner-role", "fhirUser", json!(format!("{}/PractitionerRole/carinbb-role-{}", site.base, member + 1))),
        ("fhiruser-related-person", "fhirUser", json!(format!("{}/RelatedPerson/carinbb-related-{}", site.base, member + 1))),
        ("fhiruser-other-host", "fhirUser", json!(format!("https://fhir.elsewhere.example/{relative}"))),
        ("fhiruser-other-member", "fhirUser", json!(fhir_user(site, if member == 1 { 3 } else { 1 }))),
        ("fhiruser-wrong-type", "fhirUser", json!(format!("{}/Device/1", site.base))),
        ("fhiruser-not-a-reference", "fhirUser", json!("the member")),
    ];
    change(site, claims, changes);
    remove_if(site, claims, "fhiruser-only-as-profile", "fhirUser");
    if claims.get("fhirUser").is_none() {
        claims["profile"] = json!(own);
    }
    remove_if(site, claims, "id-token-no-fhiruser", "fhirUser");
}

/// The practitioner whom the member's claims name.
fn practitioner(member: usize) -> String {
    let own = members::by_index(member).of_type("Practitioner").next();
    own.and_then(|practitioner| practitioner["id"].as_str()).unwrap_or_default().to_owned()
}

fn change<const COUNT: usize>(site: &Site, claims: &mut Value, changes: [(&'static str, &str, Value); COUNT]) {
    for (fault, claim, value) in changes {
        if site.has(fault) {
            claims[claim] = value;
        }
    }
}

fn remove_if(site: &Site, claims: &mut Value, fault: &'static str, claim: &str) {
    if site.has(fault)
        && let Some(members) = claims.as_object_mut()
    {
        members.shift_remove(claim);
    }
}

fn sign(site: &Site, client: &RegisteredClient, claims: &Value) -> Option<String> {
    let [rsa, ec] = jwks::signing_keys().as_ref().ok()?;
    let rsa_signer = || RS256.signer_from_jwk(rsa).ok().map(|signer| Box::new(signer) as Box<dyn JwsSigner>);
    let secret = client.secret.as_ref().map_or("no secret", |secret| secret.expose());
    let (algorithm, kid, signer) = if site.has("id-token-es256") || site.has("id-token-es256-der") {
        let signer = ES256.signer_from_jwk(ec).ok().map(|signer| Box::new(signer) as Box<dyn JwsSigner>);
        ("ES256", "reference-es256", signer)
    } else if site.has("id-token-hs256") {
        let signer = HS256.signer_from_bytes(secret.as_bytes()).ok().map(|signer| Box::new(signer) as Box<dyn JwsSigner>);
        ("HS256", "reference-rs256", signer)
    } else if site.has("id-token-alg-none") {
        ("none", "reference-rs256", None)
    } else {
        ("RS256", "reference-rs256", rsa_signer())
    };
    let mut header = json!({"alg": algorithm, "typ": "JWT", "kid": kid});
    if site.has("id-token-unknown-kid") {
        header["kid"] = json!("a-key-that-nobody-has");
    }
    if site.has("id-token-without-kid") {
        header.as_object_mut()?.shift_remove("kid");
    }
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mut signature = match signer {
        Some(signer) => signer.sign(signed.as_bytes()).ok()?,
        None => Vec::new(),
    };
    if site.has("id-token-bad-signature")
        && let Some(byte) = signature.last_mut()
    {
        *byte ^= 1;
    }
    if site.has("id-token-es256-der") {
        let (r, s) = signature.split_at(signature.len() / 2);
        let (r, s) = (BigNum::from_slice(r).ok()?, BigNum::from_slice(s).ok()?);
        signature = EcdsaSig::from_private_components(r, s).ok()?.to_der().ok()?;
    }
    if site.has("id-token-signature-padded") {
        return Some(format!("{signed}.{}", URL_SAFE.encode(signature)));
    }
    Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}
