//! Reads every secret that the target file points to and remembers what is missing, instead of stopping at the first.

use super::Line;
use crate::target::{SecretReader, SecretSource};
use crate::vocabulary::Secret;

/// A reader that goes on. What it could not read stands in for itself as an empty secret, and must not be sent.
pub struct Collecting<'a> {
    inner: &'a mut dyn SecretReader,
    asks: bool,
    read: usize,
    lines: Vec<Line>,
}

impl<'a> Collecting<'a> {
    /// With `asks`, a person is asked for what the file says they are to type.
    pub fn new(inner: &'a mut dyn SecretReader, asks: bool) -> Self {
        Self { inner, asks, read: 0, lines: Vec::new() }
    }

    /// A line for everything that is missing, or one that says how many there are; nothing when the file names none.
    #[must_use]
    pub fn into_lines(self) -> Vec<Line> {
        if self.lines.is_empty() && self.read > 0 {
            return vec![Line::ok("secrets", format!("{} can be read", self.read))];
        }
        self.lines
    }

    /// True when every secret was read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.lines.is_empty()
    }
}

impl SecretReader for Collecting<'_> {
    fn read(&mut self, label: &'static str, source: &SecretSource) -> Result<Secret, String> {
        if matches!(source, SecretSource::Prompt) && !self.asks {
            self.lines.push(Line::note("secrets", format!("the {label} will be asked for at the terminal")));
            return Ok(Secret::new(label, String::new()));
        }
        match self.inner.read(label, source) {
            Ok(secret) => {
                self.read += 1;
                Ok(secret)
            }
            Err(problem) => {
                let fix = match source {
                    SecretSource::Env(name) => format!("export {name}=…"),
                    SecretSource::File(path) => format!("put it into {}, for your eyes alone (mode 600)", path.display()),
                    SecretSource::Command(words) => format!("run it by hand and see: {}", words.join(" ")),
                    SecretSource::Prompt => "run it at a terminal".to_owned(),
                };
                self.lines.push(Line::fix("secrets", problem, fix));
                Ok(Secret::new(label, String::new()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Odd;

    impl SecretReader for Odd {
        fn read(&mut self, label: &'static str, source: &SecretSource) -> Result<Secret, String> {
            match source {
                SecretSource::Env(name) if name == "THERE" => Ok(Secret::new(label, "hunter2hunter2")),
                _ => Err(format!("the {label} is missing")),
            }
        }
    }

    #[test]
    fn everything_that_is_missing_is_told_at_once_with_what_to_do() {
        let mut inner = Odd;
        let mut collecting = Collecting::new(&mut inner, false);
        for source in [SecretSource::Env("THERE".into()), SecretSource::Env("AWAY".into()), SecretSource::Prompt] {
            assert!(collecting.read("password", &source).is_ok());
        }
        assert!(!collecting.is_complete());
        let lines = collecting.into_lines();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(lines[0].fix.as_deref(), Some("export AWAY=…"));
        assert!(!format!("{lines:?}").contains("hunter2"));
    }
}
