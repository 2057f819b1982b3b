//! Writes a target file for the reference server, as its operator would: every secret lies in a file of its own beside it.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::args::LoginPages;
use super::demo;
use super::failure::Failure;
use crate::reference::Running;
use crate::target::{ClientKey, Member, MemberKey, Strategy};
use crate::vocabulary::Secret;

/// Writes it, and the secrets into `FILE-secrets`.
///
/// # Errors
/// When a file cannot be written.
pub fn write(path: &Path, server: &Running, pages: LoginPages) -> Result<(), Failure> {
    let mut secrets = path.as_os_str().to_owned();
    secrets.push("-secrets");
    let folder = PathBuf::from(secrets);
    fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
    let text = text(server, pages, &folder)?;
    fs::write(path, text).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::wrong(format!("cannot write {}: {error}", path.display()))
}

fn text(server: &Running, pages: LoginPages, folder: &Path) -> Result<String, Failure> {
    let target = demo::target(server);
    let launch = demo::launch(server, pages);
    let keep = |name: String, secret: &Secret| keep(folder, &name, secret);
    let mut text =
        format!("# The reference server of carinbb, as long as this process runs.\n[target]\nbase = {}\n", quoted(&target.base));
    let origins: Vec<String> = target.allow_origins.iter().map(quoted).collect();
    let plain = target.plain_http.as_ref().map(|url| format!("plain_http = {}\n", quoted(url))).unwrap_or_default();
    let _ = write!(
        text,
        "environment = \"staging\"\n{plain}allow_origins = [{}]\nbrowser_apps = true\nclaims = [\"audit.log\"]\n",
        origins.join(", ")
    );
    text.push_str(
        "\n[authority]\ngranted_by = \"whoever started the reference server\"\nuntil = 9999-12-31\nallow = [\"change\"]\n",
    );
    for client in &launch.clients {
        let word = client.key.word();
        let _ = write!(
            text,
            "\n[clients.{word}]\nclient_id = {}\nredirect_uri = {}\n",
            quoted(&client.client_id),
            quoted(&client.redirect_uri)
        );
        if let Some(name) = &client.name {
            let _ = writeln!(text, "name = {}", quoted(name));
        }
        if let Some(secret) = &client.secret {
            let _ = writeln!(text, "client_secret = {}", keep(format!("{word}-secret"), secret)?);
        }
        if let Some(key) = client.signing_key.as_ref().filter(|_| client.key == ClientKey::Asymmetric) {
            let file = keep(format!("{word}-key.pem"), &key.pem)?;
            let _ =
                write!(text, "signing_key = {file}\nkey_id = {}\nalgorithm = {}\n", quoted(&key.key_id), quoted(&key.algorithm));
        }
        for key in &client.more_keys {
            let file = keep(format!("{word}-key-{}.pem", key.algorithm.to_lowercase()), &key.pem)?;
            let _ = write!(
                text,
                "[[clients.{word}.more_keys]]\nsigning_key = {file}\nkey_id = {}\nalgorithm = {}\n",
                quoted(&key.key_id),
                quoted(&key.algorithm)
            );
        }
    }
    for member in &launch.members {
        text.push_str(&of_member(member, &keep)?);
    }
    if let Some(audit) = &launch.audit {
        let _ = writeln!(text, "\n[audit]\naccess_token = {}", keep("auditor-token".into(), &audit.access_token)?);
    }
    let strategy = Strategy::WORDS.iter().find(|(_, own)| *own == launch.login.strategy).map_or("form", |(word, _)| *word);
    let origins: Vec<String> = launch.login.origins.iter().map(quoted).collect();
    let _ = write!(
        text,
        "\n[login]\nstrategy = \"{strategy}\"\norigins = [{}]\napproves_all = true\nuser_scopes = true\n",
        origins.join(", ")
    );
    if let Some(withdrawal) = &launch.login.withdrawal {
        let _ = write!(text, "\n[login.withdrawal]\nurl = {}\nsays = {}\n", quoted(&withdrawal.url), quoted(&withdrawal.says));
        for click in withdrawal.steps.iter().filter_map(|step| step.click.as_ref()) {
            let _ = writeln!(text, "[[login.withdrawal.steps]]\nclick = {}", quoted(click));
        }
    }
    Ok(text)
}

fn of_member(member: &Member, keep: &dyn Fn(String, &Secret) -> Result<String, Failure>) -> Result<String, Failure> {
    let word = member.key.word();
    let table = if member.key == MemberKey::First { "member".to_owned() } else { format!("member.{word}") };
    let mut text = format!("\n[{table}]\n");
    if let Some(patient) = &member.patient {
        let _ = writeln!(text, "patient = {}", quoted(patient));
    }
    for (name, secret) in [("username", &member.username), ("password", &member.password), ("totp", &member.totp)] {
        if let Some(secret) = secret {
            let _ = writeln!(text, "{name} = {}", keep(format!("{word}-{name}"), secret)?);
        }
    }
    let mut kinds: Vec<&str> = member.resources.iter().map(|(kind, _)| kind.as_str()).collect();
    kinds.dedup();
    let lists = kinds.into_iter().map(|kind| {
        let ids = member.resources.iter().filter(|(own, _)| own == kind).map(|(_, id)| quoted(id));
        format!("{kind} = [{}]", ids.collect::<Vec<_>>().join(", "))
    });
    let _ = writeln!(text, "resources = {{ {} }}", lists.collect::<Vec<_>>().join(", "));
    Ok(text)
}

/// Writes a secret where only its owner reads it, and says where it is.
fn keep(folder: &Path, name: &str, secret: &Secret) -> Result<String, Failure> {
    let path = folder.join(name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&path).and_then(|mut file| file.write_all(secret.expose().as_bytes()));
    written.map_err(|error| unwritable(&path, &error))?;
    Ok(format!("{{ file = {} }}", quoted(path.display())))
}

/// A basic string of TOML.
fn quoted(value: impl std::fmt::Display) -> String {
    toml::Value::String(value.to_string()).to_string()
}
