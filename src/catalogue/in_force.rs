//! What is in force for a claim: which rows, how strongly each counts, and why it counts less than its document says.
//!
//! A row may be reached in several ways (documents, profiles). Each way gives a standing; the strongest one counts.

use std::collections::HashMap;
use std::sync::Arc;

use super::catalogue::Catalogue;
use super::profile::{Profile, ProfileDocument, Role, UdapRules};
use super::requirement::{Actor, Area, Confidence, Requirement};
use super::rule::{Cap, Rule};
use super::smart_version::{SMART_APP_LAUNCH, SmartVersion};
use crate::vocabulary::{ProfileId, RequirementId, Strength};

/// What a run holds a target to.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    /// The profiles.
    pub profiles: Vec<&'a Profile>,
    /// The SMART version, declared or decided from what the server publishes.
    pub smart: SmartVersion,
    /// True when the operator gave the version.
    pub smart_declared: bool,
    /// The version of HL7 UDAP Security that holds where a profile leaves it open; `None`: that of the profile.
    pub udap: Option<String>,
    /// Recommendations of required documents count as demands.
    pub strict: bool,
}

impl Claim<'_> {
    /// The SMART version that holds under a profile, and whether it was declared. A profile of one SMART version
    /// declares it, for itself and for the profiles beside it.
    #[must_use]
    pub fn smart_under(&self, profile: &Profile) -> (SmartVersion, bool) {
        let elsewhere = || self.profiles.iter().filter_map(|profile| profile.pinned_smart()).max();
        match profile.pinned_smart() {
            Some(pinned) => (pinned, true),
            None if self.smart_declared => (self.smart, true),
            None => elsewhere().map_or((self.smart, false), |pinned| (pinned, true)),
        }
    }
}

/// Every row in force, in the order of the catalogue.
#[derive(Debug, Clone, Default)]
pub struct InForce {
    rules: Vec<Rule>,
    index: HashMap<RequirementId, usize>,
}

impl Claim<'_> {
    /// The version of HL7 UDAP Security that holds under a profile which leaves it open.
    fn udap_under(&self, profile: &Profile) -> Option<&str> {
        self.udap.as_deref().filter(|_| profile.udap.as_ref().is_some_and(UdapRules::leaves_version_open))
    }
}

impl InForce {
    /// Works out what a claim puts in force.
    #[must_use]
    pub fn new(catalogue: &Catalogue, claim: &Claim<'_>) -> Self {
        let mut in_force = Self::default();
        for requirement in catalogue.requirements() {
            let standings = claim.profiles.iter().flat_map(|profile| standings(requirement, profile, claim)).collect();
            if let Some(rule) = strongest(standings) {
                in_force.index.insert(requirement.id.clone(), in_force.rules.len());
                in_force.rules.push(rule);
            }
        }
        in_force
    }

    /// Every rule, of every actor.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// The rule of a row; `None` when it is not in force.
    #[must_use]
    pub fn rule(&self, id: &RequirementId) -> Option<&Rule> {
        self.index.get(id).map(|at| &self.rules[*at])
    }

    /// The rules that ask something of an actor.
    pub fn for_actor(&self, actor: Actor) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.requirement.actor == actor)
    }

    /// The rules that ask something of a server.
    pub fn server_rules(&self) -> impl Iterator<Item = &Rule> {
        self.for_actor(Actor::Server)
    }
}

/// The ways in which a profile reaches a row.
fn standings(requirement: &Arc<Requirement>, profile: &Profile, claim: &Claim<'_>) -> Vec<Rule> {
    let documents = profile.documents.iter().filter(|document| document.document.as_str() == requirement.document());
    let reached = documents.filter(|document| !document.excludes(requirement));
    reached.filter_map(|document| standing(requirement, profile, document, claim)).collect()
}

fn standing(requirement: &Arc<Requirement>, profile: &Profile, document: &ProfileDocument, claim: &Claim<'_>) -> Option<Rule> {
    let (level, versions, smart) = if requirement.document() == SMART_APP_LAUNCH {
        smart_level(requirement, claim.smart_under(profile))?
    } else {
        let (level, versions) = match claim.udap_under(profile).filter(|_| requirement.document() == "udap-security") {
            Some(version) => (requirement.level_in(version)?, vec![version.to_owned()]),
            None => listed_level(requirement, document)?,
        };
        (level, versions, None)
    };
    let ceilings = ceilings(requirement, profile, document, smart);
    let (strength, caps) = strength(level, ceilings, claim.strict && matches!(document.role, Role::Required | Role::Base));
    let by_document = Some(&document.condition).filter(|condition| !condition.is_empty()).cloned();
    let by_row = requirement.when.iter().map(|name| vec![*name]);
    Some(Rule {
        requirement: Arc::clone(requirement),
        level,
        strength,
        caps,
        role: document.role,
        condition: by_document.into_iter().chain(by_row).collect(),
        versions,
        profile: profile.id.clone(),
    })
}

/// The strongest level of the listed versions, and those in which the row stands.
fn listed_level(requirement: &Requirement, document: &ProfileDocument) -> Option<(Strength, Vec<String>)> {
    let stands = document.versions.iter().filter_map(|version| Some((requirement.level_in(version)?, version.clone())));
    let stands: Vec<(Strength, String)> = stands.collect();
    let level = stands.iter().map(|(level, _)| *level).max_by_key(|level| rank(*level))?;
    Some((level, stands.into_iter().map(|(_, version)| version).collect()))
}

/// A ceiling and the reason for it.
type Ceiling = (Ceil, Cap);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ceil {
    Should,
    May,
}

/// The level by the SMART version that holds. While none is declared, rows of other versions stand below a ceiling.
fn smart_level(
    requirement: &Requirement,
    (smart, declared): (SmartVersion, bool),
) -> Option<(Strength, Vec<String>, Option<Ceiling>)> {
    if let Some(level) = requirement.level_in(smart.as_str()) {
        return Some((level, vec![smart.as_str().to_owned()], None));
    }
    if declared {
        return None;
    }
    let is_newer = |version: &str| SmartVersion::parse(version).is_ok_and(|version| version > smart);
    let newer = requirement.levels.iter().find(|(version, _)| is_newer(version));
    let (version, level) = newer.or_else(|| requirement.levels.last())?;
    let stands_in = requirement.versions().collect::<Vec<_>>().join(", ");
    let ceiling = match newer {
        Some(_) => (Ceil::Should, Cap::NewerSmart { found: smart, stands_in }),
        None => (Ceil::May, Cap::OlderSmart { found: smart, stands_in }),
    };
    Some((*level, vec![version.clone()], Some(ceiling)))
}

fn ceilings(requirement: &Requirement, profile: &Profile, document: &ProfileDocument, smart: Option<Ceiling>) -> Vec<Ceiling> {
    let deciding_tls_row = profile.tls.rows.contains(&requirement.id);
    let mut ceilings: Vec<Ceiling> = smart.into_iter().collect();
    if document.role == Role::Advice && !deciding_tls_row {
        ceilings.push((Ceil::Should, Cap::Advice(profile.id.clone())));
    }
    if requirement.confidence == Confidence::Recalled {
        ceilings.push((Ceil::Should, Cap::Recalled));
    }
    if requirement.area == Area::Tls && !deciding_tls_row && !profile.tls.every_row_counts {
        ceilings.push((Ceil::Should, Cap::OtherTlsRow(profile.id.clone())));
    }
    ceilings
}

/// The level below its ceilings, and those of them that lowered it. What has a ceiling is never raised by strictness.
fn strength(level: Strength, ceilings: Vec<Ceiling>, strict: bool) -> (Strength, Vec<Cap>) {
    if ceilings.is_empty() && strict {
        return match level {
            Strength::Should => (Strength::Shall, vec![Cap::Strict]),
            Strength::ShouldNot => (Strength::ShallNot, vec![Cap::Strict]),
            other => (other, Vec::new()),
        };
    }
    let lowered = ceilings.iter().fold(level, |level, (ceiling, _)| below(level, *ceiling));
    let lowers = |ceiling: Ceil| below(level, ceiling) != level;
    (lowered, ceilings.into_iter().filter(|(ceiling, _)| lowers(*ceiling)).map(|(_, cap)| cap).collect())
}

fn below(level: Strength, ceiling: Ceil) -> Strength {
    match (ceiling, level) {
        (Ceil::May, _) => Strength::May,
        (Ceil::Should, Strength::Shall) => Strength::Should,
        (Ceil::Should, Strength::ShallNot) => Strength::ShouldNot,
        (Ceil::Should, other) => other,
    }
}

/// How much a strength asks, the sign aside.
fn rank(strength: Strength) -> u8 {
    match strength {
        Strength::Shall | Strength::ShallNot => 2,
        Strength::Should | Strength::ShouldNot => 1,
        Strength::May => 0,
    }
}

/// The strongest way counts; of two that are equally strong the one with fewer conditions; of two such the first.
fn strongest(standings: Vec<Rule>) -> Option<Rule> {
    let asks_more =
        |a: &Rule, b: &Rule| rank(a.strength).cmp(&rank(b.strength)).then(b.condition.len().cmp(&a.condition.len())).is_gt();
    let mut others: Vec<(ProfileId, Strength)> = Vec::new();
    let mut best: Option<Rule> = None;
    for rule in standings {
        match best.take() {
            Some(current) if !asks_more(&rule, &current) => {
                others.push((rule.profile, rule.strength));
                best = Some(current);
            }
            Some(current) => {
                others.push((current.profile, current.strength));
                best = Some(rule);
            }
            None => best = Some(rule),
        }
    }
    let mut best = best?;
    let weaker = others.into_iter().filter(|(_, strength)| rank(*strength) < rank(best.strength));
    let elsewhere = weaker.filter(|(profile, _)| *profile != best.profile);
    best.caps.extend(elsewhere.map(|(profile, strength)| Cap::StrongerElsewhere { profile, strength }).collect::<Vec<_>>());
    best.caps.dedup();
    Some(best)
}
