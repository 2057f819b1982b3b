//! Finds members that occur twice in a JSON object, which a parser into a tree silently drops.
//!
//! Two readers of such a document may see two different documents. Works on any bytes: the depth is bounded by the
//! parser, the number of findings here.

use std::collections::HashSet;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// More findings than this say nothing more.
const MOST: usize = 50;
/// The longest part of a path that is shown.
const LONGEST_PART: usize = 80;

/// The dotted paths of members that repeat an earlier one of the same object; empty when the bytes are not one JSON document.
#[must_use]
pub fn duplicate_keys(body: &[u8]) -> Vec<String> {
    let mut scan = Scan { path: Vec::new(), found: Vec::new() };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = Element(&mut scan).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    if read.is_ok() { scan.found } else { Vec::new() }
}

struct Scan {
    path: Vec<String>,
    found: Vec<String>,
}

impl Scan {
    fn note(&mut self) {
        let path = self.path.join(".");
        if self.found.len() < MOST && !self.found.contains(&path) {
            self.found.push(path);
        }
    }
}

/// One value somewhere in the document.
struct Element<'a>(&'a mut Scan);

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for index in 0_usize.. {
            self.0.path.push(index.to_string());
            let read = items.next_element_seed(Element(self.0));
            self.0.path.pop();
            if read?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            self.0.path.push(key.chars().take(LONGEST_PART).collect());
            if !seen.insert(key) {
                self.0.note();
            }
            let read = members.next_value_seed(Element(self.0));
            self.0.path.pop();
            read?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h21_a_member_that_occurs_twice_is_found_with_its_path() {
        let body = br#"{"scopes_supported":["a"],"x":{"list":[1,{"k":1,"k":2,"k":3}]},"scopes_supported":["b"]}"#;
        assert_eq!(duplicate_keys(body), ["x.list.1.k", "scopes_supported"]);
        assert_eq!(duplicate_keys(br#"{"a":{"k":1},"b":{"k":1},"c":[{"k":1},{"k":1}]}"#), Vec::<String>::new());
        assert_eq!(duplicate_keys(br#"{"a":1,"\u0061":2}"#), ["a"], "an escape is another spelling of the same name");
    }

    #[test]
    fn h20_deep_broken_or_strange_documents_give_nothing_and_do_no_harm() {
        let deep = "[".repeat(100_000);
        let many = format!("{{{}}}", vec!["\"k\":1"; 10_000].join(","));
        assert_eq!(duplicate_keys(deep.as_bytes()), Vec::<String>::new());
        assert_eq!(duplicate_keys(many.as_bytes()), ["k"]);
        for body in ["", "\u{feff}{}", "{\"a\":1,\"a\":2} x", "{\"a\":1,\"a\":NaN}", "{\"a\":1e400,\"a\":1}", "\"\\ud800\""] {
            assert_eq!(duplicate_keys(body.as_bytes()), Vec::<String>::new(), "{body}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_scanned_without_a_panic(body: Vec<u8>) {
            let _ = duplicate_keys(&body);
        }

        #[test]
        fn a_repeated_member_is_found_in_any_object(keys in proptest::collection::vec("[a-c]{1,2}", 0..8)) {
            let members: Vec<String> = keys.iter().map(|key| format!("\"{key}\":1")).collect();
            let distinct: HashSet<&String> = keys.iter().collect();
            let found = duplicate_keys(format!("{{{}}}", members.join(",")).as_bytes());
            proptest::prop_assert_eq!(found.is_empty(), distinct.len() == keys.len());
        }
    }
}
