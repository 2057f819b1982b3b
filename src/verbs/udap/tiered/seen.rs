//! What a data holder did at our provider, as facts.

use serde_json::{Map, Value, json};

/// Of each kind so many are kept; all are counted.
const KEPT: usize = 8;

/// Requests of one kind.
#[derive(Debug, Default)]
pub(super) struct Tally {
    count: usize,
    kept: Vec<Map<String, Value>>,
}

impl Tally {
    /// Counts a request and keeps what is to be told of it.
    pub fn note(&mut self, facts: Map<String, Value>) {
        self.count += 1;
        if self.kept.len() < KEPT {
            self.kept.push(facts);
        }
    }

    fn last(&self) -> Option<&Map<String, Value>> {
        self.kept.last()
    }
}

/// Everything that was asked of the provider in one sign-in.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub metadata: Tally,
    pub configuration: Tally,
    pub keys: Tally,
    pub registrations: Tally,
    /// Browsers that were sent to the authorization endpoint.
    pub browsers: Tally,
    pub redemptions: Tally,
    pub userinfo: Tally,
    /// Requests to endpoints that only the unsigned metadata names.
    pub unsigned: Tally,
    /// Requests to nothing that there is.
    pub strays: Tally,
}

impl Seen {
    /// The facts `provider.*`.
    pub fn facts(&self) -> Map<String, Value> {
        let by_program = [
            &self.metadata,
            &self.configuration,
            &self.keys,
            &self.registrations,
            &self.redemptions,
            &self.userinfo,
            &self.unsigned,
            &self.strays,
        ];
        let facts = json!({
            "contacted": by_program.iter().any(|tally| tally.count > 0),
            "metadata_fetched": self.metadata.count > 0,
            "registrations": self.registrations.count,
            "browser_sent": self.browsers.count > 0,
            "redemptions": self.redemptions.count,
            "userinfo_asked": self.userinfo.count > 0,
            "unsigned_endpoint_used": self.unsigned.count > 0,
        });
        let mut facts = facts.as_object().cloned().unwrap_or_default();
        let last = [("registration", &self.registrations), ("request", &self.browsers), ("redemption", &self.redemptions)];
        for (name, tally) in last {
            facts.extend(tally.last().map(|told| (name.to_owned(), told.clone().into())));
        }
        facts
    }
}
