//! The TLS verbs against a rustls server, a plain server and a closed port.

use super::*;

fn endpoint(port: u16) -> Value {
    json!({ "name": "fhir", "host": "127.0.0.1", "port": port })
}

#[tokio::test]
async fn trap_23_each_version_is_asked_for_alone() {
    let server = Server::start_tls(|_| Reply::new(200)).await;
    let context = context_for(&server.base);
    for (versions, negotiated) in [
        (json!(["1.2", "1.3"]), true),
        (json!(["1.3"]), true),
        (json!(["1.2"]), true),
        (json!(["1.1"]), false),
        (json!(["ssl3"]), false),
    ] {
        let observed = run(&context, "tls.offer", json!({ "endpoint": endpoint(server.port), "versions": versions })).await;
        let Observation::Facts(seen) = &observed.observation else { panic!("{observed:?}") };
        assert_eq!(seen["negotiated"].as_bool(), Some(negotiated), "{versions}: {seen}");
        assert_eq!(seen.get("refusal").is_some(), !negotiated);
        assert!(observed.evidence.len() as u64 >= seen["connections"].as_u64().unwrap());
        assert!(seen["connections"].as_u64().unwrap() <= 4, "a known control is not repeated: {seen}");
    }
    let observed = context.observed().lock().unwrap().clone();
    assert_eq!(observed.into_iter().collect::<Vec<_>>(), ["tls.1.2", "tls.1.3"]);
}

#[tokio::test]
async fn trap_25_silence_and_other_protocols_are_no_refusal() {
    let offer = |port: u16| json!({ "endpoint": endpoint(port), "versions": ["1.1"] });
    let plain = Server::start(|_| Reply::new(400)).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    assert_eq!(cause(&context_for(&plain.base), "tls.offer", offer(closed)).await, "refused");
    assert_eq!(cause(&context_for(&plain.base), "tls.offer", offer(22)).await, "forbidden-address");
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    assert_eq!(cause(&context_for(&plain.base), "tls.offer", offer(port)).await, "undetermined");
    assert_eq!(cause(&context_for(&plain.base), "tls.handshake", json!({ "endpoint": endpoint(port) })).await, "timeout");
    let banner = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = banner.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = banner.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"SSH-2.0-OpenSSH_9.6\r\n").await;
        }
    });
    assert_eq!(cause(&context_for(&plain.base), "tls.offer", offer(port)).await, "not-tls");
}

#[tokio::test]
async fn a_certificate_is_described_with_all_its_defects() {
    let server = Server::start_tls(|_| Reply::new(200)).await;
    let context = context_for(&server.base);
    let seen = facts(&context, "tls.handshake", json!({ "endpoint": endpoint(server.port) })).await;
    assert_eq!(
        (seen["completed"].as_bool(), seen["trusted"].as_bool(), seen["version"].as_str()),
        (Some(true), Some(false), Some("1.3"))
    );
    assert_eq!(seen["defects"], json!(["self-signed"]));
    assert_eq!(seen["leaf"]["names"], json!(["127.0.0.1"]));
    assert_eq!((seen["judged_against"].as_str(), seen["public_address"].as_bool()), (Some("nothing"), Some(false)));
    assert!(seen["leaf"]["days_left"].as_i64().is_some() && seen["chain"].as_array().unwrap().len() == 1);
}

#[tokio::test]
async fn an_endpoint_without_host_and_port_is_our_own_mistake() {
    let context = context_for(&Url::parse("https://p.example").unwrap());
    for wrong in [
        json!({}),
        json!({ "host": "p.example" }),
        json!({ "host": "p.example", "port": 70000 }),
        json!({ "host": "", "port": 443 }),
    ] {
        assert_eq!(cause(&context, "tls.handshake", json!({ "endpoint": wrong })).await, "input", "{wrong}");
    }
}
