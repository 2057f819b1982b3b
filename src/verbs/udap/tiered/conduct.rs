//! How the provider behaves in one sign-in: right, but for what the case names.

use serde_json::{Map, Value};

use crate::verbs::udap::overrides::{Overrides, input};
use crate::vocabulary::{Cause, Secret};

/// The keys of the argument `provider`.
const KEYS: [&str; 14] = [
    "name",
    "metadata",
    "status",
    "scopes",
    "plain_endpoints",
    "registration",
    "state",
    "error",
    "code",
    "iss",
    "token",
    "id_token",
    "userinfo",
    "hold",
];

/// Which state comes back from the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    #[default]
    Right,
    Wrong,
    Missing,
}

/// Which code comes back from it.
#[derive(Debug, Clone, Default)]
pub(super) enum Code {
    #[default]
    New,
    /// One that was redeemed before.
    Used,
    /// One of somebody else.
    Given(Secret),
}

/// What the token endpoint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Token {
    #[default]
    Right,
    /// Refuses whatever comes.
    Refused,
    /// Leaves the ID token out.
    Bare,
}

/// How the provider behaves.
#[derive(Debug, Clone, Default)]
pub(super) struct Conduct {
    /// What is changed in the signed metadata.
    pub metadata: Overrides,
    /// The status in place of the UDAP metadata.
    pub status: Option<u16>,
    /// What it says that it offers.
    pub scopes: Option<Vec<String>>,
    /// The plain members of the metadata name other endpoints than the signed ones.
    pub other_endpoints: bool,
    /// The status with which registrations are refused.
    pub registration: Option<u16>,
    pub state: State,
    /// An error in place of a code.
    pub error: Option<String>,
    pub code: Code,
    /// Says that the answer is from this issuer.
    pub iss: Option<String>,
    pub token: Token,
    /// What is changed in the ID token.
    pub id_token: Overrides,
    /// What `UserInfo` says otherwise.
    pub userinfo: Map<String, Value>,
    /// Keeps the browser: the code is made and never delivered.
    pub hold: bool,
}

impl Conduct {
    /// Reads the argument; `open` turns the handle of a code into the code.
    pub fn read(given: Option<&Value>, open: impl Fn(&str) -> Result<Secret, Cause>) -> Result<Self, Cause> {
        let table = match given {
            None | Some(Value::Null) => return Ok(Self::default()),
            Some(Value::Object(table)) => table,
            Some(_) => return Err(input("'provider' is a table")),
        };
        if let Some(name) = table.keys().find(|name| !KEYS.contains(&name.as_str())) {
            return Err(input(&format!("a provider has no '{name}' to change: there are {}", KEYS.join(", "))));
        }
        let text = |name: &str| table.get(name).and_then(Value::as_str);
        let status = |name: &str| table.get(name).and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
        let unknown = |name: &str, word: &str| input(&format!("'{name}' of a provider cannot be '{word}'"));
        let texts = |items: &Vec<Value>| items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        Ok(Self {
            metadata: Overrides::read(table.get("metadata"))?,
            status: status("status"),
            scopes: table.get("scopes").and_then(Value::as_array).map(texts),
            other_endpoints: text("plain_endpoints") == Some("other"),
            registration: status("registration"),
            state: match text("state") {
                None | Some("right") => State::Right,
                Some("wrong") => State::Wrong,
                Some("missing") => State::Missing,
                Some(other) => return Err(unknown("state", other)),
            },
            error: text("error").map(str::to_owned),
            code: match text("code") {
                None | Some("new") => Code::New,
                Some("used") => Code::Used,
                Some(handle) => Code::Given(open(handle)?),
            },
            iss: text("iss").map(str::to_owned),
            token: match text("token") {
                None | Some("right") => Token::Right,
                Some("refused") => Token::Refused,
                Some("without-id-token") => Token::Bare,
                Some(other) => return Err(unknown("token", other)),
            },
            id_token: Overrides::read(table.get("id_token"))?,
            userinfo: table.get("userinfo").and_then(Value::as_object).cloned().unwrap_or_default(),
            hold: table.get("hold").and_then(Value::as_bool).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(given: &Value) -> Result<Conduct, Cause> {
        Conduct::read(Some(given), |handle| Ok(Secret::new("code", handle)))
    }

    #[test]
    fn what_a_case_misspells_is_refused_and_what_it_leaves_out_is_right() {
        let conduct = read(&json!({ "state": "wrong", "code": "c-1", "id_token": { "omit": ["sub"] } })).unwrap();
        assert_eq!(conduct.state, State::Wrong);
        assert!(matches!(&conduct.code, Code::Given(code) if code.expose() == "c-1"));
        assert_eq!(conduct.token, Token::Right);
        for wrong in [json!({ "states": "wrong" }), json!({ "state": "odd" }), json!({ "id_token": { "omitt": [] } }), json!("x")]
        {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }
}
