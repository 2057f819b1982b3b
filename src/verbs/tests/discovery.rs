//! The discovery documents: found, missing, redirected, stumbling, hostile.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const SMART: &str = "/r4/.well-known/smart-configuration";
const UDAP: &str = "/r4/.well-known/udap";

#[tokio::test]
async fn trap_27_documents_lie_below_the_base_and_each_is_fetched_once() {
    let server = Server::start(|seen| match seen.path.as_str() {
        SMART => Reply::json(200, &json!({ "capabilities": ["sso-openid-connect"], "token_endpoint": "https://p.example/t" })),
        _ => Reply::new(404),
    })
    .await;
    let context = context_for(&server.base);
    let both =
        futures_util::future::join(facts(&context, "discovery.smart", json!({})), facts(&context, "discovery.smart", json!({})))
            .await;
    assert_eq!(both.0, both.1);
    assert_eq!((both.0["found"].as_bool(), &both.0["capabilities"]), (Some(true), &json!(["sso-openid-connect"])));
    facts(&context, "discovery.agreement", json!({})).await;
    assert_eq!(server.count(SMART), 1);
    let head = &server.seen()[0].head;
    assert!(head.contains("accept: application/json") && !head.contains("authorization") && !head.contains("cookie"), "{head}");
}

#[tokio::test]
async fn an_argument_that_changes_the_request_makes_one_of_its_own() {
    let server = Server::start(|_| Reply::json(200, &json!({}))).await;
    let context = context_for(&server.base);
    facts(&context, "discovery.smart", json!({})).await;
    facts(&context, "discovery.smart", json!({ "origin": "https://app.example" })).await;
    facts(&context, "discovery.capability-statement", json!({ "accept": "application/json" })).await;
    let heads: Vec<String> = server.seen().into_iter().map(|seen| seen.head).collect();
    assert!(heads[1].contains("origin: https://app.example") && !heads[0].contains("origin:"));
    assert!(heads[2].contains("/r4/metadata") && heads[2].contains("accept: application/json"));
}

#[tokio::test]
async fn trap_65_a_stumbling_server_is_asked_three_times() {
    let server = Server::start(|_| Reply::json(500, &json!({ "resourceType": "OperationOutcome" }))).await;
    let context = context_for(&server.base);
    let seen = facts(&context, "discovery.capability-statement", json!({})).await;
    assert_eq!((seen["status"].as_u64(), seen["found"].as_bool()), (Some(500), Some(false)));
    assert_eq!(server.count("/r4/metadata"), 3);
}

#[tokio::test]
async fn trap_65_one_bad_moment_is_flaky_and_no_finding() {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::new(501),
        _ => Reply::json(200, &json!({})),
    })
    .await;
    let observed = run(&context_for(&server.base), "discovery.smart", json!({})).await;
    let Observation::Facts(facts) = &observed.observation else { panic!("{observed:?}") };
    assert!(observed.flaky && facts["found"] == true && observed.evidence.len() == 2, "{observed:?}");
}

#[tokio::test]
async fn trap_58_a_server_that_wants_to_be_left_alone_tells_nothing() {
    for (status, kind) in [(429, "rate-limited"), (503, "unavailable"), (502, "unavailable")] {
        let server = Server::start(move |_| Reply::new(status).with("retry-after", "0")).await;
        assert_eq!(cause(&context_for(&server.base), "discovery.smart", json!({})).await, kind);
    }
}

#[tokio::test]
async fn redirects_within_the_origin_are_followed_three_times() {
    let server = Server::start(|seen| match seen.path.as_str() {
        SMART => Reply::new(302).with("location", "/moved"),
        "/moved" => Reply::json(200, &json!({})),
        UDAP => Reply::new(301).with("location", UDAP),
        _ => Reply::new(404),
    })
    .await;
    let context = context_for(&server.base);
    let smart = facts(&context, "discovery.smart", json!({})).await;
    assert_eq!((smart["found"].as_bool(), smart["redirects"].as_u64()), (Some(true), Some(1)));
    let udap = facts(&context, "discovery.udap", json!({})).await;
    assert_eq!((udap["found"].as_bool(), udap["redirects"].as_u64(), udap["status"].as_u64()), (Some(false), Some(3), Some(301)));
    assert_eq!(server.count(UDAP), 4);
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_told_and_not_followed() {
    let stranger = Server::start(|_| Reply::json(200, &json!({}))).await;
    let elsewhere = stranger.base.to_string();
    let server = Server::start(move |_| Reply::new(302).with("location", &elsewhere)).await;
    let smart = facts(&context_for(&server.base), "discovery.smart", json!({})).await;
    assert_eq!((smart["found"].as_bool(), smart["foreign_redirect"].as_bool()), (Some(false), Some(true)));
    assert!(stranger.seen().is_empty());
}

#[tokio::test]
async fn h36_a_page_for_every_path_is_no_document() {
    let server = Server::start(|_| Reply::page(200)).await;
    let context = context_for(&server.base);
    for verb in ["discovery.smart", "discovery.capability-statement", "discovery.udap"] {
        let seen = facts(&context, verb, json!({})).await;
        assert_eq!((seen["found"].as_bool(), seen["body_kind"].as_str()), (Some(false), Some("html")), "{verb}");
        assert!(seen.get("offered").is_none(), "a page neither offers nor denies UDAP");
    }
    assert_eq!(facts(&context, "discovery.canary", json!({})).await["page"], true);
}

#[tokio::test]
async fn trap_46_only_a_well_formed_absence_says_that_udap_is_not_offered() {
    for (status, offered) in [(404, Some(false)), (410, Some(false)), (204, Some(false)), (401, None), (500, None)] {
        let server = Server::start(move |_| Reply::new(status)).await;
        let udap = facts(&context_for(&server.base), "discovery.udap", json!({})).await;
        assert_eq!(udap.get("offered").and_then(Value::as_bool), offered, "{status}");
    }
    let server = Server::start(|_| Reply::json(200, &json!({ "udap_versions_supported": ["1"] }))).await;
    assert_eq!(facts(&context_for(&server.base), "discovery.udap", json!({})).await["offered"], true);
}

#[tokio::test]
async fn peers_row_17_an_array_is_no_smart_configuration_and_no_panic() {
    let server = Server::start(|_| Reply::json(200, &json!([{ "capabilities": ["x"] }]))).await;
    let smart = facts(&context_for(&server.base), "discovery.smart", json!({})).await;
    assert_eq!((smart["found"].as_bool(), smart["body_kind"].as_str()), (Some(false), Some("json-array")));
    assert_eq!(smart["capabilities"], json!([]));
}

#[tokio::test]
async fn h01_a_document_above_the_limit_is_not_read() {
    let server = Server::start(|_| Reply::new(200).body(&"x".repeat(5 * 1024 * 1024))).await;
    assert_eq!(cause(&context_for(&server.base), "discovery.smart", json!({})).await, "body-too-large");
}

#[tokio::test]
async fn a_dead_host_tells_nothing() {
    let base = Url::parse("http://127.0.0.1:1/r4").unwrap();
    assert_eq!(cause(&context_for(&base), "discovery.smart", json!({})).await, "refused");
    assert_eq!(cause(&context_for(&base), "discovery.openid", json!({})).await, "refused");
    assert_eq!(cause(&context_for(&base), "discovery.agreement", json!({})).await, "refused");
}

#[tokio::test]
async fn trap_28_the_issuer_may_lie_elsewhere_and_its_path_is_kept() {
    let server = Server::start(|seen| match seen.path.as_str() {
        SMART => {
            let host = seen.head.split("host: ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or_default();
            Reply::json(200, &json!({ "issuer": format!("http://{host}/realms/members/"), "jwks_uri": "https://p.example/jwks" }))
        }
        "/realms/members/.well-known/openid-configuration" => {
            Reply::json(200, &json!({ "issuer": "https://other.example", "jwks_uri": "https://p.example/jwks" }))
        }
        "/r4/metadata" => Reply::json(200, &json!({ "resourceType": "CapabilityStatement" })),
        _ => Reply::new(404),
    })
    .await;
    let context = context_for(&server.base);
    let openid = facts(&context, "discovery.openid", json!({})).await;
    assert!(openid["found"] == true && openid["issuer_asked"].as_str().unwrap().ends_with("/realms/members/"), "{openid}");
    let agreement = facts(&context, "discovery.agreement", json!({})).await;
    assert_eq!(agreement["openid_compared"], json!(["issuer", "jwks_uri"]));
    assert_eq!(agreement["openid_disagreements"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn trap_29_without_an_issuer_there_is_no_openid_configuration_to_look_at() {
    for (smart, expected) in [
        (Reply::json(200, &json!({})), "absent:no-issuer"),
        (Reply::json(200, &json!({ "issuer": "" })), "premise"),
        (Reply::json(200, &json!({ "issuer": 7 })), "premise"),
        (Reply::json(200, &json!({ "issuer": "not a URL" })), "premise"),
        (Reply::new(404), "premise"),
    ] {
        let server = Server::start(move |_| smart.clone()).await;
        assert_eq!(cause(&context_for(&server.base), "discovery.openid", json!({})).await, expected);
    }
}

#[tokio::test]
async fn a_bad_certificate_is_one_finding_and_discovery_goes_on_without_trust() {
    let server = Server::start_tls(|_| Reply::json(200, &json!({ "capabilities": [] }))).await;
    let context = context_for(&server.base);
    let observed = run(&context, "discovery.smart", json!({})).await;
    let Observation::Facts(smart) = &observed.observation else { panic!("{observed:?}") };
    assert_eq!((smart["found"].as_bool(), smart["tls"]["trusted"].as_bool()), (Some(true), Some(false)));
    assert_eq!(observed.evidence.len(), 2, "the failure and the answer");
    facts(&context, "discovery.udap", json!({})).await;
    assert_eq!(context.world.http.requests(), 3, "what is known of the certificate is not asked again");
}
