//! Reads clients, members, login and tokens of a target file.

use url::Url;

use super::audit::AuditFile;
use super::launch::{
    BrowserSettings, Client, ClientKey, CodeSource, FillValue, GivenTokens, Launch, Login, LoginStep, Member, MemberKey,
    PageMatch, SigningKey, Strategy,
};
use super::secret_source::{SecretReader, SecretSource, secret_source};
use super::withdrawal::Withdrawal;
use crate::vocabulary::Secret;
use crate::vocabulary::document::{Node, Reader, Value, did_you_mean};

/// The parts of a launch with their secrets not read yet.
#[derive(Debug, Clone, Default)]
pub struct LaunchFile {
    clients: Vec<ClientFile>,
    members: Vec<MemberFile>,
    login: LoginFile,
    tokens: Vec<TokensFile>,
    audit: Option<AuditFile>,
    scopes: Option<Vec<String>>,
}

#[derive(Debug, Clone)]
struct ClientFile {
    key: ClientKey,
    client_id: String,
    secret: Option<SecretSource>,
    signing_key: Option<SecretSource>,
    key_id: String,
    algorithm: String,
    more_keys: Vec<KeyFile>,
    redirect_uri: Url,
    name: Option<String>,
}

#[derive(Debug, Clone)]
struct KeyFile {
    pem: Option<SecretSource>,
    key_id: String,
    algorithm: String,
}

#[derive(Debug, Clone)]
struct MemberFile {
    key: MemberKey,
    patient: Option<String>,
    username: Option<SecretSource>,
    password: Option<SecretSource>,
    totp: Option<SecretSource>,
    code: Option<CodeSource>,
    resources: Vec<(String, String)>,
}

#[derive(Debug, Clone, Default)]
struct LoginFile {
    strategy: Strategy,
    origins: Vec<Url>,
    steps: Vec<StepFile>,
    approves_all: bool,
    user_scopes: bool,
    browser: BrowserSettings,
    withdrawal: Option<WithdrawalFile>,
}

#[derive(Debug, Clone)]
struct WithdrawalFile {
    url: Url,
    steps: Vec<StepFile>,
    says: String,
}

#[derive(Debug, Clone)]
struct StepFile {
    step: LoginStep,
    secrets: SecretFields,
}

#[derive(Debug, Clone)]
struct TokensFile {
    member: MemberKey,
    client: ClientKey,
    access_token: Option<SecretSource>,
    refresh_token: Option<SecretSource>,
    id_token: Option<SecretSource>,
    scope: Option<String>,
    patient: Option<String>,
}

/// Fields that are filled with a secret: where they are on the page, and where the secret is.
type SecretFields = Vec<(String, SecretSource)>;

/// Reads the tables `clients`, `member`, `login`, `token`, `audit` and the key `scopes` of a target file.
#[must_use]
pub fn read_launch(reader: &Reader<'_>) -> LaunchFile {
    let login = reader.table("login").map(read_login).unwrap_or_default();
    let tokens = reader.table("token").map(read_all_tokens).unwrap_or_default();
    if login.strategy == Strategy::Token && tokens.is_empty() {
        let help = "write [token] and below it access_token = { env = \"ACCESS_TOKEN\" } patient = \"the id of the member's Patient\" and scope = \"what was granted\"";
        reader.report(0..0, "the login strategy token needs tokens", Some(help.into()));
    }
    LaunchFile {
        clients: reader.table("clients").map(read_clients).unwrap_or_default(),
        members: reader.table("member").map(read_members).unwrap_or_default(),
        login,
        tokens,
        audit: reader.table("audit").map(AuditFile::read),
        scopes: reader.node("scopes").map(|_| reader.strings("scopes").into_iter().map(|(text, _)| text.to_owned()).collect()),
    }
}

impl LaunchFile {
    /// Reads every secret from where it is.
    ///
    /// # Errors
    /// When one is missing.
    pub fn resolve(&self, secrets: &mut dyn SecretReader) -> Result<Launch, String> {
        let mut read =
            |label, source: &Option<SecretSource>| source.as_ref().map(|source| secrets.read(label, source)).transpose();
        let mut launch = Launch { scopes: self.scopes.clone(), ..Launch::default() };
        for client in &self.clients {
            let pem = read("signing_key", &client.signing_key)?;
            let mut more_keys = Vec::new();
            for key in &client.more_keys {
                let Some(pem) = read("signing_key", &key.pem)? else { continue };
                more_keys.push(SigningKey { pem, key_id: key.key_id.clone(), algorithm: key.algorithm.clone() });
            }
            launch.clients.push(Client {
                key: client.key,
                client_id: client.client_id.clone(),
                secret: read("client_secret", &client.secret)?,
                signing_key: pem.map(|pem| SigningKey {
                    pem,
                    key_id: client.key_id.clone(),
                    algorithm: client.algorithm.clone(),
                }),
                more_keys,
                redirect_uri: client.redirect_uri.clone(),
                name: client.name.clone(),
            });
        }
        for member in &self.members {
            launch.members.push(Member {
                key: member.key,
                patient: member.patient.clone(),
                username: read("username", &member.username)?,
                password: read("password", &member.password)?,
                totp: read("totp", &member.totp)?,
                code: member.code.clone(),
                resources: member.resources.clone(),
            });
        }
        // Tokens beside another strategy are not used, and not read.
        for tokens in self.tokens.iter().filter(|_| self.login.strategy == Strategy::Token) {
            launch.tokens.push(GivenTokens {
                member: tokens.member,
                client: tokens.client,
                access_token: read("access_token", &tokens.access_token)?,
                refresh_token: read("refresh_token", &tokens.refresh_token)?,
                id_token: read("id_token", &tokens.id_token)?,
                scope: tokens.scope.clone(),
                patient: tokens.patient.clone(),
            });
        }
        launch.audit = self.audit.as_ref().map(|audit| audit.resolve(secrets)).transpose()?.flatten();
        let steps = resolve_steps(&self.login.steps, secrets)?;
        let withdrawal = self.login.withdrawal.as_ref().map(|file| {
            let steps = resolve_steps(&file.steps, secrets)?;
            Ok::<_, String>(Withdrawal { url: file.url.clone(), steps, says: file.says.clone() })
        });
        let withdrawal = withdrawal.transpose()?;
        launch.login = Login {
            strategy: self.login.strategy,
            origins: self.login.origins.clone(),
            steps,
            approves_all: self.login.approves_all,
            user_scopes: self.login.user_scopes,
            browser: self.login.browser.clone(),
            withdrawal,
        };
        Ok(launch)
    }

    /// The way members sign in.
    #[must_use]
    pub fn strategy(&self) -> Strategy {
        self.login.strategy
    }
}

fn resolve_steps(files: &[StepFile], secrets: &mut dyn SecretReader) -> Result<Vec<LoginStep>, String> {
    let mut steps = Vec::new();
    for file in files {
        let mut step = file.step.clone();
        for (field, source) in &file.secrets {
            let secret: Secret = secrets.read("login_value", source)?;
            step.fill.push((field.clone(), FillValue::Secret(secret)));
        }
        steps.push(step);
    }
    Ok(steps)
}

fn source(reader: &Reader<'_>, key: &'static str) -> Option<SecretSource> {
    secret_source(reader, key, reader.node(key)?)
}

fn url(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|error| format!("'{text}' is not a URL: {error}"))
}

fn read_clients(reader: Reader<'_>) -> Vec<ClientFile> {
    let clients = ClientKey::WORDS.into_iter().filter_map(|(word, key)| read_client(key, reader.table(word)?)).collect();
    reader.finish();
    clients
}

fn read_client(key: ClientKey, reader: Reader<'_>) -> Option<ClientFile> {
    let redirect_uri = reader.required("redirect_uri", url);
    let client = ClientFile {
        key,
        client_id: reader.required_string("client_id"),
        secret: source(&reader, "client_secret"),
        signing_key: source(&reader, "signing_key"),
        key_id: reader.string("key_id").unwrap_or_default().to_owned(),
        algorithm: algorithm_of(&reader),
        more_keys: reader.tables("more_keys").into_iter().map(read_key).collect(),
        redirect_uri: redirect_uri
            .clone()
            .unwrap_or_else(|| Url::parse("https://invalid.invalid").expect("the literal is a URL")),
        name: reader.string("name").map(str::to_owned),
    };
    match key {
        ClientKey::Confidential | ClientKey::Second if reader.node("client_secret").is_none() => {
            reader.report(reader.span(), "this client needs a client_secret", None);
        }
        ClientKey::Asymmetric if reader.node("signing_key").is_none() => {
            reader.report(reader.span(), "this client needs a signing_key", None)
        }
        _ => {}
    }
    reader.finish();
    redirect_uri.map(|_| client)
}

/// A further key stands beside the first, for the other algorithm.
fn read_key(reader: Reader<'_>) -> KeyFile {
    let key = KeyFile {
        pem: source(&reader, "signing_key"),
        key_id: reader.required_string("key_id"),
        algorithm: algorithm_of(&reader),
    };
    if key.pem.is_none() {
        reader.report(reader.span(), "a further key needs a signing_key", None);
    }
    reader.finish();
    key
}

fn algorithm_of(reader: &Reader<'_>) -> String {
    reader.parsed("algorithm", read_algorithm).unwrap_or_else(|| "ES384".to_owned())
}

fn read_algorithm(word: &str) -> Result<String, String> {
    if matches!(word, "RS384" | "ES384") {
        Ok(word.to_owned())
    } else {
        Err(format!("'{word}' is no algorithm of SMART: write RS384 or ES384"))
    }
}

/// `[member]` is the first; `[member.second]` and `[member.dependant]` stand in it.
fn read_members(reader: Reader<'_>) -> Vec<MemberFile> {
    let mut members = Vec::new();
    for (word, key) in [("second", MemberKey::Second), ("dependant", MemberKey::Dependant)] {
        if let Some(table) = reader.table(word) {
            members.push(read_member(key, &table));
            table.finish();
        }
    }
    members.insert(0, read_member(MemberKey::First, &reader));
    reader.finish();
    members
}

fn read_member(key: MemberKey, reader: &Reader<'_>) -> MemberFile {
    let (key_of_codes, code) = read_code(reader);
    MemberFile {
        key,
        patient: reader.string("patient").map(str::to_owned),
        username: source(reader, "username"),
        password: source(reader, "password"),
        totp: source(reader, "totp").or(key_of_codes),
        code,
        resources: read_resources(reader),
    }
}

/// `code = { totp = { env = "SEED" } }`, `{ command = ["oathtool", "…"] }` or `{ prompt = true }`: a key that codes are made from, or where
/// each code comes from.
fn read_code(reader: &Reader<'_>) -> (Option<SecretSource>, Option<CodeSource>) {
    let Some(node) = reader.node("code") else { return (None, None) };
    if let Some(key) = match &node.value {
        Value::Table(table) => table.get("totp"),
        _ => None,
    } {
        return (secret_source(reader, "code", key), None);
    }
    match secret_source(reader, "code", node) {
        Some(SecretSource::Command(words)) => (None, Some(CodeSource::Command(words))),
        Some(SecretSource::Prompt) => (None, Some(CodeSource::Prompt)),
        Some(SecretSource::Env(_) | SecretSource::File(_)) => {
            let help = "write { totp = { env = \"SEED\" } }, { command = [\"program\"] } or { prompt = true }";
            reader.report(node.span.clone(), "a code that stands somewhere is old by the time it is used", Some(help.into()));
            (None, None)
        }
        None => (None, None),
    }
}

/// `resources = { Coverage = ["a", "b"], ExplanationOfBenefit = ["c"] }`
fn read_resources(reader: &Reader<'_>) -> Vec<(String, String)> {
    let Some(Node { value: Value::Table(table), .. }) = reader.node("resources") else { return Vec::new() };
    let mut resources = Vec::new();
    for (kind, span, node) in &table.entries {
        match &node.value {
            Value::Array(ids) => resources.extend(ids.iter().filter_map(Node::as_str).map(|id| (kind.clone(), id.to_owned()))),
            _ => reader.report(span.clone(), format!("'resources.{kind}' must be a list of ids"), None),
        }
    }
    resources
}

fn read_login(reader: Reader<'_>) -> LoginFile {
    let strategy = reader.required("strategy", |word| {
        let known = Strategy::WORDS.map(|(word, _)| word);
        let found = Strategy::WORDS.into_iter().find(|(own, _)| *own == word).map(|(_, strategy)| strategy);
        found.ok_or_else(|| format!("'{word}' is no way to sign in: {}", did_you_mean(word, known)))
    });
    let login = LoginFile {
        strategy: strategy.unwrap_or_default(),
        origins: reader.parsed_strings("origins", url).into_iter().map(|(url, _)| url).collect(),
        steps: reader.tables("steps").into_iter().map(read_step).collect(),
        approves_all: reader.flag("approves_all"),
        user_scopes: reader.flag("user_scopes"),
        browser: reader.table("browser").map(read_browser).unwrap_or_default(),
        withdrawal: reader.table("withdrawal").and_then(read_withdrawal),
    };
    reader.finish();
    login
}

fn read_withdrawal(reader: Reader<'_>) -> Option<WithdrawalFile> {
    let (url, says) = (reader.required("url", url), reader.required_string("says"));
    let steps: Vec<StepFile> = reader.tables("steps").into_iter().map(read_step).collect();
    if steps.is_empty() {
        let help = "write [[login.withdrawal.steps]] and below it click = \"Disconnect\"";
        reader.report(reader.span(), "nothing is done on the page of the withdrawal", Some(help.into()));
    }
    if reader.node("says").is_some() && says.trim().is_empty() {
        reader.report(reader.span(), "'says' is empty, which every page says", None);
    }
    reader.finish();
    Some(WithdrawalFile { url: url?, steps, says: says.trim().to_owned() })
}

fn read_browser(reader: Reader<'_>) -> BrowserSettings {
    let settings = BrowserSettings {
        driver: reader.string("driver").map(str::to_owned),
        url: reader.parsed("url", url),
        binary: reader.string("binary").map(str::to_owned),
        arguments: reader.strings("arguments").into_iter().map(|(text, _)| text.to_owned()).collect(),
        ..BrowserSettings::default()
    };
    if let (Some(_), Some(node)) = (&settings.driver, reader.node("url")) {
        let help = "leave one of them out";
        reader.report(node.span.clone(), "a driver is either started ('driver') or runs already ('url')", Some(help.into()));
    }
    reader.finish();
    settings
}

fn read_step(reader: Reader<'_>) -> StepFile {
    let texts = |key| reader.strings(key).into_iter().map(|(text, _)| text.to_owned()).collect();
    let by_url = reader.string("url").map(|text| PageMatch::Url(text.to_owned()));
    let by_text = reader.string("text").map(|text| PageMatch::Text(text.to_owned()));
    let (fill, secrets) = read_fill(&reader);
    let step = LoginStep {
        page: by_url.or(by_text),
        form: reader.string("form").map(str::to_owned),
        fill,
        tick: texts("tick"),
        untick: texts("untick"),
        click: reader.string("click").map(str::to_owned),
    };
    reader.finish();
    StepFile { step, secrets }
}

/// `fill = { "#user" = "username", "#pass" = "password", "#code" = "totp", "#language" = { text = "en" }, "#pin" = { env = "PIN" } }`
fn read_fill(reader: &Reader<'_>) -> (Vec<(String, FillValue)>, SecretFields) {
    let (mut fill, mut secrets) = (Vec::new(), Vec::new());
    let Some(Node { value: Value::Table(table), .. }) = reader.node("fill") else { return (fill, secrets) };
    for (field, span, node) in &table.entries {
        let text = match &node.value {
            Value::Table(inner) => inner.get("text").and_then(Node::as_str),
            _ => None,
        };
        match (node.as_str(), text) {
            (Some("username"), _) => fill.push((field.clone(), FillValue::Username)),
            (Some("password"), _) => fill.push((field.clone(), FillValue::Password)),
            (Some("totp"), _) => fill.push((field.clone(), FillValue::Totp)),
            (Some(other), _) => {
                let help =
                    "write username, password, totp, { text = \"…\" } or where the secret is, for instance { env = \"PIN\" }";
                reader.report(span.clone(), format!("'{other}' is nothing that can be typed"), Some(help.into()));
            }
            (None, Some(text)) => fill.push((field.clone(), FillValue::Text(text.to_owned()))),
            (None, None) => secrets.extend(secret_source(reader, field, node).map(|source| (field.clone(), source))),
        }
    }
    (fill, secrets)
}

/// `[token]` holds those of the first member; `[token.second]` stands in it.
fn read_all_tokens(reader: Reader<'_>) -> Vec<TokensFile> {
    let client = reader.parsed("client", read_client_key).unwrap_or(ClientKey::Confidential);
    let mut tokens = Vec::new();
    if let Some(table) = reader.table("second") {
        tokens.push(read_tokens(MemberKey::Second, client, &table));
        table.finish();
    }
    tokens.insert(0, read_tokens(MemberKey::First, client, &reader));
    reader.finish();
    tokens
}

fn read_client_key(word: &str) -> Result<ClientKey, String> {
    let known = ClientKey::WORDS.map(|(word, _)| word);
    ClientKey::from_word(word).ok_or_else(|| format!("'{word}' is no client: {}", did_you_mean(word, known)))
}

fn read_tokens(member: MemberKey, client: ClientKey, reader: &Reader<'_>) -> TokensFile {
    let needed = [
        ("access_token", "there is nothing to ask with"),
        ("patient", "it is not known whose data the token opens"),
        ("scope", "it is not known what the token may open"),
    ];
    for (key, why) in needed {
        if reader.node(key).is_none() {
            reader.report(reader.span(), format!("'{key}' is missing: without it {why}"), None);
        }
    }
    TokensFile {
        member,
        client,
        access_token: source(reader, "access_token"),
        refresh_token: source(reader, "refresh_token"),
        id_token: source(reader, "id_token"),
        scope: reader.string("scope").map(str::to_owned),
        patient: reader.string("patient").map(str::to_owned),
    }
}
