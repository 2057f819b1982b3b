//! An authorization request as a verb asks for it, and what the member says to it.

use std::fmt;
use std::sync::Arc;

use url::Url;

use crate::evidence::{Label, PageWords};
use crate::target::{MemberKey, Withdrawal};

/// How the authorization request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AuthorizeMethod {
    /// The parameters are in the address.
    #[default]
    Get,
    /// The parameters are in a form.
    Post,
}

/// What the member says on the consent page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Approve {
    /// Everything that is offered.
    #[default]
    All,
    /// Only the boxes whose value, name or label is one of these.
    Only(Vec<String>),
    /// No.
    Deny,
}

/// From the address that the browser was sent to, and the fields of a form that went there, to where it goes on; nothing when it
/// goes on nowhere.
pub type Passing = Arc<dyn Fn(&Url, &[(String, String)]) -> Option<Url> + Send + Sync>;

/// A place on the way that is ours: a browser that is sent there asks nobody and is told at once where to go on.
#[derive(Clone)]
pub struct Detour {
    /// Everything at this origin and below this path.
    pub beneath: Url,
    /// Where to go on.
    pub pass: Passing,
}

impl Detour {
    /// True for an address that is ours.
    #[must_use]
    pub fn covers(&self, url: &Url) -> bool {
        let path = self.beneath.path().trim_end_matches('/');
        let rest = url.path().strip_prefix(path);
        url.origin() == self.beneath.origin() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Debug for Detour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Detour at {}", self.beneath)
    }
}

/// One authorization to begin.
#[derive(Debug, Clone)]
pub struct AuthorizeRequest {
    /// How it is sent.
    pub method: AuthorizeMethod,
    /// The authorization endpoint; with GET, with all parameters.
    pub url: Url,
    /// The parameters, with POST.
    pub form: Vec<(String, String)>,
    /// Where the authorization ends when it goes well. It is looked out for and never fetched.
    pub redirect_uri: Url,
    /// Who signs in.
    pub member: MemberKey,
    /// Begin with no cookie, as a browser that was never there.
    pub fresh: bool,
    /// What the member says on the consent page.
    pub approve: Approve,
    /// A place on the way that is ours. Where a person or a real browser signs in, it is asked like any other.
    pub detour: Option<Detour>,
    /// Who asks, for the evidence.
    pub label: Label,
    /// The name under which the app is registered, for what is shown of the pages.
    pub app: Option<String>,
    /// It is no authorization: at this address the member takes an app's access back.
    pub withdrawal: Option<Withdrawal>,
}

impl AuthorizeRequest {
    /// What may be shown of the pages: besides what any page may say, what this request says.
    pub(super) fn words(&self) -> PageWords {
        let query = self.url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned()));
        let parameters = query.chain(self.form.iter().cloned());
        let own = parameters.filter(|(name, _)| name == "scope" || name == "client_id").map(|(_, value)| value);
        let own: Vec<String> = own.chain(self.app.clone()).collect();
        PageWords::of(own.iter().map(String::as_str))
    }

    /// A GET of this address by the first member, who approves everything in the session that there is.
    #[must_use]
    pub fn get(url: Url, redirect_uri: Url) -> Self {
        Self {
            method: AuthorizeMethod::Get,
            url,
            form: Vec::new(),
            redirect_uri,
            member: MemberKey::First,
            fresh: false,
            approve: Approve::All,
            detour: None,
            label: Label::default(),
            app: None,
            withdrawal: None,
        }
    }
}
