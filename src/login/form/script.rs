//! Decides what is done on a page: the first step of the operator's script that fits, else what pages usually want.

use super::default_script::{self, Wishes};
use super::page::{Control, Form, Kind, Page};
use crate::login::arrival::{PageKind, Stuck};
use crate::login::request::Approve;
use crate::target::{FillValue, LoginStep, PageMatch};
use crate::vocabulary::Secret;
use url::Url;

/// What is done on a page.
#[derive(Debug, Clone)]
pub(in crate::login) struct Plan {
    /// What the page is for.
    pub kind: PageKind,
    pub action: Action,
}

/// How a page is left.
#[derive(Debug, Clone)]
pub(in crate::login) enum Action {
    Submit(Filling),
    Follow(Url),
}

/// How a form is filled in. Controls are named by the number of their element.
#[derive(Debug, Clone, Default)]
pub(in crate::login) struct Filling {
    /// Index into the page's forms.
    pub form: usize,
    pub fill: Vec<(usize, FillValue)>,
    pub check: Vec<(usize, bool)>,
    /// Options chosen in selects.
    pub choose: Vec<(usize, String)>,
    pub button: Option<usize>,
}

impl Plan {
    /// The secrets of the script that it fills in.
    pub(in crate::login) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let fill = match &self.action {
            Action::Submit(filling) => filling.fill.as_slice(),
            Action::Follow(_) => &[],
        };
        fill.iter().filter_map(|(_, value)| match value {
            FillValue::Secret(secret) => Some(secret),
            _ => None,
        })
    }

    /// True when it fills in something of this kind.
    pub(in crate::login) fn fills(&self, wanted: fn(&FillValue) -> bool) -> bool {
        match &self.action {
            Action::Submit(filling) => filling.fill.iter().any(|(_, value)| wanted(value)),
            Action::Follow(_) => false,
        }
    }
}

/// What is done on this page; nothing when nobody knows.
///
/// # Errors
/// When the page is known and what is wished for cannot be done on it.
pub(in crate::login) fn plan(page: &Page, steps: &[LoginStep], wishes: &Wishes<'_>) -> Result<Option<Plan>, Stuck> {
    // A script is written for a member who says yes; anything else is said on the page itself.
    if *wishes.approve != Approve::All
        && let Some(plan) = default_script::consent(page, wishes)?
        && plan.kind == PageKind::Consent
    {
        return Ok(Some(plan));
    }
    match steps.iter().find_map(|step| of_step(page, step)) {
        Some(plan) => Ok(Some(plan)),
        None => default_script::plan(page, wishes),
    }
}

/// The step carried out on this page, when it is for it and the page has all that it names.
pub(super) fn of_step(page: &Page, step: &LoginStep) -> Option<Plan> {
    if !step.page.as_ref().is_none_or(|wanted| is_page(page, wanted)) {
        return None;
    }
    let chosen = step.form.as_ref().map(|selector| page.select(selector));
    let in_choice = |form: &Form| {
        chosen.as_ref().is_none_or(|elements| {
            elements.contains(&form.element) || form.controls.iter().any(|control| elements.contains(&control.element))
        })
    };
    let forms = page.forms.iter().enumerate().filter(|(_, form)| in_choice(form));
    let filling = forms.filter_map(|(index, form)| in_form(page, step, index, form)).next();
    if let Some(filling) = filling {
        let kind = kind_of(step, &filling, page);
        return Some(Plan { kind, action: Action::Submit(filling) });
    }
    // A step that only clicks may mean a link.
    let is_click = step.fill.is_empty() && step.tick.is_empty() && step.untick.is_empty() && step.form.is_none();
    let wanted = step.click.as_ref().filter(|_| is_click)?;
    let selected = page.select(wanted);
    let link = page.links.iter().find(|link| selected.contains(&link.element) || link.text.eq_ignore_ascii_case(wanted))?;
    Some(Plan { kind: PageKind::Step, action: Action::Follow(link.url.clone()) })
}

fn is_page(page: &Page, wanted: &PageMatch) -> bool {
    match wanted {
        PageMatch::Url(part) => page.url.as_str().contains(part.as_str()),
        PageMatch::Text(part) => page.text.contains(part.as_str()) || page.title.contains(part.as_str()),
    }
}

/// The step carried out in this form, when the form has all that the step names.
fn in_form(page: &Page, step: &LoginStep, index: usize, form: &Form) -> Option<Filling> {
    let element = |wanted: &String| find(page, form, wanted).map(|control| control.element);
    let fill = step.fill.iter().map(|(name, value)| Some((element(name)?, value.clone()))).collect::<Option<Vec<_>>>()?;
    let ticks = step.tick.iter().map(|name| Some((element(name)?, true)));
    let check = ticks.chain(step.untick.iter().map(|name| Some((element(name)?, false)))).collect::<Option<Vec<_>>>()?;
    let button = match &step.click {
        Some(wanted) => Some(button(page, form, wanted)?),
        None => default_script::usual_button(form),
    };
    Some(Filling { form: index, fill, check, choose: Vec::new(), button })
}

/// A control by its name, its id, the value of a box or a CSS selector.
fn find<'a>(page: &Page, form: &'a Form, wanted: &str) -> Option<&'a Control> {
    let visible = || form.controls.iter().filter(|control| control.is_visible());
    let named = visible().find(|control| control.name == wanted || control.id == wanted);
    let of_value = || visible().find(|control| control.kind == Kind::Checkbox && control.value == wanted);
    named.or_else(of_value).or_else(|| {
        let selected = page.select(wanted);
        form.controls.iter().find(|control| selected.contains(&control.element))
    })
}

/// A button by its name, id, value, face or a CSS selector.
fn button(page: &Page, form: &Form, wanted: &str) -> Option<usize> {
    let buttons = || form.controls.iter().filter(|control| control.kind == Kind::Submit);
    let is = |text: &String| text.eq_ignore_ascii_case(wanted);
    let named = buttons().find(|button| is(&button.name) || is(&button.id) || is(&button.value) || is(&button.label));
    let found = named.or_else(|| {
        let selected = page.select(wanted);
        buttons().find(|button| selected.contains(&button.element))
    });
    found.map(|button| button.element)
}

fn kind_of(step: &LoginStep, filling: &Filling, page: &Page) -> PageKind {
    let fills = |wanted: fn(&FillValue) -> bool| step.fill.iter().any(|(_, value)| wanted(value));
    if fills(|value| matches!(value, FillValue::Username | FillValue::Password)) {
        return PageKind::Login;
    }
    if fills(|value| matches!(value, FillValue::Totp)) {
        return PageKind::Code;
    }
    if page.forms.get(filling.form).is_some_and(default_script::asks_consent) { PageKind::Consent } else { PageKind::Step }
}
