//! Printing that survives a closed pipe, `carinbb list | head` ends quietly, and remembers what else was lost.

use std::io::{self, Write};
use std::sync::OnceLock;

/// Why something that was to be printed is nowhere. One for the process, as stdout is.
static LOST: OnceLock<String> = OnceLock::new();

/// stdout, remembering a full disk and the like; a reader that went away lost nothing that it wanted.
#[derive(Debug)]
pub struct Stdout(io::Stdout);

impl Stdout {
    /// The stdout of the process.
    #[must_use]
    pub fn new() -> Self {
        Self(io::stdout())
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        remembered(self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        remembered(self.0.flush())
    }
}

fn remembered<T>(done: io::Result<T>) -> io::Result<T> {
    if let Err(error) = &done
        && !matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::Interrupted)
    {
        let _ = LOST.set(error.to_string());
    }
    done
}

/// Why part of what was printed to stdout is lost, other than by a closed pipe.
#[must_use]
pub fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// Prints to stdout; a closed pipe is no error.
pub fn print(text: &str) {
    let _ = write(&mut Stdout::new(), text);
}

/// Prints a message to stderr; a closed pipe is no error.
pub fn complain(text: &str) {
    let _ = write(&mut io::stderr().lock(), text);
}

fn write(out: &mut dyn Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()
}
