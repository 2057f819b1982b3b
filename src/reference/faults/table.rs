//! All groups as one table, and the search in it.

use std::sync::LazyLock;

use super::fault::Fault;
use super::{
    access, audit, capabilities, client, data, discovery, hostile, launch, openid, refresh, scopes, tiered, tls, token,
    udap_metadata, udap_registration, udap_token, withdrawal,
};

static ALL: LazyLock<Vec<Fault>> = LazyLock::new(|| {
    [
        tls::TABLE,
        discovery::TABLE,
        capabilities::TABLE,
        scopes::TABLE,
        access::TABLE,
        launch::TABLE,
        token::TABLE,
        refresh::TABLE,
        openid::TABLE,
        data::TABLE,
        audit::TABLE,
        withdrawal::TABLE,
        udap_metadata::TABLE,
        udap_registration::TABLE,
        udap_token::TABLE,
        tiered::TABLE,
        hostile::TABLE,
        client::TABLE,
    ]
    .concat()
});

/// Every switch of the reference server, group by group.
#[must_use]
pub fn faults() -> &'static [Fault] {
    &ALL
}

/// The switch of this name.
pub(in super::super) fn find(name: &str) -> Option<&'static Fault> {
    ALL.iter().find(|fault| fault.name == name)
}

/// The name that is closest to one that does not exist, when it is close enough to be a slip of the pen.
pub(in super::super) fn nearest(name: &str) -> Option<&'static str> {
    let (distance, nearest) = ALL.iter().map(|fault| (edits(name, fault.name), fault.name)).min()?;
    (distance <= 1 + name.len() / 4).then_some(nearest)
}

/// How many single-byte edits lead from one word to the other (Levenshtein).
fn edits(from: &str, to: &str) -> usize {
    let mut previous: Vec<usize> = (0..=to.len()).collect();
    for (row, left) in from.bytes().enumerate() {
        let mut current = vec![row + 1];
        for (column, right) in to.bytes().enumerate() {
            let replaced = previous[column] + usize::from(left != right);
            current.push(replaced.min(previous[column + 1] + 1).min(current[column] + 1));
        }
        previous = current;
    }
    previous[to.len()]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::vocabulary::{FaultName, ProfileId};

    #[test]
    fn names_are_unique_and_well_formed_and_rows_are_complete() {
        let mut seen = BTreeSet::new();
        for fault in faults() {
            assert!(FaultName::parse(fault.name).is_ok(), "{}", fault.name);
            assert!(seen.insert(fault.name), "{} stands twice", fault.name);
            assert!(!fault.what.is_empty() && !fault.what.ends_with('.'), "{}", fault.name);
            assert!(!fault.profiles.is_empty(), "{}", fault.name);
            assert!(fault.profiles.iter().all(|profile| ProfileId::parse(profile).is_ok()), "{}", fault.name);
            assert!(fault.smart.is_none_or(|version| ["1.0.0", "2.0.0", "2.1.0", "2.2.0"].contains(&version)));
            assert_eq!(fault.name.starts_with("hostile-"), fault.group == "hostile", "{}", fault.name);
        }
    }

    #[test]
    fn a_misspelt_name_finds_the_one_meant_and_a_foreign_word_finds_none() {
        assert_eq!(nearest("tls-1.1-enable"), Some("tls-1.1-enabled"));
        assert_eq!(nearest("smart-no-isuer"), Some("smart-no-issuer"));
        assert_eq!(nearest("xyz"), None);
    }
}
