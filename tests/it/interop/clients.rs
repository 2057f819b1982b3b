//! Apps that others wrote, as scripts in `tests/interop`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::programs;
use super::served::Served;

/// Longer than any of these scripts should take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A library that makes an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum App {
    /// PyPI `Authlib`.
    Authlib,
    /// PyPI `fhirclient`.
    PythonFhirClient,
    /// npm `fhirclient`.
    JavaScriptFhirClient,
}

/// How a script ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) is_content: bool,
    pub(super) said: String,
}

/// The folder of the scripts.
pub(super) fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop")
}

impl App {
    fn command(self) -> Option<Command> {
        match self {
            Self::Authlib => python("client_authlib.py", "authlib, joserfc, requests"),
            Self::PythonFhirClient => python("client_fhirclient.py", "fhirclient, requests"),
            Self::JavaScriptFhirClient => {
                let [node] = programs::find(["node"])?;
                let packages = programs::node_packages(&node, "fhirclient")?;
                let mut command = Command::new(node);
                command.arg(scripts().join("client_fhirclient.cjs")).env("NODE_PATH", packages);
                Some(command)
            }
        }
    }

    /// The shell command that launches the app once, with the file of credentials; `None` when the library is not there.
    pub(super) fn launch_command(self, credentials: &Path) -> Option<String> {
        let script = match self {
            Self::Authlib => "observed_authlib.py",
            Self::PythonFhirClient => "observed_fhirclient.py",
            Self::JavaScriptFhirClient => "observed_fhirclient.cjs",
        };
        let command = self.command()?;
        let quoted = |path: &std::ffi::OsStr| format!("'{}'", path.to_string_lossy());
        let set = command.get_envs().filter_map(|(name, value)| Some(format!("{}={} ", name.to_string_lossy(), quoted(value?))));
        let (program, script) = (quoted(command.get_program()), quoted(scripts().join(script).as_os_str()));
        Some(format!("{}{program} {script} {}", set.collect::<String>(), quoted(credentials.as_os_str())))
    }

    /// Lets the app launch, read and refresh at a server; `None` when the library is not there.
    ///
    /// # Panics
    /// When the script cannot be started or takes too long.
    pub(super) fn visits(self, served: &Served) -> Option<Ended> {
        let mut command = self.command()?;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let log = std::fs::File::create(folder.path().join("log")).expect("the folder is writable");
        let mut child = command
            .arg(served.credentials())
            // Each library has its own way to trust a root.
            .env("REQUESTS_CA_BUNDLE", served.ca())
            .env("NODE_EXTRA_CA_CERTS", served.ca())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the handle can be cloned"))
            .stderr(log)
            .spawn()
            .expect("the script can be started");
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = child.try_wait().expect("the child can be waited for") {
                break status;
            }
            if Instant::now() > deadline {
                let _ = child.kill();
                let _ = child.wait();
                panic!("{self:?} took more than {PATIENCE:?}");
            }
            sleep(Duration::from_millis(10));
        };
        let said = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        Some(Ended { is_content: status.success(), said })
    }
}

fn python(script: &str, modules: &str) -> Option<Command> {
    let mut command = Command::new(programs::python(modules)?);
    command.arg(scripts().join(script));
    Some(command)
}
