//! Does a published key verify the signature of a token?
//!
//! Keys are chosen by `kid` when the token names one that is published, else every key of the right kind is tried, up to a cap.

use josekit::jwk::Jwk;
use josekit::jws::{ES256, ES384, ES512, EdDSA, JwsVerifier, PS256, PS384, PS512, RS256, RS384, RS512};
use serde_json::Value;

use super::jwt::Jwt;

/// The most keys that are tried.
pub const MOST_KEYS: usize = 8;

/// The longest member of a key that is looked at: RSA of 16,384 bits in base64url.
const LONGEST_MEMBER: usize = 2_740;

/// A published key. Its members are as hostile as everything else of a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Key(Value);

impl Key {
    /// The keys of a JWK Set; nothing when the document is none. What is no object is left out.
    #[must_use]
    pub fn of_set(document: &Value) -> Option<Vec<Self>> {
        let keys = document.get("keys")?.as_array()?;
        Some(keys.iter().filter(|key| key.is_object()).cloned().map(Self).collect())
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.0.get("kid")?.as_str()
    }

    fn is_of_sane_size(&self) -> bool {
        ["n", "e", "x", "y"]
            .iter()
            .all(|name| self.0.get(name).and_then(Value::as_str).is_none_or(|text| text.len() <= LONGEST_MEMBER))
            && self.0.get("e").and_then(Value::as_str).is_none_or(|text| text.len() <= 12)
    }
}

/// What can be said of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// A key verifies it.
    Valid,
    /// No key does; why.
    Invalid(String),
    /// It cannot be judged; why.
    Unknown(String),
}

/// Verifies the signature of a token with the keys of its issuer.
#[must_use]
pub fn verify(jwt: &Jwt, keys: &[Key]) -> Verification {
    let invalid = |why: &str| Verification::Invalid(why.to_owned());
    let Some(signature) = &jwt.signature else { return invalid("the token has no readable signature") };
    let Some(algorithm) = jwt.header_text_of("alg") else { return invalid("the header has no alg") };
    if algorithm.eq_ignore_ascii_case("none") || signature.is_empty() {
        return invalid("the token is not signed");
    }
    if matches!(algorithm, "HS256" | "HS384" | "HS512") {
        return Verification::Unknown("the token is signed with a shared secret, which no published key can verify".into());
    }
    if jwt.header.as_ref().is_some_and(|header| header.contains_key("crit")) {
        return invalid("the header demands an extension that nobody here knows");
    }
    let kid = jwt.header_text_of("kid");
    let named: Vec<&Key> = keys.iter().filter(|key| kid.is_some() && key.id() == kid).collect();
    let candidates = if named.is_empty() { keys.iter().collect() } else { named };
    if candidates.is_empty() {
        return invalid("no key is published");
    }
    if !is_known(algorithm) {
        return Verification::Unknown("the algorithm of the signature is not known here".into());
    }
    let tried = candidates.into_iter().filter(|key| key.is_of_sane_size()).filter_map(|key| verifier(algorithm, key));
    let mut count = 0;
    for verifier in tried.take(MOST_KEYS) {
        count += 1;
        if verifier.verify(jwt.signed.as_bytes(), signature).is_ok() {
            return Verification::Valid;
        }
    }
    match count {
        0 => invalid("no published key fits the algorithm of the header"),
        1 => invalid("the one published key that fits does not verify the signature"),
        _ => invalid("none of the published keys that fit verifies the signature"),
    }
}

fn is_known(algorithm: &str) -> bool {
    matches!(algorithm, "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "ES512" | "EdDSA")
}

fn verifier(algorithm: &str, key: &Key) -> Option<Box<dyn JwsVerifier>> {
    let jwk = Jwk::from_map(key.0.as_object()?.clone()).ok()?;
    Some(match algorithm {
        "RS256" => Box::new(RS256.verifier_from_jwk(&jwk).ok()?),
        "RS384" => Box::new(RS384.verifier_from_jwk(&jwk).ok()?),
        "RS512" => Box::new(RS512.verifier_from_jwk(&jwk).ok()?),
        "PS256" => Box::new(PS256.verifier_from_jwk(&jwk).ok()?),
        "PS384" => Box::new(PS384.verifier_from_jwk(&jwk).ok()?),
        "PS512" => Box::new(PS512.verifier_from_jwk(&jwk).ok()?),
        "ES256" => Box::new(ES256.verifier_from_jwk(&jwk).ok()?),
        "ES384" => Box::new(ES384.verifier_from_jwk(&jwk).ok()?),
        "ES512" => Box::new(ES512.verifier_from_jwk(&jwk).ok()?),
        "EdDSA" => Box::new(EdDSA.verifier_from_jwk(&jwk).ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{CryptoError, confused_with_public_key, raw, sign_with_pem};
    use crate::vocabulary::Secret;
    use josekit::jwk::alg::ec::EcCurve;
    use serde_json::json;

    struct Pair {
        pem: Secret,
        public: Value,
    }

    fn pair(kid: Option<&str>, algorithm: &str) -> Pair {
        let pem = fresh_pem(algorithm);
        let key = openssl::pkey::PKey::private_key_from_pem(pem.expose().as_bytes()).unwrap();
        let public = key.public_key_to_pem().unwrap();
        let mut jwk = match algorithm {
            "RS256" | "RS384" => josekit::jwk::alg::rsa::RsaKeyPair::from_pem(pem.expose()).unwrap().to_jwk_public_key(),
            "ES256" => josekit::jwk::alg::ec::EcKeyPair::from_pem(pem.expose(), Some(EcCurve::P256)).unwrap().to_jwk_public_key(),
            _ => josekit::jwk::alg::ec::EcKeyPair::from_pem(pem.expose(), Some(EcCurve::P384)).unwrap().to_jwk_public_key(),
        };
        assert!(!public.is_empty());
        if let Some(kid) = kid {
            jwk.set_key_id(kid);
        }
        Pair { pem, public: Value::Object(jwk.as_ref().clone()) }
    }

    /// A key of its own each time: two pairs must not be one.
    fn fresh_pem(algorithm: &str) -> Secret {
        use openssl::{ec, nid::Nid, pkey::PKey, rsa::Rsa};
        let curve = |nid| PKey::from_ec_key(ec::EcKey::generate(&ec::EcGroup::from_curve_name(nid).unwrap()).unwrap()).unwrap();
        let key = match algorithm {
            "RS256" | "RS384" => PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
            "ES256" => curve(Nid::X9_62_PRIME256V1),
            _ => curve(Nid::SECP384R1),
        };
        Secret::new("signing_key", String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap())
    }

    fn token(header: &Value, sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, CryptoError>) -> Jwt {
        Jwt::parse(&raw(&header.to_string(), "{\"sub\":\"m\"}", sign).unwrap())
    }

    fn set(keys: &[&Value]) -> Vec<Key> {
        Key::of_set(&json!({ "keys": keys })).unwrap()
    }

    #[test]
    fn each_required_algorithm_verifies_with_its_key_and_not_after_a_change() {
        for algorithm in ["RS256", "RS384", "ES256", "ES384"] {
            let pair = pair(Some("k"), algorithm);
            let mut jwt = token(&json!({ "alg": algorithm, "kid": "k" }), |text| sign_with_pem(algorithm, &pair.pem, text));
            assert_eq!(verify(&jwt, &set(&[&pair.public])), Verification::Valid, "{algorithm}");
            jwt.signed.push('A');
            assert!(matches!(verify(&jwt, &set(&[&pair.public])), Verification::Invalid(_)), "{algorithm}");
        }
    }

    #[test]
    fn a_token_without_kid_is_tried_with_every_key_and_a_kid_chooses_one() {
        let (es256, es384) = (pair(Some("a"), "ES256"), pair(Some("b"), "ES384"));
        let sign = |text: &[u8]| sign_with_pem("ES384", &es384.pem, text);
        let keys = set(&[&es256.public, &es384.public]);
        assert_eq!(verify(&token(&json!({ "alg": "ES384" }), sign), &keys), Verification::Valid);
        assert!(matches!(verify(&token(&json!({ "alg": "ES384", "kid": "a" }), sign), &keys), Verification::Invalid(_)));
        assert_eq!(verify(&token(&json!({ "alg": "ES384", "kid": "old" }), sign), &keys), Verification::Valid);
    }

    #[test]
    fn h24_unsigned_and_confused_tokens_are_never_valid() {
        let pair = pair(None, "ES256");
        let keys = set(&[&pair.public]);
        let none = token(&json!({ "alg": "none" }), |_| Ok(Vec::new()));
        assert!(matches!(verify(&none, &keys), Verification::Invalid(_)));
        let empty = token(&json!({ "alg": "ES256" }), |_| Ok(Vec::new()));
        assert!(matches!(verify(&empty, &keys), Verification::Invalid(_)));
        let confused = token(&json!({ "alg": "HS256" }), |text| confused_with_public_key(&pair.pem, text));
        assert!(matches!(verify(&confused, &keys), Verification::Unknown(_)));
        let good = token(&json!({ "alg": "ES256" }), |text| sign_with_pem("ES256", &pair.pem, text));
        assert!(matches!(verify(&good, &[]), Verification::Invalid(_)));
    }

    #[test]
    fn h24_keys_that_a_token_brings_along_or_points_at_are_not_used() {
        let (own, foreign) = (pair(None, "ES256"), pair(None, "ES256"));
        let sign = |text: &[u8]| sign_with_pem("ES256", &foreign.pem, text);
        for header in [
            json!({ "alg": "ES256", "jwk": foreign.public }),
            json!({ "alg": "ES256", "jku": "https://elsewhere.example/keys", "x5u": "https://elsewhere.example/x5c" }),
            json!({ "alg": "ES256", "kid": "../../keys' or 1=1 --" }),
        ] {
            assert!(matches!(verify(&token(&header, sign), &set(&[&own.public])), Verification::Invalid(_)), "{header}");
        }
        let critical = json!({ "alg": "ES256", "crit": ["exp"] });
        let signed = token(&critical, |text| sign_with_pem("ES256", &own.pem, text));
        assert!(matches!(verify(&signed, &set(&[&own.public])), Verification::Invalid(_)), "crit names what nobody knows");
    }

    #[test]
    fn h23_of_many_keys_a_few_are_tried() {
        let (own, other) = (pair(None, "ES256"), pair(None, "ES256"));
        let good = token(&json!({ "alg": "ES256" }), |text| sign_with_pem("ES256", &own.pem, text));
        let crowd: Vec<&Value> = std::iter::repeat_n(&other.public, 10_000).chain([&own.public]).collect();
        assert!(matches!(verify(&good, &set(&crowd)), Verification::Invalid(_)), "the ten-thousandth key is not reached");
        let named: Vec<Value> = (0..100)
            .map(|number| {
                let mut key = if number == 90 { own.public.clone() } else { other.public.clone() };
                key["kid"] = json!(format!("k-{number}"));
                key
            })
            .collect();
        let by_name = token(&json!({ "alg": "ES256", "kid": "k-90" }), |text| sign_with_pem("ES256", &own.pem, text));
        assert_eq!(verify(&by_name, &set(&named.iter().collect::<Vec<_>>())), Verification::Valid, "kid finds it among many");
    }

    #[test]
    fn h23_hostile_keys_are_passed_over() {
        let pair = pair(None, "RS256");
        let huge = json!({ "kty": "RSA", "n": "A".repeat(100_000), "e": "AQAB" });
        let odd = json!({ "kty": 7, "n": [], "use": "enc" });
        let slow = json!({ "kty": "RSA", "n": pair.public["n"], "e": "A".repeat(300) });
        let good = token(&json!({ "alg": "RS256" }), |text| sign_with_pem("RS256", &pair.pem, text));
        assert_eq!(verify(&good, &set(&[&huge, &odd, &slow, &pair.public])), Verification::Valid);
        assert!(matches!(verify(&good, &set(&[&huge, &odd, &slow])), Verification::Invalid(_)));
        assert_eq!(Key::of_set(&json!({ "keys": "x" })), None);
        assert_eq!(Key::of_set(&json!({ "keys": [1, {}] })).map(|keys| keys.len()), Some(1));
    }
}
