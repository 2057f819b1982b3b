//! The certificates of the reference server: a root, an intermediate and one leaf per kind, made once per process.

use std::sync::{LazyLock, OnceLock};

use openssl::hash::MessageDigest;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

use super::legacy_leaf;
use super::ocsp::{self, Says, tlv};

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
    /// The stapled answer says that it is revoked.
    Revoked,
    /// The stapled answer is out of date.
    StaleAnswer,
    /// Nothing is stapled.
    NotStapled,
    /// Signed with SHA-1.
    Sha1,
    /// The key is an RSA key of 1024 bits.
    Rsa1024,
    /// Valid for four years.
    LongValidity,
    /// For any purpose.
    AnyPurpose,
    /// The key usage does not permit signatures.
    NoSignature,
    /// Without the addresses of its authority.
    NoAddresses,
    /// Without the identifier of its authority's key.
    NoIdentifiers,
    /// The chain comes with a certificate that has nothing to do with it.
    Superfluous,
    /// The chain comes in the wrong order, behind the leaf.
    Misordered,
    /// Ends next week.
    EndsSoon,
}

const KINDS: usize = CertificateKind::EndsSoon as usize + 1;

/// A certificate chain as it is sent, leaf first, with the leaf's key (PKCS #8).
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: Vec<u8>,
    /// The answer of the authority that is sent with it.
    pub(super) stapled: Option<Vec<u8>>,
}

/// Why a certificate could not be made.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum MakeError {
    #[error(transparent)]
    Rcgen(#[from] rcgen::Error),
    #[error("openssl: {0}")]
    OpenSsl(#[from] openssl::error::ErrorStack),
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
    root: Vec<u8>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

static TRUSTED: LazyLock<Result<Authority, rcgen::Error>> = LazyLock::new(|| Authority::make(TRUSTED_NAME));
static UNKNOWN: LazyLock<Result<Authority, rcgen::Error>> = LazyLock::new(|| Authority::make("Unknown"));

/// The root that signed the honest certificates, as PEM.
pub(super) fn root_pem() -> Result<&'static str, rcgen::Error> {
    Ok(&TRUSTED.as_ref().map_err(Clone::clone)?.root_pem)
}

/// The identity of this kind.
pub(super) fn identity(kind: CertificateKind) -> Result<&'static Identity, MakeError> {
    static MADE: [OnceLock<Result<Identity, MakeError>>; KINDS] = [const { OnceLock::new() }; KINDS];
    MADE[kind as usize].get_or_init(|| make(kind)).as_ref().map_err(Clone::clone)
}

impl Authority {
    fn make(name: &str) -> Result<Self, rcgen::Error> {
        let root = CertifiedIssuer::self_signed(root_params(name), KeyPair::generate()?)?;
        let intermediate = authority_params(&format!("{name} Issuing CA"), 0);
        let intermediate = CertifiedIssuer::signed_by(intermediate, KeyPair::generate()?, &root)?;
        Ok(Self { root_pem: root.pem(), root: root.der().to_vec(), intermediate })
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

fn make(kind: CertificateKind) -> Result<Identity, MakeError> {
    let authority = if kind == CertificateKind::Untrusted { &UNKNOWN } else { &TRUSTED };
    let authority = authority.as_ref().map_err(Clone::clone)?;
    let intermediate = &authority.intermediate;
    let key = KeyPair::generate()?;
    let params = leaf_params(kind)?;
    let (leaf, key) = match kind {
        CertificateKind::SelfSigned => (params.self_signed(&key)?.der().clone(), key.serialize_der()),
        CertificateKind::ImpostorIssuer => {
            let impostor = CertifiedIssuer::self_signed(root_params(TRUSTED_NAME), KeyPair::generate()?)?;
            (params.signed_by(&key, &impostor)?.der().clone(), key.serialize_der())
        }
        CertificateKind::Rsa1024 | CertificateKind::Sha1 => {
            let key = if kind == CertificateKind::Rsa1024 { legacy_leaf::rsa_1024()? } else { key.serialize_der() };
            let template = params.signed_by(&KeyPair::generate()?, intermediate)?;
            let digest = if kind == CertificateKind::Sha1 { MessageDigest::sha1() } else { MessageDigest::sha256() };
            let signer = intermediate.key().serialize_der();
            (legacy_leaf::sign(template.der(), intermediate.der(), &key, &signer, digest)?.into(), key)
        }
        _ => (params.signed_by(&key, intermediate)?.der().clone(), key.serialize_der()),
    };
    let mut chain = vec![leaf.clone()];
    let alone = [CertificateKind::SelfSigned, CertificateKind::ChainIncomplete, CertificateKind::ImpostorIssuer];
    if !alone.contains(&kind) {
        chain.push(intermediate.der().clone());
    }
    match kind {
        CertificateKind::Superfluous => {
            chain.push(UNKNOWN.as_ref().map_err(Clone::clone)?.intermediate.der().clone());
        }
        CertificateKind::Misordered => chain.insert(1, authority.root.clone().into()),
        _ => {}
    }
    let says = match kind {
        CertificateKind::Revoked => Some(Says::Revoked),
        CertificateKind::StaleAnswer => Some(Says::Stale),
        CertificateKind::NotStapled | CertificateKind::SelfSigned | CertificateKind::ImpostorIssuer => None,
        _ => Some(Says::Good),
    };
    let signer = intermediate.key().serialize_der();
    let stapled =
        says.map(|says| ocsp::response(says, &leaf, intermediate.der(), &signer, OffsetDateTime::now_utc())).transpose()?;
    Ok(Identity { chain, key, stapled })
}

/// The addresses of the authority: where its own certificate is, and where it says what is revoked.
fn addresses() -> CustomExtension {
    let entry = |method: u8, address: &[u8]| {
        let method = [&[6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30][..], &[method]].concat();
        tlv(0x30, &[method, tlv(0x86, address)].concat())
    };
    let content = [entry(1, b"http://ocsp.reference.example/"), entry(2, b"http://ca.reference.example/issuing.crt")].concat();
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], tlv(0x30, &content))
}

fn leaf_params(kind: CertificateKind) -> Result<CertificateParams, MakeError> {
    let mut params = CertificateParams::default();
    let name = if kind == CertificateKind::WrongName { "portal.payer.example" } else { "localhost" };
    params.distinguished_name.push(DnType::CommonName, name);
    params.subject_alt_names = vec![SanType::DnsName(name.try_into()?)];
    if kind != CertificateKind::WrongName {
        params.subject_alt_names.push(SanType::IpAddress(std::net::Ipv4Addr::LOCALHOST.into()));
    }
    params.is_ca = IsCa::ExplicitNoCa;
    let is_for_agreement = kind == CertificateKind::NoSignature;
    params.key_usages = vec![if is_for_agreement { KeyUsagePurpose::KeyEncipherment } else { KeyUsagePurpose::DigitalSignature }];
    params.extended_key_usages = match kind {
        CertificateKind::WrongUsage => vec![ExtendedKeyUsagePurpose::ClientAuth],
        CertificateKind::AnyPurpose => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::Any],
        _ => vec![ExtendedKeyUsagePurpose::ServerAuth],
    };
    params.use_authority_key_identifier_extension = kind != CertificateKind::NoIdentifiers;
    if kind != CertificateKind::NoAddresses {
        params.custom_extensions.push(addresses());
    }
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = match kind {
        CertificateKind::Expired => (now - Duration::days(20), now - Duration::days(1)),
        CertificateKind::NotYetValid => (now + Duration::days(1), now + Duration::days(60)),
        CertificateKind::LongValidity => (now - Duration::days(1), now + Duration::days(4 * 365)),
        CertificateKind::EndsSoon => (now - Duration::days(50), now + Duration::days(7)),
        _ => (now - Duration::days(1), now + Duration::days(60)),
    };
    Ok(params)
}
