//! Another token in place of one that works: what a thief would have who copied it badly, or guessed.

use super::super::Resolved;
use crate::net::Random;
use crate::vocabulary::Secret;

/// The token changed as the word says. One that is only changed is a secret still; one that is made up is none.
#[must_use]
pub fn altered(token: Resolved, word: Option<&str>, random: &dyn Random) -> Resolved {
    let characters: Vec<char> = token.secret.expose().chars().collect();
    let text = match word {
        Some("changed") => changed(characters),
        Some("truncated") => characters[..characters.len() - characters.len().div_ceil(3)].iter().collect(),
        Some("made-up") => made_up(characters.len(), random),
        _ => return token,
    };
    let made_up = token.made_up || word == Some("made-up");
    Resolved { secret: Secret::new(token.secret.label(), text), made_up }
}

/// One letter near the end: of a JWT it is one of the signature, and none whose last bits would not count. A token may be a number in
/// hexadecimal that the server compares by its value, so that the other case of a letter would be the same token.
fn changed(mut characters: Vec<char>) -> String {
    let place = characters.len() * 9 / 10;
    if let Some(character) = characters.get_mut(place) {
        *character = if character.eq_ignore_ascii_case(&'A') { 'B' } else { 'A' };
    }
    characters.into_iter().collect()
}

fn made_up(length: usize, random: &dyn Random) -> String {
    let mut text = String::new();
    while text.len() < length.clamp(16, 4_096) {
        text.push_str(&random.state());
    }
    text.truncate(length.clamp(16, 4_096));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::SeededRandom;

    fn of(word: &str, text: &str) -> Resolved {
        let token = Resolved { secret: Secret::new("access_token", text), made_up: false };
        altered(token, Some(word), &SeededRandom::new(3))
    }

    #[test]
    fn an_altered_token_is_never_the_token() {
        for text in ["abcdefghijklmnopqrstuvwxyz", "AAAAAAAAAA", "é1", "x"] {
            for word in ["changed", "truncated", "made-up"] {
                assert_ne!(of(word, text).secret.expose(), text, "{word} {text}");
            }
            assert_eq!(of("no", text).secret.expose(), text);
        }
        assert_eq!(of("changed", "abcdefghij").secret.expose(), "abcdefghiA");
        for text in ["6f1c0000a", "6f1c0000A", "6f1c0000b", "6f1c00009", "6f1c0000-"] {
            let changed = of("changed", text);
            assert!(!changed.secret.expose().eq_ignore_ascii_case(text), "{text}");
        }
        assert_eq!(of("truncated", "abcdef").secret.expose(), "abcd");
        assert!(of("made-up", "abcdef").made_up && !of("changed", "abcdef").made_up);
        assert_eq!(of("truncated", "").secret.expose(), "");
    }
}
