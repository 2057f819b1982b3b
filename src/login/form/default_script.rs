//! What login pages usually want, for targets without a script: user name and password, a one-time code, consent.
//!
//! It prefers to leave a page alone: a form of search, language or logout is not touched.

use super::page::{Control, Form, Kind, Page};
use super::script::{Action, Filling, Plan};
use crate::login::arrival::{PageKind, Stuck, StuckReason};
use crate::login::request::Approve;
use crate::target::FillValue;

/// Words on buttons that say yes without doubt.
const YES: [&str; 11] =
    ["approve", "allow", "authorize", "authorise", "accept", "agree", "consent", "grant", "permit", "share", "confirm"];
/// Words on buttons that lead on.
const ON: [&str; 5] = ["continue", "yes", "ok", "next", "proceed"];
/// Words on buttons that say no.
const NO: [&str; 12] =
    ["deny", "decline", "cancel", "reject", "refuse", "disallow", "disagree", "no", "not", "don", "dont", "revoke"];
/// Buttons of a login form that lead away from it.
const AWAY: [&str; 8] = ["forgot", "forgotten", "register", "signup", "resend", "back", "help", "reset"];
/// Parts of names of fields for the user name.
const USER: [&str; 9] = ["user", "login", "email", "mail", "account", "member", "identifier", "signin", "uid"];
/// Parts of names of fields for a one-time code.
const CODE: [&str; 10] =
    ["otp", "mfa", "2fa", "twofactor", "onetime", "passcode", "authenticator", "verificationcode", "securitycode", "authcode"];
/// Boxes that would make the server skip the next question.
const KEEP: [&str; 6] = ["remember", "rememberme", "keep", "persist", "stay", "trust"];
/// Hidden fields of protocols that pass through the browser.
const PASSING: [&str; 7] = ["samlrequest", "samlresponse", "relaystate", "wresult", "id_token", "code", "logintoken"];

/// What the member wants.
pub(in crate::login) struct Wishes<'a> {
    pub approve: &'a Approve,
    /// The id of the member's Patient, for a page that offers several.
    pub patient: Option<&'a str>,
    /// There is a seed for one-time codes.
    pub has_codes: bool,
}

/// What is done on this page; nothing when it looks like none that is known.
pub(in crate::login) fn plan(page: &Page, wishes: &Wishes<'_>) -> Result<Option<Plan>, Stuck> {
    let forms = || page.forms.iter().enumerate();
    let known = forms()
        .find_map(|(index, form)| password(index, form, wishes))
        .or_else(|| forms().find_map(|(index, form)| code(index, form)))
        .or_else(|| forms().find_map(|(index, form)| username(index, form)));
    if known.is_some() {
        return Ok(known);
    }
    if let Some(plan) = consent(page, wishes)? {
        return Ok(Some(plan));
    }
    Ok(forms().find_map(|(index, form)| passing(index, form, page)))
}

/// A form with one password field, and the user name beside it.
fn password(index: usize, form: &Form, wishes: &Wishes<'_>) -> Option<Plan> {
    let mut secrets = fields(form).filter(|control| control.kind == Kind::Password && !is_code(control));
    let field = secrets.next()?;
    // Two are a registration or a change of the password.
    if secrets.next().is_some() {
        return None;
    }
    let texts = || fields(form).filter(|control| control.kind != Kind::Password && !is_code(control) && !is_search(control));
    let user = texts().find(|control| is_user(control)).or_else(|| texts().next());
    let mut fill: Vec<_> = user.map(|control| (control.element, FillValue::Username)).into_iter().collect();
    fill.push((field.element, FillValue::Password));
    let code = fields(form).find(|control| is_code(control)).filter(|_| wishes.has_codes);
    fill.extend(code.map(|control| (control.element, FillValue::Totp)));
    Some(filled(PageKind::Login, index, form, fill))
}

fn code(index: usize, form: &Form) -> Option<Plan> {
    let field = only(form).filter(|control| is_code(control))?;
    Some(filled(PageKind::Code, index, form, vec![(field.element, FillValue::Totp)]))
}

fn username(index: usize, form: &Form) -> Option<Plan> {
    let field = only(form).filter(|control| is_user(control) && !is_search(control) && control.kind != Kind::Password)?;
    Some(filled(PageKind::Login, index, form, vec![(field.element, FillValue::Username)]))
}

fn filled(kind: PageKind, index: usize, form: &Form, fill: Vec<(usize, FillValue)>) -> Plan {
    let filling = Filling { form: index, fill, button: usual_button(form), ..Filling::default() };
    Plan { kind, action: Action::Submit(filling) }
}

/// A form that only carries hidden fields on. One with a button is left alone unless it is clear what it is: it may
/// be a logout.
fn passing(index: usize, form: &Form, page: &Page) -> Option<Plan> {
    let mut hidden = form.controls.iter().filter(|control| control.kind == Kind::Hidden && !control.name.is_empty()).peekable();
    hidden.peek()?;
    if form.controls.iter().any(Control::is_visible) {
        return None;
    }
    let has_button = form.controls.iter().any(|control| control.kind == Kind::Submit);
    let is_known = hidden.any(|control| PASSING.contains(&control.name.to_ascii_lowercase().as_str()));
    if has_button && !is_known && !(page.submits_itself && page.forms.len() == 1) {
        return None;
    }
    Some(filled(PageKind::Passing, index, form, Vec::new()))
}

/// The consent page, or a page with nothing but a way on.
pub(in crate::login) fn consent(page: &Page, wishes: &Wishes<'_>) -> Result<Option<Plan>, Stuck> {
    let candidates = || page.forms.iter().enumerate().filter(|(_, form)| !fields(form).any(|field| field.kind == Kind::Password));
    let sure = candidates().find(|(_, form)| asks_consent(form));
    let on = || candidates().find(|(_, form)| fields(form).next().is_none() && leads_on(form).is_some());
    let Some((index, form)) = sure.or_else(on) else { return Ok(None) };
    let choose = choices(form, wishes.patient);
    if !asks_consent(form) {
        let filling = Filling { form: index, button: leads_on(form), choose, ..Filling::default() };
        return Ok(Some(Plan { kind: PageKind::Step, action: Action::Submit(filling) }));
    }
    let action = match wishes.approve {
        Approve::Deny => denial(page, index, form)?,
        Approve::All => {
            let boxes = boxes(form).filter(|field| !is_one_of(&words(field), &KEEP));
            let mut check: Vec<_> = boxes.map(|field| (field.element, true)).collect();
            check.extend(radios(form, wishes.patient).into_iter().map(|element| (element, true)));
            Action::Submit(Filling { form: index, check, choose, button: leads_on(form), ..Filling::default() })
        }
        Approve::Only(wanted) => {
            let is_wanted =
                |field: &Control| wanted.iter().any(|one| *one == field.value || *one == field.name || *one == field.label);
            if !boxes(form).any(is_wanted) {
                return Err(Stuck::new(StuckReason::NoChoice, "the consent page has no box for what is to be approved alone"));
            }
            let mut check: Vec<_> = boxes(form).map(|field| (field.element, is_wanted(field))).collect();
            check.extend(radios(form, wishes.patient).into_iter().map(|element| (element, true)));
            Action::Submit(Filling { form: index, check, choose, button: leads_on(form), ..Filling::default() })
        }
    };
    Ok(Some(Plan { kind: PageKind::Consent, action }))
}

/// True for a form that asks for a yes or a no: an unmistakable yes, or a way on beside boxes or a no.
pub(in crate::login) fn asks_consent(form: &Form) -> bool {
    let Some(button) = leads_on(form).and_then(|element| form.controls.iter().find(|control| control.element == element)) else {
        return false;
    };
    is_one_of(&words(button), &YES) || boxes(form).next().is_some() || no_button(form).is_some()
}

fn denial(page: &Page, index: usize, form: &Form) -> Result<Action, Stuck> {
    if let Some(button) = no_button(form) {
        return Ok(Action::Submit(Filling { form: index, button: Some(button), ..Filling::default() }));
    }
    let elsewhere = page.forms.iter().enumerate().find_map(|(index, form)| Some((index, no_button(form)?)));
    if let Some((form, button)) = elsewhere {
        return Ok(Action::Submit(Filling { form, button: Some(button), ..Filling::default() }));
    }
    let link = page.links.iter().find(|link| is_one_of(&split(&link.text), &NO));
    link.map(|link| Action::Follow(link.url.clone()))
        .ok_or_else(|| Stuck::new(StuckReason::NoChoice, "the consent page has no button and no link to deny"))
}

/// The button that is pressed when nothing else is said: the first that neither denies nor leads away.
pub(in crate::login) fn usual_button(form: &Form) -> Option<usize> {
    let submits = || form.controls.iter().filter(|control| control.kind == Kind::Submit && !control.disabled);
    let usual = submits().find(|button| !is_one_of(&words(button), &NO) && !is_one_of(&words(button), &AWAY));
    usual.or_else(|| submits().next()).map(|button| button.element)
}

fn leads_on(form: &Form) -> Option<usize> {
    let yes = |list: &'static [&'static str]| {
        let buttons = form.controls.iter().filter(|control| control.kind == Kind::Submit);
        buttons.filter(|button| !is_one_of(&words(button), &NO)).find(|button| is_one_of(&words(button), list))
    };
    yes(&YES).or_else(|| yes(&ON)).map(|button| button.element)
}

fn no_button(form: &Form) -> Option<usize> {
    let mut buttons = form.controls.iter().filter(|control| control.kind == Kind::Submit);
    buttons.find(|button| is_one_of(&words(button), &NO)).map(|button| button.element)
}

/// Selects that offer the member's own patient.
fn choices(form: &Form, patient: Option<&str>) -> Vec<(usize, String)> {
    let Some(patient) = patient else { return Vec::new() };
    let selects = form.controls.iter().filter(|control| control.kind == Kind::Select);
    let own = selects.filter(|select| select.options.iter().any(|(value, _)| value == patient));
    own.map(|select| (select.element, patient.to_owned())).collect()
}

/// One radio button of each group: the member's own patient, else the one that is chosen, else the first.
fn radios(form: &Form, patient: Option<&str>) -> Vec<usize> {
    let all = || form.controls.iter().filter(|control| control.kind == Kind::Radio && !control.disabled);
    let mut groups: Vec<&str> = all().map(|control| control.name.as_str()).collect();
    groups.dedup();
    let chosen = groups.into_iter().filter_map(|group| {
        let of_group = || all().filter(|control| control.name == group);
        let own = of_group().find(|control| patient == Some(control.value.as_str()));
        own.or_else(|| of_group().find(|control| control.checked)).or_else(|| of_group().next())
    });
    chosen.map(|control| control.element).collect()
}

/// Fields into which something can be typed.
fn fields(form: &Form) -> impl Iterator<Item = &Control> {
    form.controls.iter().filter(|control| control.takes_text() && !control.disabled)
}

fn boxes(form: &Form) -> impl Iterator<Item = &Control> {
    form.controls.iter().filter(|control| control.kind == Kind::Checkbox && !control.disabled)
}

/// The only field of a form into which something can be typed.
fn only(form: &Form) -> Option<&Control> {
    let mut all = fields(form);
    all.next().filter(|_| all.next().is_none())
}

fn is_user(control: &Control) -> bool {
    control.kind == Kind::Email
        || control.autocomplete.contains("username")
        || has_part(&[&control.name, &control.id, &control.label], &USER)
}

fn is_code(control: &Control) -> bool {
    control.autocomplete.contains("one-time-code")
        || has_part(&[&control.name, &control.id, &control.label], &CODE)
        || is_one_of(&split(&control.name), &["code", "pin"])
}

fn is_search(control: &Control) -> bool {
    control.kind == Kind::Search || control.name == "q" || has_part(&[&control.name, &control.id], &["search", "query"])
}

/// True when a part stands in one of the texts, whatever separates its letters.
fn has_part(texts: &[&String], parts: &[&str]) -> bool {
    texts.iter().any(|text| {
        let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        parts.iter().any(|part| bare.contains(part))
    })
}

/// The words that a control is known by.
fn words(control: &Control) -> Vec<String> {
    let mut words = split(&control.label);
    words.extend(split(&control.value));
    words.extend(split(&control.id));
    if control.kind == Kind::Submit || control.kind == Kind::Checkbox {
        words.extend(split(&control.name));
    }
    words
}

fn split(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

fn is_one_of(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|word| list.contains(&word.as_str()))
}
