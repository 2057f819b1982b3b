//! How hard a token is to guess, seen from outside: what its length and its letters allow at most.
//!
//! An upper bound is all that one token shows, and it errs to the server's side: a token below it can be guessed however it is made.

/// The most bits that a text of these letters can hold. Nothing for a signed token, whose strength is its signature's.
pub(super) fn most_bits(token: &str) -> Option<u64> {
    let parts: Vec<&str> = token.split('.').collect();
    let is_signed = parts.len() >= 3 && parts.iter().filter(|part| !part.is_empty()).count() >= 2;
    if is_signed {
        return None;
    }
    let has = |test: fn(char) -> bool| token.chars().any(test);
    let only_hex =
        |upper: bool| token.chars().all(|c| c.is_ascii_hexdigit() && (c.is_ascii_digit() || c.is_ascii_uppercase() == upper));
    let letters: f64 = if only_hex(false) || only_hex(true) {
        16.0
    } else {
        let kinds = [
            (has(|c| c.is_ascii_digit()), 10.0),
            (has(|c| c.is_ascii_lowercase()), 26.0),
            (has(|c| c.is_ascii_uppercase()), 26.0),
            (has(|c| !c.is_ascii_alphanumeric()), 33.0),
        ];
        kinds.iter().filter(|(is_there, _)| *is_there).map(|(_, count)| count).sum()
    };
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a length times at most 7"
    )]
    let bits = (token.chars().count() as f64 * letters.max(1.0).log2()).floor() as u64;
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_letters_bound_what_is_to_be_guessed() {
        assert_eq!(
            most_bits("0123456789abcdef0123456789abcdef"),
            Some(128),
            "a UUID without dashes, seen as any hexadecimal text"
        );
        assert_eq!(most_bits("0123456789ABCDEF"), Some(64));
        assert_eq!(most_bits("583920"), Some(24), "digits count as hexadecimal: the bound errs to the server's side");
        assert!(most_bits("aB3_-xYz01aB3_-xYz01aB").is_some_and(|bits| bits >= 128), "22 letters of base64url");
        assert_eq!(most_bits("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"), None);
        assert_eq!(most_bits(""), Some(0));
    }

    proptest::proptest! {
        #[test]
        fn any_token_has_a_bound_that_grows_with_it(token in "[a-zA-Z0-9_-]{1,300}", more in "[a-zA-Z0-9_-]{1,50}") {
            let longer = format!("{token}{more}");
            proptest::prop_assert!(most_bits(&token) <= most_bits(&longer));
        }
    }
}
