//! The signed metadata: a JWT about the endpoints, with the certificates that vouch for its key.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha256;
use openssl::sign::Signer;
use openssl::x509::X509;
use serde_json::{Map, Value, json};

use super::super::site::Site;
use super::identity::{Identity, identity};
use super::keys;

/// Ninety days.
const LIFETIME: i64 = 90 * 86_400;
const DAY: i64 = 86_400;

/// The endpoints that a document names, and that its signed part names again.
pub(super) type Endpoints = Vec<(&'static str, String)>;

/// The JWT for one community.
pub(super) fn signed(site: &Site, community: &str, endpoints: &Endpoints) -> Result<String, ErrorStack> {
    let identity = identity(site, community)?;
    let claims = Value::Object(claims(site, community, endpoints));
    compact(site, &identity, &claims)
}

fn claims(site: &Site, community: &str, endpoints: &Endpoints) -> Map<String, Value> {
    let now = site.now().unix_timestamp();
    let base = site.base.as_str();
    let number = site.udap.count_document();
    let random = sha256(format!("{base} {community} {now} {number}").as_bytes());
    let mut claims = Map::new();
    let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    put("iss", json!(base));
    put("sub", json!(base));
    put("iat", json!(now));
    put("exp", json!(now + LIFETIME));
    put("jti", json!(format!("sm-{}", URL_SAFE_NO_PAD.encode(&random[..18]))));
    for (name, url) in endpoints {
        put(name, json!(url));
    }
    spoil_parties(site, &mut claims);
    if site.has("udap-metadata-signed-jti-fixed") {
        // A time of its own for each, also for two of one second: else the second could be the first, from a cache.
        claims.insert("exp".to_owned(), json!(now + LIFETIME - i64::try_from(number).unwrap_or(0)));
    }
    spoil_times(site, now, &mut claims);
    spoil_endpoints(site, &mut claims);
    for (fault, claim) in MISSING {
        if site.has(fault) {
            claims.shift_remove(claim);
        }
    }
    claims
}

const MISSING: [(&str, &str); 8] = [
    ("udap-metadata-signed-no-iss", "iss"),
    ("udap-metadata-signed-no-sub", "sub"),
    ("udap-metadata-signed-no-iat", "iat"),
    ("udap-metadata-signed-no-exp", "exp"),
    ("udap-metadata-signed-no-jti", "jti"),
    ("udap-metadata-signed-no-token-endpoint", "token_endpoint"),
    ("udap-metadata-signed-no-registration-endpoint", "registration_endpoint"),
    ("udap-metadata-signed-no-authorization-endpoint", "authorization_endpoint"),
];

fn change<const COUNT: usize>(site: &Site, claims: &mut Map<String, Value>, changes: [(&'static str, &str, Value); COUNT]) {
    for (fault, claim, value) in changes {
        if site.has(fault) {
            claims.insert(claim.to_owned(), value);
        }
    }
}

fn spoil_parties(site: &Site, claims: &mut Map<String, Value>) {
    let base = site.base.as_str();
    let slash = site.has("udap-metadata-signed-iss-slash");
    if slash {
        claims.insert("iss".to_owned(), json!(format!("{base}/")));
        claims.insert("sub".to_owned(), json!(format!("{base}/")));
    }
    let other = site.authorization_url("/");
    let changes = [
        ("udap-metadata-signed-wrong-sub", "sub", json!(other)),
        ("udap-metadata-signed-jti-fixed", "jti", json!("sm-always-the-same")),
        ("udap-metadata-signed-jti-number", "jti", json!(20_261_128)),
        ("udap-metadata-signed-jti-empty", "jti", json!("")),
    ];
    change(site, claims, changes);
    if site.has("udap-metadata-signed-wrong-iss") {
        claims.insert("iss".to_owned(), json!(other));
        claims.insert("sub".to_owned(), json!(other));
    }
}

fn spoil_times(site: &Site, now: i64, claims: &mut Map<String, Value>) {
    if site.has("udap-metadata-signed-expired") {
        claims.insert("iat".to_owned(), json!(now - 10 * DAY));
        claims.insert("exp".to_owned(), json!(now - DAY));
    }
    if site.has("udap-metadata-signed-iat-future") {
        claims.insert("iat".to_owned(), json!(now + DAY));
    }
    let changes = [
        ("udap-metadata-signed-too-long", "exp", json!(now + 400 * DAY)),
        ("udap-metadata-signed-exp-before-iat", "exp", json!(now - 300)),
        ("udap-metadata-signed-exp-string", "exp", json!((now + LIFETIME).to_string())),
    ];
    change(site, claims, changes);
}

fn spoil_endpoints(site: &Site, claims: &mut Map<String, Value>) {
    let elsewhere = |path: &str| json!(site.authorization_url(path));
    let changes = [
        ("udap-metadata-signed-token-endpoint-differs", "token_endpoint", elsewhere("/oauth2/token")),
        ("udap-metadata-signed-registration-endpoint-differs", "registration_endpoint", elsewhere("/oauth2/register")),
        ("udap-metadata-signed-authorization-endpoint-differs", "authorization_endpoint", elsewhere("/oauth2/authorize")),
    ];
    change(site, claims, changes);
}

/// The header member `x5c`.
fn chain(site: &Site, identity: &Identity) -> Result<Option<Value>, ErrorStack> {
    if site.has("udap-metadata-x5c-missing") {
        return Ok(None);
    }
    let mut chain: Vec<X509> = identity.chain.clone();
    if site.has("udap-metadata-x5c-leaf-second") {
        chain.reverse();
    }
    if site.has("udap-metadata-x5c-with-root") {
        chain.push(identity.root.clone());
    }
    if site.has("udap-metadata-x5c-unrelated-extra") {
        chain.push(super::authority::authority("An unrelated community")?.root.certificate.clone());
    }
    if site.has("udap-metadata-x5c-fifty") {
        let last = chain.last().cloned();
        chain.extend(last.iter().cycle().take(48).cloned());
    }
    let base64url = site.has("udap-metadata-x5c-base64url");
    let one = |certificate: &X509| {
        let der = certificate.to_der()?;
        Ok(if base64url { URL_SAFE.encode(der).replace('=', "") } else { STANDARD.encode(der) })
    };
    let texts: Vec<String> = chain.iter().map(one).collect::<Result<_, ErrorStack>>()?;
    let with = |fault: &'static str, value: Value| site.has(fault).then_some(value);
    let odd = [
        with("udap-metadata-x5c-empty", json!([])),
        with("udap-metadata-x5c-string", json!(texts.first())),
        with("udap-metadata-x5c-garbage", json!(["bm8gY2VydGlmaWNhdGU="])),
    ];
    Ok(Some(odd.into_iter().flatten().next().unwrap_or_else(|| json!(texts))))
}

fn compact(site: &Site, identity: &Identity, claims: &Value) -> Result<String, ErrorStack> {
    let algorithm = algorithm(site);
    let mut header = Map::new();
    header.insert("alg".to_owned(), json!(algorithm));
    if let Some(chain) = chain(site, identity)? {
        header.insert("x5c".to_owned(), chain);
    }
    if site.has("udap-metadata-header-urls") {
        for name in ["jku", "x5u"] {
            header.insert(name.to_owned(), json!(format!("{}canary", site.plain)));
        }
    }
    if site.has("udap-metadata-signed-crit") {
        header.insert("crit".to_owned(), json!(["x-unknown"]));
        header.insert("x-unknown".to_owned(), json!(true));
    }
    let mut signed = format!("{}.{}", encoded(&Value::Object(header)), encoded(claims));
    let key = if site.has("udap-metadata-other-key") { keys::other_key()? } else { &identity.key };
    let mut signature = match algorithm {
        "none" => Vec::new(),
        "HS256" => by_secret(&identity.key, signed.as_bytes())?,
        "ES256" => by_curve(key, signed.as_bytes())?,
        "RS384" => Signer::new(MessageDigest::sha384(), key)?.sign_oneshot_to_vec(signed.as_bytes())?,
        _ => Signer::new(MessageDigest::sha256(), key)?.sign_oneshot_to_vec(signed.as_bytes())?,
    };
    if site.has("udap-metadata-bad-signature")
        && let Some(byte) = signature.last_mut()
    {
        *byte ^= 1;
    }
    if site.has("udap-metadata-changed-after-signing") {
        let mut changed = claims.clone();
        changed["scopes_supported"] = json!(["openid"]);
        signed = format!("{}.{}", signed.split('.').next().unwrap_or_default(), encoded(&changed));
    }
    if site.has("udap-metadata-signed-not-a-jwt") {
        return Ok("see the portal".to_owned());
    }
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// What the header says the signature is made by.
fn algorithm(site: &Site) -> &'static str {
    let faults = [
        ("udap-metadata-signed-es256", "ES256"),
        ("udap-metadata-signed-rs384", "RS384"),
        ("udap-metadata-signed-none", "none"),
        ("udap-metadata-signed-hs256", "HS256"),
    ];
    let mut algorithm = "RS256";
    for (fault, other) in faults {
        if site.has(fault) {
            algorithm = other;
        }
    }
    algorithm
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The key confusion: a MAC whose secret is the public key.
fn by_secret(key: &PKey<Private>, signed: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let secret = PKey::hmac(&key.public_key_to_pem()?)?;
    Signer::new(MessageDigest::sha256(), &secret)?.sign_oneshot_to_vec(signed)
}

fn by_curve(key: &PKey<Private>, signed: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let signature = EcdsaSig::from_der(&Signer::new(MessageDigest::sha256(), key)?.sign_oneshot_to_vec(signed)?)?;
    Ok([signature.r().to_vec_padded(32)?, signature.s().to_vec_padded(32)?].concat())
}
