//! How a server takes hellos that are a little unusual: without a name, with a strange name, of odd lengths, in pieces, of a version
//! that does not exist yet, as a fallback.

use super::enumerate::Asker;
use super::{Answer, Extra, Offer, Probe, Shape, Version, alert_name};

/// `inappropriate_fallback`
const INAPPROPRIATE_FALLBACK: u8 = 86;
/// A name that nobody can have.
const STRANGE_NAME: &str = "unknown.invalid";
/// The lengths that some load balancers hang on lie between 256 and 511.
const ODD_LENGTH: usize = 300;
/// Longer than one segment of a network.
const LONG: usize = 4000;
const SMALL_RECORDS: usize = 20;

/// What a server did with one unusual hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Habit {
    /// It answered as it answers a usual one.
    Answered,
    /// It refused with this alert.
    Alert(u8),
    /// It broke off, or said nothing.
    Other(String),
}

impl Habit {
    /// In words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Answered => "answered".into(),
            Self::Alert(description) => format!("alert {}", alert_name(*description)),
            Self::Other(how) => how.clone(),
        }
    }

    fn of(probe: &Probe) -> Self {
        match &probe.answer {
            Answer::ServerHello { .. } => Self::Answered,
            Answer::Alert { description, .. } => Self::Alert(*description),
            other => Self::Other(other.describe()),
        }
    }
}

/// All of them. Absent is what could not be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Habits {
    /// A hello without a server name.
    pub without_name: Option<Habit>,
    /// A hello for a name that nobody can have.
    pub strange_name: Option<Habit>,
    /// An application protocol that nobody speaks; only asked where TLS 1.2 is spoken.
    pub strange_protocol: Option<Habit>,
    /// A hello of 300 bytes.
    pub odd_length: Option<Habit>,
    /// A hello of 4000 bytes.
    pub long: Option<Habit>,
    /// A hello in records of 20 bytes.
    pub in_pieces: Option<Habit>,
    /// A hello that also names a version of the future.
    pub future_version: Option<Habit>,
    /// True when a fallback to a lower version is refused as such; absent when there is only one version.
    pub refuses_fallback: Option<bool>,
}

pub(super) async fn habits(asker: &Asker<'_>, versions: &[Version]) -> Habits {
    let name = asker.place.server_name;
    let Some(newest) = versions.iter().copied().find(|version| *version > Version::Ssl3) else { return Habits::default() };
    let usual = |name: &str| Offer::new(name, &[newest]);
    let shaped = |shape: Shape| usual(name).shaped(shape);
    let ask = async |offer: Offer| Some(Habit::of(&asker.ask(&offer).await));
    let future = match newest {
        Version::Tls13 => Shape::with(&[Extra::FutureVersion]),
        _ => Shape { legacy_version: Some(0x0304), ..Shape::default() },
    };
    let protocol = async {
        if !versions.contains(&Version::Tls12) {
            return None;
        }
        let offer = Offer::new(name, &[Version::Tls12]);
        ask(offer.shaped(Shape { alpn: vec!["x-none".into()], ..Shape::default() })).await
    };
    let fallback = async {
        let older = versions.iter().copied().find(|version| *version < newest && *version > Version::Ssl2)?;
        let offer = Offer::new(name, &[older]).shaped(Shape::with(&[Extra::Fallback]));
        match asker.ask(&offer).await.answer {
            Answer::Alert { description, .. } => Some(description == INAPPROPRIATE_FALLBACK),
            Answer::ServerHello { .. } => Some(false),
            _ => None,
        }
    };
    let (without_name, strange_name, strange_protocol, odd_length, long, in_pieces, future_version, refuses_fallback) = tokio::join!(
        ask(usual("")),
        ask(usual(STRANGE_NAME)),
        protocol,
        ask(shaped(Shape { length: Some(ODD_LENGTH), ..Shape::default() })),
        ask(shaped(Shape { length: Some(LONG), ..Shape::default() })),
        ask(shaped(Shape { record_size: Some(SMALL_RECORDS), ..Shape::default() })),
        ask(shaped(future)),
        fallback,
    );
    Habits { without_name, strange_name, strange_protocol, odd_length, long, in_pieces, future_version, refuses_fallback }
}
