//! One launch, sorted: the authorization requests, the codes that went out, the exchanges, the tokens, what was done with them.

use serde_json::Value;

use super::asked::{Asked, For};
use super::stand::{Launched, Places};

/// A code that the server sent to the client.
pub struct SentCode {
    /// The code.
    pub code: String,
    /// `state` beside it.
    pub state: Option<String>,
    /// Which request of the launch brought it.
    pub at: usize,
}

/// One launch.
pub struct Launch<'a> {
    /// Every request, in order.
    pub asked: Vec<Asked<'a>>,
    /// The codes that the server sent.
    pub codes: Vec<SentCode>,
    /// How often TLS was begun.
    pub greetings: u64,
}

impl<'a> Launch<'a> {
    /// Sorts one.
    pub fn read(launched: &'a Launched, places: &Places) -> Self {
        let asked: Vec<Asked<'a>> = launched.exchanges.iter().map(|raw| Asked::read(raw, places)).collect();
        let sent = asked.iter().enumerate().filter_map(|(at, own)| {
            let to =
                own.location().filter(|to| to.origin() != places.authorize.origin() && to.origin() != places.base.origin())?;
            let value = |name: &str| to.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
            Some(SentCode { code: value("code")?, state: value("state"), at })
        });
        let codes = sent.collect();
        Self { asked, codes, greetings: launched.greetings }
    }

    /// The requests of one purpose.
    pub fn of(&self, purpose: For) -> impl Iterator<Item = &Asked<'a>> {
        self.asked.iter().filter(move |asked| asked.purpose == purpose)
    }

    /// The token requests that bring a code.
    pub fn exchanges(&self) -> impl Iterator<Item = &Asked<'a>> {
        self.of(For::Token).filter(|asked| {
            let grant = asked.parameter("grant_type");
            grant == Some("authorization_code") || (grant.is_none() && asked.parameter("code").is_some())
        })
    }

    /// The token requests that bring a refresh token.
    pub fn refreshes(&self) -> impl Iterator<Item = &Asked<'a>> {
        self.of(For::Token).filter(|asked| asked.parameter("grant_type") == Some("refresh_token"))
    }

    /// Every text of this name that the token endpoint gave.
    pub fn tokens(&self, member: &str) -> Vec<String> {
        self.of(For::Token).filter_map(|asked| asked.given(member)).collect()
    }

    /// The requests that carry an access token of this launch, wherever they carry it.
    pub fn uses(&self) -> Vec<&Asked<'a>> {
        let tokens = self.tokens("access_token");
        let with_token = |purpose| matches!(purpose, For::Fhir | For::UserInfo);
        self.asked.iter().filter(|asked| with_token(asked.purpose) && tokens.iter().any(|token| carries(asked, token))).collect()
    }

    /// True when the client got a token, by whatever grant.
    pub fn is_finished(&self) -> bool {
        self.of(For::Token).any(|asked| asked.given("access_token").is_some())
    }

    /// True when a token was used and something came back.
    pub fn has_read(&self) -> bool {
        self.uses().iter().any(|asked| asked.purpose == For::Fhir && asked.succeeded())
    }

    /// The scopes of the grant: what the first token response says, else what was asked for.
    pub fn granted(&self) -> Vec<String> {
        let said = self.exchanges().find_map(|asked| asked.given("scope"));
        let wanted = || self.of(For::Authorize).find_map(|asked| asked.parameter("scope").map(str::to_owned));
        said.or_else(wanted).map(|scope| words(&scope)).unwrap_or_default()
    }

    /// The ids that registrations gave.
    pub fn registered_ids(&self) -> Vec<String> {
        self.of(For::Register).filter_map(|asked| asked.given("client_id")).collect()
    }

    /// The requests to the token endpoint with a signed assertion.
    pub fn assertions(&self) -> impl Iterator<Item = (&Asked<'a>, &str)> {
        self.of(For::Token).filter_map(|asked| Some((asked, asked.parameter("client_assertion")?)))
    }

    /// The software statements that were posted.
    pub fn statements(&self) -> impl Iterator<Item = (&Asked<'a>, String)> {
        self.of(For::Register).filter_map(|asked| {
            let statement = asked.json()?.get("software_statement").and_then(Value::as_str)?.to_owned();
            Some((asked, statement))
        })
    }
}

/// True when the request carries this token in a header, the query, or a form.
pub fn carries(asked: &Asked<'_>, token: &str) -> bool {
    asked.credential("bearer") == Some(token) || asked.parameters().any(|(_, value)| value == token)
}

/// The words of a scope.
pub fn words(scope: &str) -> Vec<String> {
    scope.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
