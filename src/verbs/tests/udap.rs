//! The UDAP client against a little server: what it signs is checked by josekit and OpenSSL, which made none of it, and only the
//! protocol's own form of an error is a refusal.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use josekit::jws::{ES256, HS256, JwsVerifier, RS256};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Verifier;
use openssl::x509::X509;
use time::OffsetDateTime;

use super::*;
use crate::crypto::Jwt;
use crate::crypto::lab::{Lab, LabKeys};
use crate::verbs::{Source, UdapIdentity};

fn identity() -> UdapIdentity {
    let lab = Lab::new(LabKeys::well_known(), None, OffsetDateTime::now_utc()).unwrap();
    UdapIdentity {
        providers: None,
        source: Source::Laboratory(Arc::new(lab)),
        logo_uri: "https://client.example/logo.png".into(),
        redirect_uri: Url::parse("https://client.example/callback").unwrap(),
        contact: "mailto:ops@client.example".into(),
    }
}

/// A server whose registration and token endpoints answer as the test says.
async fn udap_server(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> (Server, Context) {
    let server = Server::start_trusted(move |seen| {
        let host = seen.head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("host: ").map(str::to_owned));
        let origin = format!("https://{}", host.unwrap_or_default());
        if seen.path.ends_with("/.well-known/udap") {
            return Reply::json(
                200,
                &json!({
                    "udap_versions_supported": ["1"],
                    "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
                    "scopes_supported": ["system/ExplanationOfBenefit.read", "openid", "patient/Patient.read"],
                    "authorization_endpoint": format!("{origin}/authorize"),
                    "token_endpoint": format!("{origin}/token"),
                    "registration_endpoint": format!("{origin}/register"),
                }),
            );
        }
        answer(seen)
    })
    .await;
    let target = Target::new(server.base.clone(), server.base.as_str());
    let options = WorldOptions { http: server.trusting(), ..WorldOptions::default() };
    let context = context_with(target, options).with_udap(Some(identity()));
    (server, context)
}

fn created(seen: &Seen) -> Reply {
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    let statement = body["software_statement"].as_str().unwrap();
    let mut members = Jwt::parse(statement).claims.unwrap();
    members.retain(|name, _| !["iss", "sub", "aud", "exp", "iat", "jti"].contains(&name.as_str()));
    members.insert("client_id".into(), "c-1".into());
    members.insert("software_statement".into(), statement.into());
    Reply::json(201, &members.into())
}

/// The text behind a handle.
fn opened(context: &Context, handle: &Value) -> String {
    context.vault.open(handle.as_str().unwrap()).unwrap().expose().to_owned()
}

/// The key of the first certificate in `x5c`.
fn leaf_key(jwt: &Jwt) -> Vec<u8> {
    let text = jwt.header.as_ref().unwrap()["x5c"][0].as_str().unwrap();
    X509::from_der(&STANDARD.decode(text).unwrap()).unwrap().public_key().unwrap().public_key_to_pem().unwrap()
}

fn is_valid(jwt: &Jwt, verifier: &dyn JwsVerifier) -> bool {
    verifier.verify(jwt.signed.as_bytes(), jwt.signature.as_ref().unwrap()).is_ok()
}

async fn sign(context: &Context, jwt: Value) -> Jwt {
    let facts = facts(context, "udap.sign", json!({ "client": "fresh", "jwt": jwt })).await;
    Jwt::parse(&opened(context, &facts["jwt"]))
}

#[tokio::test]
async fn what_is_signed_is_valid_for_an_implementation_that_did_not_sign_it() {
    let (_, context) = udap_server(|_| Reply::new(404)).await;
    let right = sign(&context, json!({})).await;
    assert!(is_valid(&right, &RS256.verifier_from_pem(leaf_key(&right)).unwrap()));
    let p256 = sign(&context, json!({ "key": "ec256" })).await;
    assert!(p256.header_text_of("alg") == Some("ES256") && is_valid(&p256, &ES256.verifier_from_pem(leaf_key(&p256)).unwrap()));
    for broken in [
        json!({ "signature": "flipped" }),
        json!({ "signature": "payload-changed" }),
        json!({ "signature": "truncated" }),
        json!({ "signed_by": "stranger" }),
        json!({ "x5c": "unrelated-first", "key": "rsa" }),
    ] {
        let jwt = sign(&context, broken.clone()).await;
        let key = leaf_key(&jwt);
        let valid = RS256.verifier_from_pem(&key).is_ok_and(|verifier| is_valid(&jwt, &verifier));
        assert!(!valid, "{broken}");
    }
    let claims = right.claims.unwrap();
    let seconds = |name: &str| claims[name].as_i64().unwrap();
    assert!(
        seconds("exp") - seconds("iat") <= 300
            && claims["iss"] == claims["sub"]
            && claims["aud"].as_str().unwrap().ends_with("/register")
    );
}

#[tokio::test]
async fn every_confusion_is_an_hmac_with_public_material() {
    let (_, context) = udap_server(|_| Reply::new(404)).await;
    for word in ["spki-pem-lf", "spki-pem-crlf", "spki-der", "certificate-pem-lf", "certificate-pem-crlf", "certificate-der"] {
        let jwt = sign(&context, json!({ "hmac": word })).await;
        assert_eq!(jwt.header_text_of("alg"), Some("HS256"));
        let certificate =
            X509::from_der(&STANDARD.decode(jwt.header.as_ref().unwrap()["x5c"][0].as_str().unwrap()).unwrap()).unwrap();
        let key = certificate.public_key().unwrap();
        let with_crlf = |pem: Vec<u8>| String::from_utf8(pem).unwrap().replace('\n', "\r\n").into_bytes();
        let secret = match word {
            "spki-pem-lf" => key.public_key_to_pem().unwrap(),
            "spki-pem-crlf" => with_crlf(key.public_key_to_pem().unwrap()),
            "spki-der" => key.public_key_to_der().unwrap(),
            "certificate-pem-lf" => certificate.to_pem().unwrap(),
            "certificate-pem-crlf" => with_crlf(certificate.to_pem().unwrap()),
            _ => certificate.to_der().unwrap(),
        };
        assert!(is_valid(&jwt, &HS256.verifier_from_bytes(secret).unwrap()), "{word}");
    }
}

#[tokio::test]
async fn everything_that_a_case_breaks_is_in_the_text_that_is_sent() {
    let (_, context) = udap_server(|_| Reply::new(404)).await;
    let x5c = |jwt: &Jwt| jwt.header.as_ref().unwrap().get("x5c").cloned();
    assert_eq!(x5c(&sign(&context, json!({ "x5c": "absent" })).await), None);
    assert_eq!(x5c(&sign(&context, json!({ "x5c": "leaf" })).await).unwrap().as_array().unwrap().len(), 1);
    assert_eq!(x5c(&sign(&context, json!({ "x5c": "full" })).await).unwrap().as_array().unwrap().len(), 3);
    assert!(x5c(&sign(&context, json!({ "x5c": "string" })).await).unwrap().is_string());
    let url = x5c(&sign(&context, json!({ "x5c": "base64url" })).await).unwrap()[0].as_str().unwrap().to_owned();
    assert!(!url.contains(['+', '/', '=']));
    let none = sign(&context, json!({ "alg": "none" })).await;
    assert!(none.header_text_of("alg") == Some("none") && none.signature.unwrap().is_empty());
    let twice = sign(&context, json!({ "duplicate": { "sub": "https://elsewhere.example" } })).await;
    assert_eq!(String::from_utf8(twice.claims_text).unwrap().matches("\"sub\"").count(), 2);
    let raw = sign(&context, json!({ "header_text": "no json", "claims_text": "[]" })).await;
    assert_eq!((raw.header_text, raw.claims_text), (b"no json".to_vec(), b"[]".to_vec()));
    let changed =
        sign(&context, json!({ "claims": { "aud": [], "exp": "soon" }, "omit": ["jti"], "header": { "crit": ["x"] } })).await;
    let claims = changed.claims.unwrap();
    assert!(claims["aud"] == json!([]) && claims["exp"] == "soon" && !claims.contains_key("jti"));
    let observed = run(&context, "udap.sign", json!({ "jwt": { "clams": {} } })).await;
    assert!(matches!(observed.observation, Observation::Broken(cause) if cause.message.contains("clams")));
}

#[tokio::test]
async fn what_is_padded_or_in_der_is_right_but_for_its_form() {
    let (_, context) = udap_server(|_| Reply::new(404)).await;
    let told = facts(&context, "udap.sign", json!({ "client": "fresh", "jwt": { "signature": "padded" } })).await;
    let text = opened(&context, &told["jwt"]);
    let (signed, signature) = text.rsplit_once('.').unwrap();
    assert!(signature.ends_with("==") && Jwt::parse(&text).signature.is_none());
    let key = leaf_key(&Jwt::parse(&text.replace('=', "")));
    RS256.verifier_from_pem(key).unwrap().verify(signed.as_bytes(), &URL_SAFE.decode(signature).unwrap()).unwrap();
    let der = sign(&context, json!({ "key": "ec256", "signature": "der" })).await;
    let key = PKey::public_key_from_pem(&leaf_key(&der)).unwrap();
    let signature = der.signature.as_ref().unwrap();
    assert!(Verifier::new(MessageDigest::sha256(), &key).unwrap().verify_oneshot(signature, der.signed.as_bytes()).unwrap());
    assert!(!is_valid(&der, &ES256.verifier_from_pem(leaf_key(&der)).unwrap()));
}

#[tokio::test]
async fn only_the_form_of_the_protocol_is_a_refusal() {
    let error = json!({ "error": "invalid_software_statement" });
    let rows: [(Reply, Result<&str, &str>); 11] = [
        (Reply::json(400, &error), Ok("refused")),
        (Reply::json(401, &error), Ok("refused")),
        (Reply::json(400, &json!({ "message": "no" })), Err("no-protocol-form")),
        (Reply::new(400), Err("no-protocol-form")),
        (Reply::page(403), Err("block-page")),
        (Reply::page(200), Err("block-page")),
        (Reply::json(429, &error), Err("rate-limited")),
        (Reply::json(500, &error), Err("server-error")),
        (Reply::json(503, &error), Err("unavailable")),
        (Reply::new(302).with("location", "/login"), Err("no-protocol-form")),
        (Reply::json(201, &json!({})), Ok("malformed")),
    ];
    for (reply, expected) in rows {
        let answer = reply.clone();
        let (_, context) = udap_server(move |_| answer.clone()).await;
        let observed = run(&context, "udap.register", json!({ "statement": { "signature": "flipped" } })).await;
        match (observed.observation, expected) {
            (Observation::Facts(facts), Ok(outcome)) => assert_eq!(facts["outcome"], outcome, "{reply:?}"),
            (Observation::Broken(cause), Err(kind)) => assert_eq!(cause.kind, kind, "{reply:?}"),
            (other, _) => panic!("{reply:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn registrations_are_told_apart() {
    let (_, context) = udap_server(created).await;
    let first = facts(&context, "udap.register", json!({ "client": "one" })).await;
    assert_eq!(
        (&first["outcome"], &first["statement_returned"], &first["missing"]),
        (&json!("created"), &json!("same"), &json!([]))
    );
    let again = json!({ "client": "one", "statement": first["sent"]["statement"] });
    assert_eq!(facts(&context, "udap.register", again).await["outcome"], "idempotent");
    let changed =
        facts(&context, "udap.register", json!({ "client": "one", "statement": { "claims": { "client_name": "x" } } })).await;
    assert_eq!((&changed["outcome"], &changed["same_client"]), (&json!("modified"), &json!(true)));

    let (_, context) =
        udap_server(|_| Reply::json(201, &json!({ "client_id": "c", "grant_types": ["client_credentials"] }))).await;
    let wrong = json!({ "statement": { "claims": { "grant_types": ["implicit"] } } });
    assert_eq!(facts(&context, "udap.register", wrong).await["outcome"], "corrected");
    let kept = json!({ "statement": { "claims": { "grant_types": ["client_credentials"] } } });
    assert_eq!(facts(&context, "udap.register", kept).await["outcome"], "created");
}

/// What comes back instead of something wrong has to be right: another way to write it, or more of the same, puts nothing right.
#[tokio::test]
async fn another_value_is_a_correction_only_where_it_will_do() {
    for (name, sent, answered, outcome) in [
        ("redirect_uris", json!(["carinbb-app://callback"]), json!(["carinbb-app://callback/"]), "created"),
        ("redirect_uris", json!(["https://a.example/*"]), json!(["https://a.example/%2A"]), "created"),
        ("redirect_uris", json!(["http://a.example"]), json!(["https://a.example/", "http://a.example/"]), "created"),
        ("redirect_uris", json!(["http://a.example"]), json!(["https://a.example/"]), "corrected"),
        ("grant_types", json!(["authorization_code", "client_credentials"]), json!(["client_credentials"]), "corrected"),
        (
            "grant_types",
            json!(["authorization_code", "client_credentials"]),
            json!(["authorization_code", "client_credentials", "refresh_token"]),
            "created",
        ),
        ("grant_types", json!("client_credentials"), json!(["client_credentials"]), "corrected"),
        ("response_types", json!(["token"]), json!(["token", "code"]), "created"),
        ("token_endpoint_auth_method", json!("none"), json!("client_secret_post"), "created"),
        ("token_endpoint_auth_method", json!("none"), json!("private_key_jwt"), "corrected"),
        ("contacts", json!([]), json!(["https://a.example/help"]), "created"),
        ("client_name", json!(""), json!("An app"), "corrected"),
        ("client_name", json!(""), json!(null), "created"),
    ] {
        let (_, context) = udap_server(move |_| Reply::json(201, &json!({ "client_id": "c", name: answered }))).await;
        let seen = facts(&context, "udap.register", json!({ "statement": { "claims": { name: sent } } })).await;
        assert_eq!(seen["outcome"], outcome, "{name}: {seen}");
    }
}

#[tokio::test]
async fn what_was_registered_is_cancelled_and_what_cannot_be_is_named() {
    let (server, context) = udap_server(|seen| {
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        let claims = Jwt::parse(body["software_statement"].as_str().unwrap()).claims.unwrap();
        let ends = claims["grant_types"].as_array().unwrap().is_empty();
        match claims["iss"].as_str().unwrap().ends_with("/stays") {
            true if ends => Reply::json(400, &json!({ "error": "invalid_client_metadata" })),
            _ if ends => Reply::json(200, &json!({ "client_id": "c-1", "grant_types": [] })),
            _ => created(seen),
        }
    })
    .await;
    for client in ["goes", "stays"] {
        facts(&context, "udap.register", json!({ "client": client })).await;
    }
    let left = crate::verbs::cancel_registrations(&context).await;
    assert!(left.len() == 1 && left[0].contains("/stays") && left[0].contains("400"), "{left:?}");
    assert_eq!(server.seen().iter().filter(|seen| seen.path == "/register").count(), 4);
}

#[tokio::test]
async fn a_token_request_is_that_of_the_profile_and_shows_no_secret() {
    let (server, context) = udap_server(|seen| match seen.path.as_str() {
        "/register" => created(seen),
        _ => Reply::json(200, &json!({ "access_token": format!("token-{}", seen.body.len()), "token_type": "Bearer" })),
    })
    .await;
    facts(&context, "udap.register", json!({ "client": "credentials" })).await;
    let token = facts(&context, "udap.token", json!({ "copies": 2 })).await;
    assert_eq!((&token["issued"], &token["accepted_count"], &token["distinct_tokens"]), (&json!(true), &json!(2), &json!(1)));
    let seen = server.seen().into_iter().find(|seen| seen.path == "/token").unwrap();
    let fields: std::collections::BTreeMap<String, String> =
        url::form_urlencoded::parse(seen.body.as_bytes()).into_owned().collect();
    assert_eq!((fields["grant_type"].as_str(), fields["udap"].as_str()), ("client_credentials", "1"));
    assert!(!seen.head.to_ascii_lowercase().contains("authorization:"));
    let jwt = Jwt::parse(&fields["client_assertion"]);
    assert!(is_valid(&jwt, &RS256.verifier_from_pem(leaf_key(&jwt)).unwrap()));
    let claims = jwt.claims.clone().unwrap();
    assert!(claims["iss"] == "c-1" && claims["sub"] == "c-1" && claims["extensions"]["hl7-b2b"]["version"] == "1");
    let signature = fields["client_assertion"].rsplit_once('.').unwrap().1.to_owned();
    let kept: String = context.world.evidence.all().iter().map(|exchange| serde_json::to_string(exchange).unwrap()).collect();
    assert!(!kept.contains(&signature) && !kept.contains("token-") && !token.to_string().contains(&signature));
    let again = facts(&context, "udap.token", json!({ "assertion": token["sent"]["assertion"] })).await;
    assert_eq!(again["sent"]["assertion"], token["sent"]["assertion"], "the very same assertion went out");
}

#[tokio::test]
async fn a_token_request_by_get_has_its_parameters_in_the_address_and_shows_no_secret() {
    for way in ["get", "json"] {
        let (server, context) = udap_server(|seen| match seen.path.as_str() {
            "/register" => created(seen),
            _ => Reply::json(405, &json!({ "error": "invalid_request" })),
        })
        .await;
        facts(&context, "udap.register", json!({ "client": "credentials" })).await;
        let asked = facts(&context, "udap.token", json!({ "send": way, "any_form": true })).await;
        assert_eq!((&asked["issued"], &asked["status"]), (&json!(false), &json!(405)));
        let assertion = opened(&context, &asked["sent"]["assertion"]);
        let seen = server.seen().into_iter().find(|seen| seen.path.starts_with("/token")).unwrap();
        let sent = format!("{} {} {}", seen.method, seen.path, seen.body);
        assert!(sent.contains(&assertion) && sent.contains("client_credentials"), "{way}: {sent}");
        assert_eq!(sent.starts_with("GET /token?grant_type=client_credentials&"), way == "get", "{sent}");
        let signature = assertion.rsplit_once('.').unwrap().1;
        let kept: String = context.world.evidence.all().iter().map(|exchange| serde_json::to_string(exchange).unwrap()).collect();
        assert!(!kept.contains(signature) && !asked.to_string().contains(signature), "{way}");
    }
}

/// A server with wildcards of its own may refuse others.
#[tokio::test]
async fn a_server_that_lists_wildcards_alone_is_asked_for_its_own() {
    for (listed, asked) in [
        (json!(["openid", "system/*.rs", "system/*.cruds"]), "system/*.rs"),
        (json!(["system/*.cruds"]), "system/*.cruds"),
        (json!(["system/*.rs", "system/Claim.rs"]), "system/Claim.rs"),
        (json!(["openid"]), "system/*.read"),
        (json!([]), "system/ExplanationOfBenefit.read system/Patient.read system/Coverage.read"),
    ] {
        let server = Server::start_trusted(move |seen| {
            let host = seen.head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("host: ").map(str::to_owned));
            let register = format!("https://{}/register", host.unwrap_or_default());
            Reply::json(200, &json!({ "scopes_supported": listed, "registration_endpoint": register }))
        })
        .await;
        let target = Target::new(server.base.clone(), server.base.as_str());
        let options = WorldOptions { http: server.trusting(), ..WorldOptions::default() };
        let context = context_with(target, options).with_udap(Some(identity()));
        assert_eq!(sign(&context, json!({})).await.claims.unwrap()["scope"], asked);
    }
}

#[tokio::test]
async fn without_a_certificate_nothing_is_sent() {
    let (server, context) = udap_server(created).await;
    let context = context.with_udap(None);
    for verb in ["udap.register", "udap.token", "udap.authorize", "udap.sign"] {
        let observed = run(&context, verb, json!({})).await;
        assert!(matches!(observed.observation, Observation::Broken(cause) if cause.kind == "input"), "{verb}");
    }
    assert!(server.seen().is_empty());
}
