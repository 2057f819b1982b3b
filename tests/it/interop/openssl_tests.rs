//! The servers that OpenSSL and GnuTLS ship: other stacks, other alerts, the same verdicts.

use super::expected::{case, compare};
use super::run::run;
use super::{gnutls_server, openssl_server};

const EXCHANGE_1: &str = "carin-bb/exchange-1";
const EXCHANGE_2: &str = "carin-bb/exchange-2";
const VERSIONS: [&str; 4] = ["--profile", "carin-bb-2.2.0", "--select", "tls.versions"];
const DISCOVERY: [&str; 4] =
    ["--profile", "carin-bb-2.2.0", "--select", "tls.versions,tls.certificate,discovery.smart-configuration"];

#[test]
fn openssl_s_server_with_static_documents_passes() {
    let Some(server) = openssl_server::start(&["-no_tls1", "-no_tls1_1"]) else { return };
    let run = run(&server.base(), Some(&server.files.ca), &DISCOVERY);
    compare(
        &run,
        0,
        &[
            case("tls.versions", "pass", &[(EXCHANGE_1, "pass"), (EXCHANGE_2, "pass")]),
            case("tls.certificate", "pass", &[]),
            case("discovery.smart-configuration", "pass", &[]),
        ],
    );
}

/// OpenSSL 3 then answers TLS 1.1 with an internal error, not with the alert for a version.
#[test]
fn openssl_s_server_whose_security_level_refuses_what_its_options_enable_passes() {
    let Some(server) = openssl_server::start(&["-cipher", "DEFAULT@SECLEVEL=2"]) else { return };
    let run = run(&server.base(), Some(&server.files.ca), &VERSIONS);
    compare(&run, 0, &[case("tls.versions", "pass", &[(EXCHANGE_1, "pass"), (EXCHANGE_2, "pass")])]);
}

#[test]
fn openssl_s_server_that_enables_tls_1_1_fails() {
    let Some(server) = openssl_server::start(&["-cipher", "ALL:@SECLEVEL=0"]) else { return };
    let run = run(&server.base(), Some(&server.files.ca), &VERSIONS);
    compare(&run, 1, &[case("tls.versions", "fail", &[(EXCHANGE_1, "fail"), (EXCHANGE_2, "pass")])]);
}

#[test]
fn gnutls_with_1_2_and_1_3_passes() {
    let Some(server) = gnutls_server::start("+VERS-TLS1.2:+VERS-TLS1.3") else { return };
    let run = run(&server.base(), Some(&server.files.ca), &VERSIONS);
    compare(&run, 0, &[case("tls.versions", "pass", &[(EXCHANGE_1, "pass"), (EXCHANGE_2, "pass")])]);
}

#[test]
fn gnutls_with_1_3_alone_passes() {
    let Some(server) = gnutls_server::start("+VERS-TLS1.3") else { return };
    let run = run(&server.base(), Some(&server.files.ca), &VERSIONS);
    compare(&run, 0, &[case("tls.versions", "pass", &[(EXCHANGE_1, "pass"), (EXCHANGE_2, "pass")])]);
}

#[test]
fn gnutls_with_1_1_fails() {
    let Some(server) = gnutls_server::start("+VERS-TLS1.1:+VERS-TLS1.2") else { return };
    let run = run(&server.base(), Some(&server.files.ca), &VERSIONS);
    compare(&run, 1, &[case("tls.versions", "fail", &[(EXCHANGE_1, "fail"), (EXCHANGE_2, "warn")])]);
}
