//! The protocol versions that can be offered, with their names and their numbers on the wire.

use std::fmt;
use std::str::FromStr;

/// A protocol version, oldest first, so that `<` means "older than".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// SSL 2.0, which has a hello of its own and no `ServerHello` that any other version could be mistaken for
    Ssl2,
    /// SSL 3.0
    Ssl3,
    /// TLS 1.0
    Tls10,
    /// TLS 1.1
    Tls11,
    /// TLS 1.2
    Tls12,
    /// TLS 1.3
    Tls13,
}

/// The text is not the name of a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a TLS version: expected ssl2, ssl3, 1.0, 1.1, 1.2 or 1.3")]
pub struct ParseVersionError;

impl Version {
    /// The versions that share one form of hello, oldest first.
    pub const ALL: [Self; 5] = [Self::Ssl3, Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13];

    /// The two bytes of the version on the wire.
    #[must_use]
    pub const fn wire(self) -> u16 {
        match self {
            Self::Ssl2 => 0x0002,
            Self::Ssl3 => 0x0300,
            Self::Tls10 => 0x0301,
            Self::Tls11 => 0x0302,
            Self::Tls12 => 0x0303,
            Self::Tls13 => 0x0304,
        }
    }

    /// The version with these two bytes in a `ServerHello`; drafts and SSL 2 have none.
    #[must_use]
    pub fn from_wire(wire: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.wire() == wire)
    }

    /// The name with its protocol, for sentences: `TLS 1.2`, `SSL 3`.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Ssl2 => "SSL 2",
            Self::Ssl3 => "SSL 3",
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ssl2 => "ssl2",
            Self::Ssl3 => "ssl3",
            Self::Tls10 => "1.0",
            Self::Tls11 => "1.1",
            Self::Tls12 => "1.2",
            Self::Tls13 => "1.3",
        })
    }
}

impl FromStr for Version {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = std::iter::once(Self::Ssl2).chain(Self::ALL);
        all.find(|version| version.to_string() == text).ok_or(ParseVersionError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_reads_back_from_its_name_and_its_bytes() {
        for version in Version::ALL {
            assert_eq!(version.to_string().parse(), Ok(version));
            assert_eq!(Version::from_wire(version.wire()), Some(version));
        }
        assert_eq!("ssl2".parse(), Ok(Version::Ssl2));
        assert_eq!("1.4".parse::<Version>(), Err(ParseVersionError));
        assert_eq!(Version::from_wire(0x7f1c), None, "a draft of TLS 1.3 is not TLS 1.3");
        assert_eq!(Version::from_wire(0x0002), None);
        assert!(Version::Tls11 < Version::Tls12);
    }
}
