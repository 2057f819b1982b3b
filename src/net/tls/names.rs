//! The registered names of groups and signature schemes.

/// The name of a group, or its number.
#[must_use]
pub fn group_name(group: u16) -> String {
    let name = match group {
        0x0001 => "sect163k1",
        0x0003 => "sect163r2",
        0x0013 => "secp192r1",
        0x0015 => "secp224r1",
        0x0016 => "secp256k1",
        0x0017 => "secp256r1",
        0x0018 => "secp384r1",
        0x0019 => "secp521r1",
        0x001a => "brainpoolP256r1",
        0x001b => "brainpoolP384r1",
        0x001c => "brainpoolP512r1",
        0x001d => "x25519",
        0x001e => "x448",
        0x0100 => "ffdhe2048",
        0x0101 => "ffdhe3072",
        0x0102 => "ffdhe4096",
        0x0103 => "ffdhe6144",
        0x0104 => "ffdhe8192",
        0x11eb => "SecP256r1MLKEM768",
        0x11ec => "X25519MLKEM768",
        0x11ed => "SecP384r1MLKEM1024",
        0 => return "explicit parameters".into(),
        _ => return format!("{group:#06x}"),
    };
    name.into()
}

/// The name of a signature scheme, or its number.
#[must_use]
pub fn scheme_name(scheme: u16) -> String {
    let name = match scheme {
        0x0101 => "rsa_pkcs1_md5",
        0x0201 => "rsa_pkcs1_sha1",
        0x0202 => "dsa_sha1",
        0x0203 => "ecdsa_sha1",
        0x0301 => "rsa_pkcs1_sha224",
        0x0303 => "ecdsa_sha224",
        0x0401 => "rsa_pkcs1_sha256",
        0x0402 => "dsa_sha256",
        0x0403 => "ecdsa_secp256r1_sha256",
        0x0501 => "rsa_pkcs1_sha384",
        0x0503 => "ecdsa_secp384r1_sha384",
        0x0601 => "rsa_pkcs1_sha512",
        0x0603 => "ecdsa_secp521r1_sha512",
        0x0804 => "rsa_pss_rsae_sha256",
        0x0805 => "rsa_pss_rsae_sha384",
        0x0806 => "rsa_pss_rsae_sha512",
        0x0807 => "ed25519",
        0x0808 => "ed448",
        0x0809 => "rsa_pss_pss_sha256",
        0x080a => "rsa_pss_pss_sha384",
        0x080b => "rsa_pss_pss_sha512",
        _ => return format!("{scheme:#06x}"),
    };
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::tls::client_hello::{GROUPS, SIGNATURE_ALGORITHMS};

    #[test]
    fn everything_that_is_offered_has_a_name_and_the_rest_a_number() {
        assert!(GROUPS.iter().all(|group| !group_name(*group).starts_with("0x")));
        assert!(SIGNATURE_ALGORITHMS.iter().all(|scheme| !scheme_name(*scheme).starts_with("0x")));
        assert_eq!((group_name(0xfafa), scheme_name(0x0909)), ("0xfafa".to_owned(), "0x0909".to_owned()));
    }
}
