//! Whom the operator trusts in UDAP: communities and their anchors, and the version of the guide that the server claims.

use std::path::PathBuf;

use url::Url;

use crate::vocabulary::document::Reader;

/// The versions of HL7 UDAP Security that can be claimed.
pub const UDAP_VERSIONS: [&str; 4] = ["0.1.0", "1.0.0", "1.1.0", "2.0.0"];

/// A trust community that the target takes part in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedCommunity {
    /// Its URI, as `?community=` names it.
    pub uri: String,
    /// Files with its anchors (PEM); none: those of the table hold.
    pub anchors: Vec<PathBuf>,
}

/// What the table `udap` says of trust.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UdapTrust {
    /// The communities.
    pub communities: Vec<TrustedCommunity>,
    /// Files with anchors (PEM) that hold whatever the community.
    pub anchors: Vec<PathBuf>,
    /// Files with authorities (PEM) that are known without being trusted by themselves.
    pub intermediates: Vec<PathBuf>,
    /// The version of the guide that the server claims.
    pub version: Option<String>,
}

impl UdapTrust {
    /// Reads its keys of the table `udap`.
    pub(super) fn read(reader: &Reader<'_>) -> Self {
        let paths = |reader: &Reader<'_>, key| reader.strings(key).into_iter().map(|(path, _)| PathBuf::from(path)).collect();
        let plain = reader.parsed_strings("communities", community_uri).into_iter();
        let mut communities: Vec<TrustedCommunity> =
            plain.map(|(uri, _)| TrustedCommunity { uri, anchors: Vec::new() }).collect();
        for table in reader.tables("community") {
            let uri = table.required("uri", community_uri);
            let anchors = paths(&table, "anchors");
            table.finish();
            communities.extend(uri.map(|uri| TrustedCommunity { uri, anchors }));
        }
        Self {
            communities,
            anchors: paths(reader, "anchors"),
            intermediates: paths(reader, "intermediates"),
            version: reader.parsed("version", udap_version).flatten(),
        }
    }
}

fn community_uri(text: &str) -> Result<String, String> {
    let help = "write the URI that the community names, for instance urn:example:community";
    Url::parse(text).map(|_| text.to_owned()).map_err(|error| format!("'{text}' is no URI ({error}): {help}"))
}

/// A version, or nothing for `auto`.
///
/// # Errors
/// When there is no such version.
pub fn udap_version(word: &str) -> Result<Option<String>, String> {
    match word {
        "auto" => Ok(None),
        _ if UDAP_VERSIONS.contains(&word) => Ok(Some(word.to_owned())),
        _ => Err(format!("there is no version '{word}' of UDAP Security: write auto, {}", UDAP_VERSIONS.join(", "))),
    }
}
