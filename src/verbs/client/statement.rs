//! What a JWT of a client shows, whatever it is for: its form and its certificate, and the claims that every one of them has.

use serde_json::{Map, Value};

use crate::crypto::{X5cJws, verify_x5c_jws};

/// The longest that a software statement or an authentication token may be valid.
const LONGEST: i64 = 300;

/// A JWT, taken apart.
pub struct Statement {
    jws: X5cJws,
    /// Its claims; empty when they cannot be read.
    pub claims: Map<String, Value>,
}

impl Statement {
    /// Takes one apart.
    pub fn read(text: &str) -> Self {
        let jws = verify_x5c_jws(text);
        let claims = jws.jwt.claims.clone().unwrap_or_default();
        Self { jws, claims }
    }

    /// A claim that is a text with something in it.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// A claim that is a list of texts.
    pub fn texts(&self, name: &str) -> Option<Vec<&str>> {
        self.claims.get(name)?.as_array()?.iter().map(Value::as_str).collect()
    }

    /// True when the URI stands, byte for byte, in the certificate.
    pub fn is_in_certificate(&self, uri: &str) -> bool {
        self.jws.leaf.as_ref().is_some_and(|leaf| leaf.uris.iter().any(|own| own == uri))
    }

    /// What is wrong with form, header, certificates and signature: `parts` `header` `alg` `x5c` `signature`.
    pub fn form_defects(&self) -> Vec<&'static str> {
        let mut defects: Vec<&'static str> = Vec::new();
        for defect in &self.jws.defects {
            defects.push(match defect.word() {
                "parts" | "claims-encoding" | "claims-json" | "too-large" | "signature-encoding" | "duplicate-claim" => "parts",
                "header-encoding" | "header-json" | "duplicate-header" | "crit" => "header",
                "alg-missing" => "alg",
                "unsigned" | "alg-symmetric" => "unsigned",
                word if word.starts_with("x5c-") => "x5c",
                _ => "signature",
            });
        }
        defects
    }

    /// What is wrong with `iat`, `exp` and `jti`: each by its name when it is not of its type, and `lifetime`.
    pub fn time_defects(&self) -> Vec<&'static str> {
        let integer = |name: &str| self.claims.get(name).and_then(Value::as_i64);
        let (iat, exp) = (integer("iat"), integer("exp"));
        let too_long = matches!((iat, exp), (Some(iat), Some(exp)) if exp.saturating_sub(iat) > LONGEST);
        let checks =
            [(iat.is_none(), "iat"), (exp.is_none(), "exp"), (self.text("jti").is_none(), "jti"), (too_long, "lifetime")];
        checks.into_iter().filter(|(wrong, _)| *wrong).map(|(_, word)| word).collect()
    }
}
