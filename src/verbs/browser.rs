//! What the OAuth verbs need of a sign-in: send an authorization request, get told where the browser ended.
//!
//! How a member signs in is not known here; whoever signs in never follows the redirect to the client.

use std::time::Duration;

use futures_util::future::BoxFuture;
use url::Url;

use crate::evidence::Label;
use crate::login::Detour;
use crate::target::{MemberKey, Withdrawal};
use crate::vocabulary::Cause;

/// The most requests that one sign-in sends: hops, pages and forms together.
pub const MOST_LOGIN_REQUESTS: u64 = 66;

/// An authorization request.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// The address, with the parameters in its query unless they are sent as a form.
    pub url: Url,
    /// The parameters, when they are posted.
    pub form: Option<Vec<(String, String)>>,
    /// Where the browser is expected to be sent to.
    pub redirect_uri: Url,
    /// Who signs in.
    pub member: MemberKey,
    /// In a browser that nobody has signed in with.
    pub fresh: bool,
    /// What the member approves.
    pub approve: Approval,
    /// A place on the way that is ours.
    pub detour: Option<Detour>,
    /// Who asks, for the evidence.
    pub label: Label,
    /// The name under which the app is registered, where it is known.
    pub app: Option<String>,
    /// It is no authorization: at this address the member takes an app's access back.
    pub withdrawal: Option<Withdrawal>,
}

/// What the member approves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// Everything that is asked for.
    All,
    /// These scopes.
    Only(Vec<String>),
    /// Nothing.
    Deny,
}

/// Where the browser ended.
#[derive(Debug, Clone)]
pub enum Arrival {
    /// It was sent to the redirect URI, which was not fetched.
    Redirected(Url),
    /// It was told to post these fields to the redirect URI; they were not sent.
    Posted {
        /// The redirect URI as the page gives it.
        url: Url,
        /// Names and values.
        fields: Vec<(String, String)>,
    },
    /// The page of `[login.withdrawal]` says that the app's access is gone, and did not say so before.
    Confirmed,
    /// The server answered with an error.
    ErrorAnswer {
        /// The status.
        status: u16,
        /// The title, when the answer is a page.
        title: Option<String>,
        /// The body, when it is JSON.
        json: Option<serde_json::Value>,
    },
    /// It went nowhere.
    Stuck {
        /// A stable word, for instance `no-step-fits`.
        reason: &'static str,
        /// True when it is our side that cannot go on: a password that is wrong, a browser that is needed.
        ours: bool,
        /// The title of the page.
        title: String,
        /// Why, with an outline of the page; never a value that was typed.
        why: String,
    },
    /// The network or a gateway stood in the way.
    Broken(Cause),
    /// Nobody can sign in; why.
    Unavailable(String),
}

/// A page on the way.
#[derive(Debug, Clone)]
pub struct SeenPage {
    /// Its address.
    pub url: Url,
    /// Its title.
    pub title: String,
    /// True when the member signs in or decides something there.
    pub asks: bool,
    /// True when the member says there who they are.
    pub signs_in: bool,
    /// The headers that it came with.
    pub headers: Vec<(String, String)>,
}

/// A cookie that was set, by how it is kept.
#[derive(Debug, Clone)]
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

/// What was seen on the way and at its end.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Where the browser ended.
    pub arrival: Arrival,
    /// The pages on the way.
    pub pages: Vec<SeenPage>,
    /// The cookies that were set on the way; nothing where they cannot be seen.
    pub cookies: Option<Vec<SeenCookie>>,
    /// Addresses that answered a form with a password by a redirect that sends the form on.
    pub password_resent: Vec<Url>,
    /// Ids into the evidence.
    pub evidence: Vec<String>,
}

/// Something that signs members in.
pub trait Browser: Send + Sync {
    /// Sends the request and follows it to its end.
    fn authorize<'a>(&'a self, request: &'a Authorization) -> BoxFuture<'a, Visit>;

    /// How many authorizations were begun.
    fn count(&self) -> u64;

    /// Says about how many authorizations will be asked for, so that a person knows what is coming.
    fn expect(&self, authorizations: u64);

    /// The longest that so many authorizations wait for one-time codes.
    fn longest_code_wait(&self, authorizations: u64) -> Duration;
}
