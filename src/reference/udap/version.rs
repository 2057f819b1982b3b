//! The version of the HL7 UDAP Security guide that a server follows; later ones compare greater.

/// A version of the guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Version {
    V0_1,
    V1_0,
    V1_1,
    V2_0,
}

impl Version {
    /// Reads a version number; `None` for one that does not exist.
    pub(in super::super) fn parse(text: &str) -> Option<Self> {
        match text {
            "0.1.0" => Some(Self::V0_1),
            "1.0.0" => Some(Self::V1_0),
            "1.1.0" => Some(Self::V1_1),
            "2.0.0" => Some(Self::V2_0),
            _ => None,
        }
    }
}
