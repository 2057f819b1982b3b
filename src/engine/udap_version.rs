//! Which version of HL7 UDAP Security holds. No server states one, so it is decided once, by the rule of the profile's `[udap]` table.

use serde_json::{Value, json};

use super::RunError;
use super::capability::Document;
use super::record::VersionChoice;
use crate::catalogue::{Profile, UdapRules};
use crate::vocabulary::document::did_you_mean;

/// The versions from the oldest to the newest.
const VERSIONS: [&str; 4] = ["0.1.0", "1.0.0", "1.1.0", "2.0.0"];

/// The version whose metadata and client assertions have another form than those of all later ones.
const FIRST: &str = VERSIONS[0];

/// The decision; nothing when no profile holds the HL7 guide.
///
/// # Errors
/// When the version that the operator claims does not go with the profiles.
pub fn decide(declared: Option<&str>, profiles: &[&Profile], metadata: &Document) -> Result<Option<VersionChoice>, RunError> {
    let rules: Vec<&UdapRules> = profiles.iter().filter_map(|profile| profile.udap.as_ref()).collect();
    let fixed = rules.iter().find(|rules| rules.rule == "fixed");
    let open = rules.iter().find(|rules| rules.leaves_version_open());
    if let Some(version) = declared {
        let allowed: Vec<&str> = match (fixed, open) {
            (Some(fixed), _) => vec![fixed.default.as_str()],
            (None, Some(open)) => VERSIONS.into_iter().filter(|own| rank(own) >= rank(&open.minimum)).collect(),
            (None, None) => Vec::new(),
        };
        if !allowed.contains(&version) {
            let help = match allowed.as_slice() {
                [] => "these profiles hold no version of UDAP Security".to_owned(),
                [only] => format!("these profiles hold {only}"),
                _ => did_you_mean(version, allowed),
            };
            return Err(RunError::UdapVersion(format!("UDAP version '{version}' does not go with these profiles: {help}")));
        }
        return Ok(Some(choice(version, true, "declared")));
    }
    Ok(match (fixed, open) {
        (Some(fixed), _) => Some(choice(&fixed.default, true, "fixed by the profile")),
        (None, Some(open)) => Some(found(open, metadata)),
        (None, None) => None,
    })
}

fn found(rules: &UdapRules, metadata: &Document) -> VersionChoice {
    let Document::Found(json) = metadata else {
        return choice(&rules.default, false, "no UDAP metadata was read; not declared");
    };
    let has_old_name_only = json.get("signed_endpoints").is_some() && json.get("signed_metadata").is_none();
    if has_old_name_only && rank(&rules.minimum) == 0 {
        return choice(FIRST, false, "found: signed_endpoints and no signed_metadata; not declared");
    }
    if has_old_name_only {
        let why = format!("signed_endpoints alone is 0.1.0, older than {} that the guide asks for; not declared", rules.minimum);
        return choice(&rules.default, false, &why);
    }
    choice(&rules.default, false, "the version that is held to when nothing is declared")
}

fn choice(version: &str, declared: bool, why: &str) -> VersionChoice {
    VersionChoice { version: version.to_owned(), declared, why: why.to_owned() }
}

fn rank(version: &str) -> usize {
    VERSIONS.iter().position(|own| *own == version).unwrap_or(0)
}

/// The capability that cases ask for which hold for one form of the guide alone.
#[must_use]
pub fn capability_of(choice: &VersionChoice) -> &'static str {
    if choice.version == FIRST { "udap.0.1" } else { "udap.1.0" }
}

/// What differs from version to version in what a case compares, for templates: the name of the signed member, and the
/// statuses by which a server may say that it does not know a community.
#[must_use]
pub fn with_facts(mut target: Value, version: Option<&VersionChoice>) -> Value {
    let version = version.map_or("1.1.0", |choice| choice.version.as_str());
    let member = if version == FIRST { "signed_endpoints" } else { "signed_metadata" };
    let unknown = match version {
        "0.1.0" => json!([200]),
        "1.0.0" => json!([200, 404]),
        _ => json!([200, 204]),
    };
    if let Some(members) = target.as_object_mut() {
        members.insert("udap_signed_member".into(), member.into());
        members.insert("unknown_community_statuses".into(), unknown);
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, SuiteFiles};
    use crate::vocabulary::ProfileId;
    use crate::vocabulary::document::Problems;

    fn decided(profile: &str, declared: Option<&str>, metadata: &Value) -> Option<String> {
        let catalogue = Catalogue::load(&SuiteFiles::embedded(), &Problems::new());
        let profile = catalogue.profile(&ProfileId::parse(profile).unwrap()).unwrap();
        let choice = decide(declared, &[profile], &Document::Found(metadata.clone()));
        choice.map_or_else(|error| Some(error.to_string()), |choice| choice.map(|choice| choice.version))
    }

    #[test]
    fn the_version_is_declared_or_found_or_that_of_the_profile() {
        let (old, new) = (json!({ "signed_endpoints": "x" }), json!({ "signed_metadata": "x" }));
        let is = |profile, declared, metadata: &Value, right: &str| {
            assert_eq!(decided(profile, declared, metadata).as_deref(), Some(right), "{profile} {declared:?}");
        };
        is("carin-bb-2.2.0", None, &new, "1.1.0");
        is("carin-bb-2.2.0", None, &old, "1.1.0");
        is("carin-bb-2.0.0", None, &old, "0.1.0");
        is("carin-bb-2.0.0", None, &new, "1.1.0");
        is("carin-bb-2.2.0", Some("2.0.0"), &new, "2.0.0");
        is("udap-security-1.0.0", None, &old, "1.0.0");
        assert!(decided("carin-bb-2.2.0", Some("0.1.0"), &new).unwrap().contains("does not go"));
        assert!(decided("udap-security-1.0.0", Some("2.0.0"), &new).unwrap().contains("hold 1.0.0"));
        assert_eq!(decided("carin-bb-1.1.0", None, &new), None);
        assert!(decided("carin-bb-1.1.0", Some("1.1.0"), &new).unwrap().contains("hold no version"));
    }
}
