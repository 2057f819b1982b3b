//! What a search of audit records that brought nothing proves, and what it does not.

use std::time::Duration;

use time::OffsetDateTime;
use time::macros::format_description;

use super::*;
use crate::target::{AuditAccess, Launch};
use crate::vocabulary::Secret;

/// What `audit.find` says of a log without the record, on one page or on pages without end, by a clock that is ahead.
async fn empty_log(pages_without_end: bool, ahead: i64) -> Value {
    let server = Server::start_trusted(move |seen| {
        let format = format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
        let date = (OffsetDateTime::now_utc() + time::Duration::seconds(ahead)).format(format).unwrap();
        let next = json!([{ "relation": "next", "url": format!("{}&page=2", seen.path) }]);
        let link = if pages_without_end { next } else { json!([]) };
        Reply::json(200, &json!({ "resourceType": "Bundle", "type": "searchset", "link": link, "entry": [] })).with("date", &date)
    })
    .await;
    let options = WorldOptions { http: server.trusting(), ..WorldOptions::default() };
    let audit = AuditAccess { access_token: Secret::new("auditor_token", "t0ken-of-the-auditor"), wait: Duration::ZERO };
    let launch = Launch { audit: Some(audit), ..Launch::default() };
    let context =
        context_with(Target::new(server.base.clone(), server.base.as_str()), options).with_launch(Arc::new(launch), None);
    let patient = context.vault.keep_value("patient", "member-0815");
    let since = OffsetDateTime::now_utc().unix_timestamp();
    facts(&context, "audit.find", json!({ "kind": "read", "type": "Patient", "patient": patient, "since": since, "wait": "0s" }))
        .await
}

#[tokio::test]
async fn a_log_that_was_read_to_its_end_by_the_same_clock_holds_no_record() {
    let seen = empty_log(false, 0).await;
    assert_eq!(
        (&seen["served"], &seen["found"], &seen["complete"], &seen["clocks_agree"]),
        (&json!(true), &json!(0), &json!(true), &json!(true))
    );
}

#[tokio::test]
async fn a_log_with_more_pages_than_are_read_may_hold_it() {
    assert_eq!(empty_log(true, 0).await["complete"], false);
}

#[tokio::test]
async fn the_records_of_a_clock_that_is_minutes_ahead_look_like_those_of_another_time() {
    for (ahead, agree) in [(60, true), (-60, true), (600, false), (-600, false)] {
        assert_eq!(empty_log(false, ahead).await["clocks_agree"], agree, "{ahead}");
    }
}
