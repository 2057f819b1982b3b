//! What a hello says besides versions and suites: groups, signature algorithms, and extensions that a question is about.

/// Something that a hello may say in addition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extra {
    /// Compression by deflate is offered beside none.
    Deflate,
    /// `status_request`: a stapled OCSP answer is asked for.
    StatusRequest,
    /// `encrypt_then_mac`
    EncryptThenMac,
    /// `truncated_hmac`, which nobody should agree to.
    TruncatedHmac,
    /// `session_ticket`, empty: the client could use one.
    SessionTicket,
    /// `TLS_FALLBACK_SCSV`: the client says that it would have offered more at first.
    Fallback,
    /// `supported_versions` also names a version that does not exist yet.
    FutureVersion,
    /// The whole flight of the server up to TLS 1.2 is read, not the `ServerHello` alone.
    WholeFlight,
}

/// How a hello differs from that which servers of all ages expect. The default does not differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// What is said in addition.
    pub extras: Vec<Extra>,
    /// The groups, instead of all that are known.
    pub groups: Option<Vec<u16>>,
    /// The signature algorithms, instead of all that are known.
    pub signature_algorithms: Option<Vec<u16>>,
    /// The application protocols; none offers none.
    pub alpn: Vec<String>,
    /// The version in the fixed part of the hello, instead of the highest that is offered.
    pub legacy_version: Option<u16>,
    /// The length of the whole record, if padding can reach it: to see whether a server minds certain lengths.
    pub length: Option<usize>,
    /// The hello is cut into records of at most so many bytes.
    pub record_size: Option<usize>,
}

impl Shape {
    /// The usual hello with these extras.
    #[must_use]
    pub fn with(extras: &[Extra]) -> Self {
        Self { extras: extras.to_vec(), ..Self::default() }
    }

    /// True if the hello says this in addition.
    #[must_use]
    pub fn asks(&self, extra: Extra) -> bool {
        self.extras.contains(&extra)
    }

    /// True if the hello is the usual one: how much of the answer is read does not show in it.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == self.usual()
    }

    /// The usual hello, with as much of the answer read as by this one.
    #[must_use]
    pub fn usual(&self) -> Self {
        let whole = self.asks(Extra::WholeFlight);
        Self::with(if whole { &[Extra::WholeFlight] } else { &[] })
    }
}
