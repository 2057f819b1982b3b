//! Examines a chain at a time: everything that is wrong with the best path that can be found, and what is worth knowing besides.
//!
//! Pure: bytes, trust, time and evidence of revocation in, a report out. Fetching is done by whoever calls.

use time::OffsetDateTime;

use super::certificate::Certificate;
use super::defect::{ChainDefect, Rule};
use super::path::{Path, search};
use super::revocation::{RevocationEvidence, RevocationStatus, status_of};
use super::rules::{defects_of, instant};
use super::trust::Anchors;

/// The most certificates of a chain that are read.
pub const MOST_CERTIFICATES: usize = 10;

/// What an examination gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examination {
    /// The leaf; nothing when it could not be read.
    pub leaf: Option<Certificate>,
    /// Everything that is wrong with the best path, in the order of the path.
    pub defects: Vec<ChainDefect>,
    /// What is worth knowing and breaks no rule, as sentences with a word in front.
    pub notes: Vec<Note>,
    /// The best path, leaf first; its end is an anchor when `anchored`.
    pub path: Vec<Certificate>,
    /// True when the path ends at an anchor.
    pub anchored: bool,
    /// False when there is no anchor to judge by: then nothing is said of trust.
    pub has_anchors: bool,
    /// What is known of the revocation of each certificate of the path but the anchor, leaf first.
    pub revocation: Vec<RevocationStatus>,
}

/// What is worth knowing and breaks no rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// A word: `anchor-expired`, `unordered`, `unused`, `malformed-beside-the-path`, `tls-only`, `configured-intermediate`, `fetched-intermediate`.
    pub word: &'static str,
    /// In words.
    pub text: String,
}

impl Examination {
    /// Whether the chain is trusted; nothing when there is no anchor to judge by, or when our own limit was reached.
    #[must_use]
    pub fn trusted(&self) -> Option<bool> {
        if !self.has_anchors || self.defects.iter().any(|defect| !defect.rule.is_fault_of_the_chain()) {
            return None;
        }
        Some(self.defects.is_empty())
    }

    /// The words of the broken rules, each once, in the order of the path.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        let mut words = Vec::new();
        for defect in &self.defects {
            if !words.contains(&defect.rule.word()) {
                words.push(defect.rule.word());
            }
        }
        words
    }

    fn broken(rule: Rule, detail: String, trust: &Anchors) -> Self {
        let defects = vec![ChainDefect::new(rule, "", detail)];
        Self { defects, has_anchors: !trust.is_empty(), ..Self::default() }
    }
}

/// Examines the chain as it was sent, leaf first, the others in any order. `fetched` are certificates from other places (AIA).
#[must_use]
pub fn examine(
    sent: &[Vec<u8>],
    fetched: &[Vec<u8>],
    trust: &Anchors,
    at: OffsetDateTime,
    evidence: &RevocationEvidence,
) -> Examination {
    let at = at.replace_nanosecond(0).unwrap_or(at); // the last second of a certificate belongs to it as a whole
    if sent.len() > MOST_CERTIFICATES {
        return Examination::broken(Rule::TooMany, format!("{} were given", sent.len()), trust);
    }
    let Some((leaf, others)) = sent.split_first() else { return Examination::broken(Rule::Empty, String::new(), trust) };
    let leaf = match Certificate::read(leaf) {
        Ok(leaf) => leaf,
        Err(why) => return Examination::broken(Rule::Malformed, why, trust),
    };
    let mut notes = Vec::new();
    // A broken certificate beside a path that holds without it harms nobody; one that is needed breaks the path.
    let mut read = |all: &[Vec<u8>]| -> Vec<Certificate> {
        let read = all.iter().filter_map(|der| match Certificate::read(der) {
            Ok(certificate) => Some(certificate),
            Err(why) => {
                notes.push(Note { word: "malformed-beside-the-path", text: format!("a further certificate is {why}") });
                None
            }
        });
        read.collect()
    };
    let (sent_others, fetched) = (read(others), read(fetched));
    let pool = sent_others.iter().chain(trust.intermediates()).chain(&fetched);
    let searched = search(&leaf, pool, trust);
    let judged = searched.paths.iter().map(|path| {
        let revocation = revocation_of(path, at, evidence);
        let mut defects = defects_of(path, at);
        defects.extend(path.certificates.iter().zip(&revocation).filter_map(|(certificate, status)| {
            let RevocationStatus::Revoked { by, since, .. } = status else { return None };
            let detail = format!("since {}, says the {}", instant(*since), by.word());
            Some(ChainDefect::new(Rule::Revoked, certificate.title(), detail))
        }));
        (path, defects, revocation)
    });
    let Some((path, mut defects, revocation)) = judged.min_by_key(|(path, defects, _)| (!path.anchored, defects.len())) else {
        return Examination::broken(Rule::IssuerMissing, String::new(), trust);
    };
    if searched.cut && !defects.is_empty() {
        defects.push(ChainDefect::new(Rule::TooComplex, "", ""));
    }
    notes.extend(notes_on(path, &sent_others, trust, &fetched, at));
    Examination {
        defects,
        notes,
        path: path.certificates.iter().map(|certificate| (*certificate).clone()).collect(),
        anchored: path.anchored,
        has_anchors: !trust.is_empty(),
        revocation,
        leaf: Some(leaf.clone()),
    }
}

fn revocation_of(path: &Path<'_>, at: OffsetDateTime, evidence: &RevocationEvidence) -> Vec<RevocationStatus> {
    path.certificates.windows(2).map(|pair| status_of(pair[0], pair[1], at, evidence)).collect()
}

fn notes_on(path: &Path<'_>, sent: &[Certificate], trust: &Anchors, fetched: &[Certificate], at: OffsetDateTime) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |word: &'static str, text: String| notes.push(Note { word, text });
    let is_in = |list: &[Certificate], der: &[u8]| list.iter().any(|certificate| certificate.der == der);
    let issuers = &path.certificates[1..];
    if let Some(anchor) = path.certificates.last().filter(|anchor| path.anchored && !anchor.is_valid_at(at)) {
        note("anchor-expired", format!("the trust anchor {} is not valid at this time", anchor.title()));
    }
    let order: Vec<usize> = issuers.iter().filter_map(|issuer| sent.iter().position(|own| own.der == issuer.der)).collect();
    if !order.is_sorted() || order.iter().enumerate().any(|(place, at)| place != *at) && !order.is_empty() {
        note("unordered", "the further certificates do not each certify the one before".into());
    }
    let unused = sent.iter().filter(|own| !issuers.iter().any(|issuer| issuer.der == own.der)).count();
    if unused > 0 {
        note("unused", format!("{unused} of the further certificates are not on the path"));
    }
    for issuer in issuers.iter().filter(|issuer| !is_in(sent, &issuer.der) && !trust.trusts(issuer)) {
        let word = if is_in(fetched, &issuer.der) { "fetched-intermediate" } else { "configured-intermediate" };
        note(word, format!("{} was not sent", issuer.title()));
    }
    const SERVER: &str = "1.3.6.1.5.5.7.3.1";
    if let Some(leaf) = path.certificates.first()
        && !leaf.extended_key_usage.is_empty()
        && leaf.extended_key_usage.iter().all(|oid| oid == SERVER)
    {
        note("tls-only", "the extended key usage of the signing certificate names TLS servers alone".into());
    }
    notes
}
