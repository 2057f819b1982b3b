//! Every row of the decision table, against a scripted server that behaves that way, and against real TLS libraries.

use std::collections::BTreeMap;

use super::scripted::{Act, Direct, Scripted, alert, hasty, modern, patient, record, server_hello, server_hello_13};
use super::{Answer, Conclusion, ConnectFailure, Control, Limits, Offer, Offered, Suites, Version, offer, probe};

const OLD: [Version; 3] = [Version::Tls11, Version::Tls10, Version::Ssl3];

async fn ask(port: u16, versions: &[Version], control: &mut Control) -> Offered {
    offer(&Direct, "localhost", port, &Offer::new("localhost", versions), control, &patient()).await
}

/// For servers that keep silent at times.
async fn ask_in_haste(port: u16, versions: &[Version], control: &mut Control) -> Offered {
    offer(&Direct, "localhost", port, &Offer::new("localhost", versions), control, &hasty()).await
}

async fn ask_once(port: u16, versions: &[Version]) -> Offered {
    ask(port, versions, &mut Control::new("localhost")).await
}

fn refused(how: &str) -> Conclusion {
    Conclusion::Refused { how: how.into(), answered: None }
}

fn is_undetermined(offered: &Offered) -> bool {
    matches!(offered.conclusion, Conclusion::Undetermined { .. })
}

#[tokio::test]
async fn exactly_the_asked_version_is_negotiated() {
    let server = Scripted::start(|heard| match heard.highest() {
        Version::Tls13 => Act::Send(server_hello_13(false)),
        other => Act::Send(server_hello(other)),
    })
    .await;
    for version in Version::ALL {
        let offered = ask(server.port, &[version], &mut Control::proven(Offer::new("localhost", &[Version::Tls13]))).await;
        assert_eq!(offered.conclusion, Conclusion::Negotiated(version));
        assert_eq!(offered.connections, 1);
        assert!(!offered.probes[0].sent.is_empty() && !offered.probes[0].received.is_empty());
    }
}

#[tokio::test]
async fn another_version_is_a_refusal_that_names_what_the_server_does_speak() {
    let server = Scripted::start(|_| Act::Send(server_hello(Version::Ssl3))).await;
    let offered = ask_once(server.port, &[Version::Tls11]).await;
    assert!(!offered.conclusion.is_explicit_refusal());
    let Conclusion::Refused { answered, .. } = offered.conclusion else { panic!("{offered:?}") };
    assert_eq!(answered, Some(Version::Ssl3));
}

#[tokio::test]
async fn every_listed_alert_beside_working_controls_is_a_refusal_and_is_not_repeated() {
    for description in [40, 47, 50, 70, 71, 80, 86, 109, 112, 120] {
        let server = Scripted::start(move |heard| modern(heard, &Act::Send(alert(2, description)))).await;
        let offered = ask_once(server.port, &[Version::Tls11]).await;
        assert!(
            matches!(&offered.conclusion, Conclusion::Refused { how, answered: None } if how.contains(&description.to_string()))
        );
        assert_eq!((offered.probes.len(), offered.controls.len()), (1, 2), "control, question, control");
        assert_eq!(server.connections(), 3);
    }
}

#[tokio::test]
async fn an_alert_that_says_nothing_about_the_offer_is_repeated_and_settles_nothing() {
    let server = Scripted::start(|heard| modern(heard, &Act::Send(alert(2, 10)))).await;
    let offered = ask_once(server.port, &[Version::Tls11]).await;
    assert!(is_undetermined(&offered));
    assert_eq!(offered.probes.len(), 3);
}

#[tokio::test]
async fn an_alert_without_a_working_control_is_no_refusal() {
    let server = Scripted::start(|_| Act::Send(alert(2, 112))).await;
    for versions in [&[Version::Tls10][..], &[Version::Tls12, Version::Tls13]] {
        let offered = ask_once(server.port, versions).await;
        assert_eq!(offered.conclusion, Conclusion::SpeaksButRefusesAll { how: "alert 112 unrecognized_name".into() });
    }
}

#[tokio::test]
async fn an_alert_before_a_control_that_no_longer_works_is_no_refusal() {
    // The server is gone after its first refusal, as behind a firewall that had enough.
    let server = Scripted::start(|heard| match heard.number {
        0 => Act::Send(server_hello_13(true)),
        1 => Act::Send(alert(2, 70)),
        _ => Act::Reset,
    })
    .await;
    assert!(is_undetermined(&ask_once(server.port, &[Version::Tls11]).await));
}

#[tokio::test]
async fn h07_fin_and_reset_count_as_refused_only_three_times_between_controls() {
    for (act, how) in
        [(Act::Fin, "connection closed without an answer, 3 times"), (Act::Reset, "connection reset without an answer, 3 times")]
    {
        let server = Scripted::start(move |heard| modern(heard, &act)).await;
        let offered = ask_once(server.port, &[Version::Tls10]).await;
        assert_eq!(offered.conclusion, refused(how));
        assert!(offered.conclusion.is_explicit_refusal());
        assert_eq!((offered.probes.len(), offered.controls.len()), (3, 2));
    }
}

#[tokio::test]
async fn h07_fin_and_reset_in_turns_are_undetermined() {
    let server = Scripted::start(|heard| modern(heard, if heard.number == 2 { &Act::Fin } else { &Act::Reset })).await;
    assert!(is_undetermined(&ask_once(server.port, &[Version::Tls10]).await));
}

#[tokio::test]
async fn h07_resets_of_a_server_that_resets_its_controls_too_prove_nothing() {
    // Two of three connections are reset whatever is offered; the old version is always reset.
    let server = Scripted::start(|heard| if heard.number % 3 == 2 { modern(heard, &Act::Reset) } else { Act::Reset }).await;
    assert!(is_undetermined(&ask_once(server.port, &[Version::Tls10]).await));
    // The firewall wakes up after the first control: afterwards nothing works.
    let server = Scripted::start(|heard| if heard.number == 0 { modern(heard, &Act::Reset) } else { Act::Reset }).await;
    assert!(is_undetermined(&ask_once(server.port, &[Version::Tls10]).await));
}

#[tokio::test]
async fn h07_one_control_that_was_reset_before_or_after_makes_resets_worthless() {
    // Connection 0 is the control and 1 to 3 are the question; or the control needs 0 and 1, and the question comes after.
    for flaky in [0, 4] {
        let server =
            Scripted::start(move |heard| if heard.number == flaky { Act::Reset } else { modern(heard, &Act::Reset) }).await;
        let offered = ask_once(server.port, &[Version::Tls10]).await;
        assert!(is_undetermined(&offered), "{flaky}: {:?}", offered.conclusion);
    }
}

#[tokio::test]
async fn a_flaky_server_that_does_speak_the_old_version_is_found_out() {
    let server = Scripted::start(|heard| match (heard.number % 3, heard.highest()) {
        (0 | 1, _) => Act::Reset,
        (_, Version::Tls13) => Act::Send(server_hello_13(true)),
        (_, other) => Act::Send(server_hello(other)),
    })
    .await;
    assert_eq!(ask_once(server.port, &[Version::Tls10]).await.conclusion, Conclusion::Negotiated(Version::Tls10));
}

#[tokio::test]
async fn h06_silence_is_never_a_refusal() {
    let server = Scripted::start(|heard| modern(heard, &Act::Silent)).await;
    let offered = ask_in_haste(server.port, &[Version::Tls10], &mut Control::new("localhost")).await;
    assert!(is_undetermined(&offered));
    assert_eq!(offered.probes.len(), 3);
    assert!(offered.probes.iter().all(|probe| probe.answer == Answer::Silent));
}

#[tokio::test]
async fn h06_a_server_that_hangs_on_everything_is_left_soon() {
    let server = Scripted::start(|_| Act::Silent).await;
    let mut control = Control::new("localhost");
    let first = ask_in_haste(server.port, &[Version::Tls12, Version::Tls13], &mut control).await;
    let second = ask_in_haste(server.port, &[Version::Tls10], &mut control).await;
    assert!(is_undetermined(&first) && is_undetermined(&second));
    assert_eq!((first.connections, second.connections), (3, 0), "two deadlines, for the second and third are asked side by side");
}

#[tokio::test]
async fn h06_a_server_hello_that_stops_half_way_is_undetermined() {
    let half = server_hello(Version::Tls10)[..20].to_vec();
    let server = Scripted::start(move |heard| modern(heard, &Act::SendAndHold(half.clone()))).await;
    let offered = ask_in_haste(server.port, &[Version::Tls10], &mut Control::new("localhost")).await;
    assert!(is_undetermined(&offered), "{offered:?}");
}

#[tokio::test]
async fn a_port_that_refuses_connections_is_unreachable() {
    let port = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let offered = ask_once(port, &[Version::Tls11]).await;
    assert!(matches!(offered.conclusion, Conclusion::Unreachable { failure: ConnectFailure::Refused, .. }), "{offered:?}");
}

#[tokio::test]
async fn a_server_that_goes_down_between_control_and_question_is_unreachable() {
    struct OnceOnly(std::sync::atomic::AtomicUsize);
    impl super::Connect for OnceOnly {
        fn connect<'a>(
            &'a self,
            host: &'a str,
            port: u16,
        ) -> futures_util::future::BoxFuture<'a, Result<tokio::net::TcpStream, ConnectFailure>> {
            let is_first = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
            if is_first { Direct.connect(host, port) } else { Box::pin(async { Err(ConnectFailure::Refused) }) }
        }
    }
    let server = Scripted::start(|heard| modern(heard, &Act::Fin)).await;
    let once = OnceOnly(std::sync::atomic::AtomicUsize::new(0));
    let question = Offer::new("localhost", &[Version::Tls11]);
    let offered = offer(&once, "localhost", server.port, &question, &mut Control::new("localhost"), &patient()).await;
    assert!(matches!(offered.conclusion, Conclusion::Unreachable { .. }), "{offered:?}");
}

#[tokio::test]
async fn http_and_ssh_on_the_port_are_not_tls_and_are_shown() {
    for banner in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"SSH-2.0-OpenSSH_9.2\r\n"] {
        let server = Scripted::start(move |_| Act::Send(banner.to_vec())).await;
        for versions in [&[Version::Tls10][..], &[Version::Tls12, Version::Tls13]] {
            let offered = ask_once(server.port, versions).await;
            assert_eq!(offered.conclusion, Conclusion::NotTls { seen: banner.to_vec() });
        }
    }
}

#[tokio::test]
async fn foreign_bytes_from_a_server_that_speaks_tls_otherwise_are_undetermined() {
    let server = Scripted::start(|heard| modern(heard, &Act::Send(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()))).await;
    assert!(is_undetermined(&ask_once(server.port, &[Version::Tls10]).await));
}

#[tokio::test]
async fn a_warning_alert_is_skipped_and_kept() {
    let server = Scripted::start(|_| Act::Send([alert(1, 112), alert(1, 90), server_hello(Version::Tls10)].concat())).await;
    let offered = ask_once(server.port, &[Version::Tls10]).await;
    assert_eq!(offered.conclusion, Conclusion::Negotiated(Version::Tls10));
    assert_eq!(offered.probes[0].warnings, [112, 90]);
}

#[tokio::test]
async fn records_of_one_byte_are_reassembled() {
    let server = Scripted::start(|heard| {
        let whole = if heard.highest() == Version::Tls13 { server_hello_13(true) } else { server_hello(Version::Tls11) };
        Act::Send(whole[5..].iter().flat_map(|byte| record(22, &[*byte])).collect())
    })
    .await;
    assert_eq!(ask_once(server.port, &[Version::Tls11]).await.conclusion, Conclusion::Negotiated(Version::Tls11));
}

#[tokio::test]
async fn a_rejection_that_may_be_about_suites_is_asked_again_with_more_of_them() {
    let server = Scripted::start(|heard| match heard.suites {
        0..50 => Act::Send(alert(2, 40)),
        _ => Act::Send(server_hello(Version::Tls12)),
    })
    .await;
    let offered = ask_once(server.port, &[Version::Tls12, Version::Tls13]).await;
    assert_eq!(offered.conclusion, Conclusion::Negotiated(Version::Tls12));
    assert_eq!(offered.probes.last().map(|probe| &probe.offer.suites), Some(&Suites::Broad));
}

#[tokio::test]
async fn a_server_of_ssl_3_that_balks_at_the_extensions_of_1_3_is_refusing_and_not_broken() {
    let server = Scripted::start(|heard| match heard.highest() {
        Version::Tls13 => Act::Send(alert(2, 70)),
        _ => Act::Send(server_hello(Version::Ssl3)),
    })
    .await;
    let (found, _) = gate(server.port, &patient()).await;
    assert_eq!(found[&Version::Ssl3], Conclusion::Negotiated(Version::Ssl3));
    assert_eq!(found[&Version::Tls13], refused("alert 70 protocol_version"));
    assert!(matches!(found[&Version::Tls12], Conclusion::Refused { answered: Some(Version::Ssl3), .. }));
}

/// The sequence of the gate: a control of all versions, 1.2 with 1.3, and each version alone.
async fn gate(port: u16, limits: &Limits) -> (BTreeMap<Version, Conclusion>, usize) {
    let mut control = Control::new("localhost");
    let mut connections = 0;
    for versions in [&Version::ALL[..], &[Version::Tls12, Version::Tls13]] {
        let question = Offer::new("localhost", versions);
        connections += offer(&Direct, "localhost", port, &question, &mut control, limits).await.connections;
    }
    let mut found = BTreeMap::new();
    for version in Version::ALL.into_iter().rev() {
        let question = Offer::new("localhost", &[version]);
        let offered = offer(&Direct, "localhost", port, &question, &mut control, limits).await;
        connections += offered.connections;
        found.insert(version, offered.conclusion);
    }
    (found, connections)
}

/// One handshake for the certificate comes on top of the gate.
const HANDSHAKE: usize = 1;

#[tokio::test]
async fn the_gate_stays_within_twelve_connections_when_refusals_are_alerts() {
    for speaks in [&[Version::Tls12, Version::Tls13][..], &[Version::Tls12], &[Version::Tls13]] {
        let server = Scripted::start(move |heard| match heard.versions.iter().rev().find(|v| speaks.contains(v)) {
            Some(Version::Tls13) => Act::Send(server_hello_13(true)),
            Some(other) => Act::Send(server_hello(*other)),
            None => Act::Send(alert(2, 70)),
        })
        .await;
        let (found, connections) = gate(server.port, &patient()).await;
        for (version, conclusion) in found {
            let expected =
                if speaks.contains(&version) { Conclusion::Negotiated(version) } else { refused("alert 70 protocol_version") };
            assert_eq!(conclusion, expected, "{version}");
        }
        assert!(connections + HANDSHAKE <= 12, "{speaks:?}: {connections}");
    }
}

#[tokio::test]
async fn the_gate_stays_within_twenty_four_connections_when_refusals_are_not_alerts() {
    for act in [Act::Fin, Act::Reset, Act::Silent] {
        let limits = if matches!(act, Act::Silent) { hasty() } else { patient() };
        let server = Scripted::start(move |heard| modern(heard, &act)).await;
        let (found, connections) = gate(server.port, &limits).await;
        assert!(OLD.iter().all(|version| !matches!(found[version], Conclusion::Negotiated(_))));
        assert!(connections + HANDSHAKE <= 24, "{connections}");
    }
}

#[tokio::test]
async fn one_probe_reports_what_it_sent_even_if_the_server_answers_nothing() {
    let server = Scripted::start(|_| Act::Fin).await;
    let one = probe(&Direct, "localhost", server.port, &Offer::new("localhost", &[Version::Tls12]), &patient()).await;
    assert_eq!(one.answer, Answer::Closed);
    assert_eq!(one.sent[0], 22);
    assert!(one.received.is_empty());
}
