//! The OCSP responder of the laboratory (RFC 6960): it answers for the certificates of issuing CA A, signed with that CA's own key.
//!
//! Requests come from the target, so they are hostile text: what cannot be read is `malformedRequest`, and a few questions at
//! a time are enough.

use openssl::hash::{MessageDigest, hash};
use openssl::pkey::PKey;
use openssl::sign::Signer;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::asn1_rs::{Any, Class, FromDer};

use super::LabError;
use super::der::{OBJECT, SEQUENCE, tlv};
use super::revocation::is_revoked;
use crate::vocabulary::Secret;

/// The name under which the responder is asked, behind the address of our listener.
pub const NAME: &str = "ocsp";
/// The largest request that is looked at.
pub const LARGEST_OCSP_REQUEST: usize = 8 * 1024;
const MOST_QUESTIONS: usize = 8;

const OCTETS: u8 = 4;
const TIME: u8 = 0x18;
const BASIC_RESPONSE: [u8; 9] = [0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];
const NONCE: [u8; 9] = [0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2];
const RSA_WITH_SHA_256: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
/// An `OCSPResponse` that holds nothing but `malformedRequest`.
const MALFORMED: [u8; 5] = [SEQUENCE, 3, 0x0a, 1, 1];

/// The answer to a request, of whatever kind it is.
pub(super) fn answer(request: &[u8], issuer: &[u8], key: &Secret, now: OffsetDateTime) -> Result<Vec<u8>, LabError> {
    let Some(asked) = read(request) else { return Ok(MALFORMED.to_vec()) };
    let issuer = Issuer::of(issuer)?;
    let until = now + Duration::days(7);
    let now = now - Duration::hours(1);
    let single = |question: &Question| -> Result<Vec<u8>, LabError> {
        let status = match issuer.is_meant(question)? {
            false => tlv(0x82, &[]),
            true if is_revoked(&question.serial) => {
                // Revoked since, and why: the key was lost.
                let reason = tlv(0xa0, &[0x0a, 1, 1]);
                tlv(0xa1, &[moment(now - Duration::days(2)), reason].concat())
            }
            true => tlv(0x80, &[]),
        };
        Ok(tlv(SEQUENCE, &[question.id.clone(), status, moment(now), tlv(0xa0, &moment(until))].concat()))
    };
    let singles: Result<Vec<Vec<u8>>, LabError> = asked.questions.iter().map(single).collect();
    let responder = tlv(0xa2, &tlv(OCTETS, &hash(MessageDigest::sha1(), &issuer.key)?));
    let nonce = asked.nonce.map(|nonce| tlv(0xa1, &tlv(SEQUENCE, &nonce))).unwrap_or_default();
    let data = tlv(SEQUENCE, &[responder, moment(now), tlv(SEQUENCE, &singles?.concat()), nonce].concat());
    let key = PKey::private_key_from_pem(key.expose().as_bytes())?;
    let signature = Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(&data)?;
    let algorithm = tlv(SEQUENCE, &[tlv(OBJECT, &RSA_WITH_SHA_256), vec![5, 0]].concat());
    let signature = tlv(3, &[&[0], signature.as_slice()].concat());
    let basic = tlv(OCTETS, &tlv(SEQUENCE, &[data, algorithm, signature].concat()));
    let bytes = tlv(SEQUENCE, &[tlv(OBJECT, &BASIC_RESPONSE), basic].concat());
    Ok(tlv(SEQUENCE, &[vec![0x0a, 1, 0], tlv(0xa0, &bytes)].concat()))
}

/// What is asked of one certificate.
struct Question {
    /// The `CertID` as it came: the answer repeats it.
    id: Vec<u8>,
    algorithm: Vec<u8>,
    name_hash: Vec<u8>,
    key_hash: Vec<u8>,
    /// Without the zero that makes it positive.
    serial: Vec<u8>,
}

struct Asked {
    questions: Vec<Question>,
    /// The extension with a nonce, as it came.
    nonce: Option<Vec<u8>>,
}

/// One element: its class and tag, its content, all of its bytes.
struct Element<'a> {
    class: Class,
    tag: u32,
    content: &'a [u8],
    whole: &'a [u8],
}

/// The elements of a SEQUENCE's content; `None` when any of it is no DER.
fn elements(mut bytes: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (rest, any) = Any::from_der(bytes).ok()?;
        let whole = bytes.get(..bytes.len() - rest.len())?;
        found.push(Element { class: any.header.class(), tag: any.header.tag().0, content: any.data, whole });
        bytes = rest;
    }
    Some(found)
}

/// The content of the one element that these bytes are.
fn only(bytes: &[u8]) -> Option<&[u8]> {
    match elements(bytes)?.as_slice() {
        [one] if one.class == Class::Universal && one.tag == 16 => Some(one.content),
        _ => None,
    }
}

fn read(request: &[u8]) -> Option<Asked> {
    if request.len() > LARGEST_OCSP_REQUEST {
        return None;
    }
    let whole = elements(only(request)?)?;
    // A signature behind it is optional, and whoever asks may stay unknown.
    let parts = elements(whole.first()?.content)?;
    let list = parts.iter().find(|part| part.class == Class::Universal && part.tag == 16)?;
    let questions: Option<Vec<Question>> =
        elements(list.content)?.iter().map(|one| question(elements(one.content)?.first()?)).collect();
    let questions = questions.filter(|questions| (1..=MOST_QUESTIONS).contains(&questions.len()))?;
    let extensions = parts.iter().find(|part| part.class == Class::ContextSpecific && part.tag == 2);
    let nonce = extensions.and_then(|part| {
        let extensions = elements(only(part.content)?)?;
        let is_nonce = |one: &&Element<'_>| {
            elements(one.content).is_some_and(|parts| parts.first().is_some_and(|name| name.content == NONCE))
        };
        extensions.iter().find(is_nonce).map(|one| one.whole.to_vec())
    });
    Some(Asked { questions, nonce })
}

fn question(id: &Element<'_>) -> Option<Question> {
    let parts = elements(id.content)?;
    let [algorithm, name, key, serial] = parts.as_slice() else { return None };
    Some(Question {
        id: id.whole.to_vec(),
        algorithm: elements(algorithm.content)?.first()?.content.to_vec(),
        name_hash: name.content.to_vec(),
        key_hash: key.content.to_vec(),
        serial: serial.content.iter().copied().skip_while(|byte| *byte == 0).collect(),
    })
}

/// The CA that answers, as questions name it.
struct Issuer {
    name: Vec<u8>,
    key: Vec<u8>,
}

impl Issuer {
    fn of(der: &[u8]) -> Result<Self, LabError> {
        let unreadable = |_| LabError::Certificate("the issuing CA cannot be read".to_owned());
        let (_, certificate) = X509Certificate::from_der(der).map_err(unreadable)?;
        let key = certificate.public_key().subject_public_key.data.to_vec();
        Ok(Self { name: certificate.subject().as_raw().to_vec(), key })
    }

    /// Whether a question is about a certificate of this CA.
    fn is_meant(&self, question: &Question) -> Result<bool, LabError> {
        let digest = match question.algorithm.as_slice() {
            [0x2b, 14, 3, 2, 26] => MessageDigest::sha1(),
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1] => MessageDigest::sha256(),
            _ => return Ok(false),
        };
        Ok(*hash(digest, &self.name)? == *question.name_hash && *hash(digest, &self.key)? == *question.key_hash)
    }
}

fn moment(time: OffsetDateTime) -> Vec<u8> {
    let format = format_description!("[year][month][day][hour][minute][second]Z");
    tlv(TIME, time.format(format).unwrap_or_default().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::{KeyKind, Lab, LabKeys, Shape};
    use super::*;
    use crate::crypto::x509::{Anchors, RevocationEvidence, RevocationStatus, examine, ocsp_request};

    const URI: &str = "https://client.carinbb.example/app";

    fn lab(now: OffsetDateTime) -> Lab {
        Lab::new(LabKeys::well_known(), Some("http://127.0.0.1:9/pki".into()), now).unwrap()
    }

    fn status(lab: &Lab, now: OffsetDateTime, shape: Shape) -> RevocationStatus {
        let chain = lab.credential(&[URI.to_owned()], shape, KeyKind::Ec256, now).unwrap().chain;
        let mut anchors = Anchors::nothing();
        let root = openssl::x509::X509::from_der(lab.root()).unwrap().to_pem().unwrap();
        anchors.trust_pem(&root).unwrap();
        let first = examine(&chain, &[], &anchors, now, &RevocationEvidence::default());
        let [leaf, issuer, ..] = first.path.as_slice() else { panic!("no path") };
        let request = ocsp_request(leaf, issuer).unwrap();
        let evidence = RevocationEvidence { crls: Vec::new(), ocsp_responses: vec![lab.ocsp_answer(&request).unwrap()] };
        examine(&chain, &[], &anchors, now, &evidence).revocation[0].clone()
    }

    #[test]
    fn the_responder_says_what_is_revoked_and_what_is_good_and_nothing_of_other_authorities() {
        let now = OffsetDateTime::now_utc();
        let lab = lab(now);
        assert_eq!(status(&lab, now, Shape::WithResponder).word(), "good");
        assert_eq!(status(&lab, now, Shape::Right).word(), "good");
        assert_eq!(status(&lab, now, Shape::RevokedByResponder).word(), "revoked");
        assert_eq!(status(&lab, now, Shape::WithoutAddresses).word(), "unknown", "issuing CA B answers nobody");
    }

    #[test]
    fn what_cannot_be_read_is_malformed() {
        let lab = lab(OffsetDateTime::now_utc());
        for request in [&b""[..], b"x", &[0x30, 0], &[0x30, 2, 0x30, 0], &[0x30; 9000]] {
            assert_eq!(lab.ocsp_answer(request).unwrap(), MALFORMED, "{} bytes", request.len());
        }
    }

    proptest::proptest! {
        #[test]
        fn any_request_is_answered_without_a_panic(bytes: Vec<u8>, place in 0usize..80, byte: u8) {
            let mut request = vec![0x30, 0x1c, 0x30, 0x1a, 0x30, 0x18, 0x30, 0x16, 0x30, 0x14, 0x30, 5, 6, 1, 1, 5, 0, 4, 1, 1, 4, 1, 1, 2, 4, 1, 2, 3, 4];
            let place = place % request.len();
            request[place] = byte;
            let _ = read(&request);
            let _ = read(&bytes);
        }
    }
}
