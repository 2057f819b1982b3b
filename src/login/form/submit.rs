//! Makes the request of a filled-in form, as a browser would: names and values in the order of the page.

use std::collections::HashMap;

use url::Url;

use super::page::{Control, Form, Kind};
use super::script::Filling;
use crate::login::arrival::{Stuck, StuckReason};
use crate::net::FormValue;

/// A form on its way.
#[derive(Debug, Clone)]
pub(super) struct Submission {
    pub url: Url,
    /// The fields of a POST; a GET has them in its address.
    pub post: Option<Vec<(String, FormValue)>>,
}

/// The request of this form. `values` are what is typed, by the number of the element.
pub(super) fn submission(form: &Form, filling: &Filling, values: &HashMap<usize, FormValue>) -> Result<Submission, Stuck> {
    let unsafe_form = |why: &str| Err(Stuck::new(StuckReason::UnsafeForm, why));
    let Some(url) = form.action.clone() else { return unsafe_form("the form goes to an address that cannot be read") };
    let fields = fields(form, filling, values);
    if form.is_post {
        if form.is_multipart {
            return unsafe_form("the form wants another encoding than application/x-www-form-urlencoded");
        }
        return Ok(Submission { url, post: Some(fields) });
    }
    let mut url = url;
    {
        let mut query = url.query_pairs_mut();
        query.clear();
        for (name, value) in &fields {
            let FormValue::Plain(value) = value else {
                drop(query);
                return unsafe_form("the form would put what is secret into the address");
            };
            query.append_pair(name, value);
        }
    }
    Ok(Submission { url, post: None })
}

fn fields(form: &Form, filling: &Filling, values: &HashMap<usize, FormValue>) -> Vec<(String, FormValue)> {
    let mut fields = Vec::new();
    for control in &form.controls {
        let typed = values.get(&control.element);
        if control.name.is_empty() || (control.disabled && typed.is_none()) {
            continue;
        }
        let is_sent = match control.kind {
            Kind::File | Kind::Button => false,
            Kind::Submit => filling.button == Some(control.element),
            Kind::Checkbox => checked(control, filling).unwrap_or(control.checked),
            Kind::Radio => radio(form, control, filling),
            _ => true,
        };
        if is_sent {
            let chosen = filling.choose.iter().find(|(element, _)| *element == control.element).map(|(_, value)| value);
            let own = || FormValue::Plain(chosen.unwrap_or(&control.value).clone());
            fields.push((control.name.clone(), typed.cloned().unwrap_or_else(own)));
        }
    }
    fields
}

fn checked(control: &Control, filling: &Filling) -> Option<bool> {
    filling.check.iter().find(|(element, _)| *element == control.element).map(|(_, checked)| *checked)
}

/// Choosing one radio button of a group releases the others.
fn radio(form: &Form, control: &Control, filling: &Filling) -> bool {
    let group = form.controls.iter().filter(|other| other.kind == Kind::Radio && other.name == control.name);
    match group.into_iter().find(|other| checked(other, filling) == Some(true)) {
        Some(chosen) => chosen.element == control.element,
        None => checked(control, filling).unwrap_or(control.checked),
    }
}
