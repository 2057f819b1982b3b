//! One look at each host and port, shared by all verbs of a run, with its evidence.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use super::evidence::{record, record_handshake};
use crate::net::tls::{Control, Deep, Gate, MOST_AT_A_TIME, Offered, Place as Address};
use crate::verbs::Context;

/// What the run knows of the TLS of hosts and ports.
#[derive(Default)]
pub(in crate::verbs) struct Looks {
    known: Mutex<HashMap<(String, u16), SharedLook>>,
    slots: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// Whoever holds it is the only one to look there: two questions at a time would take each other's refusals for their own.
type SharedLook = Arc<AsyncMutex<Option<Known>>>;

/// A look with the control that later questions go on with.
pub(super) struct Known {
    pub(super) look: Arc<Look>,
    pub(super) control: Control,
    deep: Option<Arc<(Deep, Vec<String>)>>,
}

/// What one look saw, and the ids of its evidence.
pub(super) struct Look {
    pub(super) gate: Gate,
    offers: Vec<Vec<String>>,
    weak: Vec<String>,
    controls: Vec<String>,
    handshake: Vec<String>,
}

impl Looks {
    fn of(&self, place: &super::Place) -> SharedLook {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry((place.host.clone(), place.port)).or_default())
    }

    fn slots(&self, host: &str) -> Arc<Semaphore> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(host.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(MOST_AT_A_TIME))))
    }
}

/// Does something with what is known of a host and port, alone; looks there first if nobody has.
pub(super) async fn with_known<T>(
    context: &Context,
    place: &super::Place,
    use_it: impl AsyncFnOnce(&mut Known, &Address<'_>) -> T,
) -> T {
    let shared = context.looks().of(place);
    let mut known = shared.lock().await;
    let address = Address {
        connect: &*context.world.dialer,
        host: &place.host,
        port: place.port,
        server_name: &place.host,
        limits: context.tls.limits,
        slots: context.looks().slots(&place.host),
    };
    let known = match &mut *known {
        Some(known) => known,
        empty => empty.insert(Box::pin(look(context, place, &address)).await),
    };
    use_it(known, &address).await
}

/// The look at a host and port.
pub(super) async fn looked(context: &Context, place: &super::Place) -> Arc<Look> {
    with_known(context, place, async |known, _| Arc::clone(&known.look)).await
}

/// The long look with its evidence, made by the first who asks for it.
pub(super) async fn deep(context: &Context, place: &super::Place) -> Arc<(Deep, Vec<String>)> {
    with_known(context, place, async |known, address| {
        if let Some(deep) = &known.deep {
            return Arc::clone(deep);
        }
        let start = context.world.clock.elapsed();
        let deep = Box::pin(Deep::look(address, &known.look.gate, &context.tls.trust, context.world.clock.now())).await;
        let elapsed = context.world.clock.elapsed().saturating_sub(start);
        if deep.dh_bits.is_some() {
            context.observe("tls.dhe");
        }
        let evidence = deep.probes.iter().map(|probe| record(context, place, probe, elapsed)).collect();
        Arc::clone(known.deep.insert(Arc::new((deep, evidence))))
    })
    .await
}

async fn look(context: &Context, place: &super::Place, address: &Address<'_>) -> Known {
    let start = context.world.clock.elapsed();
    let gate = Box::pin(Gate::look(address, &context.tls.trust, context.world.clock.now())).await;
    let elapsed = context.world.clock.elapsed().saturating_sub(start);
    let one = |offered: &Offered| evidence(context, place, offered, elapsed);
    let look = Look {
        offers: gate.offers.iter().map(|(_, offered)| one(offered)).collect(),
        weak: gate.weak.asked.iter().flat_map(|(_, offered)| one(offered)).collect(),
        controls: gate
            .controls
            .iter()
            .filter(|probe| probe.was_made())
            .map(|probe| record(context, place, probe, elapsed))
            .collect(),
        handshake: gate
            .handshakes
            .iter()
            .filter(|seen| seen.was_made())
            .map(|seen| record_handshake(context, place, seen, elapsed))
            .collect(),
        gate,
    };
    observe(context, &look.gate);
    Known { control: look.gate.control.clone(), look: Arc::new(look), deep: None }
}

/// The evidence of a question that was asked by itself.
pub(super) fn evidence(context: &Context, place: &super::Place, offered: &Offered, elapsed: Duration) -> Vec<String> {
    offered
        .controls
        .iter()
        .chain(&offered.probes)
        .filter(|probe| probe.was_made())
        .map(|probe| record(context, place, probe, elapsed))
        .collect()
}

/// Capabilities that were seen at work.
fn observe(context: &Context, gate: &Gate) {
    gate.versions().iter().for_each(|version| context.observe(&format!("tls.{version}")));
    let asks = gate.handshakes.iter().any(|seen| seen.asks_for_certificate);
    if asks || gate.flight.as_ref().is_some_and(|(flight, _)| flight.asks_for_certificate) {
        context.observe("tls.client-certificate");
    }
    if gate.handshakes.iter().any(|seen| seen.chain.first().is_some_and(|leaf| leaf.key_type == "RSA")) {
        context.observe("tls.rsa-certificate");
    }
}

impl Look {
    /// The evidence of an offer, the shared controls before it: a refusal rests on them.
    pub(super) fn evidence_of(&self, offered: &Offered) -> Vec<String> {
        let at = self.gate.offers.iter().position(|(_, own)| std::ptr::eq(own, offered));
        let own = at.and_then(|at| self.offers.get(at)).into_iter().flatten();
        self.controls.iter().chain(own).cloned().collect()
    }

    /// The evidence of everything but the handshake.
    pub(super) fn evidence(&self) -> Vec<String> {
        self.controls.iter().chain(self.offers.iter().flatten()).chain(&self.weak).cloned().collect()
    }

    /// The evidence of the handshake.
    pub(super) fn evidence_of_handshake(&self) -> Vec<String> {
        if self.handshake.is_empty() { self.evidence() } else { self.handshake.clone() }
    }
}
