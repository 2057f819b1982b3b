//! One signed-in browser: the commands that a login needs, each with a deadline.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::capabilities::{capabilities, keeps_the_rule, place};
use super::traffic::{Traffic, read};
use crate::net::{DriverClient, DriverError, Method, Origin};
use crate::target::BrowserSettings;

/// The key under which WebDriver writes an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// The deadline of one command.
const COMMAND: Duration = Duration::from_secs(15);
/// How often a busy browser is asked again where it is.
const ASK_AGAIN: u32 = 2;
/// The deadline of starting a browser.
const START: Duration = Duration::from_secs(40);

/// The page as it stands.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// The page, controls numbered by `data-carinbb`.
    pub html: String,
    /// Its visible text.
    pub text: String,
    /// The address of the document; an error page of the browser has another than the tab.
    pub document: String,
    pub content_type: String,
    pub is_complete: bool,
    pub status: u16,
    /// When the document was made; another document has another.
    pub born: f64,
    /// The elements by their number.
    pub elements: Vec<String>,
}

/// A browser of a member.
#[derive(Debug)]
pub(in crate::login) struct Tab {
    driver: DriverClient,
    session: String,
    /// Places that this browser cannot reach.
    unreachable: BTreeSet<String>,
    /// Origins whose certificate this program has verified itself.
    pub(super) verified: BTreeSet<Origin>,
    /// A secret was typed in it, so that its pages may show a member's data.
    pub(super) has_signed_in: bool,
}

impl Tab {
    /// Starts a browser that cannot reach the redirect URI.
    pub(super) async fn open(driver: DriverClient, settings: &BrowserSettings, redirect_uri: &Url) -> Result<Self, String> {
        let body = capabilities(settings, redirect_uri);
        let created = driver.send(Method::POST, "session", Some(body), START).await.map_err(|error| in_words(&error))?;
        let session = created.get("sessionId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let tab = Self {
            driver,
            session,
            unreachable: place(redirect_uri).into_iter().collect(),
            verified: BTreeSet::new(),
            has_signed_in: false,
        };
        if !keeps_the_rule(&created) {
            tab.close().await;
            return Err("the driver started a browser that is not of the Chromium family: it might give the code to the app at the redirect URI".into());
        }
        Ok(tab)
    }

    /// True when this browser is kept from this redirect URI.
    pub(super) fn cannot_reach(&self, redirect_uri: &Url) -> bool {
        place(redirect_uri).is_none_or(|place| self.unreachable.contains(&place))
    }

    /// Ends the browser.
    pub(super) async fn close(self) {
        // One that does not end by itself ends with the driver.
        let _ = self.command(Method::DELETE, "", None).await;
    }

    async fn command(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, DriverError> {
        let path = format!("session/{}{}{path}", self.session, if path.is_empty() { "" } else { "/" });
        self.driver.send(method, &path, body, COMMAND).await
    }

    async fn script(&self, script: &str, arguments: Value) -> Result<Value, DriverError> {
        self.command(Method::POST, "execute/sync", Some(json!({ "script": script, "args": arguments }))).await
    }

    /// Goes to an address; that it cannot be shown is seen by looking.
    pub(super) async fn go(&self, url: &Url) -> Result<(), DriverError> {
        match self.command(Method::POST, "url", Some(json!({ "url": url.as_str() }))).await {
            Err(DriverError::Refused { code, .. }) if code == "unknown error" || code == "timeout" => Ok(()),
            other => other.map(drop),
        }
    }

    /// Posts a form to an address, from an empty page.
    pub(super) async fn post(&self, url: &Url, fields: &[(String, String)]) -> Result<(), DriverError> {
        let blank = Url::parse("about:blank").map_err(|error| DriverError::Lost(error.to_string()))?;
        self.go(&blank).await?;
        let script = "const form = document.createElement('form'); form.method = 'post'; form.action = arguments[0];\
             for (const [name, value] of arguments[1]) { const field = document.createElement('input'); field.type = 'hidden';\
             field.name = name; field.value = value; form.appendChild(field); } document.body.appendChild(form); form.submit();";
        self.script(script, json!([url.as_str(), fields])).await.map(drop)
    }

    /// Forgets where the last authorization ended, so that it is not taken for the end of the next.
    pub(super) async fn leave(&self) -> Result<(), DriverError> {
        let blank = Url::parse("about:blank").map_err(|error| DriverError::Lost(error.to_string()))?;
        self.go(&blank).await?;
        let _ = self.log().await;
        Ok(())
    }

    /// The address that the tab shows or failed to show.
    pub(super) async fn url(&self) -> Result<String, DriverError> {
        let mut seen = self.command(Method::GET, "url", None).await;
        // Between two pages a busy browser may not say in time which one it shows; a moment later it does.
        for _ in 0..ASK_AGAIN {
            if !matches!(&seen, Err(DriverError::Refused { code, .. }) if code == "timeout") {
                break;
            }
            seen = self.command(Method::GET, "url", None).await;
        }
        seen.map(|value| value.as_str().unwrap_or_default().to_owned())
    }

    /// The page; nothing while there is none to look at.
    pub(super) async fn look(&self) -> Result<Option<Look>, DriverError> {
        let seen = match self.script(include_str!("look.js"), json!([])).await {
            Ok(seen) => seen,
            // The page went away meanwhile, or a prompt stood before it and was dismissed.
            Err(DriverError::Refused { .. }) => return Ok(None),
            Err(lost) => return Err(lost),
        };
        let text = |name: &str| seen.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let elements = seen.get("elements").and_then(Value::as_array).into_iter().flatten();
        Ok(Some(Look {
            html: text("html"),
            text: text("text"),
            document: text("document"),
            content_type: text("type").to_ascii_lowercase(),
            is_complete: seen.get("ready").and_then(Value::as_str) == Some("complete"),
            status: seen.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok()).unwrap_or(0),
            born: seen.get("born").and_then(Value::as_f64).unwrap_or_default(),
            elements: elements
                .map(|element| element.get(ELEMENT).and_then(Value::as_str).unwrap_or_default().to_owned())
                .collect(),
        }))
    }

    /// What the network log gained since it was last read.
    pub(super) async fn traffic(&self, redirect_uri: &Url) -> Result<Traffic, DriverError> {
        Ok(read(&self.log().await?, redirect_uri))
    }

    async fn log(&self) -> Result<Value, DriverError> {
        match self.command(Method::POST, "se/log", Some(json!({ "type": "performance" }))).await {
            Err(DriverError::Refused { .. }) => Ok(Value::Null),
            other => other,
        }
    }

    /// Types into a field, over what is there.
    pub(super) async fn type_into(&self, element: &str, text: &str) -> Result<(), DriverError> {
        // A field that cannot be cleared may still be typed into.
        let _ = self.command(Method::POST, &format!("element/{element}/clear"), Some(json!({}))).await;
        self.command(Method::POST, &format!("element/{element}/value"), Some(json!({ "text": text }))).await.map(drop)
    }

    /// Ticks or unticks a box, or chooses a radio button.
    pub(super) async fn check(&self, element: &str, checked: bool) -> Result<(), DriverError> {
        let script = "if (arguments[0].checked !== arguments[1]) { arguments[0].click(); }";
        self.script(script, json!([{ ELEMENT: element }, checked])).await.map(drop)
    }

    /// Chooses an option of a select.
    pub(super) async fn choose(&self, element: &str, value: &str) -> Result<(), DriverError> {
        let script = "arguments[0].value = arguments[1]; for (const kind of ['input', 'change']) { arguments[0].dispatchEvent(new Event(kind, { bubbles: true })); }";
        self.script(script, json!([{ ELEMENT: element }, value])).await.map(drop)
    }

    /// Clicks as a person does; where something lies over the element, as a script does.
    pub(super) async fn click(&self, element: &str) -> Result<(), DriverError> {
        match self.command(Method::POST, &format!("element/{element}/click"), Some(json!({}))).await {
            Err(DriverError::Refused { code, .. })
                if code == "element click intercepted" || code == "element not interactable" =>
            {
                self.script("arguments[0].click();", json!([{ ELEMENT: element }])).await.map(drop)
            }
            other => other.map(drop),
        }
    }

    /// Submits a form that has no button.
    pub(super) async fn submit(&self, form: &str) -> Result<(), DriverError> {
        self.script("arguments[0].requestSubmit();", json!([{ ELEMENT: form }])).await.map(drop)
    }

    /// A picture of the page as PNG in base64, with every field blank.
    pub(super) async fn picture(&self) -> Result<String, DriverError> {
        let hide = "const style = document.createElement('style'); style.id = 'carinbb-blank';\
             style.textContent = 'input,textarea,select,[contenteditable]{color:transparent!important;-webkit-text-fill-color:transparent!important;text-shadow:none!important}';\
             document.documentElement.appendChild(style);";
        self.script(hide, json!([])).await?;
        let picture = self.command(Method::GET, "screenshot", None).await;
        let show = "const style = document.getElementById('carinbb-blank'); if (style) { style.remove(); }";
        let _ = self.script(show, json!([])).await;
        picture.map(|value| value.as_str().unwrap_or_default().to_owned())
    }
}

/// What is wrong with the driver or the browser. A message of a driver may hold text of a page, so its code is all that is told.
pub(super) fn in_words(error: &DriverError) -> String {
    match error {
        DriverError::Lost(why) => why.clone(),
        DriverError::Refused { code, message } if code == "session not created" => {
            format!("the browser cannot be started: {}", crate::vocabulary::escape_to_width(message, 200))
        }
        DriverError::Refused { code, .. } => {
            format!("the browser refused a command: {}", crate::vocabulary::escape_to_width(code, 100))
        }
    }
}
