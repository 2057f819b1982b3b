//! What a cipher suite is made of, in words, and which suites share a word.
//!
//! The registry of suites is that of `tls-parser`; nothing here says whether a suite is allowed.

use tls_parser::{
    CIPHERS, TlsCipherAu as Au, TlsCipherEnc as Enc, TlsCipherEncMode as Mode, TlsCipherKx as Kx, TlsCipherMac as Mac,
    TlsCipherSuite,
};

use super::suites::{FALLBACK, RENEGOTIATION};

/// The suites without encryption, with keys for export, single DES, RC4, or without a certificate, that need no shared secret.
/// One hello holds them all.
pub(super) const WEAK: [u16; 59] = [
    0x0001, 0x0002, 0x003b, 0xc001, 0xc006, 0xc00b, 0xc010, 0xc015, // NULL
    0x0003, 0x0006, 0x0008, 0x000b, 0x000e, 0x0011, 0x0014, 0x0017, 0x0019, // EXPORT
    0x0060, 0x0061, 0x0062, 0x0063, 0x0064, 0x0065, // EXPORT1024
    0x0018, 0x001b, 0x001a, 0x0034, 0x003a, 0x0046, 0x0089, 0x009b, 0x006c, 0x006d, 0x00a6, 0x00a7, 0x00bf,
    0x00c5, // DH_anon
    0xc046, 0xc047, 0xc05a, 0xc05b, 0xc084, 0xc085, // DH_anon with ARIA and CAMELLIA
    0xc016, 0xc017, 0xc018, 0xc019, // ECDH_anon
    0x0004, 0x0005, 0xc002, 0xc007, 0xc00c, 0xc011, 0x0066, // RC4
    0x0009, 0x000c, 0x000f, 0x0012, 0x0015, // DES
];

/// The name that is registered for a suite, or its number.
#[must_use]
pub fn suite_name(suite: u16) -> String {
    match (TlsCipherSuite::from_id(suite), tls13_name(suite)) {
        (_, Some(name)) => name.to_owned(),
        (Some(known), None) => known.name.to_owned(),
        (None, None) => format!("{suite:#06x}"),
    }
}

/// The names of the suites of TLS 1.3, whichever version of the registry the table follows.
fn tls13_name(suite: u16) -> Option<&'static str> {
    Some(match suite {
        0x1301 => "TLS_AES_128_GCM_SHA256",
        0x1302 => "TLS_AES_256_GCM_SHA384",
        0x1303 => "TLS_CHACHA20_POLY1305_SHA256",
        0x1304 => "TLS_AES_128_CCM_SHA256",
        0x1305 => "TLS_AES_128_CCM_8_SHA256",
        _ => return None,
    })
}

/// What a suite is made of: `null export des rc4 rc2 anonymous 3des idea seed camellia aria chacha20 sm4 aegis aes`,
/// `static-rsa static-dh dhe ecdhe psk krb5 srp tls13`, `cbc aead md5 dss`. Empty for a number that is not registered.
#[must_use]
pub fn kinds_of(suite: u16) -> Vec<&'static str> {
    let Some(known) = TlsCipherSuite::from_id(suite) else { return Vec::new() };
    let mut kinds = Vec::new();
    let is_export = known.name.contains("EXPORT");
    if is_export {
        kinds.push("export");
    }
    kinds.push(match known.enc {
        Enc::Null => "null",
        Enc::Des if is_export => "export",
        Enc::Des => "des",
        Enc::TripleDes => "3des",
        Enc::Rc2 => "rc2",
        Enc::Rc4 => "rc4",
        Enc::Aria => "aria",
        Enc::Idea => "idea",
        Enc::Seed => "seed",
        Enc::Aes => "aes",
        Enc::Camellia => "camellia",
        Enc::Chacha20_Poly1305 => "chacha20",
        Enc::Sm4 => "sm4",
        Enc::Aegis => "aegis",
    });
    kinds.extend(key_exchange(known));
    if known.name.contains("_anon_") || (known.au == Au::Null && known.kx != Kx::Tls13) {
        kinds.push("anonymous");
    }
    if known.enc_mode == Mode::Cbc {
        kinds.push("cbc");
    }
    if known.mac == Mac::Aead || matches!(known.enc_mode, Mode::Gcm | Mode::Ccm) {
        kinds.push("aead");
    }
    if known.mac == Mac::HmacMd5 {
        kinds.push("md5");
    }
    if matches!(known.au, Au::Dss | Au::Srp_Dss) {
        kinds.push("dss");
    }
    kinds.dedup();
    kinds
}

fn key_exchange(known: &TlsCipherSuite) -> Option<&'static str> {
    let is_psk = known.au == Au::Psk || known.name.contains("_PSK_");
    Some(match known.kx {
        _ if is_psk => "psk",
        Kx::Psk => "psk",
        Kx::Krb5 => "krb5",
        Kx::Srp => "srp",
        Kx::Rsa => "static-rsa",
        Kx::Dh | Kx::Ecdh if !known.name.contains("_anon_") => "static-dh",
        Kx::Dhe => "dhe",
        Kx::Ecdhe => "ecdhe",
        Kx::Tls13 => "tls13",
        _ => return None,
    })
}

/// Every registered suite that a server up to TLS 1.2 could choose, in a fixed order.
#[must_use]
pub(super) fn all_before_tls13() -> Vec<u16> {
    let signals = [0, RENEGOTIATION, FALLBACK];
    let is_one = |suite: &&TlsCipherSuite| suite.kx != Kx::Tls13 && !signals.contains(&suite.id.0) && suite.id.0 >> 8 != 0x13;
    let mut all: Vec<u16> = CIPHERS.values().filter(is_one).map(|suite| suite.id.0).collect();
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_is_described_by_what_it_is_made_of() {
        for (suite, kinds) in [
            (0x0001, &["null", "static-rsa", "md5"][..]),
            (0x0003, &["export", "rc4", "static-rsa", "md5"]),
            (0x0014, &["export", "dhe", "cbc"]),
            (0x0009, &["des", "static-rsa", "cbc"]),
            (0x000a, &["3des", "static-rsa", "cbc"]),
            (0x0034, &["aes", "anonymous", "cbc"]),
            (0x009e, &["aes", "dhe", "aead"]),
            (0xc013, &["aes", "ecdhe", "cbc"]),
            (0xc018, &["aes", "anonymous", "cbc"]),
            (0xc02b, &["aes", "ecdhe", "aead"]),
            (0xc031, &["aes", "static-dh", "aead"]),
            (0xcca8, &["chacha20", "ecdhe", "aead"]),
            (0x00a8, &["aes", "psk", "aead"]),
            (0xffff, &[]),
        ] {
            assert_eq!(kinds_of(suite), kinds, "{suite:#06x} {}", suite_name(suite));
        }
        assert_eq!((suite_name(0x1301).as_str(), suite_name(0xabcd).as_str()), ("TLS_AES_128_GCM_SHA256", "0xabcd"));
    }

    #[test]
    fn the_weak_ones_are_exactly_what_their_words_say_and_fit_into_one_hello() {
        let words = ["null", "export", "des", "rc4", "anonymous"];
        let is_weak = |suite: &u16| kinds_of(*suite).iter().any(|kind| words.contains(kind));
        let needs_a_secret = |suite: &u16| kinds_of(*suite).iter().any(|kind| ["psk", "krb5", "srp"].contains(kind));
        assert!(WEAK.iter().all(|suite| kinds_of(*suite).is_empty() || is_weak(suite)));
        let missing: Vec<String> = all_before_tls13()
            .into_iter()
            .filter(|suite| is_weak(suite) && !needs_a_secret(suite) && !WEAK.contains(suite))
            .map(suite_name)
            .collect();
        assert_eq!(missing, Vec::<String>::new());
        assert!(WEAK.len() < super::super::suites::MOST);
    }
}
