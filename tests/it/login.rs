//! Members sign in at the reference server in each of its ways, through the strategy `form`.

use std::sync::{Arc, Mutex};

use carinbb::login::{Approve, Arrival, AuthorizeRequest, PageKind, Sessions, Sitting, StuckReason, Visit};
use carinbb::net::tls::Trust;
use carinbb::net::{
    Clock, Credentials, FormValue, HttpOptions, HttpOutcome, Method, OffsetClock, Origin, Payload, Request, World, WorldOptions,
};
use carinbb::reference::{ClientKind, LoginVariant, MemberKind, Options, RegisteredClient, Running, start};
use carinbb::target::{BrowserSettings, CodeSource, Login, Member, MemberKey, Strategy};
use carinbb::vocabulary::Secret;
use futures_util::future::BoxFuture;
use url::Url;

use super::interop::programs;
use super::time::jump;

/// SHA-256 of a verifier that these tests never need.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A reference server and the first member's sessions at it.
pub(super) struct Scene {
    pub server: Arc<Running>,
    pub sessions: Sessions,
    world: World,
}

/// No change to the first member.
pub(super) fn first_member(_: &mut Member) {}

impl Scene {
    pub async fn new(login: LoginVariant, change: impl FnOnce(&mut Member)) -> Self {
        Self::by(Strategy::Form, login, change).await
    }

    async fn by(strategy: Strategy, login: LoginVariant, change: impl FnOnce(&mut Member)) -> Self {
        let clock = OffsetClock::new();
        let now = clock.clone();
        let options = Options { login, now: Arc::new(move || now.now()), ..Options::default() };
        let server = start(options).await.expect("the reference server starts");
        Self::with(Arc::new(server), MemberKind::First, clock, strategy, change)
    }

    /// A scene at a server that runs already.
    pub fn of(server: Running, change: impl FnOnce(&mut Member)) -> Self {
        Self::with(Arc::new(server), MemberKind::First, OffsetClock::new(), Strategy::Form, change)
    }

    /// The second member at the same server.
    pub fn second(other: &Self) -> Self {
        Self::with(Arc::clone(&other.server), MemberKind::Second, OffsetClock::new(), Strategy::Form, first_member)
    }

    fn with(
        server: Arc<Running>,
        kind: MemberKind,
        clock: OffsetClock,
        strategy: Strategy,
        change: impl FnOnce(&mut Member),
    ) -> Self {
        let mut trust = Trust::nothing();
        trust.add_pem(server.ca_pem().as_bytes()).expect("the root is a certificate");
        // The identity provider of the SAML variant is the FHIR listener under another name.
        let mut identity = server.base().clone();
        identity.set_host(Some("127.0.0.1")).expect("the literal is a host");
        let urls = [server.base().clone(), server.authorization_origin().clone(), identity];
        let origins: Vec<Origin> = urls.iter().filter_map(Origin::of).collect();
        let http = HttpOptions { trust: Arc::new(trust), ..HttpOptions::default() };
        let options =
            WorldOptions { clock: Arc::new(clock.clone()), http, target_origins: origins.clone(), ..WorldOptions::default() };
        // A one-time code may have to be waited for, whatever the time is.
        tokio::spawn(jump(clock));
        let world = World::new(options).expect("the options have no client certificate");
        let known = server.members().iter().find(|member| member.kind == kind).expect("the member exists");
        let mut member = Member {
            key: MemberKey::First,
            patient: Some(known.patient.clone()),
            username: Some(known.username.clone()),
            password: Some(known.password.clone()),
            totp: Some(known.totp.clone()),
            code: None,
            resources: Vec::new(),
        };
        change(&mut member);
        let browser = BrowserSettings { private_roots: true, no_sandbox: true, ..BrowserSettings::default() };
        let login = Login { strategy, browser, ..Login::default() };
        let sessions = Sessions::new(world.clone(), origins, login, vec![member]);
        Self { sessions, server, world }
    }

    /// The confidential client.
    pub fn client(&self) -> &RegisteredClient {
        let mut clients = self.server.clients().iter();
        clients.find(|client| client.kind == ClientKind::Confidential).expect("there is one")
    }

    /// Posts a form to the authorization server as the confidential client.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> serde_json::Value {
        let url = self.server.authorization_origin().join(path).expect("the literal is a path");
        let mut request = Request::new(Method::POST, url);
        let fields = form.iter().map(|(name, value)| ((*name).to_owned(), FormValue::Plain((*value).to_owned())));
        request.payload = Payload::Form(fields.collect());
        let password = self.client().secret.clone().expect("the client has a secret");
        request.credentials = Credentials::Basic { name: self.client().id.clone(), password };
        match self.world.http.send(&request).await.outcome {
            HttpOutcome::Response(answer) => serde_json::from_str(&answer.text()).expect("the answer is JSON"),
            HttpOutcome::Failure(failure) => panic!("{failure:?}"),
        }
    }

    fn request(&self) -> AuthorizeRequest {
        self.request_for("launch/patient openid fhirUser patient/Patient.read patient/Coverage.read")
    }

    /// The authorization request of the confidential client for these scopes.
    pub fn request_for(&self, scope: &str) -> AuthorizeRequest {
        let client = self.client();
        let mut url = self.server.authorization_origin().join("/authorize").expect("the literal is a path");
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", client.redirect_uri.as_str())
            .append_pair("scope", scope)
            .append_pair("state", "st")
            .append_pair("aud", self.server.base().as_str())
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256");
        AuthorizeRequest::get(url, client.redirect_uri.clone())
    }
}

/// A parameter of the redirect.
pub(super) fn parameter(visit: &Visit, name: &str) -> Option<String> {
    let Arrival::Redirected(url) = &visit.arrival else { panic!("{:?}", visit.arrival) };
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

fn kinds(visit: &Visit) -> Vec<PageKind> {
    visit.pages.iter().map(|page| page.kind).collect()
}

#[tokio::test]
async fn a_member_signs_in_approves_and_is_remembered() {
    let scene = Scene::new(LoginVariant::Plain, |_| {}).await;
    let visit = scene.sessions.authorize(&scene.request()).await;
    assert!(parameter(&visit, "code").is_some() && parameter(&visit, "state").as_deref() == Some("st"));
    assert_eq!(kinds(&visit), [PageKind::Login, PageKind::Consent]);
    let again = scene.sessions.authorize(&scene.request()).await;
    assert!(parameter(&again, "code").is_some());
    assert!(!kinds(&again).contains(&PageKind::Login), "the session was not kept: {:?}", again.pages);
    let fresh = scene.sessions.authorize(&AuthorizeRequest { fresh: true, ..scene.request() }).await;
    assert!(kinds(&fresh).contains(&PageKind::Login));
}

#[tokio::test]
async fn a_member_approves_some_scopes_or_says_no() {
    let scene = Scene::new(LoginVariant::Plain, |_| {}).await;
    let denied = scene.sessions.authorize(&AuthorizeRequest { approve: Approve::Deny, ..scene.request() }).await;
    assert_eq!(parameter(&denied, "error").as_deref(), Some("access_denied"));
    let only = Approve::Only(vec!["patient/Patient.read".into()]);
    let visit = scene.sessions.authorize(&AuthorizeRequest { approve: only, ..scene.request() }).await;
    assert!(parameter(&visit, "code").is_some());
}

#[tokio::test]
async fn steps_and_odd_forms_before_the_right_one_are_passed() {
    let scene = Scene::new(LoginVariant::MultiStep, |_| {}).await;
    let visit = scene.sessions.authorize(&scene.request()).await;
    assert!(parameter(&visit, "code").is_some());
    assert_eq!(kinds(&visit), [PageKind::Step, PageKind::Login, PageKind::Login, PageKind::Consent]);
}

#[tokio::test]
async fn saml_over_three_origins_is_passed() {
    let scene = Scene::new(LoginVariant::SamlAutoPost, |_| {}).await;
    let visit = scene.sessions.authorize(&scene.request()).await;
    assert!(parameter(&visit, "code").is_some());
    assert!(
        kinds(&visit).starts_with(&[PageKind::Passing, PageKind::Passing, PageKind::Login, PageKind::Passing]),
        "{:?}",
        kinds(&visit)
    );
}

#[tokio::test]
async fn t63_a_second_login_with_a_code_waits_for_the_next_window() {
    let scene = Scene::new(LoginVariant::Totp, |_| {}).await;
    for _ in 0..2 {
        let visit = scene.sessions.authorize(&AuthorizeRequest { fresh: true, ..scene.request() }).await;
        assert!(parameter(&visit, "code").is_some());
        // The server remembers the consent, but not the browser.
        assert!(kinds(&visit).starts_with(&[PageKind::Login, PageKind::Code]), "{:?}", kinds(&visit));
    }
}

#[tokio::test]
async fn a_page_made_by_a_script_is_described() {
    let scene = Scene::new(LoginVariant::JavaScript, |_| {}).await;
    let visit = scene.sessions.authorize(&scene.request()).await;
    let Arrival::Stuck(stuck) = visit.arrival else { panic!("{:?}", visit.arrival) };
    assert_eq!(stuck.reason, StuckReason::NeedsJavascript);
    assert!(stuck.to_string().contains("Sign in"), "{stuck}");
}

#[tokio::test]
async fn a_wrong_password_is_tried_twice_and_no_more() {
    let scene = Scene::new(LoginVariant::Plain, |member| member.password = Some(Secret::new("password", "not-the-one"))).await;
    for reason in [StuckReason::WrongPassword, StuckReason::WrongPassword, StuckReason::TooManyFailures] {
        let Arrival::Stuck(stuck) = scene.sessions.authorize(&scene.request()).await.arrival else { panic!() };
        assert_eq!(stuck.reason, reason);
    }
}

#[tokio::test]
async fn a_foreign_redirect_uri_is_not_followed_and_the_answer_is_what_is_seen() {
    let scene = Scene::new(LoginVariant::Plain, |_| {}).await;
    let mut request = scene.request();
    let evil = "https://evil.example/callback";
    let url = request.url.as_str().replace("https%3A%2F%2Fapp.example", "https%3A%2F%2Fevil.example");
    assert_ne!(url, request.url.as_str());
    (request.url, request.redirect_uri) = (Url::parse(&url).expect("a URL"), Url::parse(evil).expect("a URL"));
    let visit = scene.sessions.authorize(&request).await;
    assert!(matches!(visit.arrival, Arrival::ErrorAnswer { status: 400, .. }), "{:?}", visit.arrival);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_made_by_a_script_is_passed_by_a_browser_that_stays_signed_in() {
    if programs::find(["chromium", "chromedriver"]).is_none() {
        return;
    }
    let scene = Scene::by(Strategy::Webdriver, LoginVariant::JavaScript, |_| {}).await;
    let visit = scene.sessions.authorize(&scene.request()).await;
    assert!(parameter(&visit, "code").is_some() && parameter(&visit, "state").as_deref() == Some("st"), "{visit:?}");
    assert_eq!(kinds(&visit), [PageKind::Login, PageKind::Consent]);
    for (url, headers) in &visit.headers_of_pages {
        let headers = headers.as_ref().unwrap_or_else(|| panic!("the headers of {url} were not seen"));
        assert!(
            headers.iter().any(|(name, value)| name.eq_ignore_ascii_case("x-frame-options") && value == "DENY"),
            "{headers:?}"
        );
    }
    let again = scene.sessions.authorize(&scene.request()).await;
    assert!(parameter(&again, "code").is_some());
    assert!(!kinds(&again).contains(&PageKind::Login), "the session was not kept: {:?}", again.pages);
    let asks = |request: AuthorizeRequest| {
        let url = format!("{}&prompt=consent", request.url);
        AuthorizeRequest { url: Url::parse(&url).expect("a URL"), approve: Approve::Deny, fresh: true, ..request }
    };
    let denied = scene.sessions.authorize(&asks(scene.request())).await;
    assert_eq!(parameter(&denied, "error").as_deref(), Some("access_denied"));
    assert!(kinds(&denied).contains(&PageKind::Login), "{:?}", denied.pages);
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_codes_and_saml_are_passed_by_a_browser_too() {
    if programs::find(["chromium", "chromedriver"]).is_none() {
        return;
    }
    for login in [LoginVariant::MultiStep, LoginVariant::Totp, LoginVariant::SamlAutoPost] {
        let scene = Scene::by(Strategy::Webdriver, login, |_| {}).await;
        let visit = scene.sessions.authorize(&scene.request()).await;
        assert!(matches!(visit.arrival, Arrival::Redirected(_)), "{login:?}: {visit:?}");
        assert!(parameter(&visit, "code").is_some(), "{login:?}");
    }
}

/// A person with a browser: goes to the address that is shown, signs in, and pastes where the browser ended.
struct Person {
    browser: Sessions,
    redirect_uri: Url,
    opened: Mutex<Vec<Url>>,
    said: Mutex<Vec<String>>,
}

impl Sitting for Person {
    fn tell(&self, line: &str) {
        self.said.lock().expect("nobody panicked").push(line.to_owned());
    }

    fn open(&self, url: &Url) -> bool {
        self.opened.lock().expect("nobody panicked").push(url.clone());
        true
    }

    fn pasted(&self, _: &str) -> BoxFuture<'_, Option<Secret>> {
        let url = self.opened.lock().expect("nobody panicked").last().cloned();
        Box::pin(async move {
            let visit = self.browser.authorize(&AuthorizeRequest::get(url?, self.redirect_uri.clone())).await;
            let Arrival::Redirected(url) = visit.arrival else { panic!("{:?}", visit.arrival) };
            Some(Secret::new("redirect_url", url.as_str()))
        })
    }

    fn code<'a>(&'a self, _: MemberKey, _: Option<&'a CodeSource>) -> BoxFuture<'a, Option<Secret>> {
        Box::pin(std::future::ready(None))
    }
}

#[tokio::test]
async fn a_person_signs_in_by_hand_once_and_pastes_where_the_browser_ended() {
    let scene = Scene::new(LoginVariant::Plain, |_| {}).await;
    let redirect_uri = scene.client().redirect_uri.clone();
    let browser = scene.sessions.clone();
    let person = Arc::new(Person { browser, redirect_uri, opened: Mutex::default(), said: Mutex::default() });
    let login = Login { strategy: Strategy::Manual, ..Login::default() };
    let sessions = Sessions::with_sitting(scene.world.clone(), [], login, Vec::new(), person.clone());
    sessions.expect(2);
    for _ in 0..2 {
        let visit = sessions.authorize(&scene.request()).await;
        assert!(parameter(&visit, "code").is_some() && parameter(&visit, "state").as_deref() == Some("st"));
    }
    let said = person.said.lock().expect("nobody panicked").join("\n");
    assert!(said.contains("about 2") && said.contains("Sign-in 1 of 2") && said.contains("Sign-in 2 of 2"), "{said}");
    assert_eq!(person.opened.lock().expect("nobody panicked").len(), 2);
}
