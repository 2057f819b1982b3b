//! Describes a page to a person who cannot see it: title, forms, names of fields, faces of buttons, never a value.

use url::Url;

use super::page::{Control, Form, Kind, Page};
use crate::evidence::{PageWords, SignInPage, redact_text};
use crate::login::arrival::{FieldOutline, FormOutline, PageKind, PageOutline};
use crate::vocabulary::{Redactor, escape_to_width};

/// How many characters of a name or face are shown.
const SHORT: usize = 60;

/// How many bytes of what a page says are kept.
const TEXT: usize = 2_000;

/// The outline of a page. Known secrets in it are replaced; of what the member reads there the words stay that cannot be about
/// anybody.
pub(in crate::login) fn outline(page: &Page, kind: PageKind, redactor: &Redactor, words: &PageWords) -> PageOutline {
    let show = |text: &str, width: usize| escape_to_width(&redact_text(redactor, text), width);
    let short = |text: &str| show(text, SHORT);
    let said = |text: &str, most: usize| escape_to_width(&words.shown(redactor, text, most), most);
    let field = |control: &Control| FieldOutline {
        name: short(if control.name.is_empty() { &control.id } else { &control.name }),
        kind: word(control.kind),
    };
    let form = |form: &Form| FormOutline {
        name: short(&form.name),
        method: if form.is_post { "POST" } else { "GET" },
        action: form.action.as_ref().map_or_else(|| "(no address)".to_owned(), |url| show(&place(url), 200)),
        fields: form.controls.iter().filter(|control| !control.kind.is_button()).take(30).map(field).collect(),
        buttons: form
            .controls
            .iter()
            .filter(|control| control.kind.is_button())
            .take(10)
            .map(|button| said(&button.label, SHORT))
            .collect(),
    };
    PageOutline {
        address: show(&place(&page.url), 200),
        status: page.status,
        title: said(&page.title, SHORT),
        kind,
        forms: page.forms.iter().take(20).map(form).collect(),
        form_count: page.forms.len(),
        loose: page.loose.iter().filter(|control| !control.kind.is_button()).take(30).map(field).collect(),
        text: said(&page.text, TEXT),
    }
}

/// The same for the evidence.
pub(in crate::login) fn as_evidence(outline: &PageOutline, case: &str) -> SignInPage {
    SignInPage {
        address: outline.address.clone(),
        title: outline.title.clone(),
        purpose: outline.kind.word().to_owned(),
        asks_consent: outline.kind == PageKind::Consent,
        case: case.to_owned(),
        text: outline.text.clone(),
        buttons: outline.forms.iter().flat_map(|form| form.buttons.iter().cloned()).take(20).collect(),
    }
}

/// Origin and path; the query may hold anything.
pub(in crate::login) fn place(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Both fail only for URLs that cannot have a user part.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Hidden => "hidden",
        Kind::Text => "text",
        Kind::Email => "email",
        Kind::Number => "number",
        Kind::Search => "search",
        Kind::Password => "password",
        Kind::TextArea => "textarea",
        Kind::Checkbox => "checkbox",
        Kind::Radio => "radio",
        Kind::Select => "select",
        Kind::File => "file",
        Kind::Submit => "submit",
        Kind::Button => "button",
    }
}
