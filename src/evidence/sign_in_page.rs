//! What a page of a sign-in told the member, as far as its words may be kept.

use serde::{Deserialize, Serialize};

/// One page, kept once however often it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInPage {
    /// Origin and path of its address.
    pub address: String,
    /// Its title, as far as it may be kept.
    pub title: String,
    /// What it was for, in words.
    pub purpose: String,
    /// True when it asks for the member's consent.
    pub asks_consent: bool,
    /// The case whose sign-in saw it first.
    pub case: String,
    /// Its visible text, with a mark for what may be about somebody.
    pub text: String,
    /// What stands on its buttons, likewise.
    pub buttons: Vec<String>,
}

impl SignInPage {
    /// True for the same page, whoever saw it.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let shown = |page: &Self| {
            (page.address.clone(), page.title.clone(), page.purpose.clone(), page.text.clone(), page.buttons.clone())
        };
        shown(self) == shown(other)
    }
}
