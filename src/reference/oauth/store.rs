//! What the authorization server remembers: browser sessions, requests on their way, codes, tokens, approvals.
//!
//! One grant is one approval by a member; codes and tokens name theirs, so that a grant can be taken back as a whole.

use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

use super::super::fhir::Entry;
use super::clients::random;

/// An authorization request that was found in order.
#[derive(Debug, Clone)]
pub(in super::super) struct Request {
    pub(in super::super) client: String,
    pub(in super::super) redirect_uri: String,
    pub(in super::super) response_type: String,
    pub(in super::super) scopes: Vec<String>,
    pub(in super::super) state: Option<String>,
    pub(in super::super) nonce: Option<String>,
    pub(in super::super) challenge: Option<Challenge>,
    /// Whether the member is asked again for what was approved before (`prompt=consent`).
    pub(in super::super) asks_again: bool,
    /// Whether the token works at this server at all: not after a wrong `aud`.
    pub(in super::super) audience_is_ours: bool,
}

/// A PKCE challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Challenge {
    pub(in super::super) value: String,
    pub(in super::super) plain: bool,
}

/// A request on its way through login and consent, bound to a browser.
#[derive(Debug, Clone)]
pub(in super::super) struct Transaction {
    pub(in super::super) request: Request,
    pub(in super::super) browser: String,
    /// Must come back with every form.
    pub(in super::super) csrf: String,
    /// The member whose password was right, while more is asked for.
    pub(in super::super) half_way: Option<usize>,
    /// The user name of a login over several pages.
    pub(in super::super) username: String,
}

/// An authorization code.
#[derive(Debug, Clone)]
pub(in super::super) struct Code {
    pub(in super::super) request: Request,
    pub(in super::super) grant: u64,
    pub(in super::super) member: usize,
    pub(in super::super) scopes: Vec<String>,
    pub(in super::super) issued: OffsetDateTime,
    pub(in super::super) auth_time: OffsetDateTime,
    pub(in super::super) used: bool,
}

/// What a token stands for.
#[derive(Debug, Clone)]
pub(in super::super) struct Access {
    pub(in super::super) grant: u64,
    pub(in super::super) client: String,
    pub(in super::super) member: usize,
    pub(in super::super) patient: Option<String>,
    pub(in super::super) scopes: Vec<String>,
    pub(in super::super) issued: OffsetDateTime,
    pub(in super::super) expires: OffsetDateTime,
    pub(in super::super) usable: bool,
    /// Whether it stands for an app alone, whose scopes are `system/`, and for no member.
    pub(in super::super) without_member: bool,
}

/// A page of a search that is still to be fetched.
#[derive(Debug, Clone)]
pub(in super::super) struct Page {
    pub(in super::super) token: String,
    pub(in super::super) kind: String,
    pub(in super::super) query: Vec<(String, String)>,
    pub(in super::super) start: usize,
}

/// Everything, by its secret name.
#[derive(Debug, Default)]
pub(in super::super) struct Store {
    /// Browsers by cookie, with the member that is signed in.
    pub(in super::super) browsers: BTreeMap<String, Option<(usize, OffsetDateTime)>>,
    pub(in super::super) transactions: BTreeMap<String, Transaction>,
    pub(in super::super) codes: BTreeMap<String, Code>,
    pub(in super::super) access: BTreeMap<String, Access>,
    pub(in super::super) refresh: BTreeMap<String, Access>,
    /// Refresh tokens that rotation has replaced.
    pub(in super::super) replaced: BTreeMap<String, Access>,
    /// Revoked tokens that a fault may still honour.
    pub(in super::super) revoked: BTreeMap<String, Access>,
    /// Member, client and scopes that were approved before.
    pub(in super::super) approvals: BTreeMap<(usize, String), BTreeSet<String>>,
    /// The word that comes back with the forms of the page of connected apps, by browser.
    pub(in super::super) apps: BTreeMap<String, String>,
    /// The `jti` of assertions, per client, with their expiry.
    pub(in super::super) assertions: BTreeMap<(String, String), i64>,
    /// One-time codes that were used, as member and window.
    pub(in super::super) windows: BTreeSet<(usize, i64)>,
    pub(in super::super) pages: BTreeMap<String, Page>,
    /// Tokens whose search for claims ended in an error once.
    pub(in super::super) stumbled: BTreeSet<String>,
    /// The audit log, in the order of time.
    pub(in super::super) audit: Vec<Entry>,
    /// Per client: authentications that failed in a row until now, and the most that ever did.
    failures: BTreeMap<String, (u32, u32)>,
    /// What each client did for the first time, where that matters.
    firsts: BTreeSet<(&'static str, String)>,
    grants: u64,
}

impl Store {
    /// Begins a grant.
    pub(in super::super) fn new_grant(&mut self) -> u64 {
        self.grants += 1;
        self.grants
    }

    /// A new browser without a member.
    pub(in super::super) fn new_browser(&mut self) -> String {
        let browser = random();
        self.browsers.insert(browser.clone(), None);
        browser
    }

    /// Whether this client does this for the first time.
    pub(in super::super) fn is_first(&mut self, what: &'static str, client: &str) -> bool {
        self.firsts.insert((what, client.to_owned()))
    }

    /// Counts an authentication of a client.
    pub(in super::super) fn note_authentication(&mut self, client: &str, failed: bool) {
        let (now, most) = self.failures.entry(client.to_owned()).or_default();
        *now = if failed { *now + 1 } else { 0 };
        *most = (*most).max(*now);
    }

    /// The most authentications of one client that failed in a row.
    pub(in super::super) fn most_failures(&self) -> u32 {
        self.failures.values().map(|(_, most)| *most).max().unwrap_or_default()
    }

    /// Takes back every token of a grant.
    pub(in super::super) fn take_back(&mut self, grant: u64) {
        self.access.retain(|_, access| access.grant != grant);
        self.refresh.retain(|_, access| access.grant != grant);
    }
}
