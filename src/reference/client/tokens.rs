//! How the app says who it is at the token endpoint.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use josekit::jws::{ES384, JwsSigner};
use serde_json::{Value, json};

use super::super::oauth::random;
use super::Failed;
use super::launch::Launch;

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What the token endpoint gave.
pub(super) struct Grant {
    pub(super) answer: Value,
}

impl Launch<'_> {
    /// Adds what authenticates the app: its secret by HTTP Basic, or an assertion when it has registered itself.
    pub(super) fn authenticate(
        &self,
        form: &mut Vec<(String, String)>,
        headers: &mut Vec<(&'static str, String)>,
    ) -> Result<(), Failed> {
        let app = self.app;
        let basic = || format!("Basic {}", STANDARD.encode(format!("{}:{}", self.client_id, app.client_secret)));
        if self.registered.is_none() && app.signs_assertions() {
            form.push(("client_assertion_type".to_owned(), KIND.to_owned()));
            form.push(("client_assertion".to_owned(), self.signed_assertion()?));
            return Ok(());
        }
        if self.registered.is_none() {
            headers.push(("authorization", basic()));
            if app.has("client-authenticates-twice") {
                form.push(("client_id".to_owned(), self.client_id.clone()));
                form.push(("client_secret".to_owned(), app.client_secret.clone()));
            }
            return Ok(());
        }
        form.push(("client_assertion_type".to_owned(), KIND.to_owned()));
        form.push(("client_assertion".to_owned(), self.assertion()?));
        if !app.has("client-udap-token-without-udap") {
            form.push(("udap".to_owned(), "1".to_owned()));
        }
        if app.has("client-udap-token-authorization-header") {
            headers.push(("authorization", basic()));
        }
        Ok(())
    }

    /// The assertion of a client whose public key the server knows (SMART).
    fn signed_assertion(&self) -> Result<String, Failed> {
        let app = self.app;
        let (id, keys) = &app.asymmetric;
        let key = keys.iter().find(|key| key.algorithm == "ES384").ok_or("the app has no key")?;
        let jti = {
            let mut kept = app.kept();
            if app.has("client-signs-with-one-jti") { kept.jti.get_or_insert_with(random).clone() } else { random() }
        };
        let lifetime = if app.has("client-signs-for-an-hour") { 3_600 } else { 240 };
        let aud = if app.has("client-signs-for-the-base") { app.base.as_str() } else { self.token.as_str() };
        let claims = json!({"iss": id, "sub": id, "aud": aud, "iat": self.now, "exp": self.now + lifetime, "jti": jti});
        let header = json!({"alg": "ES384", "kid": key.kid, "typ": "JWT"});
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signer = ES384.signer_from_pem(key.pem.expose()).map_err(|error| error.to_string())?;
        let signature = signer.sign(signed.as_bytes()).map_err(|error| error.to_string())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn assertion(&self) -> Result<String, Failed> {
        let app = self.app;
        let (registered, identity) = self.registered.as_ref().ok_or("the app is not registered")?;
        let jti = {
            let mut kept = app.kept();
            if app.has("client-udap-jti-reused") { kept.jti.get_or_insert_with(random).clone() } else { random() }
        };
        let lifetime = if app.has("client-udap-assertion-long") { 3_600 } else { 240 };
        let mut claims = json!({
            "iss": registered.client_id,
            "sub": registered.client_id,
            "aud": self.token.as_str(),
            "iat": self.now,
            "exp": self.now + lifetime,
            "jti": jti,
        });
        if app.has("client-udap-assertion-other-aud") {
            claims["aud"] = json!(app.base.as_str());
        }
        if app.first_udap_version != app.has("client-udap-assertion-iss-uri") {
            claims["iss"] = json!(identity.uri());
        }
        if app.has("client-udap-assertion-extensions") {
            claims["extensions"] = json!({"hl7-b2b": {"version": "1", "organization_id": "https://org.example"}});
        }
        identity.sign(&claims, &json!({}))
    }
}
