//! Looks for paths from a leaf to an anchor, by names, over everything that is known: what was sent in whatever order, what is
//! configured, what was fetched. Cross-signed authorities give several paths; all are tried.
//!
//! Bounded in length, in signatures and in steps, since whoever sends a chain chooses its shape.

use std::collections::HashMap;
use std::rc::Rc;

use openssl::pkey::{PKey, Public};
use openssl::x509::X509;

use super::certificate::Certificate;
use super::trust::Anchors;

/// The most certificates of a path, leaf and anchor included.
const LONGEST: usize = 10;
/// The most signatures that are verified.
const MOST_SIGNATURES: usize = 64;
/// The most links that are followed.
const MOST_STEPS: usize = 2_000;
/// The most complete paths that are looked at.
const MOST_PATHS: usize = 32;

/// A path that was found, leaf first.
#[derive(Debug, Clone)]
pub(super) struct Path<'a> {
    pub(super) certificates: Vec<&'a Certificate>,
    /// For each but the last: whether the next one's key made its signature; nothing when that could not be verified.
    pub(super) links: Vec<Option<bool>>,
    /// True when the last one is trusted.
    pub(super) anchored: bool,
}

impl Path<'_> {
    fn verified_links(&self) -> usize {
        self.links.iter().take_while(|link| **link == Some(true)).count()
    }
}

/// What a search gave.
pub(super) struct Search<'a> {
    /// Every path to an anchor, the likelier first; without one the longest way towards nowhere.
    pub(super) paths: Vec<Path<'a>>,
    /// True when a bound was reached.
    pub(super) cut: bool,
}

struct Searcher<'a> {
    trust: &'a Anchors,
    pool: Vec<&'a Certificate>,
    verified: HashMap<(*const Certificate, *const Certificate), Option<bool>>,
    keys: HashMap<*const Certificate, Option<Rc<PKey<Public>>>>,
    found: Vec<Path<'a>>,
    longest: Option<Path<'a>>,
    steps: usize,
    cut: bool,
}

/// Searches from the leaf.
pub(super) fn search<'a>(leaf: &'a Certificate, others: impl Iterator<Item = &'a Certificate>, trust: &'a Anchors) -> Search<'a> {
    let mut pool: Vec<&Certificate> = Vec::new();
    for certificate in others {
        if certificate.der != leaf.der && !pool.iter().any(|known| known.der == certificate.der) {
            pool.push(certificate);
        }
    }
    let mut searcher = Searcher {
        trust,
        pool,
        verified: HashMap::new(),
        keys: HashMap::new(),
        found: Vec::new(),
        longest: None,
        steps: 0,
        cut: false,
    };
    searcher.follow(&mut Path { certificates: vec![leaf], links: Vec::new(), anchored: trust.trusts(leaf) });
    let mut paths = searcher.found;
    paths.sort_by_key(|path| (path.links.iter().filter(|link| **link != Some(true)).count(), path.certificates.len()));
    if paths.is_empty() {
        paths.extend(searcher.longest);
    }
    Search { paths, cut: searcher.cut }
}

impl<'a> Searcher<'a> {
    fn follow(&mut self, path: &mut Path<'a>) {
        if path.anchored {
            self.found.push(path.clone());
            return;
        }
        self.remember_longest(path);
        let Some(last) = path.certificates.last().copied() else { return };
        for (issuer, is_anchor) in self.issuers_of(last, path) {
            self.steps += 1;
            if self.steps > MOST_STEPS || self.found.len() >= MOST_PATHS || path.certificates.len() >= LONGEST {
                self.cut = true;
                return;
            }
            let link = self.link(last, issuer);
            path.certificates.push(issuer);
            path.links.push(link);
            path.anchored = is_anchor;
            self.follow(path);
            path.certificates.pop();
            path.links.pop();
            path.anchored = false;
        }
    }

    /// Those whose name and key id fit: anchors first, then what is known. Where names fit and key ids do not, it is
    /// another key of that name, which is only tried when there is none that fits.
    fn issuers_of(&self, child: &'a Certificate, path: &Path<'a>) -> Vec<(&'a Certificate, bool)> {
        let in_path = |candidate: &Certificate| path.certificates.iter().any(|own| own.der == candidate.der);
        let fits = |candidate: &&'a Certificate| {
            !candidate.subject_name.is_empty() && candidate.subject_name == child.issuer_name && !in_path(candidate)
        };
        let anchors = self.trust.anchors().iter().filter(fits).map(|anchor| (anchor, true));
        let known = self.pool.iter().copied().filter(fits).filter(|known| !self.trust.trusts(known)).map(|known| (known, false));
        let all: Vec<(&Certificate, bool)> = anchors.chain(known).collect();
        let by_key: Vec<_> = all.iter().copied().filter(|(issuer, _)| may_be_the_key(child, issuer)).collect();
        if by_key.is_empty() { all } else { by_key }
    }

    fn link(&mut self, child: &'a Certificate, issuer: &'a Certificate) -> Option<bool> {
        let pair = (std::ptr::from_ref(child), std::ptr::from_ref(issuer));
        if let Some(known) = self.verified.get(&pair) {
            return *known;
        }
        if self.verified.len() >= MOST_SIGNATURES {
            self.cut = true;
            return None;
        }
        let verified = self.key_of(issuer).and_then(|key| is_signed_by(child, &key));
        self.verified.insert(pair, verified);
        verified
    }

    fn key_of(&mut self, issuer: &Certificate) -> Option<Rc<PKey<Public>>> {
        let key = self.keys.entry(std::ptr::from_ref(issuer)).or_insert_with(|| public_key(issuer).map(Rc::new));
        key.clone()
    }

    /// The way that goes farthest over links that hold; what is said of a chain without an anchor is said of it.
    fn remember_longest(&mut self, path: &Path<'a>) {
        let measure = |path: &Path<'_>| (path.verified_links(), std::cmp::Reverse(path.certificates.len()));
        if self.longest.as_ref().is_none_or(|longest| measure(path) > measure(longest)) {
            self.longest = Some(path.clone());
        }
    }
}

fn may_be_the_key(child: &Certificate, issuer: &Certificate) -> bool {
    match (&child.authority_key_id, &issuer.subject_key_id) {
        (Some(wanted), Some(own)) => wanted == own,
        _ => true,
    }
}

/// The key of a certificate, unless verifying with it may take long.
pub(super) fn public_key(certificate: &Certificate) -> Option<PKey<Public>> {
    if !certificate.key.is_affordable() {
        return None;
    }
    X509::from_der(&certificate.der).and_then(|parsed| parsed.public_key()).ok()
}

/// Whether a key made the signature of a certificate; nothing when the algorithm is not known.
fn is_signed_by(child: &Certificate, key: &PKey<Public>) -> Option<bool> {
    if matches!(child.signature, super::key::SignatureKind::Unknown(_)) {
        return None;
    }
    let parsed = X509::from_der(&child.der).ok()?;
    // An error is an algorithm that does not go with the key, or a signature that is none.
    Some(parsed.verify(key).unwrap_or(false))
}

/// True when its own key made its signature.
pub(super) fn is_self_signed(certificate: &Certificate) -> bool {
    certificate.is_self_issued() && public_key(certificate).and_then(|key| is_signed_by(certificate, &key)) == Some(true)
}
