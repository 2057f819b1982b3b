//! Tests of the embedded catalogue as a whole.

use std::collections::BTreeMap;

use super::*;
use crate::vocabulary::document::Problems;
use crate::vocabulary::{ProfileId, RequirementId};

/// The embedded catalogue, which has no mistake.
pub(super) fn embedded() -> Catalogue {
    let problems = Problems::new();
    let catalogue = Catalogue::load(&SuiteFiles::embedded(), &problems);
    let shown: Vec<String> = problems.into_sorted().iter().map(|problem| problem.render(false)).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    catalogue
}

pub(super) fn requirement_id(text: &str) -> RequirementId {
    RequirementId::parse(text).unwrap()
}

pub(super) fn profile<'a>(catalogue: &'a Catalogue, id: &str) -> &'a Profile {
    catalogue.profile(&ProfileId::parse(id).unwrap()).unwrap()
}

pub(super) fn claim<'a>(
    catalogue: &'a Catalogue,
    profiles: &[&str],
    smart: SmartVersion,
    smart_declared: bool,
    strict: bool,
) -> Claim<'a> {
    let profiles = profiles.iter().map(|id| profile(catalogue, id)).collect();
    Claim { profiles, smart, smart_declared, strict }
}

#[test]
fn the_embedded_catalogue_loads_without_a_problem_and_holds_every_row() {
    let catalogue = embedded();
    let rows: BTreeMap<&str, usize> =
        catalogue.documents().iter().map(|(id, document)| (id.as_str(), document.rows.len())).collect();
    let expected = [
        ("advice", 16),
        ("bcp195", 25),
        ("carin-bb", 70),
        ("fhir-security", 28),
        ("oauth-oidc", 108),
        ("smart-app-launch", 211),
        ("smart-best-practices", 24),
        ("sp800-52r2", 35),
        ("udap-org", 138),
        ("udap-security", 282),
        ("us-core-security", 29),
    ];
    assert_eq!(rows, BTreeMap::from(expected));
    assert_eq!(catalogue.requirements().filter(|row| row.document() != "advice").count(), 950);
    assert_eq!(catalogue.profiles().count(), 15);
}
