//! A row in force: how strongly it counts, under which conditions, and why otherwise than its document says.
//!
//! Data; `in_force` works it out.

use std::fmt;
use std::sync::Arc;

use super::capability::CapabilityName;
use super::profile::Role;
use super::requirement::Requirement;
use super::smart_version::SmartVersion;
use crate::vocabulary::{ProfileId, Strength};

/// Why a row counts otherwise than its document says. `Display` is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cap {
    /// Its document is advice: SHOULD at most.
    Advice(ProfileId),
    /// The row was not compared with the document: SHOULD at most.
    Recalled,
    /// A TLS row that the profile does not name: SHOULD at most.
    OtherTlsRow(ProfileId),
    /// Only in a newer SMART version than the one found, none declared: SHOULD at most.
    NewerSmart {
        /// The version found.
        found: SmartVersion,
        /// The version in which the row stands.
        stands_in: String,
    },
    /// Only in an older SMART version than the one found, none declared: MAY at most.
    OlderSmart {
        /// The version found.
        found: SmartVersion,
        /// The version in which the row stands.
        stands_in: String,
    },
    /// Strict: SHOULD counts as SHALL.
    Strict,
    /// Another profile of the claim asks less.
    StrongerElsewhere {
        /// The profile that asks less.
        profile: ProfileId,
        /// What it asks.
        strength: Strength,
    },
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Advice(profile) => write!(f, "the document is advice under {profile}"),
            Self::Recalled => f.write_str("the row was written from memory and not compared with the document"),
            Self::OtherTlsRow(profile) => write!(f, "not among the TLS rows that decide under {profile}"),
            Self::NewerSmart { found, stands_in } => {
                write!(f, "stands only in newer SMART versions ({stands_in}); {found} was found and none was declared")
            }
            Self::OlderSmart { found, stands_in } => {
                write!(f, "stands only in older SMART versions ({stands_in}); {found} was found and none was declared")
            }
            Self::Strict => f.write_str("strict: a recommendation of a required document counts as a demand"),
            Self::StrongerElsewhere { profile, strength } => {
                write!(f, "{strength} under {profile}; the stronger of the claimed profiles counts")
            }
        }
    }
}

/// One row in force.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The row.
    pub requirement: Arc<Requirement>,
    /// The level that its document gives it in the version that holds.
    pub level: Strength,
    /// The strength at which it counts.
    pub strength: Strength,
    /// Why the two differ.
    pub caps: Vec<Cap>,
    /// How its document counts.
    pub role: Role,
    /// Of each list at least one capability is claimed, or the row does not apply.
    pub condition: Vec<Vec<CapabilityName>>,
    /// The versions of its document that put it in force.
    pub versions: Vec<String>,
    /// The profile that decides.
    pub profile: ProfileId,
}
