//! `carinbb docs`: writes the references that are made from the program's own data, or says whether they are fresh.

use std::path::Path;

use crate::cli::args::{DocsArgs, Global};
use crate::cli::failure::Failure;
use crate::cli::{output, reference_pages, suite};

/// Writes or compares. Exit code 1 when a file is not fresh.
///
/// # Errors
/// When a file cannot be written.
pub fn docs(global: &Global, arguments: &DocsArgs) -> Result<u8, Failure> {
    let loaded = suite::load(global.testcases.as_deref())?;
    let mut stale = Vec::new();
    for (path, text) in reference_pages::pages(&loaded)? {
        let file = arguments.root.join(path);
        let fresh = std::fs::read_to_string(&file).is_ok_and(|own| own == text);
        if !fresh && arguments.check {
            stale.push(path);
        } else if !fresh {
            write(&file, &text)?;
            output::print(&format!("wrote {}", file.display()));
        }
    }
    for path in &stale {
        output::complain(&format!("{path} is not fresh: run carinbb docs"));
    }
    Ok(u8::from(!stale.is_empty()))
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::wrong(format!("cannot write {}: {error}", file.display()));
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(file, text).map_err(failed)
}
