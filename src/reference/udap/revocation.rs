//! Whether a certificate was revoked: by the list that it names, else by the OCSP responder that it names.
//!
//! The lists are fetched before a request is answered, anew each time, so that a certificate is refused from the moment
//! on at which it stands in one.

use std::cmp::Ordering;

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::ocsp::{OcspCertId, OcspCertStatus, OcspFlag, OcspRequest, OcspResponse, OcspResponseStatus};
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{CrlStatus, X509, X509Crl};
use time::PrimitiveDateTime;
use time::macros::format_description;

use super::super::site::Site;
use super::chain::is_past;
use super::doubt::Doubt;
use super::options::Revocation;
use super::place::Place;

/// What a certificate says about where its revocation is to be learnt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Any of these lists.
    Lists(Vec<String>),
    Responder(String),
    Nowhere,
}

/// Where the revocation of a certificate is to be learnt.
pub(super) fn source(certificate: &X509) -> Source {
    let points = certificate.crl_distribution_points();
    let names = points.iter().flat_map(|points| points.iter()).filter_map(|point| point.distpoint()?.fullname());
    let lists: Vec<String> = names.flat_map(|names| names.iter()).filter_map(|name| name.uri().map(str::to_owned)).collect();
    if !lists.is_empty() {
        return Source::Lists(lists);
    }
    let responders = certificate.ocsp_responders().ok();
    let responder = responders.iter().flat_map(|responders| responders.iter()).map(|url| url.to_string()).next();
    responder.map_or(Source::Nowhere, Source::Responder)
}

/// What is known about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    Good,
    Revoked,
    Unknown(&'static str),
}

/// Refuses a path in which a certificate was revoked, or whose revocation nobody can learn.
pub(super) fn check(site: &Site, place: &Place, path: &[X509]) -> Result<(), Doubt> {
    for pair in path.windows(2) {
        let [certificate, issuer] = pair else { continue };
        let (finding, fault) = match source(certificate) {
            Source::Lists(lists) => (by_list(site, &lists, certificate, issuer), place.revoked_crl),
            Source::Responder(url) => (by_responder(site, &url, certificate, issuer), place.revoked_ocsp),
            Source::Nowhere => continue,
        };
        match finding {
            Finding::Good => {}
            Finding::Revoked if site.has(fault) => {}
            Finding::Revoked => return Err(Doubt::Trust("a certificate was revoked")),
            Finding::Unknown(_) if site.udap.revocation == Revocation::Soft => {}
            Finding::Unknown(reason) => return Err(Doubt::Trust(reason)),
        }
    }
    Ok(())
}

fn by_list(site: &Site, lists: &[String], certificate: &X509, issuer: &X509) -> Finding {
    let mut finding = Finding::Unknown("the revocation list of a certificate cannot be fetched");
    for list in lists.iter().filter_map(|url| site.udap.fetched(url)) {
        finding = in_list(&list, certificate, issuer, site.now().unix_timestamp());
        if !matches!(finding, Finding::Unknown(_)) {
            break;
        }
    }
    finding
}

/// What a list says about a certificate.
pub(super) fn in_list(list: &[u8], certificate: &X509, issuer: &X509, now: i64) -> Finding {
    let Ok(list) = X509Crl::from_der(list).or_else(|_| X509Crl::from_pem(list)) else {
        return Finding::Unknown("the revocation list of a certificate cannot be read");
    };
    let named = matches!(list.issuer_name().try_cmp(issuer.subject_name()), Ok(Ordering::Equal));
    let signed = named && issuer.public_key().is_ok_and(|key| list.verify(&key).unwrap_or(false));
    let fresh = is_past(list.last_update(), now + 60) && list.next_update().is_none_or(|next| !is_past(next, now));
    if !signed || !fresh || is_partial(&list) {
        return Finding::Unknown("the revocation list of a certificate is not whole, not of its issuer, or too old");
    }
    match list.get_by_cert(certificate) {
        CrlStatus::Revoked(_) => Finding::Revoked,
        CrlStatus::NotRevoked | CrlStatus::RemoveFromCrl(_) => Finding::Good,
    }
}

/// Whether a list holds only a part of what was revoked: a delta, or one with a distribution point of its own. OpenSSL's
/// bindings do not show these extensions, so their critical marks are looked for.
fn is_partial(list: &X509Crl) -> bool {
    let der = list.to_der().unwrap_or_default();
    let marks: [[u8; 8]; 2] =
        [[0x06, 0x03, 0x55, 0x1d, 0x1b, 0x01, 0x01, 0xff], [0x06, 0x03, 0x55, 0x1d, 0x1c, 0x01, 0x01, 0xff]];
    marks.iter().any(|mark| der.windows(mark.len()).any(|window| window == mark))
}

/// The key of a certificate's OCSP answer among what was fetched: a responder speaks about many certificates.
pub(super) fn answer_key(url: &str, certificate: &X509) -> String {
    let digest = certificate.digest(MessageDigest::sha256()).map(|digest| digest.to_vec()).unwrap_or_default();
    format!("{url} {digest:?}")
}

/// The question to a responder.
pub(super) fn question(certificate: &X509, issuer: &X509) -> Result<Vec<u8>, ErrorStack> {
    let mut request = OcspRequest::new()?;
    request.add_id(OcspCertId::from_cert(MessageDigest::sha1(), certificate, issuer)?)?;
    request.to_der()
}

fn by_responder(site: &Site, url: &str, certificate: &X509, issuer: &X509) -> Finding {
    let Some(answer) = site.udap.fetched(&answer_key(url, certificate)) else {
        return Finding::Unknown("the OCSP responder of a certificate does not answer");
    };
    in_answer(&answer, certificate, issuer, site.now().unix_timestamp())
}

/// What an OCSP answer says about a certificate.
pub(super) fn in_answer(answer: &[u8], certificate: &X509, issuer: &X509, now: i64) -> Finding {
    status(answer, certificate, issuer, now).unwrap_or(Finding::Unknown("the OCSP answer about a certificate is not good"))
}

fn status(answer: &[u8], certificate: &X509, issuer: &X509, now: i64) -> Option<Finding> {
    let response = OcspResponse::from_der(answer).ok()?;
    if response.status() != OcspResponseStatus::SUCCESSFUL {
        return None;
    }
    let basic = response.basic().ok()?;
    let mut store = X509StoreBuilder::new().ok()?;
    store.add_cert(issuer.clone()).ok()?;
    let mut parameters = X509VerifyParam::new().ok()?;
    parameters.set_flags(X509VerifyFlags::PARTIAL_CHAIN).ok()?;
    parameters.set_time(now);
    store.set_param(&parameters).ok()?;
    let mut signers = Stack::new().ok()?;
    signers.push(issuer.clone()).ok()?;
    basic.verify(&signers, &store.build(), OcspFlag::empty()).ok()?;
    let of = |digest| OcspCertId::from_cert(digest, certificate, issuer).ok();
    let ids = [of(MessageDigest::sha1())?, of(MessageDigest::sha256())?];
    let found = ids.iter().find_map(|id| basic.find_status(id))?;
    let begun = seconds(&found.this_update.to_string())? <= now + 60;
    let ended = found.next_update().and_then(|next| seconds(&next.to_string())).is_some_and(|next| next < now);
    if !begun || ended {
        return None;
    }
    Some(match found.status {
        OcspCertStatus::GOOD => Finding::Good,
        OcspCertStatus::REVOKED => Finding::Revoked,
        _ => Finding::Unknown("the OCSP responder does not know a certificate"),
    })
}

/// The Unix time of a time as OpenSSL prints it.
fn seconds(text: &str) -> Option<i64> {
    let form = format_description!("[month repr:short] [day padding:space] [hour]:[minute]:[second] [year] GMT");
    PrimitiveDateTime::parse(text, form).ok().map(|time| time.assume_utc().unix_timestamp())
}

/// The CA certificates that a certificate says its issuer can be fetched from.
pub(super) fn issuer_urls(certificate: &X509) -> Vec<String> {
    let access = certificate.authority_info();
    let issuers = access.iter().flat_map(|access| access.iter()).filter(|one| one.method().to_string().contains("CA Issuers"));
    issuers.filter_map(|one| one.location().uri().map(str::to_owned)).collect()
}
