//! Whatever a port answers, in whatever pieces: no panic, no more memory than the limit, and the pieces make no difference.
#![no_main]

use carinbb_fuzz::net::tls::{CertificateFacts, Ending, Flight, Limits, Reader, chain_order, profile_issues};
use libfuzzer_sys::fuzz_target;

const MOST: usize = 2_048;

fuzz_target!(|input: (bool, u8, Vec<u8>)| {
    let (is_ssl2, piece, bytes) = input;
    let limits = Limits { bytes: MOST, ..Limits::default() };
    let reader = || if is_ssl2 { Reader::of_ssl2(&limits) } else { Reader::new(&limits) };
    let (mut pieces, mut whole) = (reader(), reader());
    let answer = bytes.chunks(usize::from(piece).max(1)).find_map(|piece| pieces.push(piece));
    let answer = answer.unwrap_or_else(|| pieces.end(Ending::Deadline));
    let at_once = whole.push(&bytes).unwrap_or_else(|| whole.end(Ending::Deadline));
    assert!(pieces.received().len() <= MOST && whole.received().len() <= MOST);
    assert!(!answer.describe().is_empty());
    assert_eq!(std::mem::discriminant(&answer), std::mem::discriminant(&at_once));
    flight(&bytes);
});

/// What follows a `ServerHello`: nothing of it is larger than what came.
fn flight(bytes: &[u8]) {
    let Some(flight) = Flight::read(bytes) else { return };
    let kept = flight.certificates.iter().map(Vec::len).sum::<usize>()
        + flight.extensions.iter().map(|(_, content)| content.len()).sum::<usize>()
        + flight.stapled.as_ref().map_or(0, Vec::len);
    assert!(kept <= bytes.len() && flight.records <= bytes.len() / 5);
    let _ = (flight.alpn(), flight.key_share_group());
    let chain: Vec<CertificateFacts> = flight.certificates.iter().filter_map(|der| CertificateFacts::read(der).ok()).collect();
    let _ = (profile_issues(&chain), chain_order(&chain));
}
