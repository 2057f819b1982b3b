//! Stage 0: fetches the discovery documents, each once, and decides profile, SMART version, endpoints and plan.

use std::sync::Arc;

use serde_json::{Value, json};

use super::capability::{Capabilities, Document, Documents};
use super::fingerprint::fingerprint;
use super::hindrance;
use super::plan::{Plan, Planner};
use super::record::{Header, ProfileChoice, SCHEMA, VersionChoice};
use super::rules::{RuleInForce, Rules};
use super::sighting::interrupted;
use super::smart_version;
use super::stage::Interrupt;
use super::udap_version;
use super::{RunError, RunOptions};
use crate::catalogue::{Actor, Catalogue, Claim, InForce, Profile, SmartVersion};
use crate::target::AUDIT_WAIT;
use crate::testcase::{Role, Scope};
use crate::verbs::{self, Arguments, Context, Observation, Observed};
use crate::vocabulary::document::did_you_mean;
use crate::vocabulary::{Cause, ProfileId, format_duration};

/// How much is known before the plan is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knowledge {
    /// Nothing is sent: the plan holds for any target.
    Nothing,
    /// Stage 0 is sent.
    Discovery,
}

/// Everything that is decided before the first case runs.
pub struct Prepared {
    /// What stands above the results.
    pub header: Header,
    /// The requirements in force.
    pub in_force: InForce,
    /// The same, as the engine asks.
    pub rules: Arc<Rules>,
    /// What the target claims.
    pub capabilities: Capabilities,
    /// What will run.
    pub plan: Plan,
    /// What verbs work with.
    pub context: Context,
    /// Whose requirements count.
    pub actor: Actor,
}

/// Decides everything.
///
/// # Errors
/// When a profile or a SMART version is unknown.
pub async fn prepare(options: &RunOptions, knowledge: Knowledge) -> Result<Prepared, RunError> {
    let context = Context::new(options.world.clone(), Arc::clone(&options.target), options.tls.clone())
        .with_launch(Arc::clone(&options.launch), options.browser.clone())
        .with_udap(options.udap.clone())
        .with_udap_anchors(Arc::clone(&options.udap_anchors))
        .with_client(options.client.as_ref().map(|client| Arc::clone(&client.stand)));
    let (documents, hindrance) = match knowledge {
        // A client under observation publishes nothing.
        Knowledge::Discovery if options.client.is_none() => {
            let _acting = options.world.activity.begin();
            discover(&context, &options.interrupt).await
        }
        Knowledge::Discovery | Knowledge::Nothing => (Documents::default(), None),
    };
    // What the target publishes is asked of the documents, which an interrupted run must not fetch again.
    let is_unseen = knowledge == Knowledge::Nothing || options.client.is_some();
    let target = if is_unseen || options.interrupt.is_raised() {
        unseen_target(options)
    } else {
        // A target that asks for pauses could hold us here.
        tokio::select! {
            target = verbs::target_facts(&context) => target,
            () = options.interrupt.raised() => unseen_target(options),
        }
    };
    let (profiles, choices) = choose_profiles(options, &documents)?;
    let smart = choose_smart(options, &profiles, &documents)?;
    let udap = udap_version::decide(options.udap_version.as_deref(), &profiles, &documents.udap)?;
    let fingerprint = fingerprint(&documents);
    let context = context.with_udap_version(udap.as_ref().map(|choice| choice.version.as_str())).with_unread_documents();
    let claim = Claim {
        profiles: profiles.clone(),
        smart: SmartVersion::parse(&smart.version).map_err(|error| RunError::SmartVersion(error.to_string()))?,
        smart_declared: smart.declared,
        udap: udap.as_ref().map(|choice| choice.version.clone()),
        strict: options.strict,
    };
    let in_force = InForce::new(&options.catalogue, &claim);
    let rules = Arc::new(rules_of(&in_force, options.actor()));
    let stated = options.target.claims.iter().cloned().chain(options.target.browser_apps.then(|| "cors.browser-apps".to_owned()));
    let stated = stated.chain(udap.as_ref().map(|choice| udap_version::capability_of(choice).to_owned()));
    let capabilities = match &options.client {
        Some(_) => Capabilities::of_client(stated, context.observed()),
        None => Capabilities::new(documents, stated, context.observed()),
    };
    let scope = scope(udap_version::with_facts(target, udap.as_ref()), &profiles);
    let required: Vec<String> =
        profiles.iter().flat_map(|profile| profile.required_capabilities.iter().map(|name| format!("smart.{name}"))).collect();
    let planner = Planner {
        suite: &options.suite,
        rules: &rules,
        capabilities: &capabilities,
        scope: &scope,
        selection: &options.selection,
        required_capabilities: &required,
        random: &*options.world.random,
        declined: &options.target.declined,
        role: if options.client.is_some() { Role::Client } else { Role::Server },
        // What a client does is known only once it has come.
        assume_claimed: is_unseen,
    };
    let plan = planner.plan();
    let header = Header { hindrance, udap, fingerprint, ..header(options, choices, smart, &profiles) };
    Ok(Prepared { header, in_force, rules, capabilities, plan, context, actor: options.actor() })
}

/// Fetches the documents. Each verb remembers what it fetched, so that no case fetches it again.
async fn discover(context: &Context, interrupt: &Interrupt) -> (Documents, Option<Cause>) {
    let smart = fetch(context, interrupt, "discovery.smart").await;
    let metadata = fetch(context, interrupt, "discovery.capability-statement").await;
    let documents = Documents {
        smart: document(&smart, "found"),
        metadata: document(&metadata, "found"),
        udap: document(&fetch(context, interrupt, "discovery.udap").await, "offered"),
    };
    fetch(context, interrupt, "discovery.openid").await;
    (documents, hindrance::of(&smart, &metadata))
}

async fn fetch(context: &Context, interrupt: &Interrupt, verb: &str) -> Observed {
    let context = context.labelled("stage 0", verb);
    let Some(verb) = verbs::find(verb) else {
        return Observed::broken(Cause::new("input", format!("there is no verb '{verb}'")), Vec::new());
    };
    let nothing = Arguments::default();
    tokio::select! {
        biased;
        () = interrupt.raised() => Observed::broken(interrupted(), Vec::new()),
        observed = verb.run(&nothing, &context) => observed,
    }
}

/// A document that was found, one that is well-formed absent (`offered` is false), or why it cannot be read.
fn document(observed: &Observed, absence: &str) -> Document {
    let facts = match &observed.observation {
        Observation::Facts(facts) => facts,
        Observation::Absent(_) => return Document::Absent,
        Observation::Broken(cause) => return Document::Unreadable(cause.message.clone()),
    };
    match facts.get("json") {
        Some(json) if facts.get("found") == Some(&Value::Bool(true)) => Document::Found(json.clone()),
        _ if absence == "offered" && facts.get("offered") == Some(&Value::Bool(false)) => Document::Absent,
        _ => {
            let status = facts.get("status").map(ToString::to_string).unwrap_or_default();
            let kind = facts.get("body_kind").and_then(Value::as_str).unwrap_or("unreadable");
            Document::Unreadable(format!("it was answered with status {status} and a body of kind {kind}"))
        }
    }
}

pub(super) fn rules_of(in_force: &InForce, actor: Actor) -> Rules {
    Rules::new(in_force.for_actor(actor).map(|rule| {
        let condition = rule.condition.iter().map(|names| names.iter().map(ToString::to_string).collect()).collect();
        (rule.requirement.id.to_string(), RuleInForce { strength: rule.strength, condition })
    }))
}

/// The profiles that the operator named, else the one that the server names, else the latest.
fn choose_profiles<'c>(
    options: &'c RunOptions,
    documents: &Documents,
) -> Result<(Vec<&'c Profile>, Vec<ProfileChoice>), RunError> {
    let choice = |profile: &Profile, why: &str| ProfileChoice {
        id: profile.id.to_string(),
        title: profile.title.clone(),
        why: why.into(),
    };
    if options.profiles.is_empty() {
        let (profile, why) = options.catalogue.profile_for(&canonicals(documents)).ok_or(RunError::NoProfile)?;
        let read = matches!(documents.metadata, Document::Found(_));
        let why = if options.client.is_some() {
            "the current one".to_owned()
        } else if read {
            why
        } else {
            "no CapabilityStatement was read; this is the current one".to_owned()
        };
        return Ok((vec![profile], vec![choice(profile, &why)]));
    }
    let profiles = named_profiles(&options.catalogue, &options.profiles)?;
    let choices = profiles.iter().map(|profile| choice(profile, "declared")).collect();
    Ok((profiles, choices))
}

/// The profiles that somebody named; a run takes them, and whoever prepares one learns here that a name is wrong.
///
/// # Errors
/// [`RunError::UnknownProfile`], with what was meant.
pub fn named_profiles<'a>(catalogue: &'a Catalogue, ids: &[ProfileId]) -> Result<Vec<&'a Profile>, RunError> {
    let known = || catalogue.profiles().map(|profile| profile.id.as_str());
    let unknown = |id: &ProfileId| RunError::UnknownProfile { id: id.to_string(), help: did_you_mean(id.as_str(), known()) };
    ids.iter().map(|id| catalogue.profile(id).ok_or_else(|| unknown(id))).collect()
}

/// The canonicals by which a server names the guides that it follows.
fn canonicals(documents: &Documents) -> Vec<String> {
    let Document::Found(metadata) = &documents.metadata else { return Vec::new() };
    let members = ["instantiates", "implementationGuide"].into_iter();
    let texts = members.flat_map(|member| metadata.get(member).and_then(Value::as_array).into_iter().flatten());
    texts.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn choose_smart(options: &RunOptions, profiles: &[&Profile], documents: &Documents) -> Result<VersionChoice, RunError> {
    let allowed: Vec<&str> =
        profiles.iter().flat_map(|profile| profile.smart_allowed.iter().map(|version| version.as_str())).collect();
    if let Some(version) = &options.smart
        && !allowed.contains(&version.as_str())
    {
        let help =
            if allowed.is_empty() { "these profiles hold no SMART version".into() } else { did_you_mean(version, allowed) };
        return Err(RunError::SmartVersion(format!("SMART version '{version}' does not go with these profiles: {help}")));
    }
    if let (None, Some(version)) = (&options.smart, profiles.iter().find_map(|profile| profile.smart_default)) {
        return Ok(VersionChoice { version: version.to_string(), declared: true, why: "fixed by the profile".into() });
    }
    let json = match &documents.smart {
        Document::Found(json) => Some(json),
        _ => None,
    };
    Ok(smart_version::decide(options.smart.as_deref(), json))
}

/// `target.*` and `profile.*`. Several profiles are joined: the first that knows a member gives it.
pub(super) fn scope(target: Value, profiles: &[&Profile]) -> Scope {
    let mut scope = Scope::new();
    scope.set("target", target);
    let mut joined = serde_json::Map::new();
    for profile in profiles.iter().rev() {
        if let Value::Object(members) = profile.json() {
            joined.extend(members);
        }
    }
    scope.set("profile", Value::Object(joined));
    scope
}

/// `target.*` before anything was sent: the base is the only endpoint that is known.
fn unseen_target(options: &RunOptions) -> Value {
    let target = &options.target;
    let (host, port) = (target.base.host_str().unwrap_or_default(), target.base.port_or_known_default());
    json!({
        "base": target.base.as_str().trim_end_matches('/'),
        "host": host,
        "endpoints": [{ "name": "fhir", "host": host, "port": port, "url": target.base.as_str() }],
        "advertised": [],
        "public_types": target.public_types,
        "public_address": true,
        "plain_http": target.plain_http.as_ref().map_or_else(|| format!("http://{host}{}", target.base.path()), ToString::to_string),
        "plain_http_login": format!("http://{host}/authorize"),
        "browser_apps": target.browser_apps,
        "communities": target.udap.communities.iter().map(|community| community.uri.as_str()).collect::<Vec<_>>(),
        "approves_all": options.launch.login.approves_all,
        "user_scopes": options.launch.login.user_scopes,
        "audit_wait": format_duration(options.launch.audit.as_ref().map_or(AUDIT_WAIT, |audit| audit.wait)),
    })
}

fn header(options: &RunOptions, choices: Vec<ProfileChoice>, smart: VersionChoice, profiles: &[&Profile]) -> Header {
    let mut notes: Vec<String> = profiles.iter().filter_map(|profile| profile.headline_note.clone()).collect();
    notes.extend(options.notes.iter().cloned());
    Header {
        schema: SCHEMA.into(),
        run: options.world.run_id.to_string(),
        started: super::timestamp(options.world.clock.now()),
        tool: env!("CARGO_PKG_VERSION").into(),
        suite: options.suite_digest.clone(),
        target: options.client.as_ref().map_or_else(|| options.target.base.to_string(), |client| client.name.clone()),
        environment: options.target.environment.word().into(),
        fingerprint: None,
        profiles: choices,
        smart,
        udap: None,
        notes,
        settings: options.settings.clone(),
        hindrance: None,
    }
}
