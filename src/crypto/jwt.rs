//! A compact JWT, made from any text and taken apart without trust: each defect of form is named, nothing is thrown away.
//!
//! Neither direction looks at what the claims mean.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::sign::CryptoError;

/// A longer token is not taken apart.
pub const LARGEST: usize = 64 * 1024;

/// What is wrong with the form of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwtDefect {
    /// Longer than [`LARGEST`].
    TooLarge,
    /// Not three parts.
    Parts,
    /// The header is not base64url without padding.
    HeaderEncoding,
    /// The header is not a JSON object.
    HeaderJson,
    /// The claims are not base64url without padding.
    ClaimsEncoding,
    /// The claims are not a JSON object.
    ClaimsJson,
    /// The signature is not base64url without padding.
    SignatureEncoding,
}

impl JwtDefect {
    /// The word of the fact.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::Parts => "parts",
            Self::HeaderEncoding => "header-encoding",
            Self::HeaderJson => "header-json",
            Self::ClaimsEncoding => "claims-encoding",
            Self::ClaimsJson => "claims-json",
            Self::SignatureEncoding => "signature-encoding",
        }
    }
}

/// A token, as far as it could be taken apart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Jwt {
    /// The header, when it is a JSON object.
    pub header: Option<Map<String, Value>>,
    /// The text of the header, as it was encoded.
    pub header_text: Vec<u8>,
    /// The claims, when they are a JSON object.
    pub claims: Option<Map<String, Value>>,
    /// The text of the claims, as it was encoded.
    pub claims_text: Vec<u8>,
    /// What the signature is over.
    pub signed: String,
    /// The signature; empty for an unsecured token.
    pub signature: Option<Vec<u8>>,
    /// How many parts there are between the dots.
    pub parts: usize,
    /// What is wrong with its form.
    pub defects: Vec<JwtDefect>,
}

impl Jwt {
    /// Takes a token apart.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut jwt = Self::default();
        if text.len() > LARGEST {
            jwt.defects.push(JwtDefect::TooLarge);
            return jwt;
        }
        let parts: Vec<&str> = text.split('.').collect();
        jwt.parts = parts.len();
        let [header, claims, signature] = parts.as_slice() else {
            jwt.defects.push(JwtDefect::Parts);
            return jwt;
        };
        jwt.signed = format!("{header}.{claims}");
        (jwt.header_text, jwt.header) = object(header, JwtDefect::HeaderEncoding, JwtDefect::HeaderJson, &mut jwt.defects);
        (jwt.claims_text, jwt.claims) = object(claims, JwtDefect::ClaimsEncoding, JwtDefect::ClaimsJson, &mut jwt.defects);
        jwt.signature = URL_SAFE_NO_PAD.decode(signature).ok();
        if jwt.signature.is_none() {
            jwt.defects.push(JwtDefect::SignatureEncoding);
        }
        jwt
    }

    /// True for the five parts of an encrypted token.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.parts == 5
    }

    /// A text of the header.
    #[must_use]
    pub fn header_text_of(&self, name: &str) -> Option<&str> {
        self.header.as_ref()?.get(name)?.as_str()
    }
}

fn object(
    part: &str,
    encoding: JwtDefect,
    json: JwtDefect,
    defects: &mut Vec<JwtDefect>,
) -> (Vec<u8>, Option<Map<String, Value>>) {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(part) else {
        defects.push(encoding);
        return (Vec::new(), None);
    };
    match serde_json::from_slice::<Map<String, Value>>(&bytes) {
        Ok(members) => (bytes, Some(members)),
        Err(_) => {
            defects.push(json);
            (bytes, None)
        }
    }
}

/// A token from any two texts: nothing is corrected, so that every defect can be sent on purpose.
///
/// # Errors
/// When `sign` fails.
pub fn raw(header: &str, claims: &str, sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, CryptoError>) -> Result<String, CryptoError> {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = sign(signed.as_bytes())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&'static str> {
        Jwt::parse(text).defects.into_iter().map(JwtDefect::word).collect()
    }

    fn encoded(text: &str) -> String {
        URL_SAFE_NO_PAD.encode(text)
    }

    #[test]
    fn a_token_of_any_text_is_made_and_taken_apart_again() {
        let token = raw("{\"alg\":\"none\"}", "{\"exp\":\"soon\",\"exp\":1}", |_| Ok(Vec::new())).unwrap();
        let jwt = Jwt::parse(&token);
        assert_eq!((jwt.header_text_of("alg"), jwt.signature.as_deref()), (Some("none"), Some(&[][..])));
        assert_eq!(jwt.claims_text, b"{\"exp\":\"soon\",\"exp\":1}");
        assert!(token.ends_with('.') && jwt.defects.is_empty());
    }

    #[test]
    fn every_defect_of_form_is_named_and_hides_no_other() {
        let (good, list, padded) = (encoded("{}"), encoded("[]"), "e30=");
        assert_eq!(words("opaque"), ["parts"]);
        assert_eq!(words("a.b.c.d.e"), ["parts"]);
        assert!(Jwt::parse("a.b.c.d.e").is_encrypted());
        assert_eq!(words(&format!("{padded}.{list}.{good}")), ["header-encoding", "claims-json"]);
        assert_eq!(words(&format!("{list}.{padded}.+")), ["header-json", "claims-encoding", "signature-encoding"]);
        assert_eq!(words(&"a".repeat(LARGEST + 1)), ["too-large"]);
        let ill_typed = Jwt::parse(&format!("{good}.{}.", encoded("{\"exp\":\"x\",\"aud\":null}")));
        assert!(
            ill_typed.defects.is_empty() && ill_typed.claims.unwrap()["aud"].is_null(),
            "ill-typed claims are not a defect of form"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken_apart_without_a_panic(text in "([A-Za-z0-9_.=+-]{0,60}|.{0,40})") {
            let jwt = Jwt::parse(&text);
            proptest::prop_assert!(jwt.parts == 3 || !jwt.defects.is_empty());
        }
    }
}
