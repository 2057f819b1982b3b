//! What stage 0 makes of a server, and which cases look at what a fault changes in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::demand::Demand;
use super::stand::Stand;
use crate::catalogue::CapabilityName;
use crate::cli::suite::LoadedSuite;
use crate::engine::{Knowledge, PlanView, plan};
use crate::reference::Running;
use crate::verbs::{DocumentKind, Documents, Observation, Reading};
use crate::vocabulary::FaultName;

/// What stage 0 gave, without what differs from server to server: ports, and what is random.
#[derive(Debug, Default)]
pub struct Discovered {
    /// What holds for every case: versions, profiles, what stood in the way, `target.*`.
    common: String,
    /// Whether each capability is claimed.
    claimed: BTreeMap<&'static str, String>,
    /// The results of each case, with what `needs` says of them.
    jobs: BTreeMap<String, Vec<String>>,
    /// The conditions of each case: the capabilities that its rules hang on.
    conditions: BTreeMap<String, BTreeSet<&'static str>>,
    /// What became of each document, and its facts.
    documents: BTreeMap<DocumentKind, (String, Value)>,
    ports: Vec<(String, &'static str)>,
}

/// Every fault that the server asked itself about while a document was fetched.
pub type AskedFor = BTreeMap<DocumentKind, BTreeSet<FaultName>>;

impl Discovered {
    /// Does stage 0 against a server in the demanded state.
    ///
    /// # Errors
    /// When the server does not start or the run could not begin.
    pub async fn of(demand: &Demand, loaded: &LoadedSuite) -> Result<Self, String> {
        let stand = Stand::new(demand, loaded, None).await?;
        let view = stand.while_still(plan(&stand.options, Knowledge::Discovery)).await;
        let found = match view {
            Ok(view) => Ok(Self::from(&view, &stand.server).await),
            Err(problem) => Err(problem),
        };
        stand.server.stop().await;
        found
    }

    /// The same of a server that asks to be asked, document by document, what each of them hangs on.
    ///
    /// # Errors
    /// As [`Discovered::of`].
    pub async fn with_questions(demand: &Demand, loaded: &LoadedSuite) -> Result<(Self, AskedFor), String> {
        let stand = Stand::new(demand, loaded, None).await?;
        let view = stand.while_still(plan(&stand.options, Knowledge::Discovery)).await?;
        let found = Self::from(&view, &stand.server).await;
        let mut asked = AskedFor::new();
        for document in DocumentKind::ALL {
            let mut context = view.prepared.context.clone();
            context.documents = Documents::default();
            stand.server.forget_touched();
            context.documents.fetched(document, &context).await;
            asked.insert(document, stand.server.touched());
        }
        stand.server.stop().await;
        Ok((found, asked))
    }

    async fn from(view: &PlanView, server: &Running) -> Self {
        let prepared = &view.prepared;
        let listeners =
            [(server.base(), "FHIR"), (server.authorization_origin(), "AUTHORIZATION"), (server.plain_http(), "PLAIN")];
        let ports = listeners.into_iter().filter_map(|(url, word)| Some((url.port()?.to_string(), word)));
        let ports: Vec<(String, &'static str)> = ports.collect();
        let plainly = |text: String| without(text, &ports);
        let header = &prepared.header;
        // Cases use the endpoints as a list of elements, and then these stand among the results; nobody uses what is advertised.
        let mut target = prepared.plan.jobs.first().and_then(|job| job.scope.get("target")).cloned().unwrap_or_default();
        for listed in ["endpoints", "advertised"] {
            target.as_object_mut().map(|members| members.remove(listed));
        }
        let common = format!("{:?} {:?} {:?} {:?} {target:?}", header.profiles, header.smart, header.udap, header.hindrance);
        let mut jobs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut conditions: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
        for job in &prepared.plan.jobs {
            let result = format!("{:?} {:?} {:?}", job.variant, job.planned.requirements, job.gate);
            jobs.entry(job.planned.case.clone()).or_default().push(plainly(result));
            let ids = job.case.requirements.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
            let rules = prepared.in_force.server_rules().filter(|rule| ids.contains(rule.requirement.id.as_str()));
            let names = rules.flat_map(|rule| rule.condition.iter().flatten().map(|name| name.as_str()));
            conditions.entry(job.planned.case.clone()).or_default().extend(names);
        }
        let claimed = CapabilityName::all().map(CapabilityName::as_str);
        let claimed = claimed.map(|name| (name, plainly(format!("{:?}", prepared.capabilities.claimed(name)))));
        let mut documents = BTreeMap::new();
        for document in DocumentKind::ALL {
            let observed = prepared.context.documents.fetched(document, &prepared.context).await;
            let (what, facts) = match &observed.observation {
                Observation::Facts(facts) => (String::new(), facts.clone()),
                other => (plainly(format!("{other:?}")), Value::Null),
            };
            documents.insert(document, (what, facts));
        }
        Self { common: plainly(common), claimed: claimed.collect(), jobs, conditions, documents, ports }
    }

    /// The cases, of those that looked at these parts, to which it matters that this was discovered and not `other`; nothing when it
    /// may matter to any. `is_touched` says whether a document as a whole may differ.
    pub fn differs_for<'a>(
        &self,
        other: &Self,
        cases: impl Iterator<Item = (&'a str, &'a BTreeSet<Reading>)>,
        is_touched: impl Fn(DocumentKind) -> bool,
    ) -> Option<BTreeSet<String>> {
        if self.common != other.common || other.jobs.keys().any(|case| !self.jobs.contains_key(case)) {
            return None;
        }
        let changed: BTreeSet<&str> = self
            .claimed
            .iter()
            .filter(|(name, claimed)| other.claimed.get(*name) != Some(claimed))
            .map(|(name, _)| *name)
            .collect();
        // A case that is not planned there finds nothing there.
        let matters = |case: &str, readings: &BTreeSet<Reading>| {
            other.jobs.get(case).is_some_and(|jobs| self.jobs.get(case) != Some(jobs))
                || self.conditions.get(case).is_some_and(|names| names.iter().any(|name| changed.contains(name)))
                || readings.iter().any(|reading| {
                    if reading.pointer.is_empty() {
                        is_touched(reading.document)
                    } else {
                        self.read(reading) != other.read(reading)
                    }
                })
        };
        Some(cases.filter(|(case, readings)| matters(case, readings)).map(|(case, _)| case.to_owned()).collect())
    }

    /// What a reading gives here, as text.
    fn read(&self, reading: &Reading) -> Option<String> {
        let (what, facts) = self.documents.get(&reading.document)?;
        Some(without(format!("{what} {:?}", facts.pointer(&reading.pointer).map(Value::to_string)), &self.ports))
    }
}

fn without(text: String, ports: &[(String, &'static str)]) -> String {
    ports.iter().fold(text, |text, (port, word)| text.replace(port, word))
}
