//! Logins through a real browser against servers that behave oddly. Skipped, with the reason, where Chromium or its driver is missing.

use std::io::Write as _;

use super::*;
use crate::target::BrowserSettings;

/// True when there is a browser; says it when there is none, past the capture of the test harness.
fn has_browser() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has = |program: &str| std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if has("chromedriver") && has("chromium") {
        return true;
    }
    let is_required = std::env::var("CARINBB_INTEROP").is_ok_and(|word| word == "required");
    assert!(!is_required, "skipped although CARINBB_INTEROP=required: chromium or chromedriver is not installed");
    let name = std::thread::current().name().unwrap_or("webdriver").to_owned();
    let _ = writeln!(std::io::stderr(), "skipped: chromium or chromedriver is not installed ({name})");
    false
}

fn browser(marker: &str) -> Login {
    let arguments = vec![format!("--user-agent=carinbb-{marker}")];
    let browser = BrowserSettings { private_roots: true, no_sandbox: true, arguments, ..BrowserSettings::default() };
    Login { strategy: Strategy::Webdriver, browser, ..Login::default() }
}

fn scripted(body: &str) -> Reply {
    let text = serde_json::Value::from(body).to_string().replace("</", "<\\/");
    Reply::page(format!(
        "<title>Portal</title><div id=app></div><script>setTimeout(() => {{ document.getElementById('app').innerHTML = {text}; }}, 100);</script>"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn h43_the_redirect_uri_gets_nothing_also_where_an_app_listens_there() {
    if !has_browser() {
        return;
    }
    let app = Site::answering(|_| Reply::page("the code is mine")).await;
    let back = app.at("/callback?code=c0de&state=s").to_string();
    let site = Site::answering(move |asked| match asked.method.as_str() {
        "GET" => scripted(
            "<form method=post action=/login><input name=user><input type=password name=pass><button>Sign in</button></form>",
        ),
        _ if is_signed_in(asked) => Reply::to(&back),
        _ => Reply::new(400, "text/plain", "wrong"),
    })
    .await;
    let request = AuthorizeRequest::get(site.at("/authorize?state=s"), app.at("/callback"));
    let visit = sessions_of(&[&site, &app], &[&site], browser("redirect"), member()).authorize(&request).await;
    assert_eq!(redirected(&visit), app.at("/callback?code=c0de&state=s").as_str());
    assert!(app.asked().is_empty(), "{:?}", app.asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_are_posted_to_the_redirect_uri_and_schemes_of_apps_are_recognised() {
    if !has_browser() {
        return;
    }
    let site = Site::answering(|asked| match asked.path.as_str() {
        "/post" => Reply::page(format!(
            "<body onload='document.forms[0].submit()'><form method=post action='{CALLBACK}'><input type=hidden name=code value=c0de><input type=hidden name=state value=s></form>"
        )),
        _ => Reply::to("org.example.app://callback?code=c0de&state=s"),
    })
    .await;
    let sessions = sessions_of(&[&site], &[&site], browser("schemes"), member());
    let visit = sessions.authorize(&AuthorizeRequest::get(site.at("/post"), Url::parse(CALLBACK).unwrap())).await;
    let Arrival::Posted { url, fields } = &visit.arrival else { panic!("{:?}", visit.arrival) };
    assert_eq!((url.as_str(), fields[0].1.as_str()), (CALLBACK, "c0de"));
    let app = Url::parse("org.example.app://callback").unwrap();
    let visit = sessions.authorize(&AuthorizeRequest::get(site.at("/authorize"), app)).await;
    assert_eq!(redirected(&visit), "org.example.app://callback?code=c0de&state=s");
}

#[tokio::test(flavor = "multi_thread")]
async fn h42_in_a_browser_nothing_is_typed_at_an_origin_that_is_not_named() {
    if !has_browser() {
        return;
    }
    let foreign = Site::answering(|_| login_page("/steal")).await;
    let to = foreign.at("/login").to_string();
    let site = Site::answering(move |_| Reply::page(format!("<script>location = '{to}';</script>"))).await;
    let visit = sessions_of(&[&site, &foreign], &[&site], browser("foreign"), member()).authorize(&request(&site)).await;
    assert_eq!(stuck(&visit).reason, StuckReason::ForeignOrigin, "{visit:?}");
    let text = stuck(&visit).to_string();
    assert!(text.contains("user (text), pass (password)") && text.contains("login.origins"), "{text}");
    assert!(foreign.asked().iter().all(|asked| asked.method == "GET"), "{:?}", foreign.asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_the_operators_roots_do_not_hold_gets_no_secret() {
    if !has_browser() {
        return;
    }
    let site = Site::answering(|_| login_page("/login")).await;
    // The world trusts no root at all, and the browser takes any.
    let sessions = sessions_of(&[], &[&site], browser("certificate"), member());
    let visit = sessions.authorize(&request(&site)).await;
    assert_eq!(stuck(&visit).reason, StuckReason::CredentialsWithheld, "{visit:?}");
    assert_eq!(site.count("POST", "/login"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn h42_in_a_browser_a_page_that_cannot_be_passed_comes_to_an_end() {
    if !has_browser() {
        return;
    }
    let site = Site::answering(|asked| match asked.path.as_str() {
        "/odd" => scripted("<form id=z><input name=zip><button>Find</button></form>"),
        _ => login_page("/login"),
    })
    .await;
    let sessions = sessions_of(&[&site], &[&site], browser("odd"), member());
    let odd = AuthorizeRequest::get(site.at("/odd"), Url::parse(CALLBACK).unwrap());
    let visit = sessions.authorize(&odd).await;
    assert_eq!(stuck(&visit).reason, StuckReason::NoStepFits, "{visit:?}");
    let text = stuck(&visit).to_string();
    assert!(
        text.contains("'Portal'") && text.contains("form 'z' GET") && text.contains("zip (text)") && text.contains("[Find]"),
        "{text}"
    );
    let visit = sessions.authorize(&request(&site)).await;
    assert_eq!(stuck(&visit).reason, StuckReason::WrongPassword, "{visit:?}");
    assert_eq!(site.count("POST", "/login"), 1);
    assert!(!format!("{visit:?}").contains(PASSWORD));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn no_browser_is_left_when_the_run_ends_in_the_middle_of_a_login() {
    if !has_browser() {
        return;
    }
    let running = || {
        let entries =
            std::fs::read_dir("/proc").unwrap().filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok());
        entries.filter(|line| String::from_utf8_lossy(line).contains("carinbb-left-behind")).count()
    };
    let site = Site::answering(|_| scripted("<p>wait</p>")).await;
    let sessions = sessions_of(&[&site], &[&site], browser("left-behind"), member());
    let (own, asked) = (sessions.clone(), request(&site));
    let login = tokio::spawn(async move { own.authorize(&asked).await });
    while running() == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    login.abort();
    let _ = login.await;
    drop(sessions);
    for _ in 0..100 {
        if running() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{} processes are left", running());
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_taken_before_the_sign_in_and_after_it_only_of_synthetic_members() {
    if !has_browser() {
        return;
    }
    let site = Site::answering(|asked| match asked.path.as_str() {
        "/authorize" => login_page("/login"),
        "/login" => Reply::page("<title>Consent</title><form method=post action=/yes><button>Allow</button></form>"),
        _ => done(),
    })
    .await;
    for (synthetic, expected) in [(false, 1), (true, 2)] {
        let folder = tempfile::tempdir().unwrap();
        let mut login = browser("pictures");
        login.browser.screenshots = Some(crate::target::Screenshots { folder: folder.path().to_owned(), synthetic });
        let visit = sessions_of(&[&site], &[&site], login, member()).authorize(&request(&site)).await;
        assert!(redirected(&visit).contains("c0de"), "{visit:?}");
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), expected, "{files:?}");
        assert!(files.iter().all(|file| std::fs::read(file).unwrap().starts_with(b"\x89PNG")));
    }
}
