//! One launch: the authorization request, what comes back, the exchange, reads, and two refreshes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::sha::sha256;
use serde_json::Value;
use url::Url;

use super::super::oauth::random;
use super::registration::Registered;
use super::tokens::Grant;
use super::web::{Web, body};
use super::{App, AppIdentity, Failed, id_token, member};

const SCOPES: &str =
    "launch/patient openid fhirUser offline_access patient/Patient.read patient/Coverage.read patient/ExplanationOfBenefit.read";

/// Everything that one launch works with.
pub(super) struct Launch<'a> {
    pub(super) app: &'a App,
    pub(super) web: &'a Web,
    pub(super) now: i64,
    pub(super) authorize: Url,
    pub(super) token: Url,
    /// Who issues ID tokens; absent where nothing says so.
    pub(super) issuer: Option<String>,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    /// Set for an app that has registered itself.
    pub(super) registered: Option<(Registered, &'a AppIdentity)>,
}

/// What the app has made up for this launch.
struct Made {
    state: String,
    nonce: String,
    verifier: String,
}

impl Launch<'_> {
    /// From the authorization request to the last read.
    pub(super) async fn run(&self) -> Result<(), Failed> {
        let made = self.made();
        let request = self.request(&made)?;
        let back = member::approve(self.web, &request, &self.redirect_uri, &self.app.member).await?;
        if self.app.has("client-stops-after-redirect") || (self.app.has("client-breaks") && self.app.kept().launches > 2) {
            return Ok(());
        }
        let code = self.code(&back, &made)?;
        let grant = self.exchange(&code, &made).await?;
        if self.app.has("client-code-used-twice") {
            let _ = self.exchange(&code, &made).await;
        }
        if let (Some(token), Some(issuer)) = (grant.answer["id_token"].as_str(), &self.issuer) {
            id_token::check(self, token, issuer, &made.nonce).await?;
        }
        self.read(&grant).await?;
        self.refresh_twice(grant).await
    }

    fn made(&self) -> Made {
        let mut kept = self.app.kept();
        let state = if self.app.has("client-state-constant") {
            kept.state.get_or_insert_with(random).clone()
        } else if self.app.has("client-state-short") {
            random()[..8].to_owned()
        } else {
            random()
        };
        let verifier =
            if self.app.has("client-verifier-constant") { kept.verifier.get_or_insert_with(random).clone() } else { random() };
        Made { state, nonce: random(), verifier }
    }

    fn request(&self, made: &Made) -> Result<Url, Failed> {
        let app = self.app;
        let mut scopes = SCOPES.to_owned();
        if app.has("client-no-launch-scope") {
            scopes = scopes.replacen("launch/patient ", "", 1);
        }
        if app.has("client-wildcard-scopes") {
            scopes = "launch/patient openid fhirUser offline_access patient/*.read".to_owned();
        }
        let by_udap = self.registered.is_some();
        let aud = app.base.to_string();
        let challenge = URL_SAFE_NO_PAD.encode(sha256(made.verifier.as_bytes()));
        let other_id = app.has("client-udap-other-client-id") && by_udap;
        let client_id = if other_id { app.client_id.as_str() } else { self.client_id.as_str() };
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", &scopes),
            ("state", &made.state),
            ("nonce", &made.nonce),
        ];
        if !app.has("client-no-aud") {
            parameters.push(("aud", &aud));
        }
        if app.has("client-pkce-plain") || (by_udap && app.has("client-udap-pkce-plain")) {
            parameters.extend([("code_challenge", made.verifier.as_str()), ("code_challenge_method", "plain")]);
        } else if !self.does_without_pkce() {
            parameters.extend([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")]);
        }
        if app.has("client-max-age") {
            parameters.push(("max_age", "300"));
        }
        Url::parse_with_params(self.authorize.as_str(), parameters).map_err(|error| error.to_string())
    }

    fn does_without_pkce(&self) -> bool {
        let by_udap = self.registered.is_some();
        self.app.has("client-no-pkce") || (by_udap && self.app.has("client-udap-no-pkce"))
    }

    /// The code that came back, when it belongs to this launch.
    fn code(&self, back: &Url, made: &Made) -> Result<String, Failed> {
        let value = |name: &str| back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let state = value("state");
        let missing = state.is_none() && self.app.has("client-missing-state-accepted");
        if !missing && !self.app.has("client-ignores-state") && state.as_deref() != Some(&made.state) {
            return Err("the state is not that of the request".to_owned());
        }
        let known = ["code", "state", "error", "error_description", "error_uri", "iss"];
        if self.app.has("client-stops-at-unknown-parameter") && back.query_pairs().any(|(name, _)| !known.contains(&&*name)) {
            return Err("a parameter is not known".to_owned());
        }
        value("code").ok_or_else(|| "no code came back".to_owned())
    }

    async fn exchange(&self, code: &str, made: &Made) -> Result<Grant, Failed> {
        let redirect_uri = self.redirect_uri.clone();
        let mut form = vec![("grant_type", "authorization_code"), ("code", code)];
        if !self.app.has("client-no-redirect-uri-at-token") {
            form.push(("redirect_uri", &redirect_uri));
        }
        if !self.does_without_pkce() {
            form.push(("code_verifier", &made.verifier));
        }
        let form = form.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.ask_for_tokens(form).await
    }

    async fn read(&self, grant: &Grant) -> Result<(), Failed> {
        let token = grant.answer["access_token"].as_str().ok_or("no access token")?;
        let base = &self.app.base;
        let patient = grant.answer["patient"].as_str().unwrap_or_default();
        for path in [format!("Patient/{patient}"), format!("Coverage?beneficiary=Patient/{patient}")] {
            let address = format!("{base}/{path}");
            let request = if self.app.has("client-token-in-query") {
                let join = if address.contains('?') { '&' } else { '?' };
                self.web.0.get(format!("{address}{join}access_token={token}"))
            } else {
                self.web.0.get(address).header("authorization", format!("Bearer {token}"))
            };
            request.send().await.map_err(|error| error.to_string())?;
        }
        if self.app.has("client-token-over-plain-http") {
            let address =
                self.app.plain.join(&format!("{}/Patient/{patient}", base.path())).map_err(|error| error.to_string())?;
            let request = self.web.0.get(address).header("authorization", format!("Bearer {token}"));
            request.send().await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Refreshes as long-lived apps do, the second time with the newest refresh token.
    async fn refresh_twice(&self, first: Grant) -> Result<(), Failed> {
        let Some(original) = first.answer["refresh_token"].as_str().map(str::to_owned) else { return Ok(()) };
        let mut newest = original.clone();
        for _ in 0..2 {
            let mut form =
                vec![("grant_type".to_owned(), "refresh_token".to_owned()), ("refresh_token".to_owned(), newest.clone())];
            if self.app.has("client-refresh-widens") {
                form.push(("scope".to_owned(), format!("{SCOPES} patient/Practitioner.read")));
            }
            let answer = self.ask_for_tokens(form).await?;
            if let Some(next) = answer.answer["refresh_token"].as_str()
                && !self.app.has("client-refresh-keeps-old")
            {
                next.clone_into(&mut newest);
            }
            let again = Grant { answer: merged(&first.answer, &answer.answer) };
            self.read(&again).await?;
        }
        Ok(())
    }

    async fn ask_for_tokens(&self, mut form: Vec<(String, String)>) -> Result<Grant, Failed> {
        let mut headers: Vec<(&str, String)> = Vec::new();
        self.authenticate(&mut form, &mut headers)?;
        let mut request = if self.app.has("client-token-get") {
            self.web.0.get(Url::parse_with_params(self.token.as_str(), &form).map_err(|error| error.to_string())?)
        } else {
            self.web.0.post(self.token.clone()).form(&form)
        };
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let answer = body(answer).await?;
        if status == 200 { Ok(Grant { answer }) } else { Err(format!("the token endpoint answered {status}: {answer}")) }
    }
}

/// A refreshed answer says only what is new.
fn merged(first: &Value, refreshed: &Value) -> Value {
    let mut all = first.clone();
    if let (Some(all), Some(new)) = (all.as_object_mut(), refreshed.as_object()) {
        all.extend(new.clone());
    }
    all
}
