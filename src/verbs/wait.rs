//! `wait.until`: waits on the clock of the run, which selftest can move.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::json;

use super::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};
use crate::vocabulary::format_duration;

/// `wait.until`
pub struct Wait;

impl Verb for Wait {
    fn help(&self) -> &'static VerbHelp {
        &help::UNTIL
    }

    fn cost(&self, arguments: &Arguments) -> Cost {
        Cost { wait: duration(arguments), ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            let duration = duration(arguments);
            context.world.clock.sleep(duration).await;
            let at = context.world.clock.now().unix_timestamp();
            Observed::facts(json!({ "at": at, "waited": format_duration(duration) }), Vec::new())
        })
    }
}

fn duration(arguments: &Arguments) -> Duration {
    arguments.duration("duration").unwrap_or_default()
}
