//! The long look at a host and port: every cipher suite of every version, groups, signature schemes, sizes, and habits.
//!
//! Builds on the short look, which says what versions there are. At most four connections are open at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use rustls_pki_types::{CertificateDer, ServerName};
use time::OffsetDateTime;

use super::chain::examine;
use super::client_hello::SIGNATURE_ALGORITHMS;
use super::enumerate::{Accepted, Asker};
use super::habits::{Habits, habits};
use super::suite_kind::{all_before_tls13, kinds_of};
use super::suites::MOST;
use super::{CertificateDefect, CertificateFacts, Extra, Gate, KeyExchange, Offer, Place, Probe, Shape, Suites, Trust, Version};

/// The suites of today and those that only odd servers insist on are asked for in so many blocks side by side, because most of
/// what is accepted is among them and each suite that is accepted costs a question of its own. TLS 1.2 has most of them.
const BLOCKS_OF_12: usize = 4;
const BLOCKS_OF_OLDER: usize = 2;
const TLS13_SUITES: [u16; 7] = [0x1301, 0x1302, 0x1303, 0x1304, 0x1305, 0xc0b4, 0xc0b5];
const GROUPS_12: [u16; 16] = [
    0x001d, 0x0017, 0x0018, 0x0019, 0x001e, 0x001a, 0x001b, 0x001c, 0x0016, 0x0015, 0x0013, 0x0014, 0x0012, 0x0011, 0x0001,
    0x0003,
];
const GROUPS_13: [u16; 13] =
    [0x11ec, 0x001d, 0x0017, 0x0018, 0x0019, 0x001e, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104, 0x11eb, 0x11ed];
const CURVES: [u16; 5] = [0x001d, 0x0017, 0x0018, 0x0019, 0x001e];
const WEAK_SIGNATURES: [u16; 5] = [0x0101, 0x0202, 0x0301, 0x0303, 0x0302];

/// What the long look found.
#[derive(Debug, Clone, Default)]
pub struct Deep {
    /// The suites of each version that is spoken, newest first.
    pub suites: Vec<SuitesOf>,
    /// The groups, per version 1.3 and 1.2.
    pub groups: BTreeMap<Version, Accepted>,
    /// The schemes that the key exchange of TLS 1.2 is signed with.
    pub signatures: Option<Accepted>,
    /// The size of the group for finite-field Diffie-Hellman that a client gets that names none.
    pub dh_bits: Option<usize>,
    /// True when CBC suites of TLS 1.2 come with `encrypt_then_mac`; absent where there is no such suite.
    pub encrypt_then_mac: Option<bool>,
    /// How it takes unusual hellos.
    pub habits: Habits,
    /// Certificates of other kinds of key than that of the short look, each with all that is wrong with it.
    pub other_chains: Vec<OtherChain>,
    /// Every probe.
    pub probes: Vec<Probe>,
}

/// The suites of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuitesOf {
    /// The version.
    pub version: Version,
    /// What it accepts.
    pub accepted: Accepted,
    /// True when the server chooses by an order of its own, false when by that of the client; absent with fewer than two.
    pub own_order: Option<bool>,
    /// What it chooses when the client lists the weakest first.
    pub weakest_first: Option<u16>,
}

/// A chain that is only shown to clients that ask for its kind of key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherChain {
    /// The certificates, leaf first.
    pub chain: Vec<CertificateFacts>,
    /// All that is wrong.
    pub defects: Vec<CertificateDefect>,
}

impl Deep {
    /// Looks. `trust` and `now` are what certificates are judged by.
    pub async fn look(place: &Place<'_>, gate: &Gate, trust: &Arc<Trust>, now: OffsetDateTime) -> Self {
        let versions: Vec<Version> = gate.versions().into_iter().filter(|version| *version != Version::Ssl2).collect();
        let asker = Asker::new(place);
        let speaks_12 = versions.contains(&Version::Tls12);
        let (groups_13, groups_12, signatures, found, habits) = tokio::join!(
            Box::pin(groups_of_13(&asker, &versions)),
            Box::pin(async { if speaks_12 { groups_of_12(&asker, &likely_of_12(&["ecdhe"])).await } else { None } }),
            Box::pin(async { if speaks_12 { signatures_of_12(&asker, &likely_of_12(&["ecdhe", "dhe"])).await } else { None } }),
            join_all(versions.iter().map(|version| {
                let asker = &asker;
                Box::pin(async move {
                    let of = suites_of(asker, *version).await;
                    let details = if *version == Version::Tls12 {
                        details(asker, &of.accepted.chosen, gate, trust, now).await
                    } else {
                        Details::default()
                    };
                    (of, details)
                })
            })),
            Box::pin(habits(&asker, &versions)),
        );
        let mut deep = Self { habits, ..Self::default() };
        deep.groups.extend(groups_13.map(|groups| (Version::Tls13, groups)));
        for (suites, details) in found {
            if suites.version == Version::Tls12 {
                (deep.dh_bits, deep.encrypt_then_mac) = (details.dh_bits, details.encrypt_then_mac);
                deep.other_chains = details.other_chains;
                deep.conclude_12(&asker, &suites.accepted.chosen, groups_12.clone(), signatures.clone()).await;
            }
            deep.suites.push(suites);
        }
        deep.probes = asker.into_probes();
        deep
    }

    /// The groups and signature schemes were asked for with the suites that are likely. A server that has others alone is asked again.
    async fn conclude_12(&mut self, asker: &Asker<'_>, chosen: &[u16], groups: Option<Accepted>, signatures: Option<Accepted>) {
        let ecdhe = of_kinds(chosen, &["ecdhe"]);
        let signed = of_kinds(chosen, &["ecdhe", "dhe"]);
        let groups = match groups {
            _ if ecdhe.is_empty() => None,
            Some(groups) if !groups.chosen.is_empty() => Some(groups),
            _ => groups_of_12(asker, &ecdhe).await,
        };
        self.groups.extend(groups.map(|groups| (Version::Tls12, groups)));
        self.signatures = match signatures {
            _ if signed.is_empty() => None,
            Some(signatures) if !signatures.chosen.is_empty() => Some(signatures),
            _ => signatures_of_12(asker, &signed).await,
        };
    }

    /// Every suite that is accepted, with its version.
    pub fn accepted(&self) -> impl Iterator<Item = (Version, u16)> {
        self.suites.iter().flat_map(|of| of.accepted.chosen.iter().map(|suite| (of.version, *suite)))
    }
}

fn offer(asker: &Asker<'_>, version: Version, suites: &[u16]) -> Offer {
    Offer::new(asker.place.server_name, &[version]).with_suites(Suites::Exactly(suites.to_vec()))
}

/// A hello of TLS 1.2 whose whole flight is read.
fn flight_of_12(asker: &Asker<'_>, suites: &[u16], shape: Shape) -> Offer {
    let extras = [&shape.extras[..], &[Extra::WholeFlight]].concat();
    offer(asker, Version::Tls12, suites).shaped(Shape { extras, ..shape })
}

fn of_kinds(suites: &[u16], wanted: &[&str]) -> Vec<u16> {
    suites.iter().copied().filter(|suite| kinds_of(*suite).iter().any(|kind| wanted.contains(kind))).collect()
}

/// The suites of these kinds that a server of TLS 1.2 is likely to have, with a certificate.
fn likely_of_12(wanted: &[&str]) -> Vec<u16> {
    let likely = Suites::for_versions(&[Version::Tls12]).list(&[Version::Tls12]);
    of_kinds(&likely, wanted).into_iter().filter(|suite| !kinds_of(*suite).contains(&"anonymous")).collect()
}

async fn groups_of_12(asker: &Asker<'_>, suites: &[u16]) -> Option<Accepted> {
    let offer = |left: &[u16]| flight_of_12(asker, suites, Shape { groups: Some(left.to_vec()), ..Shape::default() });
    let group = |probe: &Probe| match probe.flight.as_ref()?.key_exchange {
        Some(KeyExchange::Ecdhe { group }) => Some(group),
        _ => None,
    };
    Some(asker.accepted(&GROUPS_12, offer, group).await)
}

async fn signatures_of_12(asker: &Asker<'_>, suites: &[u16]) -> Option<Accepted> {
    let all = [&SIGNATURE_ALGORITHMS[..], &WEAK_SIGNATURES].concat();
    let offer =
        |left: &[u16]| flight_of_12(asker, suites, Shape { signature_algorithms: Some(left.to_vec()), ..Shape::default() });
    Some(asker.accepted(&all, offer, |probe| probe.flight.as_ref()?.signature).await)
}

/// What only a server of TLS 1.2 is asked once its suites are known.
#[derive(Default)]
struct Details {
    dh_bits: Option<usize>,
    encrypt_then_mac: Option<bool>,
    other_chains: Vec<OtherChain>,
}

async fn details(asker: &Asker<'_>, chosen: &[u16], gate: &Gate, trust: &Arc<Trust>, now: OffsetDateTime) -> Details {
    let (dhe, cbc) = (of_kinds(chosen, &["dhe"]), of_kinds(chosen, &["cbc"]));
    let dh_bits = async {
        if dhe.is_empty() {
            return None;
        }
        let shape = Shape { groups: Some(CURVES.to_vec()), ..Shape::default() };
        match asker.ask(&flight_of_12(asker, &dhe, shape)).await.flight?.key_exchange {
            Some(KeyExchange::Dhe { bits }) => Some(bits),
            _ => None,
        }
    };
    let encrypt_then_mac = async {
        if cbc.is_empty() {
            return None;
        }
        let probe = asker.ask(&offer(asker, Version::Tls12, &cbc).shaped(Shape::with(&[Extra::EncryptThenMac]))).await;
        Some(probe.flight?.extension(22).is_some())
    };
    let (dh_bits, encrypt_then_mac, other_chains) =
        tokio::join!(dh_bits, encrypt_then_mac, Box::pin(other_chains(asker, chosen, gate, trust, now)));
    Details { dh_bits, encrypt_then_mac, other_chains }
}

fn suite(probe: &Probe, version: Version) -> Option<u16> {
    match probe.answer {
        super::Answer::ServerHello { version: answered, suite, .. } if answered == version => Some(suite),
        _ => None,
    }
}

async fn suites_of(asker: &Asker<'_>, version: Version) -> SuitesOf {
    let blocks = blocks_for(version);
    let found = join_all(
        blocks
            .iter()
            .map(|block| asker.accepted(block, move |left| offer(asker, version, left), move |probe| suite(probe, version))),
    )
    .await;
    let mut accepted = Accepted::default();
    for block in found {
        accepted.chosen.extend(block.chosen);
        accepted.open = accepted.open.or(block.open);
    }
    // Which of them came first depends on how the list was dealt out, so the order is that of the registry.
    accepted.chosen.sort_unstable();
    let (own_order, weakest_first) = order_of(asker, version, &accepted.chosen).await;
    SuitesOf { version, accepted, own_order, weakest_first }
}

fn blocks_for(version: Version) -> Vec<Vec<u16>> {
    if version == Version::Tls13 {
        return vec![TLS13_SUITES.to_vec()];
    }
    let likely = Suites::for_versions(&[version]).list(&[version]);
    let count = if version == Version::Tls12 { BLOCKS_OF_12 } else { BLOCKS_OF_OLDER };
    // Like stands beside like in the list, and would be accepted or refused together: dealt out, no block is much longer to ask for.
    let mut blocks: Vec<Vec<u16>> = (0..count).map(|first| likely.iter().copied().skip(first).step_by(count).collect()).collect();
    // What encrypts and authenticates in one came with TLS 1.2.
    let can_be = |suite: &u16| version == Version::Tls12 || !kinds_of(*suite).contains(&"aead");
    let rest: Vec<u16> = all_before_tls13().into_iter().filter(|suite| !likely.contains(suite)).filter(can_be).collect();
    blocks.extend(rest.chunks(MOST - 1).map(<[u16]>::to_vec));
    blocks
}

/// Offers all that it accepts, the weakest first and then the strongest first: a server with an order of its own chooses alike.
async fn order_of(asker: &Asker<'_>, version: Version, chosen: &[u16]) -> (Option<bool>, Option<u16>) {
    if chosen.len() < 2 {
        return (None, chosen.first().copied());
    }
    let mut weakest_first = chosen.to_vec();
    weakest_first.sort_by_key(|suite| strength(*suite));
    weakest_first.truncate(MOST / 2);
    weakest_first
        .extend(chosen.iter().copied().max_by_key(|suite| strength(*suite)).filter(|best| !weakest_first.contains(best)));
    let strongest_first: Vec<u16> = weakest_first.iter().rev().copied().collect();
    let offers = [offer(asker, version, &weakest_first), offer(asker, version, &strongest_first)];
    let (first, second) = tokio::join!(asker.ask(&offers[0]), asker.ask(&offers[1]));
    match (suite(&first, version), suite(&second, version)) {
        (Some(first), Some(second)) => (Some(first == second), Some(first)),
        (first, _) => (None, first),
    }
}

/// A rough order: forward secrecy, then authenticated encryption, then no known weakness.
fn strength(suite: u16) -> (bool, bool, bool) {
    let kinds = kinds_of(suite);
    let has = |words: &[&str]| words.iter().any(|word| kinds.contains(word));
    let weak = has(&["null", "export", "des", "rc4", "rc2", "anonymous", "3des", "md5"]);
    (!weak, has(&["ecdhe", "dhe", "tls13"]), has(&["aead"]))
}

async fn groups_of_13(asker: &Asker<'_>, versions: &[Version]) -> Option<Accepted> {
    if !versions.contains(&Version::Tls13) {
        return None;
    }
    let name = asker.place.server_name;
    let offer =
        |left: &[u16]| Offer::new(name, &[Version::Tls13]).shaped(Shape { groups: Some(left.to_vec()), ..Shape::default() });
    Some(asker.accepted(&GROUPS_13, offer, |probe| probe.flight.as_ref()?.key_share_group()).await)
}

/// The chain of each kind of key that was not seen by the handshake of the short look.
async fn other_chains(
    asker: &Asker<'_>,
    chosen: &[u16],
    gate: &Gate,
    trust: &Arc<Trust>,
    now: OffsetDateTime,
) -> Vec<OtherChain> {
    let known: Vec<&[u8]> =
        gate.handshakes.iter().filter_map(|seen| seen.chain.first()).map(|leaf| leaf.der.as_slice()).collect();
    let Ok(name) = ServerName::try_from(asker.place.server_name.trim_matches(['[', ']']).to_owned()) else { return Vec::new() };
    let of_kind = |kind: &str| -> Vec<u16> {
        let is_of_kind = |suite: &u16| super::suite_name(*suite).contains(kind) && !kinds_of(*suite).contains(&"anonymous");
        chosen.iter().copied().filter(is_of_kind).collect()
    };
    let kinds = [of_kind("_RSA_"), of_kind("_ECDSA_")];
    let probes = join_all(
        kinds
            .iter()
            .filter(|suites| !suites.is_empty())
            .map(|suites| async move { asker.ask(&flight_of_12(asker, suites, Shape::default())).await }),
    );
    let mut found: Vec<OtherChain> = Vec::new();
    for probe in probes.await {
        let Some(flight) = probe.flight else { continue };
        let Some(leaf) = flight.certificates.first() else { continue };
        let is_known =
            known.contains(&leaf.as_slice()) || found.iter().any(|other| other.chain.first().is_some_and(|own| own.der == *leaf));
        if is_known {
            continue;
        }
        let sent: Vec<CertificateDer<'_>> = flight.certificates.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let examined = examine(&sent, &name, trust, now);
        found.push(OtherChain { chain: examined.facts, defects: examined.defects });
    }
    found
}
