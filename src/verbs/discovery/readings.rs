//! Which parts of the memoised documents somebody looked at. Whoever did not look at a part does not depend on it: the selftest
//! tells by this which cases a fault of discovery can matter to.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::documents::{Documents, facts_in};
use crate::verbs::{Context, Observed};

/// A document that stage 0 fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    /// `[base]/.well-known/smart-configuration`.
    Smart,
    /// `[base]/metadata`.
    CapabilityStatement,
    /// `[issuer]/.well-known/openid-configuration`.
    OpenId,
    /// `[base]/.well-known/udap`.
    Udap,
}

impl DocumentKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Smart, Self::CapabilityStatement, Self::OpenId, Self::Udap];
}

/// A part of a document: a JSON pointer into its facts; an empty one is all of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reading {
    /// The document.
    pub document: DocumentKind,
    /// The pointer.
    pub pointer: String,
}

/// What was looked at so far.
#[derive(Debug, Default)]
pub(super) struct Readings(Mutex<BTreeSet<Reading>>);

impl Readings {
    fn locked(&self) -> MutexGuard<'_, BTreeSet<Reading>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Documents {
    /// A document as stage 0 fetched it, of which nothing is noted: the caller says with [`Documents::note`] what it looks at.
    pub async fn fetched(&self, document: DocumentKind, context: &Context) -> &Observed {
        match document {
            DocumentKind::Smart => self.smart(context).await,
            DocumentKind::CapabilityStatement => self.capability_statement(context).await,
            DocumentKind::OpenId => self.openid(context).await,
            DocumentKind::Udap => self.udap(context).await,
        }
    }

    /// All that was observed of a document.
    pub(in crate::verbs) async fn whole(&self, document: DocumentKind, context: &Context) -> &Observed {
        self.note(document, "");
        self.fetched(document, context).await
    }

    /// One fact of a document, by its JSON pointer; nothing also when there are no facts.
    pub(in crate::verbs) async fn fact(&self, document: DocumentKind, pointer: &str, context: &Context) -> Option<&Value> {
        self.note(document, pointer);
        facts_in(self.fetched(document, context).await)?.pointer(pointer)
    }

    /// True when the document is there and is what it should be.
    pub(in crate::verbs) async fn is_found(&self, document: DocumentKind, context: &Context) -> bool {
        self.fact(document, "/found", context).await == Some(&Value::Bool(true))
    }

    /// Notes that somebody looks at this part.
    pub(in crate::verbs) fn note(&self, document: DocumentKind, pointer: &str) {
        self.readings.locked().insert(Reading { document, pointer: pointer.to_owned() });
    }

    /// The same documents, of which nobody has looked at any part.
    #[must_use]
    pub fn unread(&self) -> Self {
        Self { memo: Arc::clone(&self.memo), readings: Arc::default() }
    }

    /// Every part that was looked at.
    #[must_use]
    pub fn readings(&self) -> BTreeSet<Reading> {
        self.readings.locked().clone()
    }
}
