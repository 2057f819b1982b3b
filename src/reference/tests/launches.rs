//! Every switch of launches, tokens and data changes something that an app can see, and an honest server that is used
//! asks about each.

use serde_json::{Value, json};

use super::client::options;
use super::driver::{Driver, VERIFIER, basic, pairs};
use super::pieces::{challenge, field};
use crate::reference::door::Door;
use crate::reference::{Fault, LoginVariant, Options, faults};

const GROUPS: [&str; 5] = ["launch", "token", "refresh", "openid", "data"];
const FULL: &str = "openid fhirUser launch/patient offline_access patient/ExplanationOfBenefit.read patient/Coverage.read patient/Patient.read patient/Organization.read patient/Practitioner.read";
const USER: &str = "openid fhirUser user/ExplanationOfBenefit.read user/Coverage.read user/Patient.read user/Organization.read user/Practitioner.read";
const ELSEWHERE: &str = "https://elsewhere.example/callback";

fn access_of(tokens: &Value) -> String {
    tokens["access_token"].as_str().unwrap_or("none").to_owned()
}

fn transcript(options: Options) -> Driver {
    let mut driver = Driver::new(options);
    driver.ask(Door::Authorization, "GET", "/jwks", &[], "");
    doubtful_requests(&mut driver);
    launches(&mut driver);
    challenges(&mut driver);
    client_authentication(&mut driver);
    assertions(&mut driver);
    refreshes(&mut driver);
    revocation_and_introspection(&mut driver);
    data(&mut driver);
    driver
}

fn doubtful_requests(driver: &mut Driver) {
    let redirect_uri = driver.client(0).redirect_uri.to_string();
    let longer = format!("{redirect_uri}/deeper");
    let other_path = driver.site.base.join("/other").unwrap().to_string();
    let changes: [&[(&str, Option<&str>)]; 11] = [
        &[("client_id", Some("nobody"))],
        &[("redirect_uri", Some(ELSEWHERE))],
        &[("redirect_uri", Some(&longer))],
        &[("response_type", Some("token"))],
        &[("aud", None)],
        &[("aud", Some("https://elsewhere.example/fhir"))],
        &[("aud", Some(&other_path))],
        &[("code_challenge_method", Some("plain"))],
        &[("code_challenge_method", None)],
        &[("+nonce", Some("second"))],
        &[("scope", Some("openid patient/Observation.read patient/Patient.read"))],
    ];
    for change in changes {
        let tokens = driver.tokens(0, 0, "openid patient/Patient.read", change);
        driver.fhir("GET", "Patient", &access_of(&tokens));
    }
    driver.launch(0, 0, "openid patient/Patient.read", &[("+x-harness", Some("1"))]);
    driver.tokens(0, 0, "launch/patient patient/Coverage.rs", &[]);
    driver.launch(2, 0, "openid patient/Patient.read", &[("code_challenge", None), ("code_challenge_method", None)]);
    driver.launch_by_post(0, 0, "openid patient/Patient.read");
    driver.authorize_with_origin();
    driver.decide(0, 3, FULL, &[], "deny");
}

fn launches(driver: &mut Driver) {
    for (member, scope) in [(0, FULL), (0, USER), (1, FULL)] {
        let Some(back) = driver.launch(0, member, scope, &[]) else { continue };
        driver.note(back.as_str());
        let tokens = driver.exchange(0, &back, &[]);
        driver.fhir("GET", "Patient", &access_of(&tokens));
        driver.exchange(0, &back, &[]);
        driver.fhir("GET", "Patient", &access_of(&tokens));
    }
    if let Some(back) = driver.launch(0, 0, FULL, &[]) {
        driver.exchange(0, &back, &[("x-harness", Some("1"))]);
    }
    if let Some(back) = driver.launch(0, 0, FULL, &[]) {
        driver.exchange(1, &back, &[]);
        driver.exchange(0, &back, &[("redirect_uri", Some(ELSEWHERE))]);
        driver.exchange(0, &back, &[]);
    }
    if let Some(back) = driver.launch(0, 0, FULL, &[]) {
        driver.exchange(0, &back, &[("redirect_uri", None)]);
        driver.wait(61);
        driver.exchange(0, &back, &[]);
    }
}

fn challenges(driver: &mut Driver) {
    let own = challenge(VERIFIER);
    let wrong = VERIFIER.replace('a', "b");
    for verifier in [None, Some(""), Some(wrong.as_str()), Some(own.as_str())] {
        if let Some(back) = driver.launch(0, 0, FULL, &[]) {
            driver.exchange(0, &back, &[("code_verifier", verifier)]);
        }
    }
    if let Some(back) = driver.launch(0, 0, FULL, &[("code_challenge", None), ("code_challenge_method", None)]) {
        driver.exchange(0, &back, &[]);
    }
}

fn client_authentication(driver: &mut Driver) {
    let [own, second, public, keyed] = [0, 1, 2, 3].map(|index| driver.client(index));
    let secret = own.secret.clone().unwrap();
    let garbage = [("grant_type", "authorization_code"), ("code", "garbage")];
    for credentials in [
        basic(&own.id, "wrong"),
        basic(&own.id, ""),
        basic("nobody", "wrong"),
        basic(&public.id, "wrong"),
        basic(&own.id, secret.expose()),
    ] {
        driver.token_as(&[("authorization", &credentials)], &garbage);
    }
    let credentials = driver.basic(1);
    driver.token_as(&[("authorization", &credentials)], &[garbage.as_slice(), &[("client_id", &own.id)]].concat());
    for id in [own.id.as_str(), &second.id, &public.id, &keyed.id, "nobody"] {
        driver.token_as(&[], &[garbage.as_slice(), &[("client_id", id)]].concat());
    }
    driver.token_as(&[], &[garbage.as_slice(), &[("client_id", &own.id), ("client_secret", secret.expose())]].concat());
    driver.token(0, &[("grant_type", "password"), ("username", "x"), ("password", "y")]);
    driver.ask(Door::Authorization, "GET", "/token?grant_type=refresh_token", &[], "");
    driver.ask(Door::Authorization, "OPTIONS", "/token", &[("origin", "https://app.example")], "");
    if let Some(back) = driver.launch(2, 0, FULL, &[]) {
        let code = field(&back, "code").unwrap_or_default();
        let redirect_uri = public.redirect_uri.to_string();
        let parameters = [
            ("grant_type", "authorization_code"),
            ("client_id", public.id.as_str()),
            ("code", &code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        driver.token_as(&[], &parameters);
    }
}

fn assertions(driver: &mut Driver) {
    const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let now = driver.site.now().unix_timestamp();
    let (nothing, no_header) = (json!({}), json!({}));
    let send = |driver: &mut Driver, kind: &str, assertion: &str| {
        let parameters = [
            ("grant_type", "authorization_code"),
            ("code", "garbage"),
            ("client_assertion_type", kind),
            ("client_assertion", assertion),
        ];
        driver.token_as(&[], &parameters);
    };
    for algorithm in ["RS384", "ES384"] {
        let assertion = driver.assertion(algorithm, &no_header, &nothing);
        send(driver, KIND, &assertion);
        send(driver, KIND, &assertion);
    }
    let assertion = driver.assertion("RS384", &no_header, &nothing);
    send(driver, "something-else", &assertion);
    for claims in [
        json!({"exp": now - 10, "iat": now - 100}),
        json!({"exp": null}),
        json!({"exp": now + 3600}),
        json!({"iat": now + 200, "nbf": now + 200}),
        json!({"aud": "https://elsewhere.example/token"}),
        json!({"iss": "nobody"}),
        json!({"sub": "nobody"}),
        json!({"jti": null}),
    ] {
        let assertion = driver.assertion("RS384", &no_header, &claims);
        send(driver, KIND, &assertion);
    }
    for header in [json!({"alg": "none"}), json!({"alg": "HS256"}), json!({"kid": "nobody"})] {
        let assertion = driver.assertion("RS384", &header, &nothing);
        send(driver, KIND, &assertion);
    }
    let crossed = driver.assertion("RS384", &json!({"alg": "ES384", "kid": "app-es384"}), &nothing);
    send(driver, KIND, &crossed);
}

fn refreshes(driver: &mut Driver) {
    let refresh = |driver: &mut Driver, client: usize, token: &str, scope: Option<&str>| {
        let mut parameters = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        parameters.extend(scope.map(|scope| ("scope", scope)));
        driver.token(client, &parameters)
    };
    driver.tokens(0, 0, "openid patient/Patient.read", &[]);
    let narrow = driver.tokens(0, 0, "launch/patient offline_access patient/Patient.read", &[]);
    let token = narrow["refresh_token"].as_str().unwrap_or("none").to_owned();
    refresh(driver, 0, &token, Some("patient/Patient.read patient/Coverage.read"));
    let full = driver.tokens(0, 0, FULL, &[]);
    let token = full["refresh_token"].as_str().unwrap_or("none").to_owned();
    refresh(driver, 1, &token, None);
    refresh(driver, 0, "unknown", None);
    let altered = format!("{}{}", &token[..token.len().min(32)], "0".repeat(32));
    refresh(driver, 0, &altered, None);
    let again = refresh(driver, 0, &token, Some("patient/Patient.read"));
    let token = again["refresh_token"].as_str().unwrap_or(&token).to_owned();
    refresh(driver, 0, &token, None);
    refresh(driver, 0, &token, None);
}

fn revocation_and_introspection(driver: &mut Driver) {
    let tokens = driver.tokens(0, 0, FULL, &[]);
    let access = access_of(&tokens);
    let refresh = tokens["refresh_token"].as_str().unwrap_or("none").to_owned();
    let [own, other] = [driver.basic(0), driver.basic(1)];
    for path in ["/introspect", "/revoke"] {
        for (headers, token) in [
            (vec![], access.as_str()),
            (vec![("authorization", other.as_str())], &access),
            (vec![("authorization", own.as_str())], &access),
            (vec![("authorization", own.as_str())], "unknown"),
        ] {
            driver.post(path, &headers, &pairs(&[("token", token)]));
        }
        driver.fhir("GET", "Patient", &access);
    }
    let more = driver.token(0, &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]);
    driver.post("/revoke", &[("authorization", &own)], &pairs(&[("token", &refresh)]));
    driver.fhir("GET", "Patient", &access_of(&more));
    driver.token(0, &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]);
    let tokens = driver.tokens(0, 0, FULL, &[]);
    for token in [access_of(&tokens), "garbage".to_owned()] {
        let credentials = format!("Bearer {token}");
        driver.ask(Door::Authorization, "GET", "/userinfo", &[("authorization", &credentials)], "");
    }
}

fn data(driver: &mut Driver) {
    let first = access_of(&driver.tokens(0, 0, FULL, &[]));
    let second = access_of(&driver.tokens(0, 1, FULL, &[]));
    let user = access_of(&driver.tokens(0, 0, USER, &[]));
    let narrow = access_of(&driver.tokens(0, 0, "patient/Patient.read", &[]));
    for path in [
        "Patient/carinbb-member-1",
        "Coverage/carinbb-coverage-1",
        "ExplanationOfBenefit/carinbb-eob-1",
        "Organization/carinbb-payer-1",
        "Practitioner/carinbb-practitioner-1",
        "RelatedPerson/carinbb-related-1",
        "Patient/carinbb-member-2",
        "Patient/carinbb-member-3",
        "Coverage",
        "ExplanationOfBenefit",
        "ExplanationOfBenefit?patient=carinbb-member-2",
        "ExplanationOfBenefit?_id=carinbb-eob-2&_include=ExplanationOfBenefit:patient",
        "Patient?_id=carinbb-member-1&_revinclude=Coverage:beneficiary",
        "Organization?_revinclude=Coverage:payor",
        "Practitioner",
        "Patient?_has:Coverage:beneficiary:_id=carinbb-coverage-2",
        "Coverage?beneficiary.identifier=SYN-0002",
    ] {
        driver.fhir("GET", path, &first);
    }
    for path in ["Patient", "Patient/carinbb-member-3", "Patient/carinbb-member-2"] {
        driver.fhir("GET", path, &user);
    }
    for path in [
        "Coverage",
        "Coverage?_id=carinbb-coverage-1",
        "Coverage/carinbb-coverage-1",
        "Patient?_revinclude=Coverage:beneficiary",
        "RelatedPerson?_include=*",
    ] {
        driver.fhir("GET", path, &narrow);
    }
    let explanation = access_of(&driver.tokens(0, 0, "patient/ExplanationOfBenefit.read", &[]));
    driver.fhir("GET", "ExplanationOfBenefit?_include=ExplanationOfBenefit:coverage", &explanation);
    let sourced = access_of(&driver.tokens(0, 0, "patient/ExplanationOfBenefit.read patient/Provenance.read", &[]));
    driver.fhir("GET", "ExplanationOfBenefit?_revinclude=Provenance:target", &sourced);
    driver.ask(Door::Fhir, "GET", "/fhir/r4/metadata", &[], "");
    let page = driver.fhir("GET", "ExplanationOfBenefit?_count=1", &second);
    let next = page["link"][1]["url"].as_str().unwrap_or("none").to_owned();
    let query = next.split_once('?').map_or("", |(_, query)| query).to_owned();
    for token in [&first, &second] {
        let credentials = format!("Bearer {token}");
        driver.ask(Door::Fhir, "GET", &format!("/fhir/r4?{query}"), &[("authorization", &credentials)], "");
    }
    let batch = json!({"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "GET", "url": "Patient/carinbb-member-2"}}, {"request": {"method": "GET", "url": "Coverage"}}]});
    let credentials = format!("Bearer {first}");
    let headers =
        [("authorization", credentials.as_str()), ("content-type", "application/fhir+json"), ("origin", "https://app.example")];
    driver.ask(Door::Fhir, "POST", "/fhir/r4", &headers, &batch.to_string());
    driver.ask(Door::Fhir, "GET", &format!("/fhir/r4/Patient?access_token={first}"), &[], "");
    driver.fhir("PUT", "Patient/carinbb-member-1", &first);
    for odd in
        ["Patient/nobody-has-this-id", "ExplanationOfBenefit?_lastUpdated=never", "ExplanationOfBenefit?identifier=o%27brien"]
    {
        driver.fhir("GET", odd, &first);
    }
    driver.fhir("GET", "Patient", &first[..first.len().min(16)]);
    driver.wait(3601);
    driver.fhir("GET", "Patient", &first);
}

fn of_launches() -> impl Iterator<Item = &'static Fault> {
    faults().iter().filter(|fault| GROUPS.contains(&fault.group))
}

#[test]
fn every_fault_of_launches_changes_what_an_app_sees() {
    let honest = transcript(Options::default()).log;
    assert_eq!(honest, transcript(Options::default()).log, "the honest server does alike each time");
    let mut idle = Vec::new();
    for fault in of_launches() {
        let smart_version = fault.smart.map(str::to_owned);
        let honest = match &smart_version {
            Some(_) => &transcript(Options { smart_version: smart_version.clone(), ..Options::default() }).log,
            None => &honest,
        };
        if *honest == transcript(Options { smart_version, ..options(&[fault.name]) }).log {
            idle.push(fault.name);
        }
    }
    assert!(idle.is_empty(), "these change nothing: {idle:?}");
}

#[test]
fn every_fault_of_launches_is_asked_about_by_an_honest_server_that_is_used() {
    // SMART 1 lets more be left out than all versions together
    let versions = [None, Some("1.0.0".to_owned())];
    let drivers = versions.map(|smart_version| transcript(Options { smart_version, ..Options::default() }));
    let asked: Vec<_> = drivers.iter().flat_map(|driver| driver.site.faults.asked()).collect();
    let untouched: Vec<&str> =
        of_launches().map(|fault| fault.name).filter(|name| !asked.iter().any(|asked| asked.as_str() == *name)).collect();
    assert!(untouched.is_empty(), "never asked about: {untouched:?}");
}

#[test]
fn a_one_time_code_lets_a_member_in_once_per_window() {
    let mut driver = Driver::new(Options { login: LoginVariant::Totp, ..Options::default() });
    let enters = |driver: &mut Driver| driver.launch(0, 0, "openid patient/Patient.read", &[]).is_some();
    assert!(enters(&mut driver));
    assert!(!enters(&mut driver), "the same window counts once");
    driver.wait(30);
    assert!(enters(&mut driver));
}

#[test]
fn a_page_that_a_script_makes_has_no_form_without_it() {
    let mut driver = Driver::new(Options { login: LoginVariant::JavaScript, ..Options::default() });
    driver.launch(0, 0, "openid patient/Patient.read", &[]);
    let page = driver.log.last().unwrap();
    assert!(
        page.starts_with("GET /login -> 200") && page.contains("<script>") && !page.contains("<form id=\"login\" method"),
        "{page}"
    );
}

#[test]
fn forms_that_belong_to_no_request_get_no_further() {
    let mut driver = Driver::new(Options::default());
    let account = driver.site.accounts[0].clone();
    let body = pairs(&[
        ("transaction", "unknown"),
        ("csrf", "unknown"),
        ("username", account.username.expose()),
        ("password", account.password.expose()),
        ("decision", "approve"),
    ]);
    for path in ["/login", "/login/password", "/login/code", "/consent", "/saml/acs"] {
        assert_eq!(driver.post(path, &[], &body).status, 400, "{path}");
    }
}

#[test]
fn a_token_shows_only_its_own_member_whichever_way_it_is_asked() {
    let mut driver = Driver::new(Options::default());
    let token = access_of(&driver.tokens(0, 0, FULL, &[]));
    for path in [
        "Patient?_id=carinbb-member-2",
        "Coverage?beneficiary=Patient/carinbb-member-2",
        "ExplanationOfBenefit?_id=carinbb-eob-2&_include=*",
        "Organization?_revinclude=Coverage:payor",
        "Patient?_has:Coverage:beneficiary:_id=carinbb-coverage-2",
        "Coverage?beneficiary:Patient.identifier=SYN-0002",
        "Patient?_revinclude=*",
    ] {
        let bundle = driver.fhir("GET", path, &token);
        assert_eq!(bundle["type"], "searchset", "{path}");
        let foreign = bundle["entry"].to_string();
        assert!(
            ["member-2", "member-3", "member-4", "coverage-2", "eob-2"].iter().all(|id| !foreign.contains(id)),
            "{path}: {foreign}"
        );
    }
    let included = driver.fhir("GET", "Coverage?_include=Coverage:beneficiary&_include=Coverage:payor", &token);
    assert_eq!(included["entry"].as_array().map(Vec::len), Some(3), "{included}");
}

#[test]
fn a_member_who_agreed_before_is_asked_again_only_when_the_app_wants_it() {
    let mut driver = Driver::new(Options::default());
    let scope = "openid patient/Patient.read";
    let outcome = |driver: &mut Driver, prompt| driver.decide(0, 0, scope, &[("prompt", prompt)], "deny").unwrap();
    assert_eq!(field(&outcome(&mut driver, None), "error").as_deref(), Some("access_denied"));
    assert!(driver.launch(0, 0, scope, &[]).is_some_and(|back| field(&back, "code").is_some()));
    assert!(field(&outcome(&mut driver, None), "code").is_some(), "nobody asked the member");
    assert_eq!(field(&outcome(&mut driver, Some("consent")), "error").as_deref(), Some("access_denied"));
}
