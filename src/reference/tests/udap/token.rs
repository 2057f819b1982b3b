//! Client assertions, row by row: what is refused and by which code, what is taken, and which fault changes which.

use std::sync::LazyLock;

use openssl::nid::Nid;
use serde_json::{Value, json};
use url::Url;

use super::super::pieces::{between, challenge, field};
use super::lab::{DAY, Holder, NOW, Wish, authority, by_secret, curve, p256, public_materials, root, rsa};
use super::server::{BASE, CLIENT, Group, LAB, OTHER_URI, REGISTER, Said, Server, client, credentials, silent, with_other_key};
use crate::reference::door::Door;
use crate::reference::{Fault, faults};

const CLIENT_ERROR: &str = "invalid_client";
const REQUEST: &str = "invalid_request";
const GRANT: &str = "invalid_grant";
const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const VERIFIER: &str = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789";

fn b2b(changes: Value) -> Value {
    let mut extension = json!({
        "version": "1", "subject_name": "Harness service", "organization_name": "Harness Org",
        "organization_id": "https://client.harness.test/orgs/1",
        "purpose_of_use": ["urn:oid:2.16.840.1.113883.5.8#HPAYMT"],
    });
    super::lab::change(&mut extension, &changes);
    extension
}

#[test]
fn a_client_without_members_reads_the_data_of_all_and_no_other_type() {
    for version in ["0.1.0", "1.0.0", "1.1.0", "2.0.0"] {
        let server = Server::new(&[], version);
        let id = server.system_client(&LAB.client, CLIENT);
        let extensions =
            if version == "0.1.0" { json!([{"hl7-b2b": b2b(json!({}))}]) } else { json!({"hl7-b2b": b2b(json!({}))}) };
        let iss = if version == "0.1.0" { CLIENT } else { id.as_str() };
        let claims = server.assertion_claims(&id, &json!({"iss": iss, "extensions": extensions}));
        let said = server.credentials(&LAB.client.sign(&claims));
        assert_eq!((said.status, &said.body["scope"]), (200, &json!("system/Patient.read")), "{version} {said:?}");
        assert_eq!((&said.body["token_type"], &said.body["expires_in"]), (&json!("Bearer"), &json!(3600)));
        assert!(said.body.get("refresh_token").is_none());
        assert!(said.headers.contains(&("cache-control".to_owned(), "no-store".to_owned())));
        let bearer = format!("Bearer {}", said.body["access_token"].as_str().unwrap());
        let read = |path: &str| server.ask(Door::Fhir, "GET", path, &[("authorization", &bearer)], "");
        assert_eq!(read("/fhir/r4/Patient").body["total"], 4);
        assert_eq!(read("/fhir/r4/Patient/carinbb-member-2").status, 200);
        assert_eq!(read("/fhir/r4/ExplanationOfBenefit").status, 403);
        let other = server.assertion_claims(&id, &json!({"iss": if version == "0.1.0" { &id } else { CLIENT }}));
        assert_eq!(server.credentials(&LAB.client.sign(&other)).error(), (400, CLIENT_ERROR), "{version}");
    }
}

/// A client of members with a member's code: the client's id and the code.
fn code(server: &Server, changes: &[(&str, &str)]) -> (String, Url) {
    let said = server.submit(&LAB.client.sign(&server.code_claims(CLIENT, &json!({}))));
    let id = said.body["client_id"].as_str().unwrap().to_owned();
    let back = code_of(server, &id, changes);
    (id, back)
}

/// A member's code for this client.
fn code_of(server: &Server, id: &str, changes: &[(&str, &str)]) -> Url {
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", id),
        ("redirect_uri", "https://client.harness.test/cb"),
        ("scope", "openid launch/patient offline_access patient/Patient.read patient/Coverage.read"),
        ("state", "state-0123456789"),
        ("aud", BASE),
    ];
    let challenge = challenge(VERIFIER);
    parameters.push(("code_challenge", &challenge));
    parameters.push(("code_challenge_method", "S256"));
    for (name, value) in changes {
        parameters.retain(|(known, _)| known != name);
        if !value.is_empty() {
            parameters.push((name, value));
        }
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&parameters).finish();
    sign_in(server, &format!("/authorize?{query}"))
}

#[test]
fn a_client_that_asked_for_a_secret_authenticates_with_it() {
    use base64::Engine as _;
    let server = Server::new(&["udap-registers-client-secret-basic"], "1.1.0");
    let claims = server.code_claims(CLIENT, &json!({"token_endpoint_auth_method": "client_secret_basic"}));
    let said = server.submit(&LAB.client.sign(&claims));
    assert_eq!((said.status, &said.body["client_secret_expires_at"]), (201, &json!(0)), "{said:?}");
    let (id, secret) = (said.body["client_id"].as_str().unwrap(), said.body["client_secret"].as_str().unwrap());
    let back = code_of(&server, id, &[]);
    let code = field(&back, "code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://client.harness.test/cb"),
        ("code_verifier", VERIFIER),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    for (secret, status) in [("wrong", 401), (secret, 200)] {
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}")));
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", basic.as_str())];
        let tokens = server.ask(Door::Authorization, "POST", "/token", &headers, &body);
        assert_eq!(tokens.status, status, "{tokens:?}");
    }
}

/// Follows the pages as the first member until the app's address comes, or a page that is no form.
fn sign_in(server: &Server, start: &str) -> Url {
    let account = server.site.accounts[0].clone();
    let mut cookie = String::new();
    let mut said = server.ask(Door::Authorization, "GET", start, &[], "");
    for _ in 0..10 {
        let header = |name: &str| said.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        if let Some(set) = header("set-cookie") {
            set.split(';').next().unwrap().clone_into(&mut cookie);
        }
        if let Some(location) = header("location") {
            let url = Url::parse("https://localhost:1002").unwrap().join(&location).unwrap();
            if url.host_str() != Some("localhost") {
                return url;
            }
            let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
            said = server.ask(Door::Authorization, "GET", &path, &[("cookie", &cookie)], "");
            continue;
        }
        let Some(action) = between(&said.text, "action=\"", "\"") else {
            return Url::parse("about:blank").unwrap();
        };
        let mut fields: Vec<(String, String)> = vec![("decision".into(), "approve".into())];
        for input in said.text.split("<input").skip(1) {
            let name = between(input, "name=\"", "\"").unwrap();
            let value = match name.as_str() {
                "username" => account.username.expose().to_owned(),
                "password" => account.password.expose().to_owned(),
                _ => between(input, "value=\"", "\"").unwrap_or_default(),
            };
            fields.push((name, value));
        }
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("cookie", cookie.as_str())];
        said = server.ask(Door::Authorization, "POST", &action, &headers, &body);
    }
    panic!("no end in sight");
}

/// The exchange of a code, then a refresh, then a narrower one, then one without an assertion.
fn exchange(server: &Server, id: &str, back: &Url) -> Vec<Said> {
    let assertion = || LAB.client.sign(&server.assertion_claims(id, &json!({})));
    let code = field(back, "code").unwrap_or_default();
    let form = |parameters: &[(&str, &str)], assertion: &str| {
        let both = [parameters, &[("client_assertion_type", KIND), ("client_assertion", assertion), ("udap", "1")]].concat();
        server.form(&both)
    };
    let of_code = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://client.harness.test/cb"),
        ("code_verifier", VERIFIER),
    ];
    let tokens = form(&of_code, &assertion());
    let refresh = tokens.body["refresh_token"].as_str().unwrap_or_default().to_owned();
    let again = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let narrower = [again.as_slice(), &[("scope", "patient/Patient.read")]].concat();
    let renewed = form(&again, &assertion());
    let narrowed = form(&narrower, &assertion());
    let unsigned = server.form(&[again.as_slice(), &[("client_id", id)]].concat());
    vec![tokens, renewed, narrowed, unsigned]
}

#[test]
fn a_member_lets_a_registered_client_in() {
    for version in ["1.0.0", "1.1.0", "2.0.0"] {
        let server = Server::new(&[], version);
        let (id, back) = code(&server, &[]);
        assert_eq!(field(&back, "state").as_deref(), Some("state-0123456789"), "{back}");
        let said = exchange(&server, &id, &back);
        let granted = json!("openid launch/patient offline_access patient/Patient.read");
        assert_eq!((said[0].status, &said[0].body["scope"]), (200, &granted), "Coverage was not registered: {:?}", said[0]);
        assert!(said[0].body["id_token"].is_string() && said[0].body["patient"].is_string());
        assert_eq!((said[1].status, said[2].status), (200, 200), "{said:?}");
        assert_eq!(said[3].error(), (400, CLIENT_ERROR));
        let (_, without) = code(&server, &[("code_challenge", ""), ("code_challenge_method", "")]);
        let refused = field(&without, "error");
        assert_eq!(refused.as_deref(), (version == "2.0.0").then_some(REQUEST), "{version} {without}");
        let (_, plain) = code(&server, &[("code_challenge", VERIFIER), ("code_challenge_method", "plain")]);
        assert_eq!(field(&plain, "error").as_deref(), Some(REQUEST));
        let (_, stateless) = code(&server, &[("state", "")]);
        assert_eq!(field(&stateless, "error").as_deref(), Some(REQUEST));
    }
}

struct Certificates {
    rsa: Holder,
    p384: Holder,
    renewed: Holder,
    direct: Holder,
    deep: Holder,
    bad: Vec<(&'static str, Holder)>,
}

static CERTIFICATES: LazyLock<Certificates> = LazyLock::new(|| {
    let below = |ca: &Holder| ca.issue(&Wish::default(), p256());
    let former = LAB.root.issue(&Wish { until: NOW - DAY, from: NOW - 9 * DAY, ..authority("Former CA", 0) }, p256());
    let no_ca = LAB.root.issue(&Wish { name: "no CA", ..Wish::default() }, p256());
    let elsewhere = [(Nid::NAME_CONSTRAINTS, "critical,permitted;URI:elsewhere.example")];
    let constrained = LAB.root.issue(&Wish { more: &elsewhere, ..authority("constrained CA", 0) }, p256());
    let bad = vec![
        ("expired", client(&Wish { from: NOW - 9 * DAY, until: NOW - DAY, ..Wish::default() })),
        ("future", client(&Wish { from: NOW + DAY, ..Wish::default() })),
        ("expired intermediate", below(&former)),
        ("intermediate no CA", below(&no_ca)),
        ("path length", below(&LAB.issuing.issue(&authority("one CA too many", 0), p256()))),
        ("name constraints", below(&constrained)),
        ("not for signatures", client(&Wish { signs: false, ..Wish::default() })),
        ("a CA itself", client(&Wish { ca: Some(0), signs_certificates: true, ..Wish::default() })),
        ("unknown CA", below(&LAB.foreign)),
        ("self-signed", {
            let own = root("self");
            let certificate = own.issue(&Wish { name: "self", ..Wish::default() }, own.key.clone()).certificate;
            Holder { certificate, above: Vec::new(), ..own }
        }),
        ("weak key", LAB.issuing.issue(&Wish::default(), rsa(1024))),
        ("another client", LAB.other.clone()),
    ];
    let deep = LAB.root.issue(&authority("Lab policy CA", 1), p256()).issue(&authority("Lab deep CA", 0), p256());
    Certificates {
        rsa: LAB.issuing.issue(&Wish::default(), rsa(2048)),
        p384: LAB.issuing.issue(&Wish::default(), curve(Nid::SECP384R1)),
        renewed: client(&Wish::default()),
        direct: LAB.root.issue(&Wish::default(), p256()),
        deep: deep.issue(&Wish::default(), p256()),
        bad,
    }
});

/// What is sent, and what an honest server says to it: name, reply, status, error code.
type Rows = Vec<(String, Said, u16, &'static str)>;

/// The rows, group by group; each group has a server of its own.
const GROUPS: [fn(&Server) -> Rows; 5] = [headers, certificates, claims, forms, extensions];

fn headers(server: &Server) -> Rows {
    let mut rows = Rows::new();
    let mut row = |name: &str, said: Said, status: u16, code: &'static str| rows.push((name.to_owned(), said, status, code));
    let id = server.system_client(&LAB.client, CLIENT);
    let good = || server.assertion_claims(&id, &json!({}));
    let headed = |changes: Value| server.credentials(&LAB.client.sign_as(&changes, &good()));
    let jwt = LAB.client.sign(&good());
    let parts: Vec<&str> = jwt.split('.').collect();
    let payload = format!("{}.{}.{}", parts[0], super::lab::encoded(&good()), parts[2]);
    row("payload", server.credentials(&payload), 400, CLIENT_ERROR);
    row("padding", server.credentials(&LAB.client.sign_padded(&good())), 400, CLIENT_ERROR);
    row("DER", server.credentials(&LAB.client.sign_in_der(&good())), 400, CLIENT_ERROR);
    row("other key", server.credentials(&with_other_key(&LAB.client).sign(&good())), 400, CLIENT_ERROR);
    for changes in [
        json!({"alg": "none"}),
        json!({"alg": "RS256"}),
        json!({"crit": ["x"], "x": 1}),
        json!({"x5c": null}),
        json!({"x5c": []}),
        json!({"x5c": ["bm90IGEgY2VydA=="]}),
        json!({"x5c": [LAB.client.x5c()[1], LAB.client.x5c()[0]]}),
        json!({"x5c": [LAB.client.x5c()[0].as_str().unwrap().replace('+', "-").replace('/', "_").replace('=', ""), LAB.client.x5c()[1]]}),
    ] {
        row(&changes.to_string()[..20.min(changes.to_string().len())], headed(changes), 400, CLIENT_ERROR);
    }
    let direct = &CERTIFICATES.direct;
    let alone = direct.sign_as(&json!({"x5c": direct.x5c()[0]}), &good());
    row("x5c string", server.credentials(&alone), 400, CLIENT_ERROR);
    for secret in public_materials(&LAB.client) {
        row("HS256", server.credentials(&by_secret(&LAB.client, &secret, &good())), 400, CLIENT_ERROR);
    }
    rows
}

fn certificates(server: &Server) -> Rows {
    let mut rows = Rows::new();
    let mut row = |name: &str, said: Said, status: u16, code: &'static str| rows.push((name.to_owned(), said, status, code));
    let id = server.system_client(&LAB.client, CLIENT);
    server.system_client(&LAB.other, OTHER_URI);
    let good = || server.assertion_claims(&id, &json!({}));
    row("control", server.credentials(&LAB.client.sign(&good())), 200, "");
    for (name, holder) in &CERTIFICATES.bad {
        row(name, server.credentials(&holder.sign(&good())), 400, CLIENT_ERROR);
    }
    rows
}

fn claims(server: &Server) -> Rows {
    let mut rows = Rows::new();
    let mut row = |name: &str, said: Said, status: u16, code: &'static str| rows.push((name.to_owned(), said, status, code));
    let id = server.system_client(&LAB.client, CLIENT);
    let id = id.as_str();
    let now = server.now();
    let with = |changes: Value| server.credentials(&LAB.client.sign(&server.assertion_claims(id, &changes)));
    for changes in [
        json!({"iss": CLIENT}),
        json!({"iss": "somebody"}),
        json!({"sub": "somebody"}),
        json!({"sub": null}),
        json!({"iss": "nobody", "sub": "nobody"}),
        json!({"aud": "https://as.elsewhere.example/token"}),
        json!({"aud": BASE}),
        json!({"aud": REGISTER}),
        json!({"aud": null}),
        json!({"aud": []}),
        json!({"exp": now - 3600, "iat": now - 3700}),
        json!({"exp": null}),
        json!({"exp": (now + 200).to_string()}),
        json!({"iat": now, "exp": now + 301}),
        json!({"iat": now, "exp": now + 3600}),
        json!({"iat": null}),
        json!({"iat": now + 600, "exp": now + 700}),
        json!({"nbf": now + 600}),
        json!({"nbf": now + 200}),
        json!({"jti": null}),
        json!({"jti": ""}),
        json!({"jti": 7}),
    ] {
        let name = changes.to_string();
        row(&name, with(changes), 400, CLIENT_ERROR);
    }
    let twice = LAB.client.sign(&server.assertion_claims(id, &json!({"jti": "twice"})));
    row("first", server.credentials(&twice), 200, "");
    row("again", server.credentials(&twice), 400, CLIENT_ERROR);
    row("same jti", with(json!({"jti": "twice", "nbf": now - 9})), 400, CLIENT_ERROR);
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(credentials(&twice)).finish();
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    row("other connection", server.ask_by(1, Door::Authorization, "POST", "/token", &kind, &body), 400, CLIENT_ERROR);
    row("of a statement", with(json!({"jti": "jti-0"})), 200, "");
    server.wait(3);
    row("after three seconds", server.credentials(&twice), 400, CLIENT_ERROR);
    server.wait(400);
    row("after its time", with(json!({"jti": "twice"})), 200, "");
    rows
}

fn forms(server: &Server) -> Rows {
    let mut rows = Rows::new();
    let mut row = |name: &str, said: Said, status: u16, code: &'static str| rows.push((name.to_owned(), said, status, code));
    let id = server.system_client(&LAB.client, CLIENT);
    let id = id.as_str();
    let other = server.system_client(&LAB.other, OTHER_URI);
    let other = other.as_str();
    let assertion = || LAB.client.sign(&server.assertion_claims(id, &json!({})));
    let sent = |changes: &[(&str, &str)]| {
        let assertion = assertion();
        let mut parameters = credentials(&assertion).to_vec();
        for (name, value) in changes {
            if let Some(name) = name.strip_prefix('+') {
                parameters.push((name, value));
                continue;
            }
            parameters.retain(|(known, _)| known != name);
            if !value.is_empty() {
                parameters.push((name, value));
            }
        }
        server.form(&parameters)
    };
    row("the first of it", server.credentials(&LAB.client.sign(&server.assertion_claims(id, &json!({"jti": "twice"})))), 200, "");
    let by_other = LAB.other.sign(&server.assertion_claims(other, &json!({"jti": "twice"})));
    row("jti of another", server.credentials(&by_other), 200, "");
    row("client_id of another", sent(&[("client_id", other)]), 400, REQUEST);
    row("secret", sent(&[("client_secret", "x")]), 400, REQUEST);
    row("no type", sent(&[("client_assertion_type", "")]), 400, REQUEST);
    row("wrong type", sent(&[("client_assertion_type", "urn:x")]), 400, REQUEST);
    row("no assertion", sent(&[("client_assertion", ""), ("client_id", id)]), 400, CLIENT_ERROR);
    row("two assertions", sent(&[("+client_assertion", "x")]), 400, REQUEST);
    row("no grant", sent(&[("grant_type", "")]), 400, REQUEST);
    row("unknown grant", sent(&[("grant_type", "password")]), 400, "unsupported_grant_type");
    row("other grant", sent(&[("grant_type", "authorization_code"), ("code", "x")]), 400, "unauthorized_client");
    row("unknown scopes", sent(&[("scope", "nonsense patient/Patient.read")]), 400, "invalid_scope");
    row("unregistered scope", sent(&[("scope", "system/ExplanationOfBenefit.read")]), 400, "invalid_scope");
    row("twice", sent(&[("+scope", "system/Coverage.read")]), 400, REQUEST);
    let form = [("content-type", "application/x-www-form-urlencoded"), ("authorization", "Basic eDp5")];
    let body =
        |assertion: &str| url::form_urlencoded::Serializer::new(String::new()).extend_pairs(credentials(assertion)).finish();
    row("Basic", server.ask(Door::Authorization, "POST", "/token", &form, &body(&assertion())), 400, REQUEST);
    let members: serde_json::Map<String, Value> =
        credentials(&assertion()).iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let json = server.ask(
        Door::Authorization,
        "POST",
        "/token",
        &[("content-type", "application/json")],
        &Value::Object(members).to_string(),
    );
    row("JSON", json, 400, REQUEST);
    row("GET", server.ask(Door::Authorization, "GET", "/token", &[], ""), 405, "");
    rows
}

fn extensions(server: &Server) -> Rows {
    let mut rows = Rows::new();
    let mut row = |name: &str, said: Said, status: u16, code: &'static str| rows.push((name.to_owned(), said, status, code));
    let id = server.system_client(&LAB.client, CLIENT);
    let id = id.as_str();
    let with = |extensions: Value| {
        let mut claims = server.assertion_claims(id, &json!({}));
        claims["extensions"] = extensions;
        server.credentials(&LAB.client.sign(&claims))
    };
    row("extension", with(json!({"hl7-b2b": b2b(json!({}))})), 200, "");
    row("array", with(json!([{"hl7-b2b": b2b(json!({}))}])), 400, GRANT);
    row("null", with(Value::Null), 400, GRANT);
    row("null extension", with(json!({"hl7-b2b": null})), 400, GRANT);
    for changes in [
        json!({"version": "2"}),
        json!({"version": 1}),
        json!({"version": null}),
        json!({"organization_id": null}),
        json!({"organization_id": "Harness Org"}),
        json!({"purpose_of_use": null}),
        json!({"purpose_of_use": []}),
        json!({"purpose_of_use": "HPAYMT"}),
        json!({"consent_reference": ["https://fhir.payer.test/Consent/1"]}),
    ] {
        let name = changes.to_string();
        row(&name, with(json!({"hl7-b2b": b2b(changes)})), 400, GRANT);
    }
    let mut null_purpose = b2b(json!({}));
    null_purpose["purpose_of_use"] = Value::Null;
    row("purpose null", with(json!({"hl7-b2b": null_purpose})), 400, GRANT);
    rows
}

/// What must be taken.
fn variants(server: &Server) -> Vec<(String, Said)> {
    let now = server.now();
    let id = server.system_client(&LAB.client, CLIENT);
    let mut all = Vec::new();
    let mut good = |name: &str, said: Said| all.push((name.to_owned(), said));
    let claims = |changes: Value| server.assertion_claims(&id, &changes);
    let by = |holder: &Holder| server.credentials(&holder.sign(&claims(json!({}))));
    let mut whole = LAB.client.x5c().as_array().unwrap().clone();
    whole.push(LAB.root.x5c()[0].clone());
    good("root included", server.credentials(&LAB.client.sign_as(&json!({"x5c": whole}), &claims(json!({})))));
    let mut four = CERTIFICATES.deep.x5c().as_array().unwrap().clone();
    four.push(LAB.root.x5c()[0].clone());
    good("four", server.credentials(&CERTIFICATES.deep.sign_as(&json!({"x5c": four}), &claims(json!({})))));
    good("leaf alone", by(&CERTIFICATES.direct));
    good("renewed", by(&CERTIFICATES.renewed));
    good("RS256", by(&CERTIFICATES.rsa));
    good("ES384", by(&CERTIFICATES.p384));
    for algorithm in ["RS384", "PS256"] {
        good(algorithm, server.credentials(&CERTIFICATES.rsa.sign_as(&json!({"alg": algorithm}), &claims(json!({})))));
    }
    good("header", server.credentials(&LAB.client.sign_as(&json!({"typ": "JWT", "kid": "k"}), &claims(json!({})))));
    for changes in [
        json!({"x_unknown": 1}),
        json!({"aud": [super::server::TOKEN]}),
        json!({"iat": now, "exp": now + 300}),
        json!({"iat": now, "exp": now + 20}),
        json!({"iat": now + 5, "exp": now + 200}),
        json!({"extensions": {"x-other": {"a": 1}}}),
        json!({"extensions": {"hl7-b2b": b2b(json!({"subject_name": null, "organization_name": null}))}}),
        json!({"extensions": {"hl7-b2b": b2b(json!({"purpose_of_use": ["HPAYMT"]}))}}),
        json!({"extensions": {"hl7-b2b": b2b(json!({"consent_policy": ["urn:x:p"], "consent_reference": ["https://a.example/Consent/1"]}))}}),
    ] {
        good(&changes.to_string(), server.credentials(&LAB.client.sign(&claims(changes.clone()))));
    }
    let sent = |kind: &str, body: String| server.ask(Door::Authorization, "POST", "/token", &[("content-type", kind)], &body);
    let assertion = || LAB.client.sign(&claims(json!({})));
    let form = |extra: &str| {
        format!(
            "grant_type=client_credentials&scope=system/Patient.read{extra}&client_assertion_type={KIND}&client_assertion={}&udap=1",
            assertion()
        )
    };
    let plain = "application/x-www-form-urlencoded";
    good("charset", sent("application/x-www-form-urlencoded; charset=UTF-8", form("")));
    good("%20", sent(plain, form("%20system/Coverage.read")));
    good("+", sent(plain, form("+system/Coverage.read")));
    good("extra parameter", sent(plain, form("&resource=x")));
    good("client_id", sent(plain, form(&format!("&client_id={id}"))));
    all
}

#[test]
fn each_row_is_refused_by_its_own_code_and_each_variant_is_taken() {
    for (name, said, status, code) in GROUPS.iter().flat_map(|group| group(&Server::new(&[], "1.1.0"))) {
        assert_eq!(said.error(), (status, code), "{name}: {said:?}");
    }
    for (name, said) in variants(&Server::new(&[], "1.1.0")) {
        assert_eq!(said.status, 200, "{name}: {said:?}");
    }
}

#[test]
fn version_2_wants_a_scope_and_a_required_extension_is_wanted() {
    let server = Server::new(&[], "2.0.0");
    let id = server.system_client(&LAB.client, CLIENT);
    let assertion = LAB.client.sign(&server.assertion_claims(&id, &json!({})));
    let without: Vec<(&str, &str)> = credentials(&assertion).into_iter().filter(|(name, _)| *name != "scope").collect();
    assert_eq!(server.form(&without).error(), (400, REQUEST));
    let server = Server::new(&["udap-b2b-required"], "1.1.0");
    let id = server.system_client(&LAB.client, CLIENT);
    let bare = server.credentials(&LAB.client.sign(&server.assertion_claims(&id, &json!({}))));
    assert_eq!(bare.error(), (400, GRANT));
}

/// A reply without what is random in it.
fn shape(said: &Said) -> String {
    let keys: Vec<&String> = said.body.as_object().map(|members| members.keys().collect()).unwrap_or_default();
    let facts = ["error", "scope", "expires_in"].map(|name| said.body[name].to_string());
    format!("{} {keys:?} {facts:?} {:?}", said.status, said.headers)
}

/// Everything that is sent here, in groups, as lines.
fn all_groups() -> Vec<Group> {
    let mut all: Vec<Group> = Vec::new();
    for group in GROUPS {
        all.push(Box::new(move |server| {
            group(server).iter().map(|(name, said, ..)| format!("{name} {}", shape(said))).collect()
        }));
    }
    all.push(Box::new(|server| variants(server).iter().map(|(name, said)| format!("{name} {}", shape(said))).collect()));
    all.push(Box::new(flows));
    all
}

/// The code flow, its variants, and what each version has of its own.
fn flows(server: &Server) -> Vec<String> {
    let (id, back) = code(server, &[]);
    let mut lines: Vec<String> = exchange(server, &id, &back).iter().map(shape).collect();
    for changes in
        [&[("code_challenge", ""), ("code_challenge_method", "")][..], &[("code_challenge_method", "plain")], &[("state", "")]]
    {
        let (_, back) = code(server, changes);
        lines.push(format!("{:?} {}", field(&back, "error"), field(&back, "code").is_some()));
    }
    let id = server.system_client(&LAB.other, OTHER_URI);
    let iss = server.credentials(&LAB.other.sign(&server.assertion_claims(&id, &json!({}))));
    lines.push(shape(&iss));
    let assertion = LAB.other.sign(&server.assertion_claims(&id, &json!({})));
    let without: Vec<(&str, &str)> = credentials(&assertion).into_iter().filter(|(name, _)| *name != "scope").collect();
    lines.push(shape(&server.form(&without)));
    lines
}

/// Faults that need another switch, a list that is fetched, a second community or two requests at once.
const ELSEWHERE: [&str; 7] = [
    "udap-token-accepts-without-required-b2b",
    "udap-token-accepts-revoked-by-crl",
    "udap-token-accepts-revoked-by-ocsp",
    "udap-token-accepts-critical-extension",
    "udap-token-accepts-other-community",
    "udap-token-ignores-aia",
    "udap-accepts-concurrent-replay",
];

#[test]
fn every_fault_of_the_token_endpoint_changes_an_answer_of_its_version() {
    let is_ours = |fault: &&Fault| {
        let prefixes = ["udap-token", "udap-accepts", "udap-remembers", "udap-authorize"];
        prefixes.iter().any(|prefix| fault.name.starts_with(prefix)) && !ELSEWHERE.contains(&fault.name)
    };
    let of = |version: &str| -> Vec<&str> {
        let its = |fault: &&Fault| fault.profiles[0].strip_prefix("udap-security-").unwrap_or("1.1.0") == version;
        faults().iter().filter(is_ours).filter(its).map(|fault| fault.name).collect()
    };
    let flows: Vec<Group> = vec![Box::new(flows)];
    let mut left = silent(&of("1.1.0"), "1.1.0", &all_groups());
    for version in ["0.1.0", "2.0.0"] {
        left.extend(silent(&of(version), version, &flows));
    }
    assert!(left.is_empty(), "these change nothing: {left:?}");
}
