//! The short look at a host and port: which versions, which weak suites, one flight, one whole handshake.
//!
//! Twelve connections at most where every refusal is an alert, 24 where refusals have to be repeated to be believed. Everything
//! that a run says of the same host and port rests on one such look.

use time::OffsetDateTime;

use super::connect::Bounded;
use super::suite_kind::{WEAK, kinds_of};
use super::{
    Answer, Batch, Conclusion, ConnectFailure, Control, Extra, Flight, Handshake, HandshakeOutcome, Offer, Offered, Place, Probe,
    Shape, Suites, Trust, Version, handshake,
};
use std::sync::Arc;

/// What the short look found.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Each set of versions that was offered alone, and what came of it.
    pub offers: Vec<(Vec<Version>, Offered)>,
    /// What is wrong with the server as a whole, if nothing was negotiated.
    pub failure: Option<Conclusion>,
    /// The weak suites, asked for in the highest and in the lowest version up to TLS 1.2.
    pub weak: Weak,
    /// The first flight in the highest version up to TLS 1.2, and how it was asked for.
    pub flight: Option<(Flight, Shape)>,
    /// The handshakes of a client of today, the last one counts: one that was cut off before a certificate came is made again.
    pub handshakes: Vec<Handshake>,
    /// The probes of controls that belong to no single offer, in order.
    pub controls: Vec<Probe>,
    /// What works, for whoever asks more.
    pub control: Control,
}

/// The most connections of one look.
pub const MOST_OF_A_LOOK: usize = 24;

/// The weak suites that a server accepts.
#[derive(Debug, Clone, Default)]
pub struct Weak {
    /// Those that it chose.
    pub found: Vec<(Version, u16)>,
    /// The questions.
    pub asked: Vec<(Version, Offered)>,
    /// Why it is not known whether there are others; absent when the rest was refused.
    pub open: Option<String>,
}

/// The offers of one version each, newest first.
pub const ALONE: [Version; 6] = [Version::Tls13, Version::Tls12, Version::Tls11, Version::Tls10, Version::Ssl3, Version::Ssl2];
/// Those that are asked first: they have weak suites, and one of them is the newest of a server that has some.
const FIRST: [Version; 3] = [Version::Tls12, Version::Tls11, Version::Tls10];
/// The rest, beside which the newest is asked for weak suites.
const SECOND: [Version; 3] = [Version::Ssl3, Version::Tls13, Version::Ssl2];

impl Gate {
    /// Looks. `trust` and `now` are what the certificate is judged by.
    pub async fn look(place: &Place<'_>, trust: &Arc<Trust>, now: OffsetDateTime) -> Self {
        // However a server behaves, and however often that makes us ask again.
        let bounded = Bounded::new(place.connect, MOST_OF_A_LOOK);
        let place = &Place { connect: &bounded, ..place.clone() };
        let mut control = Control::new(place.server_name);
        let mut batch = Batch::new(place);
        let modern = [Offer::new(place.server_name, &MODERN)];
        // The handshake takes longest, so it begins first, and nothing waits for its end.
        let first = async {
            batch.ask(&modern, &mut control).await;
            if control.is_slow() || matches!(control.failure(), Some(Conclusion::Unreachable { .. } | Conclusion::NotTls { .. }))
            {
                return None;
            }
            Some(ask_alone(place, &FIRST, &[], &mut batch, &mut control).await)
        };
        let (seen, spoken) = tokio::join!(Box::pin(shake_hands(place, trust, now)), first);
        let mut handshakes = vec![seen];
        let Some(spoken) = spoken else { return Self::without_answers(batch, control, handshakes).await };
        let again =
            async { if is_cut_off(&handshakes[0]) { Some(Box::pin(shake_hands(place, trust, now)).await) } else { None } };
        let (again, asked) = tokio::join!(again, Box::pin(ask_for_the_rest(place, spoken, &mut batch, &mut control)));
        handshakes.extend(again);
        let (mut offers, controls) = batch.close(&mut control).await;
        let weak = conclude_weak(&asked, offers.split_off(1 + ALONE.len()));
        let sets = std::iter::once(MODERN.to_vec()).chain(FIRST.into_iter().chain(SECOND).map(|version| vec![version]));
        let mut offers: Vec<(Vec<Version>, Offered)> = sets.zip(offers).collect();
        offers[1..].sort_by_key(|(versions, _)| std::cmp::Reverse(versions[0]));
        let flight = best_flight(&offers);
        Self { failure: control.failure().cloned(), offers, weak, flight, handshakes, controls, control }
    }

    /// Nobody who hangs, refuses connections or speaks something else is asked again.
    async fn without_answers(batch: Batch<'_>, mut control: Control, handshakes: Vec<Handshake>) -> Self {
        let (mut offers, controls) = batch.close(&mut control).await;
        let failure = control.failure().cloned();
        let same = |conclusion: &Conclusion| Offered {
            conclusion: conclusion.clone(),
            probes: Vec::new(),
            controls: Vec::new(),
            connections: 0,
        };
        let first = offers.pop();
        let mut all: Vec<(Vec<Version>, Offered)> = first.into_iter().map(|first| (MODERN.to_vec(), first)).collect();
        all.extend(failure.iter().flat_map(|failure| ALONE.map(|version| (vec![version], same(failure)))));
        let weak = Weak { open: Some("the server answers no offer".into()), ..Weak::default() };
        Self { offers: all, failure, weak, flight: None, handshakes, controls, control }
    }

    /// What came of offering exactly these versions, if that was part of the look.
    #[must_use]
    pub fn offer_of(&self, versions: &[Version]) -> Option<&Offered> {
        let mut wanted = versions.to_vec();
        wanted.sort_unstable();
        self.offers.iter().find(|(own, _)| *own == wanted).map(|(_, offered)| offered)
    }

    /// The versions that were negotiated, newest first: offered alone, or answered to another offer.
    #[must_use]
    pub fn versions(&self) -> Vec<Version> {
        let mut versions: Vec<Version> = self.offers.iter().filter_map(|(_, offered)| version_of(&offered.conclusion)).collect();
        versions.sort_unstable();
        versions.dedup();
        versions.reverse();
        versions
    }

    /// The versions of which it is not known whether they are negotiated.
    #[must_use]
    pub fn unsettled(&self) -> Vec<Version> {
        let spoken = self.versions();
        let is_open = |conclusion: &Conclusion| {
            !matches!(conclusion, Conclusion::Negotiated(_) | Conclusion::Refused { .. } | Conclusion::SpeaksButRefusesAll { .. })
        };
        let alone = self.offers.iter().filter(|(versions, offered)| versions.len() == 1 && is_open(&offered.conclusion));
        alone.map(|(versions, _)| versions[0]).filter(|version| !spoken.contains(version)).collect()
    }

    /// Every probe in the order of its question, with what was asked for beside it.
    pub fn probes(&self) -> impl Iterator<Item = &Probe> {
        let questions = self.offers.iter().map(|(_, offered)| offered).chain(self.weak.asked.iter().map(|(_, offered)| offered));
        questions
            .flat_map(|offered| offered.controls.iter().chain(&offered.probes))
            .chain(&self.controls)
            .filter(|probe| probe.was_made())
    }

    /// How many connections it took.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.probes().count() + self.handshakes.iter().filter(|seen| seen.was_made()).count()
    }
}

const MODERN: [Version; 2] = [Version::Tls12, Version::Tls13];

/// Whether a look offers exactly these versions: each alone, and the two of today together.
#[must_use]
pub fn is_part_of_a_look(versions: &[Version]) -> bool {
    let is_modern = versions.len() == MODERN.len() && MODERN.iter().all(|version| versions.contains(version));
    is_modern || matches!(versions, [version] if ALONE.contains(version))
}

/// The hello for one version alone; that of TLS 1.2 also asks for what only a flight can show.
fn alone(server_name: &str, version: Version) -> Offer {
    let offer = Offer::new(server_name, &[version]);
    match version {
        Version::Tls12 => offer.shaped(Shape::with(&[
            Extra::WholeFlight,
            Extra::Deflate,
            Extra::StatusRequest,
            Extra::EncryptThenMac,
            Extra::TruncatedHmac,
            Extra::SessionTicket,
        ])),
        Version::Tls10 | Version::Tls11 => offer.shaped(Shape::with(&[Extra::WholeFlight])),
        _ => offer,
    }
}

async fn shake_hands(place: &Place<'_>, trust: &Arc<Trust>, now: OffsetDateTime) -> Handshake {
    let _slot = place.slots.acquire().await;
    handshake(place.connect, place.host, place.port, place.server_name, trust, now, &place.limits).await
}

fn is_cut_off(seen: &Handshake) -> bool {
    matches!(seen.outcome, HandshakeOutcome::CannotHandshake { .. } | HandshakeOutcome::Unreachable(ConnectFailure::Reset))
}

fn version_of(conclusion: &Conclusion) -> Option<Version> {
    match conclusion {
        Conclusion::Negotiated(version) => Some(*version),
        Conclusion::Refused { answered, .. } => *answered,
        _ => None,
    }
}

fn weak_offer(place: &Place<'_>, version: Version, suites: &[u16]) -> Offer {
    Offer::new(place.server_name, &[version]).with_suites(Suites::Exactly(suites.to_vec()))
}

/// Offers each of these versions alone, and `beside` them what else is to be asked. Says which of the versions are spoken.
async fn ask_alone(
    place: &Place<'_>,
    versions: &[Version],
    beside: &[Offer],
    batch: &mut Batch<'_>,
    control: &mut Control,
) -> Vec<Version> {
    let offers: Vec<Offer> =
        versions.iter().map(|version| alone(place.server_name, *version)).chain(beside.iter().cloned()).collect();
    let places = batch.ask(&offers, control).await;
    let is_spoken = |(version, at): &(&Version, usize)| version_of(&batch.so_far(*at).conclusion) == Some(**version);
    versions.iter().zip(places).filter(is_spoken).map(|(version, _)| *version).collect()
}

/// Offers the versions that are left, and weak suites in the newest and in the oldest version that is spoken and has such; then once
/// more those of another kind where the newest took some. Says in which version weak suites were asked for, in the order of the batch.
async fn ask_for_the_rest(
    place: &Place<'_>,
    mut spoken: Vec<Version>,
    batch: &mut Batch<'_>,
    control: &mut Control,
) -> Vec<Version> {
    let mut asked: Vec<Version> = spoken.first().copied().into_iter().collect();
    let weak: Vec<Offer> = asked.iter().map(|version| weak_offer(place, *version, &WEAK)).collect();
    let more = ask_alone(place, &SECOND, &weak, batch, control).await;
    spoken.extend(more.into_iter().filter(|version| *version == Version::Ssl3));
    if asked.is_empty() && !spoken.is_empty() {
        asked.push(spoken[0]);
        batch.ask(&[weak_offer(place, spoken[0], &WEAK)], control).await;
    }
    let (Some(newest), Some(oldest)) = (spoken.first().copied(), spoken.last().copied()) else { return asked };
    let mut offers = Vec::new();
    if oldest != newest {
        offers.push(weak_offer(place, oldest, &WEAK));
        asked.push(oldest);
    }
    if let Some(chosen) = chosen_suite(batch.latest(), newest) {
        // What shares a kind with a suite that was found adds little; another kind may count for another rule.
        let kinds = kinds_of(chosen);
        let others: Vec<u16> =
            WEAK.into_iter().filter(|suite| weak_kinds(*suite).iter().all(|kind| !kinds.contains(kind))).collect();
        offers.push(weak_offer(place, newest, &others));
        asked.push(newest);
    }
    batch.ask(&offers, control).await;
    asked
}

fn weak_kinds(suite: u16) -> Vec<&'static str> {
    kinds_of(suite).into_iter().filter(|kind| ["null", "export", "des", "rc4", "anonymous"].contains(kind)).collect()
}

fn chosen_suite(offered: &Offered, version: Version) -> Option<u16> {
    if offered.conclusion != Conclusion::Negotiated(version) {
        return None;
    }
    offered.probes.iter().rev().find_map(|probe| match probe.answer {
        Answer::ServerHello { suite, .. } => Some(suite),
        _ => None,
    })
}

fn conclude_weak(asked: &[Version], offers: Vec<Offered>) -> Weak {
    let mut weak = Weak::default();
    for (version, offered) in asked.iter().copied().zip(offers) {
        match (&offered.conclusion, chosen_suite(&offered, version)) {
            (_, Some(suite)) => weak.found.push((version, suite)),
            (Conclusion::Refused { .. } | Conclusion::SpeaksButRefusesAll { .. }, None) => {}
            (Conclusion::Undetermined { why } | Conclusion::Unreachable { why, .. }, None) => weak.open = Some(why.clone()),
            (_, None) => weak.open = Some("the answer to weak suites was no TLS".into()),
        }
        weak.asked.push((version, offered));
    }
    weak
}

/// The most complete flight of the highest version.
fn best_flight(offers: &[(Vec<Version>, Offered)]) -> Option<(Flight, Shape)> {
    let probes = offers.iter().flat_map(|(_, offered)| &offered.probes);
    let flights = probes.filter_map(|probe| Some((probe.flight.as_ref()?, &probe.offer.shape)));
    let readable = flights.filter(|(flight, _)| flight.version < Version::Tls13);
    readable.max_by_key(|(flight, _)| (flight.version, flight.is_whole)).map(|(flight, shape)| (flight.clone(), shape.clone()))
}
