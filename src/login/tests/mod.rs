//! Logins against small servers that behave as real ones do, and as no server should.

mod consent;
mod detour;
mod hostile;
mod manual;
mod pages;
mod secrets;
mod site;
mod webdriver;
mod withdrawal;

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use self::site::{Asked, Reply, Site};
use super::*;
use crate::net::{HttpOptions, Limits, Origin, SeededRandom, World, WorldOptions};
use crate::target::{Login, Member, MemberKey, Strategy};
use crate::vocabulary::Secret;

const PASSWORD: &str = "pa55-w0rd-canary";
const CALLBACK: &str = "https://app.example/callback";

fn member() -> Member {
    Member {
        key: MemberKey::First,
        patient: None,
        username: Some(Secret::new("username", "jane.member")),
        password: Some(Secret::new("password", PASSWORD)),
        totp: None,
        code: None,
        resources: Vec::new(),
    }
}

fn form_login() -> Login {
    Login { strategy: Strategy::Form, ..Login::default() }
}

/// A world that trusts all sites; the operator names those of `named`.
fn world(sites: &[&Site], named: &[&Site]) -> World {
    let certificates = sites.iter().map(|site| site.certificate.clone());
    let http = HttpOptions {
        trust: Arc::new(crate::net::tls::Trust::nothing().with(certificates)),
        limits: Limits::all(Duration::from_secs(5)),
        ..HttpOptions::default()
    };
    let target_origins = named.iter().map(|site| Origin::of(&site.url).unwrap()).collect();
    World::new(WorldOptions { http, target_origins, random: Arc::new(SeededRandom::new(1)), ..WorldOptions::default() }).unwrap()
}

/// Sessions of a target whose origins are those of all these sites.
fn sessions(sites: &[&Site]) -> Sessions {
    sessions_of(sites, sites, form_login(), member())
}

fn sessions_of(sites: &[&Site], named: &[&Site], login: Login, member: Member) -> Sessions {
    let origins: Vec<Origin> = named.iter().map(|site| Origin::of(&site.url).unwrap()).collect();
    Sessions::new(world(sites, named), origins, login, vec![member])
}

fn request(site: &Site) -> AuthorizeRequest {
    AuthorizeRequest::get(site.at("/authorize?client_id=app&state=s"), Url::parse(CALLBACK).unwrap())
}

fn redirected(visit: &Visit) -> &str {
    match &visit.arrival {
        Arrival::Redirected(url) => url.as_str(),
        other => panic!("{other:?}"),
    }
}

fn stuck(visit: &Visit) -> &Stuck {
    match &visit.arrival {
        Arrival::Stuck(stuck) => stuck,
        other => panic!("{other:?}"),
    }
}

/// A login page that posts to `action`.
fn login_page(action: &str) -> Reply {
    Reply::page(format!(
        "<title>Sign in</title><form method=post action='{action}'><input name=user><input type=password name=pass>\
         <button>Sign in</button></form>"
    ))
}

/// Redirects to the callback with a code.
fn done() -> Reply {
    Reply::to(&format!("{CALLBACK}?code=c0de&state=s"))
}

/// True for the post of the login page with the right words.
fn is_signed_in(asked: &Asked) -> bool {
    asked.body == format!("user=jane.member&pass={PASSWORD}")
}
