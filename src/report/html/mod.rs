//! One self-contained HTML file that can be mailed to an auditor and read without scripts.
//!
//! It holds no script, loads nothing, and its policy forbids both. Every text goes through [`crate::vocabulary::escape`]
//! and then through the template's escaping; the style is ours alone, and its hash is all that the policy allows.

mod audit;
mod exchange;
mod tls;
mod view;

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use sha2::{Digest, Sha256};

use crate::engine::Run;

use super::Report;

const TEMPLATE: &str = include_str!("report.html");
const STYLE: &str = include_str!("style.css");

/// The HTML report.
#[derive(Debug, Clone, Copy)]
pub struct Html;

impl Report for Html {
    fn write(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(io::Error::other)?;
        environment.set_syntax(syntax);
        environment.add_template("report.html", TEMPLATE).map_err(io::Error::other)?;
        let documents = view::documents(run);
        let style = style(documents.len());
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
            STANDARD.encode(Sha256::digest(style.as_bytes()))
        );
        let view = minijinja::Value::from(Serde(view::view(run, &documents)?));
        let template = environment.get_template("report.html").map_err(io::Error::other)?;
        let text = without_gaps(&template.render(context! { view, style, policy }).map_err(io::Error::other)?);
        // A slash means nothing in texts and quoted attributes; as a reference it makes the page a tenth longer.
        out.write_all(text.replace("&#x2f;", "/").as_bytes())
    }
}

/// The style with a rule per document that the matrix can be filtered by.
fn style(documents: usize) -> String {
    let rules = (0..documents).map(|at| format!("#matrix:has(#d{at}:checked) tbody tr:not(.d{at}){{display:none}}\n"));
    STYLE.to_owned() + &rules.collect::<String>()
}

/// The page without empty lines and indentation, which nobody sees; what stands in `pre` keeps both.
fn without_gaps(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    let mut is_kept = false;
    for line in page.lines() {
        let begins = line.contains("<pre");
        let shown = if is_kept { line } else { line.trim_start() };
        is_kept = (is_kept || begins) && !line.contains("</pre>");
        if is_kept || begins || !shown.is_empty() {
            text.push_str(shown);
            text.push('\n');
        }
    }
    text
}
