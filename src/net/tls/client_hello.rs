//! Writes a `ClientHello` by hand, as servers of all ages expect it.
//!
//! The extensions are those that servers were seen to insist on, per version. A hello is never 256 to 511 bytes long, because
//! some load balancers hang on those.

use rustls_pki_types::DnsName;

use super::suites::{FALLBACK, RENEGOTIATION};
use super::{Extra, Shape, Suites, Version};

const HANDSHAKE_RECORD: u8 = 22;
const CLIENT_HELLO: u8 = 1;
/// A body of this size is past the lengths that some middleboxes hang on.
const SAFE_BODY: usize = 512;

/// What one hello offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Sent as `server_name`, unless it is an address or no valid name.
    pub server_name: String,
    /// The versions asked for. Without TLS 1.3 the hello can only name the highest: the protocol then permits the server
    /// to answer any lower one, also one that is not in this list.
    pub versions: Vec<Version>,
    /// The cipher suites listed.
    pub suites: Suites,
    /// What else the hello says.
    pub shape: Shape,
}

impl Offer {
    /// An offer of these versions with the suites that suit them.
    #[must_use]
    pub fn new(server_name: impl Into<String>, versions: &[Version]) -> Self {
        Self {
            server_name: server_name.into(),
            versions: versions.to_vec(),
            suites: Suites::for_versions(versions),
            shape: Shape::default(),
        }
    }

    /// The same offer with another list of suites.
    #[must_use]
    pub fn with_suites(mut self, suites: Suites) -> Self {
        self.suites = suites;
        self
    }

    /// The same offer, said in another way.
    #[must_use]
    pub fn shaped(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// True for the hello that only SSL 2 reads.
    #[must_use]
    pub fn is_ssl2(&self) -> bool {
        self.highest() == Version::Ssl2
    }

    fn highest(&self) -> Version {
        self.versions.iter().copied().max().unwrap_or(Version::Tls12)
    }
}

/// The complete record of the hello. `session_id` is used where TLS 1.3 is offered (middlebox compatibility), and not below.
#[must_use]
pub fn client_hello(offer: &Offer, random: &[u8; 32], session_id: &[u8; 32]) -> Vec<u8> {
    let highest = offer.highest();
    if highest == Version::Ssl2 {
        return ssl2_hello(random);
    }
    let shape = &offer.shape;
    let mut body = Vec::with_capacity(1024);
    let legacy_version = shape.legacy_version.unwrap_or(highest.min(Version::Tls12).wire());
    body.extend(legacy_version.to_be_bytes());
    body.extend(random);
    let session_id: &[u8] = if highest == Version::Tls13 { session_id } else { &[] };
    body.extend(short_vector(session_id));
    let mut suites = offer.suites.list(&offer.versions);
    if offer.versions.iter().any(|version| *version < Version::Tls13) {
        suites.push(RENEGOTIATION);
    }
    if shape.asks(Extra::Fallback) {
        suites.push(FALLBACK);
    }
    body.extend(vector(&numbers(&suites)));
    // Deflate comes first, so that a server that knows it has a reason to take it; null always stands beside it.
    body.extend(short_vector(if shape.asks(Extra::Deflate) { &[1, 0] } else { &[0] }));
    if highest > Version::Ssl3 {
        let extensions = extensions(offer, highest);
        let padding = padding(body.len() + 2 + extensions.len(), shape.length);
        body.extend(vector(&[extensions, padding].concat()));
    }
    let mut message = vec![CLIENT_HELLO, 0];
    message.extend(length(&body));
    message.extend(body);
    let record_version = if highest == Version::Ssl3 { Version::Ssl3 } else { Version::Tls10 };
    let size = shape.record_size.unwrap_or(message.len()).max(1);
    let records = message.chunks(size).map(|part| {
        let header = [vec![HANDSHAKE_RECORD], record_version.wire().to_be_bytes().to_vec()].concat();
        [header, vector(part)].concat()
    });
    records.collect::<Vec<_>>().concat()
}

/// The hello of SSL 2: a two-byte header, seven suites of three bytes, no session, sixteen bytes of challenge.
fn ssl2_hello(random: &[u8; 32]) -> Vec<u8> {
    const SUITES: [[u8; 3]; 7] =
        [[1, 0, 0x80], [2, 0, 0x80], [3, 0, 0x80], [4, 0, 0x80], [5, 0, 0x80], [6, 0, 0x40], [7, 0, 0xc0]];
    const CHALLENGE: usize = 16;
    let message =
        [&[1, 0, 2, 0, 21, 0, 0, 0, 16][..], SUITES.concat().as_slice(), random.get(..CHALLENGE).unwrap_or_default()].concat();
    let [high, low] = length(&message);
    [vec![high | 0x80, low], message].concat()
}

fn extensions(offer: &Offer, highest: Version) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(name) = name_for_sni(&offer.server_name) {
        let entry = [vec![0], vector(name.as_bytes())].concat();
        out.extend(extension(0, &vector(&entry)));
    }
    if offer.versions.iter().any(|version| *version < Version::Tls13) {
        out.extend(extension(23, &[])); // extended_master_secret; not last, some servers hang on an empty last extension
        out.extend(extension(11, &short_vector(&[0])));
    }
    let shape = &offer.shape;
    let mut groups = GROUPS.to_vec();
    if highest == Version::Tls13 {
        groups.push(0x11ec); // X25519MLKEM768
        let future = shape.asks(Extra::FutureVersion).then_some(0x0305);
        let asked: Vec<u16> = offer.versions.iter().filter(|v| **v > Version::Ssl3).map(|v| v.wire()).rev().collect();
        let asked: Vec<u16> = future.into_iter().chain(asked).collect();
        out.extend(extension(43, &short_vector(&numbers(&asked))));
        // No key share: a server that speaks TLS 1.3 answers HelloRetryRequest, and we need no key of our own.
        out.extend(extension(51, &vector(&[])));
    }
    for (extra, kind, content) in [
        (Extra::StatusRequest, 5, &[1, 0, 0, 0, 0][..]),
        (Extra::EncryptThenMac, 22, &[]),
        (Extra::TruncatedHmac, 4, &[]),
        (Extra::SessionTicket, 35, &[]),
    ] {
        if shape.asks(extra) {
            out.extend(extension(kind, content));
        }
    }
    if !shape.alpn.is_empty() {
        let names: Vec<u8> = shape.alpn.iter().flat_map(|name| short_vector(name.as_bytes())).collect();
        out.extend(extension(16, &vector(&names)));
    }
    if highest >= Version::Tls12 {
        let algorithms = shape.signature_algorithms.as_deref().unwrap_or(&SIGNATURE_ALGORITHMS);
        out.extend(extension(13, &vector(&numbers(algorithms))));
    }
    out.extend(extension(10, &vector(&numbers(shape.groups.as_ref().unwrap_or(&groups)))));
    out
}

/// The groups that are offered up to TLS 1.2, and with one more in TLS 1.3.
pub(super) const GROUPS: [u16; 7] = [0x001d, 0x0017, 0x0018, 0x0019, 0x001e, 0x0100, 0x0101];

pub(super) const SIGNATURE_ALGORITHMS: [u16; 17] = [
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601, 0x0203,
    0x0201, 0x0402,
];

/// The padding extension that takes a hello out of the lengths that some servers hang on, or to the length that is wanted.
fn padding(body_so_far: usize, wanted: Option<usize>) -> Vec<u8> {
    const HEADERS: usize = 9; // of the record and of the message
    const LONGEST: usize = 16_000; // one record holds it
    if let Some(wanted) = wanted {
        let fill = wanted.min(LONGEST).checked_sub(body_so_far + HEADERS + 4);
        return fill.map_or_else(Vec::new, |fill| extension(21, &vec![0; fill]));
    }
    if body_so_far + HEADERS < 256 || body_so_far >= SAFE_BODY {
        return Vec::new();
    }
    let fill = (SAFE_BODY - body_so_far).saturating_sub(4).max(1);
    extension(21, &vec![0; fill])
}

/// The name as it may stand in `server_name`: no address, no trailing dot, nothing that is not a DNS name.
fn name_for_sni(name: &str) -> Option<&str> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    (!is_address && DnsName::try_from(name).is_ok()).then_some(name)
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [kind.to_be_bytes().to_vec(), vector(content)].concat()
}

fn numbers(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn vector(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 2);
    out.extend(length(content));
    out.extend(content);
    out
}

fn short_vector(content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    let mut out = vec![length];
    out.extend(content.iter().take(usize::from(length)));
    out
}

/// Every length here is bounded: at most 60 suites and a `server_name` of 253 characters.
fn length(content: &[u8]) -> [u8; 2] {
    u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tls_parser::{TlsClientHelloContents, TlsExtension, TlsMessage, TlsMessageHandshake};

    use super::*;

    const SERVER_NAME: u16 = 0;
    const SIGNATURES: u16 = 13;
    const SUPPORTED_VERSIONS: u16 = 43;

    fn parsed<T>(record: &[u8], look: impl FnOnce(u16, &TlsClientHelloContents<'_>) -> T) -> T {
        let (rest, record) = tls_parser::parse_tls_plaintext(record).expect("a record");
        assert!(rest.is_empty());
        let [TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello))] = record.msg.as_slice() else {
            panic!("one ClientHello")
        };
        look(record.hdr.version.0, hello)
    }

    fn extensions_of(hello: &TlsClientHelloContents<'_>) -> Vec<u16> {
        let Some(bytes) = hello.ext else { return Vec::new() };
        let (rest, list) = tls_parser::parse_tls_client_hello_extensions(bytes).expect("extensions");
        assert!(rest.is_empty());
        list.iter().map(|one| tls_parser::TlsExtensionType::from(one).0).collect()
    }

    #[test]
    fn ssl_3_has_its_own_record_version_and_no_extensions() {
        let bytes = client_hello(&Offer::new("payer.example", &[Version::Ssl3]), &[1; 32], &[2; 32]);
        parsed(&bytes, |record, hello| {
            assert_eq!(record, 0x0300);
            assert_eq!(hello.version.0, 0x0300);
            assert_eq!(hello.ext, None);
            assert_eq!(hello.comp.len(), 1);
        });
    }

    #[test]
    fn tls_1_0_names_no_signature_algorithms_and_no_supported_versions() {
        let bytes = client_hello(&Offer::new("payer.example", &[Version::Tls10]), &[1; 32], &[2; 32]);
        parsed(&bytes, |_, hello| {
            assert_eq!(hello.version.0, 0x0301);
            let kinds = extensions_of(hello);
            assert!(kinds.contains(&SERVER_NAME), "{kinds:?}");
            assert!(!kinds.contains(&SIGNATURES) && !kinds.contains(&SUPPORTED_VERSIONS), "{kinds:?}");
            assert!(hello.ciphers.iter().any(|suite| suite.0 == RENEGOTIATION));
        });
    }

    #[test]
    fn tls_1_3_alone_has_an_empty_key_share_and_names_only_1_3() {
        let bytes = client_hello(&Offer::new("payer.example", &[Version::Tls13]), &[1; 32], &[2; 32]);
        parsed(&bytes, |_, hello| {
            let (_, list) = tls_parser::parse_tls_client_hello_extensions(hello.ext.expect("extensions")).expect("they parse");
            assert!(list.iter().any(|one| matches!(one, TlsExtension::KeyShare([0, 0]))), "{list:?}");
            let versions = list.iter().find_map(|one| match one {
                TlsExtension::SupportedVersions(versions) => Some(versions.iter().map(|v| v.0).collect::<Vec<_>>()),
                _ => None,
            });
            assert_eq!(versions, Some(vec![0x0304]));
            assert!(!hello.ciphers.iter().any(|suite| suite.0 == RENEGOTIATION));
            assert_eq!(hello.session_id, Some([2; 32].as_slice()));
        });
    }

    #[test]
    fn an_address_is_never_sent_as_server_name() {
        for name in ["192.0.2.1", "2001:db8::1", "[2001:db8::1]", "", "bad name"] {
            assert_eq!(name_for_sni(name), None, "{name}");
        }
        assert_eq!(name_for_sni("payer.example."), Some("payer.example"));
    }

    proptest! {
        #[test]
        fn every_hello_parses_and_avoids_the_lengths_that_servers_hang_on(
            chosen in proptest::sample::subsequence(Version::ALL.to_vec(), 1..=5),
            name in "[a-z0-9]{0,60}(\\.[a-z0-9]{1,60}){0,3}|[0-9.]{0,16}|\\PC{0,40}",
            suites in prop_oneof![
                Just(Suites::Modern), Just(Suites::Broad), Just(Suites::Legacy),
                proptest::collection::vec(1u16..0x1300, 0..200).prop_map(Suites::Exactly)
            ],
        ) {
            let highest = *chosen.last().expect("at least one");
            let offer = Offer { server_name: name, versions: chosen.clone(), suites, shape: Shape::default() };
            let bytes = client_hello(&offer, &[7; 32], &[9; 32]);
            for size in [bytes.len(), bytes.len() - 5, bytes.len() - 9] {
                prop_assert!(!(256..=511).contains(&size), "{size}");
            }
            parsed(&bytes, |_, hello| {
                assert_eq!(hello.version.0, highest.wire().min(0x0303));
                assert_eq!(hello.random, &[7; 32]);
                assert!(hello.ciphers.len() <= 60);
                let mut kinds = extensions_of(hello);
                assert_eq!(kinds.contains(&SUPPORTED_VERSIONS), highest == Version::Tls13, "{kinds:?}");
                assert_eq!(kinds.contains(&SIGNATURES), highest >= Version::Tls12, "{kinds:?}");
                let count = kinds.len();
                kinds.sort_unstable();
                kinds.dedup();
                assert_eq!(kinds.len(), count, "an extension twice is answered with alert 47");
            });
        }
    }
}
