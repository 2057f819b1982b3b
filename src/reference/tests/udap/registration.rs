//! Software statements, row by row: what is refused and by which code, what is taken, and which fault changes which.

use std::sync::LazyLock;

use openssl::nid::Nid;
use serde_json::{Value, json};

use super::lab::{DAY, Holder, NOW, Wish, authority, by_secret, curve, p256, public_materials, root, rsa};
use super::server::{BASE, CLIENT, Group, LAB, OTHER_URI, REGISTER, Said, Server, TOKEN, client, silent, with_other_key};
use crate::reference::door::Door;
use crate::reference::{Fault, faults};

const STATEMENT: &str = "invalid_software_statement";
const UNAPPROVED: &str = "unapproved_software_statement";
const METADATA: &str = "invalid_client_metadata";
const REDIRECT: &str = "invalid_redirect_uri";

#[test]
fn a_client_registers_changes_cancels_and_comes_back() {
    for version in ["0.1.0", "1.0.0", "1.1.0", "2.0.0"] {
        let server = Server::new(&[], version);
        let statement = LAB.client.sign(&server.code_claims(CLIENT, &json!({})));
        let first = server.submit(&statement);
        assert_eq!((first.status, &first.body["software_statement"]), (201, &json!(statement)), "{first:?}");
        let id = first.body["client_id"].clone();
        for name in ["client_name", "redirect_uris", "contacts", "logo_uri", "grant_types", "response_types", "scope"] {
            assert!(first.body.get(name).is_some(), "{name}");
        }
        assert!(first.body.get("jti").is_none());
        let changed = server.submit(&LAB.client.sign(&server.code_claims(CLIENT, &json!({"client_name": "Another name"}))));
        assert_eq!(
            (changed.status, &changed.body["client_id"], &changed.body["client_name"]),
            (200, &id, &json!("Another name"))
        );
        let renewed = client(&Wish::default());
        assert_eq!(server.submit(&renewed.sign(&server.code_claims(CLIENT, &json!({})))).status, 200);
        let no_more = json!({"grant_types": [], "redirect_uris": null, "response_types": null, "logo_uri": null});
        let cancelled = server.submit(&LAB.client.sign(&server.code_claims(CLIENT, &no_more)));
        assert_eq!((cancelled.status, &cancelled.body["grant_types"]), (200, &json!([])));
        let unknown = server.submit(&LAB.other.sign(&server.code_claims(OTHER_URI, &no_more)));
        assert_eq!(unknown.error(), (400, METADATA));
        assert_eq!(server.submit(&LAB.client.sign(&server.code_claims(CLIENT, &json!({})))).status, 200);
    }
}

/// Certificates with something wrong.
struct Bad {
    rsa: Holder,
    p384: Holder,
    rows: Vec<(&'static str, Holder)>,
}

static BAD: LazyLock<Bad> = LazyLock::new(|| {
    let issue = |wish: &Wish<'_>| client(wish);
    let below = |ca: &Holder| ca.issue(&Wish::default(), p256());
    let expired_ca = LAB.root.issue(&Wish { until: NOW - DAY, from: NOW - 9 * DAY, ..authority("Former CA", 0) }, p256());
    let no_ca = LAB.root.issue(&Wish { name: "no CA", ca: None, signs_certificates: false, ..Wish::default() }, p256());
    let no_cert_sign =
        LAB.root.issue(&Wish { signs_certificates: false, ..authority("CA that signs no certificates", 0) }, p256());
    let below_last = LAB.issuing.issue(&authority("one CA too many", 0), p256());
    let elsewhere = [(Nid::NAME_CONSTRAINTS, "critical,permitted;URI:elsewhere.example")];
    let constrained = LAB.root.issue(&Wish { more: &elsewhere, ..authority("constrained CA", 0) }, p256());
    let impostor = root("a client");
    let mut alone = impostor.clone();
    alone.certificate = {
        let own = p256();
        let holder = Holder { key: own.clone(), ..impostor.clone() };
        alone.key = own;
        super::server::LAB.foreign.issue(&Wish::default(), holder.key).certificate
    };
    let rows = vec![
        ("expired", issue(&Wish { from: NOW - 9 * DAY, until: NOW - DAY, ..Wish::default() })),
        ("future", issue(&Wish { from: NOW + DAY, ..Wish::default() })),
        ("expired intermediate", below(&expired_ca)),
        ("intermediate no CA", below(&no_ca)),
        ("intermediate without keyCertSign", below(&no_cert_sign)),
        ("path length", below(&below_last)),
        ("name constraints", below(&constrained)),
        ("not for signatures", issue(&Wish { signs: false, ..Wish::default() })),
        ("a CA itself", issue(&Wish { ca: Some(0), signs_certificates: true, ..Wish::default() })),
        ("unknown CA", LAB.foreign.issue(&Wish::default(), p256())),
        ("weak key", LAB.issuing.issue(&Wish::default(), rsa(1024))),
        ("SHA-1", issue(&Wish { sha1: true, ..Wish::default() })),
    ];
    Bad {
        rsa: LAB.issuing.issue(&Wish::default(), rsa(2048)),
        p384: LAB.issuing.issue(&Wish::default(), curve(Nid::SECP384R1)),
        rows,
    }
});

/// A certificate that nobody but itself vouches for.
fn self_signed() -> Holder {
    let mut own = root("self");
    let key = p256();
    let wish = Wish { name: "self", ..Wish::default() };
    let issuer = Holder { key: key.clone(), ..own.clone() };
    // issued by a holder with the same name and key is self-signed
    let certificate = issuer.issue(&wish, key.clone()).certificate;
    own.certificate = certificate;
    Holder { key, above: Vec::new(), ..own }
}

/// What is sent, and what an honest server says to it: name, reply, status, error code.
type Rows = Vec<(String, Said, u16, &'static str)>;

/// The rows, group by group; each group has a server of its own, and registers the client first.
const GROUPS: [fn(&Server) -> Rows; 5] = [forms, headers, certificates, claims, metadata];

fn begin(server: &Server) -> Rows {
    let said = server.submit(&LAB.client.sign(&server.code_claims(CLIENT, &json!({}))));
    vec![("control".to_owned(), said, 201, "")]
}

fn signed(server: &Server, changes: &Value) -> String {
    LAB.client.sign(&server.code_claims(CLIENT, changes))
}

fn headers(server: &Server) -> Rows {
    let mut rows = begin(server);
    let mut row = |name: &str, said: Said, status: u16, code: &'static str| rows.push((name.to_owned(), said, status, code));
    let good = || server.code_claims(CLIENT, &json!({}));
    let headed = |changes: Value| LAB.client.sign_as(&changes, &good());
    row("crit", server.submit(&headed(json!({"crit": ["x-harness"], "x-harness": 1}))), 400, STATEMENT);
    for (name, x5c) in [("x5c absent", Value::Null), ("x5c empty", json!([])), ("x5c garbage", json!(["bm90IGEgY2VydA=="]))] {
        row(name, server.submit(&headed(json!({"x5c": x5c}))), 400, STATEMENT);
    }
    let direct = LAB.root.issue(&Wish::default(), p256());
    let alone = direct.sign_as(&json!({"x5c": direct.x5c()[0]}), &good());
    row("x5c string", server.submit(&alone), 400, STATEMENT);
    let url = LAB.client.x5c()[0].as_str().unwrap().replace('+', "-").replace('/', "_").replace('=', "");
    row("x5c base64url", server.submit(&headed(json!({"x5c": [url, LAB.client.x5c()[1]]}))), 400, STATEMENT);
    let turned = json!([LAB.client.x5c()[1], LAB.client.x5c()[0]]);
    row("leaf second", server.submit(&headed(json!({"x5c": turned}))), 400, STATEMENT);
    rows
}

fn certificates(server: &Server) -> Rows {
    let mut rows = begin(server);
    let mut row = |name: &str, said: Said, status: u16, code: &'static str| rows.push((name.to_owned(), said, status, code));
    let good = || server.code_claims(CLIENT, &json!({}));
    for (name, holder) in &BAD.rows {
        row(name, server.submit(&holder.sign(&good())), 400, UNAPPROVED);
    }
    row("self-signed", server.submit(&self_signed().sign(&good())), 400, UNAPPROVED);
    rows
}

fn forms(server: &Server) -> Rows {
    let mut rows = begin(server);
    let mut row = |name: &str, said: Said, status: u16, code: &'static str| rows.push((name.to_owned(), said, status, code));
    let good = || server.code_claims(CLIENT, &json!({}));
    let jwt = LAB.client.sign(&good());
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let flipped: String = signature.chars().rev().map(|letter| if letter == 'A' { 'B' } else { letter }).collect();
    row("signature", server.submit(&format!("{signed}.{flipped}")), 400, STATEMENT);
    let other = format!("{}.{}.{signature}", signed.split('.').next().unwrap(), super::lab::encoded(&good()));
    row("payload", server.submit(&other), 400, STATEMENT);
    row("padding", server.submit(&LAB.client.sign_padded(&good())), 400, STATEMENT);
    row("other key", server.submit(&with_other_key(&LAB.client).sign(&good())), 400, STATEMENT);
    row("alg none", server.submit(&LAB.client.sign_as(&json!({"alg": "none"}), &good())), 400, STATEMENT);
    for secret in public_materials(&LAB.client) {
        row("HS256", server.submit(&by_secret(&LAB.client, &secret, &good())), 400, STATEMENT);
    }
    row("mismatch", server.submit(&LAB.client.sign_as(&json!({"alg": "RS256"}), &good())), 400, STATEMENT);
    row("mismatch", server.submit(&BAD.rsa.sign_as(&json!({"alg": "ES256"}), &good())), 400, STATEMENT);
    for body in [
        json!({}),
        json!({"software_statement": "no JWT"}),
        json!({"software_statement": 1}),
        json!({"client_name": "x", "grant_types": ["client_credentials"]}),
    ] {
        row("no statement", server.post(&body), 400, STATEMENT);
    }
    let raw = |kind: &str, body: &str| server.ask(Door::Authorization, "POST", "/register", &[("content-type", kind)], body);
    row("broken JSON", raw("application/json", "{\"software_statement\":"), 400, METADATA);
    let jwt = LAB.client.sign(&good());
    row("form", raw("application/x-www-form-urlencoded", &format!("software_statement={jwt}&udap=1")), 400, METADATA);
    for method in ["GET", "PUT"] {
        row("method", server.ask(Door::Authorization, method, "/register", &[], ""), 405, "");
    }
    rows
}

fn claims(server: &Server) -> Rows {
    let mut rows = begin(server);
    let mut row = |name: &str, said: Said, status: u16, code: &'static str| rows.push((name.to_owned(), said, status, code));
    let now = server.now();
    let wrong = [
        json!({"sub": "https://somebody.example"}),
        json!({"sub": null}),
        json!({"aud": "https://as.elsewhere.example/register"}),
        json!({"aud": TOKEN}),
        json!({"aud": BASE}),
        json!({"aud": null}),
        json!({"aud": ""}),
        json!({"aud": []}),
        json!({"aud": ["https://as.elsewhere.example/register"]}),
        json!({"exp": now - 3600, "iat": now - 3660}),
        json!({"exp": null}),
        json!({"exp": (now + 200).to_string()}),
        json!({"exp": -5}),
        json!({"iat": now, "exp": now + 301}),
        json!({"iat": now, "exp": now + 600}),
        json!({"iat": now, "exp": now + 3600}),
        json!({"iat": now, "exp": now + 86_400}),
        json!({"iat": now - 400, "exp": now + 60}),
        json!({"iat": null}),
        json!({"iat": now + 600, "exp": now + 700}),
        json!({"nbf": now + 600}),
        json!({"nbf": now + 200}),
        json!({"jti": null}),
        json!({"jti": ""}),
        json!({"jti": 7}),
    ];
    for changes in wrong {
        let name = changes.to_string();
        row(&name, server.submit(&signed(server, &changes)), 400, STATEMENT);
    }
    for (wish, iss) in [
        (Wish::default(), "https://client.harness.test/other"),
        (Wish { uris: &[], dns: &["client.harness.test"], ..Wish::default() }, CLIENT),
        (Wish { uris: &[], name: "https://client.harness.test/app-01", ..Wish::default() }, CLIENT),
        (Wish::default(), "https://client.harness.test/app-01/"),
        (Wish::default(), "https://client.harness.test/APP-01"),
        (Wish::default(), "https://client.harness.test/app-0"),
    ] {
        let said = server.submit(&client(&wish).sign(&server.code_claims(iss, &json!({}))));
        row(&format!("iss {iss}"), said, 400, STATEMENT);
    }
    let twice = signed(server, &json!({"jti": "twice"}));
    row("first", server.submit(&twice), 200, "");
    row("again", server.submit(&twice), 400, STATEMENT);
    row("same jti", server.submit(&signed(server, &json!({"jti": "twice", "client_name": "Other"}))), 400, STATEMENT);
    let body = json!({"software_statement": twice, "udap": "1"});
    row("other connection", server.post_by(1, &body), 400, STATEMENT);
    let other = LAB.other.sign(&server.code_claims(OTHER_URI, &json!({"jti": "twice"})));
    row("jti of another", server.submit(&other), 201, "");
    let corrected = |name: Value| signed(server, &json!({"jti": "corrected", "client_name": name}));
    row("to be corrected", server.submit(&corrected(Value::Null)), 400, METADATA);
    row("corrected", server.submit(&corrected(json!("A name"))), 200, "");
    server.wait(3);
    row("after three seconds", server.submit(&twice), 400, STATEMENT);
    server.wait(400);
    row("after its time", server.submit(&signed(server, &json!({"jti": "twice"}))), 200, "");
    rows
}

fn metadata(server: &Server) -> Rows {
    let mut rows = begin(server);
    let mut row = |name: &str, said: Said, status: u16, code: &'static str| rows.push((name.to_owned(), said, status, code));
    let wrong = [
        (METADATA, json!({"client_name": null})),
        (METADATA, json!({"client_name": ""})),
        (REDIRECT, json!({"redirect_uris": null})),
        (REDIRECT, json!({"redirect_uris": []})),
        (REDIRECT, json!({"redirect_uris": ["http://client.harness.test/cb"]})),
        (REDIRECT, json!({"redirect_uris": ["com.example.app:/cb"]})),
        (REDIRECT, json!({"redirect_uris": ["/cb"]})),
        (REDIRECT, json!({"redirect_uris": ["https://client.harness.test/cb#x"]})),
        (REDIRECT, json!({"redirect_uris": ["https://client.harness.test/*"]})),
        (REDIRECT, json!({"redirect_uris": ["javascript:alert(1)"]})),
        (METADATA, json!({"contacts": null})),
        (METADATA, json!({"contacts": ["https://harness.test"]})),
        (METADATA, json!({"logo_uri": null})),
        (METADATA, json!({"logo_uri": "http://client.harness.test/logo.png"})),
        (METADATA, json!({"grant_types": null})),
        (METADATA, json!({"grant_types": ["authorization_code", "client_credentials"]})),
        (METADATA, json!({"grant_types": ["refresh_token"]})),
        (METADATA, json!({"grant_types": ["client_credentials", "refresh_token"], "scope": "system/Patient.read"})),
        (METADATA, json!({"grant_types": ["implicit"]})),
        (METADATA, json!({"grant_types": "authorization_code"})),
        (METADATA, json!({"response_types": null})),
        (METADATA, json!({"response_types": ["token"]})),
        (METADATA, json!({"token_endpoint_auth_method": null})),
        (METADATA, json!({"token_endpoint_auth_method": "client_secret_post"})),
        (METADATA, json!({"token_endpoint_auth_method": "client_secret_basic"})),
        (METADATA, json!({"scope": null})),
        (METADATA, json!({"scope": "patient/Nothing.read nonsense"})),
    ];
    for (code, changes) in wrong {
        let name = changes.to_string();
        row(&name, server.submit(&signed(server, &changes)), 400, code);
    }
    let top = json!({"software_statement": signed(server, &json!({})), "client_name": "From the top", "certifications": ["e30.e30.e30"]});
    row("top level", server.post(&top), 200, "");
    let system = LAB.client.sign(&server.system_claims(CLIENT, &json!({})));
    row("other flow", server.submit(&system), 200, "");
    let cancel = json!({"grant_types": [], "redirect_uris": null, "response_types": null});
    row("cancel", server.submit(&signed(server, &cancel)), 200, "");
    row("cancel again", server.submit(&signed(server, &cancel)), 400, METADATA);
    rows
}

/// What must be taken.
fn variants(server: &Server) -> Vec<(String, Said)> {
    let now = server.now();
    let mut all = Vec::new();
    let mut good = |name: &str, said: Said| all.push((name.to_owned(), said));
    let claims = |changes: Value| server.code_claims(CLIENT, &changes);
    let whole = |holder: &Holder| {
        let mut chain = holder.x5c().as_array().unwrap().clone();
        chain.push(LAB.root.x5c()[0].clone());
        holder.sign_as(&json!({"x5c": chain}), &claims(json!({})))
    };
    let direct = LAB.root.issue(&Wish::default(), p256());
    good("leaf alone", server.submit(&direct.sign(&claims(json!({})))));
    good("root included", server.submit(&whole(&LAB.client)));
    let deep = LAB.root.issue(&authority("Lab policy CA", 1), p256()).issue(&authority("Lab deep CA", 0), p256());
    good("chain of four", server.submit(&whole(&deep.issue(&Wish::default(), p256()))));
    good("extra header", server.submit(&LAB.client.sign_as(&json!({"typ": "JWT", "kid": "k"}), &claims(json!({})))));
    for changes in [
        json!({"x_unknown": {"a": 1}}),
        json!({"client_uri": "https://client.harness.test", "software_id": "s", "software_version": "1"}),
        json!({"aud": [REGISTER]}),
        json!({"iat": now, "exp": now + 300}),
        json!({"iat": now, "exp": now + 30}),
        json!({"iat": now + 5, "exp": now + 200}),
        json!({"redirect_uris": ["https://client.harness.test/cb", "https://client.harness.test/cb2"]}),
        json!({"scope": "patient/Patient.read nonsense"}),
        json!({"client_name": "Überprüfung 検査"}),
    ] {
        good(&changes.to_string(), server.submit(&LAB.client.sign(&claims(changes.clone()))));
    }
    good("RS256", server.submit(&BAD.rsa.sign(&claims(json!({})))));
    good("RS384", server.submit(&BAD.rsa.sign_as(&json!({"alg": "RS384"}), &claims(json!({})))));
    good("PS256", server.submit(&BAD.rsa.sign_as(&json!({"alg": "PS256"}), &claims(json!({})))));
    good("ES384", server.submit(&BAD.p384.sign(&claims(json!({})))));
    let two = client(&Wish { uris: &["https://first.example", CLIENT], ..Wish::default() });
    good("second URI", server.submit(&two.sign(&claims(json!({})))));
    let urn = "urn:uuid:8b2ff3b4-33a9-4f8e-9d3c-4d5f7c0d1a11";
    let by_urn = client(&Wish { uris: &[urn], ..Wish::default() });
    good("URN", server.submit(&by_urn.sign(&server.code_claims(urn, &json!({})))));
    let short = client(&Wish { from: NOW - 60, until: server.now() + 3600, ..Wish::default() });
    good("an hour", server.submit(&short.sign(&claims(json!({})))));
    all
}

#[test]
fn each_row_is_refused_by_its_own_code_and_each_variant_is_taken() {
    for (name, said, status, code) in GROUPS.iter().flat_map(|group| group(&Server::new(&[], "1.1.0"))) {
        assert_eq!(said.error(), (status, code), "{name}: {said:?}");
    }
    for (name, said) in variants(&Server::new(&[], "1.1.0")) {
        assert!(matches!(said.status, 200 | 201), "{name}: {said:?}");
    }
}

#[test]
fn what_is_refused_leaves_the_live_registration_alone() {
    let server = Server::new(&[], "1.1.0");
    let id = server.system_client(&LAB.client, CLIENT);
    let forged = with_other_key(&LAB.client).sign(&server.system_claims(CLIENT, &json!({"grant_types": []})));
    assert_eq!(server.submit(&forged).error(), (400, STATEMENT));
    let token = server.credentials(&LAB.client.sign(&server.assertion_claims(&id, &json!({}))));
    assert_eq!(token.status, 200, "{token:?}");
}

/// A reply without what is random in it.
fn shape(said: &Said) -> String {
    let keys: Vec<&String> = said.body.as_object().map(|members| members.keys().collect()).unwrap_or_default();
    let facts = ["error", "client_name", "scope", "grant_types"].map(|name| said.body[name].to_string());
    // the certificates in a statement differ in length each time; its signature does not
    let statement = said.body["software_statement"].as_str().and_then(|text| text.rsplit('.').next()).map_or(0, str::len);
    format!("{} {keys:?} {facts:?} {statement} {:?}", said.status, said.headers)
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
    all.push(Box::new(lives));
    all
}

/// What becomes of live registrations.
fn lives(server: &Server) -> Vec<String> {
    let register = |changes: Value| server.submit(&LAB.client.sign(&server.system_claims(CLIENT, &changes)));
    let token = |id: &Value| {
        let id = id.as_str().unwrap_or_default();
        let said = server.credentials(&LAB.client.sign(&server.assertion_claims(id, &json!({}))));
        format!("{:?}", said.error())
    };
    let first = register(json!({}));
    let mut lines = vec![token(&first.body["client_id"])];
    let second = register(json!({"client_name": "Changed", "scope": "system/Coverage.read"}));
    lines.push((first.body["client_id"] == second.body["client_id"]).to_string());
    lines.push(token(&first.body["client_id"]));
    lines.push(token(&second.body["client_id"]));
    let forged = server.submit(&with_other_key(&LAB.client).sign(&server.system_claims(CLIENT, &json!({}))));
    lines.push(format!("{:?} {}", forged.error(), token(&second.body["client_id"])));
    let foreign = LAB.foreign.issue(&Wish::default(), p256()).sign(&server.system_claims(CLIENT, &json!({})));
    lines.push(format!("{:?}", server.submit(&foreign).error()));
    let cancelled = register(json!({"grant_types": []}));
    lines.push(format!("{} {}", cancelled.status, token(&second.body["client_id"])));
    lines
}

/// Faults that need a second community, a list that is fetched, or two requests at once: other tests are about them.
const ELSEWHERE: [&str; 6] = [
    "udap-registry-ignores-community",
    "udap-registers-revoked-by-crl",
    "udap-registers-revoked-by-ocsp",
    "udap-registers-critical-extension",
    "udap-registration-ignores-aia",
    "udap-registers-concurrent-replay",
];

#[test]
fn every_fault_of_registration_changes_an_answer() {
    let is_ours = |fault: &&Fault| {
        let prefixes = ["udap-regist", "udap-refused", "udap-cancel", "udap-modify"];
        let named = prefixes.iter().any(|prefix| fault.name.starts_with(prefix));
        named && fault.name != "udap-registration-endpoint-missing" && !ELSEWHERE.contains(&fault.name)
    };
    let names: Vec<&str> = faults().iter().filter(is_ours).map(|fault| fault.name).collect();
    let silent = silent(&names, "1.1.0", &all_groups());
    assert!(silent.is_empty(), "these change nothing: {silent:?}");
}
