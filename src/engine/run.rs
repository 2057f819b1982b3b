//! One run from the first request to the record.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::certification::Certification;
use super::claim::claim_of;
use super::event::{Event, Listener};
use super::exercised::not_exercised;
use super::prepare::{Knowledge, Prepared, prepare};
use super::record::{CaseResult, ClaimBasis, OutcomeRecord, Phase, PlannedCase, Run, Setting, StepResult, Traffic};
use super::rollup;
use super::schedule::{self, notice};
use super::selection::Selection;
use super::stage::{Interrupt, Limits, Stage};
use super::swept_evidence::{certificates_of, evidence_of, pages_of};
use super::{attested, swept, waived};
use crate::catalogue::{Actor, Attestations, Catalogue, Waiver};
use crate::evidence::{Record, sweep_text};
use crate::net::World;
use crate::target::{Launch, Target};
use crate::testcase::{Role, Suite};
use crate::verbs::{self, Browser, ClientStand, Documents, Effect, TlsSettings, UdapAnchors, UdapIdentity};
use crate::vocabulary::ProfileId;

/// Everything that a run needs to be told.
pub struct RunOptions {
    /// Cases and flows.
    pub suite: Arc<Suite>,
    /// Requirements and profiles.
    pub catalogue: Arc<Catalogue>,
    /// SHA-256 over the files of the suite.
    pub suite_digest: String,
    /// What is under test.
    pub target: Arc<Target>,
    /// Time, randomness, sockets, evidence.
    pub world: World,
    /// How certificates are judged.
    pub tls: TlsSettings,
    /// Clients, members and given tokens.
    pub launch: Arc<Launch>,
    /// Who signs members in; absent when nobody can.
    pub browser: Option<Arc<dyn Browser>>,
    /// Who we are towards a UDAP server; absent when the operator gave no certificate.
    pub udap: Option<UdapIdentity>,
    /// Whom the operator trusts in UDAP.
    pub udap_anchors: Arc<UdapAnchors>,
    /// The version of UDAP Security that the operator claims.
    pub udap_version: Option<String>,
    /// Profiles that the operator named; empty: found or the latest.
    pub profiles: Vec<ProfileId>,
    /// The SMART version that the operator claims.
    pub smart: Option<String>,
    /// SHOULD rows of required documents count as SHALL.
    pub strict: bool,
    /// Any warning fails the run.
    pub fail_on_warn: bool,
    /// Flags and rights.
    pub selection: Selection,
    /// How many cases act at a time.
    pub slots: usize,
    /// Only this step of each case, besides setups and controls.
    pub only_step: Option<usize>,
    /// Raised by ctrl-C.
    pub interrupt: Interrupt,
    /// Settings that shape the verdict, for the header.
    pub settings: Vec<Setting>,
    /// Sentences for the header.
    pub notes: Vec<String>,
    /// What persons say beside what is tested.
    pub statements: Statements,
    /// The client under observation; absent when the target is under test.
    pub client: Option<ObservedClient>,
}

/// A client under observation.
#[derive(Clone)]
pub struct ObservedClient {
    /// Its name, as a URI: what the record calls the target.
    pub name: String,
    /// The server that it talks to, and whoever launches it.
    pub stand: Arc<dyn ClientStand>,
}

impl RunOptions {
    /// Whose requirements count.
    #[must_use]
    pub fn actor(&self) -> Actor {
        if self.client.is_some() { Actor::Client } else { Actor::Server }
    }
}

/// What persons say beside what is tested. None of it changes a verdict.
#[derive(Debug, Clone, Default)]
pub struct Statements {
    /// Findings that are accepted for a time.
    pub waivers: Vec<Waiver>,
    /// What is stated of requirements that no view from outside can settle.
    pub attestations: Attestations,
    /// Who tests for whom and how, when the run is an audit: then no waiver counts.
    pub certification: Option<Certification>,
}

/// Why a run could not begin. Nothing was judged.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A profile that the catalogue does not have.
    #[error("there is no profile '{id}': {help}")]
    UnknownProfile {
        /// What was asked for.
        id: String,
        /// What there is.
        help: String,
    },
    /// A suite without any profile of CARIN BB.
    #[error("the suite has no profile of CARIN BB: name one with --profile")]
    NoProfile,
    /// A SMART version that does not go with the profiles.
    #[error("{0}")]
    SmartVersion(String),
    /// A version of UDAP Security that does not go with the profiles.
    #[error("{0}")]
    UdapVersion(String),
    /// A selection that fits no case of the role.
    #[error("nothing in the suite is called '{pattern}': {help}")]
    UnknownSelection {
        /// What was asked for.
        pattern: String,
        /// What there is.
        help: String,
    },
}

/// What a run would do.
pub struct PlanView {
    /// Every result.
    pub cases: Vec<PlannedCase>,
    /// The upper bound.
    pub traffic: Traffic,
    /// The longest that all authorizations together wait for one-time codes, in seconds.
    pub code_wait: u64,
    /// What stands above the results.
    pub prepared: Prepared,
}

/// Plans without running; with [`Knowledge::Nothing`] without sending anything.
///
/// # Errors
/// As [`run`].
pub async fn plan(options: &RunOptions, knowledge: Knowledge) -> Result<PlanView, RunError> {
    check_selection(&options.suite, &options.selection, role_of(options))?;
    let prepared = prepare(options, knowledge).await?;
    let cases = prepared.plan.jobs.iter().map(|job| job.planned.clone()).collect();
    let traffic = planned_traffic(&prepared);
    let code_wait =
        options.browser.as_ref().map_or(0, |browser| browser.longest_code_wait(traffic.planned_authorizations).as_secs());
    Ok(PlanView { cases, traffic, code_wait, prepared })
}

/// Runs everything and returns the record. Whatever the target does is in the record, never an error.
///
/// # Errors
/// When a profile, a SMART version or a selection is unknown.
pub async fn run(options: &RunOptions, listener: &mut dyn Listener) -> Result<Run, RunError> {
    check_selection(&options.suite, &options.selection, role_of(options))?;
    options.world.redactor.publish(&fixed_texts(options));
    let prepared = prepare(options, Knowledge::Discovery).await?;
    let planned: Vec<PlannedCase> = prepared.plan.jobs.iter().map(|job| job.planned.clone()).collect();
    if let Some(browser) = &options.browser {
        browser.expect(prepared.plan.most.authorizations);
    }
    let listener = Mutex::new(listener);
    notice(
        &listener,
        &Event::Started {
            header: &prepared.header,
            plan: &planned,
            traffic: &planned_traffic(&prepared),
            documents: &prepared.context.documents,
        },
    );
    let stage = Stage::new(
        Arc::clone(&options.suite),
        Arc::clone(&prepared.rules),
        prepared.capabilities.clone(),
        prepared.context.clone(),
        options.interrupt.clone(),
        Limits { slots: options.slots, renewals: prepared.plan.renewals },
        options.only_step,
    );
    let cases = schedule::run_all(&stage, &prepared.plan.jobs, &listener).await;
    let left = {
        let _acting = options.world.activity.begin();
        let mut left = verbs::remove_leftovers(&prepared.context).await;
        left.extend(verbs::cancel_registrations(&stage.context).await);
        left
    };
    let record = finish(options, prepared, cases, left, &stage.unreached());
    notice(&listener, &Event::Finished { run: &record });
    Ok(record)
}

/// What a run says by itself, whatever the target does: the cases and the flows, and where the target is.
fn fixed_texts(options: &RunOptions) -> String {
    let cases = options.suite.cases.iter().map(|case| case.source.text());
    let flows = options.suite.flows.iter().map(|flow| flow.source.text());
    cases.chain(flows).chain([options.target.base.as_str()]).collect::<Vec<_>>().join("\n")
}

fn role_of(options: &RunOptions) -> Role {
    if options.client.is_some() { Role::Client } else { Role::Server }
}

/// Whether each pattern of a selection names something in the suite that is about this role. [`run`] and [`plan`] begin with it;
/// whoever has something to start before the run asks first.
///
/// # Errors
/// [`RunError::UnknownSelection`], with what was meant.
pub fn check_selection(suite: &Suite, selection: &Selection, role: Role) -> Result<(), RunError> {
    let unknown = |own: Role| selection.unknown_patterns(|| suite.cases.iter().filter(move |case| case.role == own));
    let Some(pattern) = unknown(role).first().map(ToString::to_string) else {
        return Ok(());
    };
    let other = if role == Role::Client { Role::Server } else { Role::Client };
    if !unknown(other).contains(&pattern.as_str()) {
        let help = match other {
            Role::Client => "it is about a client, which `carinbb serve --observe` looks at",
            Role::Server => "it is about a server, which `carinbb run` tests",
        };
        return Err(RunError::UnknownSelection { pattern, help: help.to_owned() });
    }
    let cases = suite.cases.iter();
    let known: BTreeSet<&str> = cases.flat_map(|case| [case.id.area(), case.id.as_str()]).collect();
    let near = crate::vocabulary::document::did_you_mean(&pattern, known);
    let areas: BTreeSet<&str> = suite.cases.iter().map(|case| case.id.area()).collect();
    let areas = areas.into_iter().collect::<Vec<_>>().join(", ");
    let lists = format!("the areas are {areas}; 'carinbb list cases' names every case");
    let help = if near.starts_with("did you mean") { near } else { lists };
    Err(RunError::UnknownSelection { pattern, help })
}

/// The plan's upper bound, stage 0 included.
fn planned_traffic(prepared: &Prepared) -> Traffic {
    let cases = prepared.plan.traffic();
    // A client under observation sends by itself.
    let documents = if prepared.actor == Actor::Client { 0 } else { Documents::COST.requests };
    Traffic { planned_requests: cases.planned_requests + documents, ..cases }
}

fn finish(
    options: &RunOptions,
    prepared: Prepared,
    mut cases: Vec<CaseResult>,
    tokens: Vec<String>,
    unreached: &BTreeSet<String>,
) -> Run {
    let complete = !options.interrupt.is_raised();
    let logged_in = |result: &CaseResult| {
        let steps = result.steps.iter().filter(|step| step.done);
        steps.filter_map(|step| verbs::find(&step.verb)).any(|verb| verb.help().effect >= Effect::Login)
    };
    let finished = timestamp(options.world.clock.now());
    // A child that was born on the day of the run does not make every time in the record a secret.
    let search = options.world.redactor.search(&format!("{} {finished}", prepared.header.started));
    swept::sweep_cases(&mut cases, &options.world.redactor, &search);
    let waivers = waived::waive(
        &options.statements.waivers,
        waived::Ground {
            target: &prepared.header.target,
            today: finished.get(..10).unwrap_or_default(),
            fail_on_warn: options.fail_on_warn,
            certification: options.statements.certification.is_some(),
        },
        &mut cases,
    );
    let mut requirements = rollup::roll_up(&rollup::Ground {
        in_force: &prepared.in_force,
        actor: options.actor(),
        results: &cases,
        not_selected: &prepared.plan.not_selected,
        capabilities: &prepared.capabilities,
        unreached,
        logged_in: &logged_in,
        in_part: options.only_step.is_some(),
    });
    for row in &mut requirements {
        row.waived = waived::is_covered(&cases, row);
    }
    let attestations = attested::attest(&options.statements.attestations, &mut requirements);
    let basis = ClaimBasis {
        partial: options.selection.is_partial() || options.only_step.is_some(),
        one_step: options.only_step.is_some(),
        fail_on_warn: options.fail_on_warn,
        strict: options.strict,
        client: options.client.is_some(),
    };
    let claim = claim_of(&requirements, &cases, &prepared.plan.not_selected, &waivers, complete, basis);
    let not_exercised = match options.actor() {
        Actor::Client => Vec::new(),
        _ => not_exercised(&options.suite, &prepared.in_force, &prepared.capabilities, &cases, &logged_in),
    };
    let sent_requests = options.world.http.requests();
    let probes = options.world.evidence.all().into_iter().filter(|exchange| matches!(exchange.record, Record::Tls(_)));
    let sent_probes = probes.count() as u64;
    let sent_authorizations = options.browser.as_ref().map_or(0, |browser| browser.count());
    let traffic = Traffic { sent_requests, sent_probes, sent_authorizations, ..planned_traffic(&prepared) };
    let swept = |mut text: String| {
        sweep_text(&mut text, &options.world.redactor, &search);
        text
    };
    let mut header = prepared.header;
    header.hindrance.iter_mut().for_each(|cause| cause.message = swept(std::mem::take(&mut cause.message)));
    Run {
        header,
        complete,
        finished,
        traffic,
        left_behind: left_behind(&cases).into_iter().chain(tokens).map(swept).collect(),
        not_exercised,
        cases,
        not_selected: prepared.plan.not_selected,
        requirements,
        claim,
        basis: Some(basis),
        waivers,
        attestations,
        joined: None,
        certification: options.statements.certification.clone().map(|own| own.with_readings(&prepared.in_force)),
        evidence: evidence_of(&options.world, &search),
        certificates: certificates_of(&options.world),
        sign_in_pages: pages_of(&options.world, &search),
    }
}

/// Every cleanup step that was tried and did not do what it should. Those inside a flow are told by the step that called it.
fn left_behind(cases: &[CaseResult]) -> Vec<String> {
    let missed = |step: &StepResult| step.assertions.iter().any(|row| row.outcome != OutcomeRecord::Met);
    let failed = |step: &&StepResult| {
        step.phase == Phase::Cleanup && step.number > 0 && step.done && (step.broken.is_some() || missed(step))
    };
    let of_case = |case: &CaseResult| {
        let steps = case.steps.iter().filter(failed);
        steps.map(|step| format!("{}: {}", case.label(), step.title)).collect::<Vec<_>>()
    };
    cases.iter().flat_map(of_case).collect()
}

/// A time as the record writes it: RFC 3339 in UTC, whole seconds.
#[must_use]
pub fn timestamp(now: OffsetDateTime) -> String {
    now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default()
}
