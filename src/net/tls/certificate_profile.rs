//! What a strict profile for server certificates would object to, in words, and how a chain was sent.
//!
//! The words only describe; which of them matters is said elsewhere.

use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS, OID_PKIX_ACCESS_DESCRIPTOR_OCSP};
use x509_parser::prelude::{FromDer, ParsedExtension, X509Certificate};
use x509_parser::x509::X509Version;

use super::CertificateFacts;

/// Three years with their leap day.
const LONGEST: time::Duration = time::Duration::days(3 * 365 + 1);

/// What a strict profile objects to, for the leaf; keys and signatures for every certificate that is no root.
#[must_use]
pub fn profile_issues(chain: &[CertificateFacts]) -> Vec<&'static str> {
    let Some(leaf) = chain.first() else { return Vec::new() };
    let mut issues = Vec::new();
    let mut note = |is_so: bool, word: &'static str| {
        if is_so && !issues.contains(&word) {
            issues.push(word);
        }
    };
    for (at, facts) in chain.iter().enumerate() {
        if at > 0 && facts.is_self_issued {
            continue; // the signature of a root on itself proves nothing, so its kind does not matter
        }
        note(matches!(facts.key_type.as_str(), "RSA" | "DSA") && facts.key_bits < 2048, "weak-key");
        note(facts.key_type == "EC" && (1..224).contains(&facts.key_bits), "weak-curve");
        note(is_weak_signature(&facts.signature_algorithm), "weak-signature");
    }
    note(leaf.not_after - leaf.not_before > LONGEST, "long-validity");
    note(leaf.is_self_issued, "self-signed");
    let Ok((_, parsed)) = X509Certificate::from_der(&leaf.der) else { return issues };
    note(parsed.version() != X509Version::V3, "version");
    let usage = Usage::of(&parsed);
    note(!usage.signs_critically, "key-usage");
    note(!usage.is_for_servers_alone, "extended-key-usage");
    note(!usage.names_ocsp, "no-ocsp-address");
    note(!usage.names_issuer, "no-issuer-address");
    note(!usage.has_identifiers, "no-key-identifiers");
    issues
}

fn is_weak_signature(algorithm: &str) -> bool {
    let algorithm = algorithm.to_ascii_lowercase();
    algorithm.starts_with("md") || algorithm.contains("sha1")
}

#[allow(clippy::struct_excessive_bools, reason = "one for each thing that is looked at, none depends on another")]
#[derive(Default)]
struct Usage {
    signs_critically: bool,
    is_for_servers_alone: bool,
    names_ocsp: bool,
    names_issuer: bool,
    has_identifiers: bool,
}

impl Usage {
    fn of(parsed: &X509Certificate<'_>) -> Self {
        let mut usage = Self::default();
        let (mut authority, mut subject) = (false, false);
        for extension in parsed.iter_extensions() {
            match extension.parsed_extension() {
                ParsedExtension::KeyUsage(key) => {
                    usage.signs_critically = extension.critical && (key.digital_signature() || key.key_agreement());
                }
                ParsedExtension::ExtendedKeyUsage(extended) => usage.is_for_servers_alone = extended.server_auth && !extended.any,
                ParsedExtension::AuthorityInfoAccess(access) => {
                    let names = |oid| {
                        let mut entries = access.accessdescs.iter();
                        entries.any(|entry| {
                            entry.access_method == oid
                                && matches!(&entry.access_location, GeneralName::URI(uri) if uri.starts_with("http"))
                        })
                    };
                    usage.names_ocsp = names(OID_PKIX_ACCESS_DESCRIPTOR_OCSP);
                    usage.names_issuer = names(OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS);
                }
                ParsedExtension::AuthorityKeyIdentifier(_) => authority = true,
                ParsedExtension::SubjectKeyIdentifier(_) => subject = true,
                _ => {}
            }
        }
        Self { has_identifiers: authority && subject, ..usage }
    }
}

/// How the chain was sent: each certificate should certify the one before it, and nothing else should be there.
#[must_use]
pub fn chain_order(chain: &[CertificateFacts]) -> Vec<&'static str> {
    let Some((leaf, others)) = chain.split_first() else { return Vec::new() };
    let mut words = Vec::new();
    let in_order = chain.windows(2).all(|pair| pair[0].issuer == pair[1].subject);
    let mut path = vec![leaf];
    while let Some(next) = path
        .last()
        .filter(|last| !last.is_self_issued)
        .and_then(|last| others.iter().find(|facts| facts.subject == last.issuer && !path.iter().any(|own| own.der == facts.der)))
    {
        path.push(next);
    }
    let is_on_path = |facts: &CertificateFacts| path.iter().any(|own| own.der == facts.der);
    if others.iter().any(|facts| !is_on_path(facts)) {
        words.push("superfluous");
    }
    if !in_order && others.iter().filter(|facts| is_on_path(facts)).zip(&path[1..]).any(|(sent, wanted)| sent.der != wanted.der) {
        words.push("misordered");
    }
    if others.iter().any(|facts| facts.is_self_issued) {
        words.push("root-sent");
    }
    let is_repeated = |(at, facts): (usize, &CertificateFacts)| chain[..at].iter().any(|earlier| earlier.der == facts.der);
    if chain.iter().enumerate().any(is_repeated) {
        words.push("duplicate");
    }
    words
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};

    use super::*;
    use crate::net::tls::chain_tests::{HOST, key, params, root};

    fn facts(params: &CertificateParams) -> CertificateFacts {
        let key = KeyPair::generate().expect("a key");
        let made = params.clone().self_signed(&key).expect("a certificate");
        CertificateFacts::read(made.der()).expect("facts")
    }

    #[test]
    fn a_bare_certificate_lacks_everything_and_usages_are_told_apart() {
        let mut params = CertificateParams::new(vec!["payer.example".to_string()]).expect("params");
        let bare = profile_issues(&[facts(&params)]);
        for word in ["key-usage", "extended-key-usage", "no-ocsp-address", "no-issuer-address", "long-validity", "self-signed"] {
            assert!(bare.contains(&word), "{word}: {bare:?}");
        }
        assert!(!bare.contains(&"weak-key") && !bare.contains(&"weak-signature") && !bare.contains(&"version"));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let better = profile_issues(&[facts(&params)]);
        assert!(!better.contains(&"key-usage") && !better.contains(&"extended-key-usage"), "{better:?}");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::Any];
        assert!(profile_issues(&[facts(&params)]).contains(&"extended-key-usage"));
    }

    #[test]
    fn a_chain_is_in_order_out_of_order_or_has_too_much() {
        let (one, other) = (root("One"), root("Other"));
        let read = |der: &[u8]| CertificateFacts::read(der).expect("facts");
        let leaf = read(params("leaf", &[HOST]).signed_by(&key(), &one).expect("a certificate").der());
        let (one, other) = (read(one.der()), read(other.der()));
        assert_eq!(chain_order(std::slice::from_ref(&leaf)), Vec::<&str>::new());
        assert_eq!(chain_order(&[leaf.clone(), one.clone()]), ["root-sent"]);
        assert_eq!(chain_order(&[leaf.clone(), other.clone(), one.clone()]), ["superfluous", "root-sent"]);
        assert_eq!(chain_order(&[leaf, one.clone(), one]), ["root-sent", "duplicate"]);
    }
}
