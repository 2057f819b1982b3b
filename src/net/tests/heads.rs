//! Heads of answers that are late, too large, contradictory or not HTTP; and redirects.

use tokio::io::AsyncWriteExt as _;

use super::server::{Server, request};
use super::*;

#[tokio::test]
async fn h05_a_server_that_says_nothing_ends_at_the_deadline_for_the_first_byte() {
    let server = Server::repeating("", b"", Duration::from_mins(1)).await;
    let outcome = get(&world_for(&server.url()), &server.url()).await;
    assert_eq!((word(&outcome).as_str(), phase(&outcome)), ("timeout", Phase::FirstByte));
}

#[tokio::test]
async fn h05_slow_headers_end_at_the_deadline_for_the_first_byte() {
    let server = Server::repeating("HTTP/1.1 200 OK\r\n", b"a: b\r\n", Duration::from_millis(20)).await;
    let outcome = get(&world_for(&server.url()), &server.url()).await;
    assert_eq!((word(&outcome).as_str(), phase(&outcome)), ("timeout", Phase::FirstByte));
}

#[tokio::test]
async fn h10_more_headers_than_the_cap_are_our_limit_and_not_a_fault_of_the_server() {
    let many = "h: v\r\n".repeat(150);
    let server = Server::saying(format!("HTTP/1.1 200 OK\r\n{many}\r\n")).await;
    assert_eq!(word(&get(&world_for(&server.url()), &server.url()).await), "client-limit");
}

#[tokio::test]
async fn h10_a_header_of_2_mib_is_our_limit() {
    let server = Server::saying(format!("HTTP/1.1 200 OK\r\nh: {}\r\n\r\n", "x".repeat(2 * 1024 * 1024))).await;
    assert_eq!(word(&get(&world_for(&server.url()), &server.url()).await), "client-limit");
}

#[tokio::test]
async fn h10_odd_bytes_in_a_header_never_panic() {
    for (value, expected) in [(&b"caf\xe9"[..], "200"), (b"nul\0", "protocol"), (b"folded\r\n next", "protocol")] {
        let answer = [b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nh: ", value, b"\r\n\r\n"].concat();
        let server = Server::saying(answer).await;
        assert_eq!(word(&get(&world_for(&server.url()), &server.url()).await), expected, "{value:?}");
    }
}

#[tokio::test]
async fn h11_answers_that_are_not_well_formed_prove_nothing() {
    let answers = [
        "<html>hello, this is HTTP/0.9</html>",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 999999 OK\r\n\r\n",
        "SSH-2.0-OpenSSH_9.9\r\n",
    ];
    for answer in answers {
        let server = Server::saying(answer).await;
        assert_eq!(word(&get(&world_for(&server.url()), &server.url()).await), "protocol", "{answer}");
    }
}

#[tokio::test]
async fn h11_a_flood_of_interim_answers_ends_at_the_deadline() {
    let server = Server::repeating("", b"HTTP/1.1 103 Early Hints\r\n\r\n", Duration::from_millis(1)).await;
    assert_eq!(word(&get(&world_for(&server.url()), &server.url()).await), "timeout");
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_is_a_reset() {
    let server = Server::saying("").await;
    assert_eq!(word(&get(&world_for(&server.url()), &server.url()).await), "reset");
}

#[tokio::test]
async fn h13_a_redirect_is_the_observation_and_is_not_followed() {
    for location in ["/", "http://169.254.169.254/", "file:///etc/passwd", "javascript:alert(1)"] {
        let server = Server::saying(format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")).await;
        let outcome = get(&world_for(&server.url()), &server.url()).await;
        let answer = outcome.answer().unwrap();
        assert_eq!((answer.status, answer.header("Location")), (302, Some(location)));
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn h14_the_body_of_a_post_is_not_sent_to_where_a_307_points() {
    let other = Server::saying("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let server =
        Server::saying(format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", other.url()))
            .await;
    let world = world_for(&server.url());
    let payload = Payload::Form(vec![("grant_type".into(), FormValue::Plain("authorization_code".into()))]);
    let post = Request { payload, ..Request::new(Method::POST, Url::parse(&server.url()).unwrap()) };
    assert_eq!(word(&world.http.send(&post).await.outcome), "307");
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn every_request_names_the_tool_and_the_run() {
    let (heads, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let heads = heads.clone();
        async move {
            let head = request(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            heads.send(head).unwrap();
        }
    })
    .await;
    let world = world_for(&server.url());
    let url = Url::parse(&format!("http://user:pw@127.0.0.1:{}/r4?x=1", server.port)).unwrap();
    let sent = world.http.send(&Request::get(url).header("Accept", "application/fhir+json")).await;
    let head = seen.recv().await.unwrap();
    assert!(head.starts_with("GET /r4?x=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("user-agent: carinbb/{} (+conformance test)\r\n", env!("CARGO_PKG_VERSION"))), "{head}");
    assert!(
        head.contains(&format!("x-carinbb-run: {}\r\n", world.run_id)) && head.contains("accept: application/fhir+json\r\n"),
        "{head}"
    );
    for absent in ["origin:", "authorization:", "*/*", "referer:", "cookie:"] {
        assert!(!head.to_lowercase().contains(absent), "{head}");
    }
    assert_eq!((world.http.requests(), sent.resent, sent.evidence.len()), (1, 0, 1));
    let exchange = world.evidence.get(&sent.evidence[0]).unwrap();
    let line = crate::evidence::curl_line(&exchange).unwrap();
    assert!(line.ends_with(&format!("--url 'http://127.0.0.1:{}/r4?x=1'", server.port)), "{line}");
}
