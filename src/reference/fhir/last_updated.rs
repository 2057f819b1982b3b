//! The search parameter `_lastUpdated`: a date with a prefix, compared as text, because the invented members carry UTC instants.

use serde_json::Value;

/// When a resource without a date was last changed.
const ALWAYS: &str = "2026-01-01T00:00:00Z";

/// A value of the parameter.
pub(super) struct LastUpdated<'a> {
    prefix: &'a str,
    date: &'a str,
}

impl<'a> LastUpdated<'a> {
    /// Reads a value; nothing when it is no date.
    pub(super) fn parse(value: &'a str) -> Option<Self> {
        let start = value.find(|c: char| c.is_ascii_digit())?;
        let (prefix, date) = value.split_at(start);
        let known = ["", "eq", "ne", "gt", "ge", "lt", "le", "sa", "eb", "ap"].contains(&prefix);
        let is_date =
            matches!(date.len(), 4 | 7 | 10 | 19..=35) && date.chars().all(|c| c.is_ascii_digit() || "-:.TZ+".contains(c));
        (known && is_date).then_some(Self { prefix, date })
    }
}

/// Whether a resource was changed then. What is no date selects nothing away.
pub(super) fn matches(resource: &Value, value: &str) -> bool {
    let Some(wanted) = LastUpdated::parse(value) else { return true };
    let changed = resource["meta"]["lastUpdated"].as_str().unwrap_or(ALWAYS);
    let same = changed.starts_with(wanted.date);
    match wanted.prefix {
        "ne" => !same,
        "gt" | "sa" => changed > wanted.date && !same,
        "ge" => changed >= wanted.date,
        "lt" | "eb" => changed < wanted.date,
        "le" => changed < wanted.date || same,
        _ => same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn dates_are_compared_and_what_is_none_is_told_apart() {
        let resource = json!({"meta": {"lastUpdated": "2026-03-04T05:06:07Z"}});
        for (value, expected) in [
            ("2026-03-04", true),
            ("2026-03-05", false),
            ("gt2026", false),
            ("gt2025-12", true),
            ("ge2026-03-04", true),
            ("lt2026-03-04", false),
            ("le2026-03-04", true),
            ("ne2026-03-04", false),
            ("gt2999-01-01", false),
        ] {
            assert_eq!(matches(&resource, value), expected, "{value}");
        }
        for value in ["never", "", "xx2026", "2026-1"] {
            assert!(LastUpdated::parse(value).is_none(), "{value}");
        }
    }
}
