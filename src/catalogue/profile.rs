//! A profile: which documents and rows are in force for a claim, and the lists that its guide fixes.
//!
//! Data only, with a view for the templates of cases (`profile.*`).

use std::sync::Arc;

use serde_json::{Value, json};

use super::capability::CapabilityName;
use super::closed::closed_list;
use super::requirement::Requirement;
use super::smart_version::SmartVersion;
use crate::vocabulary::document::{Place, Source, Span};
use crate::vocabulary::{DocumentId, ProfileId, RequirementId, Strength};

closed_list! {
    /// Whether the version of a profile is the current one of its guide.
    Status, "a status", {
        /// It is.
        Current = "current",
        /// A newer one is published.
        Superseded = "superseded",
        /// It was a ballot.
        Ballot = "ballot",
    }
}

closed_list! {
    /// How a document counts under a profile.
    Role, "a role", {
        /// Its rows keep their level.
        Required = "required",
        /// Reached through other documents; its rows keep their level.
        Base = "base",
        /// Its rows apply once the target claims or shows the feature.
        Conditional = "conditional",
        /// Its rows are SHOULD at most.
        Advice = "advice",
    }
}

closed_list! {
    /// A protocol version of TLS or SSL.
    TlsVersion, "a TLS version", {
        /// SSL 2.
        Ssl2 = "ssl2",
        /// SSL 3.
        Ssl3 = "ssl3",
        /// TLS 1.0.
        Tls10 = "1.0",
        /// TLS 1.1.
        Tls11 = "1.1",
        /// TLS 1.2.
        Tls12 = "1.2",
        /// TLS 1.3.
        Tls13 = "1.3",
    }
}

/// What a profile says about TLS.
#[derive(Debug, Clone)]
pub struct TlsRules {
    /// The rule in words.
    pub rule: String,
    /// One of these must be offered.
    pub required_any: Vec<TlsVersion>,
    /// These should be offered.
    pub recommended: Vec<TlsVersion>,
    /// None of these may be offered.
    pub forbidden: Vec<TlsVersion>,
    /// The rows that count at their own level, whatever the role of their document.
    pub rows: Vec<RequirementId>,
    /// True: TLS rows outside of `rows` count at their own level too; false: they are SHOULD at most.
    pub every_row_counts: bool,
}

/// What a profile says about the version of UDAP.
#[derive(Debug, Clone)]
pub struct UdapRules {
    /// The rule in words.
    pub rule: String,
    /// The version that holds when nothing says otherwise.
    pub default: String,
    /// The oldest version that the guide accepts.
    pub minimum: String,
}

impl UdapRules {
    /// True when the profile takes the HL7 guide in a version or later; false for one version and for the older profiles of udap.org.
    #[must_use]
    pub fn leaves_version_open(&self) -> bool {
        self.rule != "fixed" && self.default != "STU1"
    }
}

/// A document that a profile reaches, in some versions.
#[derive(Debug, Clone)]
pub struct ProfileDocument {
    /// The document.
    pub document: DocumentId,
    /// The versions.
    pub versions: Vec<String>,
    /// How it counts.
    pub role: Role,
    /// Only with role conditional: it applies when one of these is claimed.
    pub condition: Vec<CapabilityName>,
    /// Rows that the profile does not reach: ids, in which `*` stands for any text.
    pub exclude: Vec<String>,
}

impl ProfileDocument {
    /// True when the profile does not reach the row.
    #[must_use]
    pub fn excludes(&self, requirement: &Requirement) -> bool {
        self.exclude.iter().any(|pattern| pattern_matches(pattern, requirement.id.as_str()))
    }
}

/// One profile.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its id.
    pub id: ProfileId,
    /// Its title.
    pub title: String,
    /// Whether it is the current version.
    pub status: Status,
    /// A sentence that stands beside the verdict of a version that is not the current one.
    pub headline_note: Option<String>,
    /// The SMART version that holds when the operator declares none; `None` = decided from what the server publishes.
    pub smart_default: Option<SmartVersion>,
    /// The SMART versions that an operator may declare; empty = SMART is not in force.
    pub smart_allowed: Vec<SmartVersion>,
    /// The version of US Core that the guide cites.
    pub us_core: Option<String>,
    /// The strength of the plain audit sentence; `None` = the guide has no such sentence.
    pub audit_level: Option<Strength>,
    /// Statuses that a request without authorization may be answered with; empty = not set.
    pub unauthorized_statuses: Vec<u16>,
    /// Statuses that are a refusal at all, whether or not the guide allows them.
    pub refused_statuses: Vec<u16>,
    /// Scopes that the guide demands, a set.
    pub required_scopes: Vec<String>,
    /// Capabilities that the guide demands, as elements of smart-configuration.
    pub required_capabilities: Vec<String>,
    /// Capabilities that its text implies; absence is a warning.
    pub derived_capabilities: Vec<String>,
    /// Values allowed in a UDAP software statement.
    pub token_endpoint_auth_methods: Vec<String>,
    /// TLS.
    pub tls: TlsRules,
    /// UDAP; `None` = not in force.
    pub udap: Option<UdapRules>,
    /// The documents.
    pub documents: Vec<ProfileDocument>,
    pub(super) source: Arc<Source>,
    pub(super) span: Span,
}

impl Profile {
    /// Where it stands in the suite.
    #[must_use]
    pub fn place(&self) -> Place {
        self.source.place(self.span.start)
    }

    /// The SMART version of a profile that holds for one version only.
    #[must_use]
    pub fn pinned_smart(&self) -> Option<SmartVersion> {
        let [only] = self.smart_allowed[..] else { return None };
        Some(only)
    }

    /// The profile as `profile.*` of the templates, with the keys of its file. Absent keys are `null` or empty.
    #[must_use]
    pub fn json(&self) -> Value {
        let documents: Vec<Value> = self.documents.iter().map(document_json).collect();
        let udap = self.udap.as_ref().map(|udap| json!({"rule": udap.rule, "default": udap.default, "minimum": udap.minimum}));
        json!({
            "id": self.id.as_str(),
            "title": self.title,
            "status": self.status,
            "headline_note": self.headline_note,
            "smart_default": if self.smart_allowed.is_empty() { None } else { Some(self.smart_default.map_or("auto", SmartVersion::as_str)) },
            "smart_allowed": self.smart_allowed,
            "us_core": self.us_core,
            "audit_level": self.audit_level.map_or_else(|| "none".to_owned(), |level| level.to_string()),
            "unauthorized_statuses": self.unauthorized_statuses,
            "refused_statuses": self.refused_statuses,
            "required_scopes": self.required_scopes,
            "required_capabilities": self.required_capabilities,
            "derived_capabilities": self.derived_capabilities,
            "token_endpoint_auth_methods": self.token_endpoint_auth_methods,
            "tls": {
                "rule": self.tls.rule,
                "required_any": self.tls.required_any,
                "recommended": self.tls.recommended,
                "forbidden": self.tls.forbidden,
                "rows": self.tls.rows,
                "every_row_counts": self.tls.every_row_counts,
            },
            "udap": udap,
            "documents": documents,
        })
    }
}

fn document_json(document: &ProfileDocument) -> Value {
    json!({
        "document": document.document.as_str(),
        "versions": document.versions,
        "role": document.role,
        "condition": document.condition,
        "exclude": document.exclude,
    })
}

/// True when the pattern, in which each `*` stands for any text, is the whole id.
pub(super) fn pattern_matches(pattern: &str, id: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == id };
    let Some(mut id) = id.strip_prefix(first) else { return false };
    let parts: Vec<&str> = rest.split('*').collect();
    let (last, middle) = parts.split_last().map_or(("", &[][..]), |(last, middle)| (*last, middle));
    for part in middle {
        let Some(at) = id.find(part) else { return false };
        id = &id[at + part.len()..];
    }
    id.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_nothing_else_does() {
        for (pattern, id, expected) in [
            ("a/scopes-*", "a/scopes-12", true),
            ("a/scopes-*", "a/scope-1", false),
            ("a/*-1", "a/tls-1", true),
            ("a/*-1", "a/x-tls-1", true),
            ("a/*-1", "a/tls-11", false),
            ("*x*y*", "axbyc", true),
            ("*x*y*", "aybxc", false),
            ("ab*ba", "aba", false),
            ("a/b", "a/b", true),
            ("a/b", "a/bc", false),
        ] {
            assert_eq!(pattern_matches(pattern, id), expected, "{pattern} {id}");
        }
    }
}
