//! Distinguished names, compared as RFC 5280 7.1 says: text without regard to case and to runs of spaces, the rest by its bytes.
//!
//! Two encodings of one name (a PrintableString here, a UTF8String there) are the same name; a chain that mixes them is right.

use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// A name, ready to be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Name(Vec<Vec<(String, Value)>>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Value {
    Text(String),
    Bytes(u32, Vec<u8>),
}

impl Name {
    pub(super) fn of(name: &X509Name<'_>) -> Self {
        let parts = name.iter_rdn().map(|part| {
            let mut attributes: Vec<(String, Value)> = part.iter().map(attribute).collect();
            attributes.sort();
            attributes
        });
        Self(parts.collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True when this name is `base` or lies below it, part by part.
    pub(super) fn is_within(&self, base: &Self) -> bool {
        self.0.starts_with(&base.0)
    }
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> (String, Value) {
    let value = match attribute.as_str() {
        Ok(text) => Value::Text(text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()),
        Err(_) => Value::Bytes(attribute.attr_value().tag().0, attribute.as_slice().to_vec()),
    };
    (attribute.attr_type().to_id_string(), value)
}
