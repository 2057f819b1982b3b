//! What is asked of a browser: its own profile, no screen, no way to the redirect URI.

use serde_json::{Value, json};
use url::Url;

use crate::target::BrowserSettings;

/// The body of the command New Session.
///
/// The host and port of the redirect URI cannot be resolved, so that no app there ever gets the code; the browser still shows the
/// address that it wanted to go to.
pub(super) fn capabilities(settings: &BrowserSettings, redirect_uri: &Url) -> Value {
    let mut arguments: Vec<String> = [
        "--headless=new",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-extensions",
        "--disable-sync",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-dev-shm-usage",
        "--window-size=1280,1024",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    if let Some(place) = place(redirect_uri) {
        arguments.push(format!("--host-resolver-rules=MAP {place} ~NOTFOUND"));
    }
    if settings.no_sandbox {
        arguments.push("--no-sandbox".to_owned());
    }
    arguments.extend(settings.proxy.iter().map(|proxy| format!("--proxy-server={}", without_user(proxy))));
    arguments.extend(settings.arguments.iter().cloned());
    let mut options = json!({
        "args": arguments,
        "prefs": { "credentials_enable_service": false, "profile.password_manager_enabled": false },
    });
    if let Some(binary) = &settings.binary {
        options["binary"] = Value::from(binary.as_str());
    }
    json!({ "capabilities": { "alwaysMatch": {
        "acceptInsecureCerts": settings.private_roots,
        "pageLoadStrategy": "none",
        "unhandledPromptBehavior": "dismiss",
        "timeouts": { "implicit": 0, "pageLoad": 30_000, "script": 10_000 },
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "performance": "ALL" },
    } } })
}

/// A proxy without user and password: whoever sees the processes of this machine sees the arguments of a browser, which makes
/// nothing of such a part.
fn without_user(proxy: &str) -> String {
    let Some((front, place)) = proxy.rsplit_once('@') else { return proxy.to_owned() };
    front.split_once("://").map_or_else(|| place.to_owned(), |(scheme, _)| format!("{scheme}://{place}"))
}

/// True for a browser that keeps the rule about the redirect URI.
pub(super) fn keeps_the_rule(created: &Value) -> bool {
    let name = created.pointer("/capabilities/browserName").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    ["chrome", "chromium", "msedge", "chrome-headless-shell"].contains(&name.as_str())
}

/// Host and port of a redirect URI that a browser would connect to.
pub(super) fn place(redirect_uri: &Url) -> Option<String> {
    let host = redirect_uri.host_str()?;
    let port = redirect_uri.port_or_known_default()?;
    matches!(redirect_uri.scheme(), "http" | "https").then(|| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_redirect_uri_is_out_of_reach_and_private_certificates_are_accepted_only_on_request() {
        let url = Url::parse("https://app.example/callback").unwrap();
        let asked = capabilities(&BrowserSettings::default(), &url);
        let text = asked.to_string();
        assert!(text.contains("MAP app.example:443 ~NOTFOUND"), "{text}");
        assert!(!text.contains("--no-sandbox"), "{text}");
        assert_eq!(asked.pointer("/capabilities/alwaysMatch/acceptInsecureCerts"), Some(&Value::from(false)));
        let proxy = Some("http://me:hunter2@proxy.example:3128".to_owned());
        let text = capabilities(&BrowserSettings { proxy, ..BrowserSettings::default() }, &url).to_string();
        assert!(text.contains("\"--proxy-server=http://proxy.example:3128\"") && !text.contains("hunter2"), "{text}");
        let private = BrowserSettings { private_roots: true, ..BrowserSettings::default() };
        let asked = capabilities(&private, &Url::parse("org.example.app://callback").unwrap());
        assert_eq!(asked.pointer("/capabilities/alwaysMatch/acceptInsecureCerts"), Some(&Value::from(true)));
        assert!(!asked.to_string().contains("NOTFOUND"));
    }

    #[test]
    fn only_a_browser_that_is_known_to_keep_the_rule_is_used() {
        let named = |name: &str| json!({ "capabilities": { "browserName": name } });
        assert!(keeps_the_rule(&named("chrome")) && keeps_the_rule(&named("MSEdge")));
        assert!(!keeps_the_rule(&named("firefox")) && !keeps_the_rule(&json!({})));
    }
}
