//! Arbitrary bytes and texts of a target: no panic, and every outcome is one of the words that are documented.

use proptest::prelude::*;

use super::server::Server;
use super::*;
use crate::evidence::{curl_line, redact_bytes, redact_header, redact_text};
use crate::vocabulary::{Redactor, Secret};

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_on_the_wire_become_an_answer_or_a_cause(head in prop::option::of(Just("HTTP/1.1 200 OK\r\n")), bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let answer = [head.unwrap_or_default().as_bytes(), &bytes].concat();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (outcome, recorded) = runtime.block_on(async {
            let server = Server::saying(answer).await;
            let world = world_for(&server.url());
            let outcome = get(&world, &server.url()).await;
            (word(&outcome), world.evidence.all())
        });
        prop_assert!(outcome.parse::<u16>().is_ok() || ["protocol", "reset", "timeout", "client-limit"].contains(&outcome.as_str()), "{outcome}");
        prop_assert!(curl_line(&recorded[0]).is_some() && serde_json::to_string(&recorded).is_ok());
    }

    #[test]
    fn any_bytes_instead_of_tls_become_a_cause(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcome = runtime.block_on(async {
            let server = Server::start(move |mut stream| {
                let bytes = bytes.clone();
                async move {
                    let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 4096]).await;
                    let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, &bytes).await;
                }
            }).await;
            let url = format!("https://127.0.0.1:{}/", server.port);
            word(&get(&world_for(&url), &url).await)
        });
        prop_assert!(["not-tls", "tls-handshake", "reset", "timeout"].contains(&outcome.as_str()), "{outcome}");
    }
}

proptest! {
    #[test]
    fn any_text_can_be_redacted_and_a_known_secret_never_survives(before in any::<String>(), after in any::<String>()) {
        let redactor = Redactor::new("salt");
        redactor.register(&Secret::new("code", "S3CR3T-V4LU3"));
        let text = format!("{before}S3CR3T-V4LU3{after}");
        prop_assert!(!redact_text(&redactor, &text).contains("S3CR3T-V4LU3"));
        prop_assert!(!redact_header(&redactor, "x-any", &text).contains("S3CR3T-V4LU3"));
        prop_assert!(!redact_header(&redactor, "authorization", &text).contains("S3CR3T-V4LU3"));
        prop_assert!(!redact_bytes(&redactor, text.as_bytes()).text.contains("S3CR3T-V4LU3"));
    }

    #[test]
    fn any_text_is_a_host_a_range_or_a_pause_or_none_of_them(text in any::<String>()) {
        let _ = host_of(&text);
        let _ = text.parse::<Network>();
        let _ = text.parse::<Override>();
        let _ = Proxy::parse(&text);
        prop_assert!(retry_after(Some(&text), time::OffsetDateTime::UNIX_EPOCH) <= Duration::from_mins(2));
    }

    #[test]
    fn any_address_is_judged_and_nothing_that_hides_an_ipv4_loopback_is_public(octets in any::<[u8; 16]>(), tail in any::<[u8; 3]>()) {
        let guard = AddressGuard::new([], vec![]);
        let _ = guard.check_address(octets.into());
        let hidden = std::net::Ipv4Addr::new(127, tail[0], tail[1], tail[2]);
        prop_assert!(guard.check_address(hidden.into()).is_err());
        prop_assert!(guard.check_address(hidden.to_ipv6_mapped().into()).is_err());
    }
}
