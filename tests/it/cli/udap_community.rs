//! A run with the certificate of a community, not with a laboratory: the operator's PKCS#12, the reference server in a process of
//! its own, and what is left there.

use std::fs;
use std::path::Path;

use carinbb::crypto::lab::LabKeys;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::provider::Provider;
use openssl::stack::Stack;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, KeyUsage, SubjectAlternativeName, SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509NameBuilder};
use serde_json::Value;

use super::tool::{Served, Tool};

const COMMUNITY: &str = "urn:test:community";

/// A key of the repository: making RSA keys takes long.
fn key(name: &str) -> PKey<Private> {
    let keys = LabKeys::well_known();
    let (_, pem) = keys.files().into_iter().find(|(own, _)| *own == name).expect("the key is there");
    PKey::private_key_from_pem(pem.expose().as_bytes()).expect("the key can be read")
}

/// A certificate by hand: nothing of the laboratory has a part in it.
fn certificate(name: &str, key: &PKey<Private>, issuer: Option<(&X509, &PKey<Private>)>, uris: &[&str]) -> X509 {
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    let subject = subject.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(name.bytes().map(u32::from).sum()).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(issuer.map_or(&subject, |(issuer, _)| issuer.subject_name())).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
    let is_leaf = !uris.is_empty();
    let mut constraints = BasicConstraints::new();
    let mut usage = KeyUsage::new();
    if is_leaf {
        usage.digital_signature();
    } else {
        constraints.ca();
        usage.key_cert_sign().crl_sign();
    }
    builder.append_extension(constraints.critical().build().unwrap()).unwrap();
    builder.append_extension(usage.critical().build().unwrap()).unwrap();
    let issuer_certificate = issuer.map(|(issuer, _)| &**issuer);
    let own = SubjectKeyIdentifier::new().build(&builder.x509v3_context(issuer_certificate, None)).unwrap();
    builder.append_extension(own).unwrap();
    if issuer.is_some() {
        let theirs = AuthorityKeyIdentifier::new().keyid(true).build(&builder.x509v3_context(issuer_certificate, None)).unwrap();
        builder.append_extension(theirs).unwrap();
    }
    if is_leaf {
        let mut names = SubjectAlternativeName::new();
        uris.iter().for_each(|uri| {
            names.uri(uri);
        });
        let names = names.build(&builder.x509v3_context(issuer_certificate, None)).unwrap();
        builder.append_extension(names).unwrap();
    }
    builder.sign(issuer.map_or(key, |(_, key)| key), MessageDigest::sha256()).unwrap();
    builder.build()
}

/// Writes `root.pem` and `app.p12`: a certificate for these URIs below an issuing CA.
fn community(folder: &Path, uris: &[&str], legacy: bool) {
    let (root_key, issuing_key, app_key) = (key("root.key"), key("issuing-a.key"), key("client-rsa.key"));
    let root = certificate("Community root", &root_key, None, &[]);
    let issuing = certificate("Community issuing CA", &issuing_key, Some((&root, &root_key)), &[]);
    let app = certificate("The operator's app", &app_key, Some((&issuing, &issuing_key)), uris);
    fs::write(folder.join("root.pem"), root.to_pem().unwrap()).unwrap();
    let mut above = Stack::new().unwrap();
    above.push(issuing).unwrap();
    let mut builder = Pkcs12::builder();
    builder.cert(&app).pkey(&app_key).ca(above);
    // RC2 with 40 bits for certificates, 3DES for the key, as communities still hand out.
    let _old = legacy.then(|| Provider::try_load(None, "legacy", true).unwrap());
    if legacy {
        builder.key_algorithm(Nid::from_raw(146)).cert_algorithm(Nid::from_raw(149));
    }
    fs::write(folder.join("app.p12"), builder.build2("pass").unwrap().to_der().unwrap()).unwrap();
}

/// Runs every UDAP case with this certificate against a reference server with these flags. Gives the record and the exit code.
fn run(uris: &[&str], legacy: bool, faults: &[&str], code: i32) -> Value {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    community(folder.path(), uris, legacy);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (target, roots, root) = (path("target.toml"), path("udap-roots.pem"), path("root.pem"));
    let mut flags = vec!["--target-out", &target, "--udap-ca-out", &roots, "--udap-anchors", &root];
    flags.extend(["--udap-community", COMMUNITY]);
    flags.extend(faults.iter().flat_map(|fault| ["--fault", *fault]));
    let served = Served::new(flags);
    let app = path("app.p12");
    let ours = format!(
        "\n[udap]\npkcs12 = {{ file = \"{app}\", password = {{ env = \"P12\" }} }}\nanchors = [\"{roots}\"]\ncommunities = [\"{COMMUNITY}\"]\n"
    );
    let theirs = fs::read_to_string(&target).expect("serve wrote the target file");
    fs::write(&target, theirs + &ours).expect("the folder is writable");
    let record = path("run.json");
    let ca = served.ca().display().to_string();
    let report = format!("json={record}");
    Tool::new()
        .env("P12", "pass")
        .args(["run", "--target", &target, "--ca-file", &ca, "--select", "udap,b2b", "--quiet", "--report", &report])
        .exits(code);
    serde_json::from_str(&fs::read_to_string(record).expect("the record was written")).expect("the record is JSON")
}

/// Case and verdict of everything that did not pass.
fn not_passed(record: &Value) -> Vec<String> {
    let cases = record["cases"].as_array().into_iter().flatten();
    let others = cases.filter(|case| !matches!(case["verdict"].as_str(), Some("pass" | "note" | "not-applicable")));
    others.map(|case| format!("{} {} {}", case["case"], case["variant"], case["verdict"]).replace('"', "")).collect()
}

/// The code flow and client_credentials registered over each other: what a verb needs it registers, and nobody else acts meanwhile.
#[test]
fn d13_one_uri_serves_both_flows_and_a_clean_server_has_no_finding() {
    let record = run(&["https://app.community.example/one"], true, &[], 0);
    assert_eq!(not_passed(&record), Vec::<String>::new());
    assert_eq!(record["left_behind"], serde_json::json!([]));
    let passed = |name: &str| record["cases"].as_array().into_iter().flatten().any(|case| case["case"] == name);
    for name in ["udap.token", "udap.code-flow", "udap.refresh", "udap.registration-claims", "b2b.supported"] {
        assert!(passed(name), "{name} did not run");
    }
    let left_out: Vec<&Value> =
        record["not_selected"].as_array().unwrap().iter().filter(|case| case["kind"] == "laboratory").collect();
    assert!(left_out.len() > 20, "{left_out:?}");
    assert!(left_out.iter().all(|case| case["reason"].as_str().unwrap().contains("certificates of a CA of ours")));
    assert!(left_out.iter().any(|case| case["case"] == "udap.registration-trust"));
}

#[test]
fn each_flow_has_its_own_uri_where_the_certificate_has_two() {
    let record = run(&["https://app.community.example/one", "https://app.community.example/two"], false, &[], 0);
    assert_eq!(not_passed(&record), Vec::<String>::new());
    assert_eq!(record["left_behind"], serde_json::json!([]));
}

/// What a lax server takes replaces the one registration there is. It is put back at once: no other case suffers.
#[test]
fn d14_what_a_lax_server_takes_is_put_right_before_anybody_else_looks() {
    let record = run(&["https://app.community.example/one"], false, &["udap-registers-bad-signature"], 1);
    let others = not_passed(&record);
    assert!(others.iter().any(|case| case.starts_with("udap.registration-signature") && case.ends_with("fail")), "{others:?}");
    let elsewhere: Vec<&String> = others.iter().filter(|case| !case.starts_with("udap.registration-signature")).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    assert_eq!(record["left_behind"], serde_json::json!([]));
    assert_eq!(wrong_ones_left_standing(&record), Vec::<String>::new());
}

/// The wrong statements that were taken and were not followed by a right one at once.
fn wrong_ones_left_standing(record: &Value) -> Vec<String> {
    let mut standing = Vec::new();
    let mut taken: Option<String> = None;
    let mut seen = 0;
    for entry in record["evidence"].as_array().into_iter().flatten() {
        let exchange = &entry["exchange"]["record"];
        let is_registration = exchange["request"]["url"].as_str().is_some_and(|url| url.ends_with("/register"))
            && exchange["request"]["method"] == "POST";
        let step = entry["exchange"]["label"]["step"].as_str().unwrap_or_default();
        if is_registration {
            let was_taken = matches!(exchange["result"]["status"].as_u64(), Some(200 | 201));
            let is_wrong = step.starts_with("Register with a statement that");
            if is_wrong && was_taken && taken.is_none() {
                taken = Some(entry["id"].to_string());
                seen += 1;
            } else if was_taken {
                taken = None;
            }
        } else if let Some(id) = taken.take() {
            standing.push(id);
        }
    }
    standing.extend(taken);
    assert!(seen > 0, "the lax server took nothing wrong");
    standing
}
