//! The real TLS stacks: rustls where it can, OpenSSL where a version is wanted that rustls does not speak.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use openssl::pkey::PKey;
use openssl::ssl::{AlpnError, Ssl, SslContext, SslMethod, SslOptions, SslVersion, select_next_proto};
use openssl::x509::X509;
use rustls::crypto::{CryptoProvider, ring};
use rustls::{CipherSuite, ServerConfig, SupportedProtocolVersion, version};

use super::certificates::{CertificateKind, Identity, identity};
use super::door::Door;
use super::site::Site;
use super::wire::Wire;

/// Which versions a listener speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Versions {
    Current,
    Only12,
    Only13,
    CurrentAnd10,
    CurrentAnd11,
    Only10,
}

/// Everything that decides how a handshake goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct StackKey {
    pub(super) versions: Versions,
    pub(super) certificate: CertificateKind,
    /// The port at which the authority of the certificate answers.
    pub(super) authority: u16,
    /// Whether tickets permit data before the handshake is done.
    pub(super) early_data: bool,
    /// Whether HTTP/2 may be agreed on; the raw HTTP server speaks 1.1 only.
    pub(super) http2: bool,
}

/// A TLS stack, ready to accept.
#[derive(Clone)]
pub(super) enum Stack {
    Rustls(Arc<ServerConfig>),
    OpenSsl(SslContext),
}

/// A stream after its handshake.
pub(super) enum TlsStream {
    Rustls(Box<tokio_rustls::server::TlsStream<Wire>>),
    OpenSsl(Box<tokio_openssl::SslStream<Wire>>),
}

impl TlsStream {
    /// The version that was agreed on, as OpenSSL writes it.
    pub(super) fn version(&self) -> Option<&'static str> {
        match self {
            Self::Rustls(stream) => match stream.get_ref().1.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_3) => Some("TLSv1.3"),
                Some(rustls::ProtocolVersion::TLSv1_2) => Some("TLSv1.2"),
                _ => None,
            },
            Self::OpenSsl(stream) => Some(stream.ssl().version_str()),
        }
    }
}

/// What the faults that are on make of the next handshake on this listener.
pub(super) fn key(site: &Site, door: Door) -> StackKey {
    let (versions, certificate) = match door {
        Door::Authorization => {
            let versions = if site.has("auth-tls-1.0-enabled") { Versions::CurrentAnd10 } else { Versions::Current };
            let expired = site.has("auth-certificate-expired");
            (versions, if expired { CertificateKind::Expired } else { CertificateKind::Honest })
        }
        Door::Fhir | Door::Plain => (fhir_versions(site), fhir_certificate(site)),
    };
    let early_data = door == Door::Fhir && site.has("tls-early-data-permitted");
    let authority = site.plain.port().unwrap_or(80);
    StackKey { versions, certificate, authority, early_data, http2: !site.faults.any_of(&super::hostile::RAW) }
}

fn fhir_versions(site: &Site) -> Versions {
    let choices = [
        ("tls-1.0-enabled", Versions::CurrentAnd10),
        ("tls-1.1-enabled", Versions::CurrentAnd11),
        ("tls-legacy-only", Versions::Only10),
        ("tls-flaky", Versions::CurrentAnd10),
        ("tls-1.3-disabled", Versions::Only12),
        ("tls-1.3-only", Versions::Only13),
    ];
    choices.into_iter().find(|(fault, _)| site.has(fault)).map_or(Versions::Current, |(_, versions)| versions)
}

fn fhir_certificate(site: &Site) -> CertificateKind {
    let choices = [
        ("certificate-expired", CertificateKind::Expired),
        ("certificate-not-yet-valid", CertificateKind::NotYetValid),
        ("certificate-wrong-name", CertificateKind::WrongName),
        ("certificate-self-signed", CertificateKind::SelfSigned),
        ("certificate-untrusted", CertificateKind::Untrusted),
        ("certificate-chain-incomplete", CertificateKind::ChainIncomplete),
        ("certificate-impostor-issuer", CertificateKind::ImpostorIssuer),
        ("certificate-wrong-usage", CertificateKind::WrongUsage),
        ("certificate-revoked", CertificateKind::Revoked),
        ("certificate-revoked-by-responder", CertificateKind::RevokedByResponder),
        ("certificate-revoked-by-list", CertificateKind::RevokedByList),
        ("certificate-private-authority", CertificateKind::PrivateAuthority),
        ("certificate-stale-ocsp-answer", CertificateKind::StaleAnswer),
        ("certificate-not-stapled", CertificateKind::NotStapled),
        ("certificate-sha-1", CertificateKind::Sha1),
        ("certificate-rsa-1024", CertificateKind::Rsa1024),
        ("certificate-long-validity", CertificateKind::LongValidity),
        ("certificate-any-purpose", CertificateKind::AnyPurpose),
        ("certificate-without-signature-usage", CertificateKind::NoSignature),
        ("certificate-without-authority-addresses", CertificateKind::NoAddresses),
        ("certificate-without-key-identifiers", CertificateKind::NoIdentifiers),
        ("certificate-superfluous-in-chain", CertificateKind::Superfluous),
        ("certificate-chain-misordered", CertificateKind::Misordered),
        ("certificate-ends-soon", CertificateKind::EndsSoon),
    ];
    choices.into_iter().find(|(fault, _)| site.has(fault)).map_or(CertificateKind::Honest, |(_, kind)| kind)
}

impl Stack {
    /// Builds the stack for a key.
    ///
    /// # Errors
    /// When the library refuses: no such version in this build, or no certificate.
    pub(super) fn build(key: StackKey) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let identity = &*identity(key.certificate, key.authority)?;
        match key.versions {
            // ring takes no RSA key below 2048 bits
            Versions::Current if key.certificate == CertificateKind::Rsa1024 => {
                openssl_stack(identity, key.http2, SslVersion::TLS1_2, SslVersion::TLS1_3, SslOptions::empty())
            }
            Versions::Current => rustls_stack(identity, key, rustls::ALL_VERSIONS),
            Versions::Only12 => rustls_stack(identity, key, &[&version::TLS12]),
            Versions::Only13 => rustls_stack(identity, key, &[&version::TLS13]),
            Versions::CurrentAnd10 => {
                openssl_stack(identity, key.http2, SslVersion::TLS1, SslVersion::TLS1_3, SslOptions::NO_TLSV1_1)
            }
            Versions::CurrentAnd11 => {
                openssl_stack(identity, key.http2, SslVersion::TLS1_1, SslVersion::TLS1_3, SslOptions::empty())
            }
            Versions::Only10 => openssl_stack(identity, key.http2, SslVersion::TLS1, SslVersion::TLS1, SslOptions::empty()),
        }
    }

    /// Does the handshake.
    pub(super) async fn accept(&self, wire: Wire) -> io::Result<TlsStream> {
        match self {
            Self::Rustls(config) => {
                let stream = tokio_rustls::TlsAcceptor::from(Arc::clone(config)).accept(wire).await?;
                Ok(TlsStream::Rustls(Box::new(stream)))
            }
            Self::OpenSsl(context) => {
                let mut stream = tokio_openssl::SslStream::new(Ssl::new(context)?, wire)?;
                Pin::new(&mut stream).accept().await.map_err(io::Error::other)?;
                Ok(TlsStream::OpenSsl(Box::new(stream)))
            }
        }
    }
}

/// ring without `ChaCha20`, which NIST has not approved; the curves are those that BCP 195 and NIST name.
fn provider() -> CryptoProvider {
    let mut provider = ring::default_provider();
    let unwanted = [
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];
    provider.cipher_suites.retain(|suite| !unwanted.contains(&suite.suite()));
    provider
}

fn rustls_stack(
    identity: &Identity,
    key: StackKey,
    versions: &[&'static SupportedProtocolVersion],
) -> Result<Stack, Box<dyn std::error::Error + Send + Sync>> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(versions)?
        .with_no_client_auth()
        .with_single_cert_with_ocsp(
            identity.chain.clone(),
            identity.private_key(),
            identity.stapled.clone().unwrap_or_default(),
        )?;
    config.max_early_data_size = if key.early_data { 16 * 1024 } else { 0 };
    config.alpn_protocols = if key.http2 { vec![b"h2".to_vec(), b"http/1.1".to_vec()] } else { vec![b"http/1.1".to_vec()] };
    Ok(Stack::Rustls(Arc::new(config)))
}

fn openssl_stack(
    identity: &Identity,
    http2: bool,
    lowest: SslVersion,
    highest: SslVersion,
    without: SslOptions,
) -> Result<Stack, Box<dyn std::error::Error + Send + Sync>> {
    let mut context = SslContext::builder(SslMethod::tls_server())?;
    context.set_cipher_list("ECDHE+AESGCM:ECDHE+AES+SHA1:@SECLEVEL=0")?;
    context.set_ciphersuites("TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384")?;
    if let Some(stapled) = identity.stapled.clone() {
        context.set_status_callback(move |ssl| ssl.set_ocsp_status(&stapled).map(|()| true))?;
    }
    context.set_min_proto_version(Some(lowest))?;
    context.set_max_proto_version(Some(highest))?;
    context.set_options(without | SslOptions::CIPHER_SERVER_PREFERENCE);
    let (leaf, rest) = identity.chain.split_first().ok_or("a certificate chain without a leaf")?;
    context.set_certificate(X509::from_der(leaf)?.as_ref())?;
    for certificate in rest {
        context.add_extra_chain_cert(X509::from_der(certificate)?)?;
    }
    let key = PKey::private_key_from_pkcs8(&identity.key)?;
    context.set_private_key(&key)?;
    let offered: &[u8] = if http2 { b"\x02h2\x08http/1.1" } else { b"\x08http/1.1" };
    context.set_alpn_select_callback(move |_, wanted| select_next_proto(offered, wanted).ok_or(AlpnError::NOACK));
    Ok(Stack::OpenSsl(context.build()))
}
