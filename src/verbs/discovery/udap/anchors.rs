//! Judges the chain of a server by the anchors of its community, and fetches what that takes.

use serde_json::{Value, json};
use std::sync::Arc;
use time::OffsetDateTime;

use super::fetched::{Examined, examined};
use crate::crypto::x509::Anchors;
use crate::verbs::Context;

/// What an unknown state of revocation means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RevocationMode {
    /// It is looked up, and that it cannot be had is worth a word.
    #[default]
    Soft,
    /// It is looked up, and that it cannot be had is a defect of the chain.
    Hard,
    /// It is not looked up.
    Off,
}

/// Whom the operator trusts.
#[derive(Debug, Clone, Default)]
pub struct UdapAnchors {
    /// For requests that name no community: everybody who is trusted in any.
    pub everywhere: Arc<Anchors>,
    /// By the URI of the community.
    pub communities: Vec<(String, Arc<Anchors>)>,
    /// What an unknown state of revocation means.
    pub revocation: RevocationMode,
    /// True when missing issuers are fetched from where the certificates say.
    pub fetch_issuers: bool,
}

impl UdapAnchors {
    /// The anchors to judge by.
    fn of(&self, community: Option<&str>) -> Arc<Anchors> {
        let own = community.and_then(|uri| self.communities.iter().find(|(own, _)| own == uri));
        Arc::clone(own.map_or(&self.everywhere, |(_, anchors)| anchors))
    }

    /// True for a community that the operator named.
    pub(super) fn names(&self, community: &str) -> bool {
        self.communities.iter().any(|(own, _)| own == community)
    }
}

/// The facts of the chain, and the evidence of what was fetched.
pub(super) async fn judge(
    context: &Context,
    chain: &[Vec<u8>],
    community: Option<&str>,
    at: OffsetDateTime,
) -> (Value, Vec<String>) {
    let anchors = context.udap_anchors.of(community);
    let examined = examined(context, chain, &anchors, at).await;
    let is_unknown = examined.revocation == "unknown" && context.udap_anchors.revocation == RevocationMode::Hard;
    (facts_of(&examined, is_unknown), examined.evidence)
}

/// `is_unknown`: a state of revocation that cannot be had, where that counts as a defect.
fn facts_of(examined: &Examined, is_unknown: bool) -> Value {
    let examination = &examined.examination;
    let trusted = examination.trusted().map(|trusted| trusted && !is_unknown);
    // Without anchors nobody knows where the path should end; what else is wrong is wrong all the same.
    let ends = ["issuer-missing", "untrusted-root", "self-signed"];
    let words = examination.words().into_iter().filter(|word| examination.has_anchors || !ends.contains(word));
    let path: Vec<&str> = examination.path.iter().map(|certificate| certificate.title()).collect();
    let mut facts = json!({
        "judged": trusted.is_some(),
        "defects": words.chain(is_unknown.then_some("revocation-unavailable")).collect::<Vec<_>>(),
        "explained": examination.defects.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "notes": examination.notes.iter().map(|note| note.word).collect::<Vec<_>>(),
        "path": path,
        "anchored": examination.anchored,
        "revocation": examined.revocation,
        "revocation_explained": examined.explained,
    });
    match trusted {
        Some(trusted) => facts["trusted"] = trusted.into(),
        None if !examination.has_anchors => facts["not_tested"] = "no anchor configured".into(),
        None => facts["not_tested"] = "the chain is too tangled to be followed here".into(),
    }
    facts
}
