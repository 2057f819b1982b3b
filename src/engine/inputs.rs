//! What a case needs of the operator: clients, members, a way in, a right. Read off its steps, so that no list can go stale.
//!
//! The words are those of the target file, and `[[declined]]` uses them too.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::catalogue::CapabilityName;
use crate::target::{ClientKey, MemberKey};
use crate::testcase::{Action, Flow, Scope, Step, Suite, TestCase, resolve};
use crate::verbs::{self, Effect};

/// Somebody can sign in.
pub const LOGIN: &str = "login";
/// The operator allows what changes state.
pub const AUTHORITY: &str = "authority";

/// What an input is called and how it is given, in the words of the target file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputHelp {
    /// The word, for instance `member.second`.
    pub name: &'static str,
    /// What to write.
    pub give: &'static str,
}

/// Every input that a case can need.
pub const INPUTS: [InputHelp; 9] = [
    InputHelp { name: LOGIN, give: "[login] strategy, and the first member under [member]" },
    InputHelp { name: "member", give: "[member] with patient, username and password" },
    InputHelp { name: "member.second", give: "[member.second]: a member who has nothing to do with the first" },
    InputHelp { name: "member.dependant", give: "[member.dependant]: a member whose data the first may see" },
    InputHelp { name: "clients.confidential", give: "[clients.confidential] with client_id, client_secret, redirect_uri" },
    InputHelp { name: "clients.second", give: "[clients.second]: another client with a secret" },
    InputHelp { name: "clients.public", give: "[clients.public] with client_id and redirect_uri" },
    InputHelp { name: "clients.asymmetric", give: "[clients.asymmetric] with client_id, signing_key, key_id, algorithm" },
    InputHelp { name: AUTHORITY, give: "[authority] with granted_by, until and allow = [\"change\"]" },
];

/// The inputs that one result of a case needs, by the words of [`INPUTS`].
#[must_use]
pub fn inputs_of(case: &TestCase, scope: &Scope, suite: &Suite) -> BTreeSet<String> {
    let mut inputs = BTreeSet::new();
    case.all_steps().for_each(|step| of_step(step, scope, suite, &mut inputs));
    inputs
}

fn of_step(step: &Step, scope: &Scope, suite: &Suite, inputs: &mut BTreeSet<String>) {
    match &step.action {
        Action::Verb(name) => of_verb(step, name, scope, inputs),
        Action::Flow(name) => {
            if let Some(flow) = suite.flow(name) {
                let inside = inside(flow, step, scope);
                flow.steps.iter().for_each(|step| of_step(step, &inside, suite, inputs));
            }
        }
    }
}

/// The names that the steps of a flow see.
fn inside(flow: &Flow, step: &Step, scope: &Scope) -> Scope {
    let mut inside = scope.clone();
    for input in &flow.inputs {
        let given = step.with.0.iter().find(|(name, _, _)| *name == input.name).map(|(_, _, value)| value);
        if let Some(Ok(value)) = given.or(input.default.as_ref()).map(|value| resolve(value, scope)) {
            inside.set(&input.name, value);
        }
    }
    inside
}

fn of_verb(step: &Step, name: &str, scope: &Scope, inputs: &mut BTreeSet<String>) {
    let Some(help) = verbs::find(name).map(verbs::Verb::help) else { return };
    if help.effect >= Effect::Login {
        inputs.insert(LOGIN.to_owned());
    }
    if help.effect >= Effect::Change {
        inputs.insert(AUTHORITY.to_owned());
    }
    let word = |argument: &str| -> Option<String> {
        let given = step.with.0.iter().find(|(own, _, _)| own == argument)?;
        resolve(&given.2, scope).ok()?.as_str().map(str::to_owned)
    };
    // Who is meant when nothing is said stands in the help of the arguments: the confidential client, the first member.
    if help.argument("client").is_some() {
        let word = word("client").unwrap_or_else(|| ClientKey::Confidential.word().to_owned());
        if ClientKey::from_word(&word).is_some() {
            inputs.insert(format!("clients.{word}"));
        }
    }
    if help.argument("member").is_some() {
        let word = word("member").unwrap_or_else(|| MemberKey::First.word().to_owned());
        match MemberKey::from_word(&word) {
            Some(MemberKey::First) => inputs.insert("member".to_owned()),
            Some(key) => inputs.insert(format!("member.{}", key.word())),
            None => false,
        };
    }
}

/// Every word that `[[declined]]` may name: inputs and capabilities.
pub fn words() -> impl Iterator<Item = &'static str> {
    INPUTS.iter().map(|input| input.name).chain(CapabilityName::all().map(CapabilityName::as_str))
}

/// The words that are declined and that one result needs: inputs, or capabilities under its `needs`.
#[must_use]
pub fn is_needed(word: &str, case: &TestCase, scope: &Scope, suite: &Suite) -> bool {
    let needs = case.needs.iter().filter_map(|need| resolve(&Value::from(need.as_str()), scope).ok());
    needs.into_iter().any(|need| need == word) || inputs_of(case, scope, suite).contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testcase::load;
    use crate::vocabulary::document::{Problems, Source};
    use std::sync::Arc;

    fn suite() -> Suite {
        let case = "id = \"a.b\"\ntitle = \"t\"\nwhy = \"w\"\nrequirements = [\"g/x-1\"]\nneeds = [\"smart.revocation\"]\nfaults = [\"f\"]\n[[setup]]\ntitle = \"s\"\nflow = \"sign-in\"\nwith = { member = \"second\" }\n[[steps]]\ntitle = \"s\"\ndo = \"oauth.revoke\"\nwith = { client = \"public\", token = \"x\" }\n";
        let flow = "title = \"t\"\noutputs = []\n[[inputs]]\nname = \"member\"\ndefault = \"first\"\n[[steps]]\ntitle = \"s\"\ndo = \"oauth.authorize\"\nwith = { member = \"{{member}}\", scopes = [\"openid\"] }\n";
        let case = Arc::new(Source::new("a/b.toml", case));
        let flow = Arc::new(Source::new("flows/sign-in.toml", flow));
        load(std::iter::once(&case), std::iter::once(&flow), &Problems::new())
    }

    #[test]
    fn what_a_case_needs_is_read_off_its_steps_and_flows() {
        let suite = suite();
        let inputs = inputs_of(&suite.cases[0], &Scope::new(), &suite);
        let wanted = ["clients.confidential", "clients.public", LOGIN, "member.second"];
        assert_eq!(inputs.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
        assert!(is_needed("smart.revocation", &suite.cases[0], &Scope::new(), &suite));
        assert!(!is_needed("member", &suite.cases[0], &Scope::new(), &suite));
    }

    #[test]
    fn every_input_is_explained_and_every_client_and_member_is_one() {
        let names: BTreeSet<&str> = INPUTS.iter().map(|input| input.name).collect();
        assert_eq!(names.len(), INPUTS.len());
        for (word, _) in ClientKey::WORDS {
            assert!(names.contains(format!("clients.{word}").as_str()), "{word}");
        }
        for (word, key) in MemberKey::WORDS {
            assert!(key == MemberKey::First || names.contains(format!("member.{word}").as_str()), "{word}");
        }
    }
}
