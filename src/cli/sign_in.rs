//! Who signs members in during a run.

use std::sync::Arc;

use super::keyboard::Keyboard;
use crate::login::Sessions;
use crate::net::{Origin, World};
use crate::target::{Launch, Strategy, Target};
use crate::verbs::Browser;

/// The sessions of the run; nothing when the target file names no strategy.
#[must_use]
pub fn browser(world: &World, target: &Target, launch: &Launch, keyboard: Keyboard) -> Option<Arc<dyn Browser>> {
    if launch.login.strategy == Strategy::None {
        return None;
    }
    let named = [&target.base].into_iter().chain(&target.endpoints).chain(&target.allow_origins).filter_map(Origin::of);
    let (login, members) = (launch.login.clone(), launch.members.clone());
    Some(Arc::new(Sessions::with_sitting(world.clone(), named, login, members, Arc::new(keyboard))))
}
