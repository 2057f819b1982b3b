//! nginx, as payers run it in front of their FHIR servers: well set up, left old, and with each kind of bad certificate.

use super::certificates::Certificate;
use super::expected::{case, compare};
use super::nginx::{self, MODERN, OLD};
use super::run::run;

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
    compare(
        &run,
        0,
        &[
            case("tls.versions", "pass", &[(EXCHANGE_1, "pass"), (EXCHANGE_2, "pass"), (TLS_1, "pass")]),
            case("tls.certificate", "pass", &[(GENERAL_3, "pass")]),
            case("discovery.smart-configuration", "pass", &[]),
        ],
    );
}

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
    let word = match certificate {
        Certificate::SelfSigned => "self-signed",
        Certificate::WrongHost => "wrong-name",
        Certificate::Expired => "expired",
        Certificate::Good => unreachable!("a good certificate does not fail"),
    };
    assert!(run.printed.contains(word), "the finding does not say '{word}': {}", run.printed);
}

#[test]
fn without_its_ca_a_good_certificate_is_untrusted() {
    let Some(server) = nginx::start(Certificate::Good, MODERN) else { return };
    let run = run(&server.base(), None, &TLS);
    compare(&run, 1, &[case("tls.certificate", "fail", &[(GENERAL_3, "fail")])]);
}
