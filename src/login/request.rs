//! An authorization request as a verb asks for it, and what the member says to it.

use url::Url;

use crate::evidence::Label;
use crate::target::MemberKey;

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
    /// Who asks, for the evidence.
    pub label: Label,
}

impl AuthorizeRequest {
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
            label: Label::default(),
        }
    }
}
