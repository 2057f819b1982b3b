//! `discovery.openid`: openid-configuration below the issuer, which may be another host than the FHIR base (trap 28).

use futures_util::future::BoxFuture;
use serde_json::Value;
use url::Url;

use super::documents::{ACCEPT_JSON, Documents};
use super::fetch::{MOST_REQUESTS, Question, fetch};
use super::readings::DocumentKind;
use crate::net::well_known;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::vocabulary::{Cause, escape_to_width};

/// `discovery.openid`
pub struct OpenId;

impl Verb for OpenId {
    fn help(&self) -> &'static VerbHelp {
        &help::OPENID
    }

    fn cost(&self, arguments: &Arguments) -> Cost {
        // As in `discovery.smart`.
        if arguments.get("issuer").is_some() { Cost { requests: MOST_REQUESTS, ..Cost::default() } } else { Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            match arguments.text("issuer") {
                Some(issuer) => ask(context, issuer).await,
                None => context.documents.whole(DocumentKind::OpenId, context).await.clone(),
            }
        })
    }
}

impl Documents {
    /// openid-configuration of the issuer that smart-configuration names.
    pub(super) async fn openid(&self, context: &Context) -> &Observed {
        self.memo.openid.get_or_init(|| self.ask_openid(context)).await
    }

    async fn ask_openid(&self, context: &Context) -> Observed {
        let smart = self.smart(context).await;
        match issuer_of(&smart.observation) {
            Ok(issuer) => ask(context, &issuer).await,
            Err(observation) => Observed { observation, ..smart.clone() },
        }
    }
}

/// The issuer, or why none is known.
fn issuer_of(smart: &Observation) -> Result<String, Observation> {
    let Observation::Facts(facts) = smart else { return Err(smart.clone()) };
    if facts.get("found") != Some(&Value::Bool(true)) {
        let cause = Cause::new("premise", "smart-configuration, which would name the issuer, was not found");
        return Err(Observation::Broken(cause));
    }
    match facts.pointer("/json/issuer") {
        None => Err(Observation::Absent(Cause::new("no-issuer", "smart-configuration names no issuer"))),
        Some(issuer) => match issuer.as_str().filter(|text| !text.trim().is_empty()) {
            Some(issuer) => Ok(issuer.to_owned()),
            None => {
                Err(Observation::Broken(Cause::new("premise", "the issuer in smart-configuration is not a text or is empty")))
            }
        },
    }
}

pub(in crate::verbs) async fn ask(context: &Context, issuer: &str) -> Observed {
    let Some(url) = Url::parse(issuer).ok().filter(Url::has_host) else {
        let why = format!("the issuer '{}' is not an absolute URL", escape_to_width(issuer, 200));
        return Observed::broken(Cause::new("premise", why), Vec::new());
    };
    let question = Question { url: well_known(&url, "openid-configuration"), accept: ACCEPT_JSON.to_owned(), origin: None };
    fetch(context, question).await.observed(context, |fetched, facts| {
        facts.insert("found".into(), fetched.is_object().into());
        facts.insert("issuer_asked".into(), issuer.into());
    })
}
