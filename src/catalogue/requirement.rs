//! One rule of one document: what it asks, in which versions and how strongly, of whom, and how it is tested.
//!
//! A row is data. How much it counts under a claim is said in `in_force`, and what follows from it in the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::capability::CapabilityName;
use super::closed::closed_list;
use crate::vocabulary::document::{Place, Source, Span};
use crate::vocabulary::{RequirementId, Strength};

closed_list! {
    /// Who has to do what the row asks.
    Actor, "an actor", {
        /// FHIR server, authorization server, data holder.
        Server = "server",
        /// The application.
        Client = "client",
        /// An identity provider.
        Idp = "idp",
        /// Who certifies applications.
        Certifier = "certifier",
        /// A trust community.
        Community = "community",
    }
}

closed_list! {
    /// How a row can be tested.
    Testable, "a kind of test", {
        /// Without any user or account.
        BlackBox = "black-box",
        /// With a login, a registered client or other data of the operator.
        Login = "login",
        /// The operator answers.
        Attestation = "attestation",
        /// Not at all.
        No = "no",
    }
}

closed_list! {
    /// What the level of a row rests on.
    Basis, "a basis", {
        /// A normative verb of the document.
        Verb = "verb",
        /// A lower-case or verbless sentence, read by its sense.
        Sense = "sense",
        /// Our reading among several.
        Reading = "reading",
    }
}

closed_list! {
    /// How well the row is known.
    Confidence, "a confidence", {
        /// Compared with the text of the document.
        Read = "read",
        /// Written from general knowledge; it never decides a SHALL.
        Recalled = "recalled",
    }
}

closed_list! {
    /// The topic of a row.
    Area, "an area", {
        /// Transport.
        Tls = "tls",
        /// Published metadata.
        Discovery = "discovery",
        /// Scopes.
        Scopes = "scopes",
        /// Listed capabilities.
        Capabilities = "capabilities",
        /// The authorization request.
        Launch = "launch",
        /// The token request.
        Token = "token",
        /// Refresh tokens.
        Refresh = "refresh",
        /// Identity of the user.
        Openid = "openid",
        /// Access to resources.
        Access = "access",
        /// Token introspection.
        Introspection = "introspection",
        /// Token revocation.
        Revocation = "revocation",
        /// Browser applications of other origins.
        Cors = "cors",
        /// UDAP metadata.
        UdapDiscovery = "udap-discovery",
        /// UDAP registration.
        UdapRegistration = "udap-registration",
        /// UDAP client authentication.
        UdapAuthn = "udap-authn",
        /// UDAP authorization.
        UdapAuthz = "udap-authz",
        /// Business-to-business extension.
        B2b = "b2b",
        /// Tiered OAuth.
        Tiered = "tiered",
        /// JSON web tokens.
        Jwt = "jwt",
        /// Certificates and paths.
        Pki = "pki",
        /// Audit and provenance.
        Audit = "audit",
        /// Privacy and organisation.
        Privacy = "privacy",
        /// What an application does.
        Client = "client",
    }
}

/// One row of the catalogue.
#[derive(Debug, Clone)]
pub struct Requirement {
    /// Its id, which never changes.
    pub id: RequirementId,
    /// The versions in which the rule stands, in the order of the document, each with its level there.
    pub levels: Vec<(String, Strength)>,
    /// Who has to do it.
    pub actor: Actor,
    /// The topic.
    pub area: Area,
    /// The place in the document.
    pub section: String,
    /// The page, https.
    pub url: String,
    /// The rule in one sentence of ours.
    pub summary: String,
    /// When it applies, in prose; absent = always.
    pub conditional: Option<String>,
    /// When it applies, for the machine: all of these are claimed.
    pub when: Vec<CapabilityName>,
    /// How it is tested.
    pub testable: Testable,
    /// What is sent, what passes, what fails.
    pub how: String,
    /// Ambiguities and version differences.
    pub notes: Option<String>,
    /// What the level rests on.
    pub basis: Basis,
    /// How well the row is known.
    pub confidence: Confidence,
    pub(super) source: Arc<Source>,
    pub(super) span: Span,
}

impl Requirement {
    /// The document it stands in.
    #[must_use]
    pub fn document(&self) -> &str {
        self.id.document()
    }

    /// The versions in which it stands, in the order of the document.
    pub fn versions(&self) -> impl Iterator<Item = &str> {
        self.levels.iter().map(|(version, _)| version.as_str())
    }

    /// The level in a version; `None` where the rule does not stand in it.
    #[must_use]
    pub fn level_in(&self, version: &str) -> Option<Strength> {
        self.levels.iter().find(|(known, _)| known == version).map(|(_, level)| *level)
    }

    /// Where the row stands in the suite.
    #[must_use]
    pub fn place(&self) -> Place {
        self.source.place(self.span.start)
    }
}

/// A source document and its rows.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// Its versions, oldest first.
    pub versions: Vec<String>,
    /// Its rows, in the order of the file.
    pub rows: Vec<RequirementId>,
}

/// Every document by its id.
pub type Documents = BTreeMap<crate::vocabulary::DocumentId, Document>;
