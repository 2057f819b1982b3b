//! Whether a text holds a word by itself, and not as a part of a longer one.

use std::ops::Range;

/// Where the word stands with no part of a word around it; nowhere when it is empty.
pub(super) fn places<'a>(
    text: &'a str,
    word: &'a str,
    is_part: impl Fn(char) -> bool + 'a,
) -> impl Iterator<Item = Range<usize>> + 'a {
    let found = (!word.is_empty()).then(|| text.match_indices(word)).into_iter().flatten();
    found.map(|(start, word)| start..start + word.len()).filter(move |place| {
        let before = text[..place.start].chars().next_back();
        let after = text[place.end..].chars().next();
        !before.is_some_and(&is_part) && !after.is_some_and(&is_part)
    })
}
