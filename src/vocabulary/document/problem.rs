//! What is wrong in a file, where, and what to write instead.

use std::cell::RefCell;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use rayon::prelude::*;

use super::source::{Place, Source, Span};

/// One mistake in a file.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The file.
    pub source: Arc<Source>,
    /// The bytes that are wrong.
    pub span: Span,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Problem {
    /// Where it is.
    #[must_use]
    pub fn place(&self) -> Place {
        self.source.place(self.span.start)
    }

    /// The message with path, line, column, the line itself and a caret.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let length = self.source.text().len();
        let start = self.span.start.min(length);
        let span = start..self.span.end.clamp(start, length);
        let mut group = Level::ERROR
            .primary_title(self.message.as_str())
            .element(Snippet::source(self.source.text()).path(self.source.path()).annotation(AnnotationKind::Primary.span(span)));
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group]).to_string()
    }
}

/// Collects the problems of many files. Shared by reference, so that readers can be nested.
#[derive(Debug, Default)]
pub struct Problems {
    found: RefCell<Vec<Problem>>,
    /// Files with an error of syntax: what else seems wrong with them follows from that.
    illegible: RefCell<Vec<Arc<Source>>>,
}

impl Problems {
    /// An empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one, unless the file cannot be read as a whole.
    pub fn report(&self, source: &Arc<Source>, span: Span, message: impl Into<String>, help: Option<String>) {
        if !self.illegible.borrow().iter().any(|known| Arc::ptr_eq(known, source)) {
            self.found.borrow_mut().push(Problem { source: Arc::clone(source), span, message: message.into(), help });
        }
    }

    /// Adds the errors of syntax of a file; nothing else is reported of it from now on.
    pub(super) fn report_illegible(&self, source: &Arc<Source>, errors: impl IntoIterator<Item = (Span, String)>) {
        let mut errors = errors.into_iter().peekable();
        if errors.peek().is_some() {
            errors.for_each(|(span, message)| self.report(source, span, message, None));
            self.illegible.borrow_mut().push(Arc::clone(source));
        }
    }

    /// Reads many files on all processors; the results in the order of the files. What is wrong in any of them is added here.
    pub fn of_each<R: Send>(&self, sources: &[&Arc<Source>], read: impl Fn(&Arc<Source>, &Self) -> R + Sync) -> Vec<R> {
        let alone = |source: &&Arc<Source>| {
            let own = Self::new();
            (read(source, &own), own)
        };
        let each: Vec<(R, Self)> = sources.par_iter().with_max_len(1).map(alone).collect();
        each.into_iter()
            .map(|(result, own)| {
                self.found.borrow_mut().append(&mut own.found.into_inner());
                self.illegible.borrow_mut().append(&mut own.illegible.into_inner());
                result
            })
            .collect()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.found.borrow().len()
    }

    /// True when nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.borrow().is_empty()
    }

    /// All of them, by file and place.
    #[must_use]
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut problems = self.found.into_inner();
        problems.sort_by(|a, b| (a.source.path(), a.span.start).cmp(&(b.source.path(), b.span.start)));
        problems
    }
}

/// The known word that this one was probably meant to be.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Two letters that changed places make a short word look like no other.
    let likeness = |candidate: &str| match strsim::osa_distance(word, candidate) {
        1 if candidate.len() > 2 => 1.0 + strsim::jaro_winkler(word, candidate),
        _ => strsim::jaro_winkler(word, candidate),
    };
    let likely = known.into_iter().map(|candidate| (likeness(candidate), candidate));
    let (score, candidate) = likely.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (score > 0.8).then_some(candidate)
}

/// "did you mean 'x'?" when a known word is close, otherwise the known words (up to twelve).
#[must_use]
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(word, known.iter().copied()) {
        Some(candidate) => format!("did you mean '{candidate}'?"),
        _ if known.is_empty() => "nothing is known by such a name".to_owned(),
        _ if known.len() <= 12 => format!("write one of: {}", known.join(", ")),
        _ => format!("write one of: {} … ({} in all)", known[..12].join(", "), known.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_shown_with_line_column_caret_and_help() {
        let source = Arc::new(Source::new("testcases/tls/versions.toml", "id = \"tls.versions\"\ntitel = \"x\"\n"));
        let span = 20..25;
        let problem = Problem { source, span, message: "unknown key 'titel'".into(), help: Some("did you mean 'title'?".into()) };
        let text = problem.render(false);
        for part in ["testcases/tls/versions.toml:2:1", "titel = \"x\"", "^^^^^", "did you mean 'title'?"] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn files_that_are_read_side_by_side_keep_their_order_and_their_problems() {
        let files: Vec<_> =
            (0..99).map(|at| Arc::new(Source::new(format!("{at:02}.toml"), format!("a = {at}\n[b{at}")))).collect();
        let problems = Problems::new();
        let read = |source: &Arc<Source>, problems: &Problems| super::super::parse(source, problems).get("a").unwrap().span.len();
        let lengths = problems.of_each(&files.iter().collect::<Vec<_>>(), read);
        assert_eq!(lengths, (0..99).map(|at| if at < 10 { 1 } else { 2 }).collect::<Vec<_>>());
        problems.report(&files[70], 0..0, "the table [target] is missing", None);
        let places: Vec<String> = problems.into_sorted().iter().map(|problem| problem.place().to_string()).collect();
        assert_eq!(places, (0..99).map(|at| format!("{at:02}.toml:2")).collect::<Vec<_>>());
    }

    #[test]
    fn of_a_file_with_an_error_of_syntax_nothing_else_is_said() {
        let (broken, whole) = (Arc::new(Source::new("a.toml", "[a\n")), Arc::new(Source::new("b.toml", "")));
        let problems = Problems::new();
        let _ = super::super::parse(&broken, &problems);
        problems.report(&broken, 0..0, "the table [target] is missing", None);
        problems.report(&whole, 0..0, "the table [target] is missing", None);
        let messages: Vec<String> = problems.into_sorted().into_iter().map(|problem| problem.message).collect();
        assert!(messages[0].contains("unclosed table"), "{messages:?}");
        assert_eq!(messages[1..], ["the table [target] is missing"]);
    }

    #[test]
    fn a_near_word_is_suggested_and_otherwise_the_list() {
        assert_eq!(did_you_mean("titel", ["title", "why"]), "did you mean 'title'?");
        assert_eq!(did_you_mean("tsl", ["tls", "token", "tls.suites"]), "did you mean 'tls'?");
        assert_eq!(did_you_mean("zzz", ["title", "why"]), "write one of: title, why");
    }
}
