//! What carinbb and two scanners that are not ours find out about one port: the suites of each version.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;
use serde_json::Value;

/// The numbers of the suites by version, for instance `1.2` to `c02f`.
pub(super) type Suites = BTreeMap<String, BTreeSet<String>>;

/// `carinbb tls HOST:PORT --tls full --json`. `names` are the numbers by the names of the IANA registry.
pub(super) fn carinbb(place: &str, names: &BTreeMap<&str, &str>) -> Suites {
    let printed = output(Command::new(env!("CARGO_BIN_EXE_carinbb")).args(["tls", place, "--tls", "full", "--json"]));
    let found: Value = serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"));
    let versions = found["suites"].as_object().into_iter().flatten();
    versions.map(|(version, of)| (version.clone(), texts(&of["accepted"]).map(|name| number(name, names)).collect())).collect()
}

/// `sslscan`, of Debian. It lists no suites of SSL 3.
pub(super) fn sslscan(program: &Path, place: &str) -> Suites {
    let printed = output(Command::new(program).args(["--no-colour", "--xml=-", place]));
    let cipher = Regex::new(r#"<cipher [^>]*sslversion="TLSv([0-9.]+)"[^>]* id="0x([0-9A-F]+)""#).expect("it is a pattern");
    let mut found = Suites::new();
    for seen in cipher.captures_iter(&printed) {
        found.entry(seen[1].to_owned()).or_default().insert(seen[2].to_ascii_lowercase());
    }
    found
}

/// `sslyze`, of PyPI. A version in which it fell over is left out.
pub(super) fn sslyze(python: &Path, place: &str, names: &BTreeMap<&str, &str>) -> Suites {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/sslyze_suites.py");
    let (host, port) = place.rsplit_once(':').expect("a place has a port");
    let printed = output(Command::new(python).arg(script).args([host, port]));
    let found: BTreeMap<String, Vec<String>> =
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"));
    found.into_iter().map(|(version, suites)| (version, suites.iter().map(|name| number(name, names)).collect())).collect()
}

/// The number of a name, or the name itself where the table lacks it: a difference that shows.
fn number(name: &str, names: &BTreeMap<&str, &str>) -> String {
    names.get(name).map_or_else(|| name.to_owned(), |number| (*number).to_owned())
}

/// Names the Python that has the packages of `tests/interop/scanners.txt`.
pub(super) fn python() -> Option<PathBuf> {
    super::programs::python_of("CARINBB_INTEROP_SCANNERS", "sslyze", "tests/interop/scanners.txt")
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn output(command: &mut Command) -> String {
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARINBB_")) {
        command.env_remove(name);
    }
    let done = command.stdin(Stdio::null()).stderr(Stdio::null()).output().expect("the program can be started");
    String::from_utf8_lossy(&done.stdout).into_owned()
}
