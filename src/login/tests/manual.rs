//! A person's browser: one sitting, and a listener that believes nobody but the server under test.

use std::sync::Mutex;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::*;
use crate::net::OffsetClock;
use crate::target::CodeSource;

/// A person who notes what is said, hands on what is opened and pastes what was prepared.
struct Person {
    said: Mutex<Vec<String>>,
    opened: UnboundedSender<Url>,
    pastes: Mutex<Vec<String>>,
}

impl Person {
    fn new(pastes: &[&str]) -> (Arc<Self>, UnboundedReceiver<Url>) {
        let (opened, receiver) = unbounded_channel();
        let pastes = Mutex::new(pastes.iter().rev().map(ToString::to_string).collect());
        (Arc::new(Self { said: Mutex::default(), opened, pastes }), receiver)
    }
}

impl Sitting for Person {
    fn tell(&self, line: &str) {
        self.said.lock().unwrap().push(line.to_owned());
    }

    fn open(&self, url: &Url) -> bool {
        self.opened.send(url.clone()).is_ok()
    }

    fn pasted(&self, _: &str) -> BoxFuture<'_, Option<Secret>> {
        let pasted = self.pastes.lock().unwrap().pop();
        Box::pin(std::future::ready(pasted.map(|text| Secret::new("pasted", text))))
    }

    fn code<'a>(&'a self, _: MemberKey, _: Option<&'a CodeSource>) -> BoxFuture<'a, Option<Secret>> {
        Box::pin(std::future::ready(None))
    }
}

struct Scene {
    sessions: Sessions,
    person: Arc<Person>,
    opened: UnboundedReceiver<Url>,
    port: u16,
    clock: OffsetClock,
}

impl Scene {
    async fn new(pastes: &[&str]) -> Self {
        // Another process could take the port in between; the system hands out others first.
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let clock = OffsetClock::new();
        let options =
            WorldOptions { clock: Arc::new(clock.clone()), random: Arc::new(SeededRandom::new(7)), ..WorldOptions::default() };
        let (person, opened) = Person::new(pastes);
        let login = Login { strategy: Strategy::Manual, ..Login::default() };
        let sessions = Sessions::with_sitting(World::new(options).unwrap(), [], login, vec![member()], person.clone());
        Self { sessions, person, opened, port, clock }
    }

    fn request(&self, state: &str) -> AuthorizeRequest {
        let url = Url::parse(&format!("https://as.example/authorize?state={state}")).unwrap();
        AuthorizeRequest::get(url, Url::parse(&format!("http://127.0.0.1:{}/cb", self.port)).unwrap())
    }

    fn begin(&self, request: AuthorizeRequest) -> tokio::task::JoinHandle<Visit> {
        let sessions = self.sessions.clone();
        tokio::spawn(async move { sessions.authorize(&request).await })
    }

    async fn get(&self, path: &str) -> String {
        let host = format!("127.0.0.1:{}", self.port);
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await
    }

    async fn send(&self, text: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let _ = stream.write_all(text.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}

/// Where a redirect of the listener leads.
fn next_of(answer: &str) -> Option<String> {
    answer.lines().find_map(|line| line.strip_prefix("location: ")).map(str::to_owned)
}

#[tokio::test]
async fn the_callback_sends_the_browser_straight_on_to_the_next_authorization() {
    let mut scene = Scene::new(&[]).await;
    scene.sessions.expect(3);
    let first = scene.begin(scene.request("one"));
    assert_eq!(scene.opened.recv().await.unwrap().query(), Some("state=one"));
    let second = scene.begin(scene.request("two"));
    let denying = AuthorizeRequest { approve: Approve::Deny, ..scene.request("three") };
    let mut answer = scene.get("/cb?code=c1&state=one&extra=%2F").await;
    assert_eq!(redirected(&first.await.unwrap()), format!("http://127.0.0.1:{}/cb?code=c1&state=one&extra=%2F", scene.port));
    // The second may join the line a moment after the callback; then the progress page leads on.
    while status(&answer) != "302" {
        answer = scene.get(&progress_path(&answer)).await;
    }
    assert_eq!(next_of(&answer).as_deref(), Some("https://as.example/authorize?state=two"));
    let answer = scene.get("/cb?error=access_denied&state=two").await;
    assert!(redirected(&second.await.unwrap()).contains("error=access_denied"));
    // Nothing waits: the progress page stays, and leads on by itself when the third comes.
    assert!(answer.contains("http-equiv=\"refresh\""), "{answer}");
    let third = scene.begin(denying);
    let page = loop {
        let page = scene.get(&progress_path(&answer)).await;
        if page.contains("Go on") {
            break page;
        }
    };
    assert!(page.contains("3 of 3") && page.contains("say no to the consent"), "{page}");
    scene.get("/cb?error=access_denied&state=three").await;
    assert!(redirected(&third.await.unwrap()).contains("state=three"));
    assert!(scene.opened.try_recv().is_err(), "the browser was opened once");
    assert!(scene.person.said.lock().unwrap()[0].contains("about 3"));
}

fn progress_path(answer: &str) -> String {
    answer.split_once("url=").unwrap().1.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn h43_the_listener_believes_only_the_state_the_host_and_the_path_that_it_waits_for() {
    let mut scene = Scene::new(&[]).await;
    let visit = scene.begin(scene.request("right-state"));
    scene.opened.recv().await.unwrap();
    let host = format!("127.0.0.1:{}", scene.port);
    let huge = "x".repeat(1 << 20);
    for (text, expected) in [
        (format!("GET /cb?code=evil&state=wrong-state HTTP/1.1\r\nHost: {host}\r\n\r\n"), "400"),
        (format!("GET /cb?code=evil&state=right-stat HTTP/1.1\r\nHost: {host}\r\n\r\n"), "400"),
        (format!("GET /cb?code=evil HTTP/1.1\r\nHost: {host}\r\n\r\n"), "400"),
        (format!("GET /cb?code=evil&state=right-state&state=x HTTP/1.1\r\nHost: {host}\r\n\r\n"), "400"),
        ("GET /cb?code=evil&state=right-state HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned(), "421"),
        (format!("GET /cb?code=evil&state=right-state HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", scene.port), "421"),
        (format!("GET /favicon.ico HTTP/1.1\r\nHost: {host}\r\n\r\n"), "404"),
        (format!("GET /progress-guess HTTP/1.1\r\nHost: {host}\r\n\r\n"), "404"),
        (format!("PUT /cb?code=evil&state=right-state HTTP/1.1\r\nHost: {host}\r\n\r\n"), "405"),
        (format!("POST /cb HTTP/1.1\r\nHost: {host}\r\nContent-Length: 20000\r\n\r\n{}", &huge[..20_000]), "413"),
    ] {
        let answer = scene.send(&text).await;
        assert_eq!(status(&answer), expected, "{}", &text[..60]);
    }
    // Closed or refused, but not read: the client may see a reset instead of the status.
    let answer = scene.send(&format!("GET /cb?code={huge}&state=right-state HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
    assert!(answer.is_empty() || status(&answer) == "431" || status(&answer) == "414", "{answer}");
    assert!(!visit.is_finished());
    assert_eq!(status(&scene.get("/cb?code=good&state=right-state").await), "200");
    assert!(redirected(&visit.await.unwrap()).contains("code=good"));
    // A second use of the same state finds nobody.
    assert_eq!(status(&scene.get("/cb?code=again&state=right-state").await), "404");
}

#[tokio::test]
async fn nobody_comes_back_and_the_message_says_what_came_instead() {
    let mut scene = Scene::new(&[]).await;
    let visit = scene.begin(scene.request("mine"));
    scene.opened.recv().await.unwrap();
    scene.get("/cb?code=c&state=other").await;
    while !scene.clock.advance_to_earliest() {
        tokio::task::yield_now().await;
    }
    let visit = visit.await.unwrap();
    assert_eq!(stuck(&visit).reason, StuckReason::NoCallback);
    assert!(stuck(&visit).message.contains("1 callbacks had no or another state"), "{}", stuck(&visit));
}

#[tokio::test]
async fn an_address_can_be_pasted_when_nobody_can_listen_on_the_redirect_uri() {
    let good = "https://app.example/callback?code=c&state=s";
    let scene = Scene::new(&["nonsense", "https://app.example/callback?code=c&state=wrong", good]).await;
    let request = AuthorizeRequest { redirect_uri: Url::parse(CALLBACK).unwrap(), ..scene.request("s") };
    assert_eq!(redirected(&scene.sessions.authorize(&request).await), good);
    // Nobody can answer any more.
    let visit = scene.sessions.authorize(&request).await;
    assert_eq!(stuck(&visit).reason, StuckReason::NoCallback);
}

#[tokio::test]
async fn an_authorization_without_a_state_is_not_for_a_person() {
    let scene = Scene::new(&[]).await;
    for query in ["", "state=", "state=a&state=b"] {
        let mut request = scene.request("x");
        request.url.set_query(Some(query));
        assert!(matches!(scene.sessions.authorize(&request).await.arrival, Arrival::Unavailable(_)), "{query}");
    }
}
