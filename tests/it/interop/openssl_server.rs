//! `openssl s_server`, which sends files as whole HTTP answers and answers 200 to what it does not have.

use std::process::Command;

use super::certificates::Certificate;
use super::server::Server;
use super::{documents, programs};

/// Starts `openssl s_server -HTTP` with further options.
pub(super) fn start(options: &[&str]) -> Option<Server> {
    let [openssl] = programs::find(["openssl"])?;
    Some(Server::start(&openssl, Certificate::Good, |folder, files, port| {
        let origin = format!("https://localhost:{port}");
        documents::write(folder, &origin, |text, media_type| {
            format!("HTTP/1.0 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n\r\n{text}", text.len())
        });
        let mut command = Command::new(&openssl);
        command.args(["s_server", "-quiet", "-HTTP", "-accept"]).arg(port.to_string());
        command.arg("-cert").arg(&files.certificate).arg("-key").arg(&files.key);
        command.args(options);
        command
    }))
}
