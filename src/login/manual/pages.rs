//! The three small pages of the listener. They hold no script and load nothing.

use super::window::Errand;

/// Shown while no further authorization waits.
pub(super) fn progress(path: &str) -> String {
    page(
        &format!("<meta http-equiv=\"refresh\" content=\"1; url={}\">", escaped(path)),
        "<p>Done. The test goes on; this page leads to the next sign-in when there is one.</p>\
         <p>It may be closed when the test has ended.</p>",
    )
}

/// Shown before an authorization in which the person has something special to do.
pub(super) fn instruction(errand: &Errand) -> String {
    let text = format!(
        "<p>Sign-in {}: {}.</p><p><a href=\"{}\">Go on</a></p>",
        escaped(&errand.progress),
        escaped(&errand.instruction),
        escaped(errand.go.as_str())
    );
    page("", &text)
}

/// Shown for a request that belongs to no authorization.
pub(super) fn stray() -> String {
    page("", "<p>This address belongs to no sign-in that is under way.</p>")
}

fn page(head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">{head}<title>carinbb</title></head><body>{body}</body></html>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
