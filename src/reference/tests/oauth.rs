//! A whole launch over sockets: login, consent, code, token, read, refresh, by a client that is not ours.

use std::collections::BTreeMap;

use reqwest::{Client, Response};
use serde_json::Value;
use url::Url;

use super::client::{client, header};
use super::pieces::{between, challenge, field};
use crate::reference::{ClientKind, LoginVariant, Options, Running, start};

const VERIFIER: &str = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789";

/// A browser that follows nothing by itself.
struct Browser<'a> {
    client: Client,
    server: &'a Running,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    fn new(server: &'a Running) -> Self {
        Self { client: client(server), server, cookies: BTreeMap::new() }
    }

    fn keep(&mut self, response: &Response) {
        for cookie in response.headers().get_all("set-cookie") {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    async fn get(&mut self, url: &Url) -> Response {
        let response = self.client.get(url.clone()).header("cookie", self.cookie()).send().await.unwrap();
        self.keep(&response);
        response
    }

    async fn post(&mut self, url: &Url, form: &[(&str, &str)]) -> Response {
        let response = self.client.post(url.clone()).header("cookie", self.cookie()).form(form).send().await.unwrap();
        self.keep(&response);
        response
    }

    /// Follows redirects until a page comes or the app's callback is reached.
    async fn walk(&mut self, mut response: Response) -> (Url, String) {
        loop {
            let url = response.url().clone();
            let Some(location) = header(&response, "location") else { return (url, response.text().await.unwrap()) };
            let next = url.join(location).unwrap();
            if next.host_str() == Some("app.example") {
                return (next, String::new());
            }
            response = self.get(&next).await;
        }
    }

    /// Fills whatever page comes until the callback is reached.
    async fn through(&mut self, url: &Url) -> Url {
        let (username, password) = {
            let member = &self.server.members()[0];
            (member.username.expose().to_owned(), member.password.expose().to_owned())
        };
        let mut response = self.get(url).await;
        for _ in 0..10 {
            let (page, html) = self.walk(response).await;
            if page.host_str() == Some("app.example") {
                return page;
            }
            let form = html.rsplit("<form").next().unwrap();
            let action = page.join(&between(form, "action=\"", "\"").unwrap()).unwrap();
            let mut fields: Vec<(String, String)> = Vec::new();
            for input in form.split("<input").skip(1) {
                let name = between(input, "name=\"", "\"").unwrap();
                let value = match name.as_str() {
                    "username" => username.clone(),
                    "password" => password.clone(),
                    _ => between(input, "value=\"", "\"").unwrap_or_default(),
                };
                fields.push((name, value));
            }
            if form.contains("name=\"decision\"") {
                fields.push(("decision".into(), "approve".into()));
            }
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            response = self.post(&action, &fields).await;
        }
        panic!("no end in sight");
    }
}

fn authorize_url(server: &Running, client: ClientKind, scope: &str) -> Url {
    let client = server.clients().iter().find(|known| known.kind == client).unwrap();
    let mut url = server.authorization_origin().join("/authorize").unwrap();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &client.id)
        .append_pair("redirect_uri", client.redirect_uri.as_str())
        .append_pair("scope", scope)
        .append_pair("state", "state-0123456789")
        .append_pair("nonce", "nonce-0123456789")
        .append_pair("aud", server.base().as_str())
        .append_pair("code_challenge", &challenge(VERIFIER))
        .append_pair("code_challenge_method", "S256");
    url
}

async fn token(server: &Running, form: &[(&str, &str)]) -> (u16, Value) {
    let own = &server.clients()[0];
    let url = server.authorization_origin().join("/token").unwrap();
    let secret = own.secret.as_ref().unwrap().expose();
    let response = client(server).post(url).basic_auth(&own.id, Some(secret)).form(form).send().await.unwrap();
    (response.status().as_u16(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
}

async fn read(server: &Running, path: &str, token: &str) -> (u16, Value) {
    let url = format!("{}/{path}", server.base());
    let response = client(server).get(url).bearer_auth(token).send().await.unwrap();
    (response.status().as_u16(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
}

#[tokio::test]
async fn a_member_signs_in_agrees_and_the_app_reads_and_refreshes() {
    for login in [LoginVariant::Plain, LoginVariant::MultiStep, LoginVariant::SamlAutoPost] {
        let server = start(Options { login, ..Options::default() }).await.unwrap();
        let mut browser = Browser::new(&server);
        let scope = "openid fhirUser launch/patient offline_access patient/Patient.read patient/ExplanationOfBenefit.read";
        let url = authorize_url(&server, ClientKind::Confidential, scope);
        let back = browser.through(&url).await;
        assert_eq!(field(&back, "state").as_deref(), Some("state-0123456789"), "{login:?}");
        let code = field(&back, "code").unwrap();
        let redirect_uri = server.clients()[0].redirect_uri.as_str();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        let (status, tokens) = token(&server, &form).await;
        assert_eq!((status, &tokens["token_type"], &tokens["scope"]), (200, &"Bearer".into(), &scope.into()), "{tokens}");
        assert_eq!(tokens["patient"], server.member_patient_id());
        assert!(tokens["id_token"].as_str().unwrap().split('.').count() == 3);
        let access = tokens["access_token"].as_str().unwrap();
        let patient = format!("Patient/{}", server.member_patient_id());
        assert_eq!(read(&server, &patient, access).await.0, 200);
        assert_eq!(read(&server, "ExplanationOfBenefit", access).await.1["total"], 2);
        assert_eq!(read(&server, "Coverage", access).await.0, 403, "Coverage was not granted");
        assert_eq!(read(&server, "Patient/carinbb-member-2", access).await.0, 404);
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let (status, again) = token(&server, &[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await;
        assert_eq!((status, &again["patient"]), (200, &server.member_patient_id().into()));
        assert_eq!(read(&server, &patient, again["access_token"].as_str().unwrap()).await.0, 200);
        // single sign-on: the same app and scopes are not asked about again
        let (page, _) = {
            let response = browser.get(&url).await;
            browser.walk(response).await
        };
        assert!(field(&page, "code").is_some(), "{page}");
        let (status, error) = token(&server, &form).await;
        assert_eq!((status, &error["error"]), (400, &"invalid_grant".into()), "a code is good once");
        assert_eq!(read(&server, &patient, access).await.0, 401, "and what it gave is taken back");
    }
}

#[tokio::test]
async fn a_page_for_members_is_not_framed_and_its_cookie_is_guarded() {
    let server = start(Options::default()).await.unwrap();
    let mut browser = Browser::new(&server);
    let url = authorize_url(&server, ClientKind::Public, "openid patient/Patient.read");
    let first = browser.get(&url).await;
    let cookie = header(&first, "set-cookie").unwrap().to_owned();
    for word in ["__Host-session=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    let next = first.url().join(header(&first, "location").unwrap()).unwrap();
    let page = browser.get(&next).await;
    assert_eq!(header(&page, "x-frame-options"), Some("DENY"));
    assert_eq!(header(&page, "content-security-policy"), Some("frame-ancestors 'none'"));
    assert_eq!(header(&page, "referrer-policy"), Some("no-referrer"));
    let stranger = Browser::new(&server).get(&next).await;
    assert_eq!(stranger.status(), 400, "another browser cannot go on with it");
}
