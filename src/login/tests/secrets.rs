//! Where a password goes, where it does not, and how often it is tried.

use super::*;

#[tokio::test]
async fn after_two_failed_logins_of_a_member_there_is_no_third() {
    let site = Site::answering(|_| login_page("/login")).await;
    let sessions = sessions(&[&site]);
    for expected in
        [StuckReason::WrongPassword, StuckReason::WrongPassword, StuckReason::TooManyFailures, StuckReason::TooManyFailures]
    {
        let visit = sessions.authorize(&request(&site)).await;
        assert_eq!(stuck(&visit).reason, expected);
    }
    assert_eq!((site.count("POST", "/login"), sessions.count()), (2, 2));
}

#[tokio::test]
async fn a_password_that_is_answered_with_401_counts_as_a_failed_login() {
    let site = Site::answering(|asked| match asked.method.as_str() {
        "GET" => login_page("/login"),
        _ => Reply::new(401, "application/json", r#"{"error":"bad"}"#),
    })
    .await;
    let sessions = sessions(&[&site]);
    for _ in 0..2 {
        assert!(matches!(sessions.authorize(&request(&site)).await.arrival, Arrival::ErrorAnswer { status: 401, .. }));
    }
    assert_eq!(stuck(&sessions.authorize(&request(&site)).await).reason, StuckReason::TooManyFailures);
}

#[tokio::test]
async fn h42_a_form_that_goes_to_a_foreign_origin_gets_nothing() {
    let (site, foreign) = (Site::new().await, Site::answering(|_| done()).await);
    let action = foreign.at("/steal");
    site.answers(move |_| login_page(action.as_str()));
    let sessions = sessions_of(&[&site, &foreign], &[&site], form_login(), member());
    let visit = sessions.authorize(&request(&site)).await;
    assert_eq!(stuck(&visit).reason, StuckReason::ForeignOrigin);
    assert!(stuck(&visit).to_string().contains("Sign in"), "{}", stuck(&visit));
    assert!(foreign.asked().is_empty());
}

#[tokio::test]
async fn a_login_page_of_a_foreign_origin_is_not_even_fetched() {
    let (site, foreign) = (Site::new().await, Site::answering(|_| login_page("/login")).await);
    let page = foreign.at("/login");
    site.answers(move |_| Reply::to(page.as_str()));
    let sessions = sessions_of(&[&site, &foreign], &[&site], form_login(), member());
    assert_eq!(stuck(&sessions.authorize(&request(&site)).await).reason, StuckReason::ForeignOrigin);
    assert!(foreign.asked().is_empty());
    // An endpoint that metadata moved elsewhere may be asked, and gets no password either.
    assert_eq!(stuck(&sessions.authorize(&request(&foreign)).await).reason, StuckReason::ForeignOrigin);
    assert_eq!((foreign.asked().len(), foreign.count("POST", "/login")), (1, 0));
}

#[tokio::test]
async fn a_password_never_goes_into_an_address() {
    let site =
        Site::answering(|_| Reply::page("<form><input name=user><input type=password name=p><button>Go</button></form>")).await;
    let visit = sessions(&[&site]).authorize(&request(&site)).await;
    assert_eq!((stuck(&visit).reason, site.asked().len()), (StuckReason::UnsafeForm, 1));
}

#[tokio::test]
async fn a_secret_that_the_target_file_does_not_give_is_named() {
    let site = Site::answering(|_| login_page("/login")).await;
    let sessions = sessions_of(&[&site], &[&site], form_login(), Member { password: None, ..member() });
    let visit = sessions.authorize(&request(&site)).await;
    assert_eq!(stuck(&visit).reason, StuckReason::MissingInput);
    assert!(stuck(&visit).message.contains("the password of member 'first'"), "{}", stuck(&visit));
    let second = AuthorizeRequest { member: MemberKey::Second, ..request(&site) };
    assert_eq!(stuck(&sessions.authorize(&second).await).reason, StuckReason::MissingInput);
}

#[tokio::test]
async fn h33_what_is_secret_is_neither_in_the_evidence_nor_in_an_outline() {
    let site = Site::answering(|asked| match asked.method.as_str() {
        "GET" => login_page("/login").header("set-cookie", "sid=c00kie-value; Path=/"),
        _ => Reply::page(format!("<title>Hello {PASSWORD}</title><form><input name='{PASSWORD}'></form>")),
    })
    .await;
    let world = world(&[&site], &[&site]);
    let origin = Origin::of(&site.url).unwrap();
    let sessions = Sessions::new(world.clone(), [origin], form_login(), vec![member()]);
    let visit = sessions.authorize(&request(&site)).await;
    let evidence = serde_json::to_string(&world.evidence.all()).unwrap();
    assert_eq!(world.evidence.len(), 2);
    for shown in [evidence, format!("{:?}", visit.pages), stuck(&visit).to_string()] {
        assert!(!shown.contains(PASSWORD) && !shown.contains("c00kie-value"), "{shown}");
        assert!(!shown.contains("jane.member"), "{shown}");
    }
}

#[tokio::test]
async fn h33_a_page_that_greets_the_member_is_kept_by_the_words_that_are_about_nobody() {
    const PAGE: &str = "<title>Welcome Ann Canary</title><p>Hello Ann Canary, member W-4711. Claims Companion (claims-app-7) asks for \
        patient/Coverage.read for 90 days. Your claims: DIABETES 12/03/1961.</p><form method=post action=/consent>\
        <input type=hidden name=SAMLResponse value=QW5uIENhbmFyeQ><input type=hidden name=who value='Ann Canary'>\
        <button name=answer value=yes>Allow</button><button name=answer value=no>I am not Ann Canary, deny</button></form>";
    let site = Site::answering(|asked| match asked.method.as_str() {
        "GET" => Reply::page(PAGE),
        _ => done(),
    })
    .await;
    let world = world(&[&site], &[&site]);
    let sessions = Sessions::new(world.clone(), [Origin::of(&site.url).unwrap()], form_login(), vec![member()]);
    let mut request = AuthorizeRequest { app: Some("Claims Companion".into()), ..request(&site) };
    request.url = site.at("/authorize?client_id=claims-app-7&scope=patient/Coverage.read+openid&state=s");
    let visit = sessions.authorize(&request).await;
    assert!(redirected(&visit).contains("code="));
    let pages = world.evidence.pages();
    assert_eq!((pages.len(), pages[0].asks_consent), (1, true), "{pages:?}");
    assert_eq!(
        pages[0].text,
        "Hello ‹…› member ‹…› Claims Companion claims-app-7 asks for patient/Coverage.read for 90 days. Your claims: ‹…› Allow I am not ‹…› deny"
    );
    assert_eq!((pages[0].title.as_str(), pages[0].buttons.concat()), ("Welcome ‹…›", "AllowI am not ‹…› deny".to_owned()));
    let evidence = serde_json::to_string(&(world.evidence.all(), &pages)).unwrap();
    assert!(evidence.contains("for 90 days") && evidence.contains("answer=yes"), "{evidence}");
    for shown in [evidence, format!("{:?}", visit.pages)] {
        for canary in ["Ann", "Canary", "4711", "DIABETES", "1961", "QW5u"] {
            assert!(!shown.contains(canary), "{canary} stands in {shown}");
        }
    }
}

#[tokio::test]
async fn logins_of_one_account_are_never_side_by_side() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static OPEN: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let site = Site::answering(|asked| match asked.method.as_str() {
        "GET" => {
            MOST.fetch_max(OPEN.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            login_page("/login")
        }
        _ => {
            OPEN.fetch_sub(1, Ordering::SeqCst);
            done()
        }
    })
    .await;
    let sessions = sessions(&[&site]);
    let request = AuthorizeRequest { fresh: true, ..request(&site) };
    let visits = futures_util::future::join_all((0..6).map(|_| sessions.authorize(&request))).await;
    assert!(visits.iter().all(|visit| redirected(visit).contains("code=c0de")));
    assert_eq!((MOST.load(Ordering::SeqCst), sessions.count()), (1, 6));
}
