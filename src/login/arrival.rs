//! Where an authorization ended: at the redirect URI, in an error, on a page that cannot be passed, or nowhere.

use std::fmt;

use serde_json::Value;
use url::Url;

use crate::vocabulary::Cause;

/// Where an authorization ended.
#[derive(Debug, Clone)]
pub enum Arrival {
    /// The browser was sent to the redirect URI, which is never fetched. Extra parameters and the fragment are kept.
    Redirected(Url),
    /// The browser was told to post these fields to the redirect URI (`response_mode=form_post`); they are not sent.
    Posted {
        /// The redirect URI as the page gives it.
        url: Url,
        /// Names and values; they may hold a code or a token.
        fields: Vec<(String, String)>,
    },
    /// The page of `[login.withdrawal]` says that the app's access is gone, and did not say so before.
    Confirmed,
    /// An answer that ends the authorization without a redirect.
    ErrorAnswer {
        /// The status code.
        status: u16,
        /// The body as text, cut at 64 KiB.
        body: String,
        /// The body as JSON, when it is JSON.
        json: Option<Value>,
    },
    /// A page or a redirect that the login cannot or may not pass.
    Stuck(Box<Stuck>),
    /// The network, or a server that asked for a pause.
    Broken(Cause),
    /// No fresh authorization is possible; the reason.
    Unavailable(String),
}

/// Why a login cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StuckReason {
    /// No step of the script and no usual form is on the page.
    NoStepFits,
    /// The page has no form at all and no script either.
    NoForm,
    /// The page is made by JavaScript.
    NeedsJavascript,
    /// The page asks to prove that a person is there.
    Captcha,
    /// The same redirect came twice.
    Loop,
    /// More redirects or pages than a login may have.
    TooManyHops,
    /// The way leads to an origin that is not on the allow-list.
    ForeignOrigin,
    /// A secret was not sent: the origin is not named, or it is not https.
    CredentialsWithheld,
    /// The member's password or code was not accepted.
    WrongPassword,
    /// Two logins of this member failed before; a third might lock the account.
    TooManyFailures,
    /// The script needs something that the target file does not give.
    MissingInput,
    /// The page has no way to deny or to choose as asked.
    NoChoice,
    /// The page is too large or too nested to be read.
    TooLarge,
    /// The form wants something that is never done: a password in the address, another encoding.
    UnsafeForm,
    /// The driver or its browser cannot be started.
    NoBrowser,
    /// The person did not come to an end in time, or the callback was not usable.
    NoCallback,
}

impl StuckReason {
    /// The stable word of facts and messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoStepFits => "no-step-fits",
            Self::NoForm => "no-form",
            Self::NeedsJavascript => "needs-javascript",
            Self::Captcha => "captcha",
            Self::Loop => "loop",
            Self::TooManyHops => "too-many-hops",
            Self::ForeignOrigin => "foreign-origin",
            Self::CredentialsWithheld => "credentials-withheld",
            Self::WrongPassword => "wrong-password",
            Self::TooManyFailures => "too-many-failures",
            Self::MissingInput => "missing-input",
            Self::NoChoice => "no-choice",
            Self::TooLarge => "too-large",
            Self::UnsafeForm => "unsafe-form",
            Self::NoBrowser => "no-browser",
            Self::NoCallback => "no-callback",
        }
    }
}

/// Why a login cannot go on, in words, with the page where it stopped.
#[derive(Debug, Clone)]
pub struct Stuck {
    /// The stable word.
    pub reason: StuckReason,
    /// One sentence; target text in it is escaped.
    pub message: String,
    /// The page, when there was one.
    pub page: Option<Box<PageOutline>>,
}

impl Stuck {
    pub(super) fn new(reason: StuckReason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), page: None }
    }

    pub(super) fn on(mut self, page: PageOutline) -> Self {
        self.page = Some(Box::new(page));
        self
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.page.as_ref().map_or(Ok(()), |page| write!(f, "; {page}"))
    }
}

/// What a page was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageKind {
    /// It asks for the user name or the password.
    Login,
    /// It asks for a one-time code.
    Code,
    /// It asks for the member's consent.
    Consent,
    /// It passes hidden fields on, as SAML does.
    Passing,
    /// A step of the script that types nothing secret.
    Step,
    /// Nothing that the login knows.
    Unknown,
}

impl PageKind {
    /// In words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Login => "asks for the user name or the password",
            Self::Code => "asks for a one-time code",
            Self::Consent => "asks for consent",
            Self::Passing => "passes hidden fields on",
            Self::Step => "a step on the way",
            Self::Unknown => "not known",
        }
    }
}

/// A page without its values. All texts are escaped and shortened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOutline {
    /// Origin and path of its address, without the query.
    pub address: String,
    /// The status that it came with.
    pub status: u16,
    /// Its title.
    pub title: String,
    /// What it was for.
    pub kind: PageKind,
    /// Its forms, the first 20.
    pub forms: Vec<FormOutline>,
    /// How many forms it has in all.
    pub form_count: usize,
    /// Fields outside any form.
    pub loose: Vec<FieldOutline>,
    /// What it says, with a mark for every word that may be about somebody.
    pub text: String,
}

/// A form without its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormOutline {
    /// Its id or name.
    pub name: String,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Origin and path that it goes to, without the query.
    pub action: String,
    /// Its fields, the first 30.
    pub fields: Vec<FieldOutline>,
    /// What stands on its buttons.
    pub buttons: Vec<String>,
}

/// A field without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldOutline {
    /// Its name, or its id when it has no name.
    pub name: String,
    /// What kind of field, as HTML calls it.
    pub kind: &'static str,
}

impl fmt::Display for PageOutline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the page '{}' ({}, status {})", self.title, self.address, self.status)?;
        if self.forms.is_empty() && self.loose.is_empty() {
            f.write_str(" has no form and no field")?;
        }
        for form in self.forms.iter().take(5) {
            let fields: Vec<String> = form.fields.iter().map(ToString::to_string).collect();
            write!(f, "; form '{}' {} {}: fields [{}]", form.name, form.method, form.action, fields.join(", "))?;
            write!(f, ", buttons [{}]", form.buttons.join(", "))?;
        }
        if self.form_count > 5 {
            write!(f, "; {} forms in all", self.form_count)?;
        }
        if !self.loose.is_empty() {
            let fields: Vec<String> = self.loose.iter().map(ToString::to_string).collect();
            write!(f, "; outside forms [{}]", fields.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for FieldOutline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.kind)
    }
}

/// Names and values of headers, in order.
pub type Headers = Vec<(String, String)>;

/// One authorization from its request to its end.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Where it ended.
    pub arrival: Arrival,
    /// Ids into the evidence, in order.
    pub evidence: Vec<String>,
    /// The pages on the way.
    pub pages: Vec<PageOutline>,
    /// Address and response headers of each of `pages`, for what is asked of their headers; nothing where they were not seen.
    pub headers_of_pages: Vec<(Url, Option<Headers>)>,
    /// The cookies that were set on the way, redirects included; nothing where they cannot be seen.
    pub cookies: Option<Vec<SeenCookie>>,
    /// Addresses that answered a form with a password by a redirect that sends the form on.
    pub password_resent: Vec<Url>,
}

/// A cookie that was set: who set it and how it is kept. Its value is a secret and not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenCookie {
    /// Its name.
    pub name: String,
    /// Whether it goes over https only.
    pub secure: bool,
    /// Whether scripts cannot read it.
    pub http_only: bool,
    /// Whether it says when it goes along with requests of other sites.
    pub same_site: bool,
}

impl Visit {
    /// A visit that ended before anything was sent.
    pub(super) fn unsent(arrival: Arrival) -> Self {
        Self {
            arrival,
            evidence: Vec::new(),
            pages: Vec::new(),
            headers_of_pages: Vec::new(),
            cookies: None,
            password_resent: Vec::new(),
        }
    }
}
