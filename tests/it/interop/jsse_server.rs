//! A server of Java's own TLS stack, with all that the stack still has and its properties switch off.

use std::path::Path;
use std::process::{Command, Stdio};

use super::certificates::Certificate;
use super::programs;
use super::server::Server;

const PASSWORD: &str = "changeit";

/// Starts it with these suites, by Java's names, and these protocols.
pub(super) fn start(suites: &[&str], protocols: &str) -> Option<Server> {
    let [java, _, openssl] = programs::find(["java", "javac", "openssl"])?;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/JsseServer.java");
    Some(Server::start(&openssl, Certificate::Good, |folder, files, port| {
        let store = folder.join("server.p12");
        let mut export = Command::new(&openssl);
        export.args(["pkcs12", "-export", "-passout", &format!("pass:{PASSWORD}")]);
        export.arg("-in").arg(&files.certificate).arg("-inkey").arg(&files.key).arg("-out").arg(&store);
        let done = export.stdin(Stdio::null()).stderr(Stdio::null()).status();
        assert!(done.is_ok_and(|status| status.success()), "openssl makes the key store");
        let mut command = Command::new(&java);
        command.arg(&source).arg(port.to_string()).arg(&store).args([PASSWORD, &suites.join(","), protocols]);
        command
    }))
}
