//! The member with a browser: signs in, allows everything, and is sent back to the app.

use std::collections::BTreeMap;

use url::Url;

use super::super::oauth::RegisteredMember;
use super::Failed;
use super::web::Web;

/// More pages than any way to sign in has.
const MOST_PAGES: usize = 12;

/// The address that the app is called back with.
pub(super) async fn approve(web: &Web, from: &Url, redirect_uri: &str, member: &RegisteredMember) -> Result<Url, Failed> {
    let mut cookies: BTreeMap<String, String> = BTreeMap::new();
    let (mut address, mut form): (Url, Option<Vec<(String, String)>>) = (from.clone(), None);
    for _ in 0..MOST_PAGES {
        let request = match &form {
            Some(form) => web.0.post(address.clone()).form(form),
            None => web.0.get(address.clone()),
        };
        let cookie: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", cookie.join("; ")).send().await.map_err(|error| error.to_string())?;
        for set in answer.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()) {
            if let Some((name, value)) = set.split(';').next().and_then(|pair| pair.split_once('=')) {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(to) = answer.headers().get("location").and_then(|value| value.to_str().ok()) {
            let to = address.join(to).map_err(|error| error.to_string())?;
            if to.as_str().starts_with(redirect_uri) {
                return Ok(to);
            }
            (address, form) = (to, None);
            continue;
        }
        let page = answer.text().await.map_err(|error| error.to_string())?;
        let action = between(&page, "action=\"", "\"").ok_or("a page without a form")?;
        form = Some(filled(&page, member));
        address = address.join(&action).map_err(|error| error.to_string())?;
    }
    Err("too many pages".to_owned())
}

/// The fields of the form as the member leaves them, with the button that allows everything.
fn filled(page: &str, member: &RegisteredMember) -> Vec<(String, String)> {
    let inputs = page.split("<input").skip(1).filter_map(|input| {
        let name = between(input, "name=\"", "\"")?;
        let value = match name.as_str() {
            "username" => member.username.expose().to_owned(),
            "password" => member.password.expose().to_owned(),
            _ => between(input, "value=\"", "\"").unwrap_or_default(),
        };
        Some((name, value))
    });
    inputs.chain([("decision".to_owned(), "approve".to_owned())]).collect()
}

fn between(text: &str, from: &str, to: &str) -> Option<String> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(found, _)| found.to_owned())
}
