//! The certificate that signs the server's metadata, for its base URL, and every way to get that certificate wrong.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Extension};
use time::OffsetDateTime;

use super::super::site::Site;
use super::authority::{Authority, Holder, authority, begin, common_name, elliptic_key, identify};
use super::{keys, published};

/// What is wrong with a metadata certificate, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Honest,
    Expired,
    NotYetValid,
    IssuerExpired,
    IssuerNoAuthority,
    UnknownAuthority,
    SelfSigned,
    DnsNameOnly,
    CommonNameOnly,
    OtherUri,
    LongerUri,
    NotForSigning,
    IsAuthority,
    WeakKey,
    Sha1,
    EllipticKey,
    /// Signed by the root itself.
    ByRoot,
    /// Names lists and issuers at an address that nobody answers at.
    NamesNowhere,
    /// Names the list of its CA.
    NamesList,
    /// Names who answers for its CA by OCSP.
    NamesResponder,
    /// Names both.
    NamesBoth,
}

/// The faults and quirks of the certificate.
const FAULTS: [(&str, Kind); 21] = [
    ("udap-metadata-certificate-expired", Kind::Expired),
    ("udap-metadata-certificate-not-yet-valid", Kind::NotYetValid),
    ("udap-metadata-intermediate-expired", Kind::IssuerExpired),
    ("udap-metadata-intermediate-no-ca", Kind::IssuerNoAuthority),
    ("udap-metadata-unknown-ca", Kind::UnknownAuthority),
    ("udap-metadata-self-signed", Kind::SelfSigned),
    ("udap-metadata-san-dns-only", Kind::DnsNameOnly),
    ("udap-metadata-san-missing", Kind::CommonNameOnly),
    ("udap-metadata-san-other-uri", Kind::OtherUri),
    ("udap-metadata-san-longer-uri", Kind::LongerUri),
    ("udap-metadata-certificate-not-for-signing", Kind::NotForSigning),
    ("udap-metadata-certificate-is-ca", Kind::IsAuthority),
    ("udap-metadata-weak-key", Kind::WeakKey),
    ("udap-metadata-certificate-sha1", Kind::Sha1),
    ("udap-metadata-signed-es256", Kind::EllipticKey),
    ("udap-metadata-x5c-leaf-only", Kind::ByRoot),
    ("udap-metadata-certificate-names-nowhere", Kind::NamesNowhere),
    ("udap-metadata-certificate-revoked", Kind::NamesList),
    ("udap-metadata-certificate-revoked-by-ocsp", Kind::NamesResponder),
    ("udap-metadata-crl-stale", Kind::NamesList),
    ("udap-metadata-certificate-not-revoked", Kind::NamesBoth),
];

/// A chain, leaf first and without the root, with the leaf's key.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) chain: Vec<X509>,
    pub(super) root: X509,
    pub(super) key: PKey<Private>,
}

/// The identity that a community's metadata is signed with.
pub(super) fn identity(site: &Site, community: &str) -> Result<Arc<Identity>, ErrorStack> {
    let mut kind = Kind::Honest;
    for (fault, wrong) in FAULTS {
        if site.has(fault) {
            kind = wrong;
        }
    }
    of_kind(site.base.as_str(), community, kind, &named(site, community, kind), site.now())
}

/// The identity with which the server is a client elsewhere: right, whatever is wrong with its metadata.
pub(super) fn honest(site: &Site, community: &str) -> Result<Arc<Identity>, ErrorStack> {
    of_kind(site.base.as_str(), community, Kind::Honest, &[], site.now())
}

/// What the certificate says about where its state is to be learnt, in OpenSSL's words.
fn named(site: &Site, community: &str, kind: Kind) -> Vec<(Nid, String)> {
    let [list, responder] = published::addresses(site, community);
    let list = (Nid::CRL_DISTRIBUTION_POINTS, format!("URI:{list}"));
    let responder = (Nid::INFO_ACCESS, format!("OCSP;URI:{responder}"));
    match kind {
        Kind::NamesNowhere => NOWHERE.map(|(nid, value)| (nid, value.to_owned())).to_vec(),
        Kind::NamesList => vec![list],
        Kind::NamesResponder => vec![responder],
        Kind::NamesBoth => vec![list, responder],
        _ => Vec::new(),
    }
}

/// One certificate per base, community, kind and day: making it again each time would cost a signature for nothing.
fn of_kind(
    base: &str,
    community: &str,
    kind: Kind,
    named: &[(Nid, String)],
    now: OffsetDateTime,
) -> Result<Arc<Identity>, ErrorStack> {
    type Key = (String, String, Kind, Vec<String>, i64);
    static MADE: Mutex<BTreeMap<Key, Arc<Identity>>> = Mutex::new(BTreeMap::new());
    let addresses = named.iter().map(|(_, value)| value.clone()).collect();
    let key = (base.to_owned(), community.to_owned(), kind, addresses, now.unix_timestamp() / DAY);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(identity) = made.get(&key) {
        return Ok(Arc::clone(identity));
    }
    let from = if kind == Kind::UnknownAuthority { "An unknown community" } else { community };
    let identity = Arc::new(mint(base, &*authority(from)?, kind, named, now.unix_timestamp())?);
    made.insert(key, Arc::clone(&identity));
    Ok(identity)
}

const DAY: i64 = 86_400;

/// Addresses of documentation (RFC 5737): a packet to them comes back from nowhere.
const NOWHERE: [(Nid, &str); 2] =
    [(Nid::CRL_DISTRIBUTION_POINTS, "URI:http://192.0.2.1/ca.crl"), (Nid::INFO_ACCESS, "caIssuers;URI:http://192.0.2.1/ca.crt")];

fn mint(base: &str, authority: &Authority, kind: Kind, named: &[(Nid, String)], now: i64) -> Result<Identity, ErrorStack> {
    let key = match kind {
        Kind::WeakKey => keys::weak_key()?.clone(),
        Kind::EllipticKey => elliptic_key()?,
        _ => keys::signing_key()?.clone(),
    };
    let subject = common_name(if kind == Kind::CommonNameOnly { base } else { "Reference FHIR server" })?;
    let issuer: Option<&Holder> = match kind {
        Kind::SelfSigned => None,
        Kind::ByRoot => Some(&authority.root),
        Kind::IssuerExpired => Some(&authority.expired),
        Kind::IssuerNoAuthority => Some(&authority.not_an_authority),
        _ => Some(&authority.issuing),
    };
    let (from, until) = match kind {
        Kind::Expired => (now - 60 * DAY, now - DAY),
        Kind::NotYetValid => (now + 2 * DAY, now + 60 * DAY),
        _ => (now - 2 * DAY, now + 400 * DAY),
    };
    let issuer_name = issuer.map_or(subject.as_ref(), |issuer| issuer.certificate.subject_name());
    let mut builder = begin(&subject, issuer_name, &key, from, until)?;
    let mut constraints = BasicConstraints::new();
    let mut usage = KeyUsage::new();
    usage.critical();
    match kind {
        Kind::NotForSigning => usage.key_encipherment(),
        Kind::IsAuthority => usage.digital_signature().key_cert_sign(),
        _ => usage.digital_signature(),
    };
    if kind == Kind::IsAuthority {
        constraints.ca();
    }
    builder.append_extension(constraints.critical().build()?)?;
    builder.append_extension(usage.build()?)?;
    identify(&mut builder, issuer.map(|issuer| issuer.certificate.as_ref()))?;
    if let Some(name) = alternative_name(base, kind) {
        let extension = name.build(&builder.x509v3_context(issuer.map(|issuer| issuer.certificate.as_ref()), None))?;
        builder.append_extension(extension)?;
    }
    for (nid, value) in named {
        #[allow(deprecated, reason = "OpenSSL's configuration syntax is the only way to these extensions")]
        let extension = X509Extension::new_nid(None, None, *nid, value)?;
        builder.append_extension(extension)?;
    }
    let digest = if kind == Kind::Sha1 { MessageDigest::sha1() } else { MessageDigest::sha256() };
    builder.sign(issuer.map_or(&key, |issuer| &issuer.key), digest)?;
    let mut chain = vec![builder.build()];
    if !matches!(kind, Kind::SelfSigned | Kind::ByRoot) {
        chain.extend(issuer.map(|issuer| issuer.certificate.clone()));
    }
    Ok(Identity { chain, root: authority.root.certificate.clone(), key })
}

fn alternative_name(base: &str, kind: Kind) -> Option<SubjectAlternativeName> {
    let mut name = SubjectAlternativeName::new();
    match kind {
        Kind::CommonNameOnly => return None,
        Kind::DnsNameOnly => name.dns("localhost"),
        Kind::OtherUri => name.uri("https://fhir.elsewhere.example/fhir/r4"),
        // whoever compares by substring takes this one for the base
        Kind::LongerUri => name.uri(&format!("{base}/members")),
        _ => name.uri(base),
    };
    Some(name)
}
