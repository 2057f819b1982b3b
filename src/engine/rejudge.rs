//! Applies today's levels to the outcomes of an old record. What the old run did not look at needs a new run.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::under;
use super::judge;
use super::record::Run;
use super::replay::outcome_of;
use super::run::RunError;
use crate::catalogue::{Actor, Catalogue, Claim, InForce, SmartVersion};
use crate::vocabulary::{ProfileId, Strength, Verdict};

/// What today's levels make of an old run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rejudged {
    /// Judgements that were made again.
    pub judgements: u64,
    /// Verdicts that would be others today, in sentences, each once.
    pub changed: Vec<String>,
    /// What today's criteria ask for and the old run did not look at.
    pub needs_new_run: Vec<String>,
    /// True when a SHALL of today is not met by an old outcome.
    pub fails: bool,
}

/// Judges the recorded outcomes by this catalogue, under the profiles and the SMART version of the record.
///
/// # Errors
/// When the catalogue no longer has one of them.
pub fn rejudge(run: &Run, catalogue: &Catalogue) -> Result<Rejudged, RunError> {
    let in_force = InForce::new(catalogue, &claim(run, catalogue)?);
    let actor = if run.basis.is_some_and(|basis| basis.client) { Actor::Client } else { Actor::Server };
    let today: BTreeMap<String, Strength> =
        in_force.for_actor(actor).map(|rule| (rule.requirement.id.to_string(), rule.strength)).collect();
    let mut rejudged = Rejudged::default();
    let mut changed = BTreeSet::new();
    for case in &run.cases {
        for (row, judgement) in case.judgements() {
            rejudged.judgements += 1;
            let Some(outcome) = outcome_of(&row.outcome) else { continue };
            let Some(strength) = today.get(&judgement.requirement) else {
                changed.insert(format!("{}: no longer in force (it was {})", judgement.requirement, judgement.verdict));
                continue;
            };
            let verdict = judge(&under(judgement.condition.as_ref(), &outcome), *strength);
            rejudged.fails |= verdict == Verdict::Fail;
            if verdict != judgement.verdict {
                let (id, was) = (&judgement.requirement, judgement.verdict);
                changed.insert(format!(
                    "{id}: {was} by {}, today {verdict} by {strength} ({})",
                    judgement.strength,
                    case.label()
                ));
            }
        }
    }
    rejudged.changed = changed.into_iter().collect();
    let known: BTreeSet<&str> = run.requirements.iter().map(|row| row.id.as_str()).collect();
    let new = today.keys().filter(|id| !known.contains(id.as_str()));
    rejudged.needs_new_run = new.map(|id| format!("{id}: in force today, not in the record")).collect();
    Ok(rejudged)
}

fn claim<'a>(run: &Run, catalogue: &'a Catalogue) -> Result<Claim<'a>, RunError> {
    let profile = |id: &str| {
        let found = ProfileId::parse(id).ok().and_then(|id| catalogue.profile(&id));
        found.ok_or_else(|| RunError::UnknownProfile {
            id: crate::vocabulary::escape_to_width(id, 80),
            help: "this carinbb does not have it; use the one that made the record".into(),
        })
    };
    Ok(Claim {
        profiles: run.header.profiles.iter().map(|own| profile(&own.id)).collect::<Result<_, _>>()?,
        smart: SmartVersion::parse(&run.header.smart.version).map_err(|error| RunError::SmartVersion(error.to_string()))?,
        smart_declared: run.header.smart.declared,
        udap: run.header.udap.as_ref().map(|own| own.version.clone()),
        strict: run.basis.is_some_and(|basis| basis.strict),
    })
}
