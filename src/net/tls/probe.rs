//! One connection, one hello, one answer.
//!
//! Keeps the bytes of both sides as evidence. Does not repeat and does not conclude: [`super::offer`] does.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::reader::SEEN;
use super::{Answer, Connect, ConnectFailure, Ending, Extra, Flight, Limits, Offer, Reader, Version, client_hello};

/// How long an answer that is not TLS may still show more of itself.
const CURIOSITY: Duration = Duration::from_millis(100);
/// Bytes that follow each other within this belong together.
const PAUSE: Duration = Duration::from_millis(3);
/// The most that is kept of a whole flight: a long chain in records of one byte fits.
const MOST_OF_A_FLIGHT: usize = 256 * 1024;

/// One hello and what came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What was offered.
    pub offer: Offer,
    /// What the server answered.
    pub answer: Answer,
    /// The hello, as sent; empty if there was no connection.
    pub sent: Vec<u8>,
    /// The bytes of the server up to the limit.
    pub received: Vec<u8>,
    /// The warning alerts that came before the answer.
    pub warnings: Vec<u8>,
    /// What can be read of the flight that began with a `ServerHello`.
    pub flight: Option<Flight>,
    /// True if the deadline ended it, whatever had come until then.
    pub timed_out: bool,
}

impl Probe {
    /// False if no connection was left to make.
    #[must_use]
    pub fn was_made(&self) -> bool {
        self.answer != Answer::Unreachable(ConnectFailure::Spent)
    }
}

/// Makes one connection, sends one hello and reads until there is an answer, the deadline or the byte limit.
pub async fn probe(connect: &dyn Connect, host: &str, port: u16, offer: &Offer, limits: &Limits) -> Probe {
    let deadline = Instant::now() + limits.deadline;
    let unreachable = |failure| Probe {
        offer: offer.clone(),
        timed_out: failure == ConnectFailure::TimedOut,
        answer: Answer::Unreachable(failure),
        sent: Vec::new(),
        received: Vec::new(),
        warnings: Vec::new(),
        flight: None,
    };
    let mut stream = match timeout_at(deadline, connect.connect(host, port)).await {
        Err(_) => return unreachable(ConnectFailure::TimedOut),
        Ok(Err(failure)) => return unreachable(failure),
        Ok(Ok(stream)) => stream,
    };
    let sent = client_hello(offer, &random_bytes(), &random_bytes());
    let mut reader = if offer.is_ssl2() { Reader::of_ssl2(limits) } else { Reader::new(limits) };
    let (mut answer, timed_out) = match timeout_at(deadline, exchange(&mut stream, &sent, &mut reader)).await {
        Ok(answer) => (answer, false),
        Err(_) => (reader.end(Ending::Deadline), true),
    };
    if let Answer::NotTls { seen } = &mut answer {
        let until = deadline.min(Instant::now() + CURIOSITY);
        *seen = more_of(&mut stream, reader.received(), until).await;
    }
    let (mut received, warnings) = reader.into_parts();
    let version = match answer {
        Answer::ServerHello { version, .. } => Some(version).filter(|version| *version != Version::Ssl2),
        _ => None,
    };
    if version.is_some_and(|version| version <= Version::Tls12) && offer.shape.asks(Extra::WholeFlight) {
        rest_of_flight(&mut stream, &mut received, deadline).await;
    }
    let flight = version.and_then(|_| Flight::read(&received));
    Probe { offer: offer.clone(), answer, sent, received, warnings, flight, timed_out }
}

/// Reads on until the flight is whole, the server stops, or the deadline.
async fn rest_of_flight(stream: &mut TcpStream, received: &mut Vec<u8>, deadline: Instant) {
    let mut buffer = vec![0; 16 * 1024]; // on the heap, or every future around it grows by as much
    loop {
        if Flight::read(received).is_some_and(|flight| flight.is_whole) {
            return;
        }
        // What comes in drops is looked at only when it pauses, so that the work does not grow with their number.
        let mut pause = deadline;
        loop {
            match timeout_at(pause, stream.read(&mut buffer)).await {
                Ok(Ok(count)) if count > 0 && received.len() + count <= MOST_OF_A_FLIGHT => received.extend(&buffer[..count]),
                Ok(_) => return,
                Err(_) if Instant::now() >= deadline => return,
                Err(_) => break,
            }
            pause = deadline.min(Instant::now() + PAUSE);
        }
    }
}

async fn exchange(stream: &mut TcpStream, hello: &[u8], reader: &mut Reader) -> Answer {
    // A server may answer and close before it has read all: what it said is still there to be read.
    let written = stream.write_all(hello).await;
    let mut buffer = vec![0; 4096];
    loop {
        let ending = match stream.read(&mut buffer).await {
            Ok(0) if written.is_err() => Ending::Reset,
            Ok(0) => Ending::Closed,
            Ok(count) => match reader.push(&buffer[..count]) {
                Some(answer) => return answer,
                None => continue,
            },
            Err(error) if is_reset(&error) => Ending::Reset,
            Err(error) => return Answer::Malformed { why: format!("reading failed: {}", error.kind()) },
        };
        return reader.end(ending);
    }
}

fn is_reset(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe | ErrorKind::NotConnected
    )
}

/// A foreign protocol is easier to recognise by more than the first byte that arrived.
async fn more_of(stream: &mut TcpStream, received: &[u8], until: Instant) -> Vec<u8> {
    let mut seen = received.to_vec();
    let mut buffer = [0; SEEN];
    while seen.len() < SEEN {
        match timeout_at(until, stream.read(&mut buffer)).await {
            Ok(Ok(count)) if count > 0 => seen.extend(&buffer[..count]),
            _ => break,
        }
    }
    seen.truncate(SEEN);
    seen
}

/// The hello guards no secret, so a source of randomness that fails would harm nothing.
fn random_bytes() -> [u8; 32] {
    let mut bytes = [0x5a; 32];
    let _ = rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes);
    bytes
}
