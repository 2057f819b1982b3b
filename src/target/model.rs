//! A target as it is known before anything is sent.

use url::Url;

use super::udap_trust::UdapTrust;
use crate::vocabulary::ProfileId;

/// Whether real members are behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Environment {
    /// Real members.
    Production,
    /// Synthetic members.
    Staging,
    /// The operator did not say.
    #[default]
    Unstated,
}

impl Environment {
    /// The word of the run record.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Unstated => "unstated",
        }
    }
}

/// Who allowed what, and until when. Without it nothing that changes state is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// A person and, better, a ticket.
    pub granted_by: String,
    /// The last day, as `2027-01-31`.
    pub until: String,
    /// Effects that are allowed: `change`.
    pub allow: Vec<String>,
}

/// Something that the operator says cannot be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declined {
    /// The capability or input, for instance `member.second`.
    pub needs: String,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub by: String,
}

/// A server under test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The FHIR base, without a trailing slash.
    pub base: Url,
    /// The base as the operator typed it.
    pub typed: String,
    /// Whether real members are behind it.
    pub environment: Environment,
    /// Profiles that the operator claims.
    pub profiles: Vec<ProfileId>,
    /// The SMART version that the operator claims.
    pub smart: Option<String>,
    /// Where the server answers plain HTTP, when it is not port 80 of the base's host.
    pub plain_http: Option<Url>,
    /// Further URLs whose host and port belong to the target.
    pub endpoints: Vec<Url>,
    /// Origins, besides the base's, that may be given credentials.
    pub allow_origins: Vec<Url>,
    /// Resource types that are public by intent, for instance a provider directory.
    pub public_types: Vec<String>,
    /// The operator says that purely browser-based apps are supported.
    pub browser_apps: bool,
    /// Capabilities that the operator claims although no metadata shows them.
    pub claims: Vec<String>,
    /// Who allowed what.
    pub authority: Option<Authority>,
    /// What cannot be given.
    pub declined: Vec<Declined>,
    /// Whom the operator trusts in UDAP.
    pub udap: UdapTrust,
}

impl Target {
    /// A target about which nothing but its base is known.
    #[must_use]
    pub fn new(base: Url, typed: impl Into<String>) -> Self {
        Self {
            base: without_trailing_slash(base),
            typed: typed.into(),
            environment: Environment::default(),
            profiles: Vec::new(),
            smart: None,
            plain_http: None,
            endpoints: Vec::new(),
            allow_origins: Vec::new(),
            public_types: Vec::new(),
            browser_apps: false,
            claims: Vec::new(),
            authority: None,
            declined: Vec::new(),
            udap: UdapTrust::default(),
        }
    }

    /// The URL of something below the base: `metadata`, `Patient?_id=1`.
    #[must_use]
    pub fn below(&self, rest: &str) -> String {
        format!("{}/{}", self.base.as_str().trim_end_matches('/'), rest.trim_start_matches('/'))
    }
}

fn without_trailing_slash(mut base: Url) -> Url {
    base.set_query(None);
    base.set_fragment(None);
    let path = base.path().strip_suffix('/').unwrap_or(base.path()).to_owned();
    base.set_path(&path);
    base
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trailing_slash_of_the_base_makes_no_difference() {
        for typed in ["https://p.example/fhir/r4", "https://p.example/fhir/r4/"] {
            let target = Target::new(Url::parse(typed).unwrap(), typed);
            assert_eq!(target.below("metadata"), "https://p.example/fhir/r4/metadata");
        }
        let target = Target::new(Url::parse("https://p.example").unwrap(), "x");
        assert_eq!(target.below("/Patient?_id=1"), "https://p.example/Patient?_id=1");
    }
}
