//! What a token brings: members' data, the ID token, UserInfo.

use super::oauth::{context_of, with_code};
use super::*;
use crate::crypto::{raw, sign_with_pem, strangers_pem};
use crate::vocabulary::Secret;

fn bundle(resources: &[Value], next: Option<&str>) -> Value {
    let entries: Vec<Value> = resources.iter().map(|resource| json!({ "resource": resource })).collect();
    let mut bundle = json!({ "resourceType": "Bundle", "type": "searchset", "total": resources.len(), "entry": entries });
    let own = json!({ "relation": "self", "url": "https://p.example/Coverage?patient=Patient/p2" });
    let next = next.map(|next| json!({ "relation": "next", "url": next }));
    bundle["link"] = std::iter::once(own).chain(next).collect();
    bundle
}

fn coverage(id: &str, patient: &str) -> Value {
    json!({
        "resourceType": "Coverage", "id": id, "subscriberId": "MEMBER-NUMBER-77",
        "beneficiary": { "reference": format!("Patient/{patient}") },
        "payor": [{ "reference": "Organization/payer" }],
    })
}

/// A context in which the first member's token is known, and its handle.
async fn with_token(rest: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> (Context, Server, String) {
    let (context, server) = context_of(with_code, rest).await;
    let handle = context.vault.keep(Secret::new("access_token", "access-token-0123456789"));
    context.vault.bind(&handle, Secret::new("patient", "p1"));
    (context, server, handle)
}

#[tokio::test]
async fn a_token_reads_data_whose_values_are_never_facts() {
    let (context, server, token) = with_token(|_| Reply::json(200, &bundle(&[coverage("c1", "p1")], None))).await;
    let seen = facts(&context, "fhir.search", json!({ "type": "Coverage", "token": token })).await;
    assert_eq!(
        (&seen["data"], &seen["patient_count"], &seen["other_members"], &seen["stranger_patients"]),
        (&json!(1), &json!(1), &json!(0), &json!(0))
    );
    assert_eq!((&seen["total"], &seen["kinds"], &seen["pages_read"]), (&json!(1), &json!({ "Coverage": 1 }), &json!(1)));
    assert!(!seen.to_string().contains("MEMBER-NUMBER"), "{seen}");
    let organization = seen["references"]["Organization"][0].as_str().unwrap().to_owned();
    facts(&context, "fhir.read", json!({ "type": "Organization", "id": organization, "token": token })).await;
    let last = server.seen().pop().unwrap();
    assert_eq!(last.path, "/r4/Organization/payer");
    assert!(last.head.contains("authorization: bearer access-token-0123456789"));
    assert_eq!(
        server.seen().iter().filter(|seen| seen.path.contains("Canary")).count(),
        0,
        "a control with a token needs no canary"
    );
}

#[tokio::test]
async fn trap_59_the_unrelated_members_data_is_counted_and_what_only_repeats_the_question_is_not() {
    let own = coverage("c1", "p1");
    for (name, body, others, strangers) in [
        ("own", bundle(std::slice::from_ref(&own), None), 0, 0),
        ("by id", coverage("c2", "p2"), 2, 1),
        ("by reference", bundle(&[own.clone(), coverage("c9", "p2")], None), 1, 1),
        ("dependant", bundle(&[coverage("c3", "p3")], None), 0, 0),
        ("unknown patient", bundle(&[coverage("c4", "p4")], None), 0, 1),
        ("shared organization", json!({ "resourceType": "Organization", "id": "payer" }), 0, 0),
        ("contained", json!({ "resourceType": "Basic", "contained": [coverage("c2", "p1")] }), 1, 0),
        (
            "an outcome that repeats the id",
            json!({ "resourceType": "OperationOutcome", "issue": [{ "code": "not-found", "diagnostics": "Patient/p2 is not known" }] }),
            0,
            0,
        ),
    ] {
        let (context, _, token) = with_token(move |_| Reply::json(200, &body)).await;
        let seen = facts(&context, "fhir.search", json!({ "type": "Coverage", "token": token })).await;
        assert_eq!((&seen["other_members"], &seen["stranger_patients"]), (&json!(others), &json!(strangers)), "{name}: {seen}");
    }
    let xml = "<Coverage xmlns=\"http://hl7.org/fhir\"><beneficiary><reference value=\"Patient/p2\"/></beneficiary></Coverage>";
    let (context, _, token) = with_token(move |_| Reply::new(200).with("content-type", "application/fhir+xml").body(xml)).await;
    assert_eq!(facts(&context, "fhir.search", json!({ "type": "Coverage", "token": token })).await["other_members"], 1, "XML");
}

#[tokio::test]
async fn a_crowd_of_strangers_does_not_hide_a_patient_whom_the_run_knows() {
    let crowd: Vec<Value> = (0..60).map(|number| coverage(&format!("a{number:02}"), &format!("m{number:02}"))).collect();
    let crowd = [crowd, vec![coverage("z9", "z-other")]].concat();
    let (context, _, token) = with_token(move |_| Reply::json(200, &bundle(&crowd, None))).await;
    let (them, theirs) = (context.vault.keep_value("patient", "z-other"), context.vault.keep_value("id", "z9"));
    let seen = facts(&context, "fhir.search", json!({ "type": "Coverage", "token": token })).await;
    let has = |list: &Value, handle: &str| list.as_array().unwrap().iter().any(|own| own == handle);
    assert!(has(&seen["patients"], &them) && has(&seen["ids"]["Coverage"], &theirs));
    assert_eq!((seen["patients"].as_array().unwrap().len(), &seen["stranger_patients"]), (51, &json!(61)));
}

#[tokio::test]
async fn what_is_contained_or_lies_elsewhere_is_no_resource_of_this_base() {
    let claim = json!({
        "resourceType": "ExplanationOfBenefit", "id": "e1", "patient": { "reference": "Patient/p1" },
        "provider": { "reference": "https://directory.example/fhir/Organization/far" },
        "insurer": { "reference": "Organization/near" },
        "contained": [{ "resourceType": "Organization", "id": "in" }, { "resourceType": "Patient", "id": "in-patient" }],
    });
    let (context, _, token) = with_token(move |_| Reply::json(200, &bundle(std::slice::from_ref(&claim), None))).await;
    let seen = facts(&context, "fhir.search", json!({ "type": "ExplanationOfBenefit", "token": token })).await;
    assert_eq!(seen["data_types"], json!(["ExplanationOfBenefit", "Organization", "Patient"]));
    assert_eq!(
        (&seen["entry_types"], &seen["guarded_types"]),
        (&json!(["ExplanationOfBenefit"]), &json!(["ExplanationOfBenefit"]))
    );
    assert_eq!((seen["references"]["Organization"].as_array().unwrap().len(), &seen["ids"]["Organization"]), (1, &Value::Null));
    assert_eq!((&seen["kinds"], &seen["stranger_patients"]), (&json!({ "ExplanationOfBenefit": 1 }), &json!(0)));
}

#[tokio::test]
async fn trap_60_a_type_that_the_target_file_names_public_is_not_guarded() {
    let organization = json!({ "resourceType": "Organization", "id": "o1" });
    let body = bundle(&[coverage("c1", "p1"), organization], None);
    let (mut context, _, token) = with_token(move |_| Reply::json(200, &body)).await;
    let public = crate::target::Target { public_types: vec!["Organization".into()], ..(*context.target).clone() };
    context.target = std::sync::Arc::new(public);
    let seen = facts(&context, "fhir.search", json!({ "type": "Coverage", "token": token })).await;
    assert_eq!((&seen["entry_types"], &seen["guarded_types"]), (&json!(["Coverage", "Organization"]), &json!(["Coverage"])));
}

#[tokio::test]
async fn trap_65_an_error_is_asked_again_twice_and_the_last_answer_counts() {
    for (name, statuses, sent, errors, status) in [
        ("three times", vec![500, 501, 500], 3, 3, 500),
        ("an accident", vec![500, 200], 2, 0, 200),
        ("then trouble of another kind", vec![500, 500, 418], 3, 0, 418),
        ("none", vec![200], 1, 0, 200),
    ] {
        let turn = std::sync::atomic::AtomicUsize::new(0);
        let (context, server, token) = with_token(move |_| {
            let at = turn.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Reply::json(statuses.get(at).copied().unwrap_or(200), &coverage("c1", "p1"))
        })
        .await;
        let seen = facts(&context, "fhir.read", json!({ "type": "Coverage", "id": "c1", "token": token, "again": 2 })).await;
        assert_eq!(
            (&seen["server_errors"], &seen["status"], server.count("/r4/Coverage/c1")),
            (&json!(errors), &json!(status), sent),
            "{name}"
        );
    }
}

#[tokio::test]
async fn h34_pages_are_followed_below_the_base_only_and_a_token_goes_nowhere_else() {
    let (context, server, token) = with_token(|seen| match seen.path.as_str() {
        "/r4/Coverage?_count=1" => Reply::json(200, &bundle(&[coverage("c1", "p1")], Some("?page=2"))),
        "/r4/Coverage?page=2" => Reply::json(200, &bundle(&[coverage("c2", "p2")], Some("../elsewhere/Coverage?page=3"))),
        _ => outcome(404, "not-found"),
    })
    .await;
    let with = json!({ "type": "Coverage", "parameters": { "_count": "1" }, "token": token, "follow": 5 });
    let seen = facts(&context, "fhir.search", with).await;
    assert_eq!((&seen["pages_read"], &seen["data"], &seen["other_members"]), (&json!(2), &json!(2), &json!(2)));
    assert_eq!((&seen["next_link_same_origin"], server.count("/elsewhere/Coverage?page=3")), (&json!(true), 0));
    let page = facts(&context, "fhir.search", json!({ "type": seen["next"], "token": token })).await;
    assert_eq!((&page["data"], server.count("/r4/Coverage?page=2")), (&json!(1), 2));
}

#[tokio::test]
async fn an_altered_token_and_one_in_the_query_are_sent_as_they_are_meant() {
    let (context, server, token) = with_token(|_| outcome(401, "login").with("www-authenticate", "Bearer")).await;
    for (more, head, path) in [
        (json!({ "alter": "truncated" }), "authorization: bearer access-token-01\r", "/r4/Patient/p1"),
        (json!({ "token_in": "query" }), "", "/r4/Patient/p1?access_token=access-token-0123456789"),
    ] {
        let mut with = json!({ "type": "Patient", "id": "p1", "token": token });
        with.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        let seen = facts(&context, "fhir.read", with).await;
        assert_eq!((&seen["refused"], &seen["settled"]), (&json!(true), &json!(true)));
        let last = server.seen().pop().unwrap();
        assert_eq!(last.path, path);
        assert!(format!("{}\r", last.head).contains(head), "{}", last.head);
        assert_eq!(last.head.contains("authorization"), !head.is_empty());
    }
    assert_eq!(
        cause(&context, "fhir.read", json!({ "type": "Patient", "id": "p1", "token": "‹access_token #000000›" })).await,
        "input"
    );
}

#[tokio::test]
async fn a_batch_asks_for_each_and_a_create_sends_no_valid_resource() {
    let (context, server, token) = with_token(|seen| match seen.method.as_str() {
        "POST" if seen.path == "/r4" => Reply::json(200, &bundle(&[coverage("c2", "p2")], None)),
        _ => outcome(403, "forbidden"),
    })
    .await;
    let id = context.vault.keep_value("id", "c2");
    let seen = facts(&context, "fhir.batch", json!({ "requests": [format!("Coverage/{id}"), "Patient"], "token": token })).await;
    assert_eq!(seen["other_members"], 2);
    let body: Value = serde_json::from_str(&server.seen().iter().rfind(|seen| seen.method == "POST").unwrap().body).unwrap();
    assert_eq!(body["entry"][0]["request"], json!({ "method": "GET", "url": "Coverage/c2" }));
    let created = facts(&context, "fhir.create", json!({ "type": "Coverage", "token": token })).await;
    assert_eq!((&created["refused"], &created["status"]), (&json!(true), &json!(403)));
    let last = server.seen().pop().unwrap();
    assert!(last.path == "/r4/Coverage" && serde_json::from_str::<Value>(&last.body).unwrap()["id"].is_array());
    assert!(last.head.contains("content-type: application/fhir+json"));
}

/// An ID token of the little server, its issuer below which nothing is published but the keys.
fn id_token(claims: &Value, header: &Value) -> String {
    let pem = strangers_pem("RS256").unwrap();
    raw(&header.to_string(), &claims.to_string(), |text| match header["alg"].as_str() {
        Some("none") => Ok(Vec::new()),
        _ => sign_with_pem("RS256", &pem, text),
    })
    .unwrap()
}

fn key_set(kid: &str) -> Value {
    let pem = strangers_pem("RS256").unwrap();
    let mut key = josekit::jwk::alg::rsa::RsaKeyPair::from_pem(pem.expose()).unwrap().to_jwk_public_key();
    key.set_key_id(kid);
    json!({ "keys": [Value::Object(key.as_ref().clone())] })
}

fn claims(context: &Context) -> Value {
    let now = context.world.clock.now().unix_timestamp();
    json!({
        "iss": "https://as.example", "sub": "member-one", "aud": "app-confidential", "exp": now + 300, "iat": now, "nonce": "n-1",
        "fhirUser": context.target.below("Patient/p1"),
    })
}

#[tokio::test]
async fn an_id_token_is_verified_with_the_published_keys_and_shows_nobody() {
    let (context, server, _) =
        with_token(|seen| if seen.path == "/jwks" { Reply::json(200, &key_set("k")) } else { Reply::new(404) }).await;
    let token = id_token(&claims(&context), &json!({ "alg": "RS256", "kid": "k" }));
    let handle = context.vault.keep(Secret::new("id_token", token.clone()));
    let seen = facts(&context, "openid.id-token", json!({ "id_token": handle, "nonce": "n-1" })).await;
    for name in [
        "well_formed",
        "keys_found",
        "kid_known",
        "signature_valid",
        "aud_matches",
        "azp_ok",
        "exp_in_future",
        "iat_not_in_future",
        "nonce_matches",
    ] {
        assert_eq!(seen[name], true, "{name}: {seen}");
    }
    assert_eq!(
        (&seen["alg"], &seen["fhir_user"]["type"], &seen["fhir_user"]["host_matches"]),
        (&json!("RS256"), &json!("Patient"), &json!(true))
    );
    assert!(seen.get("iss_matches").is_none(), "no issuer is published, so there is nothing to compare with");
    assert!(!seen.to_string().contains("member-one") && !seen.to_string().contains(&token));
    facts(&context, "openid.id-token", json!({ "id_token": handle })).await;
    assert_eq!(server.count("/jwks"), 1, "the keys are fetched once");
    facts(&context, "openid.id-token", json!({ "id_token": handle, "keys": "fresh" })).await;
    assert_eq!(server.count("/jwks"), 2);
}

#[tokio::test]
async fn each_broken_id_token_breaks_the_fact_that_is_meant() {
    let (context, _, _) =
        with_token(|seen| if seen.path == "/jwks" { Reply::json(200, &key_set("k")) } else { Reply::new(404) }).await;
    let right = claims(&context);
    let mut relative = right.clone();
    relative["fhirUser"] = json!("Practitioner/x");
    let mut foreign = right.clone();
    foreign["fhirUser"] = json!("https://elsewhere.example/Patient/p1");
    let header = json!({ "alg": "RS256", "kid": "k" });
    for (token, pointer, expected) in [
        (id_token(&right, &json!({ "alg": "none" })), "/signature_valid", json!(false)),
        (id_token(&right, &json!({ "alg": "RS256", "kid": "old" })), "/kid_known", json!(false)),
        (id_token(&right, &json!({ "alg": "RS256" })), "/kid_present", json!(false)),
        (id_token(&right, &json!({ "alg": "RS256" })), "/signature_valid", json!(true)),
        (format!("{}AAAA", id_token(&right, &header)), "/signature_valid", json!(false)),
        (id_token(&relative, &header), "/fhir_user/relative", json!(true)),
        (id_token(&relative, &header), "/fhir_user/host_matches", json!(true)),
        (id_token(&foreign, &header), "/fhir_user/host_matches", json!(false)),
        ("opaque".to_owned(), "/well_formed", json!(false)),
        ("a.b.c.d.e".to_owned(), "/encrypted", json!(true)),
        (id_token(&json!([]), &header), "/defects", json!(["claims-json"])),
    ] {
        let handle = context.vault.keep(Secret::new("id_token", token.clone()));
        let seen = facts(&context, "openid.id-token", json!({ "id_token": handle })).await;
        assert_eq!(seen.pointer(pointer), Some(&expected), "{pointer} of {token}: {seen}");
    }
}

#[tokio::test]
async fn keys_that_cannot_be_had_leave_the_signature_open() {
    for reply in [Reply::new(404), Reply::new(503), Reply::json(200, &json!({ "jwks": 1 })), Reply::page(200)] {
        let shown = format!("{reply:?}");
        let (context, _, _) = with_token(move |seen| if seen.path == "/jwks" { reply.clone() } else { Reply::new(404) }).await;
        let handle = context.vault.keep(Secret::new("id_token", id_token(&claims(&context), &json!({ "alg": "RS256" }))));
        let seen = facts(&context, "openid.id-token", json!({ "id_token": handle })).await;
        assert_eq!((&seen["keys_found"], seen.get("signature_valid")), (&json!(false), None), "{shown}");
    }
}
