//! Who reads what: the token, nobody, a stranger, and the faults that blur these.

use serde_json::Value;

use super::client::{client, get, header, server_with};
use crate::reference::Running;

async fn call(server: &Running, path: &str, token: Option<&str>) -> (u16, Option<String>, Value) {
    let request = client(server).get(format!("{}/{path}", server.base()));
    let request = match token {
        Some(token) => request.header("authorization", format!("Bearer {token}")),
        None => request,
    };
    let response = request.send().await.unwrap();
    let (status, challenge) = (response.status().as_u16(), header(&response, "www-authenticate").map(str::to_owned));
    (status, challenge, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

#[tokio::test]
async fn the_token_reads_the_first_member_and_nobody_else_reads_anything() {
    let server = server_with(&[]).await;
    let token = server.access_token();
    let patient = format!("Patient/{}", server.member_patient_id());
    for kind in ["Patient", "Coverage", "ExplanationOfBenefit", "Organization", "Practitioner", "RelatedPerson"] {
        let (status, _, bundle) = call(&server, kind, Some(token.expose())).await;
        let total = if kind == "ExplanationOfBenefit" { 2 } else { 1 };
        assert_eq!((status, &bundle["type"], &bundle["total"]), (200, &"searchset".into(), &total.into()), "{kind}");
        let id = bundle["entry"][0]["resource"]["id"].as_str().unwrap();
        let (status, _, resource) = call(&server, &format!("{kind}/{id}"), Some(token.expose())).await;
        assert_eq!((status, &resource["resourceType"]), (200, &kind.into()));
        let (status, challenge, refusal) = call(&server, kind, None).await;
        assert_eq!((status, &refusal["issue"][0]["code"]), (401, &"login".into()), "{kind}");
        assert!(challenge.is_some_and(|challenge| challenge.starts_with("Bearer") && !challenge.contains("error")));
        let (status, challenge, _) = call(&server, &format!("{kind}/{id}"), Some("garbage")).await;
        assert_eq!(status, 401, "{kind}");
        assert!(challenge.is_some_and(|challenge| challenge.contains("error=\"invalid_token\"")));
    }
    let (status, _, _) = call(&server, "Patient/carinbb-member-2", Some(token.expose())).await;
    assert_eq!(status, 404);
    let (_, _, none) = call(&server, "ExplanationOfBenefit?patient=carinbb-member-2", Some(token.expose())).await;
    assert_eq!(none["total"], 0);
    let (_, _, own) = call(&server, &format!("ExplanationOfBenefit?patient={patient}"), Some(token.expose())).await;
    assert_eq!(own["total"], 2);
}

#[tokio::test]
async fn what_does_not_exist_is_404_for_everybody_without_a_challenge() {
    let server = server_with(&[]).await;
    for path in ["Unicorn", "Unicorn/1", "Patient/1/extra", "nothing/here/at/all", ".well-known/nothing"] {
        let (status, challenge, outcome) = call(&server, path, None).await;
        assert_eq!((status, challenge, &outcome["issue"][0]["code"]), (404, None, &"not-found".into()), "{path}");
    }
    let elsewhere = client(&server).get(server.base().join("/elsewhere").unwrap()).send().await.unwrap();
    assert_eq!(elsewhere.status(), 404);
}

#[tokio::test]
async fn an_open_type_is_open_without_a_token_and_the_others_stay_shut() {
    let server = server_with(&["open-coverage", "garbage-token-accepted-patient"]).await;
    assert_eq!(call(&server, "Coverage", None).await.0, 200);
    assert_eq!(call(&server, "Coverage", Some("garbage")).await.0, 401);
    assert_eq!(call(&server, "Patient", None).await.0, 401);
    assert_eq!(call(&server, "Patient", Some("garbage")).await.0, 200);
}

#[tokio::test]
async fn credentials_of_another_scheme_are_no_token_and_get_the_plain_challenge() {
    let server = server_with(&["garbage-token-accepted-patient"]).await;
    for credentials in ["Basic dXNlcjpwYXNz", "Digest username=\"a\"", "garbage"] {
        let request = client(&server).get(format!("{}/Patient", server.base())).header("authorization", credentials);
        let response = request.send().await.unwrap();
        let told = (response.status().as_u16(), header(&response, "www-authenticate"));
        assert_eq!(told, (401, Some("Bearer realm=\"fhir\"")), "{credentials}");
    }
}

#[tokio::test]
async fn odd_refusals_meet_nobody_and_strangers_alike() {
    for (fault, status) in [("unauthorized-empty-bundle", 200), ("unauthorized-400", 400)] {
        let server = server_with(&[fault]).await;
        let (nobody, challenge, _) = call(&server, "Patient", None).await;
        assert!(nobody == status && challenge.is_none_or(|challenge| !challenge.contains("error")), "{fault}");
        let (stranger, challenge, _) = call(&server, "Patient", Some("garbage")).await;
        assert!(stranger == status && challenge.is_none_or(|challenge| challenge.contains("error")), "{fault}");
        assert_eq!(call(&server, "Patient", Some(server.access_token().expose())).await.0, 200, "{fault}");
    }
}

#[tokio::test]
async fn refusals_take_the_shape_of_their_fault() {
    for (fault, status) in [
        ("unauthorized-empty-bundle", 200),
        ("unauthorized-redirects-to-login", 302),
        ("unauthorized-400", 400),
        ("unauthorized-403", 403),
        ("unauthorized-404", 404),
        ("unauthorized-500", 500),
        ("unauthorized-429", 429),
        ("unauthorized-503", 503),
        ("unauthorized-block-page", 403),
    ] {
        let server = server_with(&[fault]).await;
        assert_eq!(call(&server, "Patient", None).await.0, status, "{fault}");
        assert_eq!(get(&server, "metadata").await.status(), 200, "{fault}");
    }
    let server = server_with(&["unauthorized-same-as-unknown"]).await;
    assert_eq!(call(&server, "Patient", None).await, call(&server, "Unicorn", None).await);
    let server = server_with(&["refusal-carries-data"]).await;
    assert_eq!(call(&server, "Coverage", None).await.2["resourceType"], "Patient");
}
