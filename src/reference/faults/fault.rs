//! One switch of the reference server, and the few words that its table row is written with.

/// What a switch is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// Breaks exactly one rule: the cases that declare it must find it.
    Fault,
    /// An honest oddity: it must change no verdict.
    Quirk,
    /// A broken front: no negative case may pass behind it.
    Degenerate,
    /// An attack on the harness: it must neither hurt it nor make anything pass that is not so.
    Hostile,
}

impl FaultKind {
    /// The word of lists and reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Quirk => "quirk",
            Self::Degenerate => "degenerate",
            Self::Hostile => "hostile",
        }
    }

    /// True for a server that may do anything: what a case asked about does not say whether that matters to it.
    #[must_use]
    pub fn keeps_no_promise(self) -> bool {
        matches!(self, Self::Degenerate | Self::Hostile)
    }
}

/// A switch that makes the reference server do something else than the honest thing.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// Its name, as `--fault` takes it.
    pub name: &'static str,
    /// What it is for.
    pub kind: FaultKind,
    /// One line: what the server then does.
    pub what: &'static str,
    /// The profiles under which the selftest proves it.
    pub profiles: &'static [&'static str],
    /// The SMART version (value of `--smart`) that is needed to prove it, if any.
    pub smart: Option<&'static str>,
    /// True when it is proved against a target whose file says that it is production.
    pub production: bool,
    /// The area it belongs to: `tls discovery capabilities scopes access launch token refresh openid data audit withdrawal udap tiered hostile client`.
    pub group: &'static str,
}

/// The profile that nearly every fault is proved under.
const CURRENT: &[&str] = &["carin-bb-2.2.0"];

const fn row(group: &'static str, kind: FaultKind, name: &'static str, what: &'static str) -> Fault {
    Fault { name, kind, what, profiles: CURRENT, smart: None, production: false, group }
}

/// A row of kind `Fault`, proved under the current CARIN BB profile whatever the SMART version.
pub(super) const fn fault(group: &'static str, name: &'static str, what: &'static str) -> Fault {
    row(group, FaultKind::Fault, name, what)
}

/// A row of kind `Quirk`.
pub(super) const fn quirk(group: &'static str, name: &'static str, what: &'static str) -> Fault {
    row(group, FaultKind::Quirk, name, what)
}

/// A row of kind `Degenerate`.
pub(super) const fn degenerate(group: &'static str, name: &'static str, what: &'static str) -> Fault {
    row(group, FaultKind::Degenerate, name, what)
}

/// A row of kind `Hostile`.
pub(super) const fn hostile(name: &'static str, what: &'static str) -> Fault {
    row("hostile", FaultKind::Hostile, name, what)
}

impl Fault {
    /// Whether it is a mistake of a client, proved by observing a client that makes it.
    #[must_use]
    pub fn is_of_client(&self) -> bool {
        self.group == "client"
    }

    /// The same row, proved under these profiles.
    pub(super) const fn under(mut self, profiles: &'static [&'static str]) -> Self {
        self.profiles = profiles;
        self
    }

    /// The same row, proved against a target whose file says that it is production.
    pub(super) const fn in_production(mut self) -> Self {
        self.production = true;
        self
    }

    /// The same row, proved with this `--smart`.
    pub(super) const fn smart(mut self, version: &'static str) -> Self {
        self.smart = Some(version);
        self
    }
}
