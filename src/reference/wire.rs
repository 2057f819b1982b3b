//! The TCP stream under a TLS stack: gives back the bytes that were read to look at the hello, can be reset,
//! and can cut the plaintext part of a handshake into records of one byte.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A stream that can be made to end with a TCP reset.
pub(super) trait Abort {
    /// When the stream is dropped from now on, the peer sees a reset.
    fn abort(&self);
}

impl Abort for TcpStream {
    fn abort(&self) {
        // a socket that is gone already cannot be reset, and needs no reset either
        let _ = self.set_zero_linger();
    }
}

impl Abort for Wire {
    fn abort(&self) {
        self.tcp.abort();
    }
}

impl Abort for tokio_rustls::server::TlsStream<Wire> {
    fn abort(&self) {
        self.get_ref().0.abort();
    }
}

impl Abort for tokio_openssl::SslStream<Wire> {
    fn abort(&self) {
        self.get_ref().abort();
    }
}

/// The handshake content type, and the record header's length.
const HANDSHAKE: u8 = 22;
const HEADER: usize = 5;

/// A TCP stream with bytes to read again and, if wanted, a cutter for what is written.
#[derive(Debug)]
pub(super) struct Wire {
    tcp: TcpStream,
    again: Vec<u8>,
    cutting: bool,
    uncut: Vec<u8>,
    cut: Vec<u8>,
}

impl Wire {
    /// A stream that first gives these bytes, then what comes from the peer.
    pub(super) fn new(tcp: TcpStream, again: Vec<u8>, one_byte_records: bool) -> Self {
        Self { tcp, again, cutting: one_byte_records, uncut: Vec::new(), cut: Vec::new() }
    }

    /// Cuts all complete records that wait; the first record that is no plaintext handshake ends the cutting.
    fn cut_records(&mut self) {
        while self.cutting && self.uncut.len() >= HEADER {
            let length = usize::from(u16::from_be_bytes([self.uncut[3], self.uncut[4]]));
            if self.uncut[0] != HANDSHAKE {
                self.cutting = false;
                break;
            }
            if self.uncut.len() < HEADER + length {
                return;
            }
            let rest = self.uncut.split_off(HEADER + length);
            let record = std::mem::replace(&mut self.uncut, rest);
            for byte in &record[HEADER..] {
                self.cut.extend_from_slice(&[HANDSHAKE, record[1], record[2], 0, 1, *byte]);
            }
        }
        if !self.cutting {
            self.cut.append(&mut self.uncut);
        }
    }

    fn poll_write_cut(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.cut.is_empty() {
            match Pin::new(&mut self.tcp).poll_write(context, &self.cut) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => drop(self.cut.drain(..written)),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.again.is_empty() {
            return Pin::new(&mut self.tcp).poll_read(context, buffer);
        }
        let count = self.again.len().min(buffer.remaining());
        buffer.put_slice(&self.again[..count]);
        self.again.drain(..count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        std::task::ready!(self.poll_write_cut(context))?;
        if !self.cutting {
            return Pin::new(&mut self.tcp).poll_write(context, bytes);
        }
        self.uncut.extend_from_slice(bytes);
        self.cut_records();
        // what cannot be written now goes out with the next write or flush
        if let Poll::Ready(Err(error)) = self.poll_write_cut(context) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(self.poll_write_cut(context))?;
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(self.poll_write_cut(context))?;
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}
