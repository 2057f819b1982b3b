//! The rules of RFC 5280 section 6 on one path, each by itself, so that one broken rule hides no other.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::certificate::Certificate;
use super::defect::{ChainDefect, Rule};
use super::key::SignatureKind;
use super::path::{Path, is_self_signed};

/// Everything that is wrong with a path at a time, revocation aside.
pub(super) fn defects_of(path: &Path<'_>, at: OffsetDateTime) -> Vec<ChainDefect> {
    let mut defects = Vec::new();
    let last = path.certificates.len().saturating_sub(1);
    for (place, certificate) in path.certificates.iter().enumerate() {
        // What an anchor says of itself counts for nothing, except as an issuer: it is trusted because it is named.
        let is_issuing_anchor = path.anchored && place == last && place > 0;
        let mut say = |rule: Rule, detail: String| defects.push(ChainDefect::new(rule, certificate.title(), detail));
        if !is_issuing_anchor {
            own_rules(certificate, at, &mut say);
        }
        if let Some(weakness) = certificate.key.weakness() {
            say(Rule::WeakKey, weakness);
        }
        let is_pinned_leaf = path.anchored && last == 0;
        if !is_issuing_anchor && !is_pinned_leaf {
            signature_rules(certificate, path.links.get(place).copied(), &mut say);
        }
        if place == 0 {
            leaf_rules(certificate, &mut say);
        } else {
            issuer_rules(path, place, &mut say);
        }
    }
    if !path.anchored {
        defects.extend(end_of(path));
    }
    defects
}

fn own_rules(certificate: &Certificate, at: OffsetDateTime, say: &mut impl FnMut(Rule, String)) {
    for oddity in &certificate.oddities {
        say(Rule::Malformed, oddity.clone());
    }
    if certificate.version != 3 {
        say(Rule::Version, format!("version {}", certificate.version));
    }
    if at > certificate.not_after {
        say(Rule::Expired, format!("at {}", instant(certificate.not_after)));
    }
    if at < certificate.not_before {
        say(Rule::NotYetValid, format!("before {}", instant(certificate.not_before)));
    }
    for oid in &certificate.unknown_critical {
        say(Rule::UnknownCritical, oid.clone());
    }
}

/// `link` is nothing where no issuer is known: then the algorithm alone can be judged.
fn signature_rules(certificate: &Certificate, link: Option<Option<bool>>, say: &mut impl FnMut(Rule, String)) {
    match &certificate.signature {
        SignatureKind::Weak(name) => say(Rule::WeakSignature, (*name).to_owned()),
        SignatureKind::Unknown(oid) => say(Rule::UnsupportedSignature, oid.clone()),
        SignatureKind::Strong(_) => {}
    }
    match link {
        Some(Some(false)) => say(Rule::BadSignature, String::new()),
        // Not verified although the algorithm is known: the key of the issuer is unusable, or our bound was reached.
        Some(None) if !matches!(certificate.signature, SignatureKind::Unknown(_)) => {
            say(Rule::UnsupportedSignature, "the signature could not be verified with the key of the issuer".into());
        }
        Some(Some(true) | None) | None => {}
    }
}

fn leaf_rules(leaf: &Certificate, say: &mut impl FnMut(Rule, String)) {
    if leaf.is_authority == Some(true) {
        say(Rule::LeafIsAuthority, String::new());
    }
    if leaf.key_usage.is_some_and(|usage| !usage.digital_signature) {
        say(Rule::NoDigitalSignature, String::new());
    }
}

fn issuer_rules(path: &Path<'_>, place: usize, say: &mut impl FnMut(Rule, String)) {
    let issuer = path.certificates[place];
    let below = &path.certificates[..place];
    // A root of version 1 has no extension to say it with.
    let is_old_root = issuer.version < 3 && path.anchored && place + 1 == path.certificates.len();
    if issuer.is_authority != Some(true) && !is_old_root {
        say(Rule::NotAnAuthority, String::new());
    }
    if issuer.key_usage.is_some_and(|usage| !usage.key_cert_sign) {
        say(Rule::NoCertSign, String::new());
    }
    if let Some(permitted) = issuer.path_length {
        let authorities = below.iter().skip(1).filter(|certificate| !certificate.is_self_issued()).count();
        if authorities > usize::try_from(permitted).unwrap_or(usize::MAX) {
            say(Rule::PathLength, format!("{authorities} below it, {permitted} permitted"));
        }
    }
    if let Some(constraints) = &issuer.constraints {
        for (depth, certificate) in below.iter().enumerate() {
            let is_exempt = depth > 0 && certificate.is_self_issued();
            if let Some(breach) = constraints.broken_by(certificate).filter(|_| !is_exempt) {
                say(Rule::NameConstraints, breach);
            }
        }
    }
}

/// Why a path that reached no anchor stopped where it did.
fn end_of(path: &Path<'_>) -> Option<ChainDefect> {
    let last = path.certificates.last()?;
    let defect = |rule, detail: &str| Some(ChainDefect::new(rule, last.title(), detail));
    match (is_self_signed(last), path.certificates.len()) {
        (true, 1) => defect(Rule::SelfSigned, ""),
        (true, _) => defect(Rule::UntrustedRoot, ""),
        (false, _) => defect(Rule::IssuerMissing, &last.issuer),
    }
}

pub(super) fn instant(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_else(|_| time.unix_timestamp().to_string())
}
