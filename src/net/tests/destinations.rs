//! Where a connection may go, and when an origin is given up.

use tokio::net::TcpListener;

use super::server::Server;
use super::*;

#[tokio::test]
async fn h15_h16_no_spelling_of_a_local_address_is_reached_when_the_target_is_elsewhere() {
    let canary = Server::saying("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let world = world_for("https://8.8.8.8/");
    let port = canary.port;
    let hosts = "127.0.0.1 2130706433 0x7f000001 127.1 0177.0.0.1 [::ffff:127.0.0.1] [64:ff9b::7f00:1] 127.0.0.1. localhost localhost. \
                 user@127.0.0.1 payer.example@127.0.0.1 [::1] 0.0.0.0 127。0。0。1";
    for host in hosts.split_whitespace() {
        let outcome = get(&world, &format!("http://{host}:{port}/")).await;
        assert_eq!((word(&outcome).as_str(), phase(&outcome)), ("forbidden-address", Phase::Unsent), "{host}");
    }
    for url in [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/",
        "https://10.0.0.1/",
        "http://100.64.0.1/",
        "https://[fe80::1]/",
    ] {
        assert_eq!(word(&get(&world, url).await), "forbidden-address", "{url}");
    }
    assert_eq!((canary.connections(), world.http.requests()), (0, 0));
    assert!(world.evidence.len() >= 20, "that nothing was sent is evidence too");
}

#[tokio::test]
async fn h15_a_target_on_loopback_opens_loopback_and_not_the_metadata_service() {
    let server = Server::saying("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let world = world_for(&server.url());
    assert_eq!(word(&get(&world, &format!("http://127.1:{}/", server.port)).await), "200");
    assert_eq!(word(&get(&world, "http://169.254.169.254/").await), "forbidden-address");
}

#[tokio::test]
async fn h18_an_endpoint_on_the_port_of_another_service_is_not_asked() {
    let world = world_for("https://8.8.8.8/");
    for port in [22, 25, 6379] {
        assert_eq!(word(&get(&world, &format!("http://1.1.1.1:{port}/")).await), "forbidden-port");
    }
    assert_eq!(world.http.requests(), 0);
}

#[tokio::test]
async fn h13_addresses_of_other_schemes_are_not_fetched() {
    let world = world_for("https://8.8.8.8/");
    for url in ["file:///etc/passwd", "data:text/html,x", "javascript:alert(1)", "ftp://1.1.1.1/", "urn:x"] {
        assert_eq!(word(&get(&world, url).await), "url", "{url}");
    }
}

#[tokio::test]
async fn a_closed_port_is_refused_and_the_message_names_the_proxy_of_the_environment() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let http = HttpOptions { ambient_proxy: Some("http://me:hunter2@proxy.example:3128".into()), ..HttpOptions::default() };
    let world = world_with(&url, WorldOptions { http, ..WorldOptions::default() });
    let outcome = get(&world, &url).await;
    assert_eq!((word(&outcome).as_str(), phase(&outcome)), ("refused", Phase::Connect));
    let message = &outcome.cause().unwrap().message;
    assert!(message.contains("proxy.example:3128") && message.contains("--proxy") && !message.contains("hunter2"), "{message}");
}

#[tokio::test]
async fn a_name_without_an_address_is_a_dns_failure() {
    struct Nowhere;
    impl Resolve for Nowhere {
        fn resolve<'a>(&'a self, _: &'a str) -> futures_util::future::BoxFuture<'a, std::io::Result<Vec<std::net::IpAddr>>> {
            Box::pin(std::future::ready(Err(std::io::Error::other("no such name"))))
        }
    }
    let dial = DialOptions { resolver: Arc::new(Nowhere), ..DialOptions::default() };
    let world = world_with("https://payer.example/", WorldOptions { dial, ..WorldOptions::default() });
    let outcome = get(&world, "https://payer.example/").await;
    assert_eq!(word(&outcome), "dns");
    assert!(outcome.cause().unwrap().message.contains("payer.example"));
}

#[tokio::test]
async fn h05_after_two_timeouts_an_origin_is_not_connected_to_again() {
    let server = Server::repeating("", b"", Duration::from_mins(1)).await;
    let world = world_for(&server.url());
    let words = [word(&get(&world, &server.url()).await), word(&get(&world, &server.url()).await)];
    assert_eq!(words, ["timeout", "timeout"]);
    let third = get(&world, &server.url()).await;
    assert_eq!((word(&third).as_str(), phase(&third)), ("origin-lost", Phase::Unsent));
    assert_eq!((server.connections(), world.http.requests()), (2, 2));
}

#[tokio::test]
async fn h49_a_proxy_is_used_only_when_the_operator_names_it() {
    let proxy = Server::saying("HTTP/1.1 418 I am a proxy\r\ncontent-length: 0\r\n\r\n").await;
    let dial = DialOptions { proxy: Some(Proxy::parse(&proxy.url()).unwrap()), ..DialOptions::default() };
    let world = world_with("http://8.8.8.8/", WorldOptions { dial, ..WorldOptions::default() });
    assert_eq!(word(&get(&world, "http://8.8.8.8/").await), "418");
    assert_eq!(word(&get(&world, "http://169.254.169.254/").await), "forbidden-address");
    assert_eq!(proxy.connections(), 1);
}
