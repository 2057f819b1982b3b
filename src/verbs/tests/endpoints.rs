//! Which hosts belong to the target, and which of them are never contacted.

use super::*;
use crate::verbs::target_facts;

async fn advertising(smart: Value) -> Server {
    Server::start(with_metadata(move |seen| match seen.path.as_str() {
        "/r4/.well-known/smart-configuration" => Reply::json(200, &smart),
        _ => Reply::new(404),
    }))
    .await
}

#[tokio::test]
async fn h15_endpoints_on_private_addresses_are_listed_and_never_contacted() {
    let server = advertising(json!({
        "authorization_endpoint": "https://169.254.169.254/authorize",
        "token_endpoint": "https://[::ffff:10.0.0.1]/token",
        "jwks_uri": "https://8.8.8.8:22/jwks",
        "introspection_endpoint": "https://8.8.8.8/introspect",
    }))
    .await;
    let context = context_for(&server.base);
    let agreement = facts(&context, "discovery.agreement", json!({})).await;
    let private: Vec<&str> = agreement["private_endpoints"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(private.len(), 3, "{private:?}");
    assert!(private[0].starts_with("smart-configuration authorization_endpoint: 169.254.169.254"), "{private:?}");
    let endpoint = json!({ "name": "authorize", "host": "169.254.169.254", "port": 443 });
    assert_eq!(
        cause(&context, "tls.offer", json!({ "endpoint": endpoint, "versions": ["1.2", "1.3"] })).await,
        "forbidden-address"
    );
    assert_eq!(cause(&context, "tls.handshake", json!({ "endpoint": endpoint })).await, "forbidden-address");
    assert_eq!(cause(&context, "http.get", json!({ "url": "https://169.254.169.254/" })).await, "forbidden-address");
    for (host, port) in [("169.254.169.254", 443), ("[::ffff:a00:1]", 443), ("8.8.8.8", 22), ("8.8.8.8", 443)] {
        assert_eq!(context.world.dialer.connections(host, port), 0, "{host}:{port}");
    }
}

#[tokio::test]
async fn h16_every_spelling_of_a_forbidden_address_is_seen_through() {
    let spellings = [
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "169.254.169.254.",
    ];
    for spelling in spellings {
        let server = advertising(json!({ "token_endpoint": format!("https://user:pw@{spelling}/token") })).await;
        let agreement = facts(&context_for(&server.base), "discovery.agreement", json!({})).await;
        assert_eq!(agreement["private_endpoints"].as_array().unwrap().len(), 1, "{spelling}");
    }
}

#[tokio::test]
async fn targets_are_described_for_templates() {
    let server = advertising(json!({
        "authorization_endpoint": "https://auth.example/authorize",
        "token_endpoint": "https://auth.example/token",
        "jwks_uri": "http://auth.example/jwks",
        "issuer": "https://id.example",
    }))
    .await;
    let target =
        Target { endpoints: vec![Url::parse("https://extra.example:9443").unwrap()], ..Target::new(server.base.clone(), "x") };
    let facts = target_facts(&context_with(target, WorldOptions::default())).await;
    let endpoints: Vec<String> = facts["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| format!("{} {}:{}", e["name"].as_str().unwrap(), e["host"].as_str().unwrap(), e["port"]))
        .collect();
    let base = format!("fhir 127.0.0.1:{}", server.port);
    assert_eq!(endpoints, [base.as_str(), "authorize+token auth.example:443", "stated extra.example:9443"]);
    assert_eq!(facts["advertised"].as_array().unwrap().len(), 4);
    assert_eq!(
        facts["advertised"][0],
        json!({ "name": "smart-configuration authorization_endpoint", "url": "https://auth.example/authorize" })
    );
    assert_eq!((facts["public_address"].as_bool(), facts["base"].as_str()), (Some(false), Some(server.base.as_str())));
}
