//! Looks for thousands of values in a text in one pass over it.
//!
//! A target names the values and the text, so the work at each place is bounded: values that begin alike lie in order, and the one
//! that stands at a place is found by halving.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;

/// Bytes by which a value is looked up: shorter ones cannot be looked for.
pub(super) const KEY: usize = 6;

/// The most bytes of a value that are compared at a place. A longer one is looked for in parts, each under the same name.
const LONGEST: usize = 256;

/// How many answers the filter has.
const FILTER: usize = 1 << 16;

const KEY_MASK: u64 = (1 << (8 * KEY)) - 1;

/// Values of at least [`KEY`] bytes, each with what is known of it.
pub(super) struct Needles<T> {
    by_key: HashMap<u64, Vec<Needle<T>>>,
    count: usize,
    /// False for most keys that no value has: almost every byte is passed over by one look. Empty as long as there is no value.
    may_begin: Vec<bool>,
}

/// Those with the same key are sorted by `bytes`.
struct Needle<T> {
    bytes: Box<[u8]>,
    about: T,
    /// At how many bytes of it another value ends with which it begins.
    within: Lengths,
}

impl<T> Default for Needles<T> {
    fn default() -> Self {
        Self { by_key: HashMap::new(), count: 0, may_begin: Vec::new() }
    }
}

impl<T: Clone> Needles<T> {
    /// Takes a value in, unless it is too short or known.
    pub fn insert(&mut self, value: &str, about: T) {
        let mut rest = value;
        // The last part is never too short to be looked for.
        while rest.len() > LONGEST + KEY {
            let (part, more) = rest.split_at(rest.floor_char_boundary(LONGEST));
            self.insert_part(part.as_bytes(), about.clone());
            rest = more;
        }
        self.insert_part(rest.as_bytes(), about);
    }

    fn insert_part(&mut self, bytes: &[u8], about: T) {
        if bytes.len() < KEY {
            return;
        }
        let key = key(bytes);
        let alike = self.by_key.entry(key).or_default();
        let Err(at) = alike.binary_search_by(|own| (*own.bytes).cmp(bytes)) else { return };
        let mut within = Lengths::default();
        if let Some(last) = at.checked_sub(1).map(|before| &alike[before]) {
            let common = common(&last.bytes, bytes);
            within = last.within.up_to(common);
            if last.bytes.len() == common {
                within.set(common);
            }
        }
        alike[at..].iter_mut().take_while(|own| own.bytes.starts_with(bytes)).for_each(|own| own.within.set(bytes.len()));
        alike.insert(at, Needle { bytes: bytes.into(), about, within });
        self.may_begin.resize(FILTER, false);
        self.may_begin[filter(key)] = true;
        self.count += 1;
    }
}

impl<T> Needles<T> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True when this very value is among them.
    pub fn knows(&self, value: &str) -> bool {
        let mut rest = value;
        while rest.len() > LONGEST + KEY {
            let (part, more) = rest.split_at(rest.floor_char_boundary(LONGEST));
            if !self.knows_part(part.as_bytes()) {
                return false;
            }
            rest = more;
        }
        self.knows_part(rest.as_bytes())
    }

    fn knows_part(&self, bytes: &[u8]) -> bool {
        self.by_key.get(&key(bytes)).is_some_and(|alike| alike.binary_search_by(|own| (*own.bytes).cmp(bytes)).is_ok())
    }

    /// The first value in the bytes behind `from`, and of those that begin there the longest.
    pub fn find(&self, bytes: &[u8], from: usize) -> Option<(Range<usize>, &T)> {
        if self.count == 0 {
            return None;
        }
        let mut rolling = 0_u64;
        for (at, byte) in bytes.iter().enumerate().skip(from) {
            rolling = (rolling << 8 | u64::from(*byte)) & KEY_MASK;
            if at + 1 < from + KEY || !self.may_begin[filter(rolling)] {
                continue;
            }
            let Some(alike) = self.by_key.get(&rolling) else { continue };
            let start = at + 1 - KEY;
            if let Some(needle) = longest_at(alike, &bytes[start..]) {
                return Some((start..start + needle.bytes.len(), &needle.about));
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

/// The longest of the values, sorted, with which the bytes begin.
///
/// The last one that is not greater than the bytes begins with every value that the bytes begin with: so it is that one, or one of
/// those that it begins with itself.
fn longest_at<'a, T>(sorted: &'a [Needle<T>], bytes: &[u8]) -> Option<&'a Needle<T>> {
    let last = sorted.get(sorted.partition_point(|own| compared(&own.bytes, bytes).is_le()).checked_sub(1)?)?;
    let common = common(&last.bytes, bytes);
    if last.bytes.len() == common {
        return Some(last);
    }
    let long = last.within.up_to(common).greatest()?;
    sorted.get(sorted.binary_search_by(|own| compared(&own.bytes, &bytes[..long])).ok()?)
}

/// How many bytes both begin with.
fn common(own: &[u8], other: &[u8]) -> usize {
    own.iter().zip(other).take_while(|(own, other)| own == other).count()
}

/// A set of lengths up to that of the longest part.
#[derive(Clone, Copy, Default)]
struct Lengths([u64; 5]);

impl Lengths {
    fn set(&mut self, length: usize) {
        self.0[length / 64] |= 1 << (length % 64);
    }

    fn up_to(self, most: usize) -> Self {
        let kept = |at: usize| match at.cmp(&(most / 64)) {
            Ordering::Less => u64::MAX,
            Ordering::Equal => u64::MAX >> (63 - most % 64),
            Ordering::Greater => 0,
        };
        Self(std::array::from_fn(|at| self.0[at] & kept(at)))
    }

    fn greatest(self) -> Option<usize> {
        let at = self.0.iter().rposition(|own| *own != 0)?;
        Some(at * 64 + 63 - self.0[at].leading_zeros() as usize)
    }
}

/// Every comparison at a place of a text, so that a test can count them.
fn compared(own: &[u8], bytes: &[u8]) -> Ordering {
    #[cfg(test)]
    tests::COMPARED.with(|count| count.set(count.get() + 1));
    own.cmp(&bytes[..bytes.len().min(own.len() + 1)])
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
    use std::cell::Cell;

    thread_local! {
        pub(super) static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

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

    /// A server chooses the values and the text: what a place costs must not grow with the number of values.
    #[test]
    fn values_that_begin_alike_cost_a_few_comparisons_at_each_place() {
        let alike: Vec<String> = (0..3_000).map(|number| format!("{}{number:04}", "a".repeat(300))).collect();
        let nested: Vec<String> = (KEY..250).map(|long| format!("{}b", "a".repeat(long))).collect();
        for values in [alike, nested] {
            let needles = needles(&values.iter().map(String::as_str).collect::<Vec<_>>());
            let text = "a".repeat(20_000);
            COMPARED.with(|count| count.set(0));
            let mut from = 0;
            while let Some((found, _)) = needles.find(text.as_bytes(), from) {
                from = found.end;
            }
            let compared = COMPARED.with(Cell::get);
            assert!(compared <= 20_000 * 26, "{compared} comparisons");
        }
    }

    #[test]
    fn a_long_value_is_replaced_to_its_end_and_its_parts_by_themselves() {
        let long = "é1".repeat(500);
        let needles = needles(&[&long]);
        assert!(needles.knows(&long) && !needles.knows(&long[..1_200]));
        let replaced = needles.replace(&format!("<{long}>"), |about| about).unwrap();
        assert!(!replaced.contains('é') && replaced.starts_with("<<") && replaced.ends_with(">>"), "{replaced}");
    }

    proptest::proptest! {
        #[test]
        fn the_same_is_found_as_by_trying_every_value(
            values in proptest::collection::vec("[ab]{6,12}", 0..40),
            text in "[ab]{0,60}",
        ) {
            let needles = needles(&values.iter().map(String::as_str).collect::<Vec<_>>());
            let longest = |at: usize| values.iter().filter(|own| text[at..].starts_with(own.as_str())).map(String::len).max();
            let first = (0..text.len()).find_map(|at| longest(at).map(|long| at..at + long));
            proptest::prop_assert_eq!(needles.find(text.as_bytes(), 0).map(|(range, _)| range), first);
        }
    }
}
