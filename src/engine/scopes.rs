//! SMART scopes compared by meaning: v1 and v2 syntax, wildcards, any order of letters (traps 5 to 8 of the field).
//!
//! A scope with a query (`patient/Observation.rs?category=…`) permits less than the whole and never counts as the whole.

use std::collections::BTreeSet;

/// The longest list and scope that are looked at; a target may send more.
const MOST: usize = 1_000;

/// Whose resources a scope can be about.
const LEVELS: [&str; 3] = ["patient", "user", "system"];

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
        if !LEVELS.contains(&level) {
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

/// True when each granted scope that is about resources permits nothing that the allowed ones together do not. One that begins like
/// such a scope and cannot be read is allowed only by its own text; all other words are nobody's harm.
#[must_use]
pub fn grants_only(granted: &[&str], allowed: &[&str]) -> bool {
    let allowed: Vec<Scope<'_>> = allowed.iter().take(MOST).map(|text| read(text)).collect();
    let is_about_resources = |scope: &Scope<'_>| match scope {
        Scope::Resource { .. } => true,
        Scope::Word(text) => {
            text.split_once('/').is_some_and(|(level, _)| LEVELS.iter().any(|own| own.eq_ignore_ascii_case(level)))
        }
    };
    granted.iter().take(MOST).map(|text| read(text)).all(|scope| !is_about_resources(&scope) || permits(&allowed, &scope))
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
    fn trap_5_and_7_further_letters_types_and_levels_are_more_than_allowed_and_further_words_are_not() {
        let allowed = ["patient/Coverage.read", "patient/Patient.rs", "patient/*.r", "launch/patient"];
        for within in [
            &["patient/Coverage.rs"][..],
            &["patient/Coverage.sr", "patient/Coverage.read"],
            &["patient/Coverage.rs?status=active"],
            &["patient/Practitioner.r", "patient/*.r"],
            &["openid", "api://7f3a/app.access", "https://payer.example/scope.write", "launch/encounter", "offline_access"],
            &[],
        ] {
            assert!(grants_only(within, &allowed), "{within:?}");
        }
        for beyond in [
            "patient/Coverage.cruds",
            "patient/Coverage.rsu",
            "patient/Coverage.*",
            "patient/*.rs",
            "patient/Practitioner.s",
            "user/Coverage.rs",
            "system/*.r",
            "patient/Coverage.reads",
            "Patient/Coverage.read",
        ] {
            assert!(!grants_only(&["openid", beyond], &allowed), "{beyond}");
        }
        assert!(grants_only(&["patient/Odd"], &["patient/Odd"]));
    }

    #[test]
    fn other_scopes_are_words() {
        assert!(grants(&["fhirUser", "launch/patient", "openid"], &["openid", "fhirUser", "launch/patient"]));
        assert!(!grants(&["launch/Patient"], &["launch/patient"]));
    }

    proptest::proptest! {
        #[test]
        fn any_scope_grants_itself_and_nothing_panics(text in "[ -~]{0,40}") {
            proptest::prop_assert!(grants(&[&text], &[&text]) && grants_only(&[&text], &[&text]));
        }
    }
}
