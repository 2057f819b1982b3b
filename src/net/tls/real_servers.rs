//! The probe and the handshake against real TLS libraries: OpenSSL for old versions, rustls for today's.

use std::sync::Arc;

use openssl::pkey::PKey;
use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use rcgen::{CertificateParams, PublicKeyData};
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::chain_tests::{HOST, Issuer, NOW, key, params, root, trust_in};
use super::scripted::{Act, Direct, Scripted, alert, hasty, patient, server_hello};
use super::{
    Conclusion, ConnectFailure, Control, Handshake, HandshakeOutcome, Offer, RecordingVerifier, Revocation, Trust, Version,
    handshake, offer,
};

async fn observe(port: u16, trust: Trust) -> Handshake {
    handshake(&Direct, HOST, port, HOST, &Arc::new(trust), NOW, &patient()).await
}

/// A certificate with its key as PKCS#8.
pub(super) struct Identity {
    pub(super) certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

pub(super) fn identity(params: &CertificateParams, issuer: &Issuer) -> Identity {
    let own = key();
    let certificate = params.signed_by(&own, issuer).expect("a certificate").der().clone();
    Identity { certificate, key: own.serialize_der() }
}

pub(super) async fn openssl(identity: &Identity, configure: impl FnOnce(&mut SslContextBuilder)) -> u16 {
    let mut builder = SslContext::builder(SslMethod::tls_server()).expect("a context");
    builder.set_cipher_list("ALL:@SECLEVEL=0").expect("ciphers");
    builder.set_certificate(&X509::from_der(&identity.certificate).expect("X.509")).expect("a certificate");
    builder.set_private_key(&PKey::private_key_from_der(&identity.key).expect("a key")).expect("its key");
    configure(&mut builder);
    let context = builder.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let ssl = Ssl::new(&context).expect("a connection");
            tokio::spawn(async move {
                let mut stream = tokio_openssl::SslStream::new(ssl, stream).expect("a stream");
                let _ = std::pin::Pin::new(&mut stream).accept().await;
                let _ = stream.get_mut().read(&mut [0; 16]).await;
            });
        }
    });
    port
}

pub(super) fn between(builder: &mut SslContextBuilder, lowest: SslVersion, highest: SslVersion) {
    builder.set_min_proto_version(Some(lowest)).expect("a version");
    builder.set_max_proto_version(Some(highest)).expect("a version");
}

#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

async fn rustls(identity: &Identity, ocsp: Option<Vec<u8>>) -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key.clone()));
    let signer = provider.key_provider.load_private_key(private).expect("a key");
    let mut certified = CertifiedKey::new(vec![identity.certificate.clone()], signer);
    certified.ocsp = ocsp;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Always(Arc::new(certified))));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let _ = stream.read(&mut [0; 16]).await;
                }
            });
        }
    });
    port
}

/// The versions that are negotiated, each asked for alone; anything but a clean refusal of the others fails the test.
async fn negotiated(port: u16) -> Vec<Version> {
    let mut control = Control::new(HOST);
    let mut found = Vec::new();
    for version in Version::ALL {
        match offer(&Direct, HOST, port, &Offer::new(HOST, &[version]), &mut control, &patient()).await.conclusion {
            Conclusion::Negotiated(answered) => found.push(answered),
            Conclusion::Refused { .. } => {}
            other => panic!("{version}: {other:?}"),
        }
    }
    found
}

#[tokio::test]
async fn openssl_is_found_to_speak_exactly_the_versions_it_was_given() {
    let identity = identity(&params("a", &[HOST]), &root("Root"));
    for (lowest, highest, expected) in [
        (SslVersion::TLS1, SslVersion::TLS1, &[Version::Tls10][..]),
        (SslVersion::TLS1_1, SslVersion::TLS1_1, &[Version::Tls11]),
        (SslVersion::TLS1_2, SslVersion::TLS1_2, &[Version::Tls12]),
        (SslVersion::TLS1_3, SslVersion::TLS1_3, &[Version::Tls13]),
        (SslVersion::TLS1_2, SslVersion::TLS1_3, &[Version::Tls12, Version::Tls13]),
        (SslVersion::TLS1, SslVersion::TLS1_3, &[Version::Tls10, Version::Tls11, Version::Tls12, Version::Tls13]),
    ] {
        let port = openssl(&identity, |builder| between(builder, lowest, highest)).await;
        assert_eq!(negotiated(port).await, expected);
    }
}

#[tokio::test]
async fn openssl_with_old_versions_formally_on_but_without_the_means_does_not_negotiate_them() {
    let identity = identity(&params("a", &[HOST]), &root("Root"));
    let port = openssl(&identity, |builder| {
        builder.set_cipher_list("ALL:@SECLEVEL=2").expect("ciphers");
        between(builder, SslVersion::TLS1, SslVersion::TLS1_3);
    })
    .await;
    assert_eq!(negotiated(port).await, [Version::Tls12, Version::Tls13]);
}

#[tokio::test]
async fn rustls_is_found_to_speak_1_2_and_1_3() {
    let port = rustls(&identity(&params("a", &[HOST]), &root("Root")), None).await;
    assert_eq!(negotiated(port).await, [Version::Tls12, Version::Tls13]);
}

#[tokio::test]
async fn a_good_server_is_trusted_and_described() {
    let root = root("Root");
    let port = rustls(&identity(&params("a", &[HOST]), &root), None).await;
    let seen = observe(port, trust_in(&root)).await;
    assert_eq!(seen.outcome, HandshakeOutcome::Completed);
    assert_eq!((seen.trusted, seen.defects.as_slice(), seen.revocation), (true, &[][..], Revocation::NotStapled));
    assert_eq!(seen.version, Some(Version::Tls13));
    assert!(seen.suite.expect("a suite").starts_with("TLS13_"));
    assert_eq!(seen.alpn.as_deref(), Some("http/1.1"));
    assert_eq!(seen.chain[0].names, [HOST]);
}

#[tokio::test]
async fn an_address_is_a_name_that_only_an_address_can_match() {
    let root = root("Root");
    let address = "127.0.0.1";
    for (names, expected) in [([address], true), ([HOST], false)] {
        let port = rustls(&identity(&params("a", &names), &root), None).await;
        let seen = handshake(&Direct, address, port, address, &Arc::new(trust_in(&root)), NOW, &patient()).await;
        assert_eq!((seen.trusted, seen.defects.is_empty()), (expected, expected), "{names:?}");
    }
}

#[tokio::test]
async fn tls_1_2_alone_is_trusted_as_well() {
    let root = root("Root");
    let identity = identity(&params("a", &[HOST]), &root);
    let port = openssl(&identity, |builder| between(builder, SslVersion::TLS1_2, SslVersion::TLS1_2)).await;
    let seen = observe(port, trust_in(&root)).await;
    assert_eq!((seen.version, seen.trusted), (Some(Version::Tls12), true));
}

#[tokio::test]
async fn a_bad_certificate_does_not_stop_the_handshake_and_all_is_reported() {
    let mut bad = params("a", &["other.example"]);
    bad.not_after = NOW - time::Duration::days(1);
    let port = rustls(&identity(&bad, &root("Private Root")), None).await;
    let seen = observe(port, trust_in(&root("Root"))).await;
    assert_eq!(seen.outcome, HandshakeOutcome::Completed);
    assert!(!seen.trusted);
    assert_eq!(
        seen.defects.iter().map(super::CertificateDefect::kind).collect::<Vec<_>>(),
        ["expired", "wrong-name", "chain-incomplete"]
    );
}

#[tokio::test]
async fn a_stapled_response_is_seen() {
    let root = root("Root");
    let port = rustls(&identity(&params("a", &[HOST]), &root), Some(vec![0x30, 3, 10, 1, 6])).await;
    let seen = observe(port, trust_in(&root)).await;
    assert!(seen.revocation == Revocation::NotChecked && seen.trusted, "what does not hold says nothing");
}

#[tokio::test]
async fn a_server_with_the_certificate_of_another_and_its_own_key_is_not_trusted() {
    let root = root("Root");
    let borrowed = Identity { key: key().serialize_der(), ..identity(&params("a", &[HOST]), &root) };
    let port = rustls(&borrowed, None).await;
    let seen = observe(port, trust_in(&root)).await;
    assert!(!seen.trusted);
    assert_eq!(seen.defects.iter().map(super::CertificateDefect::kind).collect::<Vec<_>>(), ["key-not-proven"]);
}

/// rcgen cannot sign with a small key, so the root signs for a key that only its public half is known of.
struct PublicHalf(Vec<u8>);

impl PublicKeyData for PublicHalf {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

#[tokio::test]
async fn a_key_too_small_for_rustls_is_small_and_not_stolen() {
    let root = root("Root");
    let rsa = openssl::rsa::Rsa::generate(1024).expect("a small key");
    let public = PublicHalf(rsa.public_key_to_der_pkcs1().expect("DER"));
    let certificate = params("a", &[HOST]).signed_by(&public, &root).expect("a certificate").der().clone();
    let small = Identity { certificate, key: rsa.private_key_to_der().expect("DER") };
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let port = openssl(&small, |builder| between(builder, version, version)).await;
        let seen = observe(port, trust_in(&root)).await;
        assert_eq!((seen.chain[0].key_type.as_str(), seen.chain[0].key_bits), ("RSA", 1024));
        assert_eq!((seen.defects.as_slice(), seen.trusted), (&[][..], true), "{:?}", seen.outcome);
    }
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_still_shows_its_own() {
    let root = root("Root");
    let identity = identity(&params("a", &[HOST]), &root);
    let port = openssl(&identity, |builder| {
        between(builder, SslVersion::TLS1_2, SslVersion::TLS1_2);
        builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    })
    .await;
    let seen = observe(port, trust_in(&root)).await;
    assert!(matches!(&seen.outcome, HandshakeOutcome::Stopped { why } if why.contains("alert")), "{:?}", seen.outcome);
    assert!(seen.saw_a_certificate() && seen.trusted);
}

#[tokio::test]
async fn a_server_below_tls_1_2_cannot_be_shaken_hands_with_and_is_not_called_untrusted() {
    let identity = identity(&params("a", &[HOST]), &root("Root"));
    let port = openssl(&identity, |builder| between(builder, SslVersion::TLS1, SslVersion::TLS1_1)).await;
    let seen = observe(port, Trust::nothing()).await;
    assert!(matches!(seen.outcome, HandshakeOutcome::CannotHandshake { .. }), "{:?}", seen.outcome);
    assert_eq!((seen.defects.as_slice(), seen.saw_a_certificate()), (&[][..], false));
}

#[tokio::test]
async fn a_port_that_is_down_silent_foreign_or_refusing_gives_five_different_outcomes() {
    let outcome =
        async |port: u16| handshake(&Direct, HOST, port, HOST, &Arc::new(Trust::nothing()), NOW, &hasty()).await.outcome;
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address").port();
    assert_eq!(outcome(closed).await, HandshakeOutcome::Unreachable(ConnectFailure::Refused));
    assert_eq!(outcome(Scripted::start(|_| Act::Silent).await.port).await, HandshakeOutcome::Silent);
    let http = Scripted::start(|_| Act::Send(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).await;
    assert_eq!(outcome(http.port).await, HandshakeOutcome::NotTls);
    let refusing = Scripted::start(|_| Act::Send(alert(2, 112))).await;
    let why = "alert 112 unrecognized_name".to_string();
    assert_eq!(outcome(refusing.port).await, HandshakeOutcome::CannotHandshake { why });
    for act in [Act::Fin, Act::Reset, Act::Send(server_hello(Version::Ssl3))] {
        let server = Scripted::start(move |_| act.clone()).await;
        assert!(matches!(outcome(server.port).await, HandshakeOutcome::CannotHandshake { .. }));
    }
}

#[tokio::test]
async fn the_strict_verifier_refuses_what_the_lenient_one_records() {
    let root = root("Root");
    let good = rustls(&identity(&params("a", &[HOST]), &root), None).await;
    let bad = rustls(&identity(&params("a", &["other.example"]), &root), None).await;
    let (verifier, recorder) = RecordingVerifier::new(Arc::new(trust_in(&root)), NOW, false);
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let connect = async |port: u16| {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
        connector.connect(HOST.try_into().expect("a name"), stream).await.map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(connect(good).await, Ok(()));
    assert!(recorder.of(HOST).expect("an observation").is_trusted());
    let refused = connect(bad).await.expect_err("another name");
    assert!(refused.contains("other.example"), "{refused}");
    assert!(!recorder.latest().expect("an observation").is_trusted());
}
