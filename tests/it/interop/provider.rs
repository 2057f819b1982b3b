//! django-oauth-toolkit, an authorization server that others wrote, with a FHIR stub that asks it about tokens.

use std::path::PathBuf;
use std::process::Command;

use super::certificates::Certificate;
use super::clients::scripts;
use super::programs;
use super::server::Server;

/// A running provider.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) server: Server,
}

impl Provider {
    /// Starts it, or says what is missing.
    pub(super) fn start() -> Option<Self> {
        let [openssl] = programs::find(["openssl"])?;
        let python = programs::python("django, oauth2_provider, jwcrypto")?;
        let server = Server::start(&openssl, Certificate::Good, |folder, files, port| {
            let mut command = Command::new(&python);
            command.arg(scripts().join("provider.py")).arg(folder).arg(port.to_string());
            command.arg(&files.certificate).arg(&files.key).arg(&files.ca).env("PYTHONDONTWRITEBYTECODE", "1");
            command
        });
        Some(Self { server })
    }

    /// The target file that it wrote before it listened.
    pub(super) fn target(&self) -> PathBuf {
        self.server.files.ca.with_file_name("target.toml")
    }
}
