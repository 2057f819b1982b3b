//! What is special about a client certificate of the laboratory, by the words that cases use.

/// What is special about a certificate or its chain, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// Nothing: issued by the CA that says where its list and its certificate are.
    Right,
    /// Issued by the root itself.
    IssuedByRoot,
    /// Issued by the CA that says nothing of lists and addresses.
    WithoutAddresses,
    /// Valid for one hour.
    ShortLife,
    /// Two CAs between leaf and root.
    LongChain,
    /// Ended two hours ago.
    Expired,
    /// Begins in two hours.
    Future,
    /// On the list of its CA.
    Revoked,
    /// Names no list, but who answers by OCSP; good.
    WithResponder,
    /// The same, and the responder says that it was revoked.
    RevokedByResponder,
    /// The URI stands in a name of the DNS kind.
    DnsName,
    /// The host of the URI stands in a name of the DNS kind, as in the certificate of a web server.
    HostName,
    /// The URI stands in the common name alone.
    CommonName,
    /// keyUsage without digitalSignature.
    NoDigitalSignature,
    /// The leaf says that it is a CA.
    LeafIsCa,
    /// A CA below one that permits none.
    PathLength,
    /// The issuer is no CA.
    IssuerNotCa,
    /// The issuing CA has expired.
    IssuerExpired,
    /// The issuing CA may not sign certificates.
    IssuerNoCertSign,
    /// The issuing CA is for URIs of another host.
    NameConstraint,
    /// A critical extension that nobody knows.
    CriticalExtension,
    /// RSA with 1024 bits.
    WeakKey,
    /// Signed by its own key.
    SelfSigned,
    /// From a CA that nobody was told of.
    UnknownCa,
    /// From the CA of the second community.
    SecondCommunity,
}

impl Shape {
    /// Every shape by the word of the cases.
    pub const WORDS: [(&'static str, Shape); 25] = [
        ("right", Self::Right),
        ("issued-by-root", Self::IssuedByRoot),
        ("without-addresses", Self::WithoutAddresses),
        ("short-life", Self::ShortLife),
        ("long-chain", Self::LongChain),
        ("expired", Self::Expired),
        ("future", Self::Future),
        ("revoked", Self::Revoked),
        ("with-responder", Self::WithResponder),
        ("revoked-by-ocsp", Self::RevokedByResponder),
        ("dns-name", Self::DnsName),
        ("host-name", Self::HostName),
        ("common-name", Self::CommonName),
        ("no-digital-signature", Self::NoDigitalSignature),
        ("leaf-is-ca", Self::LeafIsCa),
        ("path-length", Self::PathLength),
        ("issuer-not-ca", Self::IssuerNotCa),
        ("issuer-expired", Self::IssuerExpired),
        ("issuer-no-cert-sign", Self::IssuerNoCertSign),
        ("name-constraint", Self::NameConstraint),
        ("critical-extension", Self::CriticalExtension),
        ("weak-key", Self::WeakKey),
        ("self-signed", Self::SelfSigned),
        ("unknown-ca", Self::UnknownCa),
        ("second-community", Self::SecondCommunity),
    ];

    /// True when nobody can tell what is special about it without fetching something of us.
    #[must_use]
    pub fn must_be_fetched(self) -> bool {
        matches!(self, Self::Revoked | Self::WithResponder | Self::RevokedByResponder)
    }

    /// The shape of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(own, _)| *own == word).map(|(_, shape)| *shape)
    }

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, own)| *own == self).map_or("", |(word, _)| *word)
    }
}
