//! The first flight of a server, as far as it can be read: `ServerHello`, certificate, stapled answer, key exchange.
//!
//! Up to TLS 1.2 all of it is in the clear; of TLS 1.3 only the `ServerHello` or `HelloRetryRequest` is. Reads any bytes without
//! a panic and says what was there, not whether it should have been.

use super::Version;

const HANDSHAKE: u8 = 22;
const SUPPORTED_VERSIONS: u16 = 43;
const KEY_SHARE: u16 = 51;
/// The most certificates that are kept.
const MOST_CERTIFICATES: usize = 16;

/// How the server offers to agree on a key, up to TLS 1.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyExchange {
    /// Finite-field Diffie-Hellman with a prime of so many bits.
    Dhe {
        /// The length of the prime without leading zeros.
        bits: usize,
    },
    /// Diffie-Hellman on this named group.
    Ecdhe {
        /// Its number; 0 for curves that are not named.
        group: u16,
    },
    /// Something else, such as a key hint or an export key.
    Other,
}

/// What the first flight showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flight {
    /// The version.
    pub version: Version,
    /// The cipher suite.
    pub suite: u16,
    /// The compression method; 0 is none.
    pub compression: u8,
    /// The extensions of the `ServerHello`, in order.
    pub extensions: Vec<(u16, Vec<u8>)>,
    /// The certificates in DER, leaf first.
    pub certificates: Vec<Vec<u8>>,
    /// The OCSP response that came with the certificate.
    pub stapled: Option<Vec<u8>>,
    /// The key exchange, where there is a message for it.
    pub key_exchange: Option<KeyExchange>,
    /// The signature scheme of the key exchange, from TLS 1.2 on.
    pub signature: Option<u16>,
    /// True if the server asked for a certificate of the client.
    pub asks_for_certificate: bool,
    /// True once `ServerHelloDone` was read: all of the above is known then.
    pub is_whole: bool,
    /// The number of handshake records that it came in.
    pub records: usize,
}

impl Flight {
    /// Reads what there is. Nothing if the bytes do not begin with a readable `ServerHello`.
    #[must_use]
    pub fn read(received: &[u8]) -> Option<Self> {
        let (stream, records) = handshake_bytes(received);
        let mut rest = Cursor(&stream);
        let mut flight: Option<Self> = None;
        while let Some((kind, body)) = message(&mut rest) {
            match (kind, &mut flight) {
                (0, _) => {}
                (2, None) => flight = Some(server_hello(body)?),
                (_, None) => return None,
                (11, Some(flight)) => flight.certificates = certificates(body).unwrap_or_default(),
                (12, Some(flight)) => flight.key_exchange(body),
                (13, Some(flight)) => flight.asks_for_certificate = true,
                (14, Some(flight)) => {
                    flight.is_whole = true;
                    break;
                }
                (22, Some(flight)) => flight.stapled = stapled(body),
                (4, Some(_)) => {}
                _ => break,
            }
        }
        flight.map(|flight| Self { records, ..flight })
    }

    /// The content of an extension of the `ServerHello`.
    #[must_use]
    pub fn extension(&self, kind: u16) -> Option<&[u8]> {
        self.extensions.iter().find(|(own, _)| *own == kind).map(|(_, content)| content.as_slice())
    }

    /// The group that a `ServerHello` or `HelloRetryRequest` of TLS 1.3 names.
    #[must_use]
    pub fn key_share_group(&self) -> Option<u16> {
        Cursor(self.extension(KEY_SHARE)?).number()
    }

    /// The application protocol that was chosen in the clear.
    #[must_use]
    pub fn alpn(&self) -> Option<String> {
        let mut rest = Cursor(self.extension(16)?);
        rest.number()?;
        let length = usize::from(rest.byte()?);
        Some(String::from_utf8_lossy(rest.take(length)?).into_owned())
    }

    fn key_exchange(&mut self, body: &[u8]) {
        let mut rest = Cursor(body);
        let kind = tls_parser::TlsCipherSuite::from_id(self.suite).map(|suite| suite.kx);
        let read = match kind {
            Some(tls_parser::TlsCipherKx::Dhe | tls_parser::TlsCipherKx::Dh) => finite_field(&mut rest),
            Some(tls_parser::TlsCipherKx::Ecdhe | tls_parser::TlsCipherKx::Aecdh) => elliptic_curve(&mut rest),
            _ => None,
        };
        self.key_exchange = Some(read.unwrap_or(KeyExchange::Other));
        if self.version >= Version::Tls12 && self.key_exchange != Some(KeyExchange::Other) && !rest.0.is_empty() {
            self.signature = rest.number();
        }
    }
}

fn finite_field(rest: &mut Cursor<'_>) -> Option<KeyExchange> {
    let prime = rest.vector()?;
    rest.vector()?;
    rest.vector()?;
    let significant = prime.iter().position(|byte| *byte != 0).map_or(&[][..], |at| &prime[at..]);
    let first = significant.first().map_or(0, |byte| byte.leading_zeros() as usize);
    Some(KeyExchange::Dhe { bits: significant.len() * 8 - first })
}

fn elliptic_curve(rest: &mut Cursor<'_>) -> Option<KeyExchange> {
    const NAMED: u8 = 3;
    if rest.byte()? != NAMED {
        return Some(KeyExchange::Ecdhe { group: 0 });
    }
    let group = rest.number()?;
    let length = usize::from(rest.byte()?);
    rest.take(length)?;
    Some(KeyExchange::Ecdhe { group })
}

/// The content of the handshake records, joined, up to the first record of another kind that is no alert.
fn handshake_bytes(received: &[u8]) -> (Vec<u8>, usize) {
    let mut joined = Vec::new();
    let mut records = 0;
    let mut rest = Cursor(received);
    while let Some(kind) = rest.byte() {
        let Some(content) = rest.number().and_then(|_| rest.vector()) else { break };
        match kind {
            HANDSHAKE => {
                joined.extend(content);
                records += 1;
            }
            21 => {}
            _ => break,
        }
    }
    (joined, records)
}

fn message<'a>(rest: &mut Cursor<'a>) -> Option<(u8, &'a [u8])> {
    let kind = rest.byte()?;
    let length = rest.long()?;
    Some((kind, rest.take(length)?))
}

fn server_hello(body: &[u8]) -> Option<Flight> {
    let mut rest = Cursor(body);
    let legacy = rest.number()?;
    rest.take(32)?;
    let session = usize::from(rest.byte()?);
    rest.take(session)?;
    let suite = rest.number()?;
    let compression = rest.byte()?;
    let mut extensions = Vec::new();
    if let Some(content) = rest.vector() {
        let mut content = Cursor(content);
        while let Some(kind) = content.number() {
            extensions.push((kind, content.vector()?.to_vec()));
        }
    }
    let selected = extensions.iter().find(|(kind, _)| *kind == SUPPORTED_VERSIONS);
    let selected = selected.and_then(|(_, content)| Cursor(content).number());
    Some(Flight {
        version: Version::from_wire(selected.unwrap_or(legacy))?,
        suite,
        compression,
        extensions,
        certificates: Vec::new(),
        stapled: None,
        key_exchange: None,
        signature: None,
        asks_for_certificate: false,
        is_whole: false,
        records: 0,
    })
}

fn certificates(body: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = Cursor(body);
    let length = rest.long()?;
    let mut list = Cursor(rest.take(length)?);
    let mut found = Vec::new();
    while let Some(length) = list.long() {
        if found.len() == MOST_CERTIFICATES {
            break;
        }
        found.push(list.take(length)?.to_vec());
    }
    Some(found)
}

fn stapled(body: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Cursor(body);
    if rest.byte()? != 1 {
        return None;
    }
    let length = rest.long()?;
    Some(rest.take(length)?.to_vec()).filter(|response| !response.is_empty())
}

/// Takes big-endian numbers and slices from the front.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn long(&mut self) -> Option<usize> {
        self.take(3).map(|bytes| usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2]))
    }

    /// A slice behind its length in two bytes.
    fn vector(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(self.number()?);
        self.take(length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::net::tls::scripted::record;

    fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).expect("short").to_be_bytes();
        [&[kind][..], &length[1..], body].concat()
    }

    fn hello(suite: u16, compression: u8, extensions: &[u8]) -> Vec<u8> {
        let length = u16::try_from(extensions.len()).expect("short").to_be_bytes();
        let suite = suite.to_be_bytes();
        handshake(2, &[&[3, 3][..], &[7; 32], &[0], &suite, &[compression], &length, extensions].concat())
    }

    #[test]
    fn a_flight_with_a_short_dh_prime_is_read_to_its_end() {
        let prime = [&[0, 0][..], &[0x80], &[1; 127]].concat();
        let exchange = [&130u16.to_be_bytes()[..], &prime, &[0, 1, 2], &[0, 2, 9, 9], &[4, 1, 0, 2, 5, 5]].concat();
        let chain = [&[0, 0, 7][..], &[0, 0, 1, 0xaa], &[0, 0, 0]].concat();
        let messages = [
            hello(0x009e, 1, &[0xff, 1, 0, 1, 0, 0, 23, 0, 0]),
            handshake(11, &chain),
            handshake(22, &[1, 0, 0, 2, 7, 7]),
            handshake(12, &exchange),
            handshake(13, &[1, 1, 0, 0, 0, 0]),
            handshake(14, &[]),
        ]
        .concat();
        let bytes: Vec<u8> = messages.chunks(50).flat_map(|part| record(22, part)).collect();
        let flight = Flight::read(&bytes).expect("a flight");
        assert_eq!((flight.version, flight.suite, flight.compression), (Version::Tls12, 0x009e, 1));
        assert_eq!(flight.extension(0xff01), Some([0].as_slice()));
        assert_eq!(flight.extension(23), Some([].as_slice()));
        assert_eq!(flight.certificates, [vec![0xaa], vec![]]);
        assert_eq!(flight.stapled, Some(vec![7, 7]));
        assert_eq!(flight.key_exchange, Some(KeyExchange::Dhe { bits: 1024 }), "leading zeros do not count");
        assert_eq!(flight.signature, Some(0x0401));
        assert!(flight.asks_for_certificate && flight.is_whole);
        assert_eq!(flight.records, messages.len().div_ceil(50));
    }

    #[test]
    fn a_flight_that_breaks_off_keeps_what_was_said_and_is_not_whole() {
        let bytes = record(22, &hello(0xc02f, 0, &[]));
        let flight = Flight::read(&[bytes, vec![22, 3, 3, 1]].concat()).expect("a flight");
        assert!(!flight.is_whole && flight.certificates.is_empty() && flight.key_exchange.is_none());
        assert_eq!(Flight::read(&record(22, &handshake(11, &[0, 0, 0]))), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..600), suite in any::<u16>(), cut in 1usize..90,
        ) {
            let _ = Flight::read(&bytes);
            let stream = [hello(suite, 0, &[]), handshake(12, &bytes), handshake(11, &bytes), handshake(22, &bytes)].concat();
            let records: Vec<u8> = stream.chunks(cut).flat_map(|part| record(22, part)).collect();
            prop_assert!(Flight::read(&records).is_some());
        }
    }
}
