//! The hostile servers of the test plan, as far as they concern TCP, TLS and HTTP, against the real client.

mod bodies;
mod credentials;
mod destinations;
mod heads;
mod pauses;
mod properties;
mod server;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::*;

/// All deadlines of these tests.
const SHORT: Duration = Duration::from_millis(300);

/// A world for a target at this origin, with short deadlines.
fn world_for(origin: &str) -> World {
    world_with(origin, WorldOptions::default())
}

fn world_with(origin: &str, mut options: WorldOptions) -> World {
    options.target_origins.push(Origin::of(&Url::parse(origin).unwrap()).unwrap());
    options.http.limits = Limits { body: options.http.limits.body, grace: SHORT, ..Limits::all(SHORT) };
    options.random = Arc::new(SeededRandom::new(1));
    World::new(options).unwrap()
}

async fn get(world: &World, url: &str) -> HttpOutcome {
    world.http.send(&Request { retry: false, ..Request::get(Url::parse(url).unwrap()) }).await.outcome
}

/// The kind of a failure, or the status of an answer.
fn word(outcome: &HttpOutcome) -> String {
    match outcome {
        HttpOutcome::Response(answer) => answer.status.to_string(),
        HttpOutcome::Failure(failure) => failure.cause.kind.clone(),
    }
}

fn phase(outcome: &HttpOutcome) -> Phase {
    match outcome {
        HttpOutcome::Response(_) => panic!("an answer: {outcome:?}"),
        HttpOutcome::Failure(failure) => failure.phase,
    }
}
