//! What stage 0 makes of a server, and which cases look at what a fault changes in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::demand::Demand;
use super::stand::Stand;
use crate::catalogue::CapabilityName;
use crate::cli::suite::LoadedSuite;
use crate::engine::{Knowledge, PlanView, plan, verbs_of};
use crate::net::Origin;
use crate::reference::Running;
use crate::testcase::TestCase;
use crate::verbs::{self, Arguments, DocumentKind, Documents, Observation, Reading};
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
    /// Whether the certificates of both TLS listeners were accepted.
    trusted: Vec<Option<bool>>,
    /// The cases that look at TLS itself; to the others a connection comes about or does not.
    of_tls: BTreeSet<String>,
}

/// What the server asked itself about: every fault.
#[derive(Debug, Default)]
pub struct Questions {
    /// While a document was fetched.
    pub for_document: BTreeMap<DocumentKind, BTreeSet<FaultName>>,
    /// In a handshake behind which nothing was sent.
    pub for_handshake: BTreeSet<FaultName>,
}

impl Discovered {
    /// Does stage 0 against a server in the demanded state.
    ///
    /// # Errors
    /// When the server does not start or the run could not begin.
    pub async fn of(demand: &Demand, loaded: &LoadedSuite) -> Result<Self, String> {
        let (stand, view) = discovered(demand, loaded).await?;
        let found = Self::from(&view, &stand.server, loaded).await;
        stand.server.stop().await;
        Ok(found)
    }

    /// The same, and what each document and a handshake hang on.
    ///
    /// # Errors
    /// As [`Discovered::of`].
    pub async fn with_questions(demand: &Demand, loaded: &LoadedSuite) -> Result<(Self, Questions), String> {
        let (stand, view) = discovered(demand, loaded).await?;
        let found = Self::from(&view, &stand.server, loaded).await;
        let mut asked = Questions::default();
        for document in DocumentKind::ALL {
            let mut context = view.prepared.context.clone();
            context.documents = Documents::default();
            stand.server.forget_touched();
            context.documents.fetched(document, &context).await;
            asked.for_document.insert(document, stand.server.touched());
        }
        stand.server.forget_touched();
        for url in [stand.server.base(), stand.server.authorization_origin()] {
            let endpoint = json!({ "name": "here", "host": url.host_str(), "port": url.port_or_known_default() });
            let arguments = Arguments::unchecked(Map::from_iter([("endpoint".to_owned(), endpoint)]));
            let handshake = verbs::find("tls.handshake").ok_or("there is no verb that shakes hands")?;
            handshake.run(&arguments, &view.prepared.context).await;
        }
        asked.for_handshake = stand.server.touched();
        stand.server.stop().await;
        Ok((found, asked))
    }

    async fn from(view: &PlanView, server: &Running, loaded: &LoadedSuite) -> Self {
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
        let origins = [server.base(), server.authorization_origin()].into_iter().filter_map(Origin::of);
        let trusted = origins.map(|origin| prepared.context.is_trusted(&origin)).collect();
        let looks_at_tls = |case: &TestCase| verbs_of(case, &loaded.suite).iter().any(|verb| verb.starts_with("tls."));
        let of_tls =
            prepared.plan.jobs.iter().filter(|job| looks_at_tls(&job.case)).map(|job| job.planned.case.clone()).collect();
        Self { common: plainly(common), claimed: claimed.collect(), jobs, conditions, documents, ports, trusted, of_tls }
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

    /// The cases that look at TLS itself, where connections come about as in `other`.
    pub fn of_tls(&self, other: &Self) -> Option<&BTreeSet<String>> {
        (self.trusted == other.trusted).then_some(&self.of_tls)
    }

    /// What a reading gives here, as text.
    fn read(&self, reading: &Reading) -> Option<String> {
        let (what, facts) = self.documents.get(&reading.document)?;
        Some(without(format!("{what} {:?}", facts.pointer(&reading.pointer).map(Value::to_string)), &self.ports))
    }
}

/// A server in the demanded state that has met stage 0; none is left where that could not be.
async fn discovered(demand: &Demand, loaded: &LoadedSuite) -> Result<(Stand, PlanView), String> {
    let stand = Stand::new(demand, loaded, None).await?;
    match stand.while_still(plan(&stand.options, Knowledge::Discovery)).await {
        Ok(view) => Ok((stand, view)),
        Err(problem) => {
            stand.server.stop().await;
            Err(problem)
        }
    }
}

fn without(text: String, ports: &[(String, &'static str)]) -> String {
    ports.iter().fold(text, |text, (port, word)| text.replace(port, word))
}
