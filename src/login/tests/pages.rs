//! What real logins are made of: hops, several origins, several steps, codes, odd forms before the right one.

use super::*;
use crate::target::{FillValue, LoginStep, PageMatch};

#[tokio::test]
async fn a_login_with_hops_before_its_page_ends_at_the_redirect_uri_with_all_it_was_given() {
    let site = Site::answering(|asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/authorize") => Reply::to("/hop/1").header("set-cookie", "session=abc; Path=/; Secure; HttpOnly"),
        ("GET", "/hop/1") => Reply::to("hop/2"),
        ("GET", "/hop/hop/2") => Reply::to("/login"),
        ("GET", "/login") => login_page(""),
        ("POST", "/login") if is_signed_in(asked) && asked.cookie == "session=abc" => {
            Reply::to(&format!("{CALLBACK}?code=c0de&state=s&iss=https%3A%2F%2Fx&session_state=1#_=_"))
        }
        _ => Reply::new(400, "text/plain", "wrong"),
    })
    .await;
    let sessions = sessions(&[&site]);
    let visit = sessions.authorize(&request(&site)).await;
    assert_eq!(redirected(&visit), format!("{CALLBACK}?code=c0de&state=s&iss=https%3A%2F%2Fx&session_state=1#_=_"));
    assert_eq!((visit.pages.len(), visit.pages[0].kind, visit.pages[0].title.as_str()), (1, PageKind::Login, "Sign in"));
    assert_eq!((visit.evidence.len(), sessions.count()), (5, 1));
    assert_eq!(visit.headers_of_pages[0].0, site.at("/login"));
    assert!(site.asked().iter().all(|asked| !asked.origin_header), "{:?}", site.asked());
}

#[tokio::test]
async fn a_session_is_kept_until_a_fresh_one_is_asked_for() {
    let site = Site::answering(|asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/authorize") if asked.cookie.contains("in=1") => done(),
        ("GET", "/authorize") => login_page("/login"),
        _ => done().header("set-cookie", "in=1; Path=/"),
    })
    .await;
    let sessions = sessions(&[&site]);
    for (fresh, logins) in [(false, 1), (false, 1), (true, 2)] {
        let visit = sessions.authorize(&AuthorizeRequest { fresh, ..request(&site) }).await;
        assert!(redirected(&visit).contains("code=c0de"));
        assert_eq!(site.count("POST", "/login"), logins);
    }
}

#[tokio::test]
async fn saml_over_three_origins_is_passed_on_without_a_step() {
    let (server, broker, identity) = (Site::new().await, Site::new().await, Site::new().await);
    let (to_broker, to_identity, back) = (broker.at("/sso"), identity.at("/saml"), server.at("/acs"));
    server.answers(move |asked| match asked.path.as_str() {
        "/authorize" => Reply::page(format!(
            "<body onload='document.forms[0].submit()'><form method=post action='{to_broker}'><input type=hidden name=SAMLRequest value='a+b'>\
             <input type=hidden name=RelayState value=r><noscript><input type=submit></noscript></form>"
        )),
        "/acs" if asked.body == "SAMLResponse=ok%2B&RelayState=r" => done(),
        _ => Reply::new(400, "text/plain", "wrong"),
    });
    broker.answers(move |asked| {
        assert_eq!(asked.body, "SAMLRequest=a%2Bb&RelayState=r");
        Reply::to(to_identity.as_str())
    });
    identity.answers(move |asked| match asked.method.as_str() {
        "GET" => login_page("/saml"),
        _ if is_signed_in(asked) => Reply::page(format!(
            "<form method=post action='{back}'><input type=hidden name=SAMLResponse value='ok+'><input type=hidden name=RelayState value=r>\
             <input type=submit value=Go></form>"
        )),
        _ => login_page("/saml"),
    });
    let visit = sessions(&[&server, &broker, &identity]).authorize(&request(&server)).await;
    assert!(redirected(&visit).contains("code=c0de"));
    let kinds: Vec<PageKind> = visit.pages.iter().map(|page| page.kind).collect();
    assert_eq!(kinds, [PageKind::Passing, PageKind::Login, PageKind::Passing]);
}

#[tokio::test]
async fn a_login_in_several_steps_with_a_one_time_code_is_passed() {
    let site = Site::answering(|asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", _) => Reply::page("<form method=post action=/u><input type=email name=identifier><button>Next</button></form>"),
        (_, "/u") if asked.body == "identifier=jane.member" => Reply::page(
            "<form method=post action=/p><input type=hidden name=t value=1><input type=password name=p><button>Forgot?</button><button name=go value=y>Log in</button></form>",
        ),
        (_, "/p") if asked.body == format!("t=1&p={PASSWORD}&go=y") => {
            Reply::page("<form method=post action=/c><label>Code <input name=otp inputmode=numeric></label><button>Verify</button></form>")
        }
        (_, "/c") if asked.body.len() == "otp=123456".len() => done(),
        _ => Reply::new(400, "text/plain", "wrong"),
    })
    .await;
    let member = Member { totp: Some(Secret::new("totp", "JBSWY3DPEHPK3PXP")), ..member() };
    let visit = sessions_of(&[&site], &[&site], form_login(), member).authorize(&request(&site)).await;
    assert!(redirected(&visit).contains("code=c0de"));
    let kinds: Vec<PageKind> = visit.pages.iter().map(|page| page.kind).collect();
    assert_eq!(kinds, [PageKind::Login, PageKind::Login, PageKind::Code]);
}

#[tokio::test]
async fn forms_of_search_language_and_logout_before_the_right_one_are_left_alone() {
    let site = Site::answering(|asked| match asked.path.as_str() {
        "/authorize" => Reply::page(
            "<form action=/search><input name=q></form><form method=post action=/lang><select name=l><option>en</select><button>Go</button></form>\
             <form method=post action=/logout><input type=hidden name=csrf value=1><button>Log out</button></form>\
             <form method=post action=/login><input name=user><input type=password name=pass><button>Cancel</button><button>Sign in</button></form>",
        ),
        "/login" if is_signed_in(asked) => done(),
        _ => Reply::new(400, "text/plain", "wrong form"),
    })
    .await;
    assert!(redirected(&sessions(&[&site]).authorize(&request(&site)).await).contains("code=c0de"));
}

#[tokio::test]
async fn the_steps_of_the_script_come_before_what_pages_usually_want() {
    let site = Site::answering(|asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/authorize") => Reply::page("<h1>Choose</h1><a href=/wrong>Employees</a> <a href='/members?x=1'>Members</a>"),
        ("GET", "/members") => Reply::page(
            "<form id=a method=post action=/a><input name=x></form>\
             <form id=b method=post action=/b><input name='f.one'><input class=two name=zz type=password><select name=plan><option value=p1>1</select>\
             <input type=checkbox name=terms value=agreed><input type=checkbox name=news checked><input type=submit name=act value=No><input type=submit name=act value=Enter></form>",
        ),
        ("POST", "/b") => Reply::page(format!("<p>{}</p>", asked.body)).status(if asked.body == format!("f.one=jane.member&zz={PASSWORD}&plan=p1&terms=agreed&act=Enter") { 200 } else { 400 }),
        ("POST", "/next") => done(),
        _ => Reply::new(400, "text/plain", "wrong"),
    })
    .await;
    let steps = vec![
        LoginStep { page: Some(PageMatch::Text("Choose".into())), click: Some("members".into()), ..LoginStep::default() },
        LoginStep {
            page: Some(PageMatch::Url("/members".into())),
            form: Some("form#b".into()),
            fill: vec![("f.one".into(), FillValue::Username), ("input.two".into(), FillValue::Password)],
            tick: vec!["agreed".into()],
            untick: vec!["news".into()],
            click: Some("Enter".into()),
        },
    ];
    let visit = sessions_of(&[&site], &[&site], Login { steps, ..form_login() }, member()).authorize(&request(&site)).await;
    // The page after the form leads nowhere; its status says that the form came as it should.
    assert_eq!(stuck(&visit).reason, StuckReason::NoForm);
    assert_eq!(visit.pages.last().unwrap().status, 200);
}

#[tokio::test]
async fn an_authorization_can_begin_with_a_post_and_end_with_a_posted_form() {
    let site = Site::answering(|asked| match asked.method.as_str() {
        "POST" if asked.body == "client_id=app&scope=openid+a%2Fb" => Reply::page(format!(
            "<form method=post action='{CALLBACK}'><input type=hidden name=code value=c0de><input type=hidden name=state value=s></form>"
        )),
        _ => Reply::new(400, "text/plain", "wrong"),
    })
    .await;
    let form = vec![("client_id".into(), "app".into()), ("scope".into(), "openid a/b".into())];
    let request = AuthorizeRequest { method: AuthorizeMethod::Post, url: site.at("/authorize"), form, ..request(&site) };
    let Arrival::Posted { url, fields } = sessions(&[&site]).authorize(&request).await.arrival else { panic!() };
    assert_eq!(url.as_str(), CALLBACK);
    assert_eq!(fields, [("code".to_owned(), "c0de".to_owned()), ("state".to_owned(), "s".to_owned())]);
}

#[tokio::test]
async fn an_error_as_json_is_an_answer_and_not_a_page() {
    let site = Site::answering(|_| Reply::new(400, "application/json", r#"{"error":"invalid_scope"}"#)).await;
    let visit = sessions(&[&site]).authorize(&request(&site)).await;
    let Arrival::ErrorAnswer { status, json, .. } = visit.arrival else { panic!("{:?}", visit.arrival) };
    assert_eq!((status, json.unwrap()["error"].as_str()), (400, Some("invalid_scope")));
}

#[tokio::test]
async fn an_error_page_is_an_answer_with_its_outline() {
    let site =
        Site::answering(|_| Reply::page("<title>Invalid redirect_uri</title><form><button>Continue</button></form>").status(400))
            .await;
    let visit = sessions(&[&site]).authorize(&request(&site)).await;
    assert!(matches!(&visit.arrival, Arrival::ErrorAnswer { status: 400, body, json: None } if body.contains("Invalid")));
    assert_eq!((site.asked().len(), visit.pages[0].title.as_str()), (1, "Invalid redirect_uri"));
}

#[tokio::test]
async fn a_custom_scheme_is_a_redirect_uri_like_any_other() {
    let site = Site::answering(|_| Reply::to("org.example.app:/cb?code=c0de")).await;
    let request = AuthorizeRequest { redirect_uri: Url::parse("org.example.app:/cb").unwrap(), ..request(&site) };
    assert_eq!(redirected(&sessions(&[&site]).authorize(&request).await), "org.example.app:/cb?code=c0de");
}

#[tokio::test]
async fn a_pause_or_an_outage_says_nothing_about_the_login() {
    for (status, kind) in [(429, "rate-limited"), (503, "unavailable"), (502, "unavailable")] {
        let site = Site::answering(move |_| Reply::page("<form></form>").status(status)).await;
        let visit = sessions(&[&site]).authorize(&request(&site)).await;
        assert!(matches!(&visit.arrival, Arrival::Broken(cause) if cause.kind == kind), "{:?}", visit.arrival);
    }
}

#[tokio::test]
async fn a_refresh_of_a_page_is_followed_like_a_redirect() {
    let site = Site::answering(|asked| match asked.path.as_str() {
        "/authorize" => Reply::page("<meta http-equiv=refresh content='0; url=/next'>Please wait"),
        _ => done(),
    })
    .await;
    assert!(redirected(&sessions(&[&site]).authorize(&request(&site)).await).contains("code=c0de"));
}

#[tokio::test]
async fn strategies_without_a_browser_are_unavailable_and_send_nothing() {
    let site = Site::new().await;
    for strategy in [Strategy::None, Strategy::Token] {
        let sessions = sessions_of(&[&site], &[&site], Login { strategy, ..Login::default() }, member());
        assert!(matches!(sessions.authorize(&request(&site)).await.arrival, Arrival::Unavailable(_)));
        assert_eq!(sessions.count(), 0);
    }
    assert!(site.asked().is_empty());
}

#[tokio::test]
async fn an_answer_to_a_question_after_the_password_is_not_taken_for_a_second_try() {
    let site = Site::answering(|asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", _) => login_page("/login"),
        (_, "/login") => {
            Reply::page("<p>Your first pet?</p><form method=post action=/pet><input name=pet><button>Go</button></form>")
        }
        _ if asked.body == "pet=rex-the-dog" => done(),
        _ => Reply::new(400, "text/plain", "wrong"),
    })
    .await;
    let pet =
        LoginStep { fill: vec![("pet".into(), FillValue::Secret(Secret::new("answer", "rex-the-dog")))], ..LoginStep::default() };
    let login = Login { steps: vec![pet], ..form_login() };
    assert!(
        redirected(&sessions_of(&[&site], &[&site], login.clone(), member()).authorize(&request(&site)).await).contains("code")
    );
    // The same question again says that the answer was wrong.
    site.answers(|_| Reply::page("<form method=post action=/pet><input name=pet><button>Go</button></form>"));
    let visit = sessions_of(&[&site], &[&site], login, member()).authorize(&request(&site)).await;
    assert_eq!(stuck(&visit).reason, StuckReason::WrongPassword);
}

#[tokio::test]
async fn a_login_form_in_the_margin_of_an_error_page_is_left_alone() {
    let site = Site::answering(|_| login_page("/login").status(400)).await;
    let visit = sessions(&[&site]).authorize(&request(&site)).await;
    assert!(matches!(visit.arrival, Arrival::ErrorAnswer { status: 400, .. }), "{:?}", visit.arrival);
    assert_eq!(site.asked().len(), 1);
    // A login page that comes with 401 is meant.
    let site = Site::answering(|asked| if asked.method == "GET" { login_page("/login").status(401) } else { done() }).await;
    assert!(redirected(&sessions(&[&site]).authorize(&request(&site)).await).contains("code"));
}
