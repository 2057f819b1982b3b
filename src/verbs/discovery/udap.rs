//! `discovery.udap`: is UDAP metadata there at all? What it says is looked at by the UDAP verbs.

use futures_util::future::BoxFuture;

use super::documents::{ACCEPT_JSON, Documents};
use super::fetch::{Question, fetch};
use crate::net::well_known;
use crate::verbs::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};

/// `discovery.udap`
pub struct Udap;

impl Verb for Udap {
    fn help(&self) -> &'static VerbHelp {
        &help::UDAP
    }

    fn cost(&self, _: &Arguments) -> Cost {
        // What stage 0 has fetched; see `Documents::COST`.
        Cost::default()
    }

    fn run<'a>(&'a self, _: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move { context.documents.udap(context).await.clone() })
    }
}

impl Documents {
    /// The UDAP metadata as stage 0 fetched it.
    pub async fn udap(&self, context: &Context) -> &Observed {
        self.memo.udap.get_or_init(|| ask(context)).await
    }
}

async fn ask(context: &Context) -> Observed {
    let question = Question { url: well_known(&context.target.base, "udap"), accept: ACCEPT_JSON.to_owned(), origin: None };
    fetch(context, question).await.observed(context, |fetched, facts| {
        facts.insert("found".into(), fetched.is_object().into());
        // Only a well-formed absence says that it is not offered (trap 46); 401, 500 or a page say nothing.
        let offered = match fetched.status() {
            _ if fetched.is_object() => Some(true),
            Some(404 | 410 | 204) => Some(false),
            _ => None,
        };
        if let Some(offered) = offered {
            facts.insert("offered".into(), offered.into());
        }
    })
}
