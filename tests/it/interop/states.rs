//! Servers that are broken in one way each, as small scripts over plain sockets.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use super::server::free_port;

/// Takes connections and hello messages, and never answers.
pub(super) fn hang() -> String {
    serve(|mut stream| {
        // Reads on until the client gives up, so that the end of the connection is the client's.
        let mut buffer = [0; 4096];
        while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
    })
}

/// Resets each connection once the hello has begun.
pub(super) fn reset() -> String {
    serve(|stream| {
        // A socket that is closed while bytes lie unread answers with a reset.
        let _ = stream.peek(&mut [0]);
    })
}

/// Speaks HTTP where TLS is expected.
pub(super) fn plain_http() -> String {
    serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    })
}

/// Nobody listens.
pub(super) fn down() -> String {
    format!("https://localhost:{}/fhir", free_port())
}

/// The base of a server that does `script` with each connection until the test program ends.
fn serve(script: impl Fn(TcpStream) + Send + Sync + Copy + 'static) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port can be bound");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
                script(stream);
            });
        }
    });
    format!("https://localhost:{port}/fhir")
}
