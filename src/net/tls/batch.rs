//! Several offers side by side, framed by one control before and one after all of them.
//!
//! A refusal needs a success on both sides of it. Asked one by one, each refusal would cost a control of its own; asked together,
//! all of them share two.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::offer::{Question, Settled, refused};
use super::{Conclusion, Connect, Control, Limits, Offer, Offered, Probe, probe};

/// The most connections that are open to one host at a time.
pub const MOST_AT_A_TIME: usize = 4;

/// Where the questions go, and how many of them at a time.
#[derive(Clone)]
pub struct Place<'a> {
    /// Opens the connections.
    pub connect: &'a dyn Connect,
    /// The host to connect to.
    pub host: &'a str,
    /// Its port.
    pub port: u16,
    /// The name in `server_name`.
    pub server_name: &'a str,
    /// The limits of each connection.
    pub limits: Limits,
    /// The places for connections to this host, shared by all that ask it something.
    pub slots: Arc<Semaphore>,
}

impl Place<'_> {
    /// One hello and its answer.
    pub async fn probe(&self, offer: &Offer) -> Probe {
        let _slot = self.slots.acquire().await;
        Box::pin(probe(self.connect, self.host, self.port, offer, &self.limits)).await
    }

    fn question<'q>(&'q self, offer: &Offer, control: &'q mut Control) -> Question<'q> {
        Question::new(self.connect, self.host, self.port, offer, control, &self.limits)
    }
}

/// Questions that were asked between two runs of the control.
pub struct Batch<'a> {
    place: &'a Place<'a>,
    asked: Vec<(Offered, Option<Settled>)>,
    /// The probes of the controls, in order.
    pub controls: Vec<Probe>,
}

impl<'a> Batch<'a> {
    /// Nothing asked yet.
    #[must_use]
    pub fn new(place: &'a Place<'a>) -> Self {
        Self { place, asked: Vec::new(), controls: Vec::new() }
    }

    /// Asks side by side. The places of the answers in `close` follow the order of the questions.
    pub async fn ask(&mut self, offers: &[Offer], control: &mut Control) -> Vec<usize> {
        let place = self.place;
        let answers = join_all(offers.iter().map(|offer| {
            let mut own = control.clone();
            async move {
                let _slot = place.slots.acquire().await;
                let mut question = place.question(offer, &mut own);
                let settled = Box::pin(question.settle()).await;
                let known = match &settled {
                    Settled::Known(conclusion) => conclusion.clone(),
                    Settled::IfControlWorks { how, .. } => Conclusion::Undetermined { why: how.clone() },
                };
                let offered = question.finish(known);
                (offered, settled, own)
            }
        }))
        .await;
        let first = self.asked.len();
        for (offered, settled, own) in answers {
            control.learn_from(&own);
            self.asked.push((offered, Some(settled)));
        }
        (first..self.asked.len()).collect()
    }

    /// What is known of an answer before the control after it: enough for a `ServerHello`.
    #[must_use]
    pub fn so_far(&self, at: usize) -> &Offered {
        &self.asked[at].0
    }

    /// The same of the question that was asked last.
    ///
    /// # Panics
    /// When nothing was asked yet.
    #[must_use]
    pub fn latest(&self) -> &Offered {
        self.so_far(self.asked.len() - 1)
    }

    /// Runs the control once more if a refusal waits for it, and concludes.
    pub async fn close(mut self, control: &mut Control) -> (Vec<Offered>, Vec<Probe>) {
        let is_pending = |settled: &Option<Settled>| matches!(settled, Some(Settled::IfControlWorks { .. }));
        if self.asked.iter().any(|(_, settled)| is_pending(settled)) {
            let offer = control.first();
            let mut question = self.place.question(&offer, control);
            let failed = question.run_control().await;
            let last = question.finish(Conclusion::Undetermined { why: String::new() });
            self.controls.extend(last.controls);
            for (offered, settled) in &mut self.asked {
                if let Some(Settled::IfControlWorks { how, needs_steady }) = settled.take() {
                    offered.conclusion = refused(how, needs_steady, failed.as_ref(), control.is_steady());
                }
            }
        }
        (self.asked.into_iter().map(|(offered, _)| offered).collect(), self.controls)
    }
}
