//! Servers and apps that are not ours. Debian's nginx, the servers of OpenSSL, GnuTLS and Java are judged against tables
//! written by hand, and so is django-oauth-toolkit; SMART's and Authlib's clients launch at the reference server.
//!
//! The reference server could share a misreading with the checks; these cannot. A test whose program is missing says so
//! and passes, unless `CARINBB_INTEROP=required`.

mod certificates;
mod client_tests;
mod clients;
mod documents;
mod expected;
mod gnutls_server;
mod jsse_server;
mod nginx;
mod nginx_tests;
mod observed_tests;
mod ocsp_tests;
mod openssl_server;
mod openssl_tests;
mod page_tests;
pub mod programs;
mod provider;
mod provider_tests;
mod report_tests;
mod reports;
mod run;
mod scanner_tests;
mod scanners;
mod served;
mod server;
mod state_tests;
mod states;
mod tiered_tests;
