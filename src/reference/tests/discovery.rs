//! The documents: what the honest ones say, and that their faults show on the wire.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::{builder, client, get, get_json, header, options, server_with};
use crate::reference::{Options, StartError, start};

const SMART: &str = ".well-known/smart-configuration";

#[tokio::test]
async fn the_honest_documents_agree_with_each_other() {
    let server = server_with(&[]).await;
    let smart = get_json(&server, SMART).await;
    assert_eq!(smart["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(smart["scopes_supported"].as_array().unwrap().len(), 14);
    assert_eq!(smart["capabilities"].as_array().unwrap().len(), 12);
    let issuer = smart["issuer"].as_str().unwrap();
    let openid = client(&server).get(format!("{issuer}/.well-known/openid-configuration")).send().await.unwrap();
    let openid: Value = serde_json::from_slice(&openid.bytes().await.unwrap()).unwrap();
    for member in ["issuer", "jwks_uri", "authorization_endpoint", "token_endpoint"] {
        assert_eq!(openid[member], smart[member], "{member}");
        assert!(smart[member].as_str().unwrap().starts_with(server.authorization_origin().as_str().trim_end_matches('/')));
    }
    let metadata = get_json(&server, "metadata").await;
    let uris = metadata["rest"][0]["security"]["extension"][0]["extension"].as_array().unwrap();
    let token = uris.iter().find(|uri| uri["url"] == "token").unwrap();
    assert_eq!(token["valueUri"], smart["token_endpoint"]);
    assert_eq!(uris.len(), 6);
    assert_eq!(get_json(&server, ".well-known/udap").await["registration_endpoint"], smart["registration_endpoint"]);
    server.stop().await;
}

#[tokio::test]
async fn smart_configuration_is_json_whatever_is_accepted_and_open_to_browsers() {
    let server = server_with(&[]).await;
    for accept in ["application/json", "application/xml", "application/fhir+json"] {
        let url = format!("{}/{SMART}", server.base());
        let response = client(&server).get(url).header("accept", accept).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "content-type"), Some("application/json"));
        assert_eq!(header(&response, "access-control-allow-origin"), Some("*"));
        assert!(header(&response, "strict-transport-security").is_some());
    }
    let url = format!("{}/metadata", server.base());
    let preflight =
        client(&server).request(reqwest::Method::OPTIONS, url).header("origin", "https://app.example").send().await.unwrap();
    assert_eq!((preflight.status().as_u16(), header(&preflight, "access-control-allow-origin")), (204, Some("*")));
}

#[tokio::test]
async fn the_key_set_holds_an_rsa_key_and_nothing_private_unless_the_fault_is_on() {
    for (faults, private) in [(vec![], false), (vec!["smart-jwks-private-key"], true)] {
        let server = server_with(&faults).await;
        let url = server.authorization_origin().join("/jwks").unwrap();
        let set: Value = serde_json::from_slice(&client(&server).get(url).send().await.unwrap().bytes().await.unwrap()).unwrap();
        let keys = set["keys"].as_array().unwrap();
        assert!(keys.iter().any(|key| key["kty"] == "RSA" && key["alg"] == "RS256"));
        assert!(keys.iter().all(|key| key.get("d").is_some() == private), "{private}");
        assert!(keys.iter().all(|key| key.get("p").is_none()));
    }
}

#[tokio::test]
async fn each_smart_version_publishes_its_own_members() {
    for (version, has_issuer, has_brands) in
        [("1.0.0", false, false), ("2.0.0", true, false), ("2.1.0", true, false), ("2.2.0", true, true)]
    {
        let options = Options { smart_version: Some(version.to_owned()), ..Options::default() };
        let server = start(options).await.unwrap();
        let smart = get_json(&server, SMART).await;
        for member in ["issuer", "jwks_uri", "grant_types_supported", "code_challenge_methods_supported"] {
            assert_eq!(smart.get(member).is_some(), has_issuer, "{version} {member}");
        }
        assert_eq!(smart.get("user_access_brand_bundle").is_some(), has_brands, "{version}");
        let capabilities = smart["capabilities"].as_array().unwrap();
        assert_eq!(capabilities.contains(&json!("permission-v2")), has_issuer, "{version}");
    }
}

#[tokio::test]
async fn each_smart_version_publishes_the_members_that_it_defines_and_no_others() {
    let always = [
        "authorization_endpoint",
        "token_endpoint",
        "capabilities",
        "scopes_supported",
        "response_types_supported",
        "management_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
        "token_endpoint_auth_methods_supported",
        "registration_endpoint",
    ];
    let since_2_0 = [
        "issuer",
        "jwks_uri",
        "grant_types_supported",
        "code_challenge_methods_supported",
        "token_endpoint_auth_signing_alg_values_supported",
    ];
    let since_2_2 = ["associated_endpoints", "user_access_brand_bundle", "user_access_brand_identifier"];
    for (version, expected) in [
        ("1.0.0", always.to_vec()),
        ("2.0.0", [&always[..], &since_2_0].concat()),
        ("2.1.0", [&always[..], &since_2_0].concat()),
        ("2.2.0", [&always[..], &since_2_0, &since_2_2].concat()),
    ] {
        let options = Options { smart_version: Some(version.to_owned()), ..Options::default() };
        let server = start(options).await.unwrap();
        let smart = get_json(&server, SMART).await;
        let published: BTreeSet<&str> = smart.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(published, expected.into_iter().collect(), "{version}");
    }
}

#[tokio::test]
async fn the_authorization_endpoints_refuse_bare_requests_as_their_standards_ask() {
    let server = server_with(&[]).await;
    let at = |path: &str| server.authorization_origin().join(path).unwrap();
    let client = client(&server);
    let authorize = client.get(at("/authorize")).send().await.unwrap();
    assert_eq!((authorize.status().as_u16(), header(&authorize, "location")), (400, None));
    for (path, status, error) in [
        ("/token", 400, "invalid_request"),
        ("/introspect", 401, "invalid_client"),
        ("/revoke", 401, "invalid_client"),
        ("/register", 400, "invalid_client_metadata"),
    ] {
        let response = client.post(at(path)).send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(header(&response, "cache-control"), Some("no-store"), "{path}");
        let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(body["error"], error, "{path}");
    }
    assert_eq!(client.get(at("/manage")).send().await.unwrap().status(), 200);
    assert_eq!(client.get(at("/brands.json")).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_issuer_below_a_path_serves_its_configuration_below_that_path_only() {
    let server = server_with(&["issuer-other-host"]).await;
    let issuer = get_json(&server, SMART).await["issuer"].as_str().unwrap().to_owned();
    assert!(issuer.ends_with("/tenants/members"));
    let client = client(&server);
    assert_eq!(client.get(format!("{issuer}/.well-known/openid-configuration")).send().await.unwrap().status(), 200);
    let at_root = server.authorization_origin().join("/.well-known/openid-configuration").unwrap();
    assert_eq!(client.get(at_root).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn faults_of_the_documents_show_on_the_wire() {
    let server = server_with(&["smart-configuration-duplicate-keys"]).await;
    let text = get(&server, SMART).await.text().await.unwrap();
    assert_eq!(text.matches("\"scopes_supported\"").count(), 2);
    let server = server_with(&["smart-configuration-at-host-root"]).await;
    assert_eq!(get(&server, SMART).await.status(), 404);
    let at_root = server.base().join(&format!("/{SMART}")).unwrap();
    assert_eq!(client(&server).get(at_root).send().await.unwrap().status(), 200);
    let server = server_with(&["smart-configuration-redirects"]).await;
    let response = get(&server, SMART).await;
    assert_eq!(response.status(), 302);
    let followed = client(&server).get(header(&response, "location").unwrap()).send().await.unwrap();
    assert_eq!(followed.status(), 200);
}

#[tokio::test]
async fn a_fault_that_does_not_exist_is_refused_with_the_one_meant() {
    let error = start(options(&["tls-1.1-enable"])).await.unwrap_err();
    assert!(matches!(&error, StartError::UnknownFault { meant: Some("tls-1.1-enabled"), .. }), "{error}");
    let error = start(Options { smart_version: Some("3.0.0".into()), ..Options::default() }).await.unwrap_err();
    assert!(matches!(error, StartError::UnknownSmartVersion(_)));
    let first = server_with(&[]).await;
    let taken = start(Options { port: first.addresses()[0].port(), ..Options::default() }).await.unwrap_err();
    assert!(matches!(taken, StartError::Bind { .. }));
}

#[tokio::test]
async fn a_head_request_gets_the_headers_and_no_body() {
    for http1_only in [true, false] {
        let server = server_with(&[]).await;
        let builder = builder(&server);
        let client = if http1_only { builder.http1_only() } else { builder }.build().unwrap();
        let response = client.head(format!("{}/metadata", server.base())).send().await.unwrap();
        assert_eq!((response.status().as_u16(), header(&response, "content-type")), (200, Some("application/fhir+json")));
        assert!(header(&response, "content-length").unwrap().parse::<usize>().unwrap() > 1000);
        assert!(response.bytes().await.unwrap().is_empty());
    }
}
