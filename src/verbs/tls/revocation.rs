//! `tls.revocation`: what the authorities themselves say of the certificates that a host and port shows.
//!
//! A stapled answer is what the server chose to show. Here the responder and the lists that the certificates name are asked, each
//! through the guard of addresses, and what is fetched counts only when the issuer signed it and it is of today.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::look::looked;
use super::{Place, place};
use crate::crypto::x509::{Certificate, RevocationEvidence, RevocationStatus, ocsp_request, published_list, status_of};
use crate::net::tls::{CertificateDefect, Handshake};
use crate::verbs::published::{LARGEST_LIST, MOST_ADDRESSES, Published};
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, RevocationMode, Verb, VerbHelp, help};
use crate::vocabulary::{Cause, escape_to_width};

/// `tls.revocation`
pub struct TlsRevocation;

/// The certificates of one chain that are asked about, that of the server first.
const MOST_ASKED: usize = 3;
/// An answer and a list at each address.
const MOST_REQUESTS: u64 = (MOST_ASKED * 2 * MOST_ADDRESSES) as u64;

impl Verb for TlsRevocation {
    fn help(&self) -> &'static VerbHelp {
        &help::REVOCATION
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { requests: MOST_REQUESTS, ..super::COST }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            match place(arguments) {
                Ok(place) => observe(context, &place).await,
                Err(cause) => Observed::broken(cause, Vec::new()),
            }
        })
    }
}

async fn observe(context: &Context, place: &Place) -> Observed {
    let look = looked(context, place).await;
    let mut evidence = look.evidence_of_handshake();
    let absent = |kind: &str, why: &str| Observation::Absent(Cause::new(kind, why));
    let mode = context.udap_anchors.revocation;
    let observation = match look.gate.handshakes.last().filter(|seen| seen.saw_a_certificate()) {
        None => Observation::Broken(Cause::new("no-certificate", "no certificate was seen, so nobody can be asked about it")),
        Some(_) if mode == RevocationMode::Off => absent("not-asked", "the operator wants no authority to be asked"),
        Some(seen) if leads_nowhere(seen) => absent("not-trusted", "the chain leads to no authority that is trusted"),
        Some(seen) => {
            let links = links(seen);
            let mut published = Published::new(context);
            let statuses = statuses(context, &links, &mut published).await;
            evidence.append(&mut published.evidence);
            conclude(context, &links, &statuses, &published.troubles, mode)
        }
    };
    Observed { observation, evidence, flaky: false }
}

/// Whom a stranger names as his authority is asked nothing.
fn leads_nowhere(seen: &Handshake) -> bool {
    seen.defects.iter().any(|defect| {
        matches!(
            defect,
            CertificateDefect::SelfSigned
                | CertificateDefect::UntrustedIssuer { .. }
                | CertificateDefect::ChainIncomplete { .. }
                | CertificateDefect::BadSignature
                | CertificateDefect::Malformed { .. }
        )
    })
}

/// Each certificate of the path with its issuer, as far as issuers were sent.
fn links(seen: &Handshake) -> Vec<(Certificate, Certificate)> {
    let sent: Vec<Certificate> = seen.chain.iter().filter_map(|facts| Certificate::read(&facts.der).ok()).collect();
    let mut links: Vec<(Certificate, Certificate)> = Vec::new();
    let mut current = sent.first();
    while let Some(certificate) = current.filter(|own| !own.is_self_issued() && links.len() < MOST_ASKED) {
        let issuer = sent.iter().skip(1).find(|other| other.subject == certificate.issuer && other.der != certificate.der);
        let Some(issuer) = issuer else { break };
        links.push((certificate.clone(), issuer.clone()));
        current = Some(issuer);
    }
    links
}

/// OCSP first; a list where no responder says anything usable.
async fn statuses(
    context: &Context,
    links: &[(Certificate, Certificate)],
    published: &mut Published<'_>,
) -> Vec<RevocationStatus> {
    let now = context.world.clock.now();
    let mut statuses = Vec::new();
    for (certificate, issuer) in links {
        let mut evidence = RevocationEvidence::default();
        for url in certificate.ocsp_urls.iter().take(MOST_ADDRESSES) {
            let Some(question) = ocsp_request(certificate, issuer) else { break };
            evidence.ocsp_responses.extend(published.ask(url, question).await);
        }
        let mut status = status_of(certificate, issuer, now, &evidence);
        if matches!(status, RevocationStatus::Unknown(_)) {
            for url in certificate.crl_urls.iter().take(MOST_ADDRESSES) {
                evidence.crls.extend(published.get(url, LARGEST_LIST).await.map(published_list));
            }
            status = status_of(certificate, issuer, now, &evidence);
        }
        statuses.push(status);
    }
    statuses
}

fn conclude(
    context: &Context,
    links: &[(Certificate, Certificate)],
    statuses: &[RevocationStatus],
    troubles: &[String],
    mode: RevocationMode,
) -> Observation {
    let Some((leaf, first)) = links.first().zip(statuses.first()) else {
        return Observation::Absent(Cause::new(
            "no-issuer",
            "the issuer was not sent, so no answer about the certificate could be checked",
        ));
    };
    let revoked: Vec<(&str, &RevocationStatus)> = links
        .iter()
        .zip(statuses)
        .filter(|(_, status)| matches!(status, RevocationStatus::Revoked { .. }))
        .map(|((certificate, _), status)| (certificate.title(), status))
        .collect();
    let mut explained: Vec<String> = troubles.iter().map(|trouble| escape_to_width(trouble, 300)).collect();
    explained.extend(statuses.iter().flat_map(|status| match status {
        RevocationStatus::Unknown(why) => why.clone(),
        _ => Vec::new(),
    }));
    if revoked.is_empty() && matches!(first, RevocationStatus::Unknown(_)) {
        if leaf.0.ocsp_urls.is_empty() && leaf.0.crl_urls.is_empty() {
            return Observation::Absent(Cause::new(
                "no-source",
                "the certificate does not say where its status could be asked for",
            ));
        }
        let why = if explained.is_empty() { "nothing usable was answered".to_owned() } else { explained.join("; ") };
        let cause = Cause::new("no-answer", escape_to_width(&format!("its authority says nothing usable: {why}"), 600));
        return if mode == RevocationMode::Hard { Observation::Broken(cause) } else { Observation::Absent(cause) };
    }
    let by = match first {
        RevocationStatus::Good(source) | RevocationStatus::Revoked { by: source, .. } => Some(source.word()),
        RevocationStatus::Unknown(_) => None,
    };
    let mut facts = json!({
        "revoked": revoked.iter().map(|(title, _)| *title).collect::<Vec<&str>>(),
        "status": if revoked.is_empty() { first.word() } else { "revoked" },
        "asked": links.len(),
        "explained": explained,
    });
    if let (Some(facts), Some(by)) = (facts.as_object_mut(), by) {
        facts.insert("by".into(), by.into());
    }
    Observation::Facts(tidy(facts.as_object().cloned().unwrap_or_default(), &context.world.redactor))
}
