//! The laboratory CAs that vouch for the server's own metadata, one per community, made once per process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, SubjectKeyIdentifier};
use openssl::x509::{X509, X509Builder, X509Name, X509NameRef, X509Ref};

/// A certificate with its private key.
#[derive(Debug, Clone)]
pub(super) struct Holder {
    pub(super) certificate: X509,
    pub(super) key: PKey<Private>,
}

/// A root and the CAs below it.
#[derive(Debug)]
pub(in super::super) struct Authority {
    pub(super) root: Holder,
    /// The CA that signs the metadata certificates.
    pub(super) issuing: Holder,
    /// The same, but its time is over.
    pub(super) expired: Holder,
    /// A certificate of the root that is no CA, and yet signs.
    pub(super) not_an_authority: Holder,
}

/// The authority of this name; the name of a community is its URI.
pub(in super::super) fn authority(name: &str) -> Result<Arc<Authority>, ErrorStack> {
    static MADE: Mutex<BTreeMap<String, Arc<Authority>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(authority) = made.get(name) {
        return Ok(Arc::clone(authority));
    }
    let authority = Arc::new(Authority::make(name)?);
    made.insert(name.to_owned(), Arc::clone(&authority));
    Ok(authority)
}

/// When the CAs begin and end, in Unix time: 2020 to 2045, so that no clock of a test falls outside.
const BEGIN: i64 = 1_577_836_800;
const END: i64 = 2_366_841_600;
/// When the expired CA ended: 2021.
const ENDED: i64 = 1_609_459_200;

impl Authority {
    fn make(name: &str) -> Result<Self, ErrorStack> {
        let called = if name.is_empty() { "Reference" } else { name };
        let root = certified(&format!("{} UDAP Root", cut(called)), None, true, END)?;
        let below = |what: &str, is_ca, end| certified(&format!("{} {what}", cut(called)), Some(&root), is_ca, end);
        Ok(Self {
            issuing: below("UDAP Issuing CA", true, END)?,
            expired: below("UDAP Former CA", true, ENDED)?,
            not_an_authority: below("UDAP Participant", false, END)?,
            root,
        })
    }

    /// The root as PEM.
    pub(in super::super) fn root_pem(&self) -> Result<String, ErrorStack> {
        Ok(String::from_utf8_lossy(&self.root.certificate.to_pem()?).into_owned())
    }

    /// The root as DER.
    pub(in super::super) fn root_der(&self) -> Result<Vec<u8>, ErrorStack> {
        self.root.certificate.to_der()
    }
}

/// A common name has at most 64 characters.
fn cut(name: &str) -> String {
    name.chars().take(40).collect()
}

fn certified(name: &str, by: Option<&Holder>, is_ca: bool, end: i64) -> Result<Holder, ErrorStack> {
    let key = elliptic_key()?;
    let subject = common_name(name)?;
    let issuer = by.map_or(subject.as_ref(), |by| by.certificate.subject_name());
    let mut builder = begin(&subject, issuer, &key, BEGIN, end)?;
    let mut constraints = BasicConstraints::new();
    let mut usage = KeyUsage::new();
    usage.critical().digital_signature();
    if is_ca {
        constraints.ca();
        usage.key_cert_sign().crl_sign();
    }
    builder.append_extension(constraints.critical().build()?)?;
    builder.append_extension(usage.build()?)?;
    identify(&mut builder, by.map(|by| by.certificate.as_ref()))?;
    builder.sign(by.map_or(&key, |by| &by.key), MessageDigest::sha256())?;
    Ok(Holder { certificate: builder.build(), key })
}

/// A fresh P-256 key.
pub(super) fn elliptic_key() -> Result<PKey<Private>, ErrorStack> {
    PKey::from_ec_key(EcKey::generate(EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?.as_ref())?)
}

/// A name of one common name.
pub(super) fn common_name(text: &str) -> Result<X509Name, ErrorStack> {
    let mut name = X509Name::builder()?;
    name.append_entry_by_nid(Nid::COMMONNAME, text)?;
    Ok(name.build())
}

/// A version 3 certificate with everything but its extensions.
pub(super) fn begin(
    subject: &X509NameRef,
    issuer: &X509NameRef,
    key: &PKey<Private>,
    from: i64,
    until: i64,
) -> Result<X509Builder, ErrorStack> {
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    let mut serial = BigNum::new()?;
    serial.rand(120, MsbOption::ONE, false)?;
    builder.set_serial_number(Asn1Integer::from_bn(&serial)?.as_ref())?;
    builder.set_subject_name(subject)?;
    builder.set_issuer_name(issuer)?;
    builder.set_pubkey(key)?;
    builder.set_not_before(Asn1Time::from_unix(from)?.as_ref())?;
    builder.set_not_after(Asn1Time::from_unix(until)?.as_ref())?;
    Ok(builder)
}

/// Adds the two key identifiers; a certificate without an issuer names itself alone.
pub(super) fn identify(builder: &mut X509Builder, issuer: Option<&X509Ref>) -> Result<(), ErrorStack> {
    let own = SubjectKeyIdentifier::new().build(&builder.x509v3_context(issuer, None))?;
    builder.append_extension(own)?;
    if issuer.is_some() {
        let theirs = AuthorityKeyIdentifier::new().keyid(true).build(&builder.x509v3_context(issuer, None))?;
        builder.append_extension(theirs)?;
    }
    Ok(())
}
