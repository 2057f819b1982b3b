//! A page of a login as a person reads it: title, forms, names and types of fields, buttons; never a value.

use crate::login::{FieldOutline, FormOutline, PageOutline};

/// The lines of the page that came as number `number`.
#[must_use]
pub fn page(number: usize, page: &PageOutline) -> String {
    let mut lines = vec![
        format!("{number:>2}  '{}'   {}", page.title, page.kind.word()),
        format!("    {}   status {}", page.address, page.status),
    ];
    for form in &page.forms {
        lines.extend(of_form(form));
    }
    if page.form_count > page.forms.len() {
        lines.push(format!("    {} forms in all", page.form_count));
    }
    if !page.loose.is_empty() {
        lines.push(format!("    outside of forms: {}", fields(&page.loose)));
    }
    if page.forms.is_empty() && page.loose.is_empty() {
        lines.push("    no form and no field".into());
        if !page.text.is_empty() {
            lines.push(format!("    it says: {}", page.text));
        }
    }
    lines.join("\n")
}

fn of_form(form: &FormOutline) -> [String; 3] {
    let name = if form.name.is_empty() { "form without a name".to_owned() } else { format!("form '{}'", form.name) };
    [
        format!("    {name}   {} {}", form.method, form.action),
        format!("      fields   {}", if form.fields.is_empty() { "none".to_owned() } else { fields(&form.fields) }),
        format!("      buttons  {}", if form.buttons.is_empty() { "none".to_owned() } else { form.buttons.join(", ") }),
    ]
}

fn fields(fields: &[FieldOutline]) -> String {
    fields.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::PageKind;

    #[test]
    fn a_page_shows_its_title_forms_fields_and_buttons() {
        let field = |name: &str, kind| FieldOutline { name: name.into(), kind };
        let form = FormOutline {
            name: "login".into(),
            method: "POST",
            action: "https://as.example/login".into(),
            fields: vec![field("user", "text"), field("pass", "password")],
            buttons: vec!["Sign in".into()],
        };
        let outline = PageOutline {
            address: "https://as.example/login".into(),
            status: 200,
            title: "Sign in".into(),
            kind: PageKind::Login,
            forms: vec![form],
            form_count: 1,
            loose: vec![field("q", "search")],
            text: "Welcome".into(),
        };
        let lines = page(1, &outline);
        for part in [
            "'Sign in'",
            "POST https://as.example/login",
            "user (text), pass (password)",
            "buttons  Sign in",
            "outside of forms: q (search)",
        ] {
            assert!(lines.contains(part), "{part}: {lines}");
        }
        let empty = PageOutline { forms: Vec::new(), form_count: 0, loose: Vec::new(), ..outline };
        assert!(page(2, &empty).contains("it says: Welcome"));
    }
}
