//! What a case changes in a JWT: claims, times, header, certificate, signature. Everything it does not name is right.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use josekit::jws::HS256;
use josekit::jws::JwsSigner as _;
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use serde_json::{Map, Value};
use tokio::task::spawn_blocking;

use super::clients::UdapClients;
use super::header;
use crate::crypto::lab::{Credential, KeyKind, LabKeys, Shape};
use crate::crypto::{CryptoError, raw};
use crate::verbs::Context;
use crate::vocabulary::{Cause, Secret, parse_duration};

/// The keys of the table.
const KEYS: [&str; 22] = [
    "claims",
    "omit",
    "iat",
    "exp",
    "nbf",
    "lifetime",
    "jti",
    "header",
    "omit_header",
    "alg",
    "algorithm",
    "key",
    "certificate",
    "san",
    "x5c",
    "signed_by",
    "signature",
    "hmac",
    "header_text",
    "claims_text",
    "duplicate",
    "extensions",
];

/// How long before now a JWT of ours was made. A server that takes no JWT of the same second exists.
const AGE: i64 = 2;
/// How long a JWT of ours is good for.
const LIFETIME: i64 = 240;

/// What stands in braces in a claim of a case: `{own}` is the client's URI, `{base}` the FHIR base, `{code_scopes}` what a client of the
/// code flow asks for, and the endpoints are those of the metadata, letter by letter.
pub(super) struct Places(pub Vec<(&'static str, String)>);

impl Places {
    fn fill(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.0.iter().fold(text, |text, (name, place)| text.replace(name, place)).into(),
            Value::Array(items) => items.into_iter().map(|item| self.fill(item)).collect(),
            other => other,
        }
    }
}

/// The table of a case.
#[derive(Debug, Clone, Default)]
pub(super) struct Overrides(Map<String, Value>);

/// A JWT that can be sent.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub text: String,
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
    /// The shape of the certificate that it goes with.
    pub shape: Shape,
}

impl Overrides {
    /// Checks the names. Nothing is an empty table.
    pub fn read(given: Option<&Value>) -> Result<Self, Cause> {
        let table = match given {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(table)) => table.clone(),
            Some(_) => return Err(input("what is changed in a JWT is a table")),
        };
        match table.keys().find(|name| !KEYS.contains(&name.as_str())) {
            Some(name) => Err(input(&format!("a JWT has no '{name}' to change: there are {}", KEYS.join(", ")))),
            None => Ok(Self(table)),
        }
    }

    /// A text of the table.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// Any value of the table.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    fn texts(&self, name: &str) -> Vec<&str> {
        self.0.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn table(&self, name: &str) -> Map<String, Value> {
        self.0.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// The same with a key id in the header, unless the header has one already.
    pub fn with_key_id(&self, id: &str) -> Self {
        let mut changed = self.clone();
        let mut header = changed.table("header");
        header.entry("kid").or_insert_with(|| id.into());
        changed.0.insert("header".into(), header.into());
        changed
    }

    /// The names of the claims that are set or left out.
    pub fn changed(&self) -> Vec<String> {
        let omitted = self.texts("omit").into_iter().map(str::to_owned);
        self.table("claims").keys().cloned().chain(omitted).collect()
    }

    /// The shape of the certificate.
    pub fn shape(&self) -> Result<Shape, Cause> {
        self.text("certificate")
            .map_or(Ok(Shape::Right), |word| Shape::from_word(word).ok_or_else(|| input(&format!("no certificate is '{word}'"))))
    }

    fn key(&self) -> Result<Option<KeyKind>, Cause> {
        let known = |word| KeyKind::from_word(word).ok_or_else(|| input(&format!("there is no key '{word}'")));
        self.text("key").map(known).transpose()
    }

    /// The credential for a client of this URI.
    pub fn credential(&self, clients: &UdapClients, uri: &str) -> Result<Arc<Credential>, Cause> {
        let named = self.texts("san");
        let uris =
            if named.is_empty() { vec![uri.to_owned()] } else { named.into_iter().map(|name| own_uri(name, uri)).collect() };
        clients.credential(&uris, self.shape()?, self.key()?)
    }

    /// The claims, with `iat`, `exp` and `jti` added, and changed as the table says.
    pub fn claims(&self, base: Map<String, Value>, context: &Context, places: &Places) -> Result<Map<String, Value>, Cause> {
        let now = context.world.clock.now().unix_timestamp();
        let at =
            |name: &str| self.text(name).map(offset).transpose().map(|found| found.map(|seconds| now.saturating_add(seconds)));
        let iat = at("iat")?.unwrap_or(now - AGE);
        let lifetime = self.text("lifetime").map(offset).transpose()?.unwrap_or(LIFETIME);
        let mut claims = base;
        claims.insert("iat".into(), iat.into());
        claims.insert("exp".into(), at("exp")?.unwrap_or(iat.saturating_add(lifetime)).into());
        if let Some(nbf) = at("nbf")? {
            claims.insert("nbf".into(), nbf.into());
        }
        let jti = self.text("jti").map_or_else(|| context.world.random.uuid().to_string(), str::to_owned);
        claims.insert("jti".into(), jti.into());
        claims.extend(self.table("claims").into_iter().map(|(name, value)| (name, places.fill(value))));
        let omitted = self.texts("omit");
        claims.retain(|name, _| !omitted.contains(&name.as_str()));
        Ok(claims)
    }

    /// Signs with the credential for a client of this URI. Signatures of RSA and new certificates take milliseconds each, and all cases are
    /// on one thread: they are made beside it.
    pub async fn sign_for(&self, clients: &Arc<UdapClients>, uri: &str, claims: Map<String, Value>) -> Result<Signed, Cause> {
        let (own, clients, uri) = (self.clone(), Arc::clone(clients), uri.to_owned());
        let signed = spawn_blocking(move || own.sign(claims, &*own.credential(&clients, &uri)?)).await;
        signed.unwrap_or_else(|_| Err(Cause::new("internal", "the JWT could not be signed: its thread ended early")))
    }

    /// Signs.
    pub fn sign(&self, claims: Map<String, Value>, credential: &Credential) -> Result<Signed, Cause> {
        let algorithm = self.text("algorithm").unwrap_or_else(|| credential.algorithm());
        let label = self.text("alg").unwrap_or(match self.text("hmac") {
            Some(_) => "HS256",
            None => algorithm,
        });
        let mut header = Map::new();
        header.insert("alg".into(), label.into());
        header.extend(header::x5c(self.text("x5c").unwrap_or("chain"), credential)?.map(|chain| ("x5c".to_owned(), chain)));
        header.extend(self.table("header"));
        let omitted = self.texts("omit_header");
        header.retain(|name, _| !omitted.contains(&name.as_str()));
        let header_text = self.text("header_text").map_or_else(|| Value::Object(header.clone()).to_string(), str::to_owned);
        let mut claims_text = self.text("claims_text").map_or_else(|| Value::Object(claims.clone()).to_string(), str::to_owned);
        for (name, value) in self.table("duplicate") {
            claims_text.truncate(claims_text.trim_end_matches('}').len());
            claims_text.push_str(&format!(",{}:{value}}}", Value::from(name)));
        }
        let signature = |message: &[u8]| self.signature(algorithm, label, credential, message);
        let text = match self.text("signature") {
            Some("padded") => padded(&header_text, &claims_text, signature),
            _ => raw(&header_text, &claims_text, signature),
        };
        let text = text.map_err(|error| input(&format!("the JWT cannot be signed: {error}")))?;
        let text = if self.text("signature") == Some("payload-changed") { with_other_claims(&text, &claims) } else { text };
        Ok(Signed { text, header, claims, shape: self.shape()? })
    }

    fn signature(&self, algorithm: &str, label: &str, credential: &Credential, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        if let Some(word) = self.text("hmac") {
            let failed = |_| CryptoError::Signing("HS256".into());
            return HS256.signer_from_bytes(credential.confusion(word)?).and_then(|signer| signer.sign(message)).map_err(failed);
        }
        let mut signature = match self.text("signed_by") {
            _ if label == "none" => Vec::new(),
            Some("stranger") => stranger(credential.algorithm())?.sign(algorithm, message)?,
            _ => credential.sign(algorithm, message)?,
        };
        match self.text("signature") {
            Some("flipped") => signature.last_mut().into_iter().for_each(|byte| *byte ^= 1),
            Some("empty") => signature.clear(),
            Some("truncated") => signature.truncate(signature.len() / 2),
            Some("der") => signature = in_der(&signature)?,
            _ => {}
        }
        Ok(signature)
    }
}

/// The same token with the padding of base64 at the end of its parts, and the signature over them as they are sent.
fn padded(header: &str, claims: &str, sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, CryptoError>) -> Result<String, CryptoError> {
    let signed = format!("{}.{}", URL_SAFE.encode(header), URL_SAFE.encode(claims));
    let signature = sign(signed.as_bytes())?;
    Ok(format!("{signed}.{}", URL_SAFE.encode(signature)))
}

/// The two numbers of an ECDSA signature as X.509 has them, and not one behind the other.
fn in_der(signature: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let pair = || EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?.to_der();
    pair().map_err(|_| CryptoError::Signing("ES256".into()))
}

/// A key of the same kind that belongs to no client.
fn stranger(algorithm: &str) -> Result<Credential, CryptoError> {
    let keys = LabKeys::well_known();
    let pem = match algorithm {
        "ES256" => keys.issuing_b,
        "ES384" => crate::crypto::strangers_pem("ES384")?,
        _ => keys.issuing_a,
    };
    Credential::new(Vec::new(), None, &pem)
}

/// The same token with another payload under the signature of the first.
fn with_other_claims(text: &str, claims: &Map<String, Value>) -> String {
    let mut changed = claims.clone();
    changed.insert("changed_on_the_way".into(), true.into());
    let mut parts: Vec<String> = text.split('.').map(str::to_owned).collect();
    if let Some(payload) = parts.get_mut(1) {
        *payload = URL_SAFE_NO_PAD.encode(Value::Object(changed).to_string());
    }
    parts.join(".")
}

/// `own` stands for the client's own URI, in whole or as a beginning, `own-capitals` for it with capitals in its path.
fn own_uri(text: &str, uri: &str) -> String {
    text.replace("{own}", uri).replace("{own-capitals}", &in_capitals(uri))
}

/// A scheme and a host are the same in any letters, a path is not.
fn in_capitals(uri: &str) -> String {
    let host = uri.find("://").map_or(0, |at| at + "://".len());
    let path = uri.get(host..).and_then(|rest| rest.find('/')).map_or(uri.len(), |at| host + at);
    let (before, path) = uri.split_at(path);
    format!("{before}{}", path.to_ascii_uppercase())
}

/// Seconds from now: `-10m`, `+10m` or `10m`.
fn offset(text: &str) -> Result<i64, Cause> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let duration = parse_duration(rest).map_err(|_| input(&format!("'{text}' is no time from now: write -10m or 10m")))?;
    Ok(sign * i64::try_from(duration.as_secs()).unwrap_or(i64::MAX / 4))
}

/// What the case itself did wrong.
pub(super) fn input(message: &str) -> Cause {
    Cause::new("input", message)
}

/// A handle for a JWT. A statement is shown to whoever registers a client and comes back in the answer: it is no credential. An
/// authentication token is one.
pub(super) fn keep(context: &Context, label: &'static str, text: &str) -> String {
    match label {
        "client_assertion" => context.vault.keep_token(Secret::new(label, text)),
        _ => context.vault.keep_value(label, text),
    }
}
