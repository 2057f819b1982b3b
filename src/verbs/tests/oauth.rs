//! The OAuth verbs against a little authorization server, and a browser that goes where the test says.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::*;
use crate::crypto::{Jwt, strangers_pem};
use crate::target::{Client, ClientKey, Launch, Member, MemberKey, SigningKey};
use crate::verbs::{Arrival, Authorization, Browser, SeenPage, Visit};
use crate::vocabulary::Secret;

const REDIRECT: &str = "https://app.example/callback";
const CODE: &str = "SplxlOBeZQQYbYS6WxSbIA";
const ACCESS: &str = "access-token-0123456789";
const REFRESH: &str = "refresh-token-0123456789";

/// A browser whose arrival is a function of the request.
struct Scripted {
    go: Box<dyn Fn(&Authorization) -> Arrival + Send + Sync>,
    begun: AtomicU64,
}

impl Browser for Scripted {
    fn authorize<'a>(&'a self, request: &'a Authorization) -> BoxFuture<'a, Visit> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let headers = vec![("x-frame-options".to_owned(), "DENY".to_owned())];
        let page = SeenPage { url: request.url.clone(), title: "Sign in".into(), asks: true, signs_in: true, headers };
        Box::pin(async move {
            Visit {
                arrival: (self.go)(request),
                pages: vec![page],
                cookies: None,
                password_resent: Vec::new(),
                evidence: vec!["login-1".into()],
            }
        })
    }

    fn count(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    fn expect(&self, _: u64) {}

    fn longest_code_wait(&self, _: u64) -> Duration {
        Duration::ZERO
    }
}

fn signing_key(algorithm: &str, key_id: &str) -> SigningKey {
    SigningKey { pem: strangers_pem(algorithm).unwrap(), key_id: key_id.into(), algorithm: algorithm.into() }
}

fn client(key: ClientKey) -> Client {
    let keyed = key == ClientKey::Asymmetric;
    Client {
        key,
        client_id: format!("app-{}", key.word()),
        secret: (!keyed && key != ClientKey::Public).then(|| Secret::new("client_secret", format!("secret-of-{}", key.word()))),
        signing_key: keyed.then(|| signing_key("ES384", "k1")),
        more_keys: keyed.then(|| signing_key("RS384", "k2")).into_iter().collect(),
        redirect_uri: Url::parse(REDIRECT).unwrap(),
        name: None,
    }
}

fn member(key: MemberKey, patient: &str, resources: &[(&str, &str)]) -> Member {
    let resources = resources.iter().map(|(kind, id)| ((*kind).to_owned(), (*id).to_owned())).collect();
    Member { key, patient: Some(patient.into()), username: None, password: None, totp: None, code: None, resources }
}

fn launch() -> Launch {
    Launch {
        clients: ClientKey::WORDS.map(|(_, key)| client(key)).to_vec(),
        members: vec![
            member(MemberKey::First, "p1", &[]),
            member(MemberKey::Second, "p2", &[("Coverage", "c2"), ("Organization", "payer")]),
            member(MemberKey::Dependant, "p3", &[]),
        ],
        ..Launch::default()
    }
}

/// The redirect of an honest server.
pub(super) fn with_code(request: &Authorization) -> Arrival {
    let state = request.url.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned());
    let mut url = request.redirect_uri.clone();
    url.query_pairs_mut().append_pair("code", CODE).extend_pairs(state.map(|state| ("state", state)));
    Arrival::Redirected(url)
}

fn to(text: &str) -> Arrival {
    Arrival::Redirected(Url::parse(text).unwrap())
}

fn smart() -> Value {
    json!({
        "authorization_endpoint": "https://127.0.0.1/authorize",
        "token_endpoint": "https://127.0.0.1/token",
        "capabilities": [],
    })
}

/// Credentials go to https only, so the server's certificate is trusted by name here: the little server runs over TLS.
pub(super) async fn context_of(
    go: impl Fn(&Authorization) -> Arrival + Send + Sync + 'static,
    rest: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
) -> (Context, Server) {
    context_listing(None, go, rest).await
}

/// The same with a list of algorithms for client assertions in smart-configuration.
async fn context_listing(
    algorithms: Option<Value>,
    go: impl Fn(&Authorization) -> Arrival + Send + Sync + 'static,
    rest: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
) -> (Context, Server) {
    let address: Arc<std::sync::OnceLock<String>> = Arc::default();
    let base = Arc::clone(&address);
    let server = Server::start_trusted(move |seen| match seen.path.as_str() {
        "/r4/.well-known/smart-configuration" => {
            let mut document = smart();
            if let Some(algorithms) = &algorithms {
                document["token_endpoint_auth_signing_alg_values_supported"] = algorithms.clone();
            }
            for (member, path) in [
                ("authorization_endpoint", "authorize"),
                ("token_endpoint", "token"),
                ("revocation_endpoint", "revoke"),
                ("introspection_endpoint", "introspect"),
                ("jwks_uri", "jwks"),
            ] {
                document[member] = format!("{}/{path}", base.get().unwrap()).into();
            }
            Reply::json(200, &document)
        }
        "/r4/metadata" => Reply::json(200, &json!({ "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1" })),
        _ => rest(seen),
    })
    .await;
    address.set(server.base.as_str().trim_end_matches("/r4").to_owned()).unwrap();
    let options = WorldOptions { http: server.trusting(), ..WorldOptions::default() };
    let context = context_with(Target::new(server.base.clone(), server.base.as_str()), options);
    let browser = Scripted { go: Box::new(go), begun: AtomicU64::new(0) };
    (context.with_launch(Arc::new(launch()), Some(Arc::new(browser))), server)
}

fn issued() -> Reply {
    let body = json!({
        "access_token": ACCESS, "refresh_token": REFRESH, "token_type": "Bearer", "expires_in": 3600,
        "scope": "launch/patient patient/Patient.rs", "patient": "p1",
    });
    Reply::json(200, &body).with("cache-control", "no-store, private").with("pragma", "no-cache")
}

fn fields(body: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

fn field(body: &str, name: &str) -> Option<String> {
    fields(body).into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

async fn authorize(context: &Context, more: Value) -> Value {
    let mut with = json!({ "scopes": ["openid", "launch/patient", "patient/Patient.read"] });
    with.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    facts(context, "oauth.authorize", with).await
}

#[tokio::test]
async fn a_launch_goes_from_the_member_to_the_token_and_no_secret_gets_into_a_fact() {
    let (context, server) = context_of(with_code, |_| issued()).await;
    let arrived = authorize(&context, json!({})).await;
    assert_eq!(
        (&arrived["arrived"], &arrived["state_echoed"], &arrived["issued"]),
        (&json!("redirect"), &json!(true), &json!(true))
    );
    assert_eq!((&arrived["frame_protected"], &arrived["authorizations"]), (&json!(true), &json!(1)));
    let token = facts(&context, "oauth.token", json!({ "code": arrived["code"], "scopes": arrived["sent"]["scopes"] })).await;
    assert_eq!(
        (&token["issued"], &token["refused"], &token["no_store"], &token["no_cache"]),
        (&json!(true), &json!(false), &json!(true), &json!(true))
    );
    assert_eq!(token["token"]["granted"], json!(["launch/patient", "patient/Patient.rs"]));
    let shown = format!("{arrived} {token}");
    for secret in [CODE, ACCESS, REFRESH, "secret-of"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    let seen = server.seen().into_iter().find(|seen| seen.path == "/token").unwrap();
    assert_eq!(field(&seen.body, "code").as_deref(), Some(CODE));
    assert_eq!(field(&seen.body, "client_id"), None, "trap 36: a client that authenticates by Basic does not name itself twice");
    assert!(seen.head.contains("authorization: basic") && !seen.head.contains("origin:"));
    let challenge = crate::crypto::pkce_challenge(&field(&seen.body, "code_verifier").unwrap());
    assert_eq!(
        context
            .vault
            .open(arrived["sent"]["verifier"].as_str().unwrap())
            .map(|verifier| crate::crypto::pkce_challenge(verifier.expose())),
        Some(challenge)
    );
}

#[tokio::test]
async fn every_parameter_of_the_request_can_be_left_out_doubled_or_broken() {
    let (context, _) = context_of(
        |request| {
            let mut url = request.redirect_uri.clone();
            url.set_query(request.url.query());
            Arrival::Redirected(url)
        },
        |_| issued(),
    )
    .await;
    let names = |facts: &Value| {
        facts["parameters"].as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let plain = authorize(&context, json!({})).await;
    for name in [
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "aud",
        "code_challenge",
        "code_challenge_method",
        "nonce",
    ] {
        assert!(names(&plain).contains(&name.to_owned()), "trap 57: {name} is always sent");
        let without = authorize(&context, json!({ "omit": [name] })).await;
        assert!(!names(&without).contains(&name.to_owned()), "{name}");
        assert!(without["sent"].get(name).is_none(), "{name}");
    }
    assert_eq!(plain["sent"]["aud"], context.target.base.as_str());
    let broken =
        authorize(&context, json!({ "aud": "none", "pkce": "none", "double": ["state"], "extra": { "prompt": "x" } })).await;
    assert!(!names(&broken).contains(&"aud".to_owned()) && !names(&broken).contains(&"code_challenge".to_owned()));
    assert!(names(&broken).contains(&"prompt".to_owned()));
    assert_eq!(broken["state_echoed"], false, "two states are not the one that was sent");
    assert!(broken["sent"].get("verifier").is_none());
    let challenge_only = authorize(&context, json!({ "pkce": "challenge-only" })).await;
    assert!(!names(&challenge_only).contains(&"code_challenge_method".to_owned()));
    assert_eq!(authorize(&context, json!({ "method": "post" })).await["parameters"], json!([]), "a form is not in the address");
}

#[tokio::test]
async fn each_way_to_arrive_is_told_apart() {
    for (arrival, expected) in [
        (to("https://app.example/callback?error=access_denied&state=x"), json!(["redirect", true, true, false])),
        (to("https://app.example/callback#access_token=zzzzzzzz&state=x"), json!(["redirect", false, true, false])),
        (to("https://evil.example/?code=abcdefgh"), json!(["redirect", false, false, true])),
        (
            Arrival::ErrorAnswer { status: 400, title: None, json: Some(json!({ "error": "invalid_request" })) },
            json!(["error-answer", true, null, false]),
        ),
        (
            Arrival::ErrorAnswer { status: 500, title: Some("Oops".into()), json: None },
            json!(["error-answer", false, null, false]),
        ),
        (
            Arrival::Stuck { reason: "no-step-fits", ours: false, title: "Unknown app".into(), why: "no step fits".into() },
            json!(["stuck", null, null, false]),
        ),
    ] {
        let shown = format!("{arrival:?}");
        let (context, _) = context_of(move |_| arrival.clone(), |_| issued()).await;
        let seen = authorize(&context, json!({ "state": "abc" })).await;
        assert_eq!(
            json!([seen["arrived"], seen["refused"], seen["redirected_to_registered"], seen["issued"]]),
            expected,
            "{shown}"
        );
        assert!(!seen.to_string().contains("zzzzzzzz"), "a token in a fragment is a secret as well");
    }
}

#[tokio::test]
async fn what_lies_with_us_or_the_network_is_never_a_fact() {
    let stuck = |ours| Arrival::Stuck { reason: "wrong-password", ours, title: "Sign in".into(), why: "w".into() };
    for (arrival, arguments, expected) in [
        (stuck(true), json!({}), "input"),
        (stuck(false), json!({ "must_arrive": true }), "input"),
        (Arrival::Unavailable("tokens are given".into()), json!({}), "input"),
        (Arrival::Broken(crate::vocabulary::Cause::new("timeout", "t")), json!({}), "timeout"),
        (Arrival::ErrorAnswer { status: 429, title: None, json: None }, json!({}), "rate-limited"),
        (Arrival::ErrorAnswer { status: 503, title: None, json: None }, json!({}), "unavailable"),
    ] {
        let (context, _) = context_of(move |_| arrival.clone(), |_| issued()).await;
        let mut with = json!({ "scopes": ["openid"] });
        with.as_object_mut().unwrap().extend(arguments.as_object().cloned().unwrap());
        assert_eq!(cause(&context, "oauth.authorize", with).await, expected);
    }
}

#[tokio::test]
async fn scopes_that_the_target_file_leaves_out_are_not_asked_for_and_named() {
    let (context, _) = context_of(with_code, |_| issued()).await;
    let launch = Launch { scopes: Some(vec!["openid".into()]), ..launch() };
    let browser = context.browser.clone();
    let context = context.with_launch(Arc::new(launch), browser);
    let seen = authorize(&context, json!({})).await;
    assert_eq!(
        (&seen["sent"]["scope"], &seen["left_out"]),
        (&json!("openid"), &json!(["launch/patient", "patient/Patient.read"]))
    );
    assert_eq!(cause(&context, "oauth.authorize", json!({ "scopes": ["user/Patient.read"] })).await, "input");
}

#[tokio::test]
async fn each_way_to_authenticate_sends_what_it_says_and_nothing_else() {
    let (context, server) = context_of(with_code, |_| issued()).await;
    for (arguments, head, id, secret) in [
        (json!({}), true, None, None),
        (json!({ "authenticate": "body" }), false, Some("app-confidential"), Some("secret-of-confidential")),
        (json!({ "authenticate": "none" }), false, Some("app-confidential"), None),
        (json!({ "client": "public" }), false, Some("app-public"), None),
        (json!({ "authenticate": "wrong-secret" }), true, None, None),
        (json!({ "authenticate": "other-client" }), true, None, None),
        (json!({ "client_id": "nobody", "authenticate": "none" }), false, Some("nobody"), None),
    ] {
        let mut with = json!({ "code": "made-up-code" });
        with.as_object_mut().unwrap().extend(arguments.as_object().cloned().unwrap());
        facts(&context, "oauth.token", with).await;
        let seen = server.seen().into_iter().rfind(|seen| seen.path == "/token").unwrap();
        assert_eq!(seen.head.contains("authorization: basic"), head, "{arguments}");
        assert_eq!(
            (field(&seen.body, "client_id").as_deref(), field(&seen.body, "client_secret").as_deref()),
            (id, secret),
            "{arguments}"
        );
    }
    let missing = json!({ "code": "c", "client": "public", "authenticate": "basic" });
    assert_eq!(cause(&context, "oauth.token", missing).await, "input");
}

#[tokio::test]
async fn each_broken_verifier_is_what_it_says() {
    let (context, server) = context_of(with_code, |_| issued()).await;
    let arrived = authorize(&context, json!({})).await;
    let right = context.vault.open(arrived["sent"]["verifier"].as_str().unwrap()).unwrap();
    let mut sent = Vec::new();
    for word in ["wrong", "empty", "none", "challenge"] {
        facts(&context, "oauth.token", json!({ "code": arrived["code"], "verifier": word })).await;
        sent.push(field(&server.seen().last().unwrap().body, "code_verifier"));
    }
    assert!(sent[0].as_deref().is_some_and(|wrong| wrong.len() == 43 && wrong != right.expose()));
    assert_eq!((sent[1].as_deref(), sent[2].as_deref()), (Some(""), None));
    assert_eq!(sent[3].as_deref(), Some(crate::crypto::pkce_challenge(right.expose()).as_str()));
    assert_eq!(cause(&context, "oauth.token", json!({ "code": "made-up", "verifier": "challenge" })).await, "input");
    assert_eq!(cause(&context, "oauth.token", json!({ "code": "‹code #000000›" })).await, "input");
}

#[tokio::test]
async fn traps_37_58_65_only_an_answer_in_the_form_of_oauth_is_a_refusal() {
    let error = json!({ "error": "invalid_grant" });
    for (reply, expected) in [
        (Reply::json(400, &error), Ok(true)),
        (Reply::json(401, &error), Ok(true)),
        (Reply::json(403, &error), Ok(false)),
        (Reply::json(500, &error), Ok(false)),
        (Reply::json(400, &json!({})), Ok(false)),
        (Reply::new(400), Ok(false)),
        (Reply::json(200, &error), Ok(false)),
        (Reply::page(403), Err("block-page")),
        (Reply::page(200), Err("block-page")),
        (Reply::page(500), Ok(false)),
        (Reply::new(429), Err("rate-limited")),
        (Reply::new(503), Err("unavailable")),
    ] {
        let answer = reply.clone();
        let (context, _) = context_of(with_code, move |_| answer.clone()).await;
        match expected {
            Ok(refused) => {
                let seen = facts(&context, "oauth.token", json!({ "code": "made-up" })).await;
                assert_eq!((&seen["refused"], &seen["issued"]), (&json!(refused), &json!(false)), "{reply:?}");
            }
            Err(kind) => assert_eq!(cause(&context, "oauth.token", json!({ "code": "made-up" })).await, kind, "{reply:?}"),
        }
    }
}

#[tokio::test]
async fn trap_65_a_server_error_for_a_code_brings_another_code_and_the_third_in_a_row_stands() {
    let ill = Arc::new(AtomicU64::new(1));
    let left = Arc::clone(&ill);
    let (context, server) = context_of(with_code, move |_| {
        let is_ill = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if is_ill { Reply::page(500) } else { issued() }
    })
    .await;
    let with = || json!({ "code": "made-up-code", "scopes": ["openid", "patient/Patient.read"], "again": true });
    let exchanges = || server.seen().iter().filter(|seen| seen.path == "/token").count();
    let seen = facts(&context, "oauth.token", with()).await;
    assert_eq!((&seen["issued"], exchanges()), (&json!(true), 2));
    assert!(seen["fresh"]["nonce"].is_string() && seen["fresh"]["verifier"].is_string() && seen["fresh"]["code"].is_string());
    ill.store(9, Ordering::SeqCst);
    let seen = facts(&context, "oauth.token", with()).await;
    assert_eq!((&seen["status"], exchanges()), (&json!(500), 5));
    ill.store(1, Ordering::SeqCst);
    let once = facts(&context, "oauth.token", json!({ "code": "made-up-code" })).await;
    assert_eq!((&once["status"], exchanges()), (&json!(500), 6), "a request that may be wrong is sent once");
}

#[tokio::test]
async fn trap_65_a_refresh_is_sent_again_after_a_server_error_and_a_refusal_behind_one_tells_nothing() {
    let error = json!({ "error": "invalid_grant" });
    for (then, expected) in [(issued(), Ok(())), (Reply::json(400, &error), Err("unavailable"))] {
        let first = std::sync::atomic::AtomicBool::new(true);
        let (context, _) =
            context_of(with_code, move |_| if first.swap(false, Ordering::SeqCst) { Reply::new(500) } else { then.clone() })
                .await;
        let with = json!({ "refresh_token": "made-up-token", "again": true });
        match expected {
            Ok(()) => assert_eq!(facts(&context, "oauth.refresh", with).await["issued"], true),
            Err(kind) => assert_eq!(cause(&context, "oauth.refresh", with).await, kind),
        }
    }
}

#[tokio::test]
async fn trap_40_aud_with_a_slash_is_tried_whatever_the_refusal_is_called_unless_it_speaks_of_something_else() {
    for (error, tries) in [
        ("invalid_request", 2),
        ("invalid_target", 2),
        ("unauthorized_client", 2),
        ("invalid_aud", 2),
        ("access_denied", 1),
        ("server_error", 1),
        ("temporarily_unavailable", 1),
    ] {
        let go = move |request: &Authorization| {
            let ends_with_slash = request.url.query_pairs().any(|(name, value)| name == "aud" && value.ends_with('/'));
            if ends_with_slash { with_code(request) } else { to(&format!("{REDIRECT}?error={error}")) }
        };
        let (context, _) = context_of(go, |_| issued()).await;
        let seen = authorize(&context, json!({})).await;
        assert_eq!((&seen["issued"], &seen["authorizations"]), (&json!(tries == 2), &json!(tries)), "{error}");
    }
}

#[tokio::test]
async fn odd_members_of_a_token_response_are_facts_and_never_a_panic() {
    let body = json!({ "access_token": 7, "token_type": "bEARER", "expires_in": "3600", "scope": ["a"], "patient": { "id": 1 } });
    let answer = Reply::json(200, &body).with("cache-control", "no-storey");
    let (context, _) = context_of(with_code, move |_| answer.clone()).await;
    let seen = facts(&context, "oauth.token", json!({ "code": "x", "scopes": ["openid"] })).await;
    assert_eq!((&seen["issued"], &seen["no_store"]), (&json!(false), &json!(false)), "trap 35");
    assert_eq!((&seen["token"]["token_type_lower"], &seen["token"]["expires_in"]), (&json!("bearer"), &json!("3600")), "trap 33");
    assert_eq!(seen["token"]["granted"], json!([]));
    assert!(seen["token"].get("patient").is_none() && seen["token"].get("access_token").is_none());
}

#[tokio::test]
async fn fhir_context_is_told_without_what_it_names_and_null_is_none() {
    for (value, list) in
        [(json!(null), None), (json!([{ "reference": "Coverage/canary-7" }]), Some(true)), (json!({}), Some(false))]
    {
        let body = json!({ "access_token": ACCESS, "token_type": "Bearer", "fhirContext": value });
        let answer = Reply::json(200, &body);
        let (context, _) = context_of(with_code, move |_| answer.clone()).await;
        let seen = facts(&context, "oauth.token", json!({ "code": "x" })).await;
        assert_eq!(seen.pointer("/token/fhir_context/list").and_then(Value::as_bool), list, "{value}");
        assert!(!seen.to_string().contains("canary-7"), "{seen}");
    }
}

#[tokio::test]
async fn a_refresh_sends_its_token_once_and_keeps_the_patient() {
    let (context, server) = context_of(with_code, |seen| {
        let again = field(&seen.body, "grant_type").as_deref() == Some("refresh_token");
        if again { Reply::json(200, &json!({ "access_token": "second-access-token", "token_type": "Bearer" })) } else { issued() }
    })
    .await;
    let first = facts(&context, "oauth.token", json!({ "code": "x" })).await;
    let handle = first["token"]["refresh_token"].clone();
    let second = facts(&context, "oauth.refresh", json!({ "refresh_token": handle, "granted": ["openid"] })).await;
    assert_eq!((&second["issued"], second.get("rotated")), (&json!(true), None));
    assert_eq!(second["token"]["granted"], json!(["openid"]), "without scope everything that was granted before stays");
    let body = server.seen().last().unwrap().body.clone();
    assert_eq!((field(&body, "refresh_token").as_deref(), field(&body, "scope")), (Some(REFRESH), None));
    assert_eq!(context.vault.bound(second["token"]["access_token"].as_str().unwrap()).unwrap().expose(), "p1");
    facts(&context, "oauth.refresh", json!({ "refresh_token": handle, "alter": "changed", "scopes": ["a", "b"] })).await;
    let body = server.seen().last().unwrap().body.clone();
    assert!(field(&body, "refresh_token").is_some_and(|sent| sent != REFRESH));
    assert_eq!(field(&body, "scope").as_deref(), Some("a b"));
    assert_eq!(server.count("/token"), 3, "never sent again");
}

#[tokio::test]
async fn assertions_hold_every_defect_that_is_asked_for_and_a_sent_one_can_be_replayed() {
    let (context, server) = context_of(with_code, |_| issued()).await;
    let make = |more: Value| {
        let mut with = json!({ "client": "asymmetric" });
        with.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        let context = context.clone();
        async move { facts(&context, "oauth.client-assertion", with).await }
    };
    let right = make(json!({})).await;
    let claims = &right["sent"]["claims"];
    assert!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() == 60
            && claims["aud"].as_str().unwrap().ends_with("/token")
    );
    assert_eq!(
        (&right["sent"]["kid"], &claims["iss"], &claims["sub"]),
        (&json!("k1"), &json!("app-asymmetric"), &json!("app-asymmetric"))
    );
    let now = context.world.clock.now().unix_timestamp();
    assert!(make(json!({ "expired": "10m" })).await["sent"]["claims"]["exp"].as_i64().unwrap() <= now - 599);
    assert!(make(json!({ "lifetime": "10m" })).await["sent"]["claims"]["exp"].as_i64().unwrap() >= now + 599);
    assert!(make(json!({ "omit": ["jti"] })).await["sent"]["claims"].get("jti").is_none());
    for (more, length) in [
        (json!({ "alg": "none" }), 0),
        (json!({ "alg": "HS256" }), 32),
        (json!({ "signature": "truncated" }), 48),
        (json!({}), 96),
    ] {
        let made = make(more.clone()).await;
        let jwt = Jwt::parse(context.vault.open(made["assertion"].as_str().unwrap()).unwrap().expose());
        assert_eq!((jwt.signature.unwrap().len(), jwt.defects.len()), (length, 0), "{more}");
        assert_eq!(jwt.header.unwrap()["alg"], made["sent"]["alg"]);
    }
    for assertion in [right["assertion"].clone(), right["assertion"].clone()] {
        facts(&context, "oauth.token", json!({ "client": "asymmetric", "code": "x", "assertion": assertion })).await;
    }
    let sent: Vec<_> = server.seen().iter().filter_map(|seen| field(&seen.body, "client_assertion")).collect();
    assert!(sent.len() == 2 && sent[0] == sent[1], "the very same assertion twice");
    let other = facts(
        &context,
        "oauth.token",
        json!({ "client": "asymmetric", "code": "x", "assertion": { "aud": "https://elsewhere.example" } }),
    )
    .await;
    assert_ne!(other["sent"]["client_assertion"], right["assertion"]);
    assert_eq!(cause(&context, "oauth.client-assertion", json!({ "client": "public" })).await, "input");
}

#[tokio::test]
async fn the_key_of_an_assertion_is_the_first_whose_algorithm_the_server_lists_or_the_one_that_is_asked_for() {
    let lists = [
        (None, "k1"),
        (Some(json!(["RS384", "ES384"])), "k1"),
        (Some(json!(["RS384"])), "k2"),
        (Some(json!(["ES256"])), "k1"),
        (Some(json!("RS384")), "k1"),
    ];
    for (listed, expected) in lists {
        let (context, _) = context_listing(listed.clone(), with_code, |_| issued()).await;
        let made = facts(&context, "oauth.client-assertion", json!({ "client": "asymmetric" })).await;
        assert_eq!(made["sent"]["kid"], expected, "{listed:?}");
    }
    let (context, _) = context_listing(Some(json!(["ES384"])), with_code, |_| issued()).await;
    let made = facts(&context, "oauth.client-assertion", json!({ "client": "asymmetric", "key": "RS384" })).await;
    assert_eq!((&made["sent"]["kid"], &made["sent"]["alg"]), (&json!("k2"), &json!("RS384")));
}

#[tokio::test]
async fn trap_40_an_attempt_tells_where_it_was_stopped() {
    let patient = json!({ "resourceType": "Patient", "id": "p1" });
    for (name, token, resource, expected) in [
        ("useful", issued(), Reply::json(200, &patient), "never"),
        ("useless", issued(), outcome(401, "login").with("www-authenticate", "Bearer"), "resource"),
        ("refused", Reply::json(400, &json!({ "error": "invalid_grant" })), Reply::new(500), "token"),
        ("empty", issued(), Reply::json(200, &json!({ "resourceType": "Bundle", "total": 0 })), "null"),
        ("trouble", issued(), outcome(500, "exception"), "null"),
        ("trouble at the token endpoint", Reply::json(500, &json!({ "error": "server_error" })), Reply::new(500), "null"),
    ] {
        let (context, _) =
            context_of(with_code, move |seen| if seen.path == "/token" { token.clone() } else { resource.clone() }).await;
        let seen =
            facts(&context, "oauth.attempt", json!({ "scopes": ["launch/patient"], "aud": "https://elsewhere.example" })).await;
        assert_eq!(seen["stopped_at"].as_str().unwrap_or("null"), expected, "{name}: {seen}");
        assert_eq!(seen.get("why_not_settled").is_some(), expected == "null", "{name}");
    }
    let (context, _) = context_of(|_| to("https://app.example/callback?error=invalid_request"), |_| issued()).await;
    assert_eq!(facts(&context, "oauth.attempt", json!({ "scopes": ["openid"] })).await["stopped_at"], "authorize");
}

#[tokio::test]
async fn revocation_and_introspection_are_asked_where_they_are_advertised() {
    let (context, server) = context_of(with_code, |seen| match seen.path.as_str() {
        "/revoke" => Reply::new(200),
        "/introspect" if seen.head.contains("authorization") => {
            Reply::json(200, &json!({ "active": true, "scope": "openid", "patient": "p1", "sub": "member-one" }))
        }
        "/introspect" => Reply::json(401, &json!({ "error": "invalid_client" })),
        _ => issued(),
    })
    .await;
    let token = facts(&context, "oauth.token", json!({ "code": "x" })).await["token"].clone();
    let revoked = facts(&context, "oauth.revoke", json!({ "token": token["refresh_token"], "hint": "refresh_token" })).await;
    assert_eq!((&revoked["revoked"], &revoked["refused"]), (&json!(true), &json!(false)));
    let body = server.seen().last().unwrap().body.clone();
    assert_eq!(
        (field(&body, "token").as_deref(), field(&body, "token_type_hint").as_deref()),
        (Some(REFRESH), Some("refresh_token"))
    );
    let asked = facts(&context, "oauth.introspect", json!({ "token": token["access_token"] })).await;
    assert_eq!((&asked["active"], &asked["answered"], &asked["patient_present"]), (&json!(true), &json!(true), &json!(true)));
    assert!(!asked.to_string().contains("member-one"), "who it is about is not shown: {asked}");
    let stranger = facts(&context, "oauth.introspect", json!({ "token": token["access_token"], "client": "public" })).await;
    assert_eq!((&stranger["refused"], &stranger["answered"]), (&json!(true), &json!(false)));
    let by_token =
        facts(&context, "oauth.introspect", json!({ "token": token["access_token"], "bearer": token["access_token"] })).await;
    assert_eq!(by_token["active"], true);
}

#[tokio::test]
async fn what_is_not_advertised_does_not_apply_and_without_a_sign_in_nothing_is_known() {
    let server = Server::start(with_metadata(|seen| match seen.path.as_str() {
        "/r4/.well-known/smart-configuration" => Reply::json(200, &smart()),
        _ => Reply::new(404),
    }))
    .await;
    let context = context_for(&server.base);
    for verb in ["oauth.revoke", "oauth.introspect", "openid.userinfo"] {
        assert_eq!(cause(&context, verb, json!({ "token": "x" })).await, "absent:not-advertised", "{verb}");
    }
    assert_eq!(cause(&context, "oauth.authorize", json!({ "scopes": ["openid"] })).await, "input");
    assert_eq!(cause(&context, "oauth.token", json!({ "code": "x" })).await, "input", "no client is registered");
}

#[tokio::test]
async fn secrets_do_not_leave_over_plain_http() {
    let server = Server::start(with_metadata(|seen| match seen.path.as_str() {
        "/r4/.well-known/smart-configuration" => Reply::json(200, &json!({ "token_endpoint": format!("http://{}/token", seen.head.split("host: ").nth(1).unwrap().lines().next().unwrap()) })),
        _ => issued(),
    }))
    .await;
    let context = context_for(&server.base).with_launch(Arc::new(launch()), None);
    assert_eq!(cause(&context, "oauth.token", json!({ "code": "x" })).await, "credentials-withheld");
    assert_eq!(server.count("/token"), 0);
}
