//! What real servers do around a login that must not stop a run: one test for each situation, by its name.

use serde_json::{Value, json};

use super::oauth::{context_of, with_code};
use super::server::Reply;
use super::{facts, outcome};
use crate::verbs::Arrival;
use crate::verbs::Authorization;

fn scopes() -> Value {
    json!({ "scopes": ["launch/patient", "offline_access", "patient/Patient.read"] })
}

fn token(more: &Value) -> Reply {
    let mut body = json!({ "access_token": "an-access-token-0123", "token_type": "Bearer", "expires_in": 300, "scope": "launch/patient patient/Patient.read" });
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    Reply::json(200, &body)
}

#[tokio::test]
async fn survives_an_authorization_error_as_json_400_instead_of_a_redirect() {
    let refuse = |_: &Authorization| Arrival::ErrorAnswer {
        status: 400,
        title: None,
        json: Some(json!({ "error": "invalid_scope", "error_description": "no" })),
    };
    let (context, _server) = context_of(refuse, |_| token(&json!({}))).await;
    let seen = facts(&context, "oauth.authorize", scopes()).await;
    assert_eq!(
        (&seen["arrived"], &seen["refused"], &seen["error"]),
        (&json!("error-answer"), &json!(true), &json!("invalid_scope"))
    );
}

#[tokio::test]
async fn survives_extra_parameters_in_the_redirect() {
    let more = |request: &Authorization| match with_code(request) {
        Arrival::Redirected(mut url) => {
            url.query_pairs_mut().append_pair("iss", "https://as.example").append_pair("session_state", "1");
            url.set_fragment(Some("_=_"));
            Arrival::Redirected(url)
        }
        other => other,
    };
    let (context, _server) = context_of(more, |_| token(&json!({}))).await;
    let seen = facts(&context, "oauth.authorize", scopes()).await;
    assert_eq!(
        (&seen["issued"], &seen["state_echoed"], &seen["redirected_to_registered"]),
        (&json!(true), &json!(true), &json!(true))
    );
}

#[tokio::test]
async fn survives_a_refresh_token_although_offline_access_is_missing_from_the_granted_scope() {
    let (context, server) = context_of(with_code, |_| token(&json!({ "refresh_token": "a-refresh-token-0123" }))).await;
    let seen = facts(&context, "oauth.token", json!({ "code": "x" })).await;
    assert!(!seen["token"]["granted"].as_array().unwrap().contains(&json!("offline_access")));
    let handle = seen["token"]["refresh_token"].clone();
    assert!(handle.is_string());
    let again = facts(&context, "oauth.refresh", json!({ "refresh_token": handle })).await;
    assert_eq!(again["issued"], true);
    assert!(server.seen().last().unwrap().body.contains("a-refresh-token-0123"));
}

#[tokio::test]
async fn survives_negative_and_opaque_patient_ids() {
    for id in ["-20140000010000", "e7Xk.Q-9", "00000000-0000-4000-8000-000000000001"] {
        let patient = json!({ "resourceType": "Patient", "id": id });
        let (context, server) = context_of(with_code, move |seen| {
            if seen.path.ends_with("/token") { token(&json!({ "patient": id })) } else { Reply::json(200, &patient) }
        })
        .await;
        let seen = facts(&context, "oauth.token", json!({ "code": "x" })).await;
        let with = json!({ "type": "Patient", "id": seen["token"]["patient"], "token": seen["token"]["access_token"] });
        let read = facts(&context, "fhir.read", with).await;
        assert_eq!(read["served"], true, "{id}: {read}");
        assert_eq!(server.seen().last().unwrap().path, format!("/r4/Patient/{id}"));
        assert!(!read.to_string().contains(id), "{read}");
    }
}

#[tokio::test]
async fn survives_grant_errors_with_401() {
    let (context, _server) = context_of(with_code, |_| Reply::json(401, &json!({ "error": "invalid_grant" }))).await;
    let seen = facts(&context, "oauth.token", json!({ "code": "x" })).await;
    assert_eq!((&seen["issued"], &seen["refused"], &seen["oauth_error"]), (&json!(false), &json!(true), &json!("invalid_grant")));
}

#[tokio::test]
async fn survives_a_server_that_refuses_requests_with_an_origin_header() {
    let (context, server) = context_of(with_code, |seen| {
        if seen.head.to_lowercase().contains("\norigin:") { outcome(403, "forbidden") } else { token(&json!({})) }
    })
    .await;
    let seen = facts(&context, "oauth.token", json!({ "code": "x" })).await;
    assert_eq!(seen["issued"], true);
    assert!(server.seen().iter().all(|seen| !seen.head.to_lowercase().contains("origin:")));
}

#[tokio::test]
async fn survives_a_whole_request_that_is_refused_because_of_one_scope_and_names_what_was_not_asked() {
    let picky = |request: &Authorization| {
        let scope = request.url.query_pairs().find(|(name, _)| name == "scope").map(|(_, value)| value.into_owned());
        if scope.is_some_and(|scope| scope.contains("offline_access")) {
            let mut url = request.redirect_uri.clone();
            url.set_query(Some("error=invalid_scope"));
            return Arrival::Redirected(url);
        }
        with_code(request)
    };
    let (mut context, _server) = context_of(picky, |_| token(&json!({}))).await;
    let seen = facts(&context, "oauth.authorize", scopes()).await;
    assert_eq!((&seen["issued"], &seen["error"]), (&json!(false), &json!("invalid_scope")));
    let mut launch = (*context.launch).clone();
    launch.scopes = Some(vec!["launch/patient".into(), "patient/Patient.read".into()]);
    context.launch = std::sync::Arc::new(launch);
    let seen = facts(&context, "oauth.authorize", scopes()).await;
    assert_eq!((&seen["issued"], &seen["left_out"]), (&json!(true), &json!(["offline_access"])));
}
