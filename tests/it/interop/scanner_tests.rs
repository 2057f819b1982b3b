//! The suites of real servers, version by version, against a table made by hand; and other scanners beside us.

use std::collections::{BTreeMap, BTreeSet};

use super::scanners::{Suites, carinbb, python, sslscan, sslyze};
use super::{jsse_server, programs};

/// One suite: Java's name, the name of the registry, its number, and the versions in which it exists.
struct Suite {
    java: &'static str,
    name: &'static str,
    number: &'static str,
    versions: &'static [&'static str],
}

const fn suite(java: &'static str, name: &'static str, number: &'static str, versions: &'static [&'static str]) -> Suite {
    Suite { java, name, number, versions }
}

/// Export grade: RFC 4346 took it out of TLS 1.1.
const TO_1_0: &[&str] = &["ssl3", "1.0"];
/// DES: RFC 5469 took it out of TLS 1.2.
const TO_1_1: &[&str] = &["ssl3", "1.0", "1.1"];
const TO_1_2: &[&str] = &["ssl3", "1.0", "1.1", "1.2"];
/// AEAD, and everything with a digest of its own.
const ONLY_1_2: &[&str] = &["1.2"];
const ONLY_1_3: &[&str] = &["1.3"];

/// What the server is told to accept, and where the documents have it.
const TABLE: [Suite; 22] = [
    suite("SSL_RSA_EXPORT_WITH_RC4_40_MD5", "TLS_RSA_EXPORT_WITH_RC4_40_MD5", "0003", TO_1_0),
    suite("SSL_DH_anon_EXPORT_WITH_DES40_CBC_SHA", "TLS_DH_anon_EXPORT_WITH_DES40_CBC_SHA", "0019", TO_1_0),
    suite("SSL_RSA_WITH_DES_CBC_SHA", "TLS_RSA_WITH_DES_CBC_SHA", "0009", TO_1_1),
    suite("SSL_RSA_WITH_NULL_MD5", "TLS_RSA_WITH_NULL_MD5", "0001", TO_1_2),
    suite("SSL_RSA_WITH_NULL_SHA", "TLS_RSA_WITH_NULL_SHA", "0002", TO_1_2),
    suite("SSL_RSA_WITH_RC4_128_MD5", "TLS_RSA_WITH_RC4_128_MD5", "0004", TO_1_2),
    suite("SSL_RSA_WITH_RC4_128_SHA", "TLS_RSA_WITH_RC4_128_SHA", "0005", TO_1_2),
    suite("SSL_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "000a", TO_1_2),
    suite("TLS_DH_anon_WITH_AES_128_CBC_SHA", "TLS_DH_anon_WITH_AES_128_CBC_SHA", "0034", TO_1_2),
    suite("TLS_ECDH_anon_WITH_AES_128_CBC_SHA", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", "c018", TO_1_2),
    suite("TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA", "002f", TO_1_2),
    suite("TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "0033", TO_1_2),
    suite("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "c013", TO_1_2),
    suite("TLS_RSA_WITH_NULL_SHA256", "TLS_RSA_WITH_NULL_SHA256", "003b", ONLY_1_2),
    suite("TLS_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256", "003c", ONLY_1_2),
    suite("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256", "009c", ONLY_1_2),
    suite("TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "009f", ONLY_1_2),
    suite("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "c030", ONLY_1_2),
    suite("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "cca8", ONLY_1_2),
    suite("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", "1301", ONLY_1_3),
    suite("TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", "1302", ONLY_1_3),
    suite("TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "1303", ONLY_1_3),
];

fn truth() -> Suites {
    let mut truth = Suites::new();
    for suite in &TABLE {
        for version in suite.versions {
            truth.entry((*version).to_owned()).or_default().insert(suite.number.to_owned());
        }
    }
    truth
}

fn names() -> BTreeMap<&'static str, &'static str> {
    TABLE.iter().map(|suite| (suite.name, suite.number)).collect()
}

/// SSL 3, EXPORT, DES, RC4, NULL and anonymous suites in a real stack, which OpenSSL 3 cannot speak any more.
#[test]
fn java_with_everything_on_has_the_suites_of_the_table_in_every_version() {
    let Some(server) = jsse_server::start(&TABLE.map(|suite| suite.java), "SSLv3,TLSv1,TLSv1.1,TLSv1.2,TLSv1.3") else { return };
    assert_eq!(carinbb(&server.place(), &names()), truth());
}

#[test]
fn a_version_or_a_suite_that_java_has_not_enabled_is_not_found() {
    let few = ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_RSA_WITH_AES_128_CBC_SHA"];
    let Some(server) = jsse_server::start(&few, "TLSv1.1,TLSv1.2") else { return };
    let right = Suites::from([
        ("1.1".to_owned(), BTreeSet::from(["002f".to_owned()])),
        ("1.2".to_owned(), BTreeSet::from(["002f".to_owned(), "c030".to_owned()])),
    ]);
    assert_eq!(carinbb(&server.place(), &names()), right);
}

/// Each is compared in the versions that it says something about: sslscan has no suites of SSL 3, sslyze falls over there.
#[test]
fn sslscan_and_sslyze_see_the_same_suites_wherever_they_see_any() {
    let (Some([program]), Some(python)) = (programs::find(["sslscan"]), python()) else { return };
    let Some(server) = jsse_server::start(&TABLE.map(|suite| suite.java), "SSLv3,TLSv1,TLSv1.1,TLSv1.2,TLSv1.3") else { return };
    let ours = carinbb(&server.place(), &names());
    for (scanner, theirs) in
        [("sslscan", sslscan(&program, &server.place())), ("sslyze", sslyze(&python, &server.place(), &names()))]
    {
        let versions: Vec<&str> = theirs.keys().map(String::as_str).filter(|version| *version != "ssl3").collect();
        assert_eq!(versions, ["1.0", "1.1", "1.2", "1.3"], "{scanner} looked at these");
        for version in versions {
            assert_eq!(ours.get(version), theirs.get(version), "{scanner}, TLS {version}");
        }
    }
}
