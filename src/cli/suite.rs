//! The suite as every command needs it: catalogue, profiles, cases and flows, loaded and checked together.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::failure::Failure;
use super::output;
use crate::catalogue::{CapabilityName, Catalogue, SuiteFiles};
use crate::reference;
use crate::testcase::{self, Suite, TestCase, Vocabulary};
use crate::verbs;
use crate::vocabulary::document::{Problem, Problems};
use crate::vocabulary::{CaseId, RequirementId};

/// The members of `target.*` that templates may use.
pub const TARGET_MEMBERS: [&str; 13] = [
    "base",
    "host",
    "endpoints",
    "advertised",
    "public_types",
    "plain_http",
    "plain_http_login",
    "approves_all",
    "user_scopes",
    "audit_wait",
    "communities",
    "udap_signed_member",
    "unknown_community_statuses",
];

/// A suite without mistakes.
pub struct LoadedSuite {
    /// Requirements and profiles.
    pub catalogue: Arc<Catalogue>,
    /// Cases and flows.
    pub suite: Arc<Suite>,
    /// The files.
    pub files: SuiteFiles,
}

impl LoadedSuite {
    /// Which cases serve which requirement.
    #[must_use]
    pub fn served(&self) -> BTreeMap<RequirementId, Vec<CaseId>> {
        served(&self.suite.cases)
    }
}

/// The suite as lists need it: of that in the binary, which has no mistakes, only what is asked for is read.
pub enum Listed {
    /// The suite of the binary.
    Embedded(SuiteFiles),
    /// That of the operator, which was checked.
    Own(LoadedSuite),
}

impl Listed {
    /// The suite of the binary, or of a directory.
    ///
    /// # Errors
    /// When the directory cannot be read or anything in it is wrong.
    pub fn of(directory: Option<&Path>) -> Result<Self, Failure> {
        Ok(if directory.is_some() { Self::Own(load(directory)?) } else { Self::Embedded(SuiteFiles::embedded()) })
    }

    /// Requirements and profiles.
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        match self {
            Self::Embedded(files) => Arc::new(Catalogue::load(files, &Problems::new())),
            Self::Own(loaded) => Arc::clone(&loaded.catalogue),
        }
    }

    /// The cases, by id; what their steps do is left out where nobody asked for it.
    #[must_use]
    pub fn cases(&self) -> Cow<'_, [TestCase]> {
        match self {
            Self::Embedded(files) => Cow::Owned(testcase::load_heads(files.cases())),
            Self::Own(loaded) => Cow::Borrowed(&loaded.suite.cases),
        }
    }
}

/// Which of these cases serve which requirement.
#[must_use]
pub fn served(cases: &[TestCase]) -> BTreeMap<RequirementId, Vec<CaseId>> {
    let mut served: BTreeMap<RequirementId, Vec<CaseId>> = BTreeMap::new();
    for case in cases {
        for id in &case.requirements {
            served.entry(id.clone()).or_default().push(case.id.clone());
        }
    }
    served
}

/// Loads and checks the suite of the binary, or of a directory.
///
/// # Errors
/// When the directory cannot be read or anything in it is wrong.
pub fn load(directory: Option<&Path>) -> Result<LoadedSuite, Failure> {
    let (loaded, problems) = load_files(files(directory)?);
    if problems.is_empty() { Ok(loaded) } else { Err(Failure::Problems(problems)) }
}

/// The files of the binary, or those of a directory; a directory of cases alone is held to the catalogue of the binary, and
/// stderr says so.
///
/// # Errors
/// When the directory cannot be read.
pub fn files(directory: Option<&Path>) -> Result<SuiteFiles, Failure> {
    let embedded = SuiteFiles::embedded();
    let Some(directory) = directory else { return Ok(embedded) };
    let own = SuiteFiles::from_directory(directory).map_err(|error| Failure::wrong(error.to_string()))?;
    let (files, missing) = own.completed_from(&embedded, &["requirements", "profiles"]);
    if !missing.is_empty() {
        let missing = missing.join("/ and ");
        output::complain(&format!("{} has no {missing}/: taken from the suite in the binary", directory.display()));
    }
    Ok(files)
}

/// Loads what can be loaded, with everything that is wrong.
#[must_use]
pub fn load_files(files: SuiteFiles) -> (LoadedSuite, Vec<Problem>) {
    let problems = Problems::new();
    let catalogue = Catalogue::load(&files, &problems);
    let suite = testcase::load(files.cases(), files.under("flows"), &problems);
    let faults = reference::faults();
    let profile_members: Vec<String> = catalogue.profiles().next().map(members_of).unwrap_or_default();
    let vocabulary = Vocabulary {
        verbs: &verbs::HELPS,
        requirements: catalogue.requirements().map(|row| row.id.as_str()).collect(),
        is_capability: &|name| CapabilityName::parse(name).is_ok(),
        faults: faults.iter().map(|fault| fault.name).collect(),
        client_faults: faults.iter().filter(|fault| fault.is_of_client()).map(|fault| fault.name).collect(),
        profile_members: profile_members.iter().map(String::as_str).collect(),
        target_members: &TARGET_MEMBERS,
    };
    testcase::lint(&suite, &vocabulary, &problems);
    let loaded = LoadedSuite { catalogue: Arc::new(catalogue), suite: Arc::new(suite), files };
    (loaded, problems.into_sorted())
}

fn members_of(profile: &crate::catalogue::Profile) -> Vec<String> {
    profile.json().as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default()
}
