//! Takes the encodings off a text in which a server may say a value back: percent signs, `\u` escapes, references of HTML, hex.
//!
//! Each reading remembers where its bytes come from, so that what is found in it can be taken out of the text itself.

use std::ops::Range;

/// Encodings within encodings that are taken off.
const DEPTH: usize = 3;

/// A shorter run of hex digits holds no value that is looked for.
const SHORTEST_HEX: usize = 12;

/// A text with its encodings taken off.
pub(super) struct Layer {
    /// What is then to be read.
    pub bytes: Vec<u8>,
    /// For each byte where it begins in the text, and at last where the text ends.
    from: Vec<usize>,
}

impl Layer {
    fn with_room(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), from: Vec::with_capacity(bytes + 1) }
    }

    fn push(&mut self, byte: u8, from: usize) {
        self.bytes.push(byte);
        self.from.push(from);
    }

    /// Where a part of the reading stands in the text.
    pub fn source(&self, part: &Range<usize>) -> Range<usize> {
        self.from[part.start]..self.from[part.end]
    }

    /// The same reading, told of the text that `outer` is a reading of.
    fn of(mut self, outer: Option<&Self>) -> Self {
        if let Some(outer) = outer {
            self.from.iter_mut().for_each(|at| *at = outer.from[*at]);
        }
        self
    }
}

/// Every further reading of a text; none for most texts.
pub(super) fn layers(text: &[u8]) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    for _ in 0..DEPTH {
        let outer = layers.last();
        let Some(next) = without_signs(outer.map_or(text, |outer| &outer.bytes)) else { break };
        let next = next.of(outer);
        layers.push(next);
    }
    let innermost = layers.last();
    let hex: Vec<Layer> = [false, true]
        .into_iter()
        .filter_map(|odd| without_hex(innermost.map_or(text, |own| &own.bytes), odd))
        .map(|own| own.of(innermost))
        .collect();
    layers.extend(hex);
    layers
}

fn without_signs(text: &[u8]) -> Option<Layer> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'\\' | b'&')) {
        return None;
    }
    let mut layer = Layer::with_room(text.len());
    let (mut at, mut any) = (0, false);
    while at < text.len() {
        let sign = match text[at] {
            b'%' => percent(&text[at..]),
            b'\\' => escape(&text[at..]),
            b'&' => reference(&text[at..]),
            _ => None,
        };
        match sign {
            Some((long, Meant::Byte(byte))) => {
                layer.push(byte, at);
                at += long;
                any = true;
            }
            Some((long, Meant::Character(character))) => {
                let mut own = [0; 4];
                character.encode_utf8(&mut own).bytes().for_each(|byte| layer.push(byte, at));
                at += long;
                any = true;
            }
            None => {
                layer.push(text[at], at);
                at += 1;
            }
        }
    }
    layer.from.push(text.len());
    any.then_some(layer)
}

enum Meant {
    Byte(u8),
    Character(char),
}

fn digit(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

fn percent(text: &[u8]) -> Option<(usize, Meant)> {
    let [_, high, low, ..] = text else { return None };
    let byte = u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()?;
    Some((3, Meant::Byte(byte)))
}

/// `\u0041`, behind any number of backslashes: JSON within JSON doubles them.
fn escape(text: &[u8]) -> Option<(usize, Meant)> {
    let (long, unit) = unit(text)?;
    if let Some(character) = char::from_u32(unit) {
        return Some((long, Meant::Character(character)));
    }
    let (more, second) = self::unit(text.get(long..)?)?;
    let character = char::decode_utf16([u16::try_from(unit).ok()?, u16::try_from(second).ok()?]).next()?.ok()?;
    Some((long + more, Meant::Character(character)))
}

fn unit(text: &[u8]) -> Option<(usize, u32)> {
    let slashes = text.iter().take_while(|byte| **byte == b'\\').count();
    let digits = text.get(slashes + 1..slashes + 5)?;
    if slashes == 0 || text[slashes] != b'u' {
        return None;
    }
    let unit = digits.iter().try_fold(0, |sum, byte| Some(sum << 4 | digit(*byte)?))?;
    Some((slashes + 5, unit))
}

/// `&#65;`, `&#x41;` and the five names that every writer of markup uses.
fn reference(text: &[u8]) -> Option<(usize, Meant)> {
    const NAMES: [(&[u8], char); 5] = [(b"amp", '&'), (b"lt", '<'), (b"gt", '>'), (b"quot", '"'), (b"apos", '\'')];
    let end = text.iter().take(12).position(|byte| *byte == b';')?;
    let name = &text[1..end];
    let character = match name {
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        _ => NAMES.iter().find(|(own, _)| *own == name)?.1,
    };
    Some((end + 1, Meant::Character(character)))
}

fn number(digits: &[u8], base: u32) -> Option<char> {
    char::from_u32(u32::from_str_radix(std::str::from_utf8(digits).ok()?, base).ok()?)
}

/// Long runs of hex digits as the bytes that they mean; with `odd` their first digit is left out.
fn without_hex(text: &[u8], odd: bool) -> Option<Layer> {
    let mut layer = Layer::with_room(text.len());
    let (mut at, mut any) = (0, false);
    while at < text.len() {
        let run = text[at..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let end = at + run.max(1);
        if run >= SHORTEST_HEX {
            any = true;
            if odd {
                layer.push(text[at], at);
                at += 1;
            }
            while at + 1 < end {
                let byte = digit(text[at]).zip(digit(text[at + 1])).and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
                layer.push(byte.unwrap_or_default(), at);
                at += 2;
            }
        }
        while at < end {
            layer.push(text[at], at);
            at += 1;
        }
    }
    layer.from.push(text.len());
    any.then_some(layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        layers(text.as_bytes()).iter().map(|layer| String::from_utf8_lossy(&layer.bytes).into_owned()).collect()
    }

    #[test]
    fn every_encoding_is_taken_off_also_one_within_another() {
        for (text, meant) in [
            ("a%70%C3%a4b", "apäb"),
            ("%2570", "p"),
            (r"\u0070\u00e4\ud83d\ude00", "pä😀"),
            (r"\\\\u0070", "p"),
            ("&#112;&#x70;&amp;&lt;", "pp&<"),
            ("&amp;#112;", "p"),
            ("x:70617373776f7264!", "x:password!"),
            ("50617373776F7264", "Password"),
            ("f70617373776f7264", "fpassword"),
        ] {
            assert!(read(text).iter().any(|own| own == meant), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn what_holds_no_encoding_has_no_other_reading() {
        for text in ["", "plain", "100 %", "a & b", "\\n", "&x;", "%zz", "\\u12", "abcdef 0123", "%", "&", "\\"] {
            assert_eq!(read(text), Vec::<String>::new(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_part_of_a_reading_is_found_in_the_text(text in "[a-f0-9%&#;u\\\\xé]{0,60}") {
            for layer in layers(text.as_bytes()) {
                proptest::prop_assert_eq!(layer.source(&(0..layer.bytes.len())), 0..text.len());
                for at in 0..layer.bytes.len() {
                    let part = layer.source(&(at..at + 1));
                    proptest::prop_assert!(part.start <= part.end && part.end <= text.len());
                }
            }
        }
    }
}
