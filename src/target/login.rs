//! How members sign in at the target: the strategy, the script of steps and the members themselves.
//!
//! Secrets arrive here resolved; nothing is read and nothing is sent.

use url::Url;

use crate::vocabulary::Secret;

/// Which of the configured members is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberKey {
    /// The member whose data is read.
    First,
    /// A member who has nothing to do with the first.
    Second,
    /// A dependant of the first.
    Dependant,
}

impl MemberKey {
    /// The word of the target file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Dependant => "dependant",
        }
    }
}

/// A test member.
#[derive(Debug, Clone)]
pub struct Member {
    /// Which one.
    pub key: MemberKey,
    /// The id of the Patient resource, when the operator knows it.
    pub patient: Option<String>,
    /// What is typed as the user name.
    pub username: Option<Secret>,
    /// What is typed as the password.
    pub password: Option<Secret>,
    /// The secret of the one-time codes, in base32.
    pub totp: Option<Secret>,
    /// Resource types and ids that are known to belong to this member.
    pub resources: Vec<(String, String)>,
}

/// How a browser session comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// HTML forms are filled in by a script.
    Form,
    /// The script drives a real browser.
    Webdriver,
    /// A person signs in.
    Manual,
    /// The operator gives tokens; nobody signs in.
    Token,
    /// Nobody signs in.
    #[default]
    None,
}

/// How members sign in.
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// How a browser session comes about.
    pub strategy: Strategy,
    /// Origins of the login besides the target's own.
    pub origins: Vec<Url>,
    /// What is done on which page; the first step that fits is taken.
    pub steps: Vec<LoginStep>,
    /// The operator states that whatever is asked for is approved.
    pub approves_all: bool,
    /// The operator states that `user/` scopes are for members.
    pub user_scopes: bool,
}

/// What is done on one page.
#[derive(Debug, Clone, Default)]
pub struct LoginStep {
    /// The page that it is for; any page that has the named fields when not given.
    pub page: Option<PageMatch>,
    /// Which form, as a CSS selector.
    pub form: Option<String>,
    /// Fields, by name or CSS selector, and what is filled in.
    pub fill: Vec<(String, FillValue)>,
    /// Boxes to tick.
    pub tick: Vec<String>,
    /// Boxes to untick.
    pub untick: Vec<String>,
    /// The button or link, by CSS selector, name or text; the first button of the form when not given.
    pub click: Option<String>,
}

/// Which page a step is for. What is given must all hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageMatch {
    /// A part of its address.
    pub url: Option<String>,
    /// A part of its visible text or title.
    pub text: Option<String>,
}

/// What is filled into a field.
#[derive(Debug, Clone)]
pub enum FillValue {
    /// The member's user name.
    Username,
    /// The member's password.
    Password,
    /// The member's one-time code.
    Totp,
    /// This text.
    Text(String),
    /// This secret.
    Secret(Secret),
}
