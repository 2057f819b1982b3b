//! Settings from files, below flags and environment: target file, project file, user file.
//!
//! A setting of a file becomes the flag of the same name and is parsed by the same parser, so that there is one
//! syntax and one list of names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::error::{ContextKind, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use url::Url;

use super::args::{self, Cli, Command, Global, ReachArgs, RunArgs};
use super::environment::Environment;
use super::failure::Failure;
use crate::engine::inputs;
use crate::engine::record::Setting;
use crate::target::{self, LaunchFile, SETTINGS, Target, UdapClientFile};
use crate::vocabulary::document::{Problem, Problems, Reader, Source, did_you_mean, parse};

/// `run` with everything known: flags, environment and files.
pub struct Resolved {
    /// The command line with the settings of files filled in.
    pub cli: Cli,
    /// The target, unless it is the demo.
    pub target: Option<Target>,
    /// Clients, members, login and tokens, their secrets not read yet.
    pub launch: LaunchFile,
    /// Who we are towards a UDAP server.
    pub udap_client: UdapClientFile,
    /// Every setting that is not a default, with its origin.
    pub settings: Vec<Setting>,
    /// What to run, without the target.
    pub what: Vec<String>,
}

/// What else says how the target was reached. The record keeps it beside the settings; no file sets it.
const REACHED: [&str; 4] = ["target", "demo", "fault", "login"];

/// One setting of a file.
struct FileSetting {
    name: String,
    values: Vec<String>,
    origin: String,
}

/// Reads target, project and user file and joins them with what was typed.
///
/// # Errors
/// When a file cannot be read, a setting is unknown, or a value does not fit.
pub fn resolve(typed: &[String], environment: &Environment) -> Result<Resolved, Failure> {
    let matches = args::matches(typed, environment).map_err(Failure::Clap)?;
    let cli = Cli::from_arg_matches(&matches).map_err(Failure::Clap)?;
    let Command::Run(arguments) = &cli.command else { return Err(Failure::wrong("settings belong to run")) };
    let named_by = matches.subcommand_matches("run").and_then(|run| run.value_source("target"));
    let (target_text, what) = split_target(arguments, named_by)?;
    let mut files = Vec::new();
    let mut settings = typed_settings(matches.subcommand_matches("run").unwrap_or(&matches));
    name_target(&mut settings, target_text.as_deref());
    let (target, launch, udap_client) = match target_text {
        Some(text) => read_target(&text, &mut files).map(|(target, launch, udap)| (Some(target), launch, udap))?,
        None => (None, LaunchFile::default(), UdapClientFile::default()),
    };
    let project = cli.global.config.clone().or_else(|| Some(PathBuf::from("carinbb.toml")).filter(|path| path.is_file()));
    if let Some(path) = &project {
        files.extend(read_settings_file(path)?);
    }
    if let Some(path) = environment.user_settings().filter(|path| path.is_file()) {
        files.extend(read_settings_file(&path)?);
    }
    let mut line = typed.to_vec();
    for setting in files {
        let is_set = settings.iter().any(|own: &Setting| own.name == setting.name);
        if !is_set {
            let flags = as_flags(&setting)?;
            check_value(&setting, &flags)?;
            line.extend(flags);
            settings.push(shown(setting.name, &setting.values, setting.origin));
        }
    }
    let cli = args::parse(&line, environment).map_err(Failure::Clap)?;
    Ok(Resolved { cli, target, launch, udap_client, settings, what })
}

/// The command line of a run with this target and this network, for commands that look at the same things.
#[must_use]
pub fn line_of_run(global: &Global, target: Option<&str>, reach: &ReachArgs, demo: bool) -> Vec<String> {
    let mut line: Vec<String> = ["carinbb", "run"].into_iter().map(str::to_owned).collect();
    let mut flag = |name: &str, value: &dyn std::fmt::Display| line.push(format!("--{name}={value}"));
    global.config.iter().for_each(|path| flag("config", &path.display()));
    global.seed.iter().for_each(|seed| flag("seed", seed));
    reach.ca_file.iter().for_each(|path| flag("ca-file", &path.display()));
    reach.timeout.iter().for_each(|text| flag("timeout", text));
    reach.resolve.iter().for_each(|text| flag("resolve", text));
    reach.proxy.iter().for_each(|text| flag("proxy", text));
    reach.allow_net.iter().for_each(|text| flag("allow-net", text));
    target.iter().for_each(|target| flag("target", target));
    let switches = [("--allow-http", reach.allow_http), ("--demo", demo)];
    line.extend(switches.into_iter().filter(|(_, on)| *on).map(|(name, _)| name.to_owned()));
    line
}

/// Every setting with its value and where it comes from: a flag, the environment, a file, or the default.
#[must_use]
pub fn table(resolved: &[Setting]) -> String {
    let command = Cli::command();
    let run = command.find_subcommand("run");
    let all: Vec<&clap::Arg> = run.into_iter().flat_map(clap::Command::get_arguments).chain(command.get_arguments()).collect();
    let default = |name: &str| {
        let argument = all.iter().find(|argument| argument.get_long() == Some(name));
        let values = argument.map(|argument| argument.get_default_values()).unwrap_or_default();
        values.iter().map(|value| value.to_string_lossy().into_owned()).collect::<Vec<_>>().join(",")
    };
    let row = |name: &&str| {
        let own = resolved.iter().find(|setting| setting.name == **name);
        let (value, origin) = own.map_or_else(|| (default(name), "default"), |own| (own.value.clone(), own.origin.as_str()));
        let value = if value.is_empty() { "-".to_owned() } else { value };
        format!("{name:<18} {value:<24} {origin}\n")
    };
    SETTINGS.iter().map(row).collect()
}

/// A URL or a TOML file among the patterns is the target; what was typed outranks `CARINBB_TARGET`.
fn split_target(arguments: &RunArgs, named_by: Option<ValueSource>) -> Result<(Option<String>, Vec<String>), Failure> {
    let is_target = |text: &&String| text.contains("://") || Path::new(text).extension().is_some_and(|kind| kind == "toml");
    let (targets, what): (Vec<&String>, Vec<&String>) = arguments.what.iter().partition(is_target);
    let flag = arguments.target.iter().filter(|_| named_by == Some(ValueSource::CommandLine));
    let typed: Vec<&String> = flag.chain(targets).collect();
    if let [first, second, ..] = typed[..] {
        let (first, second) = (target::without_user(first), target::without_user(second));
        return Err(Failure::wrong(format!("a run has one target, and both '{first}' and '{second}' are one")));
    }
    if arguments.demo {
        let none_typed = typed.is_empty();
        let refused = || Failure::wrong("--demo brings its own target: leave out the other one");
        return none_typed.then(|| (None, what.into_iter().cloned().collect())).ok_or_else(refused);
    }
    let target = typed.first().copied().or(arguments.target.as_ref());
    let host =
        what.iter().find(|text| text.contains('/') && text.split('/').next().is_some_and(|host| host.contains(['.', ':'])));
    if let (None, Some(host)) = (target, host) {
        let host = target::without_user(host);
        return Err(Failure::wrong(format!("no target: if '{host}' is the FHIR base, write https://{host}")));
    }
    Ok((target.cloned(), what.into_iter().cloned().collect()))
}

fn read_target(text: &str, files: &mut Vec<FileSetting>) -> Result<(Target, LaunchFile, UdapClientFile), Failure> {
    let is_file = Path::new(text).extension().is_some_and(|kind| kind == "toml") || Path::new(text).is_file();
    if !is_file {
        return target::from_url(text)
            .map(|target| (target, LaunchFile::default(), UdapClientFile::default()))
            .map_err(Failure::wrong);
    }
    let source = read_source(Path::new(text))?;
    let problems = Problems::new();
    let file = target::read(&source, &problems);
    let problems = problems.into_sorted();
    match file {
        Some(file) if problems.is_empty() => {
            check_declined(text, &file.target)?;
            let origin = format!("target file {text}");
            files.extend(file.settings.into_iter().map(|(name, values)| FileSetting { name, values, origin: origin.clone() }));
            Ok((file.target, file.launch, file.udap_client))
        }
        _ => Err(Failure::Problems(problems)),
    }
}

/// Whether everything that a target file declines is something that a case can need.
///
/// # Errors
/// When a word means nothing, so that nothing would be declined.
pub fn check_declined(origin: &str, target: &Target) -> Result<(), Failure> {
    let unknown = target.declined.iter().find(|declined| !inputs::words().any(|word| word == declined.needs));
    unknown.map_or(Ok(()), |declined| {
        let help = did_you_mean(&declined.needs, inputs::words());
        Err(Failure::wrong(format!(
            "{origin}: [[declined]] needs '{}', which is neither an input nor a capability: {help}",
            declined.needs
        )))
    })
}

/// Reads a file that a person typed.
///
/// # Errors
/// When it cannot be read or is no text.
pub fn read_source(path: &Path) -> Result<Arc<Source>, Failure> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::wrong(format!("cannot read {}: {error}", path.display())))?;
    Ok(Arc::new(Source::new(path.display().to_string(), text)))
}

/// Whether a settings file can be used.
///
/// # Errors
/// When it cannot be read, or a setting is unknown or does not fit.
pub fn check_settings_file(path: &Path) -> Result<(), Failure> {
    for setting in read_settings_file(path)? {
        check_value(&setting, &as_flags(&setting)?)?;
    }
    Ok(())
}

fn read_settings_file(path: &Path) -> Result<Vec<FileSetting>, Failure> {
    let source = read_source(path)?;
    let problems = Problems::new();
    let table = parse(&source, &problems);
    let reader = Reader::new(&source, &problems, &table);
    let mut settings = Vec::new();
    for (name, span) in reader.keys() {
        if !SETTINGS.contains(&name) {
            reader.report(span, format!("there is no setting '{name}'"), Some(did_you_mean(name, SETTINGS)));
            continue;
        }
        let Some(node) = table.get(name) else { continue };
        let values = match node.to_json() {
            serde_json::Value::Array(items) => items.iter().map(as_text).collect(),
            value => vec![as_text(&value)],
        };
        settings.push(FileSetting { name: name.to_owned(), values, origin: path.display().to_string() });
    }
    drop(reader);
    let problems: Vec<Problem> = problems.into_sorted();
    if problems.is_empty() { Ok(settings) } else { Err(Failure::Problems(problems)) }
}

fn as_text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `strict = true` becomes `--strict`, `rate = 3` becomes `--rate=3`.
fn as_flags(setting: &FileSetting) -> Result<Vec<String>, Failure> {
    let command = Cli::command();
    let run = command.find_subcommand("run");
    let all = run.into_iter().flat_map(clap::Command::get_arguments).chain(command.get_arguments());
    let long = |argument: &clap::Arg| argument.get_long() == Some(setting.name.as_str());
    let Some(argument) = all.into_iter().find(|argument| long(argument)) else {
        return Err(Failure::wrong(format!(
            "{}: the setting '{}' is not available in this version",
            setting.origin, setting.name
        )));
    };
    if argument.get_action().takes_values() {
        return Ok(setting.values.iter().map(|value| format!("--{}={value}", setting.name)).collect());
    }
    match setting.values.first().map(String::as_str) {
        Some("true") => Ok(vec![format!("--{}", setting.name)]),
        Some("false") => Ok(Vec::new()),
        _ => Err(Failure::wrong(format!("{}: the setting '{}' takes true or false", setting.origin, setting.name))),
    }
}

/// A wrong value is complained of where it stands, not as the flag that it becomes.
fn check_value(setting: &FileSetting, flags: &[String]) -> Result<(), Failure> {
    let alone: Vec<String> = ["carinbb", "run"].into_iter().map(str::to_owned).chain(flags.iter().cloned()).collect();
    let Err(error) = args::command(|_| false).try_get_matches_from(alone) else { return Ok(()) };
    if error.kind() == ErrorKind::MissingRequiredArgument {
        return Ok(());
    }
    let said = error.to_string();
    let said = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let known = error.get(ContextKind::ValidValue).map(|values| format!(" (possible values: {values})")).unwrap_or_default();
    Err(Failure::wrong(format!("{}: {said}{known}", setting.origin)))
}

/// Whether the settings of a target file have values that fit.
///
/// # Errors
/// When one does not.
pub fn check_settings(origin: &str, settings: Vec<(String, Vec<String>)>) -> Result<(), Failure> {
    for (name, values) in settings {
        let setting = FileSetting { name, values, origin: origin.to_owned() };
        check_value(&setting, &as_flags(&setting)?)?;
    }
    Ok(())
}

/// What was typed or stands in the environment.
fn typed_settings(run: &ArgMatches) -> Vec<Setting> {
    let mut settings = Vec::new();
    for id in run.ids() {
        let origin = match run.value_source(id.as_str()) {
            Some(ValueSource::CommandLine) => "flag",
            Some(ValueSource::EnvVariable) => "environment",
            _ => continue,
        };
        let name = id.as_str().replace('_', "-");
        let Ok(Some(values)) = run.try_get_raw(id.as_str()) else { continue };
        let values: Vec<String> = values.map(|value| value.to_string_lossy().into_owned()).collect();
        if SETTINGS.contains(&name.as_str()) || REACHED.contains(&name.as_str()) {
            settings.push(shown(name, &values, origin.into()));
        }
    }
    settings
}

/// The target that the run has: one among the patterns outranks the environment's, and the demo has none.
fn name_target(settings: &mut Vec<Setting>, target: Option<&str>) {
    settings.retain(|setting| setting.name != "target" || target == Some(setting.value.as_str()));
    if let Some(target) = target.filter(|_| !settings.iter().any(|setting| setting.name == "target")) {
        settings.push(shown("target".into(), &[target.to_owned()], "argument".into()));
    }
}

/// A setting as it may be shown: without the password of a proxy.
fn shown(name: String, values: &[String], origin: String) -> Setting {
    let value = values.join(",");
    let value = if name == "proxy" { without_password(&value) } else { value };
    Setting { name, value, origin }
}

fn without_password(proxy: &str) -> String {
    match Url::parse(proxy) {
        Ok(mut url) if url.password().is_some() => {
            let _ = url.set_password(Some("withheld"));
            url.into()
        }
        _ => proxy.to_owned(),
    }
}
