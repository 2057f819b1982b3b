//! The plain HTTP verbs.

use super::*;
use crate::net::OffsetClock;

#[tokio::test]
async fn a_relative_url_lies_below_the_base_and_headers_are_sent_as_asked() {
    let server = Server::start(|_| Reply::json(200, &json!({ "a": 1 })).with("access-control-allow-origin", "*")).await;
    let context = context_for(&server.base);
    let arguments = json!({ "url": "metadata", "accept": "text/plain", "bearer": "garbage", "origin": "https://app.example", "headers": { "X-One": "1" } });
    let seen = facts(&context, "http.get", arguments).await;
    assert_eq!(
        (seen["status"].as_u64(), seen["json"]["a"].as_u64(), seen["header"]["access-control-allow-origin"].as_str()),
        (Some(200), Some(1), Some("*"))
    );
    let request = &server.seen()[0];
    assert_eq!(request.path, "/r4/metadata");
    for line in ["accept: text/plain", "authorization: bearer garbage", "origin: https://app.example", "x-one: 1"] {
        assert!(request.head.contains(line), "{line}: {}", request.head);
    }
}

#[tokio::test]
async fn copies_are_sent_at_once_and_counted() {
    let server = Server::start(|seen| if seen.method == "POST" { Reply::new(201) } else { Reply::new(204) }).await;
    let context = context_for(&server.base);
    let posted = facts(&context, "http.post", json!({ "url": "x", "form": { "a": "b c" }, "copies": 3 })).await;
    assert_eq!((posted["accepted_count"].as_u64(), server.count("/r4/x")), (Some(3), 3));
    assert_eq!(server.seen()[0].body, "a=b+c");
    facts(&context, "http.post", json!({ "url": "y", "json": { "k": [1] } })).await;
    assert_eq!(server.seen()[3].body, "{\"k\":[1]}");
    assert_eq!(facts(&context, "http.options", json!({ "url": "z" })).await["status"], 204);
    assert_eq!(server.seen()[4].method, "OPTIONS");
}

#[tokio::test]
async fn a_post_is_never_sent_again() {
    let server = Server::start(|_| Reply::new(503).with("retry-after", "0")).await;
    assert_eq!(cause(&context_for(&server.base), "http.post", json!({ "url": "x" })).await, "unavailable");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn trap_24_a_redirect_to_https_serves_nothing() {
    let server = Server::start(|_| Reply::new(301).with("location", "https://p.example/r4/metadata")).await;
    let seen = facts(&context_for(&server.base), "http.get", json!({ "url": server.base.as_str(), "plain": true })).await;
    assert_eq!(
        (seen["answered"].as_bool(), seen["served"].as_bool(), seen["redirects_to_https"].as_bool()),
        (Some(true), Some(false), Some(true))
    );
}

#[tokio::test]
async fn trap_24_data_or_a_login_over_plain_http_is_served() {
    let login = "<html><form action=/login><input type=password></form>";
    let replies = [
        (Reply::json(200, &json!({ "resourceType": "Patient" })), true),
        (Reply::new(200).body("<Patient xmlns=\"http://hl7.org/fhir\"/>"), true),
        (Reply::new(401).with("content-type", "text/html").body(login), true),
        (Reply::page(200), false),
        (Reply::json(403, &json!({})), false),
    ];
    for (reply, served) in replies {
        let server = Server::start(move |_| reply.clone()).await;
        let seen = facts(&context_for(&server.base), "http.get", json!({ "url": server.base.as_str(), "plain": true })).await;
        assert_eq!(seen["served"].as_bool(), Some(served), "{seen}");
    }
}

#[tokio::test]
async fn trap_24_a_redirect_that_stays_on_plain_http_is_followed_to_its_end_and_no_further() {
    let login = "<html><form action=/login><input type=password></form>";
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/authorize" => Reply::new(302).with("location", "/hop"),
        "/hop" => Reply::new(302).with("location", "signin"),
        "/signin" => Reply::new(200).with("content-type", "text/html").body(login),
        "/away" => Reply::new(302).with("location", "http://elsewhere.example/signin"),
        _ => Reply::new(302).with("location", "/loop?again"),
    })
    .await;
    let at = |path: &str| json!({ "url": server.base.join(path).unwrap().as_str(), "plain": true });
    for (path, served) in [("/authorize", true), ("/away", false), ("/loop", false)] {
        let seen = facts(&context_for(&server.base), "http.get", at(path)).await;
        assert_eq!((seen["served"].as_bool(), seen["login_form"].as_bool()), (Some(served), Some(served)), "{path} {seen}");
    }
    assert!(server.seen().len() < 10);
}

#[tokio::test]
async fn trap_24_a_port_that_does_not_speak_plain_http_serves_nothing() {
    let closed = Url::parse("http://127.0.0.1:1/").unwrap();
    let seen = facts(&context_for(&closed), "http.get", json!({ "url": closed.as_str(), "plain": true })).await;
    assert_eq!((seen["answered"].as_bool(), seen["served"].as_bool()), (Some(false), Some(false)));
    let server = Server::start_tls(|_| Reply::new(200)).await;
    let plain = format!("http://127.0.0.1:{}/", server.port);
    let seen = facts(&context_for(&server.base), "http.get", json!({ "url": plain, "plain": true })).await;
    assert_eq!((seen["answered"].as_bool(), seen["served"].as_bool()), (Some(false), Some(false)));
}

#[tokio::test]
async fn h16_a_url_that_is_none_or_has_another_scheme_sends_nothing() {
    let context = context_for(&Url::parse("https://p.example/r4").unwrap());
    for url in ["http://[", "file:///etc/passwd", "ftp://p.example/x"] {
        assert_eq!(cause(&context, "http.get", json!({ "url": url })).await, "url", "{url}");
    }
    assert_eq!(context.world.http.requests(), 0);
}

#[tokio::test]
async fn a_wait_lasts_as_long_as_the_clock_of_the_run_says() {
    let clock = OffsetClock::new();
    let base = Url::parse("https://p.example").unwrap();
    let options = WorldOptions { clock: Arc::new(clock.clone()), ..WorldOptions::default() };
    let context = context_with(Target::new(base, "x"), options);
    let waiting = tokio::spawn(async move { facts(&context, "wait.until", json!({ "duration": "60s" })).await });
    while clock.parked() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished() && clock.advance_to_earliest());
    let facts = waiting.await.unwrap();
    assert!(facts["waited"] == "1m" && facts["at"].is_i64(), "{facts}");
}
