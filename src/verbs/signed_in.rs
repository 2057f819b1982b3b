//! The sign-in of this program as the browser of the OAuth verbs.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::browser::{Approval, Arrival, Authorization, Browser, SeenCookie, SeenPage, Visit};
use crate::login::{self, Approve, AuthorizeMethod, AuthorizeRequest, PageKind, Sessions, StuckReason};

impl Browser for Sessions {
    fn authorize<'a>(&'a self, request: &'a Authorization) -> BoxFuture<'a, Visit> {
        Box::pin(async move { visit(Self::authorize(self, &asked(request)).await) })
    }

    fn count(&self) -> u64 {
        Self::count(self)
    }

    fn expect(&self, authorizations: u64) {
        Self::expect(self, authorizations);
    }

    fn longest_code_wait(&self, authorizations: u64) -> Duration {
        Self::longest_code_wait(self, authorizations)
    }
}

fn asked(request: &Authorization) -> AuthorizeRequest {
    AuthorizeRequest {
        method: if request.form.is_some() { AuthorizeMethod::Post } else { AuthorizeMethod::Get },
        url: request.url.clone(),
        form: request.form.clone().unwrap_or_default(),
        redirect_uri: request.redirect_uri.clone(),
        member: request.member,
        fresh: request.fresh,
        approve: match &request.approve {
            Approval::All => Approve::All,
            Approval::Only(scopes) => Approve::Only(scopes.clone()),
            Approval::Deny => Approve::Deny,
        },
        detour: request.detour.clone(),
        label: request.label.clone(),
        app: request.app.clone(),
        withdrawal: request.withdrawal.clone(),
    }
}

fn visit(visit: login::Visit) -> Visit {
    let last = visit.pages.last().map(|page| page.title.clone());
    let arrival = match visit.arrival {
        login::Arrival::Redirected(url) => Arrival::Redirected(url),
        login::Arrival::Posted { url, fields } => Arrival::Posted { url, fields },
        login::Arrival::ErrorAnswer { status, json, .. } => Arrival::ErrorAnswer { status, title: last, json },
        login::Arrival::Stuck(stuck) => Arrival::Stuck {
            reason: stuck.reason.word(),
            ours: is_ours(stuck.reason),
            title: stuck.page.as_ref().map(|page| page.title.clone()).unwrap_or_default(),
            why: stuck.to_string(),
        },
        login::Arrival::Confirmed => Arrival::Confirmed,
        login::Arrival::Broken(cause) => Arrival::Broken(cause),
        login::Arrival::Unavailable(why) => Arrival::Unavailable(why),
    };
    let pages = visit.pages.into_iter().zip(visit.headers_of_pages);
    // Headers that were not seen say nothing, so their page is not among those that are judged.
    let seen = pages.filter_map(|(page, (url, headers))| Some((page, url, headers?)));
    let pages = seen
        .map(|(page, url, headers)| SeenPage {
            url,
            title: page.title,
            asks: asks(page.kind),
            signs_in: signs_in(page.kind),
            headers,
        })
        .collect();
    let kept = |cookie: login::SeenCookie| SeenCookie {
        name: cookie.name,
        secure: cookie.secure,
        http_only: cookie.http_only,
        same_site: cookie.same_site,
    };
    let cookies = visit.cookies.map(|cookies| cookies.into_iter().map(kept).collect());
    Visit { arrival, pages, cookies, password_resent: visit.password_resent, evidence: visit.evidence }
}

/// True for a page on which the member decides something, which a frame around it could make them do blindly.
fn asks(kind: PageKind) -> bool {
    matches!(kind, PageKind::Login | PageKind::Code | PageKind::Consent | PageKind::Step)
}

/// True for a page on which the member says who they are.
fn signs_in(kind: PageKind) -> bool {
    matches!(kind, PageKind::Login | PageKind::Code)
}

/// True when it is our side that cannot go on, so that nothing is learnt about the server.
fn is_ours(reason: StuckReason) -> bool {
    match reason {
        StuckReason::NeedsJavascript
        | StuckReason::Captcha
        | StuckReason::CredentialsWithheld
        | StuckReason::WrongPassword
        | StuckReason::TooManyFailures
        | StuckReason::MissingInput
        | StuckReason::NoChoice
        | StuckReason::TooLarge
        | StuckReason::NoBrowser
        | StuckReason::NoCallback => true,
        StuckReason::NoStepFits
        | StuckReason::NoForm
        | StuckReason::Loop
        | StuckReason::TooManyHops
        | StuckReason::ForeignOrigin
        | StuckReason::UnsafeForm => false,
    }
}
