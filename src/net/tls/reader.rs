//! Reads the first answer of a server: records, alerts and the `ServerHello`, from any bytes at all.
//!
//! Does no I/O, never panics, keeps no more than its limit. It says what was seen and concludes nothing.

use super::{ConnectFailure, Limits, Version, alert_name};
use crate::vocabulary::escape;

/// The random of a `ServerHello` that is a `HelloRetryRequest`.
const HELLO_RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a,
    0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];
const MOST_RECORD: usize = (1 << 14) + 2048;
const MOST_SERVER_HELLO: usize = 16 * 1024;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
/// How much of an answer that is not TLS is kept to be shown.
pub(super) const SEEN: usize = 64;

/// What one hello was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A `ServerHello`, or a `HelloRetryRequest`, which also settles version and suite.
    ServerHello {
        /// The version chosen by the server.
        version: Version,
        /// The cipher suite chosen by the server.
        suite: u16,
        /// True for a `HelloRetryRequest`.
        hello_retry: bool,
    },
    /// A fatal alert.
    Alert {
        /// Always 2; kept for the record.
        level: u8,
        /// The number of the alert.
        description: u8,
    },
    /// The server closed the connection without an answer.
    Closed,
    /// The server reset the connection without an answer.
    Reset,
    /// Nothing came until the deadline.
    Silent,
    /// The first bytes are those of another protocol.
    NotTls {
        /// The first bytes, at most 64.
        seen: Vec<u8>,
    },
    /// TLS records with a content that no answer has.
    Malformed {
        /// What is wrong with it.
        why: String,
    },
    /// There was no connection.
    Unreachable(ConnectFailure),
}

impl Answer {
    /// The answer in words, for evidence and findings.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::ServerHello { version, suite, hello_retry } => {
                let kind = if *hello_retry { "HelloRetryRequest" } else { "ServerHello" };
                format!("{kind} with {} and cipher suite {suite:#06x}", version.title())
            }
            Self::Alert { description, .. } => format!("alert {}", alert_name(*description)),
            Self::Closed => "connection closed without an answer".into(),
            Self::Reset => "connection reset without an answer".into(),
            Self::Silent => "no answer until the deadline".into(),
            Self::NotTls { seen } => format!("bytes that are not TLS: {}", escape(&String::from_utf8_lossy(seen))),
            Self::Malformed { why } => format!("malformed TLS: {why}"),
            Self::Unreachable(failure) => failure.to_string(),
        }
    }
}

/// How the stream of bytes ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// FIN
    Closed,
    /// RST, or a write to a closed connection
    Reset,
    /// Our deadline
    Deadline,
}

/// Takes bytes as they come and stops at the first answer.
#[derive(Debug)]
pub struct Reader {
    limits: Limits,
    ssl2: bool,
    received: Vec<u8>,
    at: usize,
    handshake: Vec<u8>,
    alerts: Vec<u8>,
    warnings: Vec<u8>,
}

impl Reader {
    /// A reader that keeps at most `limits.bytes`.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            ssl2: false,
            received: Vec::new(),
            at: 0,
            handshake: Vec::new(),
            alerts: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// A reader of what comes back to a hello of SSL 2: its own `SERVER-HELLO`, or what later versions refuse with.
    #[must_use]
    pub fn of_ssl2(limits: &Limits) -> Self {
        Self { ssl2: true, ..Self::new(limits) }
    }

    /// Everything received so far, and the warning alerts that were skipped.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, Vec<u8>) {
        (self.received, self.warnings)
    }

    /// The bytes received so far.
    #[must_use]
    pub fn received(&self) -> &[u8] {
        &self.received
    }

    /// Takes more bytes; an answer ends the reading.
    pub fn push(&mut self, bytes: &[u8]) -> Option<Answer> {
        let room = self.limits.bytes.saturating_sub(self.received.len());
        self.received.extend(&bytes[..bytes.len().min(room)]);
        loop {
            match self.next_record() {
                Ok(Some(())) => {}
                Ok(None) => break,
                Err(answer) => return Some(answer),
            }
        }
        (bytes.len() > room).then(|| malformed(format!("no ServerHello within {} bytes", self.limits.bytes)))
    }

    /// What the end of the stream makes of the bytes so far.
    #[must_use]
    pub fn end(&self, ending: Ending) -> Answer {
        let pending = self.received.len() - self.at + self.handshake.len() + self.alerts.len();
        if pending > 0 {
            let how = match ending {
                Ending::Closed => "closed",
                Ending::Reset => "reset",
                Ending::Deadline => "still incomplete at the deadline",
            };
            return malformed(format!("{how} in the middle of an answer, after {} bytes", self.received.len()));
        }
        match ending {
            Ending::Closed => Answer::Closed,
            Ending::Reset => Answer::Reset,
            Ending::Deadline => Answer::Silent,
        }
    }

    fn next_record(&mut self) -> Result<Option<()>, Answer> {
        let rest = &self.received[self.at..];
        let Some(kind) = rest.first().copied() else { return Ok(None) };
        if self.ssl2 && self.at == 0 && kind & 0x80 != 0 {
            return ssl2_answer(rest);
        }
        let is_tls = (0x14..=0x18).contains(&kind) && rest.get(1).is_none_or(|major| *major == 3);
        if !is_tls && self.at == 0 {
            return Err(Answer::NotTls { seen: self.received.iter().copied().take(SEEN).collect() });
        }
        if !is_tls {
            return Err(malformed(format!("a record begins with byte {kind}")));
        }
        let Some(&[high, low]) = rest.get(3..5) else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > MOST_RECORD {
            return Err(malformed(format!("a record of {length} bytes")));
        }
        let Some(content) = rest.get(5..5 + length) else { return Ok(None) };
        match kind {
            ALERT => self.alerts.extend(content),
            HANDSHAKE => self.handshake.extend(content),
            _ => return Err(malformed(format!("a record of type {kind} before the ServerHello"))),
        }
        self.at += 5 + length;
        self.read_alerts()?;
        self.read_handshake()?;
        Ok(Some(()))
    }

    fn read_alerts(&mut self) -> Result<(), Answer> {
        while let Some(&[level, description]) = self.alerts.get(..2) {
            self.alerts.drain(..2);
            match level {
                1 if self.warnings.len() < self.limits.warnings => self.warnings.push(description),
                1 => return Err(malformed(format!("more than {} warning alerts", self.limits.warnings))),
                2 => return Err(Answer::Alert { level, description }),
                _ => return Err(malformed(format!("an alert of level {level}"))),
            }
        }
        Ok(())
    }

    fn read_handshake(&mut self) -> Result<(), Answer> {
        while let Some(&[kind, high, middle, low]) = self.handshake.get(..4) {
            let length = usize::try_from(u32::from_be_bytes([0, high, middle, low])).unwrap_or(usize::MAX);
            match kind {
                0 if length == 0 => {
                    self.handshake.drain(..4); // HelloRequest: may be sent at any time, and ignored
                }
                2 if length <= MOST_SERVER_HELLO => {
                    let Some(body) = self.handshake.get(4..4 + length) else { return Ok(()) };
                    return Err(server_hello(body).unwrap_or_else(|why| malformed(format!("a ServerHello with {why}"))));
                }
                2 => return Err(malformed(format!("a ServerHello of {length} bytes"))),
                _ => return Err(malformed(format!("a handshake message of type {kind} before the ServerHello"))),
            }
        }
        Ok(())
    }
}

/// A `SERVER-HELLO` of SSL 2: header, message type, session hit, certificate type, version. Its body tells nothing more here.
fn ssl2_answer(bytes: &[u8]) -> Result<Option<()>, Answer> {
    match *bytes {
        [_, _, 4, _, _, 0, 2, ..] => Err(Answer::ServerHello { version: Version::Ssl2, suite: 0, hello_retry: false }),
        [_, _, 4] | [_, _, 4, _] | [_, _, 4, _, _] | [_, _, 4, _, _, 0] | [_] | [_, _] => Ok(None),
        [_, _, 0, ..] => Err(malformed("an error message of SSL 2".into())),
        _ => Err(Answer::NotTls { seen: bytes.iter().copied().take(SEEN).collect() }),
    }
}

fn malformed(why: String) -> Answer {
    Answer::Malformed { why }
}

fn server_hello(body: &[u8]) -> Result<Answer, &'static str> {
    let mut rest = body;
    let legacy_version = number(&mut rest)?;
    let hello_retry = take(&mut rest, 32)? == HELLO_RETRY;
    let session_id_length = usize::from(take(&mut rest, 1)?[0]);
    if session_id_length > 32 {
        return Err("a session id of more than 32 bytes");
    }
    take(&mut rest, session_id_length)?;
    let suite = number(&mut rest)?;
    take(&mut rest, 1)?;
    let selected = if rest.is_empty() { None } else { selected_version(rest)? };
    let Some(version) = Version::from_wire(selected.unwrap_or(legacy_version)) else { return Err("an unknown version") };
    if version == Version::Tls13 && selected.is_none() {
        return Err("TLS 1.3 as its legacy version");
    }
    Ok(Answer::ServerHello { version, suite, hello_retry })
}

/// The version in `supported_versions`, the only place where TLS 1.3 is named.
fn selected_version(mut rest: &[u8]) -> Result<Option<u16>, &'static str> {
    let length = usize::from(number(&mut rest)?);
    let mut extensions = take(&mut rest, length)?;
    if !rest.is_empty() {
        return Err("bytes after its extensions");
    }
    let mut selected = None;
    while !extensions.is_empty() {
        let kind = number(&mut extensions)?;
        let length = usize::from(number(&mut extensions)?);
        let mut content = take(&mut extensions, length)?;
        if kind == 43 {
            selected = Some(number(&mut content)?);
        }
    }
    Ok(selected)
}

fn number(rest: &mut &[u8]) -> Result<u16, &'static str> {
    let bytes = take(rest, 2)?;
    Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8], &'static str> {
    let Some((taken, left)) = rest.split_at_checked(count) else { return Err("too few bytes") };
    *rest = left;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::net::tls::scripted::{record, server_hello as hello, server_hello_13};

    fn read(bytes: &[u8]) -> Answer {
        let mut reader = Reader::new(&Limits::default());
        reader.push(bytes).unwrap_or_else(|| reader.end(Ending::Closed))
    }

    #[test]
    fn hello_retry_request_and_server_hello_are_told_apart() {
        let plain = read(&server_hello_13(false));
        let retry = read(&server_hello_13(true));
        assert_eq!(plain, Answer::ServerHello { version: Version::Tls13, suite: 0x1301, hello_retry: false });
        assert_eq!(retry, Answer::ServerHello { version: Version::Tls13, suite: 0x1301, hello_retry: true });
    }

    #[test]
    fn an_answer_cut_into_records_and_chunks_of_one_byte_is_read_as_if_whole() {
        let whole = hello(Version::Tls11);
        let pieces: Vec<u8> = whole[5..].iter().flat_map(|byte| record(22, &[*byte])).collect();
        let mut reader = Reader::new(&Limits::default());
        let answer = pieces.iter().find_map(|byte| reader.push(&[*byte]));
        assert_eq!(answer, Some(read(&whole)));
        let alert: Vec<u8> = [2, 70].iter().flat_map(|byte| record(21, &[*byte])).collect();
        assert_eq!(read(&alert), Answer::Alert { level: 2, description: 70 });
    }

    #[test]
    fn h06_endless_warnings_oversized_lengths_and_half_answers_are_malformed() {
        let warnings = record(21, &[1, 112]).repeat(17);
        let oversized = [22, 3, 3, 0xff, 0xff, 0];
        let long_hello = record(22, &[2, 0xff, 0xff, 0xff]);
        let flood = record(22, &[0, 0, 0, 0]).repeat(8000);
        let half = &hello(Version::Tls12)[..20];
        for bytes in [&warnings[..], &oversized, &long_hello, &flood, half, &record(23, b"data"), &record(22, &[11, 0, 0, 0])] {
            assert!(matches!(read(bytes), Answer::Malformed { .. }), "{:?}", read(bytes));
        }
    }

    #[test]
    fn other_protocols_are_shown_and_not_taken_for_tls() {
        for bytes in [&b"HTTP/1.1 400 Bad Request"[..], b"SSH-2.0-x", &[0x16, 0x02, 0, 0, 0], &[0x80, 0x2e, 4]] {
            let Answer::NotTls { seen } = read(bytes) else { panic!("{:?}", read(bytes)) };
            assert_eq!(seen, bytes);
        }
    }

    #[test]
    fn the_server_hello_of_ssl_2_is_known_by_its_own_form_and_only_where_it_was_asked_for() {
        let bytes = [0x80, 0x2e, 4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 16];
        let mut reader = Reader::of_ssl2(&Limits::default());
        let answer = bytes.iter().find_map(|byte| reader.push(&[*byte]));
        assert_eq!(answer, Some(Answer::ServerHello { version: Version::Ssl2, suite: 0, hello_retry: false }));
        assert!(matches!(read(&bytes), Answer::NotTls { .. }));
        let mut reader = Reader::of_ssl2(&Limits::default());
        assert_eq!(reader.push(&record(21, &[2, 70])), Some(Answer::Alert { level: 2, description: 70 }));
    }

    #[test]
    fn a_version_nobody_registered_is_malformed_and_never_negotiated() {
        let mut draft = server_hello_13(false);
        let at = draft.len() - 2;
        draft[at..].copy_from_slice(&[0x7f, 0x1c]);
        assert!(matches!(read(&draft), Answer::Malformed { .. }));
        let mut legacy = hello(Version::Tls12);
        legacy[10] = 4;
        assert!(matches!(read(&legacy), Answer::Malformed { .. }));
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_chunks_are_read_without_panic_and_within_the_limit(
            bytes in proptest::collection::vec(any::<u8>(), 0..2000),
            prefix in prop_oneof![Just(vec![]), Just(vec![22, 3, 3]), Just(vec![22, 3, 3, 0, 80, 2, 0, 0, 76, 3, 3]), Just(vec![21, 3, 1])],
            chunk in 1usize..50,
        ) {
            let limits = Limits { bytes: 500, ..Limits::default() };
            let mut reader = Reader::new(&limits);
            let all = [prefix, bytes].concat();
            let answer = all.chunks(chunk).find_map(|chunk| reader.push(chunk)).unwrap_or_else(|| reader.end(Ending::Deadline));
            prop_assert!(reader.received().len() <= 500);
            prop_assert!(!answer.describe().is_empty());
            // The chunks do not change what is read, save how much of a foreign protocol was there to show.
            let mut whole = Reader::new(&limits);
            let at_once = whole.push(&all).unwrap_or_else(|| whole.end(Ending::Deadline));
            prop_assert_eq!(std::mem::discriminant(&answer), std::mem::discriminant(&at_once));
        }
    }
}
