//! Name constraints (RFC 5280 4.2.1.10): what an authority may name, and whether the names below it keep to that.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};
use x509_parser::extensions::{GeneralName, NameConstraints};

use super::certificate::Certificate;
use super::name::Name;

/// A name that a certificate holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held {
    Uri(String),
    Dns(String),
    Email(String),
    Address(Vec<u8>),
    Directory(Name),
    /// Of another type, by the number of its tag.
    Other(u32),
}

impl Held {
    pub(super) fn of(name: &GeneralName<'_>) -> Self {
        match name {
            GeneralName::URI(text) => Self::Uri((*text).to_owned()),
            GeneralName::DNSName(text) => Self::Dns((*text).to_owned()),
            GeneralName::RFC822Name(text) => Self::Email((*text).to_owned()),
            GeneralName::IPAddress(bytes) => Self::Address(bytes.to_vec()),
            GeneralName::DirectoryName(name) => Self::Directory(Name::of(name)),
            GeneralName::OtherName(..) => Self::Other(0),
            GeneralName::X400Address(_) => Self::Other(3),
            GeneralName::EDIPartyName(_) => Self::Other(5),
            GeneralName::RegisteredID(_) => Self::Other(8),
            GeneralName::Invalid(tag, _) => Self::Other(tag.0),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Uri(text) | Self::Dns(text) | Self::Email(text) => text.clone(),
            Self::Address(bytes) => address(bytes),
            Self::Directory(_) => "its subject or a directory name".into(),
            Self::Other(tag) => format!("a name of type {tag}"),
        }
    }
}

fn address(bytes: &[u8]) -> String {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Ipv4Addr::from(four).to_string();
    }
    <[u8; 16]>::try_from(bytes).map_or_else(|_| "a malformed address".into(), |all| Ipv6Addr::from(all).to_string())
}

/// What an authority may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Constraints {
    permitted: Vec<Held>,
    excluded: Vec<Held>,
}

impl Constraints {
    pub(super) fn of(constraints: &NameConstraints<'_>) -> Self {
        let names = |trees: &Option<Vec<x509_parser::extensions::GeneralSubtree<'_>>>| {
            trees.iter().flatten().map(|tree| Held::of(&tree.base)).collect()
        };
        Self { permitted: names(&constraints.permitted_subtrees), excluded: names(&constraints.excluded_subtrees) }
    }

    /// The first name of the certificate that breaks them, in words.
    pub(super) fn broken_by(&self, certificate: &Certificate) -> Option<String> {
        let subject = Held::Directory(certificate.subject_name.clone());
        let subject = (!certificate.subject_name.is_empty()).then_some(&subject);
        certificate.names.iter().chain(subject).find_map(|name| self.breach(name))
    }

    fn breach(&self, name: &Held) -> Option<String> {
        let kind = std::mem::discriminant(name);
        let same = |tree: &&Held| std::mem::discriminant(*tree) == kind && is_same_other(tree, name);
        if self.excluded.iter().filter(same).any(|tree| matches_tree(name, tree) != Fit::No) {
            return Some(format!("{} is excluded", name.shown()));
        }
        let mut permitted = self.permitted.iter().filter(same).peekable();
        if permitted.peek().is_none() || permitted.any(|tree| matches_tree(name, tree) == Fit::Yes) {
            return None;
        }
        Some(format!("{} is not among what is permitted", name.shown()))
    }
}

fn is_same_other(tree: &Held, name: &Held) -> bool {
    match (tree, name) {
        (Held::Other(a), Held::Other(b)) => a == b,
        _ => true,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    /// It cannot be decided; that counts against the certificate on either side (RFC 5280 4.2.1.10).
    Undecided,
}

fn fit(yes: bool) -> Fit {
    if yes { Fit::Yes } else { Fit::No }
}

fn matches_tree(name: &Held, tree: &Held) -> Fit {
    match (name, tree) {
        (Held::Uri(uri), Held::Uri(tree)) => uri_fits(uri, tree),
        (Held::Dns(name), Held::Dns(tree)) => fit(dns_fits(name, tree)),
        (Held::Email(mail), Held::Email(tree)) => email_fits(mail, tree),
        (Held::Address(address), Held::Address(tree)) => address_fits(address, tree),
        (Held::Directory(name), Held::Directory(tree)) => fit(name.is_within(tree)),
        _ => Fit::Undecided,
    }
}

/// The host of the URI counts: with a leading dot any host below, without one exactly that host. A URI without a host
/// that is a name cannot be within anything.
fn uri_fits(uri: &str, tree: &str) -> Fit {
    let Ok(url) = Url::parse(uri) else { return Fit::Undecided };
    let Some(host) = url.host() else { return Fit::Undecided };
    // Of schemes that the URL standard does not know, the host is kept as it is written.
    let host = match host {
        Host::Domain(host) => host.to_ascii_lowercase(),
        Host::Ipv4(_) | Host::Ipv6(_) => return Fit::Undecided,
    };
    let tree = tree.to_ascii_lowercase();
    match tree.strip_prefix('.') {
        Some(_) => fit(host.len() > tree.len() && host.ends_with(&tree)),
        None => fit(host == tree),
    }
}

/// The name itself or any name below it; an empty tree holds every name.
fn dns_fits(name: &str, tree: &str) -> bool {
    let (name, tree) = (name.to_ascii_lowercase(), tree.to_ascii_lowercase());
    let tree = tree.strip_prefix('.').unwrap_or(&tree);
    tree.is_empty() || name == tree || name.strip_suffix(tree).is_some_and(|front| front.ends_with('.'))
}

/// A whole mailbox, all mailboxes of a host, or with a leading dot all of the hosts below.
fn email_fits(mail: &str, tree: &str) -> Fit {
    let Some((local, host)) = mail.rsplit_once('@') else { return Fit::Undecided };
    let host = host.to_ascii_lowercase();
    match tree.rsplit_once('@') {
        Some((tree_local, tree_host)) => fit(local == tree_local && host == tree_host.to_ascii_lowercase()),
        None if tree.starts_with('.') => fit(host.len() > tree.len() && host.ends_with(&tree.to_ascii_lowercase())),
        None => fit(host == tree.to_ascii_lowercase()),
    }
}

/// The tree is an address and a mask of the same length.
fn address_fits(address: &[u8], tree: &[u8]) -> Fit {
    if !matches!(tree.len(), 8 | 32) || !matches!(address.len(), 4 | 16) {
        return Fit::Undecided;
    }
    let (base, mask) = tree.split_at(tree.len() / 2);
    fit(base.len() == address.len()
        && address.iter().zip(base).zip(mask).all(|((address, base), mask)| address & mask == base & mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_uri_decides() {
        assert_eq!(uri_fits("https://fhir.payer.example/r4", "fhir.payer.example"), Fit::Yes);
        assert_eq!(uri_fits("https://fhir.payer.example/r4", ".payer.example"), Fit::Yes);
        assert_eq!(uri_fits("https://FHIR.payer.example:8443/r4", ".PAYER.example"), Fit::Yes);
        assert_eq!(uri_fits("https://payer.example/r4", ".payer.example"), Fit::No);
        assert_eq!(uri_fits("https://x.fhir.payer.example/", "fhir.payer.example"), Fit::No);
        assert_eq!(uri_fits("https://evilpayer.example/", ".payer.example"), Fit::No);
        for without_a_name in ["urn:uuid:1", "https://192.0.2.1/", "no uri", "mailto:a@payer.example"] {
            assert_eq!(uri_fits(without_a_name, ".payer.example"), Fit::Undecided, "{without_a_name}");
        }
    }

    #[test]
    fn dns_mail_and_addresses_fit_their_trees() {
        assert!(dns_fits("a.b.example", "b.example") && dns_fits("b.example", "B.example") && dns_fits("x", ""));
        assert!(!dns_fits("ab.example", "b.example") && !dns_fits("example", "b.example"));
        assert_eq!(email_fits("ops@b.example", "b.example"), Fit::Yes);
        assert_eq!(email_fits("ops@a.b.example", "b.example"), Fit::No);
        assert_eq!(email_fits("ops@a.b.example", ".b.example"), Fit::Yes);
        assert_eq!(email_fits("ops@b.example", "ann@b.example"), Fit::No);
        assert_eq!(email_fits("b.example", "b.example"), Fit::Undecided);
        let ten = [10, 0, 0, 0, 255, 0, 0, 0];
        assert_eq!(address_fits(&[10, 2, 3, 4], &ten), Fit::Yes);
        assert_eq!(address_fits(&[11, 2, 3, 4], &ten), Fit::No);
        assert_eq!(address_fits(&[10, 2, 3], &ten), Fit::Undecided);
    }

    #[test]
    fn what_cannot_be_decided_counts_against_the_certificate_on_either_side() {
        let tree = || vec![Held::Uri(".payer.example".into())];
        let urn = Held::Uri("urn:uuid:1".into());
        let permitted = Constraints { permitted: tree(), excluded: Vec::new() };
        let excluded = Constraints { permitted: Vec::new(), excluded: tree() };
        assert!(permitted.breach(&urn).is_some() && excluded.breach(&urn).is_some());
        let dns = Held::Dns("elsewhere.example".into());
        assert!(permitted.breach(&dns).is_none(), "a tree of another type says nothing");
        let outside = Held::Uri("https://elsewhere.example/".into());
        assert!(permitted.breach(&outside).is_some() && excluded.breach(&outside).is_none());
    }
}
