//! How the UDAP side of the reference server is started: its version, its trust communities, how strict it is about
//! revocation.

/// The versions of the HL7 guide that can be served.
pub(in super::super) const VERSIONS: [&str; 4] = ["0.1.0", "1.0.0", "1.1.0", "2.0.0"];

/// A trust community that the server takes part in.
#[derive(Debug, Clone)]
pub struct Community {
    /// Its URI, as `?community=` names it.
    pub uri: String,
    /// The certificates (DER) that its clients' chains must lead to; with none of them nobody can register by it.
    pub anchors: Vec<Vec<u8>>,
}

/// What becomes of a client certificate whose revocation list cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Revocation {
    /// It is refused.
    #[default]
    Hard,
    /// It is taken.
    Soft,
}

/// How to start the UDAP side.
#[derive(Debug, Clone)]
pub struct UdapOptions {
    /// The version of the HL7 guide: `0.1.0`, `1.0.0`, `1.1.0` or `2.0.0`.
    pub version: String,
    /// The communities; the first one is the default. With none, the metadata is there and nobody can register.
    pub communities: Vec<Community>,
    /// How strict the server is about revocation.
    pub revocation: Revocation,
}

impl Default for UdapOptions {
    fn default() -> Self {
        Self { version: "1.1.0".to_owned(), communities: Vec::new(), revocation: Revocation::default() }
    }
}
