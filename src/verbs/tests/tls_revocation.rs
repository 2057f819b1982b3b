//! `tls.revocation` and what the chain is held against, with a small authority and its responder on loopback.

use std::sync::Arc;

use rcgen::{
    CertificateParams, CertificateRevocationListParams, CrlDistributionPoint, DnType, KeyIdMethod, KeyPair, RevokedCertParams,
    SanType, SerialNumber,
};
use rustls_pki_types::CertificateDer;
use serde_json::{Value, json};
use time::{Duration as Span, OffsetDateTime};

use super::authority::{Issuer, authority};
use super::server::{Reply, Seen, Server};
use super::{cause, context_for, facts};
use crate::net::tls::Trust;
use crate::target::{Environment, Target};
use crate::verbs::{Context, RevocationMode, UdapAnchors};

const SERIAL: u64 = 4_711;

/// A list of today, or one that ended an hour ago.
fn list(issuer: &Issuer, revoked: &[u64], is_of_today: bool) -> String {
    let now = OffsetDateTime::now_utc();
    let revoked = revoked.iter().map(|serial| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: now - Span::days(1),
        reason_code: None,
        invalidity_date: None,
    });
    let params = CertificateRevocationListParams {
        this_update: now - Span::hours(5),
        next_update: if is_of_today { now + Span::days(1) } else { now - Span::hours(1) },
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap().pem().unwrap()
}

struct Stage {
    root: Issuer,
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

impl Stage {
    /// A server for 127.0.0.1 whose certificate names this list.
    fn new(root: Issuer, issuing: &Issuer, list: Option<&str>) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "A payer");
        params.subject_alt_names = vec![SanType::IpAddress(std::net::Ipv4Addr::LOCALHOST.into())];
        params.serial_number = Some(SerialNumber::from(SERIAL));
        params.crl_distribution_points =
            list.map(|url| CrlDistributionPoint { uris: vec![url.to_owned()] }).into_iter().collect();
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, issuing).unwrap();
        Self { root, chain: vec![leaf.der().clone(), issuing.der().clone()], key: key.serialize_der() }
    }

    /// The server, and a context that trusts the root as a public one.
    async fn open(self, mode: RevocationMode) -> (Server, Context) {
        let server = Server::start_with(self.chain, self.key).await;
        let mut context = context_for(&server.base);
        context.tls.trust = Arc::new(Trust::nothing().with([self.root.der().clone()]).as_public());
        let anchors = UdapAnchors { revocation: mode, ..UdapAnchors::default() };
        let context = context.with_udap_anchors(Arc::new(anchors));
        (server, context)
    }
}

fn endpoint(server: &Server) -> Value {
    json!({ "endpoint": { "name": "fhir", "host": "127.0.0.1", "port": server.port } })
}

/// A publisher of what `made` gives, and a stage whose certificate names it.
async fn published(made: impl Fn(&Issuer) -> Reply) -> (Server, Stage) {
    let root = authority("Root", None);
    let issuing = authority("Issuing", Some(&root));
    let reply = made(&issuing);
    let publisher = Server::start(move |_: &Seen| reply.clone()).await;
    let url = format!("http://127.0.0.1:{}/list", publisher.port);
    let stage = Stage::new(root, &issuing, Some(&url));
    (publisher, stage)
}

#[tokio::test]
async fn a_list_of_its_issuer_says_whether_a_certificate_is_revoked() {
    for (revoked, word) in [(vec![SERIAL], "revoked"), (vec![1], "good"), (Vec::new(), "good")] {
        let (publisher, stage) = published(|issuer| Reply::new(200).body(&list(issuer, &revoked, true))).await;
        let (server, context) = stage.open(RevocationMode::Soft).await;
        let seen = facts(&context, "tls.revocation", endpoint(&server)).await;
        assert_eq!((&seen["status"], &seen["by"]), (&json!(word), &json!("CRL")), "{seen}");
        let expected = if word == "revoked" { json!(["CN=A payer"]) } else { json!([]) };
        assert_eq!(seen["revoked"], expected);
        assert_eq!(publisher.count("/list"), 1);
    }
}

#[tokio::test]
async fn what_is_not_of_the_issuer_or_not_of_today_or_not_there_says_nothing() {
    let stranger = authority("Issuing", None);
    let made: [&dyn Fn(&Issuer) -> Reply; 4] = [
        &|_| Reply::new(200).body(&list(&stranger, &[SERIAL], true)),
        &|issuer| Reply::new(200).body(&list(issuer, &[SERIAL], false)),
        &|_| Reply::new(500),
        &|_| Reply::new(200).body(&"0".repeat(2 * 1024 * 1024)),
    ];
    for made in made {
        let (_publisher, stage) = published(made).await;
        let (server, context) = stage.open(RevocationMode::Soft).await;
        assert_eq!(cause(&context, "tls.revocation", endpoint(&server)).await, "absent:no-answer");
    }
    let (_publisher, stage) = published(|_| Reply::new(500)).await;
    let (server, context) = stage.open(RevocationMode::Hard).await;
    assert_eq!(cause(&context, "tls.revocation", endpoint(&server)).await, "no-answer");
}

#[tokio::test]
async fn nobody_is_asked_against_the_will_of_the_operator_nor_for_a_stranger_nor_without_an_address() {
    let (publisher, stage) = published(|issuer| Reply::new(200).body(&list(issuer, &[SERIAL], true))).await;
    let (server, context) = stage.open(RevocationMode::Off).await;
    assert_eq!(cause(&context, "tls.revocation", endpoint(&server)).await, "absent:not-asked");
    let untrusting = context_for(&server.base);
    assert_eq!(cause(&untrusting, "tls.revocation", endpoint(&server)).await, "absent:not-trusted");
    assert_eq!(publisher.seen().len(), 0);
    let root = authority("Root", None);
    let issuing = authority("Issuing", Some(&root));
    let (server, context) = Stage::new(root, &issuing, None).open(RevocationMode::Soft).await;
    assert_eq!(cause(&context, "tls.revocation", endpoint(&server)).await, "absent:no-source");
}

#[tokio::test]
async fn h25_addresses_in_certificates_lead_to_no_private_network_and_no_file() {
    for url in ["http://10.0.0.1/list", "http://169.254.169.254/latest", "file:///etc/passwd", "ldap://p.example/cn=x"] {
        let root = authority("Root", None);
        let issuing = authority("Issuing", Some(&root));
        let (server, context) = Stage::new(root, &issuing, Some(url)).open(RevocationMode::Soft).await;
        assert_eq!(cause(&context, "tls.revocation", endpoint(&server)).await, "absent:no-answer", "{url}");
    }
}

#[tokio::test]
async fn a_chain_that_only_a_named_root_vouches_for_is_private_and_in_production_that_is_said() {
    for (environment, is_public, expected) in [
        (Environment::Production, false, (true, true)),
        (Environment::Staging, false, (true, false)),
        (Environment::Unstated, false, (true, false)),
        (Environment::Production, true, (false, false)),
    ] {
        let root = authority("Root", None);
        let issuing = authority("Issuing", Some(&root));
        let stage = Stage::new(root, &issuing, None);
        let trust = Trust::nothing().with([stage.root.der().clone()]);
        let trust = if is_public { trust.as_public() } else { trust };
        let server = Server::start_with(stage.chain, stage.key).await;
        let target = Target { environment, ..Target::new(server.base.clone(), "x") };
        let mut context = super::context_with(target, crate::net::WorldOptions::default());
        context.tls.trust = Arc::new(trust);
        let seen = facts(&context, "tls.handshake", endpoint(&server)).await;
        assert_eq!((seen["trusted"].as_bool(), &seen["defects"]), (Some(true), &json!([])), "{seen}");
        assert_eq!(
            (seen["named_root"].as_bool(), seen["private_chain"].as_bool()),
            (Some(expected.0), Some(expected.1)),
            "{seen}"
        );
    }
}
