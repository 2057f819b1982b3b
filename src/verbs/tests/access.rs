//! Asking for data without a right to it.

use super::*;

async fn search(rest: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Value {
    let server = Server::start(with_metadata(rest)).await;
    facts(&context_for(&server.base), "fhir.search", json!({ "type": "Patient" })).await
}

/// Answers for types, and for anything else (the canary) as a FHIR server does.
fn for_patient(reply: Reply) -> impl Fn(&Seen) -> Reply {
    move |seen| if seen.path.starts_with("/r4/Patient") { reply.clone() } else { outcome(404, "not-found") }
}

#[tokio::test]
async fn trap_21_a_refusal_with_a_challenge_counts() {
    let seen =
        search(for_patient(outcome(401, "login").with("www-authenticate", "Bearer realm=\"x\", error=\"invalid_token\""))).await;
    assert_eq!((seen["refused"].as_bool(), seen["settled"].as_bool(), seen["data"].as_u64()), (Some(true), Some(true), Some(0)));
    assert_eq!(seen["challenge"], json!({ "present": true, "scheme": "bearer", "error": "invalid_token" }));
    assert!(seen["differs_from_canary"] == true && seen["operation_outcome"] == true && seen.get("why_not_settled").is_none());
}

#[tokio::test]
async fn trap_21_a_refusal_that_any_path_gets_does_not_count() {
    let seen = search(|_| outcome(403, "forbidden")).await;
    assert_eq!((seen["refused"].as_bool(), seen["settled"].as_bool()), (Some(false), Some(false)));
    assert!(seen["why_not_settled"].as_str().unwrap().contains("cannot exist"), "{seen}");
}

#[tokio::test]
async fn trap_22_data_in_a_refusal_is_data() {
    let body = json!({ "resourceType": "Bundle", "entry": [{ "resource": { "resourceType": "Coverage", "id": "1" } }] });
    let seen = search(for_patient(Reply::json(403, &body))).await;
    assert_eq!(
        (seen["data"].as_u64(), &seen["data_types"], seen["settled"].as_bool()),
        (Some(1), &json!(["Coverage"]), Some(true))
    );
}

#[tokio::test]
async fn trap_21_an_empty_bundle_is_served() {
    let seen = search(for_patient(Reply::json(200, &json!({ "resourceType": "Bundle", "total": 0 })))).await;
    assert_eq!((seen["served"].as_bool(), seen["refused"].as_bool(), seen["data"].as_u64()), (Some(true), Some(false), Some(0)));
}

#[tokio::test]
async fn trap_58_a_block_page_is_no_refusal() {
    let server = Server::start(with_metadata(|_| Reply::page(403))).await;
    assert_eq!(cause(&context_for(&server.base), "fhir.search", json!({ "type": "Patient" })).await, "block-page");
    let limited = Server::start(with_metadata(|_| Reply::new(429).with("retry-after", "0"))).await;
    assert_eq!(cause(&context_for(&limited.base), "fhir.read", json!({ "type": "Patient", "id": "1" })).await, "rate-limited");
}

#[tokio::test]
async fn h37_servers_that_answer_everything_alike_prove_nothing() {
    for status in [200, 400, 401, 403, 404, 500] {
        let server = Server::start(move |_| if status == 200 { Reply::page(200) } else { outcome(status, "processing") }).await;
        let seen = facts(&context_for(&server.base), "fhir.search", json!({ "type": "Patient" })).await;
        assert_eq!((seen["refused"].as_bool(), seen["settled"].as_bool()), (Some(false), Some(false)), "{status}: {seen}");
    }
}

#[tokio::test]
async fn a_wrong_base_refuses_nothing() {
    let server = Server::start(|_| outcome(401, "login").with("www-authenticate", "Bearer")).await;
    let seen = facts(&context_for(&server.base), "fhir.search", json!({ "type": "Patient" })).await;
    assert_eq!((seen["refused"].as_bool(), seen["settled"].as_bool()), (Some(false), Some(false)));
    assert!(seen["why_not_settled"].as_str().unwrap().contains("/metadata"), "{seen}");
}

#[tokio::test]
async fn tokens_types_ids_and_parameters_go_where_they_belong() {
    let server = Server::start(with_metadata(|_| outcome(404, "not-found"))).await;
    let context = context_for(&server.base);
    let parameters = json!({ "patient": "a b&c=d" });
    facts(&context, "fhir.search", json!({ "type": "../admin", "parameters": parameters, "token": "made-up" })).await;
    facts(&context, "fhir.read", json!({ "type": "Patient", "id": "x/../y?z" })).await;
    let seen = server.seen();
    assert_eq!(seen[0].path, "/r4/..%2Fadmin?patient=a+b%26c%3Dd");
    assert!(seen[0].head.contains("authorization: bearer made-up"));
    assert!(seen.iter().any(|seen| seen.path == "/r4/Patient/x%2F..%2Fy%3Fz"), "{seen:?}");
    assert_eq!(
        seen.iter().filter(|seen| seen.path.starts_with("/r4/Canary")).count(),
        3,
        "the canary is asked three times in all"
    );
    assert!(seen.iter().filter(|seen| !seen.path.contains("admin")).all(|seen| !seen.head.contains("authorization")));
}
