//! What the member says to the question of consent.

use super::*;

const CONSENT: &str = "<title>Consent</title><form method=post action=/consent><input type=hidden name=csrf value=x>\
    <label><input type=checkbox name=scope value='patient/Patient.rs' checked> Patient</label>\
    <input type=checkbox name=scope value='patient/Coverage.rs'><input type=checkbox name=scope value=offline_access checked>\
    <label><input type=checkbox name=remember> Remember my choice</label>\
    <button name=answer value=no>Don't allow</button><button name=answer value=yes>Allow</button></form>";

/// A server that shows this page and then sends what was posted back as the code.
async fn server(page: &'static str) -> Site {
    Site::answering(move |asked| match asked.method.as_str() {
        "GET" if asked.path == "/authorize" => Reply::page(page),
        "GET" => Reply::to(&format!("{CALLBACK}?error=access_denied&by={}", &asked.path[1..])),
        _ => Reply::to(&format!("{CALLBACK}?{}", asked.body)),
    })
    .await
}

async fn said(page: &'static str, approve: Approve) -> Visit {
    let site = server(page).await;
    sessions(&[&site]).authorize(&AuthorizeRequest { approve, ..request(&site) }).await
}

#[tokio::test]
async fn all_boxes_are_ticked_but_not_the_one_that_would_skip_the_next_question() {
    let visit = said(CONSENT, Approve::All).await;
    let expected = "csrf=x&scope=patient%2FPatient.rs&scope=patient%2FCoverage.rs&scope=offline_access&answer=yes";
    assert_eq!(redirected(&visit), format!("{CALLBACK}?{expected}"));
    assert_eq!(visit.pages[0].kind, PageKind::Consent);
}

#[tokio::test]
async fn some_boxes_alone_are_ticked_by_value_or_label() {
    for wanted in ["patient/Patient.rs", "Patient"] {
        let visit = said(CONSENT, Approve::Only(vec![wanted.into()])).await;
        assert_eq!(redirected(&visit), format!("{CALLBACK}?csrf=x&scope=patient%2FPatient.rs&answer=yes"));
    }
    let visit = said(CONSENT, Approve::Only(vec!["patient/Nothing.rs".into()])).await;
    assert_eq!(stuck(&visit).reason, StuckReason::NoChoice);
}

#[tokio::test]
async fn a_member_who_says_no_presses_the_button_that_says_no() {
    let visit = said(CONSENT, Approve::Deny).await;
    let url = redirected(&visit).to_owned();
    assert!(url.contains("answer=no") && !url.contains("answer=yes"), "{url}");
}

#[tokio::test]
async fn no_may_be_a_link_and_may_be_missing() {
    let link = "<form method=post action=/consent><button>Approve</button></form><a href=/cancelled>Cancel</a>";
    assert!(redirected(&said(link, Approve::Deny).await).ends_with("error=access_denied&by=cancelled"));
    let none = said("<form method=post action=/consent><button>Approve</button></form>", Approve::Deny).await;
    assert_eq!(stuck(&none).reason, StuckReason::NoChoice);
    assert_eq!(stuck(&none).page.as_ref().unwrap().forms[0].buttons, ["Approve"]);
}

#[tokio::test]
async fn of_several_patients_the_members_own_is_chosen() {
    let site = server(
        "<form method=post action=/c><input type=radio name=p value=1 checked><input type=radio name=p value=77>\
         <select name=s><option>1<option>77</select><button>Authorize</button></form>",
    )
    .await;
    let member = Member { patient: Some("77".into()), ..member() };
    let visit = sessions_of(&[&site], &[&site], form_login(), member).authorize(&request(&site)).await;
    assert_eq!(redirected(&visit), format!("{CALLBACK}?p=77&s=77"));
}

#[tokio::test]
async fn no_is_said_on_the_page_even_when_a_script_says_yes() {
    use crate::target::LoginStep;
    let site = server(CONSENT).await;
    let steps = vec![LoginStep { click: Some("Allow".into()), ..LoginStep::default() }];
    let sessions = sessions_of(&[&site], &[&site], Login { steps, ..form_login() }, member());
    let denied = sessions.authorize(&AuthorizeRequest { approve: Approve::Deny, ..request(&site) }).await;
    assert!(redirected(&denied).contains("answer=no"));
    assert!(redirected(&sessions.authorize(&request(&site)).await).contains("answer=yes"));
}
