//! HTTP on the wire: redirects, latency, stopping, fronts that answer all alike, and broken framing.

use std::time::{Duration, Instant};

use super::client::{builder, client, get, header, options, server_with};
use crate::reference::{Options, start};

const SMART: &str = ".well-known/smart-configuration";

#[tokio::test]
async fn plain_http_redirects_to_https_and_serves_data_only_with_its_fault() {
    let server = server_with(&[]).await;
    let url = server.plain_http().join("/fhir/r4/metadata").unwrap();
    let response = client(&server).get(url).send().await.unwrap();
    assert_eq!(response.status(), 308);
    assert_eq!(header(&response, "location"), Some(format!("{}/metadata", server.base()).as_str()));
    let server = server_with(&["plain-http-serves-data"]).await;
    let url = server.plain_http().join("/fhir/r4/metadata").unwrap();
    let response = client(&server).get(url).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.text().await.unwrap().contains("CapabilityStatement"));
}

#[tokio::test]
async fn plain_http_sends_the_paths_of_the_authorization_server_to_its_own_origin() {
    let server = server_with(&[]).await;
    let paths = [
        "/authorize?response_type=code",
        "/token",
        "/introspect",
        "/revoke",
        "/register",
        "/manage",
        "/jwks",
        "/brands.json",
        "/.well-known/openid-configuration",
    ];
    for path in paths {
        let response = client(&server).get(server.plain_http().join(path).unwrap()).send().await.unwrap();
        let target = server.authorization_origin().join(path).unwrap();
        assert_eq!((response.status().as_u16(), header(&response, "location")), (308, Some(target.as_str())), "{path}");
    }
}

#[tokio::test]
async fn discovery_is_silent_and_everything_else_is_answered() {
    let server = server_with(&["hostile-silent-http"]).await;
    assert_eq!(get(&server, "Patient").await.status(), 401);
    assert_eq!(get(&server, "no-such-path").await.status(), 404);
    let hasty = builder(&server).timeout(Duration::from_millis(200)).build().unwrap();
    for document in [SMART, "metadata"] {
        let error = hasty.get(format!("{}/{document}", server.base())).send().await.unwrap_err();
        assert!(error.is_timeout(), "{document}: {error:?}");
    }
}

#[tokio::test]
async fn http_1_and_http_2_are_both_spoken() {
    let server = server_with(&[]).await;
    let url = format!("{}/metadata", server.base());
    let two = client(&server).get(&url).send().await.unwrap();
    assert_eq!(two.version(), reqwest::Version::HTTP_2);
    let one = builder(&server).http1_only().build().unwrap().get(&url).send().await.unwrap();
    assert_eq!(one.version(), reqwest::Version::HTTP_11);
}

#[tokio::test]
async fn latency_delays_every_answer() {
    let server = start(Options { latency: Duration::from_millis(80), ..Options::default() }).await.unwrap();
    let begun = Instant::now();
    get(&server, "metadata").await;
    assert!(begun.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn a_server_that_is_stopped_or_dropped_answers_no_more() {
    for stop in [true, false] {
        let server = server_with(&[]).await;
        let address = server.addresses()[0];
        if stop {
            server.stop().await;
        } else {
            drop(server);
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
        assert!(tokio::net::TcpStream::connect(address).await.is_err(), "stop: {stop}");
    }
}

#[tokio::test]
async fn fronts_that_answer_everything_alike_do_so_on_both_https_listeners() {
    for (fault, status) in
        [("always-400", 400), ("always-401", 401), ("always-404", 404), ("always-500", 500), ("always-200-html", 200)]
    {
        let server = server_with(&[fault]).await;
        assert_eq!(get(&server, SMART).await.status(), status, "{fault}");
        let token = server.authorization_origin().join("/token").unwrap();
        assert_eq!(client(&server).post(token).send().await.unwrap().status(), status, "{fault}");
    }
}

#[tokio::test]
async fn hanging_and_resetting_servers_give_no_response() {
    for fault in ["always-hang", "hostile-silent-http"] {
        let server = server_with(&[fault]).await;
        let client = builder(&server).timeout(Duration::from_millis(200)).build().unwrap();
        let error = client.get(format!("{}/{SMART}", server.base())).send().await.unwrap_err();
        assert!(error.is_timeout(), "{fault}: {error:?}");
    }
    let server = server_with(&["always-reset"]).await;
    let error = client(&server).get(format!("{}/{SMART}", server.base())).send().await.unwrap_err();
    assert!(!error.is_timeout(), "{error:?}");
}

#[tokio::test]
async fn broken_framing_reaches_the_client_broken() {
    for fault in ["hostile-http09", "hostile-bad-chunks", "hostile-two-lengths", "hostile-huge-header", "hostile-many-headers"] {
        let server = server_with(&[fault]).await;
        let client = builder(&server).http1_only().build().unwrap();
        let outcome = client.get(format!("{}/{SMART}", server.base())).send().await;
        let broken = match outcome {
            Ok(response) => response.bytes().await.is_err(),
            Err(_) => true,
        };
        assert!(broken, "{fault}");
        let elsewhere = client.get(format!("{}/Patient", server.base())).send().await.unwrap();
        assert_eq!(elsewhere.status(), 401, "{fault}: what is not under attack is answered honestly");
    }
}

#[tokio::test]
async fn bodies_without_end_keep_coming() {
    let server = server_with(&["hostile-endless-body"]).await;
    let mut response = get(&server, "metadata").await;
    let mut size = 0;
    while size < 3_000_000 {
        size += response.chunk().await.unwrap().unwrap().len();
    }
    let server = server_with(&["hostile-content-length-lie"]).await;
    let response = get(&server, "metadata").await;
    assert_eq!(response.content_length(), Some(10 * 1024 * 1024 * 1024));
}

#[tokio::test]
async fn an_unasked_second_response_follows_the_first() {
    let server = server_with(&["hostile-pipelined-extra"]).await;
    let text = get(&server, SMART).await.text().await.unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["token_endpoint"].is_string());
}

#[tokio::test]
async fn the_listener_dies_after_six_requests() {
    let server = server_with(&["hostile-dies-after-discovery"]).await;
    let client = client(&server);
    let url = format!("{}/metadata", server.base());
    for _ in 0..6 {
        assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    }
    assert!(client.get(&url).send().await.is_err());
    assert!(client.get(&url).send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn a_start_takes_milliseconds() {
    server_with(&[]).await.stop().await;
    let begun = Instant::now();
    for _ in 0..20 {
        start(options(&[])).await.unwrap().stop().await;
    }
    // generous, because the machine may be busy: what must not happen is a key per start
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?} for 20 starts", begun.elapsed());
}
