//! Reads the `ClientHello` of a connection: as much of it as the scripts need, and every byte kept for the real stack.

use tokio::io::{AsyncRead, AsyncReadExt};

/// The most that is read while looking for the hello.
const LIMIT: usize = 64 * 1024;
const SUPPORTED_VERSIONS: u16 = 43;

/// The highest version that a peer offers, and its suites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClientHello {
    /// As on the wire: `0x0303` is TLS 1.2. An SSL 2 hello counts as the version it names.
    pub(super) highest: u16,
    pub(super) suites: Vec<u16>,
    /// The compression methods.
    pub(super) compressions: Vec<u8>,
    /// The extensions, by number.
    pub(super) extensions: Vec<u16>,
    /// The length of its message.
    pub(super) length: usize,
    /// True when `supported_versions` or the fixed part names a version that does not exist yet.
    pub(super) names_future: bool,
}

impl ClientHello {
    /// A hello of this version of which nothing else is known.
    fn bare(highest: u16) -> Self {
        Self { highest, suites: Vec::new(), compressions: Vec::new(), extensions: Vec::new(), length: 0, names_future: false }
    }
}

/// Reads until the hello is complete or cannot be one. All bytes read come back, with the hello if there is one.
pub(super) async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> (Vec<u8>, Option<ClientHello>) {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        match parse(&bytes) {
            Parsed::Hello(hello) => return (bytes, Some(hello)),
            Parsed::NotOne => return (bytes, None),
            Parsed::Incomplete if bytes.len() > LIMIT => return (bytes, None),
            Parsed::Incomplete => {}
        }
        match stream.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return (bytes, None),
            Ok(_) => {}
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Parsed {
    Incomplete,
    NotOne,
    Hello(ClientHello),
}

fn parse(bytes: &[u8]) -> Parsed {
    match bytes.first() {
        None => return Parsed::Incomplete,
        Some(22) => {}
        Some(first) if first & 0x80 != 0 => return parse_ssl2(bytes),
        Some(_) => return Parsed::NotOne,
    }
    let mut message = Vec::new();
    let mut rest = bytes;
    while let [22, _, _, high, low, tail @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let available = length.min(tail.len());
        message.extend_from_slice(&tail[..available]);
        rest = &tail[available..];
        if let [1, a, b, c, body @ ..] = message.as_slice() {
            let wanted = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            if body.len() >= wanted {
                return parse_body(&body[..wanted]).map_or(Parsed::NotOne, Parsed::Hello);
            }
        } else if message.first().is_some_and(|kind| *kind != 1) {
            return Parsed::NotOne;
        }
    }
    if rest.first().is_some_and(|kind| *kind != 22) { Parsed::NotOne } else { Parsed::Incomplete }
}

fn parse_ssl2(bytes: &[u8]) -> Parsed {
    match bytes {
        [_, _, 1, major, minor, ..] => Parsed::Hello(ClientHello::bare(u16::from_be_bytes([*major, *minor]))),
        [_, _, kind, ..] if *kind != 1 => Parsed::NotOne,
        _ => Parsed::Incomplete,
    }
}

fn parse_body(body: &[u8]) -> Option<ClientHello> {
    let mut reader = Reader(body);
    let legacy = reader.number()?;
    reader.take(32)?;
    let session = reader.byte()?;
    reader.take(session.into())?;
    let suite_bytes = reader.number()?;
    let suites = reader.take(suite_bytes.into())?.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    let compression = reader.byte()?;
    let compressions = reader.take(compression.into())?.to_vec();
    let mut kinds = Vec::new();
    let mut names_future = legacy > 0x0303;
    let mut highest = legacy;
    if let Some(length) = reader.number() {
        let mut extensions = Reader(reader.take(length.into())?);
        while let Some(kind) = extensions.number() {
            let length = extensions.number()?;
            let content = extensions.take(length.into())?;
            kinds.push(kind);
            if kind == SUPPORTED_VERSIONS {
                let versions = content.get(1..).unwrap_or_default().chunks_exact(2);
                let known = versions
                    .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                    .filter(|version| (0x0300..=0x0304).contains(version));
                highest = known.max().unwrap_or(legacy);
                names_future |= content.get(1..).unwrap_or_default().chunks_exact(2).any(|pair| pair == [3, 5]);
            }
        }
    }
    Some(ClientHello { highest, suites, compressions, extensions: kinds, length: body.len() + 4, names_future })
}

/// Takes big-endian numbers and slices from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_hello_waits_for_more_and_other_bytes_are_no_hello() {
        assert_eq!(parse(b"GET / HTTP/1.1\r\n"), Parsed::NotOne);
        assert_eq!(parse(&[22, 3, 1, 0, 50, 1, 0, 0, 46]), Parsed::Incomplete);
        assert_eq!(parse(&[0x80, 0x2e, 1, 0, 2, 0]), Parsed::Hello(ClientHello::bare(2)));
    }
}
