//! One login alone: the authorization request of an app, signed in by the target file's strategy, and how it ended.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::login::{Sessions, Sitting};
use crate::net::{Origin, World};
use crate::target::{ClientKey, Launch, MemberKey, Target};
use crate::verbs::{self, Arguments, Browser, Context, Observation, TlsSettings};

/// What a login needs.
pub struct Scene {
    /// Time, randomness, sockets.
    pub world: World,
    /// How certificates are judged.
    pub tls: TlsSettings,
    /// Where.
    pub target: Arc<Target>,
    /// Clients, members, steps.
    pub launch: Arc<Launch>,
    /// Who sees the pages and answers questions.
    pub sitting: Arc<dyn Sitting>,
}

/// How a login ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The browser came to the redirect URI with a code, which is left to lapse.
    WithCode,
    /// The way ended elsewhere; why, in a sentence or two.
    Without(String),
}

/// The client that asks: the one that is named, else the first that the target file has.
#[must_use]
pub fn client(launch: &Launch, named: Option<&str>) -> Option<ClientKey> {
    match named {
        Some(word) => ClientKey::from_word(word).filter(|key| launch.client(*key).is_some()),
        None => ClientKey::WORDS.into_iter().map(|(_, key)| key).find(|key| launch.client(*key).is_some()),
    }
}

/// Signs the member in and tells how it ended. Nobody's tokens are made: the code is not exchanged.
pub async fn try_login(scene: &Scene, member: MemberKey, client: ClientKey) -> Ended {
    let target = &scene.target;
    let named = [&target.base].into_iter().chain(&target.endpoints).chain(&target.allow_origins).filter_map(Origin::of);
    let (login, members) = (scene.launch.login.clone(), scene.launch.members.clone());
    let sessions = Sessions::with_sitting(scene.world.clone(), named, login, members, Arc::clone(&scene.sitting));
    sessions.expect(1);
    let browser: Arc<dyn Browser> = Arc::new(sessions);
    let context = Context::new(scene.world.clone(), Arc::clone(target), scene.tls.clone())
        .with_launch(Arc::clone(&scene.launch), Some(browser))
        .labelled("login", "Sign in");
    let scopes = scene.launch.scopes.clone().unwrap_or_else(|| vec!["launch/patient".into(), "patient/Patient.read".into()]);
    let given = json!({ "client": client.word(), "member": member.word(), "scopes": scopes });
    let given = Arguments::unchecked(given.as_object().cloned().unwrap_or_default());
    let Some(authorize) = verbs::find("oauth.authorize") else {
        return Ended::Without("this program cannot authorize".into());
    };
    match authorize.run(&given, &context).await.observation {
        Observation::Facts(facts) => match of_facts(&facts) {
            Ended::Without(why) => Ended::Without(scene.world.redactor.redact(&why)),
            with_code @ Ended::WithCode => with_code,
        },
        Observation::Absent(cause) | Observation::Broken(cause) => Ended::Without(scene.world.redactor.redact(&cause.message)),
    }
}

fn of_facts(facts: &Value) -> Ended {
    let text = |name: &str| facts.get(name).and_then(Value::as_str);
    if facts.get("issued").and_then(Value::as_bool) == Some(true) {
        return Ended::WithCode;
    }
    let said = [text("error"), text("error_description")].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let said = if said.is_empty() { "without an error code".to_owned() } else { said };
    Ended::Without(match text("arrived") {
        Some("redirect") => format!("the server sent the browser to the redirect URI with no code, but with an error: {said}"),
        Some("error-answer") => {
            let status = facts.get("status").and_then(Value::as_u64).unwrap_or_default();
            let page = text("stopped_page").map(|title| format!(", on the page '{title}'")).unwrap_or_default();
            format!("the server answered with status {status} instead of a redirect{page}: {said}")
        }
        _ => text("stopped_why").unwrap_or("it is not known why").to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_it_ended_is_said_with_what_the_server_said() {
        assert_eq!(of_facts(&json!({ "arrived": "redirect", "issued": true })), Ended::WithCode);
        for (facts, part) in [
            (json!({ "arrived": "redirect", "issued": false, "error": "invalid_scope" }), "invalid_scope"),
            (json!({ "arrived": "error-answer", "issued": false, "status": 400, "error": "invalid_request" }), "status 400"),
            (json!({ "arrived": "stuck", "issued": false, "stopped_why": "no step fits; the page 'X'" }), "the page 'X'"),
        ] {
            let Ended::Without(why) = of_facts(&facts) else { panic!("{facts}") };
            assert!(why.contains(part), "{why}");
        }
    }
}
