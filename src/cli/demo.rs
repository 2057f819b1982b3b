//! The reference server as a target: what its operator would write into a target file.

use super::udap_trust;
use crate::reference::{self, ClientKind, MemberKind, Running};
use crate::target::{
    Client, ClientKey, Environment, GivenTokens, Launch, Login, Member, MemberKey, SigningKey, Strategy, Target,
};

/// The target: every right is given, and what the metadata cannot show is stated.
#[must_use]
pub fn target(server: &Running) -> Target {
    let mut target = Target::new(server.base().clone(), server.base().to_string());
    target.environment = Environment::Staging;
    target.plain_http = Some(server.plain_http().clone());
    target.allow_origins = vec![server.authorization_origin().clone()];
    target.browser_apps = true;
    target.udap.communities = udap_trust::communities_of(server);
    target
}

/// Its clients and members, with the form login that its pages need no script for.
#[must_use]
pub fn launch(server: &Running) -> Launch {
    Launch {
        clients: server.clients().iter().map(|client| registered(client, server)).collect(),
        members: server.members().iter().filter_map(member).collect(),
        login: Login { strategy: Strategy::Form, approves_all: true, user_scopes: true, ..Login::default() },
        tokens: GivenTokens::default(),
        scopes: None,
    }
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
    let signing_key = keys.into_iter().find(|own| own.algorithm == "ES384").map(|own| SigningKey {
        pem: own.pem,
        key_id: own.kid.to_owned(),
        algorithm: own.algorithm.to_owned(),
    });
    Client {
        key,
        client_id: client.id.clone(),
        secret: client.secret.clone(),
        signing_key,
        redirect_uri: client.redirect_uri.clone(),
    }
}

fn member(member: &reference::RegisteredMember) -> Option<Member> {
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
        totp: None,
        resources: member.resources.clone(),
    })
}
