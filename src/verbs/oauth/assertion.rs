//! `oauth.client-assertion`: a signed client assertion, right or with a defect, made without sending anything.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio::task::spawn_blocking;

use super::client_auth::client;
use super::endpoint::endpoint;
use crate::crypto::{CryptoError, Jwt, confused_with_public_key, raw, sign_with_pem, strangers_pem};
use crate::target::{Client, SigningKey};
use crate::verbs::discovery::{DocumentKind, texts};
use crate::verbs::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};
use crate::vocabulary::{Cause, Secret};

/// How long an assertion of ours is good for.
const LIFETIME: Duration = Duration::from_secs(60);

/// What a server lists for client assertions, among the facts of smart-configuration.
const ALGORITHMS: &str = "/json/token_endpoint_auth_signing_alg_values_supported";

/// `oauth.client-assertion`
pub struct ClientAssertion;

impl Verb for ClientAssertion {
    fn help(&self) -> &'static VerbHelp {
        &help::CLIENT_ASSERTION
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost::default()
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            let made = match client(arguments, context) {
                Ok(client) => make(arguments, context, client).await,
                Err(cause) => Err(cause),
            };
            match made {
                Ok(made) => Observed::facts(json!({ "assertion": made.handle, "sent": made.sent }), Vec::new()),
                Err(cause) => Observed::broken(cause, Vec::new()),
            }
        })
    }
}

/// An assertion that can be sent.
pub(super) struct Made {
    pub assertion: Secret,
    pub handle: String,
    /// Facts: `alg`, `kid`, `typ`, `claims`.
    pub sent: Value,
}

impl Made {
    /// Seconds until it expires; nothing where it does not say when.
    pub(super) fn seconds_left(&self, context: &Context) -> Option<i64> {
        let claims = Jwt::parse(self.assertion.expose()).claims?;
        Some(claims.get("exp")?.as_i64()? - context.world.clock.now().unix_timestamp())
    }
}

/// The assertion of the argument `assertion`: one that was made before, or one after its table.
pub(super) async fn of_argument(arguments: &Arguments, context: &Context, client: &Client) -> Result<Made, Cause> {
    let input = |message: String| Cause::new("input", message);
    match arguments.get("assertion") {
        Some(Value::String(text)) => {
            let resolved = context.vault.resolve("client_assertion", text).map_err(input)?;
            Ok(Made { handle: text.clone(), assertion: resolved.secret, sent: Value::Null })
        }
        Some(Value::Object(table)) => {
            let spec = Arguments::new(&help::CLIENT_ASSERTION, table.clone()).map_err(input)?;
            make(&spec, context, client).await
        }
        None => make(&Arguments::default(), context, client).await,
        Some(_) => Err(input("'assertion' must be a handle or a table".into())),
    }
}

/// Makes the assertion that these arguments describe.
async fn make(spec: &Arguments, context: &Context, client: &Client) -> Result<Made, Cause> {
    let key = key(spec, context, client).await?;
    let aud = match spec.text("aud") {
        Some(aud) => aud.to_owned(),
        None => endpoint(context, "token_endpoint", "token").await?.into(),
    };
    let header = header(spec, key);
    let claims = claims(spec, context, client, aud);
    let pem = pem(spec, key).await?;
    let algorithm = key.algorithm.clone();
    let label = spec.text("alg").unwrap_or(&algorithm);
    let token = raw(&Value::Object(header.clone()).to_string(), &Value::Object(claims.clone()).to_string(), |text| {
        let signature = match label {
            "none" => Vec::new(),
            "HS256" => confused_with_public_key(&pem, text)?,
            _ => sign_with_pem(&algorithm, &pem, text)?,
        };
        Ok(spoilt(signature, spec.text("signature")))
    })
    .map_err(|error| not_signed(&error))?;
    let assertion = Secret::new("client_assertion", token);
    let handle = context.vault.keep(assertion.clone());
    let mut sent = header;
    sent.insert("claims".into(), claims.into());
    Ok(Made { assertion, handle, sent: sent.into() })
}

/// The key with the algorithm that is asked for; else the first whose algorithm the server lists; else the first.
async fn key<'a>(spec: &Arguments, context: &Context, client: &'a Client) -> Result<&'a SigningKey, Cause> {
    let word = client.key.word();
    if let Some(wanted) = spec.text("key") {
        let missing = || Cause::new("input", format!("the target file gives no {wanted} key of the {word} client"));
        return client.keys().find(|key| key.algorithm == wanted).ok_or_else(missing);
    }
    let listed = texts(context.documents.fact(DocumentKind::Smart, ALGORITHMS, context).await);
    let suits = client.keys().find(|key| listed.contains(&key.algorithm));
    let missing = || Cause::new("input", format!("the target file gives no signing key of the {word} client"));
    suits.or_else(|| client.keys().next()).ok_or_else(missing)
}

fn header(spec: &Arguments, key: &SigningKey) -> Map<String, Value> {
    let omitted = spec.texts("omit");
    let members =
        [("alg", spec.text("alg").unwrap_or(&key.algorithm)), ("kid", spec.text("kid").unwrap_or(&key.key_id)), ("typ", "JWT")];
    let members = members.into_iter().filter(|(name, _)| !omitted.contains(name));
    members.map(|(name, value)| (name.to_owned(), value.into())).collect()
}

fn claims(spec: &Arguments, context: &Context, client: &Client, aud: String) -> Map<String, Value> {
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let now = context.world.clock.now().unix_timestamp();
    let lifetime = seconds(spec.duration("lifetime").unwrap_or(LIFETIME));
    let exp = spec.duration("expired").map_or(now.saturating_add(lifetime), |ago| now.saturating_sub(seconds(ago)));
    let iat = match spec.duration("iat") {
        Some(ago) => now.saturating_sub(seconds(ago)),
        None => now.min(exp.saturating_sub(seconds(LIFETIME))).max(0),
    };
    let jti = spec.text("jti").map_or_else(|| context.world.random.uuid().to_string(), str::to_owned);
    let omitted = spec.texts("omit");
    let members: [(&str, Value); 6] = [
        ("iss", spec.text("iss").unwrap_or(&client.client_id).into()),
        ("sub", spec.text("sub").unwrap_or(&client.client_id).into()),
        ("aud", aud.into()),
        ("exp", exp.into()),
        ("iat", iat.into()),
        ("jti", jti.into()),
    ];
    let members = members.into_iter().filter(|(name, _)| !omitted.contains(name));
    let mut claims: Map<String, Value> = members.map(|(name, value)| (name.to_owned(), value)).collect();
    if let Some(ahead) = spec.duration("nbf") {
        claims.insert("nbf".into(), now.saturating_add(seconds(ahead)).into());
        // It would have to live until then and a little longer, or another defect would be the reason of a refusal.
        claims.insert("exp".into(), now.saturating_add(seconds(ahead)).saturating_add(lifetime).into());
    }
    claims
}

/// The key that signs. Making a stranger's RSA key takes a while, so it is made off the loop.
async fn pem(spec: &Arguments, key: &SigningKey) -> Result<Secret, Cause> {
    if spec.text("signed_by") != Some("stranger") {
        return Ok(key.pem.clone());
    }
    let algorithm = key.algorithm.clone();
    let made = spawn_blocking(move || strangers_pem(&algorithm)).await;
    let failed = || Cause::new("input", "no stranger's key could be made");
    made.map_err(|_| failed())?.map_err(|error| not_signed(&error))
}

fn spoilt(mut signature: Vec<u8>, word: Option<&str>) -> Vec<u8> {
    match word {
        Some("truncated") => signature.truncate(signature.len() / 2),
        Some("altered") => signature.iter_mut().take(1).for_each(|byte| *byte ^= 1),
        Some("empty") => signature.clear(),
        _ => {}
    }
    signature
}

fn not_signed(error: &CryptoError) -> Cause {
    Cause::new("input", format!("the client assertion cannot be signed: {error}"))
}
