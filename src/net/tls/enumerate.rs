//! Finds everything that a server accepts of a list: offer all, take out what it chose, offer the rest, until it refuses.

use std::sync::{Mutex, PoisonError};

use super::{Answer, Offer, Place, Probe};

/// How often an answer that is neither a choice nor a refusal is asked for.
const TRIES: usize = 3;

/// Asks single questions and keeps what was seen.
pub(super) struct Asker<'a> {
    pub(super) place: &'a Place<'a>,
    seen: Mutex<Vec<Probe>>,
}

/// What a server accepts of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// In the order in which it chose.
    pub chosen: Vec<u16>,
    /// Why the list may go on; absent when the rest was refused.
    pub open: Option<String>,
}

impl<'a> Asker<'a> {
    pub(super) fn new(place: &'a Place<'a>) -> Self {
        Self { place, seen: Mutex::new(Vec::new()) }
    }

    /// All probes so far.
    pub(super) fn into_probes(self) -> Vec<Probe> {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// One question, asked again while the answer settles nothing.
    pub(super) async fn ask(&self, offer: &Offer) -> Probe {
        let mut tries = 1;
        loop {
            let probe = self.place.probe(offer).await;
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(probe.clone());
            let settles = matches!(probe.answer, Answer::ServerHello { .. } | Answer::Alert { .. });
            if settles || probe.timed_out || tries == TRIES {
                return probe;
            }
            tries += 1;
        }
    }

    /// Offers `all` and then what is left of it, by `offer`; `choice` reads from an answer what was chosen.
    pub(super) async fn accepted(
        &self,
        all: &[u16],
        offer: impl Fn(&[u16]) -> Offer,
        choice: impl Fn(&Probe) -> Option<u16>,
    ) -> Accepted {
        let mut left = all.to_vec();
        let mut accepted = Accepted::default();
        while !left.is_empty() {
            let probe = self.ask(&offer(&left)).await;
            match (&probe.answer, choice(&probe)) {
                (Answer::ServerHello { .. }, Some(chosen)) if left.contains(&chosen) => {
                    left.retain(|own| *own != chosen);
                    accepted.chosen.push(chosen);
                }
                // Something that was not offered, or another version: nothing of what is left.
                (Answer::ServerHello { .. } | Answer::Alert { .. }, _) => break,
                (other, _) => {
                    accepted.open = Some(other.describe());
                    break;
                }
            }
        }
        accepted
    }
}
