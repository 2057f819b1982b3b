//! Breaks text to the width of a terminal. Counts characters; knows nothing of colour.

/// Lines of at most `width` characters, broken between words, and inside a word only when it fills a line alone.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut rest: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + rest.len() > width {
            lines.push(String::new());
            used = 0;
        }
        while rest.len() > width {
            let tail = rest.split_off(width);
            push(&mut lines, &rest, &mut used);
            lines.push(String::new());
            used = 0;
            rest = tail;
        }
        push(&mut lines, &rest, &mut used);
    }
    lines
}

fn push(lines: &mut [String], word: &[char], used: &mut usize) {
    let Some(line) = lines.last_mut() else { return };
    if *used > 0 {
        line.push(' ');
        *used += 1;
    }
    line.extend(word);
    *used += word.len();
}

/// Chunks side by side, three spaces apart; a chunk that does not fit begins a new line, indented by two.
#[must_use]
pub fn flow(chunks: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for chunk in chunks {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 3 + chunk.chars().count() <= width => {
                line.push_str("   ");
                line.push_str(chunk);
            }
            None if chunk.chars().count() <= width => lines.push(chunk.clone()),
            _ => lines.extend(wrap(chunk, width.saturating_sub(2)).into_iter().map(|line| format!("  {line}"))),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay_whole_where_they_fit() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(flow(&["aaa".into(), "bbb".into(), "ccc".into()], 10), ["aaa   bbb", "  ccc"]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_and_no_word_is_lost(text in ".{0,200}", width in 1_usize..60) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|line| line.chars().count() <= width));
            let squeeze = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(squeeze(&lines.join(" ")), squeeze(&text));
        }
    }
}
