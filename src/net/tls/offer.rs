//! One question, "does this server negotiate one of these versions?", answered by a fixed table of observations.
//!
//! A refusal counts only beside a control: an offer that the same server does negotiate, before and after. Silence never
//! counts as a refusal; a closed or reset connection counts only if it repeats and nothing else about the server is flaky.
//! Says what happened, not whether it should have.

use futures_util::future::join_all;

use super::alert::{self, alert_name};
use super::{Answer, Connect, ConnectFailure, Limits, Offer, Probe, Suites, Version, probe};

/// How often an answer that settles nothing is asked for in all.
const ATTEMPTS: usize = 3;

/// The answer to the question of one offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// The server chose a version that was offered.
    Negotiated(Version),
    /// The server rejected the offer, explicitly and beside working controls.
    Refused {
        /// How: the alert, the other version, or the repeated end of the connection.
        how: String,
        /// The other version that the server answered instead, which it therefore does speak.
        answered: Option<Version>,
    },
    /// Nothing can be said: silence, changing answers, or a control that did not work.
    Undetermined {
        /// What stood in the way.
        why: String,
    },
    /// No connection came to be.
    Unreachable {
        /// Why, by kind.
        failure: ConnectFailure,
        /// Why, in words.
        why: String,
    },
    /// The port speaks another protocol.
    NotTls {
        /// Its first bytes, at most 64.
        seen: Vec<u8>,
    },
    /// The port speaks TLS and rejects whatever is offered, the controls too (wrong server name, allow-list).
    SpeaksButRefusesAll {
        /// The alert, or alerts.
        how: String,
    },
}

impl Conclusion {
    /// True if the server rejected the offer as such. A server that answered another version has not: below TLS 1.3 the
    /// protocol lets it read an offer of 1.1 as one of 1.0 too.
    #[must_use]
    pub const fn is_explicit_refusal(&self) -> bool {
        matches!(self, Self::Refused { answered: None, .. })
    }
}

/// The conclusion with all its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// What follows.
    pub conclusion: Conclusion,
    /// The probes of the offer itself, in order.
    pub probes: Vec<Probe>,
    /// The probes of controls, in order.
    pub controls: Vec<Probe>,
    /// Connections that were attempted, controls included.
    pub connections: usize,
}

/// What is known of a host:port to work. Keep one per host:port and server name, so that controls are not repeated needlessly.
#[derive(Debug, Clone)]
pub struct Control {
    candidates: [Offer; 3],
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Untried,
    /// `steady` is lost for good once an offer that works was closed, reset or left unanswered: from then on an end of
    /// the connection is no refusal.
    Working {
        offer: Offer,
        steady: bool,
    },
    /// `slow`: it was the deadline that ended it, and asking more would cost one deadline each.
    Failed {
        conclusion: Conclusion,
        slow: bool,
    },
}

impl Control {
    /// Nothing known yet: the offer of a modern client is tried first, then every version with many suites, then the same
    /// without TLS 1.3, whose extensions keep some servers of SSL 3 from answering.
    #[must_use]
    pub fn new(server_name: &str) -> Self {
        let modern = Offer::new(server_name, &[Version::Tls12, Version::Tls13]);
        let everything = Offer::new(server_name, &Version::ALL).with_suites(Suites::Broad);
        let old = Offer::new(server_name, &Version::ALL[..4]).with_suites(Suites::Broad);
        Self { candidates: [modern, everything, old], state: State::Untried }
    }

    /// The caller has just seen this offer negotiated.
    #[must_use]
    pub fn proven(offer: Offer) -> Self {
        let mut control = Self::new(&offer.server_name);
        control.state = State::Working { offer, steady: true };
        control
    }

    /// What is wrong with the server as a whole, if no offer at all was negotiated.
    #[must_use]
    pub fn failure(&self) -> Option<&Conclusion> {
        match &self.state {
            State::Failed { conclusion, .. } => Some(conclusion),
            State::Untried | State::Working { .. } => None,
        }
    }

    /// True if every question would cost a deadline, so that none is asked any more.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        matches!(self.state, State::Failed { slow: true, .. })
    }

    /// Takes over what another copy of this control has learnt: an offer that was cut off counts for all.
    pub(super) fn learn_from(&mut self, other: &Self) {
        match (&mut self.state, &other.state) {
            (State::Working { steady, .. }, State::Working { steady: other, .. }) => *steady &= other,
            (State::Working { .. }, _) | (_, State::Untried) => {}
            (state, other) => *state = other.clone(),
        }
    }

    /// True once an offer was seen to be negotiated and nothing has gone wrong since.
    #[must_use]
    pub fn is_working(&self) -> bool {
        matches!(self.state, State::Working { .. })
    }

    pub(super) fn is_steady(&self) -> bool {
        matches!(self.state, State::Working { steady: true, .. })
    }

    /// A `ServerHello` came, after `earlier` probes of the same offer that had none.
    fn works(&mut self, with: &Offer, earlier: usize) {
        match &mut self.state {
            State::Working { steady, .. } => *steady &= earlier == 0,
            state => *state = State::Working { offer: with.clone(), steady: earlier == 0 },
        }
    }

    /// The offer that is known to work, or else the one to try first.
    pub(super) fn first(&self) -> Offer {
        match &self.state {
            State::Working { offer, .. } => offer.clone(),
            _ => self.candidates[0].clone(),
        }
    }

    /// The offers to try as a control now.
    fn to_try(&self) -> Vec<Offer> {
        match &self.state {
            State::Working { offer, .. } => vec![offer.clone()],
            _ => self.candidates.to_vec(),
        }
    }
}

/// Asks the server whether it negotiates one of the offered versions. Makes at most 17 connections, and with a working control
/// one (negotiated, lower version), two (alert) or four (closed, reset).
pub async fn offer(
    connect: &dyn Connect,
    host: &str,
    port: u16,
    offer: &Offer,
    control: &mut Control,
    limits: &Limits,
) -> Offered {
    let mut question = Question::new(connect, host, port, offer, control, limits);
    let conclusion = match question.settle().await {
        Settled::Known(conclusion) => conclusion,
        Settled::IfControlWorks { how, needs_steady } => question.refused_if_control(how, needs_steady).await,
    };
    question.finish(conclusion)
}

/// A conclusion, or a refusal that still wants the control after it.
#[derive(Debug, Clone)]
pub(super) enum Settled {
    Known(Conclusion),
    IfControlWorks { how: String, needs_steady: bool },
}

pub(super) struct Question<'a> {
    connect: &'a dyn Connect,
    host: &'a str,
    port: u16,
    limits: &'a Limits,
    offer: Offer,
    control: &'a mut Control,
    probes: Vec<Probe>,
    controls: Vec<Probe>,
}

impl<'a> Question<'a> {
    pub(super) fn new(
        connect: &'a dyn Connect,
        host: &'a str,
        port: u16,
        offer: &Offer,
        control: &'a mut Control,
        limits: &'a Limits,
    ) -> Self {
        Self { connect, host, port, limits, offer: offer.clone(), control, probes: Vec::new(), controls: Vec::new() }
    }

    /// The conclusion with what was seen on the way to it.
    pub(super) fn finish(self, conclusion: Conclusion) -> Offered {
        let connections = self.probes.len() + self.controls.len();
        Offered { conclusion, probes: self.probes, controls: self.controls, connections }
    }

    pub(super) async fn settle(&mut self) -> Settled {
        match self.control.state.clone() {
            State::Working { .. } => self.repeat().await,
            State::Untried if could_be_a_control(&self.offer) => self.ask_what_is_a_control_itself().await,
            State::Untried => match self.run_control().await {
                None => self.repeat().await,
                Some(Conclusion::Unreachable { failure, why }) => Settled::Known(Conclusion::Unreachable { failure, why }),
                Some(failed) if self.control.is_slow() => Settled::Known(failed),
                Some(failed) => Settled::Known(self.ask_without_control(failed).await),
            },
            State::Failed { conclusion, slow: true } => Settled::Known(conclusion),
            State::Failed { conclusion, slow: false } => Settled::Known(self.ask_without_control(conclusion).await),
        }
    }

    /// The offer is one that would serve as a control: the first answer may be all that is needed.
    async fn ask_what_is_a_control_itself(&mut self) -> Settled {
        let first = self.ask().await;
        if let Some(conclusion) = self.hello(&first) {
            return Settled::Known(conclusion);
        }
        let failed = if self.probes.last().is_some_and(|probe| probe.timed_out) && !matches!(first, Answer::Unreachable(_)) {
            let others = self.control.to_try();
            self.rest_of_the_controls(&others[1..], first.describe()).await
        } else {
            self.run_control().await
        };
        match failed {
            None => self.repeat().await,
            Some(failed) => Settled::Known(failed),
        }
    }

    /// Without a control only a `ServerHello` says anything, so one probe is enough.
    async fn ask_without_control(&mut self, failed: Conclusion) -> Conclusion {
        let answer = self.ask().await;
        self.hello(&answer).unwrap_or(failed)
    }

    /// Asks beside a control that worked before, up to three times.
    async fn repeat(&mut self) -> Settled {
        let mut inconclusive = Vec::new();
        while inconclusive.len() < ATTEMPTS {
            let answer = self.ask().await;
            if let Some(conclusion) = self.hello(&answer) {
                return Settled::Known(conclusion);
            }
            match answer {
                Answer::Alert { description, .. } if alert::is_rejection(description) => {
                    if !self.widen(description) {
                        let how = format!("alert {}", alert_name(description));
                        return Settled::IfControlWorks { how, needs_steady: false };
                    }
                }
                // What is no hello to the server it may well answer as if it were another protocol.
                Answer::NotTls { .. } if self.offer.is_ssl2() => {
                    let how = "answered as if the hello of SSL 2 were no TLS".into();
                    return Settled::IfControlWorks { how, needs_steady: false };
                }
                Answer::Unreachable(failure) if !is_worth_repeating(&failure) => return Settled::Known(unreachable(failure)),
                Answer::Unreachable(ConnectFailure::Reset) => inconclusive.push(Answer::Reset),
                other => inconclusive.push(other),
            }
            // A server that breaks off may do so at what else the hello says: that must not read as a refusal of the version.
            self.offer.shape = self.offer.shape.usual();
        }
        self.conclude_from(inconclusive)
    }

    /// Three answers, none of which settles the question alone.
    fn conclude_from(&self, answers: Vec<Answer>) -> Settled {
        let described: Vec<String> = answers.iter().map(Answer::describe).collect();
        let is_same = answers.windows(2).all(|pair| pair[0] == pair[1]);
        Settled::Known(match answers.into_iter().next() {
            Some(Answer::Closed | Answer::Reset) if is_same && self.control.is_steady() => {
                let how = format!("{}, {ATTEMPTS} times", described[0]);
                return Settled::IfControlWorks { how, needs_steady: true };
            }
            Some(Answer::Closed | Answer::Reset) if is_same => {
                undetermined(format!("{}, but offers that this server does negotiate were cut off too", described[0]))
            }
            Some(Answer::Unreachable(failure)) if is_same => unreachable(failure),
            Some(Answer::Silent) if is_same => undetermined(format!("{}, {ATTEMPTS} times", described[0])),
            _ => undetermined(described.join("; then ")),
        })
    }

    /// The second half of "control before and after".
    async fn refused_if_control(&mut self, how: String, needs_steady: bool) -> Conclusion {
        let failed = self.run_control().await;
        refused(how, needs_steady, failed.as_ref(), self.control.is_steady())
    }

    /// The conclusion of a `ServerHello`, the one answer that needs no control.
    fn hello(&mut self, answer: &Answer) -> Option<Conclusion> {
        let Answer::ServerHello { version, .. } = answer else { return None };
        let cut_off = self.probes.iter().filter(|probe| !settles(&probe.answer)).count();
        self.control.works(&self.offer, cut_off);
        if self.offer.versions.contains(version) {
            return Some(Conclusion::Negotiated(*version));
        }
        Some(Conclusion::Refused {
            how: format!("answered with {}, which was not offered", version.title()),
            answered: Some(*version),
        })
    }

    /// A rejection that does not name the version may be about what else the hello says, or about the suites: the first is
    /// left out, then of the second more is offered, each once.
    fn widen(&mut self, description: u8) -> bool {
        let is_about_the_version = description == alert::PROTOCOL_VERSION;
        if !is_about_the_version && !self.offer.shape.is_usual() && !matches!(self.offer.suites, Suites::Exactly(_)) {
            self.offer.shape = self.offer.shape.usual();
            return true;
        }
        let has_more = self.offer.suites == Suites::Modern && self.offer.versions.iter().any(|v| *v < Version::Tls13);
        if is_about_the_version || !has_more {
            return false;
        }
        self.offer.suites = Suites::Broad;
        true
    }

    async fn ask(&mut self) -> Answer {
        let probe = probe(self.connect, self.host, self.port, &self.offer, self.limits).await;
        let answer = probe.answer.clone();
        self.probes.push(probe);
        answer
    }

    /// Tries the controls until one works; otherwise says what is wrong with the server as a whole. Once a deadline has
    /// passed, the others are asked side by side, so that a server that hangs costs two deadlines and no more.
    pub(super) async fn run_control(&mut self) -> Option<Conclusion> {
        let mut rejections = Vec::new();
        let mut last = String::new();
        let candidates = self.control.to_try();
        for (at, candidate) in candidates.iter().enumerate() {
            for attempt in 0..ATTEMPTS {
                let probe = probe(self.connect, self.host, self.port, candidate, self.limits).await;
                let (answer, timed_out) = (probe.answer.clone(), probe.timed_out);
                self.controls.push(probe);
                last = answer.describe();
                let is_last = attempt + 1 == ATTEMPTS;
                match answer {
                    Answer::ServerHello { .. } => {
                        self.control.works(candidate, attempt);
                        return None;
                    }
                    Answer::Alert { .. } => {
                        rejections.push(last.clone());
                        break;
                    }
                    Answer::Unreachable(failure) if is_last || !is_worth_repeating(&failure) => {
                        return Some(self.control_failed(unreachable(failure), timed_out));
                    }
                    Answer::NotTls { seen } if is_last => {
                        return Some(self.control_failed(Conclusion::NotTls { seen }, false));
                    }
                    _ if timed_out => return self.rest_of_the_controls(&candidates[at + 1..], last).await,
                    _ => {}
                }
            }
        }
        rejections.dedup();
        let failed = if rejections.is_empty() {
            undetermined(format!("no offer at all is negotiated: {last}"))
        } else {
            Conclusion::SpeaksButRefusesAll { how: rejections.join("; ") }
        };
        Some(self.control_failed(failed, false))
    }

    async fn rest_of_the_controls(&mut self, rest: &[Offer], last: String) -> Option<Conclusion> {
        let probes =
            join_all(rest.iter().map(|candidate| probe(self.connect, self.host, self.port, candidate, self.limits))).await;
        let works = probes.iter().find(|probe| matches!(probe.answer, Answer::ServerHello { .. }));
        let works = works.map(|probe| probe.offer.clone());
        self.controls.extend(probes);
        if let Some(offer) = works {
            self.control.works(&offer, 1);
            return None;
        }
        Some(self.control_failed(undetermined(format!("no offer at all is negotiated: {last}")), true))
    }

    fn control_failed(&mut self, conclusion: Conclusion, slow: bool) -> Conclusion {
        self.control.state = State::Failed { conclusion: conclusion.clone(), slow };
        conclusion
    }
}

/// A refusal, if the control after it did not fail. A refusal by the mere end of a connection needs a server that answers
/// every control at once.
pub(super) fn refused(how: String, needs_steady: bool, failed: Option<&Conclusion>, is_steady: bool) -> Conclusion {
    if let Some(failed) = failed {
        let why = match failed {
            Conclusion::Undetermined { why } | Conclusion::Unreachable { why, .. } => why,
            Conclusion::SpeaksButRefusesAll { how } => how,
            _ => "it no longer speaks TLS",
        };
        return undetermined(format!("{how}, but afterwards an offer that had been negotiated failed: {why}"));
    }
    if needs_steady && !is_steady {
        return undetermined(format!("{how}, but an offer that this server does negotiate was cut off too"));
    }
    Conclusion::Refused { how, answered: None }
}

/// An offer that any server of today negotiates; asked first, it makes a control of its own superfluous.
fn could_be_a_control(offer: &Offer) -> bool {
    [Version::Tls12, Version::Tls13].iter().all(|version| offer.versions.contains(version))
}

/// False for the answers that say how flaky the way to the server is.
fn settles(answer: &Answer) -> bool {
    matches!(answer, Answer::ServerHello { .. } | Answer::Alert { .. })
}

/// A name that does not resolve, our own guard and a long wait do not change by asking again.
fn is_worth_repeating(failure: &ConnectFailure) -> bool {
    !matches!(
        failure,
        ConnectFailure::NotFound(_) | ConnectFailure::Forbidden(_) | ConnectFailure::TimedOut | ConnectFailure::Spent
    )
}

fn undetermined(why: String) -> Conclusion {
    Conclusion::Undetermined { why }
}

fn unreachable(failure: ConnectFailure) -> Conclusion {
    if failure == ConnectFailure::Spent {
        return undetermined(failure.to_string());
    }
    Conclusion::Unreachable { why: failure.to_string(), failure }
}
