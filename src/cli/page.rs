//! Where and how the terminal writes: escaped, wrapped, indented, coloured lines.

use std::io;

use crate::vocabulary::{Verdict, escape};

use super::layout::wrap;
use super::paint::Paint;

/// How much is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Loudness {
    /// Failures and the claim (`-q`).
    Quiet,
    /// A line per case, findings, the claim.
    #[default]
    Normal,
    /// Every assertion that holds, too (`-v`).
    Verbose,
}

/// How the terminal looks and what it shows.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// The pen of the stream.
    pub paint: Paint,
    /// Columns; 100 where there is no terminal. Less than 40 is taken as 40.
    pub width: usize,
    /// How much is printed.
    pub loudness: Loudness,
    /// The exit code is told by somebody else, who knows more than the claim.
    pub without_code: bool,
    /// A Warn is a failure (`--fail-on warn`), which matters with `-q`.
    pub fail_on_warn: bool,
}

/// A stream and how it looks.
#[derive(Debug)]
pub(super) struct Page<W> {
    pub(super) out: W,
    pub(super) look: Look,
}

impl<W: io::Write> Page<W> {
    /// A text from the record behind its label, wrapped below itself. Commands keep their line, so that they can be copied.
    pub(super) fn row(&mut self, label: &str, text: &str, indent: usize, label_width: usize) -> io::Result<()> {
        let text = escape(text);
        let room = self.room(indent, label_width);
        let whole = label == "repeat" || text.chars().count() <= room;
        let lines = if whole { vec![text] } else { wrap(&text, room) };
        for (number, line) in lines.iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            writeln!(self.out, "{:indent$}{label:<label_width$}{line}", "")?;
        }
        Ok(())
    }

    /// Columns that are left for the text of a row.
    pub(super) fn room(&self, indent: usize, label_width: usize) -> usize {
        self.look.width.saturating_sub(indent + label_width)
    }

    /// An empty line and a title.
    pub(super) fn section(&mut self, title: &str) -> io::Result<()> {
        writeln!(self.out, "\n{}", self.look.paint.bold(title))
    }

    /// An empty line, the coloured word of a verdict, a label and a title; the title below where they do not fit beside.
    pub(super) fn heading(&mut self, verdict: Verdict, label: &str, title: &str) -> io::Result<()> {
        let word = format!("{:<5} ", verdict.word());
        let (label, title) = (escape(label), escape(title));
        let room = self.room(word.len(), 0);
        let beside = format!("{label}   {title}");
        let lines = if beside.chars().count() <= room { vec![beside] } else { [wrap(&label, room), wrap(&title, room)].concat() };
        writeln!(self.out)?;
        for (number, line) in lines.iter().enumerate() {
            let start = if number == 0 { self.look.paint.verdict(verdict, &word) } else { " ".repeat(word.len()) };
            writeln!(self.out, "{start}{}", self.look.paint.bold(line))?;
        }
        Ok(())
    }

    /// A line that stands out, wrapped. The caller escaped what came from the record.
    pub(super) fn strong(&mut self, text: &str) -> io::Result<()> {
        let paint = self.look.paint;
        self.lines(text, |line| paint.bold(line))
    }

    /// A line that stands back, wrapped.
    pub(super) fn faint(&mut self, text: &str) -> io::Result<()> {
        let paint = self.look.paint;
        self.lines(text, |line| paint.dim(line))
    }

    fn lines(&mut self, text: &str, pen: impl Fn(&str) -> String) -> io::Result<()> {
        let lines = if text.chars().count() <= self.look.width { vec![text.to_owned()] } else { wrap(text, self.look.width) };
        lines.iter().try_for_each(|line| writeln!(self.out, "{}", pen(line)))
    }
}
