//! Whether a text of HTML or XHTML may be given to a parser, whose work grows with tags times open elements.

/// Elements that are never closed.
const VOID: [&str; 8] = ["input", "br", "meta", "link", "img", "hr", "wbr", "source"];

/// What is read at most.
#[derive(Debug, Clone, Copy)]
pub struct MarkupLimits {
    /// Tags, those that close included.
    pub tags: usize,
    /// Elements that are open at a time.
    pub open: usize,
    /// As in XML a tag that ends in `/>` closes itself. An HTML parser leaves it open, so this is for texts with few tags.
    pub closes_itself: bool,
}

impl MarkupLimits {
    /// False for what would hold the parser up.
    #[must_use]
    pub fn hold(self, text: &str) -> bool {
        let (mut tags, mut open) = (0_usize, 0_usize);
        for tag in text.split('<').skip(1) {
            tags += 1;
            if tag.starts_with('/') {
                open = open.saturating_sub(1);
            } else if tag.starts_with(|sign: char| sign.is_ascii_alphabetic()) && !self.is_closed(tag) {
                open += 1;
            }
            if tags > self.tags || open > self.open {
                return false;
            }
        }
        true
    }

    fn is_closed(self, tag: &str) -> bool {
        let is = |name: &&str| tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        VOID.iter().any(is) || (self.closes_itself && tag.split('>').next().is_some_and(|inner| inner.ends_with('/')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_open_elements_are_bounded_and_what_is_closed_is_not_open() {
        let html = MarkupLimits { tags: 8, open: 2, closes_itself: false };
        let xml = MarkupLimits { closes_itself: true, ..html };
        for (text, by_html, by_xml) in [
            ("<p><b>a</b></p><p><b></b></p>", true, true),
            ("<p><b><i>", false, false),
            ("<p/><b/><i/><u/>", false, true),
            ("<br><IMG src=a><hr><input>", true, true),
            ("a < b < c < d", true, true),
            ("</p></p></p></p></p></p></p></p></p>", false, false),
        ] {
            assert_eq!((html.hold(text), xml.hold(text)), (by_html, by_xml), "{text}");
        }
    }
}
