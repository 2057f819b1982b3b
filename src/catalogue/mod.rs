//! The suite as data: what the documents ask (`Requirement`), for whom it is in force (`Profile`), what serves it.
//!
//! Loading collects every mistake with its place. Strength is data here: nothing on this floor judges.

mod attestation;
mod capability;
#[allow(clippy::module_inception)] // the catalogue itself
mod catalogue;
mod closed;
mod coverage;
mod default_profile;
mod files;
mod in_force;
mod profile;
mod profile_file;
mod requirement;
mod requirement_file;
mod rule;
mod smart_version;
mod waiver;
#[cfg(test)]
mod in_force_tests;
#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod tests;

pub use attestation::{Attachment, Attestation, Attestations, read_attestations};
pub use capability::CapabilityName;
pub use catalogue::Catalogue;
pub use closed::UnknownWord;
pub use coverage::{Counts, Coverage, Totals, coverage};
pub use files::{DEEPEST_FOLDER, LARGEST_FILE, MOST_FILES, SuiteError, SuiteFiles};
pub use in_force::{Claim, InForce};
pub use profile::{Profile, ProfileDocument, Role, Status, TlsRules, TlsVersion, UdapRules};
pub use requirement::{Actor, Area, Basis, Confidence, Document, Documents, Requirement, Testable};
pub use rule::{Cap, Rule};
pub use smart_version::{SMART_APP_LAUNCH, SmartVersion};
pub use waiver::{LONGEST_DAYS, Waiver, day, read_waivers};
