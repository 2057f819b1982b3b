//! The certificates of the laboratory, read and judged by OpenSSL, and its signatures by josekit: neither shares code with what
//! made them.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use josekit::jws::{ES256, ES384, JwsVerifier, PS256, RS256, RS384, RS512};
use openssl::pkcs12::Pkcs12;
use openssl::pkey::PKey;
use openssl::provider::Provider;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509Crl, X509StoreContext};
use time::OffsetDateTime;

use super::*;
use crate::vocabulary::Secret;

const URI: &str = "https://client.carinbb.example/app";

fn lab() -> Lab {
    Lab::new(LabKeys::well_known(), Some("http://127.0.0.1:9/pki".into()), OffsetDateTime::now_utc()).unwrap()
}

fn certificate(der: &[u8]) -> X509 {
    X509::from_der(der).unwrap()
}

/// What OpenSSL says of the chain, with the laboratory's root as the one anchor.
fn opinion(lab: &Lab, credential: &Credential) -> Result<(), String> {
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(certificate(lab.root())).unwrap();
    let mut chain = Stack::new().unwrap();
    credential.chain[1..].iter().for_each(|der| chain.push(certificate(der)).unwrap());
    let mut context = X509StoreContext::new().unwrap();
    context
        .init(&store.build(), &certificate(&credential.chain[0]), &chain, |context| {
            let valid = context.verify_cert()?;
            Ok(if valid { Ok(()) } else { Err(context.error().error_string().to_owned()) })
        })
        .unwrap()
}

fn made(lab: &Lab, shape: Shape) -> Credential {
    lab.credential(&[URI.to_owned()], shape, KeyKind::Rsa, OffsetDateTime::now_utc()).unwrap()
}

#[test]
fn good_certificates_are_good_and_broken_ones_are_broken_in_their_one_way() {
    let lab = lab();
    let rows = [
        (Shape::Right, None),
        (Shape::IssuedByRoot, None),
        (Shape::WithoutAddresses, None),
        (Shape::ShortLife, None),
        (Shape::LongChain, None),
        // OpenSSL's default purpose looks at neither of these.
        (Shape::Revoked, None),
        (Shape::WithResponder, None),
        (Shape::RevokedByResponder, None),
        (Shape::DnsName, None),
        (Shape::HostName, None),
        (Shape::CommonName, None),
        (Shape::NoDigitalSignature, None),
        (Shape::LeafIsCa, None),
        (Shape::WeakKey, None),
        (Shape::Expired, Some("expired")),
        (Shape::Future, Some("not yet valid")),
        (Shape::PathLength, Some("path length")),
        (Shape::IssuerNotCa, Some("invalid CA certificate")),
        (Shape::IssuerExpired, Some("expired")),
        (Shape::IssuerNoCertSign, Some("invalid CA certificate")),
        (Shape::NameConstraint, Some("permitted subtree violation")),
        (Shape::CriticalExtension, Some("unhandled critical extension")),
        (Shape::SelfSigned, Some("self-signed")),
        (Shape::UnknownCa, Some("unable to get local issuer")),
        (Shape::SecondCommunity, Some("unable to get local issuer")),
    ];
    assert_eq!(rows.len(), Shape::WORDS.len());
    for (shape, complaint) in rows {
        match (opinion(&lab, &made(&lab, shape)), complaint) {
            (Ok(()), None) => {}
            (Err(said), Some(complaint)) => assert!(said.contains(complaint), "{shape:?}: {said}"),
            (said, _) => panic!("{shape:?}: {said:?}"),
        }
    }
}

#[test]
fn what_openssl_does_not_look_at_is_in_the_certificate() {
    let lab = lab();
    let leaf = |shape| certificate(&made(&lab, shape).chain[0]);
    let uris = |certificate: &X509| -> Vec<String> {
        certificate.subject_alt_names().into_iter().flatten().filter_map(|name| name.uri().map(str::to_owned)).collect()
    };
    assert_eq!(uris(&leaf(Shape::Right)), [URI]);
    assert_eq!(uris(&leaf(Shape::DnsName)), Vec::<String>::new());
    assert!(!uris(&leaf(Shape::CommonName)).contains(&URI.to_owned()));
    assert_eq!(leaf(Shape::WeakKey).public_key().unwrap().bits(), 1024);
    let two = lab
        .credential(
            &["https://a.example/1".into(), "https://a.example/2".into()],
            Shape::Right,
            KeyKind::Ec256,
            OffsetDateTime::now_utc(),
        )
        .unwrap();
    assert_eq!(uris(&certificate(&two.chain[0])).len(), 2);
    let list = X509Crl::from_der(&lab.list_of_issuing_a().unwrap()).unwrap();
    assert!(list.verify(&certificate(lab.issuing()[0]).public_key().unwrap()).unwrap());
    let is_listed = |shape| matches!(list.get_by_cert(&leaf(shape)), openssl::x509::CrlStatus::Revoked(_));
    assert!(is_listed(Shape::Revoked) && !is_listed(Shape::Right));
    let parts = leaf(Shape::Right).to_text().map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap();
    assert!(parts.contains("http://127.0.0.1:9/pki/issuing-a.crl") && parts.contains("http://127.0.0.1:9/pki/issuing-a.cer"));
    let asked = |shape| {
        leaf(shape)
            .ocsp_responders()
            .into_iter()
            .flat_map(|all| all.iter().map(|url| url.to_string()).collect::<Vec<_>>())
            .collect::<Vec<String>>()
    };
    assert_eq!(asked(Shape::RevokedByResponder), ["http://127.0.0.1:9/pki/ocsp"]);
    assert_eq!(asked(Shape::Right), Vec::<String>::new());
    assert!(leaf(Shape::WithResponder).crl_distribution_points().is_none());
    let parts = leaf(Shape::WithoutAddresses).to_text().map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap();
    assert!(!parts.contains("http://"));
}

/// josekit takes a key for PSS as a JWK.
fn as_jwk(credential: &Credential) -> Jwk {
    let key = credential.key.rsa().unwrap();
    let number = |value: &openssl::bn::BigNumRef| Some(URL_SAFE_NO_PAD.encode(value.to_vec()).into());
    let mut jwk = Jwk::new("RSA");
    jwk.set_parameter("n", number(key.n())).unwrap();
    jwk.set_parameter("e", number(key.e())).unwrap();
    jwk
}

#[test]
fn signatures_are_valid_for_an_implementation_that_did_not_make_them() {
    let lab = lab();
    let made = |key| lab.credential(&[URI.to_owned()], Shape::Right, key, OffsetDateTime::now_utc()).unwrap();
    let (rsa, large, p256, p384) = (made(KeyKind::Rsa), made(KeyKind::Rsa4096), made(KeyKind::Ec256), made(KeyKind::Ec384));
    let pem = |credential: &Credential| credential.public_pem().unwrap();
    let rows: [(&Credential, &str, Box<dyn JwsVerifier>); 8] = [
        (&rsa, "RS256", Box::new(RS256.verifier_from_pem(pem(&rsa)).unwrap())),
        (&rsa, "RS384", Box::new(RS384.verifier_from_pem(pem(&rsa)).unwrap())),
        (&rsa, "RS512", Box::new(RS512.verifier_from_pem(pem(&rsa)).unwrap())),
        (&rsa, "PS256", Box::new(PS256.verifier_from_jwk(&as_jwk(&rsa)).unwrap())),
        (&large, "RS256", Box::new(RS256.verifier_from_pem(pem(&large)).unwrap())),
        (&p256, "ES256", Box::new(ES256.verifier_from_pem(pem(&p256)).unwrap())),
        (&made(KeyKind::Renewed), "ES256", Box::new(ES256.verifier_from_pem(pem(&p256)).unwrap())),
        (&p384, "ES384", Box::new(ES384.verifier_from_pem(pem(&p384)).unwrap())),
    ];
    for (at, (credential, algorithm, verifier)) in rows.iter().enumerate() {
        let signature = credential.sign(algorithm, b"message").unwrap();
        let is_valid = verifier.verify(b"message", &signature).is_ok();
        assert_eq!(is_valid, at != 6, "{algorithm}: a renewed key is another key");
        assert!(verifier.verify(b"another message", &signature).is_err());
    }
    assert!(rsa.sign("ES256", b"x").is_err() && p256.sign("ES384", b"x").is_err() && p256.sign("HS256", b"x").is_err());
    let leaf = certificate(&rsa.chain[0]).public_key().unwrap();
    assert!(leaf.public_eq(&PKey::public_key_from_pem(&pem(&rsa)).unwrap()), "the certificate is for the key that signs");
}

#[test]
fn the_six_keys_of_confusion_are_six() {
    let lab = lab();
    let credential = made(&lab, Shape::Right);
    let words = ["spki-pem-lf", "spki-pem-crlf", "spki-der", "certificate-pem-lf", "certificate-pem-crlf", "certificate-der"];
    let mut keys: Vec<Vec<u8>> = words.iter().map(|word| credential.confusion(word).unwrap()).collect();
    assert_eq!(keys[0], certificate(&credential.chain[0]).public_key().unwrap().public_key_to_pem().unwrap());
    assert!(keys[1].windows(2).any(|pair| pair == b"\r\n") && !keys[0].contains(&b'\r'));
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 6);
    assert!(credential.confusion("another").is_err());
}

#[test]
fn a_pkcs12_opens_with_new_and_with_old_encryption_and_with_nothing_but_its_password() {
    let lab = lab();
    let credential = made(&lab, Shape::Right);
    let mut above = Stack::new().unwrap();
    above.push(certificate(lab.root())).unwrap();
    above.push(certificate(&credential.chain[1])).unwrap();
    let build = |above: Stack<X509>, legacy: bool| {
        let mut builder = Pkcs12::builder();
        builder.cert(&certificate(&credential.chain[0])).pkey(&credential.key).ca(above);
        if legacy {
            builder.key_algorithm(openssl::nid::Nid::from_raw(146)).cert_algorithm(openssl::nid::Nid::from_raw(149));
        }
        builder.build2("pass").unwrap().to_der().unwrap()
    };
    let modern = build(above, false);
    let mut above = Stack::new().unwrap();
    above.push(certificate(&credential.chain[1])).unwrap();
    let old = {
        let _legacy = Provider::try_load(None, "legacy", true).unwrap();
        build(above, true)
    };
    for bytes in [modern, old] {
        let (opened, uris) = from_pkcs12(&bytes, &Secret::new("password", "pass")).unwrap();
        assert_eq!((opened.chain, uris), (credential.chain.clone(), vec![URI.to_owned()]));
        let error = from_pkcs12(&bytes, &Secret::new("password", "hunter22")).unwrap_err().to_string();
        assert!(!error.contains("hunter22"), "{error}");
    }
    assert!(from_pkcs12(b"no archive", &Secret::new("password", "pass")).is_err());
}

#[test]
fn a_laboratory_comes_back_from_its_folder_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lab");
    let lab = lab();
    write_folder(&path, &lab).unwrap();
    let again = read_folder(&path, None, OffsetDateTime::now_utc()).unwrap();
    assert_eq!(again.root(), lab.root());
    assert_eq!(opinion(&lab, &made(&again, Shape::LongChain)), Ok(()));
    let error = write_folder(&path, &lab).unwrap_err().to_string();
    assert!(error.contains("never overwritten"), "{error}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(path.join("root.key")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn certificates_of_a_run_cost_little() {
    let begun = Instant::now();
    let lab = lab();
    for number in 0..120 {
        let kind = [KeyKind::Rsa, KeyKind::Ec256, KeyKind::Ec384][number % 3];
        lab.credential(&[format!("{URI}/{number}")], Shape::Right, kind, OffsetDateTime::now_utc()).unwrap();
    }
    // Generous: the machine may be busy, and an RSA key per certificate would take far longer.
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}
