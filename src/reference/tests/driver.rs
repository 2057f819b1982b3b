//! An app and its browser without sockets: every answer is written down with its random parts put out of sight, so that
//! what two servers do can be compared.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use time::OffsetDateTime;
use url::Url;

use super::pieces::{between, challenge, field};
use crate::reference::door::Door;
use crate::reference::exchange::{Answer, Asked, Reply};
use crate::reference::site::Site;
use crate::reference::{Options, RegisteredClient, front, jwks, oauth};

pub(super) const VERIFIER: &str = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789";
/// Where the clock stands at the beginning.
const BEGIN: i64 = 1_800_000_000;

/// A server in memory, a clock, a browser, and the record of what was seen.
pub(super) struct Driver {
    pub(super) site: Site,
    pub(super) log: Vec<String>,
    clock: Arc<AtomicI64>,
    cookies: BTreeMap<String, String>,
}

/// Changes to the parameters of the standard authorization request: another value, or none.
pub(super) type Changes<'a> = &'a [(&'a str, Option<&'a str>)];

impl Driver {
    /// A driver of a server with these options, at a fixed time.
    pub(super) fn new(options: Options) -> Self {
        let clock = Arc::new(AtomicI64::new(BEGIN));
        let hands = Arc::clone(&clock);
        let now = Arc::new(move || OffsetDateTime::from_unix_timestamp(hands.load(Ordering::Relaxed)).unwrap());
        let site = Site::new(&Options { now, ..options }, [1001, 1002, 1003]).unwrap();
        Self { site, log: Vec::new(), clock, cookies: BTreeMap::new() }
    }

    /// Lets time pass.
    pub(super) fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(super) fn client(&self, index: usize) -> RegisteredClient {
        self.site.clients[index].clone()
    }

    /// Writes a line, without what is random in it.
    pub(super) fn note(&mut self, text: &str) {
        let named = self.site.clients.iter().fold(text.to_owned(), |text, client| text.replace(&client.id, &client.name));
        self.log.push(masked(&named));
    }

    /// Sends a request and writes down its answer.
    pub(super) fn ask(&mut self, door: Door, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers: Vec<(String, String)> = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        if !self.cookies.is_empty() && door == Door::Authorization {
            let cookie: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            headers.push(("cookie".into(), cookie.join("; ")));
        }
        let asked = Asked {
            door,
            method: method.into(),
            path: path.into(),
            query: query.into(),
            headers,
            body: body.as_bytes().to_vec(),
            connection: 0,
        };
        let Answer::Reply(reply) = front::answer(&self.site, &asked) else { panic!("no reply") };
        for (_, cookie) in reply.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let text = format!("{method} {path} -> {} {:?} {}", reply.status, reply.headers, String::from_utf8_lossy(&reply.body));
        self.note(&text);
        self.note_id_token(&reply);
        reply
    }

    /// Writes down what an ID token says, and whether its signature is right.
    fn note_id_token(&mut self, reply: &Reply) {
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let Some(token) = body["id_token"].as_str() else { return };
        // the client's id in it makes its text random
        if let Some(line) = self.log.last_mut() {
            *line = line.split("\"id_token\":").next().unwrap_or_default().to_owned();
        }
        let parts: Vec<&str> = token.split('.').collect();
        let text = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        let (header, claims) = (text(parts[0]), text(parts[1]));
        let key = jwks::signing_keys().as_ref().unwrap()[0].to_public_key().unwrap();
        let signed = format!("{}.{}", parts[0], parts[1]);
        // One that is not base64url is seen to be wrong, and how.
        let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap_or_default();
        use josekit::jws::JwsVerifier as _;
        let verified = josekit::jws::RS256.verifier_from_jwk(&key).unwrap().verify(signed.as_bytes(), &signature).is_ok();
        self.note(&format!("id_token {header} {claims} verified={verified}"));
    }

    /// The standard authorization request of an app, with changes.
    fn parameters(&self, client: usize, scope: &str, changes: Changes<'_>) -> Vec<(String, String)> {
        let client = self.client(client);
        let mut parameters: Vec<(String, String)> = [
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", client.redirect_uri.as_str()),
            ("scope", scope),
            ("state", "State-0123456789-0123456789-0123456789"),
            ("nonce", "nonce-0123456789"),
            ("aud", self.site.base.as_str()),
            ("code_challenge", &challenge(VERIFIER)),
            ("code_challenge_method", "S256"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        for (name, value) in changes {
            if let Some(name) = name.strip_prefix('+') {
                parameters.push((name.to_owned(), value.unwrap_or_default().to_owned()));
                continue;
            }
            parameters.retain(|(known, _)| known != name);
            parameters.extend(value.map(|value| ((*name).to_owned(), value.to_owned())));
        }
        parameters
    }

    /// Goes from the authorization request to the callback, as a new browser. `None` when the way ends on a page.
    pub(super) fn launch(&mut self, client: usize, member: usize, scope: &str, changes: Changes<'_>) -> Option<Url> {
        self.decide(client, member, scope, changes, "approve")
    }

    pub(super) fn decide(
        &mut self,
        client: usize,
        member: usize,
        scope: &str,
        changes: Changes<'_>,
        decision: &str,
    ) -> Option<Url> {
        self.cookies.clear();
        let query = form(&self.parameters(client, scope, changes));
        let reply = self.ask(Door::Authorization, "GET", &format!("/authorize?{query}"), &[], "");
        self.walk(reply, member, decision)
    }

    /// The same by POST.
    pub(super) fn launch_by_post(&mut self, client: usize, member: usize, scope: &str) -> Option<Url> {
        self.cookies.clear();
        let body = form(&self.parameters(client, scope, &[]));
        let reply = self.post("/authorize", &[], &body);
        self.walk(reply, member, "approve")
    }

    /// One authorization request with an Origin header.
    pub(super) fn authorize_with_origin(&mut self) {
        self.cookies.clear();
        let query = form(&self.parameters(0, "openid", &[]));
        self.ask(Door::Authorization, "GET", &format!("/authorize?{query}"), &[("origin", "https://app.example")], "");
    }

    fn walk(&mut self, mut reply: Reply, member: usize, decision: &str) -> Option<Url> {
        let account = self.site.accounts[member].clone();
        for _ in 0..12 {
            if let Some((_, location)) = reply.headers.iter().find(|(name, _)| name == "location") {
                let url = self.site.authorization.join(location).unwrap();
                if url.host_str() != Some("localhost") {
                    return Some(url);
                }
                reply =
                    self.ask(Door::Authorization, "GET", &format!("{}?{}", url.path(), url.query().unwrap_or_default()), &[], "");
                continue;
            }
            let html = String::from_utf8_lossy(&reply.body).into_owned();
            let action = between(&html, "action=\"", "\"")?;
            let mut fields: Vec<(String, String)> = Vec::new();
            for input in html.split("<input").skip(1) {
                let name = between(input, "name=\"", "\"").unwrap();
                let value = match name.as_str() {
                    "username" => account.username.expose().to_owned(),
                    "password" => account.password.expose().to_owned(),
                    "otp" => {
                        let window = self.site.now().unix_timestamp() / 30;
                        oauth::one_time_code(&account.totp, window).unwrap()
                    }
                    _ => between(input, "value=\"", "\"").unwrap_or_default(),
                };
                fields.push((name, value));
            }
            fields.push(("decision".into(), decision.into()));
            reply = self.post(&action, &[], &form(&fields));
        }
        // the page that refuses comes again and again
        None
    }

    pub(super) fn post(&mut self, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        self.ask(Door::Authorization, "POST", path, &headers, body)
    }

    /// The `Authorization` header of a confidential app.
    pub(super) fn basic(&self, client: usize) -> String {
        let client = self.client(client);
        basic(&client.id, client.secret.as_ref().map_or("", |secret| secret.expose()))
    }

    /// A token request with these parameters, by Basic.
    pub(super) fn token(&mut self, client: usize, parameters: &[(&str, &str)]) -> Value {
        let credentials = self.basic(client);
        self.token_as(&[("authorization", &credentials)], parameters)
    }

    pub(super) fn token_as(&mut self, headers: &[(&str, &str)], parameters: &[(&str, &str)]) -> Value {
        let body = pairs(parameters);
        let reply = self.post("/token", headers, &body);
        serde_json::from_slice(&reply.body).unwrap_or_default()
    }

    /// The standard exchange of the code of a callback, with changes.
    pub(super) fn exchange(&mut self, client: usize, back: &Url, changes: Changes<'_>) -> Value {
        let code = field(back, "code").unwrap_or_default();
        let redirect_uri = self.client(client).redirect_uri.to_string();
        let mut parameters = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect_uri.as_str()),
            ("code_verifier", VERIFIER),
        ];
        for (name, value) in changes {
            parameters.retain(|(known, _)| known != name);
            parameters.extend(value.map(|value| (*name, value)));
        }
        self.token(client, &parameters)
    }

    /// A launch and its exchange. The token may be missing when a fault is on.
    pub(super) fn tokens(&mut self, client: usize, member: usize, scope: &str, changes: Changes<'_>) -> Value {
        match self.launch(client, member, scope, changes) {
            Some(back) => self.exchange(client, &back, &[]),
            None => Value::Null,
        }
    }

    /// A FHIR request with a token.
    pub(super) fn fhir(&mut self, method: &str, path: &str, token: &str) -> Value {
        let credentials = format!("Bearer {token}");
        let reply = self.ask(Door::Fhir, method, &format!("/fhir/r4/{path}"), &[("authorization", &credentials)], "");
        serde_json::from_slice(&reply.body).unwrap_or_default()
    }

    /// A signed assertion, with changes to its claims (`null` takes one away).
    pub(super) fn assertion(&self, algorithm: &str, header: &Value, changes: &Value) -> String {
        use josekit::jws::JwsSigner as _;
        let client = self.client(3);
        let now = self.site.now().unix_timestamp();
        let mut claims = json!({"iss": client.id, "sub": client.id, "aud": self.site.authorization_url("/token"), "exp": now + 240, "iat": now, "jti": oauth::random()});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let kid = if algorithm == "ES384" { "app-es384" } else { "app-rs384" };
        let mut head = json!({"alg": algorithm, "kid": kid, "typ": "JWT"});
        for (name, value) in header.as_object().unwrap() {
            head[name] = value.clone();
        }
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(head.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let keys = oauth::app_keys();
        let signature = match algorithm {
            "ES384" => josekit::jws::ES384.signer_from_jwk(&keys[1]).unwrap().sign(signed.as_bytes()).unwrap(),
            _ => josekit::jws::RS384.signer_from_jwk(&keys[0]).unwrap().sign(signed.as_bytes()).unwrap(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A text with each run of 64 hexadecimal digits or more taken out; one that no header has room for stays one.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        let end = rest[run..].bytes().position(|byte| byte.is_ascii_hexdigit()).map_or(rest.len(), |next| run + next);
        masked.push_str(match run {
            0..64 => &rest[..run],
            64..8_000 => "‹random›",
            _ => "‹far too long›",
        });
        masked.push_str(&rest[run..end]);
        rest = &rest[end..];
    }
    masked
}

pub(super) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

pub(super) fn pairs(parameters: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

fn form(parameters: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}
