//! Printing that survives a closed pipe: `carinbb list | head` ends quietly.

use std::io::{self, Write};

/// Prints to stdout; a closed pipe is no error.
pub fn print(text: &str) {
    let _ = write(&mut io::stdout().lock(), text);
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
