//! Text that came from a target, made safe to show.
//!
//! Every byte of a target is hostile: escape sequences, bidirectional overrides, zero-width characters
//! and workflow commands of CI systems are shown, never obeyed.

/// Shows control, bidirectional, zero-width and non-characters as `\u{..}`; leaves the rest as it is.
#[must_use]
pub fn escape(text: &str) -> String {
    // Nearly every text: several megabytes of them in the reports of one run.
    if !text.chars().any(is_obeyed) && !["::", "##[", "##vso["].iter().any(|command| text.contains(command)) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_obeyed(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    // GitHub and Azure read lines that begin with these as commands.
    apart(&out, ':').replace("##[", "# #[").replace("##vso[", "# #vso[")
}

/// Puts a space between any two of `twin` that touch; three in a row must not leave a pair.
fn apart(text: &str, twin: char) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == twin && out.ends_with(twin) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// [`escape`], cut after `width` characters with an ellipsis.
#[must_use]
pub fn escape_to_width(text: &str, width: usize) -> String {
    let head: String = text.chars().take(width.saturating_add(1)).collect();
    let escaped = escape(&head);
    if escaped.chars().count() <= width {
        return escaped;
    }
    let mut cut: String = escaped.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// True for a control, bidirectional, zero-width or non-character.
#[must_use]
pub fn is_obeyed(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        || (c as u32) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h29_escape_sequences_and_overrides_are_shown_not_obeyed() {
        assert_eq!(escape("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(escape("x\u{202e}y\u{200b}z\n"), "x\\u{202e}y\\u{200b}z\\u{a}");
        assert_eq!(escape("::error::owned"), ": :error: :owned");
        assert_eq!(escape(":::error a=b:::owned"), ": : :error a=b: : :owned");
        assert_eq!(escape("plain ünïcode"), "plain ünïcode");
    }

    #[test]
    fn long_text_is_cut_after_it_was_escaped() {
        assert_eq!(escape_to_width("abcdef", 4), "abc…");
        assert_eq!(escape_to_width("abc", 4), "abc");
        assert!(escape_to_width(&"\u{1b}".repeat(50), 10).chars().count() <= 10);
    }
}
