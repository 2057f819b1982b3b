//! Every hello that can be asked for is one message that another parser reads whole, and of no length that servers hang on
//! unless that length was asked for.
#![no_main]

use arbitrary::Arbitrary;
use carinbb_fuzz::net::tls::{Extra, Offer, Shape, Suites, Version, client_hello};
use libfuzzer_sys::fuzz_target;
use tls_parser::{TlsMessage, TlsMessageHandshake};

const EXTRAS: [Extra; 8] = [
    Extra::Deflate,
    Extra::StatusRequest,
    Extra::EncryptThenMac,
    Extra::TruncatedHmac,
    Extra::SessionTicket,
    Extra::Fallback,
    Extra::FutureVersion,
    Extra::WholeFlight,
];
/// As many numbers as any list of ours has, and some more.
const MOST_NUMBERS: usize = 64;
/// `signalling` values come on top of the sixty suites that some servers count.
const MOST_SUITES: usize = 62;

/// Somewhat more than the longest hello that is asked for, and the smallest records.
const LONGEST: usize = 4_200;
const SMALLEST_RECORD: usize = 16;

#[derive(Debug, Arbitrary)]
struct Wanted {
    versions: u8,
    extras: u8,
    kind: u8,
    ssl2: bool,
    length: Option<u16>,
    record_size: Option<u8>,
    legacy_version: Option<u16>,
    random: [u8; 32],
    session: [u8; 32],
    groups: Option<Vec<u16>>,
    signature_algorithms: Option<Vec<u16>>,
    alpn: Vec<String>,
    suites: Option<Vec<u16>>,
    name: String,
}

fuzz_target!(|wanted: Wanted| {
    let is_in = |bits: u8, at: usize| bits >> at & 1 == 1;
    let mut versions: Vec<Version> =
        Version::ALL.into_iter().enumerate().filter(|(at, _)| is_in(wanted.versions, *at)).map(|(_, version)| version).collect();
    if versions.is_empty() && wanted.ssl2 {
        versions.push(Version::Ssl2);
    }
    let suites = match (wanted.suites, wanted.kind % 3) {
        (Some(suites), _) => Suites::Exactly(suites),
        (None, 0) => Suites::Modern,
        (None, 1) => Suites::Broad,
        (None, _) => Suites::Legacy,
    };
    let short = |numbers: Option<Vec<u16>>| numbers.map(|numbers| numbers.into_iter().take(MOST_NUMBERS).collect());
    let shape = Shape {
        extras: EXTRAS.into_iter().enumerate().filter(|(at, _)| is_in(wanted.extras, *at)).map(|(_, extra)| extra).collect(),
        groups: short(wanted.groups),
        signature_algorithms: short(wanted.signature_algorithms),
        alpn: wanted.alpn.into_iter().filter(|name| !name.is_empty()).take(4).collect(),
        legacy_version: wanted.legacy_version,
        length: wanted.length.map(|length| usize::from(length) % LONGEST),
        record_size: wanted.record_size.map(|size| usize::from(size).max(SMALLEST_RECORD)),
    };
    let is_one_record = shape.record_size.is_none();
    let may_be_odd = shape.length.is_some() || !is_one_record;
    let offer = Offer::new(wanted.name, &versions).with_suites(suites).shaped(shape);
    let bytes = client_hello(&offer, &wanted.random, &wanted.session);
    if offer.is_ssl2() {
        assert_eq!(bytes.len(), 2 + usize::from(bytes[0] & 0x7f) * 256 + usize::from(bytes[1]));
        return;
    }
    for size in [bytes.len(), bytes.len() - 5, bytes.len() - 9] {
        assert!(may_be_odd || !(256..=511).contains(&size), "{size}");
    }
    let (message, count) = joined(&bytes);
    assert!(message.len() < 20_000 && (!is_one_record || count == 1));
    let (rest, read) = tls_parser::parse_tls_message_handshake(&message).expect("it is a handshake message");
    let TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello)) = read else { panic!("it is a ClientHello") };
    assert!(rest.is_empty() && hello.ciphers.len() <= MOST_SUITES && hello.comp.iter().any(|method| method.0 == 0));
    if let Some(extensions) = hello.ext {
        let mut rest = extensions;
        let mut kinds = Vec::new();
        while let [a, b, c, d, after @ ..] = rest {
            kinds.push(u16::from_be_bytes([*a, *b]));
            rest = after.get(usize::from(u16::from_be_bytes([*c, *d]))..).expect("an extension ends within the list");
        }
        assert!(rest.is_empty());
        let count = kinds.len();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), count, "an extension stands there twice");
    }
});

/// The content of the records, joined, and their number.
fn joined(bytes: &[u8]) -> (Vec<u8>, usize) {
    let (mut rest, mut message, mut count) = (bytes, Vec::new(), 0);
    while let [kind, 3, 0 | 1, high, low, after @ ..] = rest {
        assert_eq!(*kind, 22);
        let (content, next) = after.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        message.extend(content);
        (rest, count) = (next, count + 1);
    }
    assert!(rest.is_empty());
    (message, count)
}
