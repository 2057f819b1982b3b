//! Looks for thousands of values in a text in one pass over it.

use std::collections::HashMap;
use std::ops::Range;

/// Bytes by which a value is looked up: shorter ones cannot be looked for.
pub(super) const KEY: usize = 6;

/// How many answers the filter has.
const FILTER: usize = 1 << 16;

const KEY_MASK: u64 = (1 << (8 * KEY)) - 1;

/// Values of at least [`KEY`] bytes, each with what is known of it.
pub(super) struct Needles<T> {
    all: Vec<(Box<[u8]>, T)>,
    by_key: HashMap<u64, Vec<usize>>,
    /// False for most keys that no value has: almost every byte is passed over by one look. Empty as long as there is no value.
    may_begin: Vec<bool>,
}

impl<T> Default for Needles<T> {
    fn default() -> Self {
        Self { all: Vec::new(), by_key: HashMap::new(), may_begin: Vec::new() }
    }
}

impl<T> Needles<T> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// True when this very value is among them.
    pub fn knows(&self, value: &str) -> bool {
        let candidates = self.by_key.get(&key(value.as_bytes())).into_iter().flatten();
        candidates.into_iter().any(|own| *self.all[*own].0 == *value.as_bytes())
    }

    /// Takes a value in, unless it is too short or known.
    pub fn insert(&mut self, value: &str, about: T) {
        if value.len() < KEY || self.knows(value) {
            return;
        }
        let key = key(value.as_bytes());
        self.may_begin.resize(FILTER, false);
        self.may_begin[filter(key)] = true;
        self.by_key.entry(key).or_default().push(self.all.len());
        self.all.push((value.as_bytes().into(), about));
    }

    /// The first value in the bytes behind `from`, and of those that begin there the longest.
    pub fn find(&self, bytes: &[u8], from: usize) -> Option<(Range<usize>, &T)> {
        if self.all.is_empty() {
            return None;
        }
        let mut rolling = 0_u64;
        for (at, byte) in bytes.iter().enumerate().skip(from) {
            rolling = (rolling << 8 | u64::from(*byte)) & KEY_MASK;
            if at + 1 < from + KEY || !self.may_begin[filter(rolling)] {
                continue;
            }
            let Some(candidates) = self.by_key.get(&rolling) else { continue };
            let start = at + 1 - KEY;
            let found = candidates.iter().map(|own| &self.all[*own]).filter(|(needle, _)| bytes[start..].starts_with(needle));
            if let Some((needle, about)) = found.max_by_key(|(needle, _)| needle.len()) {
                return Some((start..start + needle.len(), about));
            }
        }
        None
    }

    /// The text with what `instead` says in place of every value; `None` when it holds none.
    pub fn replace<'a>(&'a self, text: &str, instead: impl Fn(&'a T) -> &'a str) -> Option<String> {
        let mut next = self.find(text.as_bytes(), 0);
        let (mut replaced, mut kept) = (next.is_some().then(String::new)?, 0);
        while let Some((range, about)) = next {
            replaced.push_str(&text[kept..range.start]);
            replaced.push_str(instead(about));
            kept = range.end;
            next = self.find(text.as_bytes(), kept);
        }
        replaced.push_str(&text[kept..]);
        Some(replaced)
    }
}

/// Where a key stands in the filter.
fn filter(key: u64) -> usize {
    usize::try_from((key ^ (key >> 17) ^ (key >> 32)) & 0xffff).unwrap_or_default()
}

fn key(value: &[u8]) -> u64 {
    value.iter().take(KEY).fold(0, |key, byte| key << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(values: &[&str]) -> Needles<String> {
        let mut needles = Needles::default();
        values.iter().for_each(|value| needles.insert(value, format!("<{}>", value.len())));
        needles
    }

    #[test]
    fn every_value_is_replaced_and_the_longest_of_those_that_begin_alike() {
        let needles = needles(&["abcdef", "abcdefgh", "xäüyz", "short", "abcdef"]);
        assert_eq!(needles.len(), 3);
        let replaced = |text| needles.replace(text, |about| about);
        assert_eq!(replaced("abcdefabcdefg abcdefghabcdef").as_deref(), Some("<6><6>g <8><6>"));
        assert_eq!(replaced("ä xäüyz ü").as_deref(), Some("ä <7> ü"));
        assert_eq!(replaced("abcde short fgh"), None);
        assert_eq!(Needles::<String>::default().replace("abcdef", |about| about), None);
    }

    #[test]
    fn a_value_that_was_just_replaced_is_no_part_of_the_next() {
        let needles = needles(&["abcdef", "efghij"]);
        assert_eq!(needles.replace("abcdefghij", |about| about).as_deref(), Some("<6>ghij"));
    }
}
