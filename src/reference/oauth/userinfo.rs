//! Userinfo: who the member is, to an app that was granted `openid`.

use serde_json::json;

use super::super::exchange::{Asked, Reply};
use super::super::site::Site;
use super::id_token;

/// Answers a request to the endpoint.
pub(in super::super) fn answer(site: &Site, asked: &Asked) -> Reply {
    if !matches!(asked.method.as_str(), "GET" | "POST") {
        return Reply::new(405, "text/plain", "method not allowed").with("allow", "GET, POST");
    }
    let token = asked.header("authorization").and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
    let now = site.now();
    let access = site.store().access.get(token).filter(|access| access.expires > now).cloned();
    let member = match access {
        Some(access) if access.scopes.iter().any(|scope| scope == "openid") => access.member,
        Some(_) => return refuse(403, "insufficient_scope"),
        None if site.has("userinfo-open") => 0,
        None => return refuse(401, "invalid_token"),
    };
    let subject = id_token::subject(member);
    let subject = if site.has("userinfo-other-subject") { format!("{subject}-b") } else { subject };
    let mut answer = json!({"sub": subject, "fhirUser": id_token::fhir_user(site, member)});
    if site.has("userinfo-without-subject")
        && let Some(members) = answer.as_object_mut()
    {
        members.shift_remove("sub");
    }
    Reply::json(200, &answer).with("cache-control", "no-store").with("access-control-allow-origin", "*")
}

fn refuse(status: u16, error: &str) -> Reply {
    Reply::json(status, &json!({"error": error}))
        .with("www-authenticate", format!("Bearer realm=\"oauth\", error=\"{error}\""))
        .with("cache-control", "no-store")
}
