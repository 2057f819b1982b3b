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

/// Lines that are too long, broken so that their last column hangs below itself. The column of a line is `column`, or begins behind
/// the first gap of two spaces within the line; a line without a gap hangs by two.
#[must_use]
pub fn hang(text: &str, width: usize, column: Option<usize>) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let characters: Vec<char> = line.chars().collect();
        if characters.len() <= width {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let indent = characters.iter().take_while(|c| **c == ' ').count();
        let column = column.unwrap_or_else(|| behind_gap(&characters, indent).unwrap_or(indent + 2)).min(width / 2);
        let (head, tail) = if behind_gap(&characters, indent).is_some() || column > indent + 2 {
            characters.split_at(column.min(characters.len()))
        } else {
            characters.split_at(indent)
        };
        let room = width.saturating_sub(column.max(head.len()));
        for (number, part) in wrap(&tail.iter().collect::<String>(), room).iter().enumerate() {
            let start = if number == 0 { head.iter().collect() } else { " ".repeat(column) };
            out.push_str(&start);
            out.push_str(part);
            out.push('\n');
        }
    }
    out
}

/// Where the second column of a line begins, when there is one in its first half.
fn behind_gap(line: &[char], indent: usize) -> Option<usize> {
    let gap = line.windows(2).skip(indent).position(|pair| pair == [' ', ' '])? + indent;
    let end = gap + line[gap..].iter().take_while(|c| **c == ' ').count();
    (end <= 40).then_some(end)
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

    #[test]
    fn the_last_column_hangs_below_itself() {
        assert_eq!(hang("  level  one two three", 18, None), "  level  one two\n         three\n");
        assert_eq!(hang("short\n\nx", 16, None), "short\n\nx\n");
        assert_eq!(hang("  one two three four", 12, None), "  one two\n    three\n    four\n");
        assert_eq!(hang("id a text that goes on", 14, Some(3)), "id a text that\n   goes on\n");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_when_lines_hang(text in "[ a-z0-9]{0,200}", width in 30_usize..90) {
            let squeeze = |text: &str| text.split_whitespace().collect::<String>();
            let hung = hang(&text, width, None);
            prop_assert_eq!(squeeze(&hung), squeeze(&text));
            prop_assert!(hung.lines().all(|line| line.chars().count() <= width), "{}", hung);
        }

        #[test]
        fn no_line_is_too_long_and_no_word_is_lost(text in ".{0,200}", width in 1_usize..60) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|line| line.chars().count() <= width));
            let squeeze = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(squeeze(&lines.join(" ")), squeeze(&text));
        }
    }
}
