//! Walks from the authorization request over redirects and pages to the redirect URI, or until it cannot go on.
//!
//! Every hop goes through the world's HTTP client; every address is checked before it is asked. Whatever the pages do,
//! the walk ends: redirects between pages, hops in all and pages are counted.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use url::Url;

use super::default_script::Wishes;
use super::outline::{as_evidence, outline, place};
use super::page::{self, Page};
use super::referrer::Referrer;
use super::script::{Action, Filling, Plan};
use super::seen;
use super::submit::submission;
use super::withdrawal::{Next, Progress};
use crate::evidence::PageWords;
use crate::login::arrival::{Arrival, PageKind, PageOutline, Stuck, StuckReason, Visit};
use crate::login::origins::Origins;
use crate::login::redirect::is_redirect;
use crate::login::request::{AuthorizeMethod, AuthorizeRequest};
use crate::login::sessions::Account;
use crate::login::sitting::Sitting;
use crate::login::typed::{Typed, value};
use crate::net::{Answer, FormValue, HttpOutcome, Method, Payload, Request, SignIn, World};
use crate::target::Login;
use crate::vocabulary::{Cause, escape_to_width};

/// Redirects between two pages.
const BETWEEN_PAGES: u32 = 20;
/// Requests in one login.
const IN_ALL: u32 = 60;
/// The largest page.
const LARGEST_PAGE: usize = 1024 * 1024;
/// How much of the body of an error is kept.
const ERROR_KEPT: usize = 64 * 1024;

/// What every walk needs besides the account and the request.
pub(in crate::login) struct Rules<'a> {
    pub world: &'a World,
    pub login: &'a Login,
    pub origins: &'a Origins,
    pub sitting: &'a dyn Sitting,
}

/// Signs in and answers the pages until the authorization ends.
pub(in crate::login) async fn walk(rules: &Rules<'_>, account: &mut Account, request: &AuthorizeRequest) -> Visit {
    let mut walk = Walk {
        rules,
        account,
        request,
        visit: Visit { cookies: Some(Vec::new()), ..Visit::unsent(Arrival::Unavailable(String::new())) },
        hops: 0,
        since_page: 0,
        seen: HashSet::new(),
        typed: Typed::default(),
        words: request.words(),
        progress: Progress::default(),
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

/// The next request.
struct Hop {
    url: Url,
    post: Option<Vec<(String, FormValue)>>,
    /// The page that leads there; the app's own address is not told.
    from: Option<Referrer>,
}

struct Walk<'a> {
    rules: &'a Rules<'a>,
    account: &'a mut Account,
    request: &'a AuthorizeRequest,
    visit: Visit,
    hops: u32,
    since_page: u32,
    /// Requests since the last page, with the cookies that they carried.
    seen: HashSet<(Url, Option<String>)>,
    typed: Typed,
    /// What may be shown of the pages.
    words: PageWords,
    progress: Progress,
}

/// An end that is reached by `?`; boxed because it is large.
type End = Box<Arrival>;

impl From<Stuck> for End {
    fn from(stuck: Stuck) -> Self {
        Box::new(Arrival::Stuck(Box::new(stuck)))
    }
}

impl Walk<'_> {
    async fn run(&mut self) -> Result<Arrival, End> {
        let form = || self.request.form.iter().map(|(name, value)| (name.clone(), FormValue::Plain(value.clone()))).collect();
        let post = (self.request.method == AuthorizeMethod::Post).then(form);
        let mut hop = Hop { url: self.request.url.clone(), post, from: None };
        loop {
            if is_redirect(&hop.url, &self.request.redirect_uri) {
                return Ok(arrived(hop));
            }
            if let Some(next) = self.by_detour(&hop)? {
                hop = next;
                continue;
            }
            // The first address is the caller's; a page of a foreign origin is still never filled in.
            if self.hops > 0 {
                self.rules.origins.check(&hop.url)?;
            }
            let answer = self.send(&hop).await?;
            if let Some(location) = redirect_of(&answer) {
                if matches!(answer.status, 307 | 308) && carries_a_secret(&hop) {
                    self.visit.password_resent.push(hop.url.clone());
                }
                hop = self.follow(&hop, &answer, location)?;
                continue;
            }
            let page = self.page(&hop.url, &answer)?;
            hop = self.pass(page, &answer).await?;
        }
    }

    /// Where the browser goes on when it was sent to the place that is ours.
    fn by_detour(&mut self, hop: &Hop) -> Result<Option<Hop>, Stuck> {
        let Some(detour) = self.request.detour.as_ref().filter(|detour| self.hops > 0 && detour.covers(&hop.url)) else {
            return Ok(None);
        };
        let shown = |(name, value): &(String, FormValue)| match value {
            FormValue::Plain(text) => Some((name.clone(), text.clone())),
            // Nothing that a member types is for us.
            FormValue::Secret(_) => None,
        };
        let fields: Vec<(String, String)> = hop.post.iter().flatten().filter_map(shown).collect();
        let next = (detour.pass)(&hop.url, &fields);
        self.count(hop)?;
        let nowhere = || {
            let place = escape_to_width(&place(&hop.url), 200);
            Stuck::new(StuckReason::ForeignOrigin, format!("the browser was sent to {place}, from where it goes on nowhere"))
        };
        next.map(|url| Some(Hop { url, post: None, from: None })).ok_or_else(nowhere)
    }

    async fn send(&mut self, hop: &Hop) -> Result<Answer, End> {
        self.count(hop)?;
        let cookies = self.account.jar.header(&hop.url).filter(|_| self.rules.origins.allows(&hop.url));
        let method = if hop.post.is_some() { Method::POST } else { Method::GET };
        let mut request = Request::new(method, hop.url.clone()).header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        request.headers.extend(cookies.map(|cookies| ("Cookie".to_owned(), cookies)));
        let referer = hop.from.as_ref().and_then(|from| from.header(&hop.url));
        request.headers.extend(referer.map(|referer| ("Referer".to_owned(), referer)));
        request.payload = hop.post.clone().map_or(Payload::None, Payload::Form);
        request.label = self.request.label.clone();
        request.body_limit = Some(LARGEST_PAGE);
        request.sign_in = if hop.from.is_some() { SignIn::Submits } else { SignIn::Asks };
        let sent = self.rules.world.http.send(&request).await;
        self.visit.evidence.extend(sent.evidence.iter().map(ToString::to_string));
        match sent.outcome {
            HttpOutcome::Response(answer) => {
                if self.rules.origins.allows(&hop.url) {
                    self.account.jar.take(answer.headers_named("set-cookie"), &hop.url, &self.rules.world.redactor);
                    seen::note(self.visit.cookies.get_or_insert_default(), answer.headers_named("set-cookie"));
                }
                usable(answer)
            }
            HttpOutcome::Failure(failure) if failure.cause.kind == "credentials-withheld" => {
                Err(Stuck::new(StuckReason::CredentialsWithheld, failure.cause.message).into())
            }
            HttpOutcome::Failure(failure) => Err(Box::new(Arrival::Broken(failure.cause))),
        }
    }

    fn count(&mut self, hop: &Hop) -> Result<(), Stuck> {
        self.hops += 1;
        self.since_page += 1;
        if self.since_page > BETWEEN_PAGES + 1 || self.hops > IN_ALL {
            let why = format!("more than {BETWEEN_PAGES} redirects between two pages or {IN_ALL} requests in one login");
            return Err(Stuck::new(StuckReason::TooManyHops, why));
        }
        // The same address with other cookies is a server that tries whether cookies are kept.
        let is_new = hop.post.is_some() || self.seen.insert((hop.url.clone(), self.account.jar.header(&hop.url)));
        if is_new {
            return Ok(());
        }
        let shown = escape_to_width(&place(&hop.url), 200);
        Err(Stuck::new(StuckReason::Loop, format!("the login was sent to {shown} twice without a page in between")))
    }

    fn follow(&mut self, hop: &Hop, answer: &Answer, location: &str) -> Result<Hop, Stuck> {
        let Ok(mut url) = hop.url.join(location) else {
            let shown = escape_to_width(location, 100);
            return Err(Stuck::new(
                StuckReason::ForeignOrigin,
                format!("the login is redirected to '{shown}', which is no address"),
            ));
        };
        // RFC 9110, 10.2.2: a fragment is kept over a redirect that has none.
        if url.fragment().is_none() && !is_redirect(&url, &self.request.redirect_uri) {
            url.set_fragment(hop.url.fragment());
        }
        let keeps_method = matches!(answer.status, 307 | 308);
        let from = hop.from.clone().map(|from| from.redirected(answer));
        Ok(Hop { url, post: hop.post.clone().filter(|_| keeps_method), from })
    }

    /// Reads the page of an answer; an answer that is no page ends the walk.
    fn page(&self, url: &Url, answer: &Answer) -> Result<Page, End> {
        let text = answer.text().into_owned();
        let kind = answer.header("content-type").map(str::to_ascii_lowercase);
        let is_html = kind.map_or_else(|| text.trim_start().starts_with('<'), |kind| kind.contains("html"));
        let json: Option<Value> = if is_html { None } else { serde_json::from_str(&text).ok() };
        if json.is_some() || !is_html {
            return Err(Box::new(error_answer(answer.status, &text, json)));
        }
        let page = page::read(url.clone(), answer.status, text).map_err(|why| Stuck::new(StuckReason::TooLarge, why))?;
        Ok(page)
    }

    /// Does what the page asks for and returns where that leads.
    async fn pass(&mut self, page: Page, answer: &Answer) -> Result<Hop, End> {
        let wishes = Wishes {
            approve: &self.request.approve,
            patient: self.account.member.patient.as_deref(),
            has_codes: self.account.member.has_codes(),
        };
        let withdrawal = self.request.withdrawal.as_ref();
        let Next { plan: planned, is_step, is_confirmed } =
            self.progress.next(withdrawal, &page, &self.rules.login.steps, &wishes);
        if is_confirmed {
            self.see(&page, answer, PageKind::Step);
            return Err(Box::new(Arrival::Confirmed));
        }
        let kind = planned.as_ref().ok().and_then(Option::as_ref).map_or(PageKind::Unknown, |plan| plan.kind);
        let shape = self.see(&page, answer, kind);
        let plan = match planned.map_err(|stuck| stuck.on(shape.clone()))? {
            Some(plan) if page.status < 400 || self.asks_to_sign_in(&page, &plan) => plan,
            _ if page.status >= 400 => return Err(Box::new(error_answer(page.status, &answer.text(), None))),
            Some(plan) => plan,
            None => return self.without_plan(&page, answer, shape),
        };
        self.typed.refuse_repetition(&plan, &page, self.request.member).map_err(|stuck| stuck.on(shape.clone()))?;
        self.since_page = 0;
        self.seen.clear();
        self.progress.done += usize::from(is_step);
        match plan.action {
            Action::Follow(url) => Ok(Hop { url, post: None, from: Some(Referrer::of(&page.url, answer)) }),
            Action::Submit(filling) => {
                let hop = self.submit(&page, &filling, shape).await?;
                Ok(Hop { from: Some(Referrer::of(&page.url, answer)), ..hop })
            }
        }
    }

    /// Keeps what may be kept of a page.
    fn see(&mut self, page: &Page, answer: &Answer, kind: PageKind) -> PageOutline {
        let shape = outline(page, kind, &self.rules.world.redactor, &self.words);
        let evidence = &self.rules.world.evidence;
        evidence.keep_page(as_evidence(&shape, &self.request.label.case));
        if let Some(id) = self.visit.evidence.last() {
            evidence.keep_words(id, &shape.text);
        }
        self.rules.sitting.page(&shape);
        self.visit.pages.push(shape.clone());
        self.visit.headers_of_pages.push((page.url.clone(), Some(answer.headers.clone())));
        shape
    }

    /// A login page may come with 401 or, after a wrong password, with any status. Any other error page may have a login
    /// form in its margin, which is not what the error is about.
    fn asks_to_sign_in(&self, page: &Page, plan: &Plan) -> bool {
        let is_expected = matches!(page.status, 401 | 403) || self.typed.username || self.typed.password;
        is_expected && matches!(plan.kind, PageKind::Login | PageKind::Code)
    }

    fn without_plan(&self, page: &Page, answer: &Answer, shape: PageOutline) -> Result<Hop, End> {
        if let Some(url) = page.refresh.clone() {
            // A page that only refreshes is a redirect, and counts as one.
            return Ok(Hop { url, post: None, from: Some(Referrer::of(&page.url, answer)) });
        }
        let (reason, why) = if page.has_captcha {
            (StuckReason::Captcha, "the page asks to prove that a person is there; sign in with the strategy manual")
        } else if page.has_script && page.forms.iter().all(|form| form.controls.is_empty()) {
            (StuckReason::NeedsJavascript, "the page is made by JavaScript; use the strategy webdriver or manual")
        } else if page.forms.is_empty() {
            (StuckReason::NoForm, "the page has no form and leads nowhere")
        } else {
            (StuckReason::NoStepFits, "no step of the login script and no usual form fits the page")
        };
        Err(Stuck::new(reason, why).on(shape).into())
    }

    async fn submit(&mut self, page: &Page, filling: &Filling, shape: PageOutline) -> Result<Hop, End> {
        let Some(form) = page.forms.get(filling.form) else {
            return Err(Stuck::new(StuckReason::NoStepFits, "the form is gone").on(shape).into());
        };
        let goes_home = form.action.as_ref().is_some_and(|url| is_redirect(url, &self.request.redirect_uri));
        // Nothing is typed on a page that came from elsewhere, nor into a form that goes elsewhere.
        let allowed = self.rules.origins.check(&page.url);
        let is_ours = |url: &&Url| self.request.detour.as_ref().is_some_and(|detour| detour.covers(url));
        let elsewhere = form.action.as_ref().filter(|url| !goes_home && !is_ours(url));
        let target = elsewhere.map_or(Ok(()), |url| self.rules.origins.check(url));
        allowed.and(target).map_err(|stuck| stuck.on(shape.clone()))?;
        let mut values = HashMap::new();
        for (element, wanted) in &filling.fill {
            let value = value(self.account, wanted, self.rules.world.clock.as_ref(), self.rules.sitting)
                .await
                .map_err(|stuck| stuck.on(shape.clone()))?;
            values.insert(*element, value);
        }
        self.typed.note(filling);
        let submission = submission(form, filling, &values).map_err(|stuck| stuck.on(shape))?;
        Ok(Hop { url: submission.url, post: submission.post, from: None })
    }
}

/// True for a form that holds what the member typed in secret.
fn carries_a_secret(hop: &Hop) -> bool {
    hop.post.iter().flatten().any(|(_, value)| matches!(value, FormValue::Secret(_)))
}

/// The end at the redirect URI.
fn arrived(hop: Hop) -> Arrival {
    let Some(post) = hop.post else { return Arrival::Redirected(hop.url) };
    let text = |value: FormValue| match value {
        FormValue::Plain(text) => text,
        FormValue::Secret(secret) => secret.expose().to_owned(),
    };
    Arrival::Posted { url: hop.url, fields: post.into_iter().map(|(name, value)| (name, text(value))).collect() }
}

/// An answer that says something; 429 and the troubles of a gateway say nothing about the login.
fn usable(answer: Answer) -> Result<Answer, End> {
    let broken = |kind: &str, why: &str| Err(Box::new(Arrival::Broken(Cause::new(kind, why))));
    if answer.encoded.is_some() {
        return broken("protocol", "the page of the login is compressed although that was not asked for");
    }
    match answer.status {
        429 => broken("rate-limited", "the server asks to be left alone for a while (status 429)"),
        502..=504 => broken("unavailable", "the server or what stands before it is not available"),
        _ => Ok(answer),
    }
}

fn redirect_of(answer: &Answer) -> Option<&str> {
    matches!(answer.status, 301 | 302 | 303 | 307 | 308).then(|| answer.header("location")).flatten()
}

fn error_answer(status: u16, text: &str, json: Option<Value>) -> Arrival {
    Arrival::ErrorAnswer { status, body: text[..text.floor_char_boundary(ERROR_KEPT)].to_owned(), json }
}
