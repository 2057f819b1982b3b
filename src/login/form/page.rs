//! Reads an HTML page: its forms with all their controls, its links, its title and text, and where it refreshes to.
//!
//! The parsed document is not kept, because it cannot cross threads; elements are known by their number in the order
//! of the document, so that a CSS selector can be asked for again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use scraper::{ElementRef, Html, Node, Selector};
use url::Url;

use crate::vocabulary::MarkupLimits;

/// More tags than this are not a login page.
const MOST_TAGS: usize = 10_000;
/// So many elements may be open; the parser's work grows with tags times open elements.
const MOST_OPEN: usize = 2_000;
/// The most visible text that is kept, in bytes.
const TEXT_KEPT: usize = 64 * 1024;
/// The most links that are kept.
const MOST_LINKS: usize = 500;

/// A page as a login sees it.
#[derive(Debug)]
pub(in crate::login) struct Page {
    pub url: Url,
    pub status: u16,
    pub title: String,
    /// Visible text, white space folded.
    pub text: String,
    pub forms: Vec<Form>,
    /// Controls outside any form; only a script could send them.
    pub loose: Vec<Control>,
    pub links: Vec<Link>,
    /// Where `<meta http-equiv=refresh>` leads.
    pub refresh: Option<Url>,
    pub has_script: bool,
    /// A script submits a form when the page has loaded.
    pub submits_itself: bool,
    pub has_captcha: bool,
    source: String,
    selected: Mutex<HashMap<String, Arc<Vec<usize>>>>,
}

/// A form.
#[derive(Debug, Clone)]
pub(in crate::login) struct Form {
    pub element: usize,
    pub name: String,
    /// Where it goes; nothing when the address cannot be read.
    pub action: Option<Url>,
    pub is_post: bool,
    /// Its encoding is not `application/x-www-form-urlencoded`.
    pub is_multipart: bool,
    pub controls: Vec<Control>,
}

/// What kind of control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::login) enum Kind {
    Hidden,
    Text,
    Email,
    Number,
    Search,
    Password,
    TextArea,
    Checkbox,
    Radio,
    Select,
    File,
    /// A button that submits.
    Submit,
    /// A button that only a script could use.
    Button,
}

impl Kind {
    /// True for what is pressed.
    pub const fn is_button(self) -> bool {
        matches!(self, Self::Submit | Self::Button)
    }
}

/// A control of a form.
#[derive(Debug, Clone)]
pub(in crate::login) struct Control {
    pub element: usize,
    pub kind: Kind,
    pub name: String,
    pub id: String,
    /// Its value; of a button also what is written on it, when it has no value.
    pub value: String,
    pub checked: bool,
    pub disabled: bool,
    pub autocomplete: String,
    /// What its label or, for a button, its face says.
    pub label: String,
    /// Values and texts of a select.
    pub options: Vec<(String, String)>,
}

/// A link.
#[derive(Debug, Clone)]
pub(in crate::login) struct Link {
    pub element: usize,
    pub url: Url,
    pub text: String,
}

/// What encloses an element.
#[derive(Debug, Clone, Copy, Default)]
struct Scope {
    form: Option<usize>,
    /// Index into the controls that were read: the button or select around a text or option.
    control: Option<usize>,
    label: Option<usize>,
    link: Option<usize>,
    in_title: bool,
    invisible: bool,
}

/// Reads a page.
///
/// # Errors
/// With a sentence when the page has more tags than any login page has, or lies deeper than it may.
pub(in crate::login) fn read(url: Url, status: u16, source: String) -> Result<Page, String> {
    let lower = source.to_ascii_lowercase();
    if !(MarkupLimits { tags: MOST_TAGS, open: MOST_OPEN, closes_itself: false }).hold(&source) {
        return Err(format!("the page has more than {MOST_TAGS} tags or {MOST_OPEN} open elements"));
    }
    let html = Html::parse_document(&source);
    let mut reading = Reading::of(&url);
    let mut scopes = HashMap::new();
    let mut number = 0;
    for node in html.tree.root().descendants() {
        let mut scope = node.parent().and_then(|parent| scopes.get(&parent.id()).copied()).unwrap_or_default();
        match node.value() {
            Node::Element(_) => {
                if let Some(element) = ElementRef::wrap(node) {
                    reading.element(&element, number, &mut scope);
                }
                number += 1;
            }
            Node::Text(text) => reading.text(text, scope),
            _ => {}
        }
        scopes.insert(node.id(), scope);
    }
    let submits_itself = lower.contains(".submit()") || lower.contains(".submit.apply") || lower.contains(".submit.call");
    let has_captcha = ["g-recaptcha", "h-captcha", "cf-turnstile", "captcha"].iter().any(|word| lower.contains(word));
    let page = Page {
        url,
        status,
        title: String::new(),
        text: String::new(),
        forms: Vec::new(),
        loose: Vec::new(),
        links: Vec::new(),
        refresh: None,
        has_script: lower.contains("<script"),
        submits_itself,
        has_captcha,
        source,
        selected: Mutex::default(),
    };
    Ok(reading.into_page(page))
}

impl Page {
    /// The numbers of the elements that a CSS selector selects; none when it is no selector.
    ///
    /// Each selector is looked up once, or a page of a thousand forms would be parsed a thousand times.
    pub(in crate::login) fn select(&self, selector: &str) -> Arc<Vec<usize>> {
        let mut selected = self.selected.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = selected.get(selector) {
            return Arc::clone(known);
        }
        let found = Arc::new(Selector::parse(selector).map_or_else(|_| Vec::new(), |selector| self.matching(&selector)));
        selected.insert(selector.to_owned(), Arc::clone(&found));
        found
    }

    /// The numbers that `data-carinbb` gave to elements, by the number of the element here.
    pub(in crate::login) fn marks(&self) -> HashMap<usize, usize> {
        let html = Html::parse_document(&self.source);
        let elements = html.tree.root().descendants().filter_map(ElementRef::wrap).enumerate();
        elements.filter_map(|(number, element)| Some((number, element.attr("data-carinbb")?.parse().ok()?))).collect()
    }

    fn matching(&self, selector: &Selector) -> Vec<usize> {
        let html = Html::parse_document(&self.source);
        let elements = html.tree.root().descendants().filter_map(ElementRef::wrap);
        elements.enumerate().filter(|(_, element)| selector.matches(element)).map(|(number, _)| number).collect()
    }
}

impl Control {
    /// A person sees it and could change it.
    pub(in crate::login) fn is_visible(&self) -> bool {
        !matches!(self.kind, Kind::Hidden | Kind::Submit | Kind::Button)
    }

    /// Something can be typed into it.
    pub(in crate::login) fn takes_text(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Email | Kind::Number | Kind::Search | Kind::Password | Kind::TextArea)
    }
}

/// What was read so far.
#[derive(Debug)]
struct Reading {
    base: Url,
    has_base: bool,
    title: String,
    text: String,
    forms: Vec<Form>,
    form_actions: Vec<String>,
    /// Every control with the form it is in; the second part is the `form` attribute.
    controls: Vec<(Control, Option<usize>, Option<String>)>,
    /// What each label is for and says.
    labels: Vec<(Option<String>, String)>,
    /// The label around each control.
    around: Vec<Option<usize>>,
    links: Vec<(usize, String, String)>,
    form_ids: Vec<String>,
    refresh: Option<String>,
}

impl Reading {
    fn of(url: &Url) -> Self {
        Self {
            base: url.clone(),
            has_base: false,
            title: String::new(),
            text: String::new(),
            forms: Vec::new(),
            form_actions: Vec::new(),
            controls: Vec::new(),
            labels: Vec::new(),
            around: Vec::new(),
            links: Vec::new(),
            form_ids: Vec::new(),
            refresh: None,
        }
    }

    fn element(&mut self, element: &ElementRef<'_>, number: usize, scope: &mut Scope) {
        let attribute = |name: &str| element.attr(name).unwrap_or_default();
        match element.value().name() {
            "script" | "style" | "noscript" | "template" => scope.invisible = true,
            "title" => scope.in_title = true,
            "base" if !self.has_base => {
                if let Some(base) = element.attr("href").and_then(|href| self.base.join(href).ok()) {
                    (self.base, self.has_base) = (base, true);
                }
            }
            "meta" if attribute("http-equiv").eq_ignore_ascii_case("refresh") && self.refresh.is_none() => {
                self.refresh = refresh_target(attribute("content"));
            }
            // A form within a form is no form.
            "form" if scope.form.is_none() => {
                scope.form = Some(self.forms.len());
                self.form(element, number);
            }
            "label" => {
                scope.label = Some(self.labels.len());
                self.labels.push((element.attr("for").map(str::to_owned), String::new()));
            }
            "a" if self.links.len() < MOST_LINKS => {
                if let Some(href) = element.attr("href") {
                    scope.link = Some(self.links.len());
                    self.links.push((number, href.to_owned(), String::new()));
                }
            }
            "input" | "button" | "select" | "textarea" => self.control(element, number, scope),
            "option" => self.option(element, scope),
            _ => {}
        }
    }

    fn form(&mut self, element: &ElementRef<'_>, number: usize) {
        let name = element.attr("id").or_else(|| element.attr("name")).unwrap_or_default().to_owned();
        let is_multipart =
            element.attr("enctype").is_some_and(|kind| !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded"));
        self.form_ids.push(element.attr("id").unwrap_or_default().to_owned());
        self.form_actions.push(element.attr("action").unwrap_or_default().to_owned());
        let is_post = element.attr("method").is_some_and(|method| method.trim().eq_ignore_ascii_case("post"));
        self.forms.push(Form { element: number, name, action: None, is_post, is_multipart, controls: Vec::new() });
    }

    fn control(&mut self, element: &ElementRef<'_>, number: usize, scope: &mut Scope) {
        let kind = kind_of(element.value().name(), element.attr("type").unwrap_or_default());
        let text = |name: &str| element.attr(name).unwrap_or_default().to_owned();
        let value = match kind {
            Kind::Checkbox | Kind::Radio => element.attr("value").unwrap_or("on").to_owned(),
            _ => text("value"),
        };
        let control = Control {
            element: number,
            kind,
            name: text("name"),
            id: text("id"),
            // What is written on a button counts more than what a screen reader says of it.
            label: if kind.is_button() { String::new() } else { text("aria-label") },
            value,
            checked: element.attr("checked").is_some(),
            disabled: element.attr("disabled").is_some(),
            autocomplete: text("autocomplete").to_ascii_lowercase(),
            options: Vec::new(),
        };
        scope.control = Some(self.controls.len());
        self.around.push(scope.label);
        self.controls.push((control, scope.form, element.attr("form").map(str::to_owned)));
    }

    fn option(&mut self, element: &ElementRef<'_>, scope: &Scope) {
        let Some((control, ..)) = scope.control.and_then(|index| self.controls.get_mut(index)) else { return };
        let text = fold(&element.text().collect::<String>());
        let value = element.attr("value").map_or_else(|| text.clone(), str::to_owned);
        if control.options.is_empty() || element.attr("selected").is_some() {
            control.value.clone_from(&value);
        }
        control.options.push((value, text));
    }

    fn text(&mut self, text: &str, scope: Scope) {
        if scope.in_title {
            push(&mut self.title, text, 1024);
            return;
        }
        if let Some((control, ..)) = scope.control.and_then(|index| self.controls.get_mut(index)) {
            match control.kind {
                Kind::TextArea => control.value.push_str(text),
                kind if kind.is_button() => push(&mut control.label, text, 256),
                _ => {}
            }
        }
        if scope.invisible {
            return;
        }
        push(&mut self.text, text, TEXT_KEPT);
        if let Some((_, label)) = scope.label.and_then(|index| self.labels.get_mut(index)) {
            push(label, text, 256);
        }
        if let Some((.., label)) = scope.link.and_then(|index| self.links.get_mut(index)) {
            push(label, text, 256);
        }
    }

    fn into_page(self, mut page: Page) -> Page {
        let by_id: HashMap<&str, usize> =
            self.form_ids.iter().enumerate().filter(|(_, id)| !id.is_empty()).map(|(index, id)| (id.as_str(), index)).collect();
        let label_for: HashMap<&str, &str> =
            self.labels.iter().filter_map(|(id, text)| Some((id.as_deref()?, text.as_str()))).collect();
        page.forms = self.forms;
        for (form, action) in page.forms.iter_mut().zip(&self.form_actions) {
            let action = action.trim();
            // Without an action a form goes to the page itself, not to the base.
            form.action = if action.is_empty() { Some(page.url.clone()) } else { self.base.join(action).ok() };
        }
        for ((mut control, form, named), around) in self.controls.into_iter().zip(self.around) {
            if control.kind.is_button() && fold(&control.label).is_empty() {
                control.label.clone_from(&control.value);
            }
            if control.is_visible() && control.label.is_empty() {
                let around = around.and_then(|index| self.labels.get(index)).map(|(_, text)| text.as_str());
                let label = label_for.get(control.id.as_str()).copied().filter(|_| !control.id.is_empty()).or(around);
                control.label = fold(label.unwrap_or_default());
            }
            control.label = fold(&control.label);
            let owner = match named {
                Some(id) => by_id.get(id.as_str()).copied(),
                None => form,
            };
            match owner.and_then(|index| page.forms.get_mut(index)) {
                Some(form) => form.controls.push(control),
                None => page.loose.push(control),
            }
        }
        let base = self.base;
        page.links = self
            .links
            .into_iter()
            .filter_map(|(element, href, text)| Some(Link { element, url: base.join(&href).ok()?, text: fold(&text) }))
            .collect();
        page.refresh = self.refresh.and_then(|target| base.join(&target).ok());
        page.title = fold(&self.title);
        page.text = fold(&self.text);
        page
    }
}

fn kind_of(tag: &str, kind: &str) -> Kind {
    let kind = kind.trim().to_ascii_lowercase();
    match (tag, kind.as_str()) {
        ("select", _) => Kind::Select,
        ("textarea", _) => Kind::TextArea,
        ("button", "button" | "reset") | (_, "button" | "reset") => Kind::Button,
        ("button", _) | (_, "submit" | "image") => Kind::Submit,
        (_, "hidden") => Kind::Hidden,
        (_, "password") => Kind::Password,
        (_, "checkbox") => Kind::Checkbox,
        (_, "radio") => Kind::Radio,
        (_, "file") => Kind::File,
        (_, "email") => Kind::Email,
        (_, "number" | "tel") => Kind::Number,
        (_, "search") => Kind::Search,
        _ => Kind::Text,
    }
}

/// The address in `5; url='next'`; nothing when the page only reloads itself or waits for long.
fn refresh_target(content: &str) -> Option<String> {
    let (delay, rest) = content.split_once([';', ',']).unwrap_or((content, ""));
    let delay: f64 = delay.trim().parse().ok()?;
    let rest = rest.trim();
    let rest = rest.get(..4).filter(|name| name.eq_ignore_ascii_case("url=")).map_or(rest, |_| &rest[4..]);
    let target = rest.trim().trim_matches(['"', '\'']);
    (delay <= 30.0 && !target.is_empty()).then(|| target.to_owned())
}

/// Adds text up to a cap, with a space between pieces.
fn push(to: &mut String, text: &str, cap: usize) {
    if to.len() < cap {
        to.push(' ');
        to.push_str(&text[..text.floor_char_boundary(cap)]);
    }
}

/// Without the white space around, and with one space for any white space within.
fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(source: &str) -> Page {
        read(Url::parse("https://login.example/a/b?x=1").unwrap(), 200, source.to_owned()).unwrap()
    }

    #[test]
    fn forms_are_read_with_labels_options_and_the_form_attribute() {
        let page = page(
            r#"<title> Sign
            in </title><base href="/z/"><form id=f method=Post action="go?y=&amp;1"><label for=u>Your name</label>
            <input id=u name=user value="&quot;v"><label><input type=checkbox name=keep> Remember me</label>
            <select name=lang><option value=en>English<option value=de selected>Deutsch</select>
            <textarea name=t>long</textarea><button name=b value=1>Sign <b>in</b></button></form>
            <input form=f type=hidden name=csrf value=t><input name=lonely><a href="deny">No</a>"#,
        );
        assert_eq!((page.title.as_str(), page.forms.len(), page.loose.len()), ("Sign in", 1, 1));
        let form = &page.forms[0];
        assert_eq!(form.action.as_ref().unwrap().as_str(), "https://login.example/z/go?y=&1");
        assert!(form.is_post && !form.is_multipart);
        let of = |name: &str| form.controls.iter().find(|control| control.name == name).unwrap();
        assert_eq!((of("user").label.as_str(), of("user").value.as_str()), ("Your name", "\"v"));
        assert_eq!((of("keep").label.as_str(), of("keep").value.as_str(), of("keep").checked), ("Remember me", "on", false));
        assert_eq!((of("lang").value.as_str(), of("lang").options.len()), ("de", 2));
        assert_eq!((of("t").value.as_str(), of("csrf").value.as_str()), ("long", "t"));
        assert_eq!((of("b").kind, of("b").label.as_str(), of("b").value.as_str()), (Kind::Submit, "Sign in", "1"));
        assert_eq!(page.links[0].url.as_str(), "https://login.example/z/deny");
    }

    #[test]
    fn a_selector_finds_the_same_elements_again() {
        let page = page("<p><form class=a></form><form class=b><input name=x><input name=y></form>");
        assert_eq!(*page.select("form.b"), [page.forms[1].element]);
        assert_eq!(*page.select("form.b > input[name=y]"), [page.forms[1].controls[1].element]);
        assert!(page.select("form[[").is_empty());
    }

    #[test]
    fn an_action_that_is_left_out_is_the_page_itself() {
        let page = page("<base href='https://other.example/'><form></form><form action='  '></form><form action='x'></form>");
        let actions: Vec<&str> = page.forms.iter().map(|form| form.action.as_ref().unwrap().as_str()).collect();
        assert_eq!(actions, ["https://login.example/a/b?x=1", "https://login.example/a/b?x=1", "https://other.example/x"]);
    }

    #[test]
    fn a_refresh_leads_on_unless_it_only_reloads_or_takes_its_time() {
        for (content, expected) in [
            ("0; url=next", Some("next")),
            ("0;URL='next'", Some("next")),
            ("5,next", Some("next")),
            ("0", None),
            ("900; url=out", None),
            ("x; url=y", None),
        ] {
            assert_eq!(refresh_target(content).as_deref(), expected, "{content}");
        }
        let page = page("<meta http-equiv=Refresh content='0; url=/next'>");
        assert_eq!(page.refresh.unwrap().as_str(), "https://login.example/next");
    }

    #[test]
    fn text_of_scripts_is_not_text_of_the_page() {
        let page =
            page("<body onload='document.forms[0].submit()'><p>a  b<script>var x = 'secret';</script><noscript><p>c</noscript>");
        assert_eq!(page.text, "a b");
        assert!(page.has_script && page.submits_itself);
    }

    #[test]
    fn h42_a_page_of_a_thousand_forms_is_read_and_one_of_endless_tags_is_not() {
        let many = "<form action=x><input name=a></form>".repeat(1000);
        assert_eq!(page(&many).forms.len(), 1000);
        let url = Url::parse("https://login.example/").unwrap();
        for endless in ["<div>".repeat(2001), "<b></b>".repeat(5001), "<".repeat(1 << 20)] {
            assert!(read(url.clone(), 200, endless).is_err());
        }
        assert!(read(url, 200, "<div>".repeat(1999)).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(<(form|input|select|option|label|a|base|meta|p|table|title|button)( (name|id|href|action|content|type|for|form)=['\"]?[a-z;=/é ]{0,6}['\"]?){0,3}>|[a-zé<>&;'\"/ ]{0,5}){0,20}") {
            let page = page(&text);
            let _ = page.select("form input");
        }
    }
}
