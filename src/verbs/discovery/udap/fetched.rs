//! What a chain needs and does not bring: missing issuers, answers of OCSP responders, lists of revoked certificates.

use time::OffsetDateTime;

use super::anchors::{RevocationMode, UdapAnchors};
use crate::crypto::x509::{
    Anchors, Certificate, Examination, RevocationEvidence, RevocationStatus, examine, ocsp_request, published_certificates,
    published_list,
};
use crate::verbs::Context;
use crate::verbs::published::{LARGEST_LIST, MOST_ADDRESSES, Published};

/// How many issuers are fetched one after the other.
const DEPTH: usize = 5;
/// The most that is sent for one chain: an issuer per step, then an answer and a list for each certificate of the path.
pub(in crate::verbs::discovery) const MOST_FETCHED: u64 = (DEPTH * MOST_ADDRESSES + 9 * 2 * MOST_ADDRESSES) as u64;
const LARGEST_ISSUER: usize = 64 * 1024;

/// An examination with what was fetched for it.
pub(super) struct Examined {
    pub(super) examination: Examination,
    /// `good`, `revoked`, `unknown`, `no-source` or `not-asked`.
    pub(super) revocation: &'static str,
    /// Why a state is unknown.
    pub(super) explained: Vec<String>,
    pub(super) evidence: Vec<String>,
}

struct Fetcher<'a> {
    chain: &'a [Vec<u8>],
    anchors: &'a Anchors,
    at: OffsetDateTime,
    issuers: Vec<Vec<u8>>,
    revocation: RevocationEvidence,
    published: Published<'a>,
}

/// Examines the chain, fetches what the operator lets be fetched, and examines again.
pub(super) async fn examined(context: &Context, chain: &[Vec<u8>], anchors: &Anchors, at: OffsetDateTime) -> Examined {
    let settings: &UdapAnchors = &context.udap_anchors;
    let mut fetcher = Fetcher {
        chain,
        anchors,
        at,
        issuers: Vec::new(),
        revocation: RevocationEvidence::default(),
        published: Published::new(context),
    };
    let mut examination = fetcher.examine();
    if settings.fetch_issuers && !anchors.is_empty() {
        examination = fetcher.with_issuers(examination).await;
    }
    if settings.revocation == RevocationMode::Off || !examination.anchored {
        return fetcher.done(examination, "not-asked");
    }
    // A revoked authority may leave another path, with certificates that nobody asked about yet.
    for _ in 0..2 {
        fetcher.ask_about(&examination).await;
        examination = fetcher.examine();
    }
    let word = worst(&examination);
    fetcher.done(examination, word)
}

impl Fetcher<'_> {
    fn examine(&self) -> Examination {
        examine(self.chain, &self.issuers, self.anchors, self.at, &self.revocation)
    }

    fn done(mut self, examination: Examination, revocation: &'static str) -> Examined {
        for (certificate, status) in examination.path.iter().zip(&examination.revocation) {
            if let RevocationStatus::Unknown(why) = status {
                self.published.troubles.extend(why.iter().map(|why| format!("{}: {why}", certificate.title())));
            }
        }
        Examined { examination, revocation, explained: self.published.troubles, evidence: self.published.evidence }
    }

    async fn with_issuers(&mut self, mut examination: Examination) -> Examination {
        for _ in 0..DEPTH {
            let Some(last) = examination.path.last().filter(|_| !examination.anchored) else { break };
            let mut found = false;
            for url in last.issuer_urls.clone().iter().take(MOST_ADDRESSES) {
                let Some(body) = self.published.get(url, LARGEST_ISSUER).await else { continue };
                let certificates = published_certificates(&body);
                found |= !certificates.is_empty();
                self.issuers.extend(certificates);
            }
            if !found {
                break;
            }
            examination = self.examine();
        }
        examination
    }

    /// OCSP first; a list where no responder says anything usable.
    async fn ask_about(&mut self, examination: &Examination) {
        for (place, pair) in examination.path.windows(2).enumerate() {
            let [certificate, issuer] = pair else { continue };
            if !matches!(examination.revocation.get(place), Some(RevocationStatus::Unknown(_))) {
                continue;
            }
            let before = self.revocation.ocsp_responses.len();
            for url in certificate.ocsp_urls.iter().take(MOST_ADDRESSES) {
                let Some(question) = ocsp_request(certificate, issuer) else { break };
                let answer = self.published.ask(url, question).await;
                self.revocation.ocsp_responses.extend(answer);
            }
            let answered = self.revocation.ocsp_responses.len() > before
                && matches!(
                    self.examine().revocation.get(place),
                    Some(RevocationStatus::Good(_) | RevocationStatus::Revoked { .. })
                );
            if answered {
                continue;
            }
            for url in certificate.crl_urls.clone().iter().take(MOST_ADDRESSES) {
                let list = self.published.get(url, LARGEST_LIST).await;
                self.revocation.crls.extend(list.map(published_list));
            }
        }
    }
}

fn worst(examination: &Examination) -> &'static str {
    let names_a_source = |certificate: &Certificate| !certificate.ocsp_urls.is_empty() || !certificate.crl_urls.is_empty();
    let words = examination.path.iter().zip(&examination.revocation).map(|(certificate, status)| match status {
        RevocationStatus::Unknown(_) if !names_a_source(certificate) => "no-source",
        other => other.word(),
    });
    let words: Vec<&str> = words.collect();
    ["revoked", "unknown", "good"].into_iter().find(|word| words.contains(word)).unwrap_or("no-source")
}
