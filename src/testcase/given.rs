//! The suite where the operator gives tokens: they stand in for launches, and what needs a launch of its own says why it is left out.

use std::collections::BTreeMap;

use super::load::Suite;
use super::model::{Action, Step, TestCase, TokenKind};
use crate::target::{ClientKey, GivenTokens, MemberKey};
use crate::verbs::{self, Arguments};

/// What the cases that use the refresh token must have alone: a server may replace it with every use.
const REFRESH_TOKEN: &str = "given:refresh-token";

/// A suite in which given tokens stand in for launches.
#[derive(Debug)]
pub struct Given {
    /// The suite; every case that can do with the tokens takes them.
    pub suite: Suite,
    /// Why each other case that signs in is left out, by id.
    pub left_out: BTreeMap<String, String>,
}

/// True for a verb that begins an authorization.
#[must_use]
pub fn signs_in(verb: &str) -> bool {
    verbs::find(verb).is_some_and(|verb| verb.cost(&Arguments::default()).authorizations > 0)
}

impl Given {
    /// Puts the tokens in the place of launches.
    #[must_use]
    pub fn new(suite: &Suite, tokens: &[GivenTokens]) -> Self {
        let mut given = Self { suite: suite.clone(), left_out: BTreeMap::new() };
        for case in given.suite.cases.iter_mut().filter(|case| case.all_steps().any(|step| is_launch(suite, step))) {
            match obstacle(suite, case, tokens) {
                Some(why) => drop(given.left_out.insert(case.id.to_string(), why)),
                None => take_tokens(suite, case),
            }
        }
        given
    }
}

fn is_launch(suite: &Suite, step: &Step) -> bool {
    match &step.action {
        Action::Verb(name) => signs_in(name),
        Action::Flow(name) => suite.flow(name).is_some_and(|flow| flow.steps.iter().any(|step| is_launch(suite, step))),
    }
}

/// Why a case cannot do with these tokens.
fn obstacle(suite: &Suite, case: &TestCase, tokens: &[GivenTokens]) -> Option<String> {
    if case.given_tokens.is_empty() {
        return Some("it needs an authorization of its own, and the target file gives tokens".into());
    }
    let launches = case.setup.iter().filter(|step| is_launch(suite, step));
    launches.into_iter().find_map(|step| {
        let input = |name: &str| step.with.0.iter().find(|(own, _, _)| own == name).and_then(|(_, _, value)| value.as_str());
        let member = input("member").map_or(Some(MemberKey::First), MemberKey::from_word);
        let client = input("client").map_or(Some(ClientKey::Confidential), ClientKey::from_word);
        let Some(given) = tokens.iter().find(|given| Some(given.member) == member) else {
            let word = input("member").unwrap_or("first");
            return Some(format!("the target file gives no tokens of the {word} member"));
        };
        if Some(given.client) != client {
            let (word, own) = (input("client").unwrap_or("confidential"), given.client.word());
            return Some(format!("it is about the {word} client, and the given tokens belong to the {own} one"));
        }
        let is_missing = |kind: &TokenKind| match kind {
            TokenKind::Access => given.access_token.is_none(),
            TokenKind::Refresh => given.refresh_token.is_none(),
            TokenKind::Id => given.id_token.is_none(),
        };
        let missing = case.given_tokens.iter().filter(|_| given.member == MemberKey::First).find(|kind| is_missing(kind))?;
        let word = TokenKind::WORDS.iter().find(|(_, kind)| kind == missing).map_or("", |(word, _)| *word);
        Some(format!("the target file gives no {word}"))
    })
}

/// The case takes the tokens anew each time, so that they are proved in the case that rests on them, and leaves them as they are: what
/// the operator gave is not ours to revoke.
fn take_tokens(suite: &Suite, case: &mut TestCase) {
    for step in &mut case.setup {
        let stand_in = match &step.action {
            Action::Flow(name) => suite.flow(name).and_then(|flow| flow.given.clone()),
            Action::Verb(_) => None,
        };
        if let Some(stand_in) = stand_in {
            step.action = Action::Flow(stand_in);
        }
    }
    case.fresh = true;
    case.cleanup.clear();
    if case.given_tokens.contains(&TokenKind::Refresh) {
        case.locks.push(REFRESH_TOKEN.into());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::testcase::load;
    use crate::vocabulary::Secret;
    use crate::vocabulary::document::{Problems, Source};

    const FLOW: &str = "title = \"t\"\ngiven = \"tokens\"\noutputs = []\n[[inputs]]\nname = \"member\"\ndefault = \"first\"\n[[steps]]\ntitle = \"s\"\ndo = \"oauth.authorize\"\nwith = { scopes = [] }\n";
    const TOKENS: &str = "title = \"t\"\noutputs = []\n[[steps]]\ntitle = \"s\"\ndo = \"oauth.given\"\n";

    fn suite(head: &str, steps: &str) -> Suite {
        let case = format!(
            "id = \"a.b\"\ntitle = \"t\"\nwhy = \"w\"\nrequirements = [\"g/x-1\"]\nfaults = [\"f\"]\n{head}{steps}\n[[steps]]\ntitle = \"s\"\ndo = \"http.get\"\n"
        );
        let source = |path: &str, text: &str| Arc::new(Source::new(path, text));
        let (case, flows) = (source("a/b.toml", &case), [source("flows/launch.toml", FLOW), source("flows/tokens.toml", TOKENS)]);
        load(std::iter::once(&case), flows.iter(), &Problems::new())
    }

    fn tokens(refresh: Option<&str>) -> GivenTokens {
        GivenTokens {
            member: MemberKey::First,
            client: ClientKey::Confidential,
            access_token: Some(Secret::new("access_token", "a-token")),
            refresh_token: refresh.map(|text| Secret::new("refresh_token", text)),
            id_token: None,
            scope: Some("patient/Patient.read".into()),
            patient: Some("1".into()),
        }
    }

    fn why(head: &str, with: &str, given: &GivenTokens) -> Option<String> {
        let steps = format!("[[setup]]\ntitle = \"s\"\nflow = \"launch\"\n{with}[[cleanup]]\ntitle = \"c\"\ndo = \"http.get\"\n");
        Given::new(&suite(head, &steps), std::slice::from_ref(given)).left_out.remove("a.b")
    }

    #[test]
    fn what_cannot_do_with_given_tokens_says_why() {
        let refresh = "given_tokens = [\"refresh_token\"]\n";
        assert!(why("", "", &tokens(None)).unwrap().contains("an authorization of its own"));
        assert!(why(refresh, "", &tokens(None)).unwrap().contains("no refresh_token"));
        assert!(why(refresh, "with = { member = \"second\" }\n", &tokens(Some("r"))).unwrap().contains("second member"));
        assert!(why(refresh, "with = { client = \"public\" }\n", &tokens(Some("r"))).unwrap().contains("public client"));
        assert_eq!(why(refresh, "", &tokens(Some("r"))), None);
    }

    #[test]
    fn what_can_takes_them_alone_anew_and_never_revokes_them() {
        let steps = "[[setup]]\ntitle = \"s\"\nflow = \"launch\"\n[[cleanup]]\ntitle = \"c\"\ndo = \"oauth.revoke\"\n";
        let given = Given::new(&suite("given_tokens = [\"refresh_token\"]\n", steps), &[tokens(Some("r"))]);
        let case = given.suite.case("a.b").unwrap();
        assert_eq!(case.setup[0].action, Action::Flow("tokens".into()));
        assert!(case.fresh && case.cleanup.is_empty() && case.locks == [REFRESH_TOKEN]);
    }

    #[test]
    fn a_case_that_signs_nobody_in_stays_as_it_is() {
        let given = Given::new(&suite("", ""), &[tokens(None)]);
        assert!(given.left_out.is_empty() && !given.suite.case("a.b").unwrap().fresh);
    }
}
