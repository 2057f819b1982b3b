//! `audit.find`: looks into the audit log of the target for what this run did.
//!
//! A log may be written later than the answer, so it is asked again, a few times in a bounded while.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;

use super::audit_event::{Deed, Ending, SKEW, Wanted, ending, is_record_of, lacks, names_an_agent};
use super::discovery::DocumentKind;
use super::exchange::MOST_SENT;
use super::fhir::{ask, lies_below};
use super::http_facts::{date_skew, document_of};
use super::member_content::next_page;
use super::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};
use crate::net::{Credentials, Request};
use crate::target::MemberKey;
use crate::vocabulary::{Cause, Secret};

/// After which parts of the whole wait it is asked, in sixtieths.
const TRIES: [u32; 5] = [0, 3, 10, 30, 60];

/// The most pages of one search.
const MOST_PAGES: usize = 4;

/// `audit.find`
pub struct AuditFind;

impl Verb for AuditFind {
    fn help(&self) -> &'static VerbHelp {
        &help::AUDIT_FIND
    }

    fn cost(&self, arguments: &Arguments) -> Cost {
        let requests = (TRIES.len() * MOST_PAGES) as u64 * MOST_SENT;
        Cost { requests, wait: arguments.duration("wait").unwrap_or_default(), ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move { find(arguments, context).await.unwrap_or_else(|observed| observed) })
    }
}

/// One look into the log.
#[derive(Default)]
struct Look {
    served: bool,
    status: u16,
    events: Vec<Value>,
    /// True when there are more pages than are read.
    has_more: bool,
    /// Seconds that the clock of the server is ahead, as its Date header says.
    ahead: Option<i64>,
}

async fn find(arguments: &Arguments, context: &Context) -> Result<Observed, Observed> {
    let unsent = |why: String| Observed::broken(Cause::new("input", why), Vec::new());
    let audit = context.launch.audit.as_ref().ok_or_else(|| unsent("the target file gives no access to AuditEvent".into()))?;
    let deed = arguments.text("kind").and_then(Deed::from_word).ok_or_else(|| unsent("what was done is not known".into()))?;
    let since = arguments.get("since").and_then(Value::as_i64).ok_or_else(|| unsent("when it was done is not known".into()))?;
    let patient = context.vault.resolve("patient", arguments.text("patient").unwrap_or_default()).map_err(unsent)?.secret;
    let account = context.launch.member(MemberKey::First).and_then(|member| member.username.as_ref());
    let mut member = vec![patient.expose()];
    if deed == Deed::Login {
        member.extend(account.map(Secret::expose));
    }
    let url = address(context, deed, since, patient.expose()).await.map_err(unsent)?;
    let mut wanted = Wanted { deed, kind: arguments.text("type"), member, since, until: since };
    let wait = arguments.duration("wait").unwrap_or_default();
    let (mut evidence, mut waited) = (Vec::new(), Duration::ZERO);
    let mut searches = 0;
    loop {
        let look = look(context, &url, &audit.access_token, &mut evidence).await?;
        wanted.until = context.world.clock.now().unix_timestamp();
        searches += 1;
        let found: Vec<&Value> = look.events.iter().filter(|event| is_record_of(event, &wanted)).collect();
        let next = TRIES.get(searches).filter(|_| look.served && found.is_empty());
        let Some(next) = next.map(|part| wait * *part / 60).filter(|next| *next > waited) else {
            return Ok(Observed::facts(facts(&look, &found, searches), evidence));
        };
        context.world.clock.sleep(next.saturating_sub(waited)).await;
        waited = next;
    }
}

fn facts(look: &Look, found: &[&Value], searches: usize) -> Value {
    let malformed: BTreeSet<&str> = look.events.iter().flat_map(lacks).collect();
    let endings: Vec<Ending> = found.iter().map(|event| ending(event)).collect();
    let best = [Ending::Success, Ending::Unstated, Ending::Failure].into_iter().find(|ending| endings.contains(ending));
    let mut facts = json!({
        "served": look.served,
        "status": look.status,
        "seen": look.events.len(),
        "found": found.len(),
        "agent_named": found.iter().any(|event| names_an_agent(event)),
        "malformed": malformed,
        "searches": searches,
        "complete": !look.has_more,
        "clocks_agree": look.ahead.is_none_or(|ahead| ahead.abs() < SKEW),
    });
    if let Some(ending) = best {
        facts["outcome"] = ending.word().into();
    }
    facts
}

/// One search with its pages.
async fn look(context: &Context, url: &Url, token: &Secret, evidence: &mut Vec<String>) -> Result<Look, Observed> {
    let mut look = Look::default();
    let mut next = Some(url.clone());
    for page in 0..MOST_PAGES {
        let Some(url) = next.take().filter(|url| lies_below(url, &context.target.base)) else { break };
        let mut request = Request::get(url.clone()).header("accept", "application/fhir+json");
        request.credentials = Credentials::Bearer(token.clone());
        let (answer, more, _) = ask(context, request).await?;
        evidence.extend(more);
        let document = document_of(&answer);
        let tree = document.tree.as_ref().filter(|tree| tree.get("resourceType") == Some(&json!("Bundle")));
        if page == 0 {
            look.status = answer.status;
            look.ahead = date_skew(&answer, context.world.clock.now());
            look.served = (200..300).contains(&answer.status) && tree.is_some();
        }
        let entries = tree.and_then(|tree| tree.get("entry")?.as_array()).into_iter().flatten();
        let events = entries.filter_map(|entry| entry.get("resource"));
        look.events.extend(events.filter(|event| event.get("resourceType") == Some(&json!("AuditEvent"))).cloned());
        next = tree.and_then(|tree| next_page(tree, &url));
    }
    look.has_more = next.is_some();
    Ok(look)
}

/// The search by time, and by the member where the server says that it knows how. A sign-in may name the account alone, and is
/// searched for by time.
async fn address(context: &Context, deed: Deed, since: i64, patient: &str) -> Result<Url, String> {
    let mut url = Url::parse(&context.target.below("AuditEvent")).map_err(|error| error.to_string())?;
    let from = OffsetDateTime::from_unix_timestamp(since.saturating_sub(SKEW)).map_err(|error| error.to_string())?;
    let from = from.format(&Rfc3339).map_err(|error| error.to_string())?;
    let parameters = parameters(context).await;
    let knows = |name: &str| parameters.iter().any(|own| own == name);
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("date", &format!("ge{from}"));
        if deed != Deed::Login && knows("patient") {
            query.append_pair("patient", &format!("Patient/{patient}"));
        } else if deed != Deed::Login && knows("entity") {
            query.append_pair("entity", &format!("Patient/{patient}"));
        }
    }
    Ok(url)
}

/// The search parameters of `AuditEvent` that the `CapabilityStatement` lists.
async fn parameters(context: &Context) -> Vec<String> {
    let rest = context.documents.fact(DocumentKind::CapabilityStatement, "/json/rest", context).await;
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let resources = rest.and_then(Value::as_array).into_iter().flatten().flat_map(|rest| list(rest, "resource"));
    let audit = resources.filter(|resource| resource.get("type") == Some(&json!("AuditEvent")));
    let parameters = audit.flat_map(|resource| list(&resource, "searchParam"));
    parameters.filter_map(|parameter| Some(parameter.get("name")?.as_str()?.to_owned())).collect()
}
