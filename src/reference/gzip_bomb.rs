//! 256 MiB of zeroes as some 260 KB of gzip, written bit by bit: the tree has no compressor, and needs none.
//!
//! One deflate block with codes of its own (RFC 1951, 3.2.7): a copy of 258 bytes costs two bits, both zero.

use std::sync::OnceLock;

/// The size when unpacked.
const UNPACKED: u32 = 256 * 1024 * 1024;
/// The longest copy of deflate.
const COPY: u32 = 258;
/// The CRC-32 of [`UNPACKED`] zeroes.
const CRC: u32 = 0x2a0e_7dbb;
/// Deflate, no flags, no time, no extra flags, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// The whole gzip stream, made once.
pub(super) fn bytes() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let mut bits = Bits::default();
        code_tables(&mut bits);
        zeroes(&mut bits);
        [&HEADER[..], &bits.finish(), &CRC.to_le_bytes(), &UNPACKED.to_le_bytes()].concat()
    })
}

/// The head of the block. Symbols: literal 0 (two bits, 10), end of block 256 (11), copy 285 (one bit, 0); distance 1 (one bit, 0).
fn code_tables(bits: &mut Bits) {
    bits.number(1, 1); // the last block
    bits.number(2, 2); // with codes of its own
    bits.number(29, 5); // 286 literal and length codes
    bits.number(0, 5); // 1 distance code
    bits.number(14, 4); // 18 code-length codes, in the order of the RFC: 16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1
    for length in [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2] {
        bits.number(length, 3);
    }
    bits.code("11"); // literal 0: length 2
    zero_lengths(bits, 138);
    zero_lengths(bits, 117);
    bits.code("11"); // 256: length 2
    zero_lengths(bits, 28);
    bits.code("10"); // 285: length 1
    bits.code("10"); // distance 1: length 1
}

/// Code-length symbol 18: that many symbols are not used.
fn zero_lengths(bits: &mut Bits, count: u32) {
    bits.code("0");
    bits.number(count - 11, 7);
}

/// The first zeroes as literals, all the others as copies of the byte before.
fn zeroes(bits: &mut Bits) {
    for _ in 0..=(UNPACKED - 1) % COPY {
        bits.code("10");
    }
    for _ in 0..(UNPACKED - 1) / COPY {
        bits.number(0, 2);
    }
    bits.code("11");
}

/// Bits in the order of deflate: from the lowest bit of each byte up.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    open: u8,
    filled: u32,
}

impl Bits {
    fn bit(&mut self, bit: bool) {
        self.open |= u8::from(bit) << self.filled;
        self.filled += 1;
        if self.filled == 8 {
            self.bytes.push(self.open);
            (self.open, self.filled) = (0, 0);
        }
    }

    /// A number, lowest bit first.
    fn number(&mut self, value: u32, width: u32) {
        for place in 0..width {
            self.bit(value >> place & 1 == 1);
        }
    }

    /// A Huffman code as the RFC writes it, first bit first.
    fn code(&mut self, code: &str) {
        for bit in code.bytes() {
            self.bit(bit == b'1');
        }
    }

    fn finish(mut self) -> Vec<u8> {
        while self.filled > 0 {
            self.bit(false);
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use sha2::{Digest, Sha256};

    #[test]
    fn the_bomb_fits_under_the_cap_of_bodies_on_the_wire() {
        assert!(super::bytes().len() < 256 * 1024, "{}", super::bytes().len());
    }

    #[test]
    fn the_bomb_is_the_stream_that_gzip_itself_unpacks_to_256_mebibytes() {
        // The digest stands for what gzip said once, where there is no gzip now.
        let digest: Vec<String> = Sha256::digest(super::bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest.concat(), "1bfae0d33e3a3e118f42fea87b47133280c9c9cda643ce07b1ac42ea7ecf7954");
        let spawned = Command::new("sh").args(["-c", "gzip -dc | wc -c"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let Ok(mut pipe) = spawned else { return };
        if Command::new("gzip").arg("--version").output().is_err() {
            return;
        }
        pipe.stdin.take().unwrap().write_all(super::bytes()).unwrap();
        let counted = pipe.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&counted.stdout).trim(), "268435456");
    }
}
