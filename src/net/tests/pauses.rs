//! Origins that ask for pauses, on a clock that jumps.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncWriteExt as _;

use super::server::{Server, drain, request};
use super::*;

/// Answers 429 with this `Retry-After` so many times, then 200.
async fn busy(times: usize, retry_after: &'static str) -> Server {
    busy_with("429 Too Many Requests", times, retry_after).await
}

async fn busy_with(status: &'static str, times: usize, retry_after: &'static str) -> Server {
    let asked = Arc::new(AtomicUsize::new(0));
    Server::start(move |mut stream| {
        let asked = Arc::clone(&asked);
        async move {
            request(&mut stream).await;
            let answer = if asked.fetch_add(1, Ordering::SeqCst) < times {
                format!("HTTP/1.1 {status}\r\nretry-after: {retry_after}\r\ncontent-length: 0\r\n\r\n")
            } else {
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_owned()
            };
            let _ = stream.write_all(answer.as_bytes()).await;
            drain(stream).await;
        }
    })
    .await
}

/// A world whose clock jumps whenever someone sleeps on it.
fn jumping(origin: &str) -> (World, OffsetClock, tokio::task::JoinHandle<()>) {
    let clock = OffsetClock::new();
    let world = world_with(origin, WorldOptions { clock: Arc::new(clock.clone()), ..WorldOptions::default() });
    let moved = clock.clone();
    let driver = tokio::spawn(async move {
        loop {
            let _ = moved.advance_to_earliest();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    (world, clock, driver)
}

#[tokio::test]
async fn h35_a_read_is_sent_again_after_the_pause_that_the_target_asked_for() {
    for (retry_after, least, most) in [("30", 30, 32), ("0", 0, 2), ("-5", 0, 2), ("1000000000", 120, 122), ("soon", 1, 3)] {
        let server = busy(1, retry_after).await;
        let (world, clock, driver) = jumping(&server.url());
        let sent = world.http.send(&Request::get(Url::parse(&server.url()).unwrap())).await;
        driver.abort();
        assert_eq!((word(&sent.outcome).as_str(), sent.resent, sent.evidence.len()), ("200", 1, 2), "{retry_after}");
        assert!((least..most).contains(&clock.elapsed().as_secs()), "{retry_after}: {:?}", clock.elapsed());
    }
}

#[tokio::test]
async fn h35_429_on_everything_ends_within_the_pauses_of_a_run() {
    let server = busy(usize::MAX, "120").await;
    let (world, clock, driver) = jumping(&server.url());
    let url = Url::parse(&server.url()).unwrap();
    let mut words = Vec::new();
    for _ in 0..4 {
        words.push(word(&world.http.send(&Request::get(url.clone())).await.outcome));
    }
    driver.abort();
    assert_eq!(words.last().unwrap(), "rate-limited", "{words:?}");
    assert!(words.iter().all(|word| word == "429" || word == "rate-limited"), "{words:?}");
    assert!(clock.elapsed() < Duration::from_secs(302), "{:?}", clock.elapsed());
    assert!(server.connections() <= 3);
}

#[tokio::test]
async fn a_request_that_is_no_read_is_never_sent_twice() {
    for again in [
        Request::new(Method::POST, Url::parse("http://x/").unwrap()),
        Request::new(Method::GET, Url::parse("http://x/").unwrap()),
    ] {
        let server = busy(5, "0").await;
        let (world, _, driver) = jumping(&server.url());
        let retry = again.method == Method::POST;
        let sent = world.http.send(&Request { url: Url::parse(&server.url()).unwrap(), retry, ..again }).await;
        driver.abort();
        assert_eq!((word(&sent.outcome).as_str(), sent.resent, server.connections()), ("429", 0, 1));
    }
}

#[tokio::test]
async fn a_reset_before_the_answer_is_repeated_at_most_twice_and_every_attempt_is_recorded() {
    let server = Server::saying("").await;
    let (world, _, driver) = jumping(&server.url());
    let sent = world.http.send(&Request::get(Url::parse(&server.url()).unwrap())).await;
    driver.abort();
    assert_eq!((word(&sent.outcome).as_str(), sent.resent, sent.evidence.len()), ("reset", MAX_RESENDS, 3));
    assert_eq!((server.connections(), world.http.requests()), (3, 3));
    let next = world.http.send(&Request::get(Url::parse(&server.url()).unwrap())).await;
    assert_eq!((word(&next.outcome).as_str(), next.resent), ("reset", 0), "an origin that only resets is not repeated for ever");
}

#[tokio::test]
async fn no_more_than_the_allowed_number_of_requests_is_in_flight() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, peak) = (Arc::clone(&now), Arc::clone(&most));
    let server = Server::start(move |mut stream| {
        let (now, most) = (Arc::clone(&counted), Arc::clone(&peak));
        async move {
            request(&mut stream).await;
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        }
    })
    .await;
    let http = HttpOptions { in_flight: 2, ..HttpOptions::default() };
    let world = world_with(&server.url(), WorldOptions { http, ..WorldOptions::default() });
    let url = server.url();
    let outcomes = futures_util::future::join_all((0..8).map(|_| get(&world, &url))).await;
    assert!(outcomes.iter().all(|outcome| word(outcome) == "204"));
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_pause_holds_the_other_requests_to_that_origin_back() {
    let server = busy_with("503 Service Unavailable", 1, "60").await;
    let clock = OffsetClock::new();
    let world = world_with(&server.url(), WorldOptions { clock: Arc::new(clock.clone()), ..WorldOptions::default() });
    assert_eq!(word(&get(&world, &server.url()).await), "503");
    let (other, url) = (world.clone(), server.url());
    let second = tokio::spawn(async move { word(&get(&other, &url).await) });
    while clock.parked() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.connections(), 1);
    clock.advance(Duration::from_mins(1));
    assert_eq!(second.await.unwrap(), "200");
}

/// A code that waited out a pause may have expired: its refusal would be called a fault, or a right refusal.
#[tokio::test]
async fn what_ages_is_not_sent_after_a_long_pause_and_after_a_short_one_it_is() {
    for (retry_after, good_for, expected) in
        [("60", Some(20), "aged"), ("5", Some(20), "200"), ("60", None, "200"), ("60", Some(61), "200")]
    {
        let server = busy(1, retry_after).await;
        let (world, _, driver) = jumping(&server.url());
        let url = Url::parse(&server.url()).unwrap();
        assert_eq!(word(&world.http.send(&Request::new(Method::GET, url.clone())).await.outcome), "429");
        let carries = Request { good_for: good_for.map(Duration::from_secs), ..Request::new(Method::POST, url) };
        let sent = world.http.send(&carries).await;
        driver.abort();
        assert_eq!(word(&sent.outcome), expected, "{retry_after} {good_for:?}");
        assert_eq!(server.connections(), if expected == "aged" { 1 } else { 2 });
    }
}
