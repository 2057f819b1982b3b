//! UDAP discovery: the endpoints of a server whose signed metadata the app believes.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Public};
use openssl::sign::Verifier;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509StoreContext};
use serde_json::Value;
use url::Url;

use super::web::Web;
use super::{App, Failed, id_token};

/// Where the app will go.
pub(super) struct Found {
    pub(super) authorize: Url,
    pub(super) token: Url,
    pub(super) register: Url,
}

const ENDPOINTS: [&str; 3] = ["authorization_endpoint", "token_endpoint", "registration_endpoint"];

/// Reads the document and stops when anything in it cannot be believed.
pub(super) async fn discover(app: &App, web: &Web, now: i64) -> Result<Found, Failed> {
    let document = match web.json(&format!("{}/.well-known/udap", app.base)).await {
        Ok(document) => document,
        Err(failed) if !app.has("client-udap-registers-without-metadata") => return Err(failed),
        Err(_) => return without(app, web).await,
    };
    let checked = examine(app, &document, now);
    if !app.has("client-udap-ignores-signed-metadata") {
        checked?;
    }
    let endpoint = |name: &str| -> Result<Url, Failed> {
        let text = document[name].as_str().ok_or_else(|| format!("{name} is missing"))?;
        Url::parse(text).map_err(|error| error.to_string())
    };
    let [authorize, token, register] = ENDPOINTS.map(endpoint);
    Ok(Found { authorize: authorize?, token: token?, register: register? })
}

/// The mistake of an app that goes by other documents where there is no UDAP.
async fn without(app: &App, web: &Web) -> Result<Found, Failed> {
    let configuration = web.json(&format!("{}/.well-known/smart-configuration", app.base)).await?;
    let endpoint = |name: &str| Url::parse(configuration[name].as_str().unwrap_or_default()).map_err(|error| error.to_string());
    let (authorize, token) = (endpoint("authorization_endpoint")?, endpoint("token_endpoint")?);
    let register = authorize.join("/register").map_err(|error| error.to_string())?;
    Ok(Found { authorize, token, register })
}

fn examine(app: &App, document: &Value, now: i64) -> Result<(), Failed> {
    let signed = document["signed_metadata"].as_str().or_else(|| document["signed_endpoints"].as_str());
    let signed = signed.ok_or("nothing in the metadata is signed")?;
    let parts: Vec<&str> = signed.split('.').collect();
    let [header, claims, signature] = parts[..] else { return Err("signed_metadata has no three parts".to_owned()) };
    let (head, said) = (id_token::read(header)?, id_token::read(claims)?);
    let chain = chain_of(&head)?;
    let leaf = chain.first().ok_or("x5c is empty")?;
    if !app.has("client-udap-ignores-signature") {
        verify(&head, leaf, &format!("{header}.{claims}"), signature)?;
    }
    if !app.has("client-udap-ignores-trust") {
        trust(app, &chain, now)?;
    }
    if !app.has("client-udap-ignores-iss") {
        let uris: Vec<String> =
            leaf.subject_alt_names().into_iter().flatten().filter_map(|name| name.uri().map(str::to_owned)).collect();
        let iss = said["iss"].as_str().unwrap_or_default();
        if iss != app.base.as_str() || !uris.iter().any(|uri| uri == iss) {
            return Err("iss is not the base, or not in the certificate".to_owned());
        }
    }
    if !app.has("client-udap-ignores-sub") && (said["sub"].is_null() || said["sub"] != said["iss"]) {
        return Err("sub is not iss".to_owned());
    }
    if !app.has("client-udap-ignores-expiry") && said["exp"].as_i64().is_none_or(|end| end <= now) {
        return Err("the signed metadata has expired".to_owned());
    }
    if !app.has("client-udap-ignores-endpoints") && ENDPOINTS.iter().any(|name| document[*name] != said[*name]) {
        return Err("an endpoint is not the one that was signed".to_owned());
    }
    Ok(())
}

fn chain_of(head: &Value) -> Result<Vec<X509>, Failed> {
    let texts = head["x5c"].as_array().ok_or("there is no x5c")?;
    let certificate = |text: &Value| {
        let der = STANDARD.decode(text.as_str().unwrap_or_default()).map_err(|error| error.to_string())?;
        X509::from_der(&der).map_err(|error| error.to_string())
    };
    texts.iter().map(certificate).collect()
}

fn verify(head: &Value, leaf: &X509, signed: &str, signature: &str) -> Result<(), Failed> {
    let key = leaf.public_key().map_err(|error| error.to_string())?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|error| error.to_string())?;
    let holds = match (head["alg"].as_str(), key.id()) {
        (Some("RS256"), Id::RSA) => holds(&key, signed, &signature),
        (Some("ES256"), Id::EC) if signature.len() == 64 => {
            let number = |bytes: &[u8]| BigNum::from_slice(bytes).map_err(|error| error.to_string());
            let pair = EcdsaSig::from_private_components(number(&signature[..32])?, number(&signature[32..])?);
            let der = pair.and_then(|pair| pair.to_der()).map_err(|error| error.to_string())?;
            holds(&key, signed, &der)
        }
        _ => false,
    };
    if holds { Ok(()) } else { Err("the signature of the metadata is not right".to_owned()) }
}

fn holds(key: &PKey<Public>, signed: &str, signature: &[u8]) -> bool {
    let verifier = Verifier::new(MessageDigest::sha256(), key);
    verifier.and_then(|mut verifier| verifier.verify_oneshot(signature, signed.as_bytes())).unwrap_or(false)
}

/// Whether the chain leads to a community of the app.
fn trust(app: &App, chain: &[X509], now: i64) -> Result<(), Failed> {
    let trusted = || -> Result<bool, openssl::error::ErrorStack> {
        let mut store = X509StoreBuilder::new()?;
        for pem in &app.anchors {
            for root in X509::stack_from_pem(pem.as_bytes())? {
                store.add_cert(root)?;
            }
        }
        let mut parameters = X509VerifyParam::new()?;
        parameters.set_time(now);
        store.set_param(&parameters)?;
        let store = store.build();
        let mut others = Stack::new()?;
        for certificate in chain.iter().skip(1) {
            others.push(certificate.clone())?;
        }
        let mut context = X509StoreContext::new()?;
        context.init(&store, &chain[0], &others, |context| context.verify_cert())
    };
    match trusted() {
        Ok(true) => Ok(()),
        Ok(false) => Err("the certificate of the metadata leads to no community of the app".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
