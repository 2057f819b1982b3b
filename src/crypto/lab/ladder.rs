//! The ladder of authorities, and the certificates that they issue.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CrlDistributionPoint, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, SanType,
    SerialNumber, SubjectPublicKeyInfo,
};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::der::{AUTHORITY_INFO_ACCESS, NAME_CONSTRAINTS, access, only_uris_of};
use super::keys::ec;
use super::ocsp;
use super::revocation::{list, revoked_serial};
use super::{Credential, KeyKind, LabError, LabKeys, Shape};
use crate::vocabulary::Secret;

/// An issuer whose key is here.
type Own = Issuer<'static, KeyPair>;
/// One whose certificate is here as well.
type Authority = CertifiedIssuer<'static, KeyPair>;

/// An extension of our own, which means nothing: an arc of UUIDs, below which nobody else names anything.
const NOBODY_KNOWS: [u64; 4] = [2, 25, 826_184_073, 1];

/// The laboratory.
pub struct Lab {
    keys: LabKeys,
    /// Keys of clients as OpenSSL has them: read once, for it prepares each for signing at the first signature.
    of_clients: BTreeMap<KeyKind, PKey<Private>>,
    weak: PKey<Private>,
    now: OffsetDateTime,
    addresses: Option<String>,
    root: Vec<u8>,
    second_root: Vec<u8>,
    issuer: Own,
    second: Own,
    issuing_a: Authority,
    issuing_b: Authority,
    made: AtomicU64,
}

impl std::fmt::Debug for Lab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lab, certificates made: {}", self.made.load(Ordering::Relaxed))
    }
}

impl Lab {
    /// Roots that are new but for their keys and names, with everything below them. `addresses` is where lists and certificates
    /// can be fetched; without it no certificate names an address.
    ///
    /// # Errors
    /// When a key cannot be used.
    pub fn new(keys: LabKeys, addresses: Option<String>, now: OffsetDateTime) -> Result<Self, LabError> {
        let root = root_params("carinbb laboratory root", now).self_signed(&rsa(&keys.root)?)?.der().to_vec();
        let second = root_params("carinbb second laboratory root", now).self_signed(&p256(&keys.second_root)?)?.der().to_vec();
        Self::below(keys, root, second, addresses, now)
    }

    /// Everything below roots that exist already.
    ///
    /// # Errors
    /// When a root cannot be read or a key cannot be used.
    pub fn below(
        keys: LabKeys,
        root: Vec<u8>,
        second_root: Vec<u8>,
        addresses: Option<String>,
        now: OffsetDateTime,
    ) -> Result<Self, LabError> {
        let addresses = addresses.map(|text| text.trim_end_matches('/').to_owned());
        let issuer = Issuer::from_ca_cert_der(&root.as_slice().into(), rsa(&keys.root)?)?;
        let second = Issuer::from_ca_cert_der(&second_root.as_slice().into(), p256(&keys.second_root)?)?;
        let mut a = authority_params("carinbb laboratory issuing CA A", 0, now);
        if let Some(addresses) = &addresses {
            a.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![format!("{addresses}/root.crl")] }];
            a.custom_extensions = vec![accessible(&format!("{addresses}/root.cer"), None)];
        }
        a.serial_number = Some(serial("issuing CA A", 0, now));
        let issuing_a = CertifiedIssuer::signed_by(a, rsa(&keys.issuing_a)?, &issuer)?;
        let mut b = authority_params("carinbb laboratory issuing CA B", 0, now);
        b.serial_number = Some(serial("issuing CA B", 0, now));
        let issuing_b = CertifiedIssuer::signed_by(b, p256(&keys.issuing_b)?, &issuer)?;
        let of_clients = [
            (KeyKind::Rsa, &keys.client_rsa),
            (KeyKind::Rsa4096, &keys.client_rsa_4096),
            (KeyKind::Ec256, &keys.client_ec256),
            (KeyKind::Ec384, &keys.client_ec384),
        ];
        let of_clients =
            of_clients.into_iter().map(|(kind, key)| Ok((kind, openssl_key(key)?))).collect::<Result<_, LabError>>()?;
        let weak = openssl_key(&keys.weak_rsa)?;
        Ok(Self {
            keys,
            of_clients,
            weak,
            now,
            addresses,
            root,
            second_root,
            issuer,
            second,
            issuing_a,
            issuing_b,
            made: AtomicU64::new(1),
        })
    }

    /// True when certificates name where lists and issuers can be fetched.
    #[must_use]
    pub fn has_addresses(&self) -> bool {
        self.addresses.is_some()
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &LabKeys {
        &self.keys
    }

    /// The root that the target is to trust, in DER.
    #[must_use]
    pub fn root(&self) -> &[u8] {
        &self.root
    }

    /// The root of the second community, in DER.
    #[must_use]
    pub fn second_root(&self) -> &[u8] {
        &self.second_root
    }

    /// The certificates of the two issuing CAs, in DER.
    #[must_use]
    pub fn issuing(&self) -> [&[u8]; 2] {
        [self.issuing_a.der(), self.issuing_b.der()]
    }

    /// The list of issuing CA A: the certificates of shape [`Shape::Revoked`] are on it.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn list_of_issuing_a(&self) -> Result<Vec<u8>, LabError> {
        list(&self.issuing_a, true, self.now)
    }

    /// The list of the root: empty.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn list_of_root(&self) -> Result<Vec<u8>, LabError> {
        list(&self.issuer, false, self.now)
    }

    /// The answer of issuing CA A to an OCSP request: the certificates of shape [`Shape::RevokedByResponder`] are revoked.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn ocsp_answer(&self, request: &[u8]) -> Result<Vec<u8>, LabError> {
        ocsp::answer(request, self.issuing_a.der(), &self.keys.issuing_a, self.now)
    }

    /// A certificate for these URIs, of today as it is when it is asked for: a run may last longer than a short life. The first
    /// URI is the one that shapes play with.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn credential(&self, uris: &[String], shape: Shape, key: KeyKind, now: OffsetDateTime) -> Result<Credential, LabError> {
        let private = match (shape, self.of_clients.get(&key)) {
            (Shape::WeakKey, _) => self.weak.clone(),
            (_, Some(key)) => key.clone(),
            (_, None) => openssl_key(&ec(Nid::X9_62_PRIME256V1)?)?,
        };
        let public = SubjectPublicKeyInfo::from_der(&private.public_key_to_der()?)?;
        let leaf = self.leaf(uris, shape, now)?;
        let (chain, root) = self.chain(leaf, shape, &private, &public)?;
        Ok(Credential { chain, root: Some(root), key: private })
    }

    /// A certificate for a web server of ours at this host, from the root itself, with its key.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn server(&self, host: &str) -> Result<(Vec<u8>, Secret), LabError> {
        let mut params = CertificateParams::new([host.to_owned()])?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "carinbb laboratory");
        params.distinguished_name.push(DnType::CommonName, "carinbb test server");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        (params.not_before, params.not_after) = (self.now - Duration::days(1), self.now + Duration::days(30));
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(self.serial(host));
        let key = self.keys.client_ec256.clone();
        Ok((params.signed_by(&p256(&key)?, &self.issuer)?.der().to_vec(), key))
    }

    /// The chain without its root, and the root.
    fn chain(
        &self,
        leaf: CertificateParams,
        shape: Shape,
        key: &PKey<Private>,
        public: &SubjectPublicKeyInfo,
    ) -> Result<(Vec<Vec<u8>>, Vec<u8>), LabError> {
        let root = self.root.clone();
        let below = |leaf: Vec<u8>, above: &Authority| vec![leaf, above.der().to_vec()];
        Ok(match shape {
            Shape::IssuedByRoot => (vec![leaf.signed_by(public, &self.issuer)?.der().to_vec()], root),
            Shape::WithoutAddresses => (below(leaf.signed_by(public, &self.issuing_b)?.der().to_vec(), &self.issuing_b), root),
            Shape::SelfSigned => (vec![leaf.self_signed(&any_key(key)?)?.der().to_vec()], root),
            Shape::SecondCommunity => (vec![leaf.signed_by(public, &self.second)?.der().to_vec()], self.second_root.clone()),
            Shape::UnknownCa => {
                let unknown = CertifiedIssuer::self_signed(root_params("An unknown root", self.now), KeyPair::generate()?)?;
                (vec![leaf.signed_by(public, &unknown)?.der().to_vec()], unknown.der().to_vec())
            }
            Shape::LongChain => {
                let upper = self.between(1, |_| {})?;
                let mut lower = authority_params("carinbb laboratory lower CA", 0, self.now);
                lower.serial_number = Some(self.serial("lower CA"));
                let lower = CertifiedIssuer::signed_by(lower, KeyPair::generate()?, &upper)?;
                let leaf = leaf.signed_by(public, &lower)?;
                (vec![leaf.der().to_vec(), lower.der().to_vec(), upper.der().to_vec()], root)
            }
            Shape::PathLength => {
                let mut lower = authority_params("carinbb laboratory CA too deep", 0, self.now);
                lower.serial_number = Some(self.serial("CA too deep"));
                let lower = CertifiedIssuer::signed_by(lower, KeyPair::generate()?, &self.issuing_b)?;
                let leaf = leaf.signed_by(public, &lower)?;
                (vec![leaf.der().to_vec(), lower.der().to_vec(), self.issuing_b.der().to_vec()], root)
            }
            Shape::IssuerNotCa | Shape::IssuerExpired | Shape::IssuerNoCertSign | Shape::NameConstraint => {
                let now = self.now;
                let broken = self.between(0, |params| match shape {
                    Shape::IssuerNotCa => params.is_ca = IsCa::ExplicitNoCa,
                    Shape::IssuerExpired => {
                        (params.not_before, params.not_after) = (now - Duration::days(60), now - Duration::hours(2));
                    }
                    Shape::IssuerNoCertSign => {
                        params.key_usages = vec![KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature]
                    }
                    _ => {
                        let content = only_uris_of("elsewhere.carinbb.example");
                        let mut extension = CustomExtension::from_oid_content(&NAME_CONSTRAINTS, content);
                        extension.set_criticality(true);
                        params.custom_extensions = vec![extension];
                    }
                })?;
                (below(leaf.signed_by(public, &broken)?.der().to_vec(), &broken), root)
            }
            _ => (below(leaf.signed_by(public, &self.issuing_a)?.der().to_vec(), &self.issuing_a), root),
        })
    }

    /// A CA of its own below the root.
    fn between(&self, path_length: u8, change: impl Fn(&mut CertificateParams)) -> Result<Authority, LabError> {
        let number = self.made.load(Ordering::Relaxed);
        let mut params = authority_params(&format!("carinbb laboratory CA {number}"), path_length, self.now);
        params.serial_number = Some(self.serial("CA"));
        change(&mut params);
        Ok(CertifiedIssuer::signed_by(params, KeyPair::generate()?, &self.issuer)?)
    }

    fn leaf(&self, uris: &[String], shape: Shape, now: OffsetDateTime) -> Result<CertificateParams, LabError> {
        let first = uris.first().map_or("", String::as_str);
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "carinbb laboratory");
        let name = if shape == Shape::CommonName { first } else { "carinbb test client" };
        params.distinguished_name.push(DnType::CommonName, name);
        let names: Result<Vec<SanType>, rcgen::Error> = match shape {
            // As somebody writes it who has no field for a URI.
            Shape::DnsName => uris.iter().map(|uri| Ok(SanType::DnsName(uri.as_str().try_into()?))).collect(),
            Shape::HostName => uris.iter().map(|uri| Ok(SanType::DnsName(host_of(uri).try_into()?))).collect(),
            Shape::CommonName => Ok(vec![SanType::URI("https://elsewhere.carinbb.example/app".try_into()?)]),
            _ => uris.iter().map(|uri| Ok(SanType::URI(uri.as_str().try_into()?))).collect(),
        };
        params.subject_alt_names = names?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        match shape {
            Shape::NoDigitalSignature => params.key_usages = vec![KeyUsagePurpose::KeyEncipherment],
            Shape::LeafIsCa => {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
            }
            _ => {}
        }
        let (hour, day) = (Duration::hours(1), Duration::days(1));
        (params.not_before, params.not_after) = match shape {
            Shape::Expired => (now - 30 * day, now - 2 * hour),
            Shape::Future => (now + 2 * hour, now + 30 * day),
            Shape::ShortLife => (now - hour / 4, now + 3 * hour / 4),
            _ => (now - day, now + 30 * day),
        };
        params.use_authority_key_identifier_extension = shape != Shape::SelfSigned;
        params.serial_number = Some(match shape {
            Shape::Revoked | Shape::RevokedByResponder => revoked_serial((self.made.fetch_add(1, Ordering::Relaxed) % 256) as u8),
            _ => self.serial(first),
        });
        if let Some(addresses) = self.addresses.as_deref().filter(|_| has_addresses(shape)) {
            let by_ocsp = matches!(shape, Shape::WithResponder | Shape::RevokedByResponder);
            let responder = by_ocsp.then(|| format!("{addresses}/{}", ocsp::NAME));
            if !by_ocsp {
                params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![format!("{addresses}/issuing-a.crl")] }];
            }
            params.custom_extensions = vec![accessible(&format!("{addresses}/issuing-a.cer"), responder.as_deref())];
        }
        if shape == Shape::CriticalExtension {
            let mut extension = CustomExtension::from_oid_content(&NOBODY_KNOWS, vec![5, 0]);
            extension.set_criticality(true);
            params.custom_extensions.push(extension);
        }
        Ok(params)
    }

    fn serial(&self, what: &str) -> SerialNumber {
        serial(what, self.made.fetch_add(1, Ordering::Relaxed), self.now)
    }
}

/// What issuing CA A issues says where its list is.
fn has_addresses(shape: Shape) -> bool {
    let elsewhere = [
        Shape::IssuedByRoot,
        Shape::WithoutAddresses,
        Shape::LongChain,
        Shape::PathLength,
        Shape::IssuerNotCa,
        Shape::IssuerExpired,
        Shape::IssuerNoCertSign,
        Shape::NameConstraint,
        Shape::SelfSigned,
        Shape::UnknownCa,
        Shape::SecondCommunity,
    ];
    !elsewhere.contains(&shape)
}

/// 16 bytes that no other certificate has; the first bit is off, for the number is positive.
fn serial(what: &str, number: u64, now: OffsetDateTime) -> SerialNumber {
    let mut digest = Sha256::new();
    digest.update(what);
    digest.update(number.to_be_bytes());
    digest.update(now.unix_timestamp_nanos().to_be_bytes());
    let mut bytes = digest.finalize()[..16].to_vec();
    bytes[0] = bytes[0] & 0x7f | 0x40;
    SerialNumber::from_slice(&bytes)
}

fn root_params(name: &str, now: OffsetDateTime) -> CertificateParams {
    let mut params = authority_params(name, 3, now);
    params.not_after = now + Duration::days(3650);
    params.use_authority_key_identifier_extension = false;
    params.serial_number = Some(serial(name, 0, now));
    params
}

fn authority_params(name: &str, path_length: u8, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "carinbb laboratory");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(path_length));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params.not_before = now - Duration::days(30);
    params.not_after = now + Duration::days(365);
    params
}

fn accessible(issuer: &str, responder: Option<&str>) -> CustomExtension {
    CustomExtension::from_oid_content(&AUTHORITY_INFO_ACCESS, access(issuer, responder))
}

fn rsa(pem: &Secret) -> Result<KeyPair, LabError> {
    Ok(KeyPair::from_pkcs8_pem_and_sign_algo(pem.expose(), &PKCS_RSA_SHA256)?)
}

fn p256(pem: &Secret) -> Result<KeyPair, LabError> {
    Ok(KeyPair::from_pkcs8_pem_and_sign_algo(pem.expose(), &PKCS_ECDSA_P256_SHA256)?)
}

/// A key of whatever kind that can sign certificates.
fn any_key(key: &PKey<Private>) -> Result<KeyPair, LabError> {
    let pem = Zeroizing::new(key.private_key_to_pem_pkcs8()?);
    Ok(KeyPair::from_pem(&String::from_utf8_lossy(&pem))?)
}

fn openssl_key(pem: &Secret) -> Result<PKey<Private>, LabError> {
    Ok(PKey::private_key_from_pem(pem.expose().as_bytes())?)
}

/// The host of a URI; nothing when it has none.
fn host_of(uri: &str) -> String {
    let url = url::Url::parse(uri).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
