//! nginx, as payers run it in front of their FHIR servers: well set up, left old, and with each kind of bad certificate.

use super::certificates::Certificate;
use super::expected::{Expected, case, compare, seen};
use super::nginx::{self, InTheClear, MODERN, OLD};
use super::run::run;
use super::server::free_port;

const EXCHANGE_1: &str = "carin-bb/exchange-1";
const EXCHANGE_2: &str = "carin-bb/exchange-2";
const TLS_1: &str = "us-core-security/tls-1";
const GENERAL_3: &str = "carin-bb/general-3";
const ALL: [&str; 2] = ["--profile", "carin-bb-2.2.0"];
const TLS: [&str; 4] = ["--profile", "carin-bb-2.2.0", "--select", "tls.versions,tls.certificate"];

#[test]
fn a_modern_nginx_meets_tls_discovery_and_access() {
    let Some(server) = nginx::start(Certificate::Good, MODERN) else { return };
    let run = run(&server.base(), Some(&server.files.ca), &ALL);
    compare(&run, 0, &MODERN_TABLE);
    for result in run.record["cases"].as_array().expect("the record holds cases") {
        let is_known =
            MODERN_TABLE.iter().any(|row| result["case"] == row.case) || OPTIONAL.iter().any(|case| result["case"] == *case);
        let is_good = ["pass", "not-applicable"].iter().any(|word| result["verdict"] == *word);
        assert!(is_known || is_good, "a finding that the table does not know: {result:#}");
    }
}

/// What its documents and its refusals must come to.
const MODERN_TABLE: [Expected; 20] = [
    // The certificate of these tests names neither a responder nor an issuer.
    case("tls.certificate-profile", "warn", &[]),
    case("tls.versions", "pass", &[(EXCHANGE_1, "pass"), (EXCHANGE_2, "pass"), (TLS_1, "pass")]),
    case("tls.certificate", "pass", &[(GENERAL_3, "pass")]),
    case("discovery.smart-configuration", "pass", &[]),
    case("discovery.smart-endpoints", "pass", &[]),
    case("discovery.smart-urls", "pass", &[]),
    case("discovery.smart-pkce", "pass", &[]),
    case("discovery.smart-issuer", "pass", &[]),
    case("discovery.openid-configuration", "pass", &[]),
    case("discovery.agreement-openid", "pass", &[]),
    case("discovery.agreement-oauth-uris", "pass", &[]),
    case("discovery.oauth-uris", "pass", &[]),
    case("discovery.jwks", "pass", &[]),
    case("discovery.capability-statement", "pass", &[("carin-bb/capability-statement-3", "pass")]),
    case("discovery.duplicate-keys", "pass", &[]),
    case("discovery.unknown-path", "pass", &[]),
    case("capabilities.declared", "pass", &[]),
    case("scopes.listed", "pass", &[]),
    case("access.without-token", "pass", &[("carin-bb/capability-statement-1", "pass"), (GENERAL_3, "pass")]),
    // nginx refuses everybody with the same challenge: right, but silent about the token being invalid.
    case("access.made-up-token", "warn", &[(GENERAL_3, "pass"), ("oauth-oidc/rfc6750-3", "warn")]),
];

/// Rests on what runs beside nginx on this machine: port 80.
const OPTIONAL: [&str; 1] = ["tls.plain-http"];

#[test]
fn an_old_nginx_fails_for_tls_1_0_and_1_1_and_is_warned_for_the_missing_1_3() {
    let Some(server) = nginx::start(Certificate::Good, OLD) else { return };
    let run = run(&server.base(), Some(&server.files.ca), &TLS);
    compare(
        &run,
        1,
        &[
            case("tls.versions", "fail", &[(EXCHANGE_1, "fail"), (TLS_1, "fail"), (EXCHANGE_2, "warn")]),
            case("tls.certificate", "pass", &[(GENERAL_3, "pass")]),
        ],
    );
}

#[test]
fn a_self_signed_certificate_fails_and_says_nothing_about_versions() {
    a_bad_certificate_fails_alone(Certificate::SelfSigned);
}

#[test]
fn a_certificate_for_another_host_fails_and_says_nothing_about_versions() {
    a_bad_certificate_fails_alone(Certificate::WrongHost);
}

#[test]
fn an_expired_certificate_fails_and_says_nothing_about_versions() {
    a_bad_certificate_fails_alone(Certificate::Expired);
}

#[test]
fn a_self_signed_certificate_with_the_name_of_a_trusted_root_fails() {
    a_bad_certificate_fails_alone(Certificate::NamesakeOfTheRoot);
}

fn a_bad_certificate_fails_alone(certificate: Certificate) {
    let Some(server) = nginx::start(certificate, MODERN) else { return };
    let run = run(&server.base(), Some(&server.files.ca), &TLS);
    compare(
        &run,
        1,
        &[
            case("tls.versions", "pass", &[(EXCHANGE_1, "pass"), (EXCHANGE_2, "pass")]),
            case("tls.certificate", "fail", &[(GENERAL_3, "fail")]),
        ],
    );
    let words: &[&str] = match certificate {
        Certificate::SelfSigned => &["self-signed"],
        // Both are true of it.
        Certificate::NamesakeOfTheRoot => &["self-signed", "bad-signature"],
        Certificate::WrongHost => &["wrong-name"],
        Certificate::Expired => &["expired"],
        Certificate::Good => unreachable!("a good certificate does not fail"),
    };
    let seen = seen(&run.record, "tls.certificate", "defects");
    assert!(seen.iter().any(|word| words.contains(&word.as_str())), "{seen:?} holds none of {words:?}");
}

#[test]
fn without_its_ca_a_good_certificate_is_untrusted() {
    let Some(server) = nginx::start(Certificate::Good, MODERN) else { return };
    let run = run(&server.base(), None, &TLS);
    compare(&run, 1, &[case("tls.certificate", "fail", &[(GENERAL_3, "fail")])]);
}

#[test]
fn a_plain_http_port_that_redirects_to_https_passes() {
    the_plain_http_port_comes_to(InTheClear::Redirect, 0, "pass");
}

/// It gives no member's data, but public documents that a person in the middle may change.
#[test]
fn a_plain_http_port_that_serves_documents_and_refusals_is_warned() {
    the_plain_http_port_comes_to(InTheClear::Same, 0, "warn");
}

#[test]
fn a_plain_http_port_that_answers_searches_fails() {
    the_plain_http_port_comes_to(InTheClear::Data, 1, "fail");
}

fn the_plain_http_port_comes_to(answer: InTheClear, code: i32, verdict: &'static str) {
    let port = free_port();
    let Some(server) = nginx::start_in_the_clear_too(port, answer) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let target = folder.path().join("target.toml");
    let text = format!("[target]\nbase = \"{}\"\nplain_http = \"http://localhost:{port}/fhir\"\n", server.base());
    std::fs::write(&target, text).expect("the folder is writable");
    let arguments = ["--profile", "carin-bb-2.2.0", "--select", "tls.plain-http"];
    let run = run(&target.display().to_string(), Some(&server.files.ca), &arguments);
    compare(&run, code, &[case("tls.plain-http", verdict, &[])]);
}
