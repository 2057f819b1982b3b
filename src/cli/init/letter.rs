//! What an auditor asks of the owner of a server, with what each part settles.

use crate::engine::Worth;

/// The letter in Markdown.
#[must_use]
pub fn letter(base: &str, profile: &str, worth: &[Worth]) -> String {
    let rows: Vec<String> = worth.iter().map(row).collect();
    include_str!("files/auditor.md")
        .replace("@BASE@", base)
        .replace("@PROFILE@", profile)
        .replace("@ROWS@", &rows.join("\n"))
        .replace("@REDIRECT@", "`https://app.example/callback`, or one of yours")
}

fn row(worth: &Worth) -> String {
    let settles = format!("{} SHALL, {} others", worth.shall.len(), worth.other.len());
    format!("| `{}` | {} | {settles} |", worth.input.name, worth.input.give.replace('|', "\\|"))
}
