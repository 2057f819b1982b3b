//! The certificates of the reference server: a root, an intermediate and one leaf per kind, made once per process.

use std::sync::{LazyLock, OnceLock};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

/// What is wrong with a certificate, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum CertificateKind {
    Honest,
    Expired,
    NotYetValid,
    WrongName,
    SelfSigned,
    Untrusted,
    ChainIncomplete,
    /// Signed by a CA that has the name of the trusted root and another key.
    ImpostorIssuer,
    /// For clients, not for servers.
    WrongUsage,
}

/// A certificate chain as it is sent, leaf first, with the leaf's key (PKCS #8).
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: Vec<u8>,
}

impl Identity {
    /// The key in the form that rustls takes.
    pub(super) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.clone()).into()
    }
}

const TRUSTED_NAME: &str = "Reference";

struct Authority {
    root_pem: String,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

static TRUSTED: LazyLock<Result<Authority, rcgen::Error>> = LazyLock::new(|| Authority::make(TRUSTED_NAME));
static UNKNOWN: LazyLock<Result<Authority, rcgen::Error>> = LazyLock::new(|| Authority::make("Unknown"));

/// The root that signed the honest certificates, as PEM.
pub(super) fn root_pem() -> Result<&'static str, rcgen::Error> {
    Ok(&TRUSTED.as_ref().map_err(Clone::clone)?.root_pem)
}

/// The identity of this kind.
pub(super) fn identity(kind: CertificateKind) -> Result<&'static Identity, rcgen::Error> {
    static MADE: [OnceLock<Result<Identity, rcgen::Error>>; 9] = [const { OnceLock::new() }; 9];
    MADE[kind as usize].get_or_init(|| make(kind)).as_ref().map_err(Clone::clone)
}

impl Authority {
    fn make(name: &str) -> Result<Self, rcgen::Error> {
        let root = CertifiedIssuer::self_signed(root_params(name), KeyPair::generate()?)?;
        let intermediate = authority_params(&format!("{name} Issuing CA"), 0);
        let intermediate = CertifiedIssuer::signed_by(intermediate, KeyPair::generate()?, &root)?;
        Ok(Self { root_pem: root.pem(), intermediate })
    }
}

fn root_params(name: &str) -> CertificateParams {
    authority_params(&format!("{name} Root CA"), 1)
}

fn authority_params(name: &str, path_length: u8) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(path_length));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(30);
    params.not_after = now + Duration::days(365);
    params
}

fn make(kind: CertificateKind) -> Result<Identity, rcgen::Error> {
    let authority = if kind == CertificateKind::Untrusted { &UNKNOWN } else { &TRUSTED };
    let intermediate = &authority.as_ref().map_err(Clone::clone)?.intermediate;
    let key = KeyPair::generate()?;
    let params = leaf_params(kind)?;
    let leaf = match kind {
        CertificateKind::SelfSigned => params.self_signed(&key)?,
        CertificateKind::ImpostorIssuer => {
            let impostor = CertifiedIssuer::self_signed(root_params(TRUSTED_NAME), KeyPair::generate()?)?;
            params.signed_by(&key, &impostor)?
        }
        _ => params.signed_by(&key, intermediate)?,
    };
    let mut chain = vec![leaf.der().clone()];
    let alone = [CertificateKind::SelfSigned, CertificateKind::ChainIncomplete, CertificateKind::ImpostorIssuer];
    if !alone.contains(&kind) {
        chain.push(intermediate.der().clone());
    }
    Ok(Identity { chain, key: key.serialize_der() })
}

fn leaf_params(kind: CertificateKind) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::default();
    let name = if kind == CertificateKind::WrongName { "portal.payer.example" } else { "localhost" };
    params.distinguished_name.push(DnType::CommonName, name);
    params.subject_alt_names = vec![SanType::DnsName(name.try_into()?)];
    if kind != CertificateKind::WrongName {
        params.subject_alt_names.push(SanType::IpAddress(std::net::Ipv4Addr::LOCALHOST.into()));
    }
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let is_for_clients = kind == CertificateKind::WrongUsage;
    let usage = if is_for_clients { ExtendedKeyUsagePurpose::ClientAuth } else { ExtendedKeyUsagePurpose::ServerAuth };
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = match kind {
        CertificateKind::Expired => (now - Duration::days(20), now - Duration::days(1)),
        CertificateKind::NotYetValid => (now + Duration::days(1), now + Duration::days(60)),
        _ => (now - Duration::days(1), now + Duration::days(60)),
    };
    Ok(params)
}
