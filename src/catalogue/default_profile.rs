//! Which profile holds when the operator names none: the version of CARIN BB that the server says it follows.

use super::catalogue::Catalogue;
use super::profile::{Profile, Status};
use crate::vocabulary::escape_to_width;

/// The document whose versions the default profile is chosen by.
const CARIN_BB: &str = "carin-bb";
/// Where the guide publishes, below `http://` or `https://`.
const GUIDE: &str = "hl7.org/fhir/us/carin-bb/";
/// Folders of published versions.
const FOLDERS: [(&str, &str); 6] =
    [("STU1", "1.0.0"), ("STU1.1", "1.1.0"), ("2022Jan", "1.2.0"), ("STU2", "2.0.0"), ("STU2.1", "2.1.0"), ("STU2.2", "2.2.0")];

impl Catalogue {
    /// The profile of the CARIN BB version that one of `canonicals` (`instantiates`, `implementationGuide` of a
    /// `CapabilityStatement`; hostile text) names, else the latest current one; and the reason in one sentence.
    ///
    /// `None` when the suite has no profile of CARIN BB at all.
    #[must_use]
    pub fn profile_for(&self, canonicals: &[String]) -> Option<(&Profile, String)> {
        let mut profiles: Vec<(&str, &Profile)> =
            self.profiles().filter_map(|profile| Some((guide_version(profile)?, profile))).collect();
        profiles.sort_by_key(|(version, _)| (numbers(version), *version));
        let named = canonicals.iter().filter_map(|canonical| Some((named_version(canonical)?, canonical)));
        let named: Vec<(String, &String)> = named.collect();
        let known = |version: &str| profiles.iter().position(|(known, _)| *known == version);
        let newest = named.iter().filter_map(|(version, canonical)| Some((known(version)?, canonical))).max_by_key(|(at, _)| *at);
        if let Some((at, canonical)) = newest {
            let (_, profile) = profiles[at];
            return Some((profile, format!("the CapabilityStatement names {}", escape_to_width(canonical, 120))));
        }
        let current = profiles.iter().rev().find(|(_, profile)| profile.status == Status::Current).or(profiles.last());
        let why = match named.first() {
            Some((_, canonical)) => {
                let canonical = escape_to_width(canonical, 120);
                format!("the CapabilityStatement names {canonical}, which is no known version; this is the current one")
            }
            None => "the CapabilityStatement names no version of CARIN BB; this is the current one".to_owned(),
        };
        current.map(|(_, profile)| (*profile, why))
    }
}

/// The CARIN BB version that a profile is about.
fn guide_version(profile: &Profile) -> Option<&str> {
    let document = profile.documents.iter().find(|document| document.document.as_str() == CARIN_BB)?;
    document.versions.first().map(String::as_str)
}

/// The numbers of a version, for comparing ages.
fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-']).map(|part| part.parse().unwrap_or(0)).collect()
}

/// The version that a canonical of CARIN BB names: after `|`, or in the folder of a published version.
fn named_version(canonical: &str) -> Option<String> {
    let canonical = canonical.trim();
    let address = canonical.strip_prefix("https://").or_else(|| canonical.strip_prefix("http://"))?;
    let rest = address.strip_prefix("www.").unwrap_or(address).strip_prefix(GUIDE)?;
    let (path, version) = rest.split_once('|').map_or((rest, None), |(path, version)| (path, Some(version)));
    if let Some(version) = version {
        return Some(version.to_owned());
    }
    let folder = path.split('/').next().unwrap_or(path);
    let published = FOLDERS.iter().find(|(known, _)| *known == folder);
    published.map(|(_, version)| (*version).to_owned())
}

#[cfg(test)]
mod tests {
    use crate::catalogue::tests::embedded;

    #[test]
    fn the_version_that_the_server_names_chooses_the_profile() {
        let catalogue = embedded();
        let of = |canonicals: &[&str]| {
            let canonicals: Vec<String> = canonicals.iter().map(|text| (*text).to_owned()).collect();
            catalogue.profile_for(&canonicals).map(|(profile, why)| (profile.id.to_string(), why)).unwrap()
        };
        for (canonical, expected) in [
            ("http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb|2.0.0", "carin-bb-2.0.0"),
            ("http://hl7.org/fhir/us/carin-bb/ImplementationGuide/hl7.fhir.us.carin-bb|2.1.0", "carin-bb-2.1.0"),
            ("http://hl7.org/fhir/us/carin-bb/STU2/CapabilityStatement-c4bb.html", "carin-bb-2.0.0"),
            ("http://hl7.org/fhir/us/carin-bb/STU1", "carin-bb-1.0.0"),
            ("https://hl7.org/fhir/us/carin-bb/STU1.1/", "carin-bb-1.1.0"),
            ("http://hl7.org/fhir/us/carin-bb/2022Jan/index.html", "carin-bb-1.2.0"),
            ("https://www.hl7.org/fhir/us/carin-bb/STU2.1/x", "carin-bb-2.1.0"),
            ("http://hl7.org/fhir/us/carin-bb/STU2.2/en/CapabilityStatement-c4bb.html", "carin-bb-2.2.0"),
            ("http://hl7.org/fhir/us/carin-bb/STU2.2/CapabilityStatement/c4bb|1.1.0", "carin-bb-1.1.0"),
        ] {
            let (id, why) = of(&[canonical]);
            assert_eq!(id, expected, "{canonical}");
            assert!(why.contains(canonical), "{why}");
        }
        let (id, _) = of(&["http://hl7.org/fhir/us/carin-bb/STU1", "http://hl7.org/fhir/us/carin-bb/STU2.1", "x"]);
        assert_eq!(id, "carin-bb-2.1.0", "the newest of several");
    }

    #[test]
    fn without_a_known_version_the_current_one_holds_and_the_reason_says_so() {
        let catalogue = embedded();
        for (canonical, part) in [
            ("http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb", "names no version"),
            ("http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server|2.0.0", "names no version"),
            ("http://evil.example/hl7.org/fhir/us/carin-bb/STU1", "names no version"),
            ("http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb|9.9.9", "9.9.9, which is no known version"),
            ("http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb|\u{1b}[31m", "no known version"),
            ("", "names no version"),
        ] {
            let (profile, why) = catalogue.profile_for(&[canonical.to_owned()]).unwrap();
            assert_eq!(profile.id.as_str(), "carin-bb-2.2.0", "{canonical}");
            assert!(why.contains(part) && !why.contains('\u{1b}'), "{why}");
        }
        assert_eq!(catalogue.profile_for(&[]).unwrap().0.id.as_str(), "carin-bb-2.2.0");
    }
}
