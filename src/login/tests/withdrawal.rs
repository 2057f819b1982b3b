//! A member takes an app's access back on a page, and the page says so.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::target::{LoginStep, Withdrawal};

const CONNECTED: &str = "<title>Apps</title><form method=post action=/apps><input type=hidden name=csrf value=x>\
    <button id=off>Disconnect Claims</button></form>";
const SURE: &str = "<form method=post action=/sure><button name=sure value=yes>Yes, disconnect</button></form>";
const GONE: &str = "<p>Claims is disconnected.</p>";

fn step(click: &str) -> LoginStep {
    LoginStep { click: Some(click.into()), ..LoginStep::default() }
}

fn asked_for(site: &Site, steps: &[&str]) -> AuthorizeRequest {
    let steps = steps.iter().map(|click| step(click)).collect();
    let withdrawal = Withdrawal { url: site.at("/apps"), steps, says: "Claims is disconnected".into() };
    let withdrawal = Some(withdrawal);
    AuthorizeRequest { url: site.at("/apps"), withdrawal, ..request(site) }
}

async fn withdrawn(site: &Site, steps: &[&str]) -> Visit {
    sessions(&[site]).authorize(&asked_for(site, steps)).await
}

#[tokio::test]
async fn the_steps_are_done_each_once_and_the_words_of_the_page_are_the_end() {
    let site = Site::answering(|asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/apps") if asked.body == "csrf=x" => Reply::page(SURE),
        ("POST", "/sure") if asked.body == "sure=yes" => Reply::page(GONE),
        _ => Reply::page(CONNECTED),
    })
    .await;
    let visit = withdrawn(&site, &["off", "sure"]).await;
    assert!(matches!(visit.arrival, Arrival::Confirmed), "{:?}", visit.arrival);
    assert_eq!((visit.pages.len(), site.asked().len()), (3, 3));
}

#[tokio::test]
async fn a_member_who_is_not_signed_in_signs_in_on_the_way() {
    let site = Site::answering(|asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/apps") if asked.cookie.is_empty() => login_page("/login"),
        ("POST", "/login") if is_signed_in(asked) => Reply::to("/apps").header("set-cookie", "sid=1; Path=/"),
        ("POST", "/apps") => Reply::page(GONE),
        _ => Reply::page(CONNECTED),
    })
    .await;
    assert!(matches!(withdrawn(&site, &["off"]).await.arrival, Arrival::Confirmed));
}

#[tokio::test]
async fn a_page_that_fails_says_it_too_early_or_says_nothing_confirms_nothing() {
    let failing = Site::answering(|asked| match asked.method.as_str() {
        "POST" => Reply::page(GONE).status(500),
        _ => Reply::page(CONNECTED),
    })
    .await;
    assert!(matches!(withdrawn(&failing, &["off"]).await.arrival, Arrival::ErrorAnswer { status: 500, .. }));
    let early = Site::answering(|_| Reply::page(format!("{GONE}{CONNECTED}"))).await;
    assert!(stuck(&withdrawn(&early, &["off"]).await).message.contains("before anything was done"));
    assert_eq!(early.count("POST", "/apps"), 0);
    // The button is pressed once and not until the page says something else.
    let silent = Site::answering(|_| Reply::page(CONNECTED)).await;
    let visit = withdrawn(&silent, &["off"]).await;
    assert_eq!(stuck(&visit).reason, StuckReason::NoStepFits);
    assert!(stuck(&visit).message.contains("every step of [login.withdrawal] was done"), "{}", stuck(&visit).message);
    assert_eq!(silent.count("POST", "/apps"), 1);
    let other =
        Site::answering(|_| Reply::page("<form method=post action=/delete><button>Delete my account</button></form>")).await;
    let visit = withdrawn(&other, &["off"]).await;
    assert_eq!(stuck(&visit).reason, StuckReason::NoStepFits);
    assert!(stuck(&visit).message.contains("step 1 of [login.withdrawal] names nothing"), "{}", stuck(&visit).message);
    assert_eq!(other.asked().len(), 1, "no button is pressed that the operator did not name");
}

#[tokio::test]
async fn nobody_opens_the_page_where_a_person_signs_in() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let site = Site::answering(|_| {
        ASKED.fetch_add(1, Ordering::SeqCst);
        Reply::page(CONNECTED)
    })
    .await;
    let login = Login { strategy: Strategy::Manual, ..Login::default() };
    let visit = sessions_of(&[&site], &[&site], login, member()).authorize(&asked_for(&site, &["off"])).await;
    assert!(matches!(visit.arrival, Arrival::Unavailable(_)) && ASKED.load(Ordering::SeqCst) == 0, "{:?}", visit.arrival);
}
