//! Cipher suites and extensions that a listener should not agree to, answered by hand up to TLS 1.2.
//!
//! Only hellos that leave no better choice are answered so; all others go to the real stack, and TLS 1.3 always does.

use super::client_hello::ClientHello;
use super::site::Site;

const TLS_1_2: u16 = 0x0303;
/// The suites of TLS 1.2 that our real stack takes: its certificate has an elliptic-curve key.
const MODERN: [u16; 2] = [0xc02b, 0xc02c];
/// What an old but honest server would take.
const AES: [u16; 6] = [0xc02b, 0xc02f, 0xc009, 0xc013, 0xc00a, 0xc014];

const RENEGOTIATION_INFO: [u8; 5] = [0xff, 1, 0, 1, 0];
const EXTENDED_MASTER_SECRET: [u8; 4] = [0, 23, 0, 0];
const TRUNCATED_HMAC: [u8; 4] = [0, 4, 0, 0];

/// A `ServerHello` that is said without any cryptography behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hello {
    version: u16,
    suites: &'static [u16],
    compression: u8,
    /// `renegotiation_info`, `extended_master_secret`, `truncated_hmac`
    extensions: [bool; 3],
    /// The bits of a prime for Diffie-Hellman, when a key exchange follows.
    prime: Option<usize>,
}

/// The suites that a fault accepts.
const SUITES: [(&str, &[u16]); 14] = [
    ("tls-null-suite-accepted", &[0x0002, 0x003b, 0xc006, 0xc010]),
    ("tls-rc4-suite-accepted", &[0x0005, 0xc007, 0xc011]),
    ("tls-export-suite-accepted", &[0x0003, 0x0008, 0x0014]),
    ("tls-des-suite-accepted", &[0x0009, 0x0015]),
    ("tls-anonymous-suite-accepted", &[0x0034, 0x003a, 0xc018, 0xc019]),
    ("tls-3des-suite-accepted", &[0xc008, 0xc012]),
    ("tls-static-rsa-suite-accepted", &[0x009c, 0x009d]),
    ("tls-prefers-static-rsa", &[0x009c]),
    ("tls-static-dh-suite-accepted", &[0xc031, 0xc032, 0xc02d, 0xc02e]),
    ("tls-dhe-suite-accepted", &[0x009e, 0x009f]),
    ("tls-dh-1024-bits", &[0x009e, 0x009f]),
    ("tls-cbc-without-encrypt-then-mac", &[0xc009, 0xc013]),
    ("tls-chacha20-suite-accepted", &[0xcca8, 0xcca9]),
    ("tls-camellia-suite-accepted", &[0xc086, 0xc08a]),
];

/// The answer to this hello, if a fault that is on has one.
pub(super) fn choose(site: &Site, hello: &ClientHello) -> Option<Hello> {
    if hello.highest != TLS_1_2 {
        return None;
    }
    let offers = |suites: &[u16]| suites.iter().any(|suite| hello.suites.contains(suite));
    if !offers(&MODERN) {
        let fault = SUITES.into_iter().find(|(fault, suites)| site.has(fault) && offers(suites));
        let prime = |fault: &str| match fault {
            "tls-dh-1024-bits" => Some(1024),
            "tls-dhe-suite-accepted" => Some(2048),
            _ => None,
        };
        return fault.map(|(fault, suites)| Hello { suites, prime: prime(fault), ..Hello::honest() });
    }
    if site.has("tls-prefers-static-rsa") && hello.suites.contains(&0x009c) && hello.suites.len() < 20 {
        return Some(Hello { suites: &[0x009c], ..Hello::honest() });
    }
    if site.has("tls-compression-enabled") && hello.compressions.contains(&1) {
        return Some(Hello { compression: 1, ..Hello::honest() });
    }
    let without = |at: usize| Hello { extensions: std::array::from_fn(|own| own != at && own < 2), ..Hello::honest() };
    match () {
        () if site.has("tls-no-renegotiation-info") => Some(without(0)),
        () if site.has("tls-no-extended-master-secret") => Some(without(1)),
        () if site.has("tls-truncated-hmac") && hello.extensions.contains(&4) => {
            Some(Hello { extensions: [true; 3], ..Hello::honest() })
        }
        () => None,
    }
}

impl Hello {
    /// A hello of a version without extensions.
    pub(super) const fn plain(version: u16) -> Self {
        Self { version, suites: &AES, compression: 0, extensions: [false; 3], prime: None }
    }

    const fn honest() -> Self {
        Self { extensions: [true, true, false], ..Self::plain(TLS_1_2) }
    }

    /// The records, or nothing if no suite of ours is offered.
    pub(super) fn flight(&self, hello: &ClientHello) -> Option<Vec<u8>> {
        let suite = self.suites.iter().find(|suite| hello.suites.contains(suite))?;
        let mut extensions = Vec::new();
        for (wanted, bytes) in
            self.extensions.into_iter().zip([&RENEGOTIATION_INFO[..], &EXTENDED_MASTER_SECRET, &TRUNCATED_HMAC])
        {
            extensions.extend_from_slice(if wanted { bytes } else { &[] });
        }
        let mut body = [&self.version.to_be_bytes()[..], &[0x5a; 32], &[0], &suite.to_be_bytes(), &[self.compression]].concat();
        if !extensions.is_empty() {
            body.extend(vector(&extensions));
        }
        let mut messages = message(2, &body);
        if let Some(bits) = self.prime {
            let prime = [&[0x80][..], &vec![1; bits / 8 - 1]].concat();
            let signature = [&[4, 1][..], &vector(&[9; 64])].concat();
            messages.extend(message(11, &[0, 0, 0]));
            messages.extend(message(12, &[vector(&prime), vector(&[2]), vector(&prime), signature].concat()));
            messages.extend(message(14, &[]));
        }
        let [major, minor] = self.version.to_be_bytes();
        Some([&[22, major, minor][..], &vector(&messages)].concat())
    }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or_default().to_be_bytes();
    [&[kind][..], &length[1..], body].concat()
}

fn vector(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or_default();
    [&length.to_be_bytes()[..], content].concat()
}
