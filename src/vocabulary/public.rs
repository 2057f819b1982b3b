//! Texts that everybody may read, and whether a value stands in them.

/// Bytes of the pieces by which most values are known not to stand there.
const PIECE: usize = 6;

/// How many answers the filter has, as a power of two.
const FILTER: u32 = 20;

/// Texts that everybody may read.
#[derive(Default)]
pub(super) struct Public {
    text: String,
    /// Bits, false for most pieces that no text has: a token is told apart by its first piece. Empty as long as there is no text.
    may_stand: Vec<u64>,
}

impl Public {
    /// Takes a text in.
    pub fn add(&mut self, text: &str) {
        self.may_stand.resize(1 << (FILTER - 6), 0);
        for piece in text.as_bytes().windows(PIECE) {
            let at = place(piece);
            self.may_stand[at / 64] |= 1 << (at % 64);
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// True when the value stands in a text.
    pub fn holds(&self, value: &str) -> bool {
        if self.text.is_empty() {
            return false;
        }
        let may_stand = |piece: &[u8]| {
            let at = place(piece);
            self.may_stand[at / 64] >> (at % 64) & 1 == 1
        };
        value.as_bytes().windows(PIECE).all(may_stand) && self.text.contains(value)
    }
}

fn place(piece: &[u8]) -> usize {
    let key = piece.iter().fold(0_u64, |key, byte| key << 8 | u64::from(*byte));
    // The upper bits of a product depend on every byte.
    usize::try_from(key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FILTER)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_in_one_text_and_not_across_two() {
        let mut public = Public::default();
        assert!(!public.holds("a") && !public.holds(""));
        public.add("origin = https://foreign.example");
        public.add("élan vital");
        for held in ["foreign.example", "élan vital", "origin", "a"] {
            assert!(public.holds(held), "{held}");
        }
        for other in ["foreign.exampleé", "foreign.exampleélan", "zq", "Foreign.example"] {
            assert!(!public.holds(other), "{other}");
        }
    }
}
