//! Bodies without end, with a lie in their length, that drip, that are compressed.

use std::time::Instant;

use super::server::Server;
use super::*;

#[tokio::test]
async fn h01_an_endless_chunked_body_ends_at_the_cap() {
    const PIECE: &[u8] = b"400\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n";
    // A chunk of 128 bytes, which is 80 in hex.
    let piece: &'static [u8] = Box::leak([b"80\r\n", &PIECE[5..]].concat().into_boxed_slice());
    let server = Server::repeating("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", piece, Duration::ZERO).await;
    let world = world_for(&server.url());
    let small = Request { body_limit: Some(4096), ..Request::get(Url::parse(&server.url()).unwrap()) };
    assert_eq!(word(&world.http.send(&small).await.outcome), "body-too-large");
    let truncated = world.http.send(&Request { accept_truncated: true, ..small }).await.outcome;
    let answer = truncated.answer().unwrap();
    assert_eq!((answer.body.len(), answer.truncated), (4096, true));
}

#[tokio::test]
async fn h02_a_content_length_of_10_gib_allocates_nothing_and_ends_at_the_deadline() {
    let server = Server::repeating("HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\nx", b"", Duration::from_mins(1)).await;
    let world = world_for(&server.url());
    let start = Instant::now();
    let outcome = get(&world, &server.url()).await;
    assert!(["timeout", "too-slow"].contains(&word(&outcome).as_str()), "{outcome:?}");
    assert_eq!(phase(&outcome), Phase::Body);
    assert!(start.elapsed() < SHORT * 4);
}

#[tokio::test]
async fn h02_a_body_shorter_than_its_length_is_not_an_answer() {
    let server = Server::saying("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}").await;
    let outcome = get(&world_for(&server.url()), &server.url()).await;
    assert!(["protocol", "reset"].contains(&word(&outcome).as_str()), "{outcome:?}");
}

#[tokio::test]
async fn h04_a_dripping_body_ends_at_the_deadline() {
    let server = Server::repeating("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", b"x", Duration::from_millis(20)).await;
    let start = Instant::now();
    let outcome = get(&world_for(&server.url()), &server.url()).await;
    assert!(["timeout", "too-slow"].contains(&word(&outcome).as_str()), "{outcome:?}");
    assert!(start.elapsed() < SHORT * 4);
}

#[tokio::test]
async fn h04_a_body_below_the_least_speed_is_given_up_before_the_deadline() {
    let server = Server::repeating("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", b"x", Duration::from_millis(20)).await;
    let limits = Limits { whole: Duration::from_secs(20), grace: Duration::from_millis(200), ..Limits::default() };
    let origin = Origin::of(&Url::parse(&server.url()).unwrap()).unwrap();
    let http = HttpOptions { limits, ..HttpOptions::default() };
    let world = World::new(WorldOptions { http, target_origins: vec![origin], ..WorldOptions::default() }).unwrap();
    let start = Instant::now();
    assert_eq!(word(&get(&world, &server.url()).await), "too-slow");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn h03_a_compressed_body_is_not_decoded_and_the_answer_says_so() {
    // "carinbb" in gzip; what matters is that the bytes stay as they came.
    let gzip: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 0x4e, 0x2c, 0xca, 0xcc, 0x4b, 0x4a, 2, 0];
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", gzip.len());
    let server = Server::saying([head.as_bytes(), gzip].concat()).await;
    let world = world_for(&server.url());
    let outcome = get(&world, &server.url()).await;
    let answer = outcome.answer().unwrap();
    assert_eq!((answer.body.as_slice(), answer.encoded.as_deref()), (gzip, Some("gzip")));
    let evidence = serde_json::to_string(&world.evidence.all()).unwrap();
    assert!(evidence.contains(r#"["accept-encoding","identity"]"#), "{evidence}");
}

#[tokio::test]
async fn h11_an_answer_that_follows_unasked_is_never_read_as_the_next_one() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n";
    let server = Server::saying(answer).await;
    let world = world_for(&server.url());
    for _ in 0..3 {
        assert_eq!(word(&get(&world, &server.url()).await), "200");
    }
    assert_eq!(server.connections(), 3);
    assert_eq!(world.dialer.connections("127.0.0.1", server.port), 3);
}
