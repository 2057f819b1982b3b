//! What came to the redirect URI, and the comparison of `state` that gives nothing away by its time.

/// A request to the redirect URI that held the right state.
#[derive(Debug, Clone)]
pub(super) struct Callback {
    /// The query as it came.
    pub query: Option<String>,
    /// The fields, when it was a POST.
    pub fields: Option<Vec<(String, String)>>,
}

impl Callback {
    /// The one `state` that it holds; two of them are none.
    pub(super) fn state(&self) -> Option<String> {
        let pairs = |text: &str| url::form_urlencoded::parse(text.as_bytes()).into_owned().collect::<Vec<_>>();
        let pairs = self.fields.clone().unwrap_or_else(|| pairs(self.query.as_deref().unwrap_or_default()));
        let mut states = pairs.into_iter().filter(|(name, _)| name == "state").map(|(_, value)| value);
        states.next().filter(|_| states.next().is_none())
    }
}

/// Compares in a time that depends on the lengths alone.
pub(super) fn is_same(given: &str, expected: &str) -> bool {
    let differing = given.bytes().zip(expected.bytes()).fold(0, |all, (one, other)| all | (one ^ other));
    given.len() == expected.len() && std::hint::black_box(differing) == 0
}
