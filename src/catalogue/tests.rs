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
    Claim { profiles, smart, smart_declared, udap: None, strict }
}

#[test]
fn the_embedded_catalogue_loads_without_a_problem_and_holds_every_row() {
    let catalogue = embedded();
    let rows: BTreeMap<&str, usize> =
        catalogue.documents().iter().map(|(id, document)| (id.as_str(), document.rows.len())).collect();
    let expected = [
        ("advice", 63),
        ("bcp195", 25),
        ("carin-bb", 71),
        ("fhir-security", 28),
        ("oauth-oidc", 108),
        ("smart-app-launch", 215),
        ("smart-best-practices", 24),
        ("sp800-52r2", 35),
        ("udap-org", 139),
        ("udap-security", 282),
        ("us-core-security", 29),
    ];
    assert_eq!(rows, BTreeMap::from(expected));
    assert_eq!(catalogue.requirements().filter(|row| row.document() != "advice").count(), 956);
    assert_eq!(catalogue.profiles().count(), 15);
}

/// The totals that the collection of requirements was handed over with; how a row is settled was decided row by row since.
#[test]
fn the_rows_add_up_to_the_totals_of_the_collection() {
    use crate::vocabulary::Strength;
    let catalogue = embedded();
    let rows: Vec<_> = catalogue.requirements().filter(|row| row.document() != "advice").collect();
    let count = |is: &dyn Fn(&Requirement) -> bool| rows.iter().filter(|row| is(row)).count();
    let varies = |row: &Requirement| row.levels.iter().any(|(_, level)| *level != row.levels[0].1);
    let levels = Strength::WORDS.map(|(_, level)| count(&|row| !varies(row) && row.levels[0].1 == level));
    assert_eq!((levels, count(&varies)), ([572, 47, 163, 28, 129], 17));
    assert_eq!(Actor::ALL.iter().map(|actor| count(&|row| row.actor == *actor)).collect::<Vec<_>>(), [703, 229, 7, 9, 8]);
    assert_eq!(Testable::ALL.iter().map(|kind| count(&|row| row.testable == *kind)).collect::<Vec<_>>(), [397, 216, 208, 135]);
    assert_eq!(Basis::ALL.iter().map(|basis| count(&|row| row.basis == *basis)).collect::<Vec<_>>(), [813, 120, 23]);
    assert_eq!(Confidence::ALL.iter().map(|known| count(&|row| row.confidence == *known)).collect::<Vec<_>>(), [933, 23]);
    assert_eq!((count(&|row| row.conditional.is_some()), count(&|row| !row.when.is_empty())), (264, 231));
    assert!(Area::ALL.iter().all(|area| rows.iter().any(|row| row.area == *area)), "no area is without a row");
}

#[test]
fn trap_10_no_profile_asks_for_observation() {
    let catalogue = embedded();
    let mut asked = 0;
    for profile in catalogue.profiles() {
        asked += profile.required_scopes.len();
        let slip = profile.required_scopes.iter().find(|scope| scope.contains("Observation"));
        assert_eq!(slip, None, "{}: the guide prints it as an example and means no scope of its own", profile.id);
    }
    assert!(asked >= 52, "four versions of the guide list thirteen scopes each");
}
