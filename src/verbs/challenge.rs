//! Reads `WWW-Authenticate`: one header may hold several challenges, and a server may write anything into it (RFC 9110 11.6.1).

/// More than this is not a list of challenges any more.
const MOST: usize = 64;

/// One challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme in lower case, for instance `bearer`.
    pub scheme: String,
    /// Names in lower case and values without quotes.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The first parameter of this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The challenges in these header values, in order.
pub fn challenges<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    for item in values.into_iter().flat_map(items).take(MOST) {
        let (scheme, rest) = scheme_of(&item);
        if let Some(scheme) = scheme {
            found.push(Challenge { scheme: scheme.to_ascii_lowercase(), parameters: Vec::new() });
        }
        let Some(challenge) = found.last_mut() else { continue };
        if let Some((name, value)) = rest.split_once('=') {
            challenge.parameters.push((name.trim().to_ascii_lowercase(), unquoted(value.trim())));
        }
    }
    found
}

/// The challenge that speaks for an answer: Bearer when there is one, else the first.
#[must_use]
pub fn leading(challenges: &[Challenge]) -> Option<&Challenge> {
    challenges.iter().find(|challenge| challenge.scheme == "bearer").or_else(|| challenges.first())
}

/// Splits at commas outside quotes.
fn items(value: &str) -> Vec<String> {
    let (mut items, mut item, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in value.chars() {
        match c {
            ',' if !quoted => items.push(std::mem::take(&mut item)),
            '"' if !escaped => {
                quoted = !quoted;
                item.push(c);
            }
            _ => item.push(c),
        }
        escaped = c == '\\' && quoted && !escaped;
    }
    items.push(item);
    items.retain(|item| !item.trim().is_empty());
    items
}

/// A scheme stands before the first blank, unless an equals sign follows; a lone word is a scheme as well.
fn scheme_of(item: &str) -> (Option<&str>, &str) {
    let item = item.trim();
    let end = item.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(item.len());
    let (word, rest) = (&item[..end], item[end..].trim_start());
    if word.is_empty() || rest.starts_with('=') { (None, item) } else { (Some(word), rest) }
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else { return value.to_owned() };
    let (mut text, mut escaped) = (String::new(), false);
    for c in inner.chars() {
        match c {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            '"' if !escaped => break,
            _ => text.push(c),
        }
        escaped = false;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_with_their_parameters() {
        let found = challenges(["Bearer realm=\"a, \\\"b\\\"\", error = \"invalid_token\", Basic realm=x", "Negotiate"]);
        let schemes: Vec<&str> = found.iter().map(|challenge| challenge.scheme.as_str()).collect();
        assert_eq!(schemes, ["bearer", "basic", "negotiate"]);
        assert_eq!(found[0].parameter("realm"), Some("a, \"b\""));
        assert_eq!(found[0].parameter("error"), Some("invalid_token"));
        assert_eq!(found[1].parameter("realm"), Some("x"));
    }

    #[test]
    fn bearer_speaks_before_others_and_nonsense_is_no_challenge() {
        let found = challenges(["Basic realm=\"x\"", "BEARER"]);
        assert_eq!(leading(&found).map(|challenge| challenge.scheme.as_str()), Some("bearer"));
        assert_eq!(leading(&challenges(["", " , ,", "=x"])), None);
        assert_eq!(challenges(["error=\"lonely\""]), Vec::new());
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_read_without_a_panic(values: Vec<String>) {
            let found = challenges(values.iter().map(String::as_str));
            proptest::prop_assert!(found.len() <= MOST);
        }

        #[test]
        fn any_challenge_like_header_is_read_without_a_panic(value in "[Bear =\",\\\\x]{0,40}") {
            let _ = challenges([value.as_str()]);
        }
    }
}
