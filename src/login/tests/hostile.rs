//! Pages that want to hold a login up, lead it astray or be more than it can do.

use super::*;

#[tokio::test]
async fn h42_a_page_made_by_javascript_is_described_and_left() {
    let site = Site::answering(|_| Reply::page("<title>Portal</title><div id=root></div><script src=app.js></script>")).await;
    let visit = sessions(&[&site]).authorize(&request(&site)).await;
    assert_eq!(stuck(&visit).reason, StuckReason::NeedsJavascript);
    let text = stuck(&visit).to_string();
    assert!(text.contains("'Portal'") && text.contains("no form and no field") && text.contains("webdriver"), "{text}");
}

#[tokio::test]
async fn h42_a_page_that_no_step_fits_is_described_with_forms_fields_and_buttons() {
    let site = Site::answering(|_| {
        Reply::page(
            "<title>Plan\u{1b}[31m</title><form id=z method=post action='/zip?s=secret-query'><input name=zip value=90210>\
             <input type=file name=card><button type=button>Find</button></form><input id='loose\u{1b}'>",
        )
    })
    .await;
    let visit = sessions(&[&site]).authorize(&request(&site)).await;
    assert_eq!(stuck(&visit).reason, StuckReason::NoStepFits);
    let text = stuck(&visit).to_string();
    for part in [
        "form 'z' POST",
        "/zip: fields [zip (text), card (file)], buttons [Find]",
        "outside forms [loose\\u{1b} (text)]",
        "the page '‹…›'",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("90210") && !text.contains("secret-query"), "{text}");
}

#[tokio::test]
async fn h42_a_captcha_is_named() {
    let site = Site::answering(|_| Reply::page("<form method=post><div class=g-recaptcha></div><input name=zip></form>")).await;
    assert_eq!(stuck(&sessions(&[&site]).authorize(&request(&site)).await).reason, StuckReason::Captcha);
}

#[tokio::test]
async fn h13_a_redirect_loop_is_seen_at_its_second_round() {
    let site = Site::answering(|asked| Reply::to(if asked.path == "/a" { "/b" } else { "/a" })).await;
    let visit = sessions(&[&site]).authorize(&request(&site)).await;
    assert_eq!((stuck(&visit).reason, site.asked().len()), (StuckReason::Loop, 3));
}

#[tokio::test]
async fn h13_twenty_redirects_are_followed_and_the_twenty_first_is_not() {
    for (redirects, passes) in [(20, true), (21, false)] {
        let site = Site::answering(move |asked| {
            let number: u32 = asked.path.trim_start_matches("/hop").parse().unwrap_or(0);
            if number == redirects {
                login_page("/hop1000")
            } else if number == 1000 {
                done()
            } else {
                Reply::to(&format!("/hop{}", number + 1))
            }
        })
        .await;
        let visit = sessions(&[&site]).authorize(&request(&site)).await;
        if passes {
            assert!(redirected(&visit).contains("code=c0de"));
        } else {
            assert_eq!((stuck(&visit).reason, site.asked().len()), (StuckReason::TooManyHops, 21));
        }
    }
}

#[tokio::test]
async fn a_login_of_endless_pages_ends_after_sixty_requests() {
    let site = Site::answering(|asked| {
        let number: u32 = asked.path.trim_start_matches("/p").parse().unwrap_or(0);
        Reply::page(format!("<form method=post action=/p{}><button>Continue</button></form>", number + 1))
    })
    .await;
    let visit = sessions(&[&site]).authorize(&request(&site)).await;
    assert_eq!((stuck(&visit).reason, site.asked().len()), (StuckReason::TooManyHops, 60));
}

#[tokio::test]
async fn h42_pages_that_refresh_for_ever_are_a_loop_or_too_many() {
    let same = Site::answering(|_| Reply::page("<meta http-equiv=refresh content='0; url=/again'>")).await;
    assert_eq!(stuck(&sessions(&[&same]).authorize(&request(&same)).await).reason, StuckReason::Loop);
    let other = Site::answering(|asked| Reply::page(format!("<meta http-equiv=refresh content='0; url={}x'>", asked.path))).await;
    assert_eq!(stuck(&sessions(&[&other]).authorize(&request(&other)).await).reason, StuckReason::TooManyHops);
    assert_eq!(other.asked().len(), 21);
}

#[tokio::test]
async fn h13_addresses_that_are_no_web_addresses_are_not_followed() {
    for location in ["file:///etc/passwd", "data:text/html,x", "javascript:alert(1)", "other.app:/callback", "http://[", "//"] {
        let site = Site::answering(move |_| Reply::to(location)).await;
        let visit = sessions(&[&site]).authorize(&request(&site)).await;
        assert_eq!((stuck(&visit).reason, site.asked().len()), (StuckReason::ForeignOrigin, 1), "{location}");
    }
}

#[tokio::test]
async fn h13_a_redirect_down_to_http_is_not_followed() {
    let site = Site::new().await;
    let plain = site.at("/login").as_str().replace("https:", "http:");
    site.answers(move |_| Reply::to(&plain));
    assert_eq!(stuck(&sessions(&[&site]).authorize(&request(&site)).await).reason, StuckReason::ForeignOrigin);
}

#[tokio::test]
async fn h42_a_thousand_forms_cost_one_login_and_no_more() {
    let form = "<form method=post action=/login><input name=user><input type=password name=pass><button>Go</button></form>";
    let site = Site::answering(move |_| Reply::page(form.repeat(1000))).await;
    let visit = sessions(&[&site]).authorize(&request(&site)).await;
    assert_eq!((stuck(&visit).reason, site.asked().len()), (StuckReason::WrongPassword, 2));
    let page = stuck(&visit).page.as_ref().unwrap();
    assert_eq!((page.forms.len(), page.form_count), (20, 1000));
    // A script that asks for a selector in each of them parses the page once for each selector.
    let steps =
        vec![crate::target::LoginStep { form: Some("form.none".into()), tick: vec!["input.none".into()], ..Default::default() }];
    let scripted = sessions_of(&[&site], &[&site], Login { steps, ..form_login() }, member());
    let start = std::time::Instant::now();
    assert_eq!(stuck(&scripted.authorize(&request(&site)).await).reason, StuckReason::WrongPassword);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let endless = Site::answering(|_| Reply::page("<b>".repeat(30_000))).await;
    assert_eq!(stuck(&sessions(&[&endless]).authorize(&request(&endless)).await).reason, StuckReason::TooLarge);
}

#[tokio::test]
async fn h44_a_flood_of_cookies_is_not_carried_on() {
    let site = Site::answering(|asked| match asked.path.as_str() {
        "/authorize" => (0..80)
            .fold(Reply::to("/next"), |reply, number| reply.header("set-cookie", &format!("c{number}={}", "x".repeat(1500)))),
        _ => done(),
    })
    .await;
    let world = world(&[&site], &[&site]);
    let sessions = Sessions::new(world, [Origin::of(&site.url).unwrap()], form_login(), vec![member()]);
    let visit = sessions.authorize(&request(&site)).await;
    assert!(redirected(&visit).contains("code=c0de"), "{:?}", visit.arrival);
    assert!(site.asked()[1].cookie.len() <= 66 * 1024 && !site.asked()[1].cookie.is_empty());
}
