//! What an audited run says beside its results: the items that ISO/IEC 17025 asks of a test report, and the rows that rest on our
//! reading. It changes no verdict; it takes waivers out of force.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rollup::other_reading;
use crate::catalogue::InForce;

/// The audit of a run (`--certification`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certification {
    /// Who tested.
    pub laboratory: Organisation,
    /// Where it was tested from.
    pub location: String,
    /// For whom.
    pub customer: Organisation,
    /// How the laboratory stands to the server under test.
    pub party: Party,
    /// On which day the order was received, as `2027-03-31`.
    pub received: String,
    /// The server under test and its condition, in words.
    pub item: String,
    /// Which members and data were looked at, and how they were chosen.
    pub sampling: String,
    /// When a requirement counts as met.
    pub decision_rule: String,
    /// What was done otherwise than planned, or that nothing was.
    pub deviations: String,
    /// The report that this one takes the place of, or that there is none.
    pub supersedes: String,
    /// Who vouches for the results, with the key of the first signature.
    pub authorised_by: Signatory,
    /// Who looked through them, with the key of the second signature.
    pub reviewed_by: Signatory,
    /// The proof that this very program finds what it is there to find.
    pub method_validation: MethodValidation,
    /// Rows in force that rest on our reading and not on a normative verb.
    #[serde(default)]
    pub readings: Vec<Reading>,
}

/// A name and where it is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
}

/// How a laboratory stands to what it tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// It tests its own server.
    First,
    /// It tests the server of somebody whom it serves or buys from.
    Second,
    /// It is independent of both sides.
    Third,
}

impl Party {
    /// Every party with its word.
    pub const WORDS: [(&'static str, Self); 3] = [("first", Self::First), ("second", Self::Second), ("third", Self::Third)];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, own)| *own == self).map_or("", |(word, _)| word)
    }
}

/// A person who signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signatory {
    /// The name.
    pub name: String,
    /// As what.
    pub role: String,
    /// SHA-256 of the public key (`SubjectPublicKeyInfo`) in hex.
    pub key: String,
}

/// The selftest of the program that made the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MethodValidation {
    /// SHA-256 of its result, which lies in the evidence as `selftest.json`.
    pub sha256: String,
    /// SHA-256 of the program, in hex.
    pub program: String,
    /// How many proofs it holds; every one of them was good.
    pub proofs: u64,
}

/// A row that may be read otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The requirement.
    pub requirement: String,
    /// What the other reading would be.
    pub other: String,
}

impl Certification {
    /// The same with the rows of these profiles that rest on our reading.
    #[must_use]
    pub fn with_readings(mut self, in_force: &InForce) -> Self {
        let rows = in_force.server_rules().map(|rule| &rule.requirement);
        self.readings =
            rows.filter_map(|row| Some(Reading { requirement: row.id.to_string(), other: other_reading(row)? })).collect();
        self
    }
}
