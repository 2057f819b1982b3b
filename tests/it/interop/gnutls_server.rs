//! `gnutls-serv --http`, which answers every path with a page of its own: for TLS alone.

use std::process::Command;

use super::certificates::Certificate;
use super::programs;
use super::server::Server;

/// Starts it with these protocol versions, for instance `+VERS-TLS1.2:+VERS-TLS1.3`.
pub(super) fn start(versions: &str) -> Option<Server> {
    let [gnutls, openssl] = programs::find(["gnutls-serv", "openssl"])?;
    Some(Server::start(&openssl, Certificate::Good, |_, files, port| {
        let mut command = Command::new(&gnutls);
        command.args(["--http", "--quiet", "--port"]).arg(port.to_string());
        command.arg("--x509certfile").arg(&files.certificate).arg("--x509keyfile").arg(&files.key);
        command.arg("--priority").arg(format!("NORMAL:-VERS-ALL:{versions}"));
        command
    }))
}
