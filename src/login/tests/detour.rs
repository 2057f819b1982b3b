//! A place on the way that is ours: nobody is asked there, and nothing but that place is taken for it.

use std::sync::Mutex;

use super::*;

/// What came to the place: the address and the fields of a form.
type Came = Arc<Mutex<Vec<(String, Vec<(String, String)>)>>>;

/// A place that sends the browser on to this address, or nowhere.
fn detour(to: Option<Url>) -> (Detour, Came) {
    let came = Came::default();
    let seen = Arc::clone(&came);
    let pass = move |url: &Url, fields: &[(String, String)]| {
        seen.lock().unwrap().push((url.to_string(), fields.to_vec()));
        to.clone()
    };
    (Detour { beneath: Url::parse("https://idp.example/op").unwrap(), pass: Arc::new(pass) }, came)
}

#[test]
fn only_what_lies_below_it_is_the_place() {
    let (place, _) = detour(None);
    let covers = |text: &str| place.covers(&Url::parse(text).unwrap());
    assert!(covers("https://idp.example/op") && covers("https://idp.example/op/authorize?x=1"));
    for other in ["https://idp.example/opera", "https://idp.example/", "http://idp.example/op", "https://idp.example:8443/op"] {
        assert!(!covers(other), "{other}");
    }
}

#[tokio::test]
async fn a_browser_that_is_redirected_there_goes_on_without_asking() {
    let site = Site::answering(|asked| match asked.path.as_str() {
        "/authorize" => Reply::to("https://idp.example/op/authorize?state=x").header("set-cookie", "began=1; Path=/"),
        "/callback" if asked.cookie.contains("began=1") => done(),
        _ => Reply::new(400, "text/plain", "wrong"),
    })
    .await;
    let (place, came) = detour(Some(site.at("/callback?code=1&state=x")));
    let sessions = sessions(&[&site]);
    let visit = sessions.authorize(&AuthorizeRequest { detour: Some(place), ..request(&site) }).await;
    assert!(redirected(&visit).starts_with(CALLBACK));
    assert_eq!(*came.lock().unwrap(), [("https://idp.example/op/authorize?state=x".to_owned(), Vec::new())]);
    assert_eq!(visit.evidence.len(), 2, "the place itself was not asked");
}

#[tokio::test]
async fn a_form_that_posts_itself_there_brings_its_fields_and_no_password() {
    let page = "<body onload='document.forms[0].submit()'><form method=post action='https://idp.example/op/authorize'>\
                <input type=hidden name=state value=x></form>";
    let site = Site::answering(move |asked| match asked.path.as_str() {
        "/authorize" => Reply::page(page.to_owned()),
        "/callback" => done(),
        _ => Reply::new(400, "text/plain", "wrong"),
    })
    .await;
    let (place, came) = detour(Some(site.at("/callback")));
    let visit = sessions(&[&site]).authorize(&AuthorizeRequest { detour: Some(place), ..request(&site) }).await;
    assert!(redirected(&visit).starts_with(CALLBACK));
    assert_eq!(came.lock().unwrap()[0].1, [("state".to_owned(), "x".to_owned())]);
}

/// A page that wants the member's password for that place gets none there.
#[tokio::test]
async fn what_a_member_types_is_not_told_to_the_place() {
    let site = Site::answering(|_| login_page("https://idp.example/op/authorize")).await;
    let (place, came) = detour(None);
    let visit = sessions(&[&site]).authorize(&AuthorizeRequest { detour: Some(place), ..request(&site) }).await;
    assert_eq!(stuck(&visit).reason, StuckReason::ForeignOrigin);
    assert!(came.lock().unwrap().iter().all(|(_, fields)| fields.iter().all(|(_, value)| !value.contains(PASSWORD))));
}

#[tokio::test]
async fn a_place_from_where_nothing_leads_on_ends_the_login() {
    let site = Site::answering(|_| Reply::to("https://idp.example/op/authorize")).await;
    let (place, came) = detour(None);
    let visit = sessions(&[&site]).authorize(&AuthorizeRequest { detour: Some(place), ..request(&site) }).await;
    assert_eq!(stuck(&visit).reason, StuckReason::ForeignOrigin);
    assert_eq!(came.lock().unwrap().len(), 1);
}
