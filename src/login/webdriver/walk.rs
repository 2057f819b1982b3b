//! Walks through a login in a real browser: looks until the page stands still, does what the script or the page asks for, looks again.
//!
//! Whatever the pages do, the walk ends: what is done is counted, and every wait has an end. The redirect URI is out of the browser's
//! reach, so the address that it failed to show is where the authorization ended.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use url::Url;

use super::pictures::Pictures;
use super::tab::{Look, Tab, in_words};
use super::traffic::Document;
use crate::evidence::PageWords;
use crate::login::arrival::{Arrival, PageKind, PageOutline, Stuck, StuckReason, Visit};
use crate::login::form::{
    Action, Filling, Form, Kind, Next, Page, Plan, Progress, Rules, Wishes, as_evidence, outline, read_page,
};
use crate::login::redirect::is_redirect;
use crate::login::request::{AuthorizeMethod, AuthorizeRequest};
use crate::login::sessions::Account;
use crate::login::typed::{Typed, value};
use crate::net::{DriverError, FormValue, HttpOutcome, Method, Origin, Request};
use crate::target::FillValue;
use crate::vocabulary::{Cause, Secret, escape_to_width};

/// Pages that are answered in one login.
const MOST_PAGES: u32 = 20;
/// How long a login may take, waits for codes not counted.
const LOGIN: Duration = Duration::from_secs(100);
/// How long a page may take until there is something to do on it.
const PAGE: Duration = Duration::from_secs(12);
/// How long a page may stand unchanged after it was answered until that counts as its answer.
const ANSWER: Duration = Duration::from_secs(8);
/// Between two looks.
const PULSE: Duration = Duration::from_millis(150);
/// A page that did not change over so many looks stands still.
const STILL: u32 = 3;
/// How much of the body of an error is kept.
const ERROR_KEPT: usize = 64 * 1024;

/// Signs in and answers the pages until the authorization ends.
pub(in crate::login) async fn walk(rules: &Rules<'_>, account: &mut Account, tab: &mut Tab, request: &AuthorizeRequest) -> Visit {
    let mut walk = Walk {
        rules,
        account,
        tab,
        request,
        visit: Visit::unsent(Arrival::Unavailable(String::new())),
        typed: Typed::default(),
        documents: Vec::new(),
        ends: Instant::now() + LOGIN,
        words: request.words(),
        progress: Progress::default(),
        pictures: Pictures::new(rules.login.browser.screenshots.clone(), request),
    };
    let arrival = walk.run().await.unwrap_or_else(|end| *end);
    match &arrival {
        Arrival::Stuck(stuck) if stuck.reason == StuckReason::WrongPassword => walk.account.failures += 1,
        Arrival::ErrorAnswer { status: 401 | 403, .. } if walk.typed.just_now => walk.account.failures += 1,
        Arrival::Redirected(_) | Arrival::Posted { .. } if walk.typed.password => walk.account.failures = 0,
        _ => {}
    }
    Visit { arrival, ..walk.visit }
}

struct Walk<'a> {
    rules: &'a Rules<'a>,
    account: &'a mut Account,
    tab: &'a mut Tab,
    request: &'a AuthorizeRequest,
    visit: Visit,
    typed: Typed,
    /// The documents that the browser loaded, with their headers.
    documents: Vec<Document>,
    ends: Instant,
    pictures: Pictures,
    /// What may be shown of the pages.
    words: PageWords,
    progress: Progress,
}

/// An end that is reached by `?`; boxed because it is large.
type End = Box<Arrival>;

/// A page that stands still, with what is to be done on it.
struct Standing {
    page: Page,
    look: Look,
    plan: Plan,
    shape: PageOutline,
    /// It is a step of a withdrawal.
    is_step: bool,
}

fn lost(error: &DriverError) -> End {
    Box::new(Arrival::Broken(Cause::new("browser", in_words(error))))
}

fn stuck(reason: StuckReason, why: impl Into<String>) -> End {
    Stuck::new(reason, why).into()
}

impl Walk<'_> {
    async fn run(&mut self) -> Result<Arrival, End> {
        self.tab.leave().await.map_err(|error| lost(&error))?;
        match self.request.method {
            AuthorizeMethod::Get => self.tab.go(&self.request.url).await,
            AuthorizeMethod::Post => self.tab.post(&self.request.url, &self.request.form).await,
        }
        .map_err(|error| lost(&error))?;
        let mut answered: Option<(String, f64)> = None;
        for _ in 0..MOST_PAGES {
            let standing = self.stand(answered.as_ref()).await?;
            answered = Some((standing.look.html.clone(), standing.look.born));
            self.answer(standing).await?;
        }
        Err(stuck(StuckReason::TooManyHops, format!("more than {MOST_PAGES} pages were answered in one login")))
    }

    /// Looks until the page stands still and it is known what to do; ends when the redirect URI is reached or nothing comes.
    async fn stand(&mut self, answered: Option<&(String, f64)>) -> Result<Standing, End> {
        let begun = Instant::now();
        let (mut last, mut still) = (String::new(), 0);
        loop {
            self.watch().await?;
            let look = self.tab.look().await.map_err(|error| lost(&error))?;
            let Some(look) = look else {
                self.pause(begun, None).await?;
                continue;
            };
            still = if look.html == last && look.is_complete { still + 1 } else { 0 };
            last.clone_from(&look.html);
            let waited = begun.elapsed();
            // The page that was just answered may need a while for its own answer.
            let is_same = answered.is_some_and(|(html, born)| *html == look.html || (*born - look.born).abs() < f64::EPSILON);
            let is_unchanged = answered.is_some_and(|(html, _)| *html == look.html);
            if still < STILL || (is_unchanged && waited < ANSWER) {
                self.pause(begun, Some(&look)).await?;
                continue;
            }
            let found = self.judge(look.clone()).await?;
            match found {
                Ok(standing) => {
                    let again = self.typed.refuse_repetition(&standing.plan, &standing.page, self.request.member);
                    // A script may still be at work on what was typed.
                    if again.is_err() && is_same && waited < ANSWER {
                        self.pause(begun, Some(&standing.look)).await?;
                        continue;
                    }
                    self.see(&standing.page, &standing.shape);
                    again.map_err(|stuck| stuck.on(standing.shape.clone()))?;
                    return Ok(standing);
                }
                Err(end) if waited >= PAGE => {
                    if let (Arrival::Stuck(_), Some((page, shape))) = (&*end.0, end.1) {
                        self.see(&page, &shape);
                    }
                    return Err(end.0);
                }
                Err(_) => self.pause(begun, Some(&look)).await?,
            }
        }
    }

    /// Sees whether the browser was sent to the redirect URI, and keeps what documents came with.
    async fn watch(&mut self) -> Result<(), End> {
        self.read_traffic().await?;
        let shown = self.tab.url().await.map_err(|error| lost(&error))?;
        let Some(url) = Url::parse(&shown).ok().filter(|url| is_redirect(url, &self.request.redirect_uri)) else { return Ok(()) };
        // Fields that were posted stand in the log alone, which may have gained them after it was read.
        sleep(PULSE).await;
        self.read_traffic().await?;
        Err(Box::new(Arrival::Redirected(url)))
    }

    async fn read_traffic(&mut self) -> Result<(), End> {
        let traffic = self.tab.traffic(&self.request.redirect_uri).await.map_err(|error| lost(&error))?;
        self.documents.extend(traffic.documents);
        let Some((url, posted)) = traffic.arrived else { return Ok(()) };
        let pairs = |text: String| url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        Err(Box::new(match posted {
            Some(text) => Arrival::Posted { url, fields: pairs(text) },
            None => Arrival::Redirected(url),
        }))
    }

    async fn pause(&self, begun: Instant, look: Option<&Look>) -> Result<(), End> {
        let waited = begun.elapsed();
        if Instant::now() > self.ends || waited > PAGE * 3 {
            let title =
                look.map(|look| escape_to_width(&self.rules.world.redactor.redact(&look.document), 200)).unwrap_or_default();
            let why = format!("the page does not come to rest within {} s: {title}", waited.as_secs());
            return Err(stuck(StuckReason::TooManyHops, why));
        }
        sleep(PULSE).await;
        Ok(())
    }

    /// What there is to do on a page that stands still, or how the login ends there.
    async fn judge(&mut self, look: Look) -> Result<Result<Standing, (End, Option<(Page, PageOutline)>)>, End> {
        if look.document.starts_with("chrome-error:") {
            let code = look.text.split_whitespace().find(|word| word.starts_with("ERR_")).unwrap_or("no reason given");
            let cause = Cause::new("unreachable", format!("the browser cannot show the page: {}", escape_to_width(code, 60)));
            return Ok(Err((Box::new(Arrival::Broken(cause)), None)));
        }
        let shown = self.tab.url().await.map_err(|error| lost(&error))?;
        let Ok(url) = Url::parse(&shown) else {
            return Ok(Err((stuck(StuckReason::ForeignOrigin, "the browser shows no address"), None)));
        };
        match look.status {
            429 => {
                let cause = Cause::new("rate-limited", "the server asks to be left alone for a while (status 429)");
                return Err(Box::new(Arrival::Broken(cause)));
            }
            502..=504 => {
                let cause = Cause::new("unavailable", "the server or what stands before it is not available");
                return Err(Box::new(Arrival::Broken(cause)));
            }
            _ => {}
        }
        if !look.content_type.contains("html") {
            let json = serde_json::from_str(&look.text).ok();
            return Err(Box::new(error_answer(look.status, &look.text, json)));
        }
        let status = if look.status == 0 { 200 } else { look.status };
        let mut page = match read_page(url, status, look.html.clone()) {
            Ok(page) => page,
            Err(why) => return Err(stuck(StuckReason::TooLarge, why)),
        };
        as_in_a_browser(&mut page);
        let wishes = Wishes {
            approve: &self.request.approve,
            patient: self.account.member.patient.as_deref(),
            has_codes: self.account.member.has_codes(),
        };
        let withdrawal = self.request.withdrawal.as_ref();
        let Next { plan: planned, is_step, is_confirmed } =
            self.progress.next(withdrawal, &page, &self.rules.login.steps, &wishes);
        if is_confirmed {
            let shape = outline(&page, PageKind::Step, &self.rules.world.redactor, &self.words);
            self.see(&page, &shape);
            return Err(Box::new(Arrival::Confirmed));
        }
        let kind = planned.as_ref().ok().and_then(Option::as_ref).map_or(PageKind::Unknown, |plan| plan.kind);
        let shape = outline(&page, kind, &self.rules.world.redactor, &self.words);
        if let Err(foreign) = self.rules.origins.check(&page.url) {
            return Ok(Err((foreign.on(shape.clone()).into(), Some((page, shape)))));
        }
        let is_expected = matches!(status, 401 | 403) || self.typed.username || self.typed.password;
        let may_answer = status < 400 || (is_expected && matches!(kind, PageKind::Login | PageKind::Code));
        let end = match planned {
            // A form that passes hidden fields on does so by itself; one that stays is helped on when nothing else comes.
            Ok(Some(plan)) if may_answer => return Ok(Ok(Standing { page, look, plan, shape, is_step })),
            Err(stuck) => stuck.on(shape.clone()).into(),
            Ok(_) if status >= 400 => Box::new(error_answer(status, &look.text, None)),
            Ok(_) => nothing_fits(&page, shape.clone()).into(),
        };
        Ok(Err((end, Some((page, shape)))))
    }

    fn see(&mut self, page: &Page, shape: &PageOutline) {
        self.rules.world.evidence.keep_page(as_evidence(shape, &self.request.label.case));
        self.rules.sitting.page(shape);
        self.visit.pages.push(shape.clone());
        let same_place = |document: &&Document| {
            let bare = |url: &Url| url.as_str().split('#').next().unwrap_or_default().to_owned();
            bare(&document.url) == bare(&page.url)
        };
        let headers = self.documents.iter().rev().find(same_place).map(|document| document.headers.clone());
        self.visit.headers_of_pages.push((page.url.clone(), headers));
    }

    /// Does what the plan says.
    async fn answer(&mut self, standing: Standing) -> Result<(), End> {
        let Standing { page, look, plan, shape, is_step } = standing;
        self.progress.done += usize::from(is_step);
        let taken = self.pictures.take(self.tab, &page, self.account, &self.rules.world.redactor).await;
        if let Some(line) = taken {
            self.rules.sitting.tell(&line);
        }
        let marks = page.marks();
        let find =
            |element: usize| marks.get(&element).and_then(|mark| look.elements.get(*mark)).filter(|id| !id.is_empty()).cloned();
        let gone = || stuck(StuckReason::NoStepFits, "the control that is to be used is not in the browser's page");
        let done = match plan.action {
            Action::Follow(url) => {
                let link = page.links.iter().find(|link| link.url == url).and_then(|link| find(link.element));
                match link {
                    Some(link) => self.tab.click(&link).await,
                    None => self.tab.go(&url).await,
                }
            }
            Action::Submit(filling) => {
                let Some(form) = page.forms.get(filling.form) else { return Err(gone()) };
                let goes_home = form.action.as_ref().is_some_and(|url| is_redirect(url, &self.request.redirect_uri));
                let target = form.action.as_ref().filter(|_| !goes_home);
                target.map_or(Ok(()), |url| self.rules.origins.check(url)).map_err(|stuck| stuck.on(shape.clone()))?;
                self.fill(&filling, &find, &page, &shape).await?;
                self.typed.note(&filling);
                match filling.button {
                    Some(button) => self.tab.click(&find(button).ok_or_else(gone)?).await,
                    None => match find(form.element) {
                        Some(form) => self.tab.submit(&form).await,
                        None => {
                            return Err(stuck(
                                StuckReason::NoStepFits,
                                "the fields have no button beside them; name one with click",
                            ));
                        }
                    },
                }
            }
        };
        match done {
            Ok(()) => Ok(()),
            // The page changed under our hands: it is looked at again.
            Err(DriverError::Refused { .. }) => Ok(()),
            Err(error) => Err(lost(&error)),
        }
    }

    async fn fill(
        &mut self,
        filling: &Filling,
        find: &(dyn Fn(usize) -> Option<String> + Sync),
        page: &Page,
        shape: &PageOutline,
    ) -> Result<(), End> {
        let gone = || {
            Stuck::new(StuckReason::NoStepFits, "the field that is to be filled is not in the browser's page").on(shape.clone())
        };
        let refused = |error: &DriverError| match error {
            DriverError::Lost(_) => lost(error),
            DriverError::Refused { .. } => {
                let why = format!("the page did not take what was typed: {}", in_words(error));
                Stuck::new(StuckReason::NoStepFits, why).on(shape.clone()).into()
            }
        };
        for (element, wanted) in &filling.fill {
            let place = find(*element).ok_or_else(gone)?;
            let is_secret = !matches!(wanted, FillValue::Text(_));
            let begun = Instant::now();
            let typed = value(self.account, wanted, self.rules.world.clock.as_ref(), self.rules.sitting).await;
            // A code may have to be waited for.
            self.ends += begun.elapsed();
            let text = match typed.map_err(|stuck| stuck.on(shape.clone()))? {
                FormValue::Plain(text) => Secret::new("text", text),
                FormValue::Secret(secret) => secret,
            };
            if is_secret {
                self.may_type(page).await.map_err(|stuck| stuck.on(shape.clone()))?;
                self.tab.has_signed_in = true;
                self.rules.world.redactor.register(&text);
            }
            self.tab.type_into(&place, text.expose()).await.map_err(|error| refused(&error))?;
        }
        for (element, checked) in &filling.check {
            self.tab.check(&find(*element).ok_or_else(gone)?, *checked).await.map_err(|error| refused(&error))?;
        }
        for (element, chosen) in &filling.choose {
            self.tab.choose(&find(*element).ok_or_else(gone)?, chosen).await.map_err(|error| refused(&error))?;
        }
        Ok(())
    }

    /// Whether a secret may be typed now: the page is still at an origin that the operator named, over https whose certificate stands.
    async fn may_type(&mut self, page: &Page) -> Result<(), Stuck> {
        let withheld = |why: String| Err(Stuck::new(StuckReason::CredentialsWithheld, why));
        let shown = self.tab.url().await.ok().and_then(|shown| Url::parse(&shown).ok());
        let Some(url) = shown.filter(|url| url.origin() == page.url.origin()) else {
            return withheld("a secret was not typed: the page went elsewhere meanwhile".into());
        };
        self.rules.origins.check(&url)?;
        let Some(origin) = Origin::of(&url).filter(|origin| origin.scheme == "https") else {
            return withheld("a secret is not typed on a page that is not https".into());
        };
        if !self.rules.login.browser.private_roots || self.tab.verified.contains(&origin) {
            return Ok(());
        }
        // The browser takes any certificate where private roots are in use, so this program verifies it by those roots.
        let mut request = Request::new(Method::HEAD, url.clone());
        request.url.set_path("/");
        request.url.set_query(None);
        request.label = self.request.label.clone();
        let sent = self.rules.world.http.send(&request).await;
        self.visit.evidence.extend(sent.evidence.iter().map(ToString::to_string));
        match sent.outcome {
            HttpOutcome::Response(_) => {
                self.tab.verified.insert(origin);
                Ok(())
            }
            HttpOutcome::Failure(failure) => withheld(format!("a secret was not typed at {origin}: {}", failure.cause.message)),
        }
    }
}

/// In a browser a script uses buttons that submit nothing, and fields that are in no form.
fn as_in_a_browser(page: &mut Page) {
    if !page.loose.is_empty() {
        let controls = std::mem::take(&mut page.loose);
        let action = Some(page.url.clone());
        let form =
            Form { element: usize::MAX, name: "outside of forms".into(), action, is_post: true, is_multipart: false, controls };
        page.forms.push(form);
    }
    for form in &mut page.forms {
        let has_submit = form.controls.iter().any(|control| control.kind == Kind::Submit);
        if !has_submit {
            let buttons = form.controls.iter_mut().filter(|control| control.kind == Kind::Button);
            buttons.for_each(|control| control.kind = Kind::Submit);
        }
    }
}

fn nothing_fits(page: &Page, shape: PageOutline) -> Stuck {
    let (reason, why) = if page.has_captcha {
        (StuckReason::Captcha, "the page asks to prove that a person is there; sign in with the strategy manual")
    } else if page.forms.is_empty() {
        (StuckReason::NoForm, "the page has no form and no field, and leads nowhere")
    } else {
        (StuckReason::NoStepFits, "no step of the login script and no usual form fits the page")
    };
    Stuck::new(reason, why).on(shape)
}

fn error_answer(status: u16, text: &str, json: Option<serde_json::Value>) -> Arrival {
    Arrival::ErrorAnswer { status, body: text[..text.floor_char_boundary(ERROR_KEPT)].to_owned(), json }
}
