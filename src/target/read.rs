//! Reads a target file with positions, and a bare URL with an explanation of what is wrong with it.

use std::sync::Arc;

use url::Url;

use super::identity_provider::IdentityProviderFile;
use super::model::{Authority, Declined, Environment, Target};
use super::read_launch::{LaunchFile, read_launch};
use super::udap_client::UdapClientFile;
use super::udap_trust::UdapTrust;
use crate::vocabulary::ProfileId;
use crate::vocabulary::document::{Node, Problems, Reader, Source, Value, did_you_mean, parse};

/// The settings that a target file and a settings file may hold under `[settings]`, each also a flag of `run` and
/// an environment variable `CARINBB_…`.
pub const SETTINGS: [&str; 35] = [
    "profile",
    "smart",
    "udap",
    "select",
    "skip",
    "no-login",
    "slow",
    "max-wait",
    "tls",
    "max-authorizations",
    "max-auth-failures",
    "strict",
    "fail-on",
    "waivers",
    "attestations",
    "baseline",
    "in-flight",
    "rate",
    "clock-leeway",
    "user-agent",
    "timeout",
    "ca-file",
    "client-cert",
    "client-key",
    "resolve",
    "proxy",
    "allow-net",
    "allow-http",
    "revocation",
    "aia",
    "format",
    "report",
    "color",
    "progress",
    "seed",
];

/// A target file: the target and the settings that it carries.
#[derive(Debug, Clone)]
pub struct TargetFile {
    /// The target.
    pub target: Target,
    /// Clients, members, login and tokens, their secrets not read yet.
    pub launch: LaunchFile,
    /// Who we are towards a UDAP server.
    pub udap_client: UdapClientFile,
    /// `[settings]`, as texts.
    pub settings: Vec<(String, Vec<String>)>,
}

/// What was typed, without all before its last `@`: a mistyped URL may hold a password, and where it ends nobody can tell.
#[must_use]
pub fn without_user(typed: &str) -> &str {
    typed.rsplit_once('@').map_or(typed, |(_, place)| place)
}

/// Reads a bare URL.
///
/// # Errors
/// A sentence that says what to write.
pub fn from_url(typed: &str) -> Result<Target, String> {
    let help = "write the FHIR base, for instance https://fhir.payer.example/r4";
    let shown = without_user(typed);
    let url = Url::parse(typed).map_err(|error| format!("'{shown}' is not a URL ({error}): {help}"))?;
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
        return Err(format!("'{shown}' is not an https URL: {help}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("a URL with a user name or password would be shown in reports: {help}"));
    }
    Ok(Target::new(url, typed))
}

/// Reads a target file. `None` when it has no usable `[target] base`; everything wrong is in `problems`.
#[must_use]
pub fn read(source: &Arc<Source>, problems: &Problems) -> Option<TargetFile> {
    let table = parse(source, problems);
    let reader = Reader::new(source, problems, &table);
    let section = reader.table("target");
    if section.is_none() && reader.node("target").is_none() {
        let help = "write [target] and below it base = \"https://fhir.payer.example/r4\"";
        reader.report(0..0, "the table [target] is missing", Some(help.into()));
    }
    let target = section.and_then(read_target);
    let authority = reader.table("authority").and_then(read_authority);
    let declined = reader.tables("declined").into_iter().map(read_declined).collect();
    let settings = read_settings(&reader);
    let launch = read_launch(&reader);
    let (udap_client, udap) = read_udap(&reader);
    reader.finish();
    let target = Target { authority, declined, udap, ..target? };
    Some(TargetFile { target, launch, udap_client, settings })
}

fn read_target(reader: Reader<'_>) -> Option<Target> {
    let base = reader.required("base", from_url);
    let environment = reader.parsed("environment", read_environment).unwrap_or_default();
    let url = |text: &str| from_url(text).map(|target| target.base);
    let profiles = reader.parsed_strings("profiles", ProfileId::parse).into_iter().map(|(id, _)| id).collect();
    let texts = |key| reader.strings(key).into_iter().map(|(text, _)| text.to_owned()).collect();
    let target = Target {
        environment,
        profiles,
        smart: reader.string("smart").map(str::to_owned),
        plain_http: reader.parsed("plain_http", url),
        endpoints: reader.parsed_strings("endpoints", url).into_iter().map(|(url, _)| url).collect(),
        allow_origins: reader.parsed_strings("allow_origins", url).into_iter().map(|(url, _)| url).collect(),
        public_types: texts("public_types"),
        browser_apps: reader.flag("browser_apps"),
        claims: texts("claims"),
        ..base.unwrap_or_else(|| Target::new(Url::parse("https://invalid.invalid").expect("the literal is a URL"), ""))
    };
    let known = !target.typed.is_empty();
    reader.finish();
    known.then_some(target)
}

/// The tables `udap`, `listener` and `identity_provider`.
fn read_udap(reader: &Reader<'_>) -> (UdapClientFile, UdapTrust) {
    let (mut client, mut trust) = (UdapClientFile::default(), UdapTrust::default());
    if let Some(table) = reader.table("udap") {
        client.read(&table);
        trust = UdapTrust::read(&table);
        table.finish();
    }
    if let Some(table) = reader.table("listener") {
        client.read_listener(table);
    }
    if let Some(table) = reader.table("identity_provider") {
        client.identity_provider = IdentityProviderFile::read(&table);
        table.finish();
    }
    (client, trust)
}

fn read_environment(word: &str) -> Result<Environment, String> {
    match word {
        "production" => Ok(Environment::Production),
        "staging" => Ok(Environment::Staging),
        _ => Err(format!("'{word}' is no environment: write production or staging")),
    }
}

fn read_authority(reader: Reader<'_>) -> Option<Authority> {
    let authority = Authority {
        granted_by: reader.required_string("granted_by"),
        until: reader.date("until").unwrap_or_default().to_owned(),
        allow: reader.parsed_strings("allow", read_allow).into_iter().map(|(word, _)| word).collect(),
    };
    if reader.node("until").is_none() {
        reader.report(reader.span(), "the authority has no last day", Some("write until = 2027-01-31".into()));
    }
    reader.finish();
    Some(authority)
}

fn read_allow(word: &str) -> Result<String, String> {
    (word == "change").then(|| word.to_owned()).ok_or_else(|| format!("'{word}' cannot be allowed: write \"change\""))
}

fn read_declined(reader: Reader<'_>) -> Declined {
    let declined = Declined {
        needs: reader.required_string("needs"),
        reason: reader.required_string("reason"),
        by: reader.required_string("by"),
    };
    reader.finish();
    declined
}

fn read_settings(reader: &Reader<'_>) -> Vec<(String, Vec<String>)> {
    let Some(Node { value: Value::Table(table), .. }) = reader.node("settings") else { return Vec::new() };
    let mut settings = Vec::new();
    for (name, span, node) in &table.entries {
        if !SETTINGS.contains(&name.as_str()) {
            reader.report(span.clone(), format!("there is no setting '{name}'"), Some(did_you_mean(name, SETTINGS)));
            continue;
        }
        let text = |node: &Node| node.as_str().map_or_else(|| node.to_json().to_string(), str::to_owned);
        let values = match &node.value {
            Value::Array(items) => items.iter().map(text).collect(),
            _ => vec![text(node)],
        };
        settings.push((name.clone(), values));
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{ClientKey, MemberKey, SecretReader, SecretSource};
    use crate::vocabulary::Secret;

    fn read_text(text: &str) -> (Option<TargetFile>, Vec<String>) {
        let problems = Problems::new();
        let file = read(&Arc::new(Source::new("target.toml", text)), &problems);
        (file, problems.into_sorted().into_iter().map(|problem| problem.render(false)).collect())
    }

    #[test]
    fn a_whole_target_file_is_read() {
        let (file, problems) = read_text(
            "[target]\nbase = \"https://p.example/r4/\"\nenvironment = \"staging\"\nprofiles = [\"carin-bb-2.1.0\"]\npublic_types = [\"Practitioner\"]\n[authority]\ngranted_by = \"Ann, ticket 7\"\nuntil = 2027-01-31\nallow = [\"change\"]\n[[declined]]\nneeds = \"member.second\"\nreason = \"one test member only\"\nby = \"Ann\"\n[settings]\nin-flight = 4\n",
        );
        assert_eq!(problems, Vec::<String>::new());
        let file = file.unwrap();
        assert_eq!(file.target.base.as_str(), "https://p.example/r4");
        assert_eq!(file.settings, [("in-flight".to_owned(), vec!["4".to_owned()])]);
        assert_eq!(file.target.authority.unwrap().until, "2027-01-31");
    }

    struct Given;

    impl SecretReader for Given {
        fn read(&mut self, label: &'static str, source: &SecretSource) -> Result<Secret, String> {
            match source {
                SecretSource::Env(name) => Ok(Secret::new(label, format!("value of {name}"))),
                other => Err(format!("{other:?} is not read here")),
            }
        }
    }

    const LAUNCH: &str = r##"
scopes = ["openid"]
[target]
base = "https://p.example"
[clients.confidential]
client_id = "app"
client_secret = { env = "SECRET" }
redirect_uri = "https://app.example/callback"
[member]
patient = "1"
username = { env = "USER" }
password = { env = "PASS" }
[member.second]
patient = "2"
resources = { Coverage = ["c2"], ExplanationOfBenefit = ["e2", "f2"] }
[login]
strategy = "form"
approves_all = true
[[login.steps]]
text = "Sign in"
fill = { "#user" = "username", "#pass" = "password", "#language" = { text = "en" }, "#pin" = { env = "PIN" } }
click = "Continue"
"##;

    #[test]
    fn a_launch_is_read_and_its_secrets_come_from_where_the_file_says() {
        let (file, problems) = read_text(LAUNCH);
        assert_eq!(problems, Vec::<String>::new());
        let launch = file.unwrap().launch.resolve(&mut Given).unwrap();
        let client = launch.client(ClientKey::Confidential).unwrap();
        assert_eq!(client.secret.as_ref().unwrap().expose(), "value of SECRET");
        assert_eq!(launch.members.len(), 2);
        assert_eq!(launch.member(MemberKey::Second).unwrap().resources.len(), 3);
        assert_eq!(launch.login.steps[0].fill.len(), 4);
        assert!(!format!("{launch:?}").contains("value of"), "a secret is shown");
    }

    #[test]
    fn a_page_of_withdrawal_has_steps_and_words_that_end_it() {
        let page = "[login.withdrawal]\nurl = \"https://p.example/apps\"\nsays = \"is gone\"\n[[login.withdrawal.steps]]\nclick = \"Disconnect\"\nfill = { \"#pin\" = { env = \"PIN\" } }\n";
        let named = LAUNCH.replace("client_id = \"app\"", "client_id = \"app\"\nname = \"Claims\"");
        let (file, problems) = read_text(&format!("{named}{page}"));
        assert_eq!(problems, Vec::<String>::new());
        let launch = file.unwrap().launch.resolve(&mut Given).unwrap();
        let withdrawal = launch.login.withdrawal.as_ref().unwrap();
        assert_eq!((withdrawal.says.as_str(), withdrawal.steps[0].fill.len()), ("is gone", 1));
        assert_eq!(launch.client(ClientKey::Confidential).unwrap().name.as_deref(), Some("Claims"));
        for (wrong, why) in [
            (page.replace("says = \"is gone\"\n", ""), "'says' is missing"),
            (page.replace("\"is gone\"", "\" \""), "which every page says"),
            (page.split("[[").next().unwrap().to_owned(), "nothing is done on the page"),
            (page.replace("says", "said"), "write one of: url, says, steps"),
        ] {
            let (_, problems) = read_text(&format!("{LAUNCH}{wrong}"));
            assert!(problems.iter().any(|problem| problem.contains(why)), "{why}: {problems:?}");
        }
    }

    #[test]
    fn an_asymmetric_client_may_have_a_key_for_each_algorithm() {
        let client = "[clients.asymmetric]\nclient_id = \"app\"\nredirect_uri = \"https://app.example/callback\"\nsigning_key = { env = \"K1\" }\nkey_id = \"k1\"\nalgorithm = \"RS384\"\n";
        let more = "[[clients.asymmetric.more_keys]]\nsigning_key = { env = \"K2\" }\nkey_id = \"k2\"\nalgorithm = \"ES384\"\n";
        let read_keys = |more: &str| read_text(&format!("[target]\nbase = \"https://p.example\"\n{client}{more}"));
        let (file, problems) = read_keys(more);
        assert_eq!(problems, Vec::<String>::new());
        let launch = file.unwrap().launch.resolve(&mut Given).unwrap();
        let keys = launch.client(ClientKey::Asymmetric).unwrap().keys();
        let keys: Vec<_> = keys.map(|key| (key.key_id.as_str(), key.algorithm.as_str(), key.pem.expose())).collect();
        assert_eq!(keys, [("k1", "RS384", "value of K1"), ("k2", "ES384", "value of K2")]);
        let (_, problems) = read_keys(&more.replace("ES384", "ES385"));
        assert!(problems[0].contains("write RS384 or ES384"), "{problems:?}");
        let (_, problems) = read_keys(&more.replace("key_id", "kid"));
        assert!(problems.iter().any(|problem| problem.contains("kid")), "{problems:?}");
    }

    #[test]
    fn a_secret_in_the_file_is_refused_with_where_to_put_it() {
        let (_, problems) = read_text(&LAUNCH.replace("{ env = \"SECRET\" }", "\"hunter2\""));
        assert!(problems[0].contains("must not stand in the file") && problems[0].contains("{ env ="), "{}", problems[0]);
        let (_, problems) = read_text(&LAUNCH.replace("strategy = \"form\"", "strategy = \"forms\""));
        assert!(problems[0].contains("did you mean 'form'"), "{}", problems[0]);
    }

    #[test]
    fn a_typo_is_answered_with_its_line_and_the_right_word() {
        let (_, problems) = read_text("[target]\nbase = \"https://p.example\"\nenviroment = \"staging\"\n");
        assert!(problems[0].contains("target.toml:3:1") && problems[0].contains("did you mean 'environment'"), "{}", problems[0]);
        let (file, problems) = read_text("base = \"https://p.example\"\n");
        assert!(file.is_none() && problems.iter().any(|problem| problem.contains("[target] is missing")), "{problems:?}");
        let (_, problems) = read_text("[target]\nbase = \"payer.example\"\n[settings]\nrat = 3\n");
        assert!(problems.iter().any(|problem| problem.contains("is not a URL")), "{problems:?}");
        assert!(problems.iter().any(|problem| problem.contains("did you mean 'rate'")), "{problems:?}");
    }

    #[test]
    fn a_bare_url_with_a_password_or_another_scheme_is_refused() {
        for typed in [
            "fhir.payer.example",
            "ftp://p.example",
            "https://user:hunter2@p.example/",
            "https://user:hunter2@exa mple/r4",
            "ftp://user:hunter2@p.example",
            "user:hunter2@p.example/r4",
            "file:///etc/passwd",
        ] {
            assert!(from_url(typed).is_err(), "{typed}");
            assert!(!from_url(typed).unwrap_err().contains("hunter2"), "{typed}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_target_file_is_read_or_refused_without_a_panic(text in "(\\[?\\[(target|settings|declined)\\]\\]?\n|[a-z_]{1,8} = [\"a-z:/.0-9\\[\\]{}]{0,20}\n){0,8}") {
            let _ = read_text(&text);
        }
    }
}
