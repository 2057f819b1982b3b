//! One request of the client, read: what it is for, its parameters, what came back.

use serde_json::Value;
use url::Url;

use super::stand::{ClientExchange, Places};

/// What a request is for, by its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// smart-configuration.
    Smart,
    /// The UDAP metadata.
    Udap,
    /// The authorization endpoint.
    Authorize,
    /// The token endpoint.
    Token,
    /// The registration endpoint.
    Register,
    /// `UserInfo`.
    UserInfo,
    /// Anything else below the FHIR base.
    Fhir,
    /// Anything else: pages of the member, key sets.
    Other,
}

/// A request, read.
pub struct Asked<'a> {
    /// It, as it was.
    pub raw: &'a ClientExchange,
    /// What it is for. Over plain HTTP the path alone tells.
    pub purpose: For,
    /// True when it went over plain HTTP.
    pub is_plain: bool,
    query: Vec<(String, String)>,
    form: Vec<(String, String)>,
}

impl<'a> Asked<'a> {
    /// Reads one.
    pub fn read(raw: &'a ClientExchange, places: &Places) -> Self {
        let url = Url::parse(&raw.url).ok();
        let query = url.as_ref().map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default();
        let is_form = media_type(raw).starts_with("application/x-www-form-urlencoded");
        let form = if is_form { url::form_urlencoded::parse(&raw.body).into_owned().collect() } else { Vec::new() };
        let is_plain = raw.tls.is_none();
        let purpose = url.as_ref().map_or(For::Other, |url| purpose(url, places, is_plain));
        Self { raw, purpose, is_plain, query, form }
    }

    /// The parameters of the query, then those of a form.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().chain(&self.form).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first value of a parameter that is not empty.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters().find(|(own, value)| *own == name && !value.is_empty()).map(|(_, value)| value)
    }

    /// True when the query has the parameter.
    pub fn has_in_query(&self, name: &str) -> bool {
        self.query.iter().any(|(own, _)| own == name)
    }

    /// True when the form has the parameter.
    pub fn has_in_form(&self, name: &str) -> bool {
        self.form.iter().any(|(own, _)| own == name)
    }

    /// A header of the request.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.raw.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The credential behind a scheme of `Authorization`.
    pub fn credential(&self, scheme: &str) -> Option<&str> {
        let (own, credential) = self.header("authorization")?.split_once(' ')?;
        own.eq_ignore_ascii_case(scheme).then(|| credential.trim())
    }

    /// The media type of the request, in lower case.
    pub fn media_type(&self) -> String {
        media_type(self.raw)
    }

    /// The body of the request as JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.raw.body).ok()
    }

    /// The answer as JSON.
    pub fn answer(&self) -> Option<Value> {
        serde_json::from_slice(&self.raw.reply_body).ok()
    }

    /// True for a status from 200 to 299.
    pub fn succeeded(&self) -> bool {
        (200..300).contains(&self.raw.status)
    }

    /// A text of a successful answer.
    pub fn given(&self, member: &str) -> Option<String> {
        let answer = self.answer().filter(|_| self.succeeded())?;
        answer.get(member)?.as_str().map(str::to_owned)
    }

    /// Where the answer sends the browser.
    pub fn location(&self) -> Option<Url> {
        let (_, to) = self.raw.reply_headers.iter().find(|(name, _)| name == "location")?;
        Url::parse(to).ok()
    }
}

fn media_type(raw: &ClientExchange) -> String {
    let own = raw.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.as_str());
    own.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn purpose(url: &Url, places: &Places, is_plain: bool) -> For {
    let same = |place: &Url| url.path() == place.path() && (is_plain || url.origin() == place.origin());
    let endpoints = [
        (&places.authorize, For::Authorize),
        (&places.token, For::Token),
        (&places.register, For::Register),
        (&places.userinfo, For::UserInfo),
    ];
    if let Some((_, purpose)) = endpoints.into_iter().find(|(place, _)| same(place)) {
        return purpose;
    }
    if !is_plain && url.origin() != places.base.origin() {
        return For::Other;
    }
    match url.path().strip_prefix(places.base.path().trim_end_matches('/')).and_then(|below| below.strip_prefix('/')) {
        Some(".well-known/smart-configuration") => For::Smart,
        Some(".well-known/udap") => For::Udap,
        Some("metadata") | None => For::Other,
        Some(_) => For::Fhir,
    }
}
