//! `udap.discover` against a server whose certificates a test mints: trust, and what is fetched for it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    CertificateParams, CertificateRevocationListParams, CrlDistributionPoint, CustomExtension, DnType, KeyIdMethod, KeyPair,
    KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber,
};
use serde_json::{Value, json};
use time::{Duration as Span, OffsetDateTime};
use url::Url;

use super::authority::{Issuer, authority};
use super::server::{Reply, Seen, Server};
use super::{context_for, facts};
use crate::crypto::x509::Anchors;
use crate::crypto::{raw, sign_with_pem};
use crate::verbs::{Context, RevocationMode, UdapAnchors};
use crate::vocabulary::Secret;

/// authorityInfoAccess with one address for caIssuers.
fn issuer_at(url: &str) -> CustomExtension {
    let length = |count: usize| u8::try_from(count).unwrap();
    let method = [0x06, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2];
    let location = [&[0x86, length(url.len())][..], url.as_bytes()].concat();
    let description = [&[0x30, length(method.len() + location.len())][..], &method, &location].concat();
    let access = [&[0x30, length(description.len())][..], &description].concat();
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], access)
}

/// A server below `/r4` whose metadata is signed by a leaf of `issuer`, and what else it answers.
struct Stage {
    server: Server,
    root: Issuer,
}

impl Stage {
    /// `change` may add addresses to the leaf; it is told where the server is. `published` answers everything else.
    async fn new(
        change: impl Fn(&mut CertificateParams, &str),
        published: impl Fn(&Seen, &Issuer) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let root = authority("Root", None);
        let issuing = Arc::new(authority("Issuing", Some(&root)));
        let token: Arc<std::sync::OnceLock<String>> = Arc::default();
        let (shared, own) = (Arc::clone(&token), Arc::clone(&issuing));
        let server = Server::start(move |seen: &Seen| match seen.path.as_str() {
            path if path.starts_with("/r4/.well-known/udap") => Reply::json(200, &json!({ "signed_metadata": shared.get() })),
            _ => published(seen, &own),
        })
        .await;
        let base = server.base.as_str().trim_end_matches('/').to_owned();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "A payer");
        params.subject_alt_names = vec![SanType::URI(base.as_str().try_into().unwrap())];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.serial_number = Some(SerialNumber::from(4_711_u64));
        change(&mut params, &format!("http://127.0.0.1:{}", server.port));
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &issuing).unwrap();
        let certificates = if params.custom_extensions.is_empty() { vec![leaf.der(), issuing.der()] } else { vec![leaf.der()] };
        let x5c: Vec<String> = certificates.into_iter().map(|der| STANDARD.encode(der)).collect();
        let claims = json!({ "iss": base, "sub": base });
        let pem = Secret::new("signing_key", key.serialize_pem());
        let header = json!({ "alg": "ES256", "x5c": x5c }).to_string();
        token.set(raw(&header, &claims.to_string(), |text| sign_with_pem("ES256", &pem, text)).unwrap()).unwrap();
        Self { server, root }
    }

    fn context(&self, base: &Url, revocation: RevocationMode, fetch_issuers: bool) -> Context {
        let mut anchors = Anchors::nothing();
        anchors.trust_pem(self.root.pem().as_bytes()).unwrap();
        let anchors = UdapAnchors { everywhere: Arc::new(anchors), communities: Vec::new(), revocation, fetch_issuers };
        context_for(base).with_udap_anchors(Arc::new(anchors))
    }

    async fn chain(&self, revocation: RevocationMode, fetch_issuers: bool) -> Value {
        let context = self.context(&self.server.base, revocation, fetch_issuers);
        facts(&context, "udap.discover", json!({})).await["signed"]["chain"].clone()
    }
}

fn list(issuer: &Issuer, revoked: &[u64]) -> String {
    let now = OffsetDateTime::now_utc();
    let revoked = revoked.iter().map(|serial| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: now - Span::days(1),
        reason_code: None,
        invalidity_date: None,
    });
    let params = CertificateRevocationListParams {
        this_update: now - Span::hours(1),
        next_update: now + Span::days(1),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap().pem().unwrap()
}

fn names_a_list(params: &mut CertificateParams, server: &str) {
    params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![format!("{server}/list")] }];
}

#[tokio::test]
async fn a_chain_without_sources_is_trusted_and_nothing_is_fetched() {
    let stage = Stage::new(|_, _| {}, |_, _| Reply::new(404)).await;
    let chain = stage.chain(RevocationMode::Soft, true).await;
    assert_eq!((&chain["trusted"], &chain["revocation"]), (&json!(true), &json!("no-source")), "{chain}");
    assert_eq!(stage.server.seen().len(), 1);
    let untrusting = context_for(&stage.server.base);
    let chain = facts(&untrusting, "udap.discover", json!({})).await["signed"]["chain"].clone();
    assert_eq!((chain.get("trusted"), &chain["not_tested"]), (None, &json!("no anchor configured")), "never a pass: {chain}");
}

#[tokio::test]
async fn a_list_says_whether_a_certificate_is_revoked() {
    for (revoked, trusted, word) in [(Vec::new(), true, "good"), (vec![4_711], false, "revoked"), (vec![1], true, "good")] {
        let stage = Stage::new(names_a_list, move |_, issuer| Reply::new(200).body(&list(issuer, &revoked))).await;
        let chain = stage.chain(RevocationMode::Soft, false).await;
        assert_eq!((&chain["trusted"], &chain["revocation"]), (&json!(trusted), &json!(word)), "{chain}");
        assert_eq!(stage.server.count("/list"), 1);
    }
}

#[tokio::test]
async fn what_cannot_be_had_is_a_word_or_a_defect_as_the_operator_wants() {
    let stage = Stage::new(names_a_list, |_, _| Reply::new(500)).await;
    let soft = stage.chain(RevocationMode::Soft, false).await;
    assert_eq!((&soft["trusted"], &soft["revocation"]), (&json!(true), &json!("unknown")), "{soft}");
    assert!(soft["revocation_explained"][0].as_str().unwrap().contains("status 500"), "{soft}");
    let hard = stage.chain(RevocationMode::Hard, false).await;
    assert_eq!((&hard["trusted"], &hard["defects"]), (&json!(false), &json!(["revocation-unavailable"])), "{hard}");
    let before = stage.server.count("/list");
    let off = stage.chain(RevocationMode::Off, false).await;
    assert_eq!((&off["trusted"], &off["revocation"]), (&json!(true), &json!("not-asked")), "{off}");
    assert_eq!(stage.server.count("/list"), before);
}

#[tokio::test]
async fn a_missing_issuer_is_fetched_only_when_the_operator_wants_it() {
    let says_where = |params: &mut CertificateParams, server: &str| {
        params.custom_extensions = vec![issuer_at(&format!("{server}/issuer"))];
    };
    let stage = Stage::new(says_where, |_, issuer| Reply::new(200).body(&issuer.pem())).await;
    let without = stage.chain(RevocationMode::Soft, false).await;
    assert_eq!((&without["trusted"], &without["defects"]), (&json!(false), &json!(["issuer-missing"])), "{without}");
    assert_eq!(stage.server.count("/issuer"), 0);
    let with = stage.chain(RevocationMode::Soft, true).await;
    assert_eq!((&with["trusted"], &with["notes"]), (&json!(true), &json!(["fetched-intermediate"])), "{with}");
}

#[tokio::test]
async fn h25_addresses_in_certificates_lead_to_no_private_network_and_no_file() {
    for url in ["http://10.0.0.1/list", "http://169.254.169.254/latest", "file:///etc/passwd", "ldap://p.example/cn=x"] {
        let names = move |params: &mut CertificateParams, _: &str| {
            params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![url.to_owned()] }];
        };
        let stage = Stage::new(names, |_, _| Reply::new(404)).await;
        let chain = stage.chain(RevocationMode::Soft, false).await;
        assert_eq!(chain["revocation"], "unknown", "{url}: {chain}");
        assert!(!chain["revocation_explained"].as_array().unwrap().is_empty(), "{url}");
        assert_eq!(stage.server.seen().len(), 1, "{url}");
    }
}

#[tokio::test]
async fn h25_a_chain_of_fifty_certificates_is_named_and_not_examined() {
    let token = raw(&json!({ "alg": "RS256", "x5c": vec!["MAA="; 50] }).to_string(), "{}", |_| Ok(vec![1])).unwrap();
    let server = Server::start(move |_: &Seen| Reply::json(200, &json!({ "signed_metadata": token }))).await;
    let seen = facts(&context_for(&server.base), "udap.discover", json!({})).await;
    assert_eq!(seen["signed"]["x5c_defects"], json!(["x5c-too-many"]));
    assert!(seen["signed"].get("chain").is_none() && seen["signed"].get("signature_valid").is_none());
}

#[tokio::test]
async fn h25_any_shape_of_metadata_gives_facts() {
    let odd = [json!(7), json!(null), json!(["a.b.c"]), json!("a.b.c"), json!("e30.e30."), json!({}), json!(".".repeat(70_000))];
    for value in odd {
        let body = json!({ "signed_metadata": value, "udap_versions_supported": value, "token_endpoint": value });
        let server = Server::start(move |_: &Seen| Reply::json(200, &body)).await;
        let seen = facts(&context_for(&server.base), "udap.discover", json!({})).await;
        assert_eq!(seen["signed"]["present"], true, "{seen}");
    }
}
