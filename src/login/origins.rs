//! The origins where a login may lead, and where a secret may be typed.

use std::collections::BTreeSet;

use url::Url;

use super::arrival::{Stuck, StuckReason};
use crate::net::Origin;
use crate::vocabulary::escape_to_width;

/// The allow-list: the target's origins and those of `login.origins`.
#[derive(Debug, Clone, Default)]
pub(super) struct Origins(BTreeSet<Origin>);

impl Origins {
    pub(super) fn new(named: impl IntoIterator<Item = Origin>) -> Self {
        Self(named.into_iter().collect())
    }

    pub(super) fn add(&mut self, more: impl IntoIterator<Item = Origin>) {
        self.0.extend(more);
    }

    pub(super) fn allows(&self, url: &Url) -> bool {
        Origin::of(url).is_some_and(|origin| self.0.contains(&origin))
    }

    /// Refuses a way that leads elsewhere.
    pub(super) fn check(&self, url: &Url) -> Result<(), Stuck> {
        if self.allows(url) {
            return Ok(());
        }
        let message = match Origin::of(url) {
            Some(origin) => {
                let shown = escape_to_width(&origin.to_string(), 200);
                format!("the login leads to {shown}, which is not allowed; name it in login.origins if it belongs to the login")
            }
            None => {
                let scheme = escape_to_width(url.scheme(), 40);
                format!(
                    "the login leads to an address of the scheme '{scheme}', which is neither http nor https nor the redirect URI"
                )
            }
        };
        Err(Stuck::new(StuckReason::ForeignOrigin, message))
    }
}
