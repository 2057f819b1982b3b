//! Every document, row and profile of a suite, checked as a whole.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::files::SuiteFiles;
use super::profile::Profile;
use super::requirement::{Documents, Requirement};
use super::{profile_file, requirement_file};
use crate::vocabulary::document::Problems;
use crate::vocabulary::{ProfileId, RequirementId};

/// What the documents ask, and which of it is in force for which claim.
#[derive(Debug, Default)]
pub struct Catalogue {
    documents: Documents,
    requirements: Vec<Arc<Requirement>>,
    index: HashMap<RequirementId, usize>,
    profiles: BTreeMap<ProfileId, Profile>,
}

impl Catalogue {
    /// Reads `requirements/` and `profiles/`. Mistakes go to `problems`; what has one is left out.
    #[must_use]
    pub fn load(files: &SuiteFiles, problems: &Problems) -> Self {
        let mut catalogue = Self::default();
        let documents = problems.of_each(&files.under("requirements").collect::<Vec<_>>(), requirement_file::read);
        documents.into_iter().flatten().for_each(|file| catalogue.add(file, problems));
        for source in files.under("profiles") {
            if let Some(profile) = profile_file::read(source, &catalogue, problems) {
                catalogue.profiles.insert(profile.id.clone(), profile);
            }
        }
        catalogue
    }

    fn add(&mut self, file: requirement_file::RequirementFile, problems: &Problems) {
        for row in file.requirements {
            if let Some(first) = self.index.get(&row.id) {
                let place = self.requirements[*first].place();
                let message = format!("requirement '{}' stands twice; it is already in {place}", row.id);
                problems.report(&row.source, row.span.clone(), message, None);
                continue;
            }
            self.index.insert(row.id.clone(), self.requirements.len());
            self.requirements.push(Arc::new(row));
        }
        self.documents.insert(file.id, file.document);
    }

    /// A row by its id.
    #[must_use]
    pub fn requirement(&self, id: &RequirementId) -> Option<&Arc<Requirement>> {
        self.index.get(id).map(|at| &self.requirements[*at])
    }

    /// Every row, by document and in the order of its file.
    pub fn requirements(&self) -> impl Iterator<Item = &Arc<Requirement>> {
        self.requirements.iter()
    }

    /// The documents by id.
    #[must_use]
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// A profile by its id.
    #[must_use]
    pub fn profile(&self, id: &ProfileId) -> Option<&Profile> {
        self.profiles.get(id)
    }

    /// Every profile, by id.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values()
    }
}
