//! Decides once per stream whether it is coloured, and colours what a verdict or a heading needs.
//!
//! `colored` paints but does not decide: it ranks `CLICOLOR_FORCE` above `NO_COLOR`, takes an empty value as
//! "force", and asks stdout's terminal for stderr too. Colour never carries a meaning alone.

use colored::Colorize;

use crate::vocabulary::Verdict;

/// `--color`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// By environment and terminal.
    #[default]
    Auto,
    /// On.
    Always,
    /// Off.
    Never,
}

/// What the environment says of colour, read once by the caller; `None` is "not set".
#[derive(Debug, Clone, Default)]
pub struct ColorEnvironment {
    /// `NO_COLOR`: off unless empty.
    pub no_color: Option<String>,
    /// `CLICOLOR_FORCE`: on unless empty or `0`.
    pub clicolor_force: Option<String>,
    /// `CLICOLOR`: `0` is off.
    pub clicolor: Option<String>,
    /// `TERM`: `dumb` is off.
    pub term: Option<String>,
}

/// The pen of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// The decision for a stream that is a terminal or is not.
    #[must_use]
    pub fn decide(choice: ColorChoice, environment: &ColorEnvironment, is_terminal: bool) -> Self {
        let set = |value: &Option<String>| value.as_ref().is_some_and(|value| !value.is_empty());
        let on = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if set(&environment.no_color) => false,
            ColorChoice::Auto if set(&environment.clicolor_force) && environment.clicolor_force.as_deref() != Some("0") => true,
            ColorChoice::Auto if environment.clicolor.as_deref() == Some("0") => false,
            ColorChoice::Auto => is_terminal && environment.term.as_deref() != Some("dumb"),
        };
        if on { Self::on() } else { Self::off() }
    }

    /// Colours.
    #[must_use]
    pub fn on() -> Self {
        // The switch of `colored` is one for the process: on for good, and a pen that is off never asks it.
        colored::control::set_override(true);
        Self { on: true }
    }

    /// Leaves every text as it is.
    #[must_use]
    pub const fn off() -> Self {
        Self { on: false }
    }

    /// True when it colours.
    #[must_use]
    pub fn is_on(self) -> bool {
        self.on
    }

    /// A text in the colour of a verdict. Pad it before: the codes count as characters.
    #[must_use]
    pub fn verdict(self, verdict: Verdict, text: &str) -> String {
        if !self.on {
            return text.to_owned();
        }
        match verdict {
            Verdict::Pass => text.green().to_string(),
            Verdict::Fail => text.red().bold().to_string(),
            Verdict::Warn => text.yellow().to_string(),
            Verdict::Note => text.cyan().to_string(),
            Verdict::Blocked | Verdict::Error => text.magenta().to_string(),
            Verdict::NotApplicable => text.dimmed().to_string(),
        }
    }

    /// A text that stands back.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        if self.on { text.dimmed().to_string() } else { text.to_owned() }
    }

    /// A text that stands out.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        if self.on { text.bold().to_string() } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(no_color: &str, force: &str, clicolor: &str, term: &str) -> ColorEnvironment {
        let value = |text: &str| (text != "-").then(|| text.to_owned());
        ColorEnvironment { no_color: value(no_color), clicolor_force: value(force), clicolor: value(clicolor), term: value(term) }
    }

    #[test]
    fn each_rule_outranks_the_ones_after_it() {
        use ColorChoice::{Always, Auto, Never};
        let rows = [
            (Always, environment("1", "0", "0", "dumb"), false, true),
            (Never, environment("-", "1", "1", "xterm"), true, false),
            (Auto, environment("1", "1", "1", "xterm"), true, false),
            (Auto, environment("", "1", "0", "dumb"), false, true),
            (Auto, environment("-", "", "-", "xterm"), false, false),
            (Auto, environment("-", "0", "-", "xterm"), false, false),
            (Auto, environment("-", "0", "0", "xterm"), true, false),
            (Auto, environment("-", "-", "1", "xterm"), false, false),
            (Auto, environment("-", "-", "-", "xterm"), true, true),
            (Auto, environment("-", "-", "-", "-"), true, true),
            (Auto, environment("-", "-", "-", "dumb"), true, false),
        ];
        for (choice, environment, terminal, on) in rows {
            let paint = Paint::decide(choice, &environment, terminal);
            assert_eq!(paint.is_on(), on, "{choice:?} {environment:?} terminal: {terminal}");
        }
    }

    #[test]
    fn a_pen_that_is_off_changes_nothing_even_beside_one_that_is_on() {
        assert!(Paint::on().verdict(Verdict::Fail, "FAIL").contains("\u{1b}["));
        assert_eq!(Paint::off().verdict(Verdict::Fail, "FAIL"), "FAIL");
        assert_eq!((Paint::off().dim("x"), Paint::off().bold("x")), ("x".to_owned(), "x".to_owned()));
    }
}
