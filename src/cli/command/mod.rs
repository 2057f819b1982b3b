//! One file per command.

pub mod attest;
pub mod check;
pub mod compare;
pub mod completions;
pub mod docs;
pub mod doctor;
pub mod explain;
pub mod init;
pub mod list;
pub mod pki;
pub mod login;
pub mod report;
pub mod review;
pub mod run;
pub mod selftest;
pub mod serve;
pub mod verify;
pub mod tls;
