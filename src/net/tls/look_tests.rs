//! The short and the long look as a whole: what they find does not depend on how many questions go at a time, and they keep to
//! their connections however the server behaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use openssl::ssl::SslVersion;
use tokio::sync::Semaphore;

use super::chain_tests::{HOST, NOW, params, root, trust_in};
use super::real_servers::{between, identity, openssl};
use super::scripted::{Act, Direct, Heard, Scripted, alert, hasty, modern, patient, server_hello};
use super::{Conclusion, Deep, Gate, Limits, MOST_AT_A_TIME, Place, Trust, Version};

fn place(port: u16, limits: Limits, at_a_time: usize) -> Place<'static> {
    Place { connect: &Direct, host: HOST, port, server_name: HOST, limits, slots: Arc::new(Semaphore::new(at_a_time)) }
}

async fn gate(port: u16, limits: Limits) -> Gate {
    Gate::look(&place(port, limits, MOST_AT_A_TIME), &Arc::new(Trust::nothing()), NOW).await
}

#[tokio::test]
async fn one_question_at_a_time_finds_what_four_find() {
    let root = root("Root");
    let port =
        openssl(&identity(&params("a", &[HOST]), &root), |builder| between(builder, SslVersion::TLS1, SslVersion::TLS1_3)).await;
    let trust = Arc::new(trust_in(&root));
    let mut all = Vec::new();
    for at_a_time in [1, MOST_AT_A_TIME] {
        let place = place(port, patient(), at_a_time);
        let gate = Gate::look(&place, &trust, NOW).await;
        let deep = Deep::look(&place, &gate, &trust, NOW).await;
        assert!(gate.connections() <= 12, "{} connections, every refusal of which is an alert", gate.connections());
        let conclusions: Vec<Conclusion> = gate.offers.iter().map(|(_, offered)| offered.conclusion.clone()).collect();
        let short =
            (conclusions, gate.weak.found.clone(), gate.weak.open.clone(), gate.handshakes.last().map(|seen| seen.trusted));
        let long =
            (deep.suites, deep.groups, deep.signatures, deep.dh_bits, deep.encrypt_then_mac, deep.habits, deep.other_chains);
        all.push((short, long));
    }
    assert_eq!(all[0], all[1]);
    let (short, long) = &all[0];
    assert!(!short.1.is_empty(), "suites without a certificate are on");
    assert_eq!(
        long.0.iter().map(|of| of.version).collect::<Vec<_>>(),
        [Version::Tls13, Version::Tls12, Version::Tls11, Version::Tls10]
    );
    assert!(long.0.iter().all(|of| of.accepted.chosen.len() > 1 && of.accepted.open.is_none()), "{:?}", long.0);
    assert!(long.1.values().all(|groups| groups.chosen.len() > 1) && long.2.as_ref().is_some_and(|all| !all.chosen.is_empty()));
}

#[tokio::test]
async fn no_server_gets_more_connections_than_planned_however_it_behaves() {
    type Script = fn(&Heard) -> Act;
    let scripts: [(&str, usize, Script); 8] =
        [
            ("alerts beside working versions", 12, |heard| modern(heard, &Act::Send(alert(2, 70)))),
            ("resets", 24, |heard| modern(heard, &Act::Reset)),
            ("closes", 24, |heard| modern(heard, &Act::Fin)),
            ("always resets", 24, |_| Act::Reset),
            ("always closes", 24, |_| Act::Fin),
            ("alerts alone", 24, |_| Act::Send(alert(2, 40))),
            ("two of three are reset", 24, |heard| {
                if heard.number % 3 == 2 { Act::Send(server_hello(Version::Tls10)) } else { Act::Reset }
            }),
            ("never answers", 4, |_| Act::Silent),
        ];
    for (name, most, script) in scripts {
        let server = Scripted::start(script).await;
        let gate = gate(server.port, hasty()).await;
        assert!(server.connections() <= most, "{name}: {} connections", server.connections());
        assert!(gate.connections() >= server.connections(), "{name}: each of them is accounted for");
    }
}

#[tokio::test]
async fn a_server_that_hangs_on_old_hellos_is_asked_for_them_side_by_side() {
    let server = Scripted::start(|heard| modern(heard, &Act::Silent)).await;
    let limits = Limits { deadline: Duration::from_secs(1), ..Limits::default() };
    let gate = gate(server.port, limits).await;
    assert_eq!(gate.versions(), [Version::Tls13, Version::Tls12]);
    assert_eq!(gate.unsettled(), [Version::Tls11, Version::Tls10, Version::Ssl3, Version::Ssl2]);
    assert!(gate.connections() <= 24, "{}", gate.connections());
}

#[tokio::test]
async fn a_host_that_never_answers_costs_two_deadlines() {
    let server = Scripted::start(|_| Act::Silent).await;
    let began = Instant::now();
    let gate = gate(server.port, Limits { deadline: Duration::from_secs(1), ..Limits::default() }).await;
    assert!(began.elapsed() < Duration::from_millis(2900), "{:?}", began.elapsed());
    assert!(gate.versions().is_empty() && matches!(gate.failure, Some(Conclusion::Undetermined { .. })), "{:?}", gate.failure);
}

#[tokio::test]
async fn never_are_more_than_four_connections_open() {
    static OPEN: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let inner = openssl(&identity(&params("a", &[HOST]), &root("Root")), |builder| {
        between(builder, SslVersion::TLS1_2, SslVersion::TLS1_3);
    })
    .await;
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let open = OPEN.fetch_add(1, Ordering::SeqCst) + 1;
            MOST.fetch_max(open, Ordering::SeqCst);
            tokio::spawn(async move {
                if let Ok(mut server) = tokio::net::TcpStream::connect(("127.0.0.1", inner)).await {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                }
                OPEN.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    let place = place(port, patient(), MOST_AT_A_TIME);
    let trust = Arc::new(Trust::nothing());
    let gate = Gate::look(&place, &trust, NOW).await;
    let deep = Deep::look(&place, &gate, &trust, NOW).await;
    assert!(deep.probes.len() > 20);
    // A connection that we have closed may still be counted for a moment on the other side.
    assert!((2..=2 * MOST_AT_A_TIME).contains(&MOST.load(Ordering::SeqCst)), "{}", MOST.load(Ordering::SeqCst));
}
