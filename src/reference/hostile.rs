//! Attacks on the harness at the level of HTTP: broken framing, floods, bombs, redirects, rate limits.
//!
//! Each takes the honest reply and spoils it. What an HTTP library refuses to send becomes raw steps.

use std::time::Duration;

use super::door::Door;
use super::exchange::{Answer, Asked, Reply, Step};
use super::front;
use super::gzip_bomb;
use super::hostile_echo;
use super::hostile_json;
use super::raw_http;
use super::site::Site;

/// The faults whose answers only the raw server can send.
pub(super) const RAW: [&str; 14] = [
    "hostile-endless-body",
    "hostile-content-length-lie",
    "hostile-body-drip",
    "hostile-header-drip",
    "hostile-header-bytes",
    "hostile-1xx-flood",
    "hostile-http09",
    "hostile-bad-chunks",
    "hostile-length-and-chunked",
    "hostile-two-lengths",
    "hostile-pipelined-extra",
    "hostile-huge-header",
    "hostile-dies-after-discovery",
    "always-reset",
];

/// The pause between two bytes of a drip.
const DRIP: Duration = Duration::from_millis(300);

/// Turns the honest reply into what the faults that are on make of it.
pub(super) fn spoil(site: &Site, asked: &Asked, reply: Reply) -> Answer {
    if asked.door == Door::Plain {
        return Answer::Reply(reply);
    }
    let reply = if site.has("hostile-date-1970") { reply.with("date", "Thu, 01 Jan 1970 00:00:00 GMT") } else { reply };
    let reply = hostile_echo::spoil(site, asked, reply);
    let throttled = Reply::new(429, "text/plain", "too many requests");
    if site.has("hostile-429-everything") {
        return Answer::Reply(throttled.with("retry-after", "1000000000"));
    }
    if asked.door != Door::Fhir {
        return Answer::Reply(reply);
    }
    if site.has("hostile-429-garbage-retry-after") {
        return Answer::Reply(throttled.with("retry-after", "when the moon is full; -1; 99999999999999999999"));
    }
    if !front::is_discovery(asked) || !matches!(asked.method.as_str(), "GET" | "HEAD") {
        return Answer::Reply(reply);
    }
    if site.has("hostile-silent-http") {
        return Answer::Hang;
    }
    let reply = hostile_json::spoil(site, asked, reply);
    match raw(site, &reply) {
        Some(steps) => Answer::Raw(steps),
        None => Answer::Reply(well_framed(site, asked, reply)),
    }
}

/// Attacks that are well-formed HTTP.
fn well_framed(site: &Site, asked: &Asked, mut reply: Reply) -> Reply {
    if site.has("hostile-gzip-bomb") {
        reply.body = gzip_bomb::bytes().to_vec();
        reply = reply.with("content-encoding", "gzip");
    }
    if site.has("hostile-many-headers") {
        reply = (0..150).fold(reply, |reply, number| reply.with(&format!("x-header-{number}"), "value"));
    }
    if site.has("hostile-cookie-flood") {
        reply = (0..59).fold(reply, |reply, number| reply.with("set-cookie", format!("c{number}=v; Path=/")));
        reply = reply.with("set-cookie", format!("big={}", "v".repeat(64 * 1024)));
    }
    if site.has("hostile-redirect-loop") {
        let turn = if asked.query == "again=1" { "again=2" } else { "again=1" };
        return Reply::redirect(302, &format!("{}?{turn}", asked.path));
    }
    if site.has("hostile-redirect-metadata-address") {
        return Reply::redirect(302, "http://169.254.169.254/latest/meta-data/");
    }
    reply
}

/// Attacks that are not: each returns the bytes to write.
fn raw(site: &Site, reply: &Reply) -> Option<Vec<Step>> {
    let head = raw_http::head(reply);
    let length = reply.body.len();
    let body = || reply.body.clone();
    let write = |text: String| Step::Write(text.into_bytes());
    let chunked = || write(format!("{head}transfer-encoding: chunked\r\n\r\n"));
    if site.has("hostile-endless-body") {
        let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
        return Some(vec![chunked(), Step::Forever(chunk.into_bytes(), Duration::ZERO)]);
    }
    if site.has("hostile-content-length-lie") {
        return Some(vec![write(format!("{head}content-length: 10737418240\r\n\r\n{{")), Step::Idle]);
    }
    if site.has("hostile-body-drip") {
        return Some(vec![write(format!("{head}content-length: {length}\r\n\r\n")), Step::Drip(body(), DRIP)]);
    }
    if site.has("hostile-header-drip") {
        return Some(vec![write("HTTP/1.1 200 OK\r\nx-slow: ".into()), Step::Forever(b"a".to_vec(), DRIP)]);
    }
    if site.has("hostile-huge-header") {
        return Some(vec![
            write(format!("{head}x-huge: ")),
            Step::Times(vec![b'h'; 64 * 1024], 32),
            write(format!("\r\ncontent-length: {length}\r\n\r\n")),
            Step::Write(body()),
        ]);
    }
    if site.has("hostile-header-bytes") {
        let mut bytes = head.clone().into_bytes();
        bytes.extend_from_slice(b"x-bytes: \xff\xfe\xc3\x28\r\nx-folded: one\r\n two\r\n\tthree\r\n");
        bytes.extend_from_slice(format!("content-length: {length}\r\n\r\n").as_bytes());
        return Some(vec![Step::Write(bytes), Step::Write(body())]);
    }
    if site.has("hostile-1xx-flood") {
        return Some(vec![Step::Forever(b"HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n".repeat(16), Duration::from_millis(1))]);
    }
    if site.has("hostile-http09") {
        return Some(vec![Step::Write(body()), Step::Close]);
    }
    if site.has("hostile-bad-chunks") {
        return Some(vec![chunked(), write("zz\r\n{}\r\n-5\r\n".into()), Step::Close]);
    }
    if site.has("hostile-length-and-chunked") {
        let framing = format!("{head}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n");
        return Some(vec![write(framing), Step::Write(body()), write("\r\n0\r\n\r\n".into()), Step::Close]);
    }
    if site.has("hostile-two-lengths") {
        let framing = format!("{head}content-length: {length}\r\ncontent-length: 2\r\n\r\n");
        return Some(vec![write(framing), Step::Write(body()), Step::Close]);
    }
    if site.has("hostile-pipelined-extra") {
        let extra = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 19\r\n\r\n{\"unasked\":\"extra\"}";
        let first = write(format!("{head}content-length: {length}\r\n\r\n"));
        return Some(vec![first, Step::Write(body()), write(extra.into())]);
    }
    None
}
