//! SMART scopes compared by meaning: v1 and v2 syntax, wildcards, any order of letters (traps 5 to 8 of the field).
//!
//! A scope with a query (`patient/Observation.rs?category=…`) permits less than the whole and never counts as the whole.

use std::collections::BTreeSet;

/// The longest list and scope that are looked at; a target may send more.
const MOST: usize = 1_000;

/// A scope taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Scope<'a> {
    /// `patient/Coverage.read`: who, what, and which of c r u d s.
    Resource { level: &'a str, resource: &'a str, letters: BTreeSet<char>, query: Option<&'a str> },
    /// Anything else, compared as a word.
    Word(&'a str),
}

fn read(text: &str) -> Scope<'_> {
    let parsed = text.split_once('/').and_then(|(level, rest)| {
        if !matches!(level, "patient" | "user" | "system") {
            return None;
        }
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let (resource, access) = path.split_once('.')?;
        let letters = letters_of(access)?;
        let is_type = resource == "*" || resource.chars().all(|c| c.is_ascii_alphanumeric()) && !resource.is_empty();
        is_type.then_some(Scope::Resource { level, resource, letters, query })
    });
    parsed.unwrap_or(Scope::Word(text))
}

fn letters_of(access: &str) -> Option<BTreeSet<char>> {
    match access {
        "read" => Some("rs".chars().collect()),
        "write" => Some("cud".chars().collect()),
        "*" => Some("cruds".chars().collect()),
        _ => (!access.is_empty() && access.chars().all(|c| "cruds".contains(c))).then(|| access.chars().collect()),
    }
}

/// True when the granted scopes together permit each wanted scope.
#[must_use]
pub fn grants(granted: &[&str], wanted: &[&str]) -> bool {
    let granted: Vec<Scope<'_>> = granted.iter().take(MOST).map(|text| read(text)).collect();
    wanted.iter().take(MOST).all(|text| permits(&granted, &read(text)))
}

fn permits(granted: &[Scope<'_>], wanted: &Scope<'_>) -> bool {
    let Scope::Resource { level, resource, letters, query } = wanted else { return granted.contains(wanted) };
    let mut missing = letters.clone();
    for scope in granted {
        let Scope::Resource { level: own_level, resource: own_resource, letters: own, query: own_query } = scope else {
            continue;
        };
        let covers = own_level == level
            && (*own_resource == "*" || own_resource == resource)
            && (own_query.is_none() || own_query == query);
        if covers {
            missing.retain(|letter| !own.contains(letter));
        }
    }
    missing.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_5_and_7_read_equals_rs_in_any_order_and_wildcards_permit_more() {
        for granted in [
            &["patient/Coverage.read"][..],
            &["patient/Coverage.rs"],
            &["patient/Coverage.sr"],
            &["patient/*.read"],
            &["patient/*.cruds"],
            &["patient/*.*"],
            &["patient/Coverage.r", "patient/Coverage.s"],
            &["openid", "patient/Coverage.read", "patient/Coverage.read"],
        ] {
            assert!(grants(granted, &["patient/Coverage.read"]), "{granted:?}");
        }
    }

    #[test]
    fn trap_6_less_than_asked_is_not_enough() {
        for granted in [
            &["patient/Coverage.r"][..],
            &["patient/Coverage.rs?category=x"],
            &["patient/Coverage.r", "patient/Coverage.s?category=x"],
            &["user/Coverage.read"],
            &["patient/Patient.read"],
            &["patient/coverage.read"],
            &["patient/Coverage.reads"],
            &["patient/Coverage"],
            &[],
        ] {
            assert!(!grants(granted, &["patient/Coverage.read"]), "{granted:?}");
        }
        assert!(grants(&["patient/Coverage.r"], &["patient/Coverage.r"]));
    }

    #[test]
    fn other_scopes_are_words() {
        assert!(grants(&["fhirUser", "launch/patient", "openid"], &["openid", "fhirUser", "launch/patient"]));
        assert!(!grants(&["launch/Patient"], &["launch/patient"]));
    }

    proptest::proptest! {
        #[test]
        fn any_scope_grants_itself_and_nothing_panics(text in "[ -~]{0,40}") {
            proptest::prop_assert!(grants(&[&text], &[&text]));
        }
    }
}
