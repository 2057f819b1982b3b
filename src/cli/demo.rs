//! The reference server as a target: what its operator would write into a target file.

use super::args::LoginPages;
use super::udap_trust;
use crate::net::tls::{Trust, TrustError};
use crate::reference::{self, ClientKind, LoginVariant, MemberKind, Running};
use crate::target::{
    AUDIT_WAIT, AuditAccess, Client, ClientKey, Environment, Launch, Login, LoginStep, Member, MemberKey, SigningKey, Strategy,
    Target, Withdrawal,
};

/// The target: every right is given, and what the metadata cannot show is stated.
#[must_use]
pub fn target(server: &Running) -> Target {
    let mut target = Target::new(server.base().clone(), server.base().to_string());
    target.environment = Environment::Staging;
    target.plain_http = Some(server.plain_http().clone());
    target.allow_origins = vec![server.authorization_origin().clone()];
    target.browser_apps = true;
    target.claims = vec!["openid.idp".to_owned(), "audit.log".to_owned()];
    target.udap.communities = udap_trust::communities_of(server);
    target
}

/// Its root stands for the public ones; that of its private authority is one that the operator named.
///
/// # Errors
/// When a root cannot be read.
pub fn trust(server: &Running) -> Result<Trust, TrustError> {
    let mut trust = Trust::nothing();
    trust.add_pem(server.ca_pem().as_bytes())?;
    let mut trust = trust.as_public();
    trust.add_pem(server.private_ca_pem().as_bytes())?;
    Ok(trust)
}

/// The reference server's way to sign in.
#[must_use]
pub fn variant(pages: LoginPages) -> LoginVariant {
    match pages {
        LoginPages::Plain => LoginVariant::Plain,
        LoginPages::MultiStep => LoginVariant::MultiStep,
        LoginPages::Saml => LoginVariant::SamlAutoPost,
        LoginPages::Totp => LoginVariant::Totp,
        LoginPages::Javascript => LoginVariant::JavaScript,
    }
}

/// Its clients and members, with the login that its pages need: by form, or by a browser where a script makes the page.
#[must_use]
pub fn launch(server: &Running, pages: LoginPages) -> Launch {
    let strategy = if pages == LoginPages::Javascript { Strategy::Webdriver } else { Strategy::Form };
    // The identity provider is the FHIR listener under another name, so another origin.
    let mut provider = server.base().clone();
    let is_elsewhere = pages == LoginPages::Saml && provider.set_host(Some("127.0.0.1")).is_ok();
    let origins = if is_elsewhere { vec![provider] } else { Vec::new() };
    Launch {
        clients: server.clients().iter().map(|client| registered(client, server)).collect(),
        members: server.members().iter().filter_map(|known| member(known, pages)).collect(),
        login: Login {
            strategy,
            origins,
            approves_all: true,
            user_scopes: true,
            withdrawal: withdrawal(server),
            ..Login::default()
        },
        tokens: Vec::new(),
        audit: Some(AuditAccess { access_token: server.auditor_token(), wait: AUDIT_WAIT }),
        scopes: None,
    }
}

/// Its page of connected apps, and the button of the confidential app on it.
fn withdrawal(server: &Running) -> Option<Withdrawal> {
    let client = server.clients().iter().find(|client| client.kind == ClientKind::Confidential)?;
    let step = LoginStep { click: Some(format!("withdraw-{}", client.id)), ..LoginStep::default() };
    let url = server.authorization_origin().join("apps").ok()?;
    Some(Withdrawal { url, steps: vec![step], says: format!("{} is disconnected", client.name) })
}

fn registered(client: &reference::RegisteredClient, server: &Running) -> Client {
    let key = match client.kind {
        ClientKind::Confidential => ClientKey::Confidential,
        ClientKind::Second => ClientKey::Second,
        ClientKind::Public => ClientKey::Public,
        ClientKind::Asymmetric => ClientKey::Asymmetric,
    };
    let signs = key == ClientKey::Asymmetric;
    let keys = if signs { server.client_keys() } else { Vec::new() };
    // RSA stands first there; the usual key of an app is the shorter one.
    let mut keys = keys.into_iter().rev().map(|own| SigningKey {
        pem: own.pem,
        key_id: own.kid.to_owned(),
        algorithm: own.algorithm.to_owned(),
    });
    Client {
        key,
        client_id: client.id.clone(),
        secret: client.secret.clone(),
        signing_key: keys.next(),
        more_keys: keys.collect(),
        redirect_uri: client.redirect_uri.clone(),
        name: Some(client.name.clone()),
    }
}

fn member(member: &reference::RegisteredMember, pages: LoginPages) -> Option<Member> {
    let key = match member.kind {
        MemberKind::First => MemberKey::First,
        MemberKind::Second => MemberKey::Second,
        MemberKind::Dependant => MemberKey::Dependant,
        MemberKind::Fourth => return None,
    };
    Some(Member {
        key,
        patient: Some(member.patient.clone()),
        username: Some(member.username.clone()),
        password: Some(member.password.clone()),
        totp: (pages == LoginPages::Totp).then(|| member.totp.clone()),
        code: None,
        resources: member.resources.clone(),
    })
}
