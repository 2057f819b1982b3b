//! The certificates of the reference server: a root, an intermediate and one leaf per kind, made once per process.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use openssl::hash::MessageDigest;
use openssl::x509::X509;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, CrlDistributionPoint, CustomExtension,
    DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber,
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
    /// The responder says that it is revoked, the stapled answer does not.
    RevokedByResponder,
    /// The list says that it is revoked; the responder says nothing.
    RevokedByList,
    /// Signed by an authority that its operator alone trusts.
    PrivateAuthority,
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

/// A certificate chain as it is sent, leaf first, with the leaf's key (PKCS #8).
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: Vec<u8>,
    /// The answer of the authority that is sent with it.
    pub(super) stapled: Option<Vec<u8>>,
    /// What its authority answers when it is asked.
    pub(super) answer: Option<Vec<u8>>,
    /// The list that its authority publishes.
    pub(super) list: Option<Vec<u8>>,
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
static PRIVATE: LazyLock<Result<Authority, rcgen::Error>> = LazyLock::new(|| Authority::make("Private"));
static UNKNOWN: LazyLock<Result<Authority, rcgen::Error>> = LazyLock::new(|| Authority::make("Unknown"));

/// The root that signed the honest certificates, as PEM.
pub(super) fn root_pem() -> Result<&'static str, rcgen::Error> {
    Ok(&TRUSTED.as_ref().map_err(Clone::clone)?.root_pem)
}

/// The root that signed the certificates of the private authority, as PEM.
pub(super) fn private_root_pem() -> Result<&'static str, rcgen::Error> {
    Ok(&PRIVATE.as_ref().map_err(Clone::clone)?.root_pem)
}

/// The identity of this kind whose authority answers over plain HTTP on this port.
pub(super) fn identity(kind: CertificateKind, port: u16) -> Result<Arc<Identity>, MakeError> {
    type Made = HashMap<(CertificateKind, u16), Arc<Identity>>;
    static MADE: LazyLock<Mutex<Made>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(identity) = made.get(&(kind, port)) {
        return Ok(Arc::clone(identity));
    }
    let identity = Arc::new(make(kind, port)?);
    made.insert((kind, port), Arc::clone(&identity));
    Ok(identity)
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

fn make(kind: CertificateKind, port: u16) -> Result<Identity, MakeError> {
    let authority = match kind {
        CertificateKind::Untrusted => &UNKNOWN,
        CertificateKind::PrivateAuthority => &PRIVATE,
        _ => &TRUSTED,
    };
    let authority = authority.as_ref().map_err(Clone::clone)?;
    let intermediate = &authority.intermediate;
    let key = KeyPair::generate()?;
    let params = leaf_params(kind, port)?;
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
            (legacy_leaf::sign(template.der(), intermediate.der(), &key, &signer, digest, port)?.into(), key)
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
    let response = |says| ocsp::response(says, &leaf, intermediate.der(), &signer, OffsetDateTime::now_utc());
    let stapled = says.map(response).transpose()?;
    let answer = match kind {
        CertificateKind::RevokedByList => None,
        CertificateKind::Revoked | CertificateKind::RevokedByResponder => Some(response(Says::Revoked)?),
        _ => Some(response(Says::Good)?),
    };
    let list = (kind == CertificateKind::RevokedByList).then(|| list_of(&leaf, intermediate)).transpose()?;
    Ok(Identity { chain, key, stapled, answer, list })
}

/// A list of what this authority has revoked: this certificate.
fn list_of(leaf: &[u8], issuer: &CertifiedIssuer<'static, KeyPair>) -> Result<Vec<u8>, MakeError> {
    let now = OffsetDateTime::now_utc();
    let serial = X509::from_der(leaf)?.serial_number().to_bn()?.to_vec();
    let params = CertificateRevocationListParams {
        this_update: now - Duration::hours(1),
        next_update: now + Duration::days(7),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: vec![RevokedCertParams {
            serial_number: SerialNumber::from(serial),
            revocation_time: now - Duration::days(2),
            reason_code: None,
            invalidity_date: None,
        }],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(params.signed_by(issuer)?.der().to_vec())
}

/// Where the authority answers: on the plain HTTP listener of the same server.
pub(super) const RESPONDER_PATH: &str = "/authority/ocsp";
pub(super) const LIST_PATH: &str = "/authority/revoked.crl";

/// The addresses of the authority: where its own certificate is, and where it says what is revoked.
pub(super) fn authority_url(port: u16, path: &str) -> String {
    format!("http://localhost:{port}{path}")
}

fn addresses(port: u16) -> CustomExtension {
    let entry = |method: u8, address: &[u8]| {
        let method = [&[6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30][..], &[method]].concat();
        tlv(0x30, &[method, tlv(0x86, address)].concat())
    };
    let responder = authority_url(port, RESPONDER_PATH);
    let content = [entry(1, responder.as_bytes()), entry(2, b"http://ca.reference.example/issuing.crt")].concat();
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], tlv(0x30, &content))
}

fn leaf_params(kind: CertificateKind, port: u16) -> Result<CertificateParams, MakeError> {
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
        params.custom_extensions.push(addresses(port));
    }
    if kind == CertificateKind::RevokedByList {
        params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![authority_url(port, LIST_PATH)] }];
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
