//! One identity provider of ours: registers whoever asks, signs the member in at once, redeems codes, and notes what was asked.
//!
//! Between two sign-ins it says nothing: what it answers belongs to the case that acts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use serde_json::{Map, Value, json};
use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard};
use url::Url;

use super::conduct::{Code, Conduct, State, Token};
use super::papers::{self, Audience, ELSEWHERE};
use super::reading::{jwt_facts, parameters, words};
use super::seen::Seen;
use crate::crypto::pkce_challenge;
use crate::net::Origin;
use crate::peers::{Asked, Rooms, Said};
use crate::verbs::Context;
use crate::vocabulary::{Cause, Secret};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long the access token lives, as the profile has it at most.
const ACCESS: u32 = 300;
/// So many clients, codes and tokens are kept.
const KEPT: usize = 256;

/// A sign-in that goes on.
struct Running {
    context: Context,
    conduct: Conduct,
    seen: Seen,
    /// The state that the client sent to the data holder: the data holder must not pass it on.
    client_state: Option<String>,
    /// Where the data holder lets members sign in, which need not be where its data are.
    home: Option<Url>,
    /// The code that was made last.
    code: Option<Secret>,
}

/// What a code stands for.
#[derive(Debug, Clone)]
struct Grant {
    client_id: String,
    redirect_uri: String,
    nonce: Option<String>,
    challenge: Option<String>,
    used: bool,
}

#[derive(Default)]
struct Held {
    running: Option<Running>,
    /// Redirect URIs by client.
    clients: BTreeMap<String, Vec<String>>,
    codes: BTreeMap<String, Grant>,
    last_used: Option<String>,
    tokens: Vec<String>,
}

/// An identity provider at an address of its own.
pub struct Provider {
    base: String,
    path: String,
    rooms: Weak<Rooms>,
    member: Map<String, Value>,
    turn: AsyncMutex<()>,
    held: Mutex<Held>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider at {}", self.base)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        if let Some(rooms) = self.rooms.upgrade() {
            rooms.close(&self.path);
        }
    }
}

impl Provider {
    /// Opens a provider under this path.
    pub(super) fn open(rooms: &Arc<Rooms>, path: String, claims: Map<String, Value>) -> Arc<Self> {
        let mut member = Map::new();
        member.insert("sub".into(), "carinbb-member".into());
        member.extend(claims);
        let base = format!("{}/{path}", rooms.base());
        let provider = Arc::new(Self {
            base,
            path: path.clone(),
            rooms: Arc::downgrade(rooms),
            member,
            turn: AsyncMutex::default(),
            held: Mutex::default(),
        });
        let weak = Arc::downgrade(&provider);
        rooms.furnish(
            &path,
            Arc::new(move |asked| weak.upgrade().map_or_else(|| Said::text(404, "closed"), |provider| provider.answer(asked))),
        );
        provider
    }

    /// Its base, which is its issuer.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// One sign-in at a time.
    pub(super) async fn turn(&self) -> AsyncMutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// From now on it behaves so.
    pub(super) fn begin(&self, context: Context, conduct: Conduct, client_state: Option<String>, home: Option<Url>) {
        self.held().running = Some(Running { context, conduct, seen: Seen::default(), client_state, home, code: None });
    }

    /// What was seen since then, and the code that was made last. A provider that keeps on answers until the run is over: its code
    /// is shown elsewhere.
    pub(super) fn end(&self, keeps_on: bool) -> (Map<String, Value>, Option<Secret>) {
        let mut held = self.held();
        let told = held.running.as_ref().map_or_else(Default::default, |running| (running.seen.facts(), running.code.clone()));
        if !keeps_on {
            held.running = None;
        }
        told
    }

    /// Says nothing any more.
    pub(super) fn close(&self) {
        self.held().running = None;
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn answer(&self, asked: &Asked) -> Said {
        let mut held = self.held();
        let held = &mut *held;
        let Some(running) = held.running.as_mut() else { return Said::text(503, "nobody signs in") };
        let told = |name: &str| Map::from_iter([("method".to_owned(), Value::from(name))]);
        let said = match (asked.method.as_str(), asked.path.as_str()) {
            ("GET" | "HEAD", ".well-known/udap") => {
                running.seen.metadata.note(told(&asked.method));
                running.conduct.status.map_or_else(
                    || papers::metadata(&self.base, &running.conduct, &running.context).map(|body| Said::json(200, &body)),
                    |status| Ok(Said::text(status, "not here")),
                )
            }
            ("GET" | "HEAD", ".well-known/openid-configuration") => {
                running.seen.configuration.note(told(&asked.method));
                Ok(Said::json(200, &papers::configuration(&self.base)))
            }
            ("GET" | "HEAD", "jwks") => {
                running.seen.keys.note(told(&asked.method));
                papers::key_set(&self.base, &running.context).map(|body| Said::json(200, &body))
            }
            ("POST", "register") => Ok(self.register(asked, running, &mut held.clients)),
            ("GET" | "POST", "authorize") => {
                let body = if asked.method == "POST" { asked.body.as_slice() } else { asked.query.as_bytes() };
                let clients = &held.clients;
                Ok(self.sign_in(&parameters(body), running, clients, &mut held.codes, held.last_used.as_deref()).map_or_else(
                    || Said::text(400, "This provider belongs to a conformance test and sends nobody on."),
                    |url| Said::redirect(&url),
                ))
            }
            ("POST", "token") => self.redeem(asked, running, &mut held.codes, &mut held.last_used, &mut held.tokens),
            ("GET" | "POST", "userinfo") => {
                running.seen.userinfo.note(told(&asked.method));
                Ok(self.userinfo(asked, running, &held.tokens))
            }
            (_, path) if path.starts_with(ELSEWHERE) => {
                running.seen.unsigned.note(told(&asked.method));
                Ok(Said::text(404, "not here"))
            }
            _ => {
                running.seen.strays.note(told(&asked.method));
                Ok(Said::text(404, "not here"))
            }
        };
        // What cannot be made here is our trouble: the sign-in fails, and its control says so.
        said.unwrap_or_else(|_: Cause| Said::text(500, "the provider of the test is out of order"))
    }

    /// Takes anybody: what is wrong with the statement is told as facts.
    fn register(&self, asked: &Asked, running: &mut Running, clients: &mut BTreeMap<String, Vec<String>>) -> Said {
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let statement = body.get("software_statement").and_then(Value::as_str).unwrap_or_default();
        let aud = format!("{}/register", self.base);
        let (mut facts, claims) = jwt_facts(statement, &aud, running.context.world.clock.now());
        let texts = |name: &str| -> Vec<String> {
            let items = claims.get(name).and_then(Value::as_array).into_iter().flatten();
            items.filter_map(Value::as_str).take(16).map(str::to_owned).collect()
        };
        let redirects = texts("redirect_uris");
        let own = json!({
            "scopes": words(claims.get("scope").and_then(Value::as_str)),
            "grant_types": texts("grant_types"),
            "response_types": texts("response_types"),
            "auth_method": claims.get("token_endpoint_auth_method").and_then(Value::as_str).unwrap_or_default(),
            "redirect_uris": redirects.len(),
            "udap": body.get("udap").and_then(Value::as_str).unwrap_or_default(),
            "is_json": asked.content_type == "application/json",
        });
        facts.extend(own.as_object().cloned().unwrap_or_default());
        running.seen.registrations.note(facts);
        if let Some(status) = running.conduct.registration {
            return Said::json(
                status,
                &json!({ "error": "unapproved_software_statement", "error_description": "as the test wants it" }),
            );
        }
        let client_id = format!("carinbb-{}", running.context.world.random.uuid());
        if clients.len() < KEPT {
            clients.insert(client_id.clone(), redirects);
        }
        let mut answer: Map<String, Value> = claims
            .into_iter()
            .filter(|(name, _)| !matches!(name.as_str(), "iss" | "sub" | "aud" | "exp" | "iat" | "nbf" | "jti"))
            .collect();
        answer.insert("client_id".into(), client_id.into());
        answer.insert("software_statement".into(), statement.into());
        Said::json(201, &answer.into())
    }

    /// A browser that was sent here without anything being asked over the network.
    pub(super) fn pass(&self, url: &Url, fields: &[(String, String)]) -> Option<Url> {
        let mut held = self.held();
        let held = &mut *held;
        let running = held.running.as_mut()?;
        let path = url.as_str().strip_prefix(self.base.as_str())?.trim_start_matches('/');
        if path.split(['?', '#']).next() != Some("authorize") {
            let kind = if path.starts_with(ELSEWHERE) { &mut running.seen.unsigned } else { &mut running.seen.strays };
            kind.note(Map::new());
            return None;
        }
        let mut given = parameters(url.query().unwrap_or_default().as_bytes());
        for (name, value) in fields {
            given.entry(name.clone()).or_insert_with(|| value.clone());
        }
        self.sign_in(&given, running, &held.clients, &mut held.codes, held.last_used.as_deref())
    }

    /// Signs the member in and says where the browser goes.
    fn sign_in(
        &self,
        given: &BTreeMap<String, String>,
        running: &mut Running,
        clients: &BTreeMap<String, Vec<String>>,
        codes: &mut BTreeMap<String, Grant>,
        last_used: Option<&str>,
    ) -> Option<Url> {
        let get = |name: &str| given.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let client_id = get("client_id").unwrap_or_default();
        let redirect_uri = get("redirect_uri").unwrap_or_default();
        let registered = clients.get(client_id);
        let is_registered = registered.map(|own| own.iter().any(|uri| uri == redirect_uri));
        let mut facts = json!({
            "response_type": get("response_type").unwrap_or_default(),
            "scopes": words(get("scope")),
            "state": get("state").is_some(),
            "own_state": get("state").is_some() && get("state") != running.client_state.as_deref(),
            "nonce": get("nonce").is_some(),
            "pkce": get("code_challenge").is_some(),
            "known_client": registered.is_some() || client_id.starts_with("carinbb-"),
        });
        if let Some(is_registered) = is_registered {
            facts["redirect_uri_registered"] = is_registered.into();
        }
        running.seen.browsers.note(facts.as_object().cloned().unwrap_or_default());
        let mut url = Url::parse(redirect_uri).ok().filter(|url| may_go(url, is_registered, running))?;
        let code = match &running.conduct.code {
            Code::New => {
                let code = running.context.world.random.state();
                let grant = Grant {
                    client_id: client_id.to_owned(),
                    redirect_uri: redirect_uri.to_owned(),
                    nonce: get("nonce").map(str::to_owned),
                    challenge: get("code_challenge").map(str::to_owned),
                    used: false,
                };
                if codes.len() < KEPT {
                    codes.insert(code.clone(), grant);
                }
                code
            }
            Code::Used => last_used?.to_owned(),
            Code::Given(code) => code.expose().to_owned(),
        };
        let secret = Secret::new("code", code.clone());
        running.context.world.redactor.register(&secret);
        running.code = Some(secret);
        if running.conduct.hold {
            return None;
        }
        let mut answer: Vec<(&str, String)> = match &running.conduct.error {
            Some(error) => vec![("error", error.clone()), ("error_description", "as the test wants it".to_owned())],
            None => vec![("code", code)],
        };
        match running.conduct.state {
            State::Right => answer.extend(get("state").map(|state| ("state", state.to_owned()))),
            State::Wrong => answer.push(("state", running.context.world.random.state())),
            State::Missing => {}
        }
        answer.push(("iss", running.conduct.iss.clone().unwrap_or_else(|| self.base.clone())));
        url.query_pairs_mut().extend_pairs(&answer);
        Some(url)
    }

    fn redeem(
        &self,
        asked: &Asked,
        running: &mut Running,
        codes: &mut BTreeMap<String, Grant>,
        last_used: &mut Option<String>,
        tokens: &mut Vec<String>,
    ) -> Result<Said, Cause> {
        let form = parameters(&asked.body);
        let get = |name: &str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let aud = format!("{}/token", self.base);
        let (mut facts, claims) = jwt_facts(get("client_assertion").unwrap_or_default(), &aud, running.context.world.clock.now());
        let grant = get("code").and_then(|code| codes.get_mut(code));
        let verifies = |grant: &Grant| match (&grant.challenge, get("code_verifier")) {
            (Some(challenge), Some(verifier)) => *challenge == pkce_challenge(verifier) || challenge == verifier,
            (challenge, verifier) => challenge.is_none() && verifier.is_none(),
        };
        let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
        let own = json!({
            "grant_type": get("grant_type").unwrap_or_default(),
            "assertion_sent": get("client_assertion").is_some(),
            "assertion_type_right": get("client_assertion_type") == Some(JWT_BEARER),
            "udap": get("udap").unwrap_or_default(),
            "shared_secret": get("client_secret").is_some() || asked.authorization.is_some(),
            "code_known": grant.is_some(),
            "client_right": grant.as_ref().is_some_and(|grant| grant.client_id == issuer),
            "redirect_uri_right": grant.as_ref().is_some_and(|grant| get("redirect_uri") == Some(&grant.redirect_uri)),
            "verifier_right": grant.as_deref().is_some_and(verifies),
        });
        facts.extend(own.as_object().cloned().unwrap_or_default());
        running.seen.redemptions.note(facts);
        let refused = || Ok(Said::json(400, &json!({ "error": "invalid_grant" })));
        if running.conduct.token == Token::Refused {
            return refused();
        }
        let Some(grant) = grant.filter(|grant| !grant.used) else { return refused() };
        grant.used = true;
        *last_used = get("code").map(str::to_owned);
        let access = running.context.world.random.state();
        running.context.world.redactor.register(&Secret::new("access_token", access.clone()));
        if tokens.len() < KEPT {
            tokens.push(access.clone());
        }
        let mut answer = json!({ "access_token": access, "token_type": "Bearer", "expires_in": ACCESS, "scope": "openid udap" });
        if running.conduct.token == Token::Right {
            let audience = Audience { client_id: &grant.client_id, nonce: grant.nonce.as_deref() };
            let id_token = papers::id_token(&self.base, &running.conduct.id_token, &audience, &self.member, &running.context)?;
            answer["id_token"] = id_token.into();
        }
        Ok(Said::json(200, &answer))
    }

    fn userinfo(&self, asked: &Asked, running: &Running, tokens: &[String]) -> Said {
        let token = asked.authorization.as_deref().and_then(|text| text.strip_prefix("Bearer "));
        if !token.is_some_and(|token| tokens.iter().any(|own| own == token)) {
            return Said::json(401, &json!({ "error": "invalid_token" }));
        }
        let mut claims = self.member.clone();
        claims.extend(running.conduct.userinfo.clone());
        Said::json(200, &claims.into())
    }
}

/// A stranger may not use us to send browsers anywhere: only to what a client registered, or to the target. A data holder that
/// names another address of its own is told of, and its sign-in goes on.
fn may_go(url: &Url, is_registered: Option<bool>, running: &Running) -> bool {
    let target = &running.context.target;
    let own = [&target.base].into_iter().chain(&target.endpoints).chain(&target.allow_origins).chain(&running.home);
    let mut own = own.filter_map(Origin::of);
    is_registered == Some(true) || own.any(|known| Origin::of(url) == Some(known))
}
