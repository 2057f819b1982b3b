//! An OCSP response of the reference authority, to be stapled or asked for: written by hand in DER (RFC 6960).

use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::x509::X509;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

/// What the authority says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Good,
    Revoked,
    /// Good, but the answer is too old to be believed.
    Stale,
}

const SEQUENCE: u8 = 0x30;
const OCTETS: u8 = 4;
const TIME: u8 = 0x18;
/// SHA-1, the digest that names certificates in OCSP.
const SHA_1: &[u8] = &[6, 5, 0x2b, 14, 3, 2, 26];
const ECDSA_WITH_SHA_256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const BASIC_RESPONSE: &[u8] = &[6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];

/// A signed response about `leaf` by its issuer, whose key is an elliptic-curve key in PKCS #8.
pub(super) fn response(
    says: Says,
    leaf: &[u8],
    issuer: &[u8],
    issuer_key: &[u8],
    now: OffsetDateTime,
) -> Result<Vec<u8>, ErrorStack> {
    let (leaf, issuer) = (X509::from_der(leaf)?, X509::from_der(issuer)?);
    let (from, until) = match says {
        Says::Stale => (now - Duration::days(20), now - Duration::days(10)),
        Says::Good | Says::Revoked => (now - Duration::hours(1), now + Duration::days(7)),
    };
    let status = match says {
        Says::Revoked => tlv(0xa1, &moment(now - Duration::days(2))),
        Says::Good | Says::Stale => tlv(0x80, &[]),
    };
    let single = [certificate_id(&leaf, &issuer)?, status, moment(from), tlv(0xa0, &moment(until))].concat();
    let responder = tlv(0xa1, &issuer.subject_name().to_der()?);
    let data = tlv(SEQUENCE, &[responder, moment(from), tlv(SEQUENCE, &tlv(SEQUENCE, &single))].concat());
    let key = PKey::private_key_from_pkcs8(issuer_key)?;
    let signature = Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(&data)?;
    let signature = tlv(3, &[&[0], signature.as_slice()].concat());
    let basic = tlv(SEQUENCE, &[data, tlv(SEQUENCE, ECDSA_WITH_SHA_256), signature].concat());
    let bytes = tlv(SEQUENCE, &[BASIC_RESPONSE, &tlv(OCTETS, &basic)].concat());
    Ok(tlv(SEQUENCE, &[vec![0x0a, 1, 0], tlv(0xa0, &bytes)].concat()))
}

fn certificate_id(leaf: &X509, issuer: &X509) -> Result<Vec<u8>, ErrorStack> {
    let name = hash(MessageDigest::sha1(), &issuer.subject_name().to_der()?)?;
    // An elliptic-curve point of 256 bits stands at the end of its SubjectPublicKeyInfo, behind a fixed head.
    let info = issuer.public_key()?.public_key_to_der()?;
    let point = &info[info.len().saturating_sub(65)..];
    let key = hash(MessageDigest::sha1(), point)?;
    let serial = leaf.serial_number().to_bn()?.to_vec();
    let padding: &[u8] = if serial.first().is_none_or(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
    let algorithm = tlv(SEQUENCE, &[SHA_1, &[5, 0]].concat());
    let serial = tlv(2, &[padding, &serial].concat());
    Ok(tlv(SEQUENCE, &[algorithm, tlv(OCTETS, &name), tlv(OCTETS, &key), serial].concat()))
}

fn moment(time: OffsetDateTime) -> Vec<u8> {
    let format = format_description!("[year][month][day][hour][minute][second]Z");
    tlv(TIME, time.format(format).unwrap_or_default().as_bytes())
}

/// Tag, length, value.
pub(super) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ 0..=0x7f => vec![u8::try_from(short).unwrap_or_default()],
        long => {
            let bytes: Vec<u8> = long.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            [vec![0x80 | u8::try_from(bytes.len()).unwrap_or_default()], bytes].concat()
        }
    };
    [vec![tag], length, content.to_vec()].concat()
}
