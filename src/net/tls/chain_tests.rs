//! Chains with one or several defects, examined at a frozen time.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls_pki_types::{CertificateDer, ServerName};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::chain::examine;
use super::{CertificateDefect, Trust};

pub(super) const NOW: OffsetDateTime = datetime!(2026-06-01 12:00:00 UTC);
pub(super) const HOST: &str = "localhost";

pub(super) type Issuer = CertifiedIssuer<'static, KeyPair>;

pub(super) fn params(common_name: &str, names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_string()).collect::<Vec<_>>()).expect("names");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = NOW - Duration::days(30);
    params.not_after = NOW + Duration::days(30);
    params
}

fn authority(common_name: &str) -> CertificateParams {
    let mut params = params(common_name, &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

pub(super) fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

pub(super) fn root(common_name: &str) -> Issuer {
    CertifiedIssuer::self_signed(authority(common_name), key()).expect("a root")
}

pub(super) fn intermediate(params: CertificateParams, issuer: &Issuer) -> Issuer {
    CertifiedIssuer::signed_by(params, key(), issuer).expect("an intermediate")
}

fn leaf(params: &CertificateParams, issuer: &Issuer) -> CertificateDer<'static> {
    params.signed_by(&key(), issuer).expect("a leaf").der().clone()
}

pub(super) fn trust_in(issuer: &Issuer) -> Trust {
    let mut trust = Trust::nothing();
    trust.add_pem(issuer.pem().as_bytes()).expect("a root");
    trust
}

fn defects(sent: &[CertificateDer<'_>], trust: &Trust) -> Vec<CertificateDefect> {
    examine(sent, &ServerName::try_from(HOST).expect("a name"), trust, NOW).defects
}

fn kinds(sent: &[CertificateDer<'_>], trust: &Trust) -> Vec<&'static str> {
    defects(sent, trust).iter().map(CertificateDefect::kind).collect()
}

#[test]
fn a_good_chain_has_no_defect_with_and_without_an_intermediate() {
    let root = root("Root");
    let issuing = intermediate(authority("Issuing"), &root);
    assert_eq!(defects(&[leaf(&params("a", &[HOST]), &root)], &trust_in(&root)), []);
    let sent = [leaf(&params("a", &[HOST]), &issuing), issuing.der().clone()];
    assert_eq!(defects(&sent, &trust_in(&root)), []);
    assert_eq!(
        defects(&[sent[0].clone(), root.der().clone(), sent[1].clone()], &trust_in(&root)),
        [],
        "order and the root do not matter"
    );
}

#[test]
fn expired_and_not_yet_valid_are_told_apart_and_name_the_certificate() {
    let root = root("Root");
    let mut old = params("a", &[HOST]);
    old.not_after = NOW - Duration::seconds(1);
    let expected = CertificateDefect::Expired { subject: "CN=a".into(), not_after: old.not_after };
    assert_eq!(defects(&[leaf(&old, &root)], &trust_in(&root)), [expected]);
    let mut early = params("a", &[HOST]);
    early.not_before = NOW + Duration::seconds(1);
    assert_eq!(kinds(&[leaf(&early, &root)], &trust_in(&root)), ["not-yet-valid"]);
    let mut last_second = params("a", &[HOST]);
    last_second.not_after = NOW;
    assert_eq!(defects(&[leaf(&last_second, &root)], &trust_in(&root)), []);
}

#[test]
fn an_expired_intermediate_is_blamed_and_not_the_leaf() {
    let root = root("Root");
    let mut old = authority("Issuing");
    old.not_after = NOW - Duration::days(1);
    let issuing = intermediate(old, &root);
    let sent = [leaf(&params("a", &[HOST]), &issuing), issuing.der().clone()];
    let found = defects(&sent, &trust_in(&root));
    assert!(matches!(found.as_slice(), [CertificateDefect::Expired { subject, .. }] if subject == "CN=Issuing"), "{found:?}");
}

#[test]
fn another_name_is_reported_with_all_names_and_the_common_name_does_not_count() {
    let root = root("Root");
    let other = leaf(&params(HOST, &["a.example", "b.example"]), &root);
    let names = vec!["a.example".to_string(), "b.example".to_string()];
    assert_eq!(defects(&[other], &trust_in(&root)), [CertificateDefect::WrongName { asked: HOST.into(), names }]);
    assert_eq!(kinds(&[leaf(&params(HOST, &[]), &root)], &trust_in(&root)), ["wrong-name"]);
}

#[test]
fn a_self_signed_certificate_is_called_so_and_trusted_if_the_user_names_it() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let mut own = params("a", &[HOST]);
        own.is_ca = is_ca;
        let own = CertifiedIssuer::self_signed(own, key()).expect("a certificate");
        assert_eq!(kinds(&[own.der().clone()], &trust_in(&root("Root"))), ["self-signed"]);
        assert_eq!(defects(&[own.der().clone()], &trust_in(&own)), []);
    }
}

#[test]
fn an_untrusted_root_and_a_missing_issuer_are_told_apart() {
    let private = root("Private Root");
    let issuing = intermediate(authority("Issuing"), &private);
    let own = leaf(&params("a", &[HOST]), &issuing);
    let trust = trust_in(&root("Root"));
    let whole = [own.clone(), issuing.der().clone(), private.der().clone()];
    assert_eq!(defects(&whole, &trust), [CertificateDefect::UntrustedIssuer { issuer: "CN=Private Root".into() }]);
    let missing = |missing: &str| [CertificateDefect::ChainIncomplete { missing: missing.into() }];
    assert_eq!(defects(&whole[..2], &trust), missing("CN=Private Root"));
    assert_eq!(defects(&[own], &trust_in(&private)), missing("CN=Issuing"));
}

#[test]
fn a_trusted_root_of_the_same_name_with_another_key_is_a_bad_signature() {
    let own = leaf(&params("a", &[HOST]), &root("Root"));
    assert_eq!(defects(&[own], &trust_in(&root("Root"))), [CertificateDefect::BadSignature]);
}

#[test]
fn all_defects_are_found_and_none_hides_another() {
    let mut bad = params("a", &["other.example"]);
    bad.not_after = NOW - Duration::days(1);
    let sent = [leaf(&bad, &root("Private Root"))];
    assert_eq!(kinds(&sent, &trust_in(&root("Root"))), ["expired", "wrong-name", "chain-incomplete"]);
}

#[test]
fn a_certificate_for_clients_only_and_that_of_an_authority_are_no_server_certificates() {
    let root = root("Root");
    let mut client = params("a", &[HOST]);
    client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    assert_eq!(kinds(&[leaf(&client, &root)], &trust_in(&root)), ["wrong-usage"]);
    let mut ca = authority("a");
    ca.subject_alt_names = params("a", &[HOST]).subject_alt_names;
    assert_eq!(kinds(&[leaf(&ca, &root)], &trust_in(&root)), ["other"]);
}

#[test]
fn a_chain_too_long_for_us_is_not_called_untrusted() {
    let root = root("Root");
    let mut issuers = vec![intermediate(authority("Issuing 0"), &root)];
    for number in 1..12 {
        issuers.push(intermediate(authority(&format!("Issuing {number}")), issuers.last().expect("one")));
    }
    for length in [8, 12] {
        let used = &issuers[..length];
        let mut sent = vec![leaf(&params("a", &[HOST]), used.last().expect("one"))];
        sent.extend(used.iter().rev().map(|issuer| issuer.der().clone()));
        let found = defects(&sent, &trust_in(&root));
        assert_eq!(found, [CertificateDefect::TooComplex]);
        assert!(!found[0].is_fault_of_the_server());
    }
}

#[test]
fn a_certificate_that_cannot_be_read_is_malformed() {
    let trust = trust_in(&root("Root"));
    assert_eq!(kinds(&[], &trust), ["malformed"]);
    assert_eq!(kinds(&[CertificateDer::from(vec![0x30, 0x80, 1])], &trust), ["malformed"]);
    assert_eq!(kinds(&[CertificateDer::from(vec![0; 70_000])], &trust), ["malformed"]);
}

#[test]
fn a_broken_certificate_beside_a_good_path_harms_nobody() {
    let root = root("Root");
    let sent = [leaf(&params("a", &[HOST]), &root), CertificateDer::from(vec![1, 2, 3])];
    assert_eq!(defects(&sent, &trust_in(&root)), []);
}

#[test]
fn the_texts_of_a_certificate_are_escaped_where_they_are_shown() {
    let root = root("Root");
    let mut nasty = params("\u{1b}[2J::error::", &[HOST]);
    nasty.not_after = NOW - Duration::days(1);
    let shown = defects(&[leaf(&nasty, &root)], &trust_in(&root))[0].to_string();
    assert!(!shown.contains('\u{1b}') && !shown.contains("::"), "{shown}");
}
