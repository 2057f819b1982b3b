//! Who signs members in during a run.

use std::sync::Arc;

use crate::login::Sessions;
use crate::net::{Origin, World};
use crate::target::{Launch, Strategy, Target};
use crate::verbs::Browser;

/// The sessions of the run; nothing when the target file names no strategy.
#[must_use]
pub fn browser(world: &World, target: &Target, launch: &Launch) -> Option<Arc<dyn Browser>> {
    if launch.login.strategy == Strategy::None {
        return None;
    }
    let named = [&target.base].into_iter().chain(&target.endpoints).chain(&target.allow_origins).filter_map(Origin::of);
    Some(Arc::new(Sessions::new(world.clone(), named, launch.login.clone(), launch.members.clone())))
}
