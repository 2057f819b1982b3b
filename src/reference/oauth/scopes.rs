//! The server's own scope algebra: SMART 1 and 2 syntax, wildcards, granular scopes, and what of a request is granted.
//!
//! A scope that reads nothing that exists, or writes, is cut down or dropped: the member's apps only read.

use super::super::members::TYPES;

/// Whose data a resource scope reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Context {
    Patient,
    User,
}

/// A scope that reaches resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct ResourceScope {
    pub(in super::super) context: Context,
    /// A resource type, or `*`.
    pub(in super::super) kind: String,
    /// Among `cruds`, in this order.
    pub(in super::super) letters: String,
    /// The parameters of a granular scope.
    pub(in super::super) query: Vec<(String, String)>,
}

/// One scope of a request or a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Scope {
    /// `openid`, `fhirUser`, `launch/patient`, `offline_access` and the like.
    Word(String),
    Resource(ResourceScope),
}

const WORDS: [&str; 6] = ["openid", "fhirUser", "profile", "launch/patient", "offline_access", "udap"];

/// The distinct scopes of a space-separated list, in the order of the list.
pub(in super::super) fn split(text: &str) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    scopes
}

impl Scope {
    /// Reads one scope; `None` for what this server does not know.
    pub(in super::super) fn parse(text: &str) -> Option<Self> {
        if WORDS.contains(&text) {
            return Some(Self::Word(text.to_owned()));
        }
        let (context, rest) = text.split_once('/')?;
        let context = match context {
            "patient" => Context::Patient,
            "user" => Context::User,
            _ => return None,
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, access) = rest.split_once('.')?;
        if kind != "*" && kind != "Provenance" && !TYPES.contains(&kind) {
            return None;
        }
        let letters = match access {
            "read" => "rs",
            "write" => "cud",
            "*" => "cruds",
            letters => in_order(letters)?,
        };
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Some(Self::Resource(ResourceScope { context, kind: kind.to_owned(), letters: letters.to_owned(), query }))
    }
}

/// SMART 2 letters, each at most once and in the order of the word `cruds`.
fn in_order(letters: &str) -> Option<&str> {
    let mut rest = "cruds".chars();
    let ordered = letters.chars().all(|letter| rest.any(|next| next == letter));
    (ordered && !letters.is_empty()).then_some(letters)
}

/// What is granted of one requested scope, in the words of the request where they fit.
pub(in super::super) fn grantable(requested: &str) -> Option<String> {
    match Scope::parse(requested)? {
        Scope::Word(word) => Some(word),
        Scope::Resource(scope) => {
            let reading: String = scope.letters.chars().filter(|letter| matches!(letter, 'r' | 's')).collect();
            if reading.is_empty() {
                return None;
            }
            if reading == scope.letters {
                return Some(requested.to_owned());
            }
            let context = if scope.context == Context::Patient { "patient" } else { "user" };
            let query = requested.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
            Some(format!("{context}/{}.{reading}{query}", scope.kind))
        }
    }
}

/// Whether everything that `wanted` allows is allowed by one of `granted`.
pub(in super::super) fn covers(granted: &[String], wanted: &str) -> bool {
    if granted.iter().any(|scope| scope == wanted) {
        return true;
    }
    let Some(Scope::Resource(wanted)) = Scope::parse(wanted) else { return false };
    resource_scopes(granted).any(|scope| {
        scope.context == wanted.context
            && (scope.kind == "*" || scope.kind == wanted.kind)
            && wanted.letters.chars().all(|letter| scope.letters.contains(letter))
            && scope.query.iter().all(|parameter| wanted.query.contains(parameter))
    })
}

/// The resource scopes of a grant.
pub(in super::super) fn resource_scopes(granted: &[String]) -> impl Iterator<Item = ResourceScope> {
    granted.iter().filter_map(|scope| match Scope::parse(scope) {
        Some(Scope::Resource(scope)) => Some(scope),
        _ => None,
    })
}

impl ResourceScope {
    /// Whether this scope lets an interaction (`r` or `s`) on a type through.
    pub(in super::super) fn allows(&self, kind: &str, interaction: char) -> bool {
        // no scope of CARIN BB names RelatedPerson, so the Patient's scope carries it along
        let same = self.kind == "*" || self.kind == kind || (kind == "RelatedPerson" && self.kind == "Patient");
        same && self.letters.contains(interaction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<String> {
        split(text)
    }

    #[test]
    fn read_of_smart_1_is_read_and_search_of_smart_2() {
        assert!(covers(&list("patient/Coverage.rs"), "patient/Coverage.read"));
        assert!(covers(&list("patient/Coverage.read"), "patient/Coverage.s"));
        assert!(!covers(&list("patient/Coverage.r"), "patient/Coverage.read"));
        assert!(!covers(&list("user/Coverage.rs"), "patient/Coverage.read"));
    }

    #[test]
    fn wildcards_cover_types_and_granular_scopes_cover_only_their_part() {
        assert!(covers(&list("patient/*.read"), "patient/Patient.rs"));
        assert!(!covers(&list("patient/Patient.rs"), "patient/*.rs"));
        assert!(!covers(&list("patient/Coverage.rs?status=active"), "patient/Coverage.rs"));
        assert!(covers(&list("patient/Coverage.rs"), "patient/Coverage.rs?status=active"));
    }

    #[test]
    fn writing_is_cut_off_and_what_is_unknown_is_dropped() {
        assert_eq!(grantable("patient/Patient.cruds").as_deref(), Some("patient/Patient.rs"));
        assert_eq!(grantable("patient/Coverage.read").as_deref(), Some("patient/Coverage.read"));
        for refused in ["patient/Patient.write", "system/*.read", "patient/Observation.read", "patient/Patient.sr", "root"] {
            assert_eq!(grantable(refused), None, "{refused}");
        }
    }
}
