//! The cipher suites that an offer lists.
//!
//! No list is longer than 60 entries with its signalling value: there are servers that drop a hello with more than 64.

use super::Version;

/// The most suites in one hello, signalling value included.
pub(super) const MOST: usize = 60;

/// `TLS_EMPTY_RENEGOTIATION_INFO_SCSV`
pub(super) const RENEGOTIATION: u16 = 0x00ff;

/// `TLS_FALLBACK_SCSV`
pub(super) const FALLBACK: u16 = 0x5600;

/// Which suites an offer lists; those that the offered versions cannot use are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suites {
    /// What a client of today offers.
    Modern,
    /// Modern, and what only odd or neglected servers insist on.
    Broad,
    /// What servers below TLS 1.2 can use: CBC with SHA-1, RC4, 3DES, DES, EXPORT, NULL and anonymous suites.
    Legacy,
    /// These and no others.
    Exactly(Vec<u16>),
}

const TLS13: [u16; 5] = [0x1301, 0x1302, 0x1303, 0x1304, 0x1305];

const MODERN: [u16; 27] = [
    0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xccaa, 0x009e, 0x009f, // ECDHE and DHE with AEAD
    0xc023, 0xc027, 0xc024, 0xc028, 0x0067, 0x006b, // CBC with SHA-2
    0xc009, 0xc013, 0xc00a, 0xc014, 0x0033, 0x0039, // CBC with SHA-1
    0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035, // RSA key exchange
];

const ODD: [u16; 27] = [
    0xc0ac, 0xc0ad, 0xc0ae, 0xc0af, 0xc09c, 0xc09d, 0xc0a0, 0xc09e, 0xc09f, // CCM
    0x000a, 0xc008, 0xc012, 0x0016, 0x0005, 0x0004, 0xc007, 0xc011, // 3DES, RC4
    0x0041, 0x0084, 0x0088, 0x003b, 0x0002, // CAMELLIA, NULL
    0x0032, 0x0038, 0x00a2, 0xc02d, 0xc018, // DSS, static ECDH, anonymous
];

const LEGACY: [u16; 59] = [
    0xc009, 0xc013, 0xc00a, 0xc014, 0xc008, 0xc012, 0xc007, 0xc011, 0xc006, 0xc010, // ECDHE
    0x0033, 0x0039, 0x0016, 0x0015, 0x0014, 0x0045, 0x0088, 0x009a, // DHE with RSA
    0x0032, 0x0038, 0x0013, 0x0044, 0x0087, 0x0099, // DHE with DSS
    0x002f, 0x0035, 0x000a, 0x0005, 0x0004, 0x0009, 0x0041, 0x0084, 0x0096, 0x0007, // RSA
    0x0001, 0x0002, 0x0003, 0x0006, 0x0008, // RSA with NULL and EXPORT
    0xc004, 0xc005, 0xc003, 0xc002, 0xc00e, 0xc00f, 0xc00d, 0xc00c, // static ECDH
    0x0034, 0x003a, 0x001b, 0x001a, 0x0018, 0x0017, 0x0019, 0xc015, 0xc016, 0xc017, 0xc018, 0xc019, // anonymous
];

impl Suites {
    /// The list that suits these versions at the first try.
    #[must_use]
    pub fn for_versions(versions: &[Version]) -> Self {
        match versions.iter().max() {
            Some(Version::Tls13) => Self::Modern,
            Some(Version::Tls12) => Self::Broad,
            _ => Self::Legacy,
        }
    }

    /// The list on the wire for these versions, without the signalling value.
    pub(super) fn list(&self, versions: &[Version]) -> Vec<u16> {
        let mut list = match self {
            Self::Modern => [TLS13.as_slice(), &MODERN].concat(),
            Self::Broad => [TLS13.as_slice(), &MODERN, &ODD].concat(),
            Self::Legacy => LEGACY.to_vec(),
            Self::Exactly(suites) => suites.clone(),
        };
        if !matches!(self, Self::Exactly(_)) {
            let asks_13 = versions.contains(&Version::Tls13);
            let asks_older = versions.iter().any(|version| *version < Version::Tls13);
            list.retain(|suite| if TLS13.contains(suite) { asks_13 } else { asks_older });
        }
        list.truncate(MOST - 1);
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_list_is_longer_than_sixty_and_none_repeats_a_suite() {
        for suites in [Suites::Modern, Suites::Broad, Suites::Legacy, Suites::Exactly((0..300).collect())] {
            let list = suites.list(&Version::ALL);
            assert!(list.len() < MOST, "{suites:?} has {}", list.len());
            let distinct: std::collections::BTreeSet<u16> = list.iter().copied().collect();
            assert_eq!(distinct.len(), list.len(), "{suites:?}");
        }
        assert_eq!(Suites::Broad.list(&Version::ALL).len(), MOST - 1, "nothing was cut off");
    }

    #[test]
    fn a_list_holds_only_what_the_versions_can_use() {
        assert_eq!(Suites::Broad.list(&[Version::Tls13]), TLS13);
        assert!(!Suites::Broad.list(&[Version::Tls12]).contains(&0x1301));
    }
}
