//! From a leaf to an anchor: OpenSSL builds the path; what it says is wrong, a fault may overlook.

use openssl::asn1::Asn1Time;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509Ref, X509StoreContext, X509VerifyResult};

use super::super::site::Site;
use super::doubt::Doubt;
use super::place::Place;
use super::state::Member;

/// 112 bits: RSA from 2048 bits on, no SHA-1.
const SECURITY_LEVEL: i32 = 2;

/// A path that was found good.
#[derive(Debug)]
pub(super) struct Path {
    /// Names the anchor: the same client in two communities is two clients.
    pub(super) anchor: String,
    /// Leaf first, the anchor last.
    pub(super) certificates: Vec<X509>,
}

/// What OpenSSL calls the ways in which a path can be bad.
mod code {
    pub(super) const NOT_YET_VALID: i32 = 9;
    pub(super) const EXPIRED: i32 = 10;
    pub(super) const SELF_SIGNED: i32 = 18;
    pub(super) const INVALID_CA: i32 = 24;
    pub(super) const PATH_LENGTH: i32 = 25;
    pub(super) const UNHANDLED_CRITICAL_EXTENSION: i32 = 34;
    pub(super) const NOT_PERMITTED: i32 = 47;
    pub(super) const EXCLUDED: i32 = 48;
    pub(super) const WEAK: [i32; 3] = [66, 67, 68];
}

/// The path from the first of `chain` to an anchor of any community; `further` are certificates that were fetched.
pub(super) fn trust(site: &Site, place: &Place, chain: &[X509], further: &[X509]) -> Result<Path, Doubt> {
    let Some(leaf) = chain.first() else {
        // only the fault that does without x5c comes here
        return Ok(Path { anchor: String::new(), certificates: Vec::new() });
    };
    if chain.len() == 1 && site.has(place.refuses_leaf_only) {
        return Err(Doubt::Trust("x5c does not hold the whole chain"));
    }
    if chain.iter().skip(1).any(is_self_issued) && site.has(place.refuses_root) {
        return Err(Doubt::Trust("x5c holds a root"));
    }
    let path = path(site, place, chain, further)?;
    if claims_authority(leaf) && !site.has(place.ca_leaf) {
        return Err(Doubt::Trust("the certificate is that of a CA"));
    }
    let signs = leaf.key_usage().is_none_or(|usage| usage.contains(openssl::x509::X509KeyUsage::DIGITAL_SIGNATURE));
    if !signs && !site.has(place.not_for_signing) {
        return Err(Doubt::Trust("the certificate is not for signatures"));
    }
    Ok(path)
}

fn path(site: &Site, place: &Place, chain: &[X509], further: &[X509]) -> Result<Path, Doubt> {
    let now = site.now().unix_timestamp();
    let mut worst = None;
    for (number, member) in site.udap.communities.iter().enumerate() {
        match attempt(member, chain, further, Some(now)) {
            Ok(Attempt::Good(certificates)) => return Ok(found(certificates)),
            Ok(Attempt::Bad(code, depth)) => {
                if let Some(certificates) = by_another_way(member, chain, further, now) {
                    return Ok(found(certificates));
                }
                let this = (number, code, depth);
                worst = Some(worst.map_or(this, |before| worse(before, this)));
            }
            Err(_) => return Err(Doubt::Trust("the certificates cannot be worked with")),
        }
    }
    let Some((number, code, depth)) = worst else { return stranger(site, place, chain, 0) };
    let member = &site.udap.communities[number];
    let fault = match code {
        code::EXPIRED if depth == 0 => place.expired_certificate,
        code::NOT_YET_VALID if depth == 0 => place.future_certificate,
        code::EXPIRED | code::NOT_YET_VALID => place.expired_intermediate,
        code::INVALID_CA => place.no_ca_intermediate,
        code::PATH_LENGTH => place.path_length,
        code::NOT_PERMITTED | code::EXCLUDED => place.name_constraints,
        code::UNHANDLED_CRITICAL_EXTENSION => place.critical_extension,
        code if code::WEAK.contains(&code) => place.weak_key,
        // OpenSSL takes no issuer without keyCertSign into account at all: only the signatures show that there is one
        _ if by_signatures(member, chain, further).is_some() => place.no_ca_intermediate,
        code => return stranger(site, place, chain, code),
    };
    let timeless = matches!(code, code::EXPIRED | code::NOT_YET_VALID).then(|| attempt(member, chain, further, None));
    let certificates = match timeless {
        Some(Ok(Attempt::Good(certificates))) => Some(certificates),
        Some(_) => None,
        None => by_signatures(member, chain, further),
    };
    match certificates {
        Some(certificates) if site.has(fault) => Ok(found(certificates)),
        _ => Err(Doubt::Trust("the chain of certificates is not good")),
    }
}

/// Which of two bad attempts says more: the one that got as far as an anchor.
fn worse(before: (usize, i32, u32), after: (usize, i32, u32)) -> (usize, i32, u32) {
    let strange = |(_, code, _): (usize, i32, u32)| matches!(code, 2 | 18..=21);
    if strange(before) && !strange(after) { after } else { before }
}

/// A chain that leads to no anchor.
fn stranger(site: &Site, place: &Place, chain: &[X509], code: i32) -> Result<Path, Doubt> {
    let alone = code == code::SELF_SIGNED || (chain.len() == 1 && is_self_issued(&chain[0]));
    let fault = if alone { place.self_signed } else { place.unknown_ca };
    if !site.has(fault) {
        return Err(Doubt::Trust("nobody who is trusted here vouches for the certificate"));
    }
    Ok(found(chain.to_vec()))
}

fn found(certificates: Vec<X509>) -> Path {
    let digest = certificates.last().and_then(|anchor| anchor.digest(MessageDigest::sha256()).ok());
    let anchor = digest.iter().flat_map(|digest| digest.iter()).map(|byte| format!("{byte:02x}")).collect();
    Path { anchor, certificates }
}

enum Attempt {
    Good(Vec<X509>),
    /// OpenSSL's code, and how far above the leaf.
    Bad(i32, u32),
}

fn attempt(member: &Member, chain: &[X509], further: &[X509], now: Option<i64>) -> Result<Attempt, ErrorStack> {
    if member.anchors.is_empty() {
        return Ok(Attempt::Bad(20, 0));
    }
    let store = store(member, now)?;
    let mut others = Stack::new()?;
    for certificate in chain.iter().skip(1).chain(further) {
        others.push(certificate.clone())?;
    }
    let mut context = X509StoreContext::new()?;
    context.init(&store, &chain[0], &others, |context| {
        if context.verify_cert()? {
            let path = context.chain().map(|path| path.iter().map(X509Ref::to_owned).collect()).unwrap_or_default();
            return Ok(Attempt::Good(path));
        }
        Ok(Attempt::Bad(context.error().as_raw(), context.error_depth()))
    })
}

/// A good path that OpenSSL did not find by itself: cross-signed CAs, and renewed ones.
fn by_another_way(member: &Member, chain: &[X509], further: &[X509], now: i64) -> Option<Vec<X509>> {
    every_path(member, chain, further).into_iter().find_map(|path| {
        let (_, below) = path.split_last()?;
        match attempt(member, below, &[], Some(now)) {
            Ok(Attempt::Good(certificates)) => Some(certificates),
            _ => None,
        }
    })
}

fn store(member: &Member, now: Option<i64>) -> Result<X509Store, ErrorStack> {
    let mut builder = X509StoreBuilder::new()?;
    for anchor in &member.anchors {
        builder.add_cert(anchor.clone())?;
    }
    let mut parameters = X509VerifyParam::new()?;
    // an anchor may be an intermediate
    parameters.set_flags(X509VerifyFlags::PARTIAL_CHAIN | X509VerifyFlags::TRUSTED_FIRST)?;
    parameters.set_auth_level(SECURITY_LEVEL);
    match now {
        Some(now) => parameters.set_time(now),
        None => parameters.set_flags(X509VerifyFlags::NO_CHECK_TIME)?,
    }
    builder.set_param(&parameters)?;
    Ok(builder.build())
}

/// The first path by names and signatures alone, whatever the extensions say.
fn by_signatures(member: &Member, chain: &[X509], further: &[X509]) -> Option<Vec<X509>> {
    every_path(member, chain, further).into_iter().next()
}

/// The most paths that are looked at, and the longest: certificates of one CA can form very many.
const MOST_PATHS: usize = 16;
const LONGEST_PATH: usize = 10;

/// Every path by names and signatures alone. OpenSSL itself takes the first issuer that fits and never comes back.
fn every_path(member: &Member, chain: &[X509], further: &[X509]) -> Vec<Vec<X509>> {
    let mut found = Vec::new();
    let mut begun: Vec<Vec<X509>> = chain.first().map(|leaf| vec![leaf.clone()]).into_iter().collect();
    while let Some(path) = begun.pop() {
        let Some(last) = path.last().filter(|_| path.len() < LONGEST_PATH && found.len() < MOST_PATHS) else { continue };
        let with = |next: &X509| [path.as_slice(), std::slice::from_ref(next)].concat();
        found.extend(member.anchors.iter().filter(|anchor| signed_by(last, anchor)).map(with));
        let nexts = chain.iter().chain(further).filter(|next| signed_by(last, next) && !path.contains(next));
        begun.extend(nexts.map(with));
    }
    found
}

fn signed_by(certificate: &X509, issuer: &X509) -> bool {
    let named = matches!(certificate.issuer_name().try_cmp(issuer.subject_name()), Ok(std::cmp::Ordering::Equal));
    named && issuer.public_key().is_ok_and(|key| certificate.verify(&key).unwrap_or(false))
}

pub(super) fn is_self_issued(certificate: &X509) -> bool {
    certificate.issued(certificate) == X509VerifyResult::OK
}

/// Whether basicConstraints says that this is a CA: OpenSSL's bindings do not tell, so the extension is looked for.
fn claims_authority(certificate: &X509) -> bool {
    const OID: [u8; 5] = [0x06, 0x03, 0x55, 0x1d, 0x13];
    let der = certificate.to_der().unwrap_or_default();
    let Some(place) = der.windows(OID.len()).position(|window| window == OID) else { return false };
    let mut rest = der.get(place + OID.len()..).unwrap_or_default();
    if let [0x01, 0x01, _, after @ ..] = rest {
        rest = after;
    }
    matches!(rest, [0x04, _, 0x30, _, 0x01, 0x01, 0xff, ..])
}

/// The URIs that a certificate is about: entries of that type alone.
pub(super) fn uris(certificate: &X509) -> Vec<String> {
    let names = certificate.subject_alt_names();
    names.iter().flat_map(|names| names.iter()).filter_map(|name| name.uri().map(str::to_owned)).collect()
}

/// The DNS names and the common name, for the faults that take those for URIs.
pub(super) fn dns_names(certificate: &X509) -> Vec<String> {
    let names = certificate.subject_alt_names();
    names.iter().flat_map(|names| names.iter()).filter_map(|name| name.dnsname().map(str::to_owned)).collect()
}

/// The common names of a certificate.
pub(super) fn common_names(certificate: &X509) -> Vec<String> {
    let entries = certificate.subject_name().entries_by_nid(openssl::nid::Nid::COMMONNAME);
    entries.filter_map(|entry| entry.data().to_string().ok()).collect()
}

/// Whether a time of OpenSSL lies before another.
pub(super) fn is_past(time: &openssl::asn1::Asn1TimeRef, now: i64) -> bool {
    Asn1Time::from_unix(now).is_ok_and(|now| matches!(time.compare(&now), Ok(std::cmp::Ordering::Less)))
}

/// Any path to any anchor, whatever else is wrong with it: what has to be fetched is fetched for that one.
pub(super) fn any_path(site: &Site, chain: &[X509], further: &[X509]) -> Option<Vec<X509>> {
    site.udap.communities.iter().find_map(|member| by_signatures(member, chain, further))
}

/// Whether a chain leads to an anchor of any community, nothing overlooked.
pub(super) fn leads_to_an_anchor(site: &Site, chain: &[X509]) -> bool {
    let now = site.now().unix_timestamp();
    let is_good = |member: &Member| matches!(attempt(member, chain, &[], Some(now)), Ok(Attempt::Good(_)));
    !chain.is_empty() && site.udap.communities.iter().any(is_good)
}
