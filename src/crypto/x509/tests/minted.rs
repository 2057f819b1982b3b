//! Certificates minted for one rule each, right apart from it, and shapes that only cost time.

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints as BasicConstraintsExtension, KeyUsage as KeyUsageExtension};
use openssl::x509::{X509, X509Extension, X509NameBuilder};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};
use time::OffsetDateTime;
use time::macros::datetime;

use super::super::{Anchors, Examination, RevocationEvidence, Rule, examine};

const AT: OffsetDateTime = datetime!(2035-06-01 12:00 UTC);
const URI: &str = "https://fhir.payer.example/r4";

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (datetime!(2030-01-01 0:00 UTC), datetime!(2045-01-01 0:00 UTC));
    params.use_authority_key_identifier_extension = true;
    params
}

fn leaf_params() -> CertificateParams {
    let mut params = params("A payer");
    params.subject_alt_names = vec![SanType::URI(URI.try_into().unwrap())];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

type Root = CertifiedIssuer<'static, KeyPair>;

fn root(name: &str) -> Root {
    CertifiedIssuer::self_signed(authority_params(name), KeyPair::generate().unwrap()).unwrap()
}

fn authority(name: &str, issuer: &Issuer<'_, KeyPair>) -> Root {
    CertifiedIssuer::signed_by(authority_params(name), KeyPair::generate().unwrap(), issuer).unwrap()
}

fn issued(params: &CertificateParams, issuer: &Issuer<'_, KeyPair>) -> Vec<u8> {
    params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().der().to_vec()
}

fn trusting(pems: &[String]) -> Anchors {
    let mut anchors = Anchors::nothing();
    pems.iter().for_each(|pem| anchors.trust_pem(pem.as_bytes()).unwrap());
    anchors
}

fn judged(chain: &[Vec<u8>], anchors: &Anchors) -> Examination {
    examine(chain, &[], anchors, AT, &RevocationEvidence::default())
}

fn words(chain: &[Vec<u8>], root: &Root) -> Vec<&'static str> {
    judged(chain, &trusting(&[root.pem()])).words()
}

fn san_of(contents: &[u8]) -> CustomExtension {
    let length = u8::try_from(contents.len()).unwrap();
    CustomExtension::from_oid_content(&[2, 5, 29, 17], [&[0x30, length], contents].concat())
}

#[test]
fn a_right_chain_has_no_defect_and_its_path_is_told() {
    let root = root("Root");
    let below = authority("Issuing", &root);
    let chain = [issued(&leaf_params(), &below), below.der().to_vec()];
    let examination = judged(&chain, &trusting(&[root.pem()]));
    assert_eq!((examination.trusted(), examination.anchored), (Some(true), true));
    let path: Vec<&str> = examination.path.iter().map(|certificate| certificate.subject.as_str()).collect();
    assert_eq!(path, ["CN=A payer", "CN=Issuing", "CN=Root"]);
    assert_eq!(examination.leaf.unwrap().uris, [URI]);
    assert!(examination.notes.is_empty(), "{:?}", examination.notes);
}

#[test]
fn odd_forms_are_malformed() {
    let root = root("Root");
    let mut twice = leaf_params();
    twice.custom_extensions.push(san_of(b"\x86\x0ahttps://a/"));
    let mut not_ascii = leaf_params();
    not_ascii.subject_alt_names.clear();
    not_ascii.custom_extensions.push(san_of("\u{86}\u{b}https://é/".as_bytes().strip_prefix(b"\xc2").unwrap()));
    let mut broken = leaf_params();
    broken.subject_alt_names.clear();
    broken.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 17], vec![0x30, 0x20, 0x86]));
    for (what, params) in [("a second SAN", twice), ("a URI that is not ASCII", not_ascii), ("a broken SAN", broken)] {
        assert_eq!(words(&[issued(&params, &root)], &root), ["malformed"], "{what}");
    }
    let right = issued(&leaf_params(), &root);
    for garbage in [Vec::new(), vec![0x30], right[..right.len() - 1].to_vec(), [right.clone(), vec![0]].concat()] {
        assert_eq!(words(&[garbage], &root), ["malformed"]);
    }
    assert_eq!(words(&[vec![0x30; 20_000]], &root), ["malformed"], "too large");
    assert_eq!(words(&[], &root), ["empty"]);
    assert_eq!(words(&vec![right; 11], &root), ["too-many"]);
}

#[test]
fn a_broken_certificate_beside_the_path_is_a_note() {
    let root = root("Root");
    let examination = judged(&[issued(&leaf_params(), &root), b"garbage".to_vec()], &trusting(&[root.pem()]));
    assert_eq!(examination.trusted(), Some(true));
    assert_eq!(examination.notes[0].word, "malformed-beside-the-path");
}

fn rsa_key(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

/// A certificate that rcgen refuses to make; version 0 is v1.
fn odd(version: i32, subject: (&str, &PKey<Private>), issuer: (&str, &PKey<Private>), extensions: Vec<X509Extension>) -> X509 {
    let name = |text: &str| {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", text).unwrap();
        name.build()
    };
    let mut builder = X509::builder().unwrap();
    builder.set_version(version).unwrap();
    builder.set_serial_number(&Asn1Integer::from_bn(&BigNum::from_u32(7).unwrap()).unwrap()).unwrap();
    builder.set_subject_name(&name(subject.0)).unwrap();
    builder.set_issuer_name(&name(issuer.0)).unwrap();
    builder.set_not_before(&Asn1Time::from_str("20300101000000Z").unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_str("20450101000000Z").unwrap()).unwrap();
    builder.set_pubkey(subject.1).unwrap();
    extensions.into_iter().for_each(|extension| builder.append_extension(extension).unwrap());
    builder.sign(issuer.1, MessageDigest::sha256()).unwrap();
    builder.build()
}

#[test]
fn a_leaf_of_version_1_is_refused_and_an_anchor_of_version_1_is_not() {
    let key = rsa_key(2048);
    let old_root = odd(0, ("Old root", &key), ("Old root", &key), Vec::new());
    let usage = || vec![KeyUsageExtension::new().digital_signature().build().unwrap()];
    let leaf = odd(2, ("A payer", &key), ("Old root", &key), usage());
    let anchors = trusting(&[String::from_utf8(old_root.to_pem().unwrap()).unwrap()]);
    assert_eq!(judged(&[leaf.to_der().unwrap()], &anchors).words(), Vec::<&str>::new());
    let old_leaf = odd(0, ("A payer", &key), ("Old root", &key), Vec::new());
    assert_eq!(judged(&[old_leaf.to_der().unwrap()], &anchors).words(), ["version"]);
    let old_issuer = odd(0, ("Old issuer", &key), ("Old root", &key), Vec::new());
    let below = odd(2, ("A payer", &key), ("Old issuer", &key), usage());
    let chain = [below.to_der().unwrap(), old_issuer.to_der().unwrap()];
    assert_eq!(judged(&chain, &anchors).words(), ["version", "not-an-authority"]);
}

#[test]
fn an_anchor_that_is_no_authority_issues_nothing() {
    let key = rsa_key(2048);
    let basic = || BasicConstraintsExtension::new().build().unwrap();
    let no_authority = odd(2, ("No authority", &key), ("No authority", &key), vec![basic()]);
    let leaf = odd(2, ("A payer", &key), ("No authority", &key), Vec::new());
    let anchors = trusting(&[String::from_utf8(no_authority.to_pem().unwrap()).unwrap()]);
    assert_eq!(judged(&[leaf.to_der().unwrap()], &anchors).words(), ["not-an-authority"]);
    let pinned = judged(&[no_authority.to_der().unwrap()], &anchors);
    assert_eq!((pinned.trusted(), pinned.path.len()), (Some(true), 1), "a leaf that is named itself is trusted");
}

#[test]
fn keys_that_prove_nothing_are_weak() {
    let (good, key) = (rsa_key(2048), rsa_key(2048));
    let root = odd(2, ("Root", &good), ("Root", &good), vec![BasicConstraintsExtension::new().ca().build().unwrap()]);
    let anchors = trusting(&[String::from_utf8(root.to_pem().unwrap()).unwrap()]);
    let rsa = key.rsa().unwrap();
    for exponent in ["1", "2", "123456789012345678901"] {
        let public = Rsa::from_public_components(rsa.n().to_owned().unwrap(), BigNum::from_dec_str(exponent).unwrap()).unwrap();
        let public = PKey::from_rsa(public).unwrap();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_serial_number(&Asn1Integer::from_bn(&BigNum::from_u32(8).unwrap()).unwrap()).unwrap();
        builder.set_issuer_name(root.subject_name()).unwrap();
        builder.set_subject_name(root.subject_name()).unwrap();
        builder.set_not_before(root.not_before()).unwrap();
        builder.set_not_after(root.not_after()).unwrap();
        builder.set_pubkey(&public).unwrap();
        builder.sign(&good, MessageDigest::sha256()).unwrap();
        let words = judged(&[builder.build().to_der().unwrap()], &anchors).words();
        assert_eq!(words, ["weak-key"], "exponent {exponent}");
    }
}

#[test]
fn a_defect_on_one_path_does_not_count_when_another_path_holds() {
    let (a, b) = (root("Root A"), root("Root B"));
    let key = KeyPair::generate().unwrap();
    let mut expired = authority_params("Bridge");
    expired.not_after = datetime!(2031-01-01 0:00 UTC);
    let by_a = expired.signed_by(&key, &a).unwrap();
    let by_b = authority_params("Bridge").signed_by(&key, &b).unwrap();
    let leaf = issued(&leaf_params(), &Issuer::new(authority_params("Bridge"), key));
    let both = [leaf.clone(), by_a.der().to_vec(), by_b.der().to_vec()];
    let anchors = trusting(&[a.pem(), b.pem()]);
    assert_eq!(judged(&both, &anchors).trusted(), Some(true));
    assert_eq!(judged(&both[..2], &anchors).words(), ["expired"]);
    assert_eq!(judged(&both, &trusting(&[a.pem()])).words(), ["expired"]);
}

#[test]
fn without_anchors_nothing_is_said_of_trust_and_other_rules_are_judged_all_the_same() {
    let root = root("Root");
    let mut params = leaf_params();
    params.not_after = datetime!(2031-01-01 0:00 UTC);
    let examination = judged(&[issued(&params, &root)], &Anchors::nothing());
    assert_eq!(examination.trusted(), None);
    assert_eq!(examination.words(), ["expired", "issuer-missing"]);
}

#[test]
fn a_tangle_ends_soon_and_is_not_called_untrusted() {
    // Ten authorities of one name and one key each may have signed any other of them.
    let key = || KeyPair::generate().unwrap();
    let knot: Vec<Root> = (0..9).map(|_| CertifiedIssuer::self_signed(knotted("Knot"), key()).unwrap()).collect();
    let leaf = issued(&knotted_leaf(), &knot[0]);
    let chain: Vec<Vec<u8>> = std::iter::once(leaf).chain(knot.iter().map(|own| own.der().to_vec())).collect();
    let begun = std::time::Instant::now();
    let examination = judged(&chain, &trusting(&[root("Root").pem()]));
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    assert_eq!(examination.trusted(), None, "{:?}", examination.words());
    assert!(examination.defects.iter().any(|defect| defect.rule == Rule::TooComplex));
}

fn knotted(name: &str) -> CertificateParams {
    let mut params = authority_params(name);
    params.use_authority_key_identifier_extension = false;
    params
}

fn knotted_leaf() -> CertificateParams {
    let mut params = leaf_params();
    params.use_authority_key_identifier_extension = false;
    params
}

#[test]
fn extended_key_usage_has_no_rule() {
    let root = root("Root");
    let mut params = leaf_params();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    assert_eq!(words(&[issued(&params, &root)], &root), Vec::<&str>::new());
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_examined_without_a_panic(bytes: Vec<u8>, place in 0_usize..600, value: u8) {
        let root = root("Root");
        let mut spoilt = issued(&leaf_params(), &root);
        let place = place % spoilt.len();
        spoilt[place] = value;
        let anchors = trusting(&[root.pem()]);
        proptest::prop_assert_ne!(judged(&[bytes], &anchors).trusted(), Some(true));
        let _ = judged(&[spoilt], &anchors);
    }
}
