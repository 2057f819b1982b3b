//! The apps that are registered from the start: ids and secrets are made at random.

use std::sync::OnceLock;

use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jwk::alg::rsa::RsaKeyPair;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::super::keys as known;
use crate::vocabulary::Secret;

/// The redirect URI of every registered app, unless another is wanted. Nothing listens there: a harness only watches for it.
pub(in super::super) const REDIRECT_URI: &str = "https://app.example/callback";

/// How an app authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientKind {
    /// With a secret, by HTTP Basic.
    Confidential,
    /// As the first, and unrelated to it.
    Second,
    /// Not at all.
    Public,
    /// With a signed assertion (`private_key_jwt`).
    Asymmetric,
}

/// A private key of an app.
#[derive(Debug, Clone)]
pub struct ClientKey {
    /// `RS384` or `ES384`.
    pub algorithm: &'static str,
    /// Its name in the key set that was registered.
    pub kid: &'static str,
    /// PKCS #8, PEM.
    pub pem: Secret,
}

/// An app that the authorization server knows.
#[derive(Debug, Clone)]
pub struct RegisteredClient {
    /// How it authenticates.
    pub kind: ClientKind,
    /// Its `client_id`.
    pub id: String,
    /// The name that members see.
    pub name: String,
    /// Its secret, if it has one.
    pub secret: Option<Secret>,
    /// Where codes are sent; compared exactly.
    pub redirect_uri: Url,
    /// What it registered for, if it did so while the server ran.
    pub(in super::super) dynamic: Option<Dynamic>,
}

/// What an app that registered by itself may do.
#[derive(Debug, Clone)]
pub(in super::super) struct Dynamic {
    pub(in super::super) redirect_uris: Vec<String>,
    pub(in super::super) scopes: Vec<String>,
    pub(in super::super) may_refresh: bool,
}

impl RegisteredClient {
    /// Whether codes may be sent there; compared exactly.
    pub(in super::super) fn redirects_to(&self, uri: &str) -> bool {
        match &self.dynamic {
            Some(dynamic) => dynamic.redirect_uris.iter().any(|own| own == uri),
            None => uri == self.redirect_uri.as_str(),
        }
    }
}

/// The four apps, with fresh ids and secrets.
pub(in super::super) fn register(redirect_uri: Option<&Url>) -> Result<Vec<RegisteredClient>, url::ParseError> {
    let redirect_uri = redirect_uri.cloned().map_or_else(|| Url::parse(REDIRECT_URI), Ok)?;
    let kinds = [
        (ClientKind::Confidential, "confidential", "Claims Companion"),
        (ClientKind::Second, "second", "Other Companion"),
        (ClientKind::Public, "public", "Pocket Claims"),
        (ClientKind::Asymmetric, "asymmetric", "Signed Claims"),
    ];
    let clients = kinds.into_iter().map(|(kind, word, name)| {
        let has_secret = matches!(kind, ClientKind::Confidential | ClientKind::Second);
        let secret = has_secret.then(|| Secret::new("client_secret", random()));
        let id = format!("{word}-{}", &random()[..12]);
        RegisteredClient { kind, id, name: name.to_owned(), secret, redirect_uri: redirect_uri.clone(), dynamic: None }
    });
    Ok(clients.collect())
}

/// 64 hexadecimal digits that nobody can guess.
pub(in super::super) fn random() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// The keys of the asymmetric app, RSA first; none when they could not be made.
pub(in super::super) fn keys() -> &'static [Jwk] {
    static KEYS: OnceLock<Vec<Jwk>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let rsa = RsaKeyPair::from_pem(known::APP).map(|pair| {
            let mut key = pair.to_jwk_key_pair();
            key.set_algorithm("RS384");
            key.set_key_id("app-rs384");
            key
        });
        let ec = Jwk::generate_ec_key(EcCurve::P384).map(|mut key| {
            key.set_algorithm("ES384");
            key.set_key_id("app-es384");
            key
        });
        [rsa, ec].into_iter().flatten().collect()
    })
}

/// The private keys as the app holds them.
pub(in super::super) fn private_keys() -> Vec<ClientKey> {
    let names = [("RS384", "app-rs384"), ("ES384", "app-es384")];
    let pairs = names.into_iter().zip(keys());
    pairs
        .filter_map(|((algorithm, kid), key)| {
            let pem = private_pem(algorithm, key)?;
            Some(ClientKey { algorithm, kid, pem: Secret::new("client_signing_key", pem) })
        })
        .collect()
}

fn private_pem(algorithm: &str, key: &Jwk) -> Option<String> {
    match algorithm {
        "RS384" => Some(known::APP.to_owned()),
        _ => String::from_utf8(EcKeyPair::from_jwk(key).ok()?.to_pem_private_key()).ok(),
    }
}

/// The key set that the asymmetric app has registered.
pub(in super::super) fn key_set() -> Value {
    let keys: Vec<Value> = keys().iter().map(super::super::jwks::public).collect();
    json!({"keys": keys})
}
