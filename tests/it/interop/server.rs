//! A foreign server as a child process that is ended with the test.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::certificates::{self, Certificate, Files};

/// A running server. Dropping it ends the process and removes its folder.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// `https://localhost:PORT`
    pub(super) origin: String,
    /// The certificate and its CA.
    pub(super) files: Files,
    /// Removed when the server is dropped.
    _folder: TempDir,
}

impl Server {
    /// `localhost:PORT`
    pub(super) fn place(&self) -> String {
        self.origin.trim_start_matches("https://").to_owned()
    }

    /// Makes the certificate, writes what `prepare` writes, starts what it returns and waits until the port answers.
    pub(super) fn start(openssl: &Path, kind: Certificate, prepare: impl Fn(&Path, &Files, u16) -> Command) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let files = certificates::make(openssl, folder.path(), kind);
        // Between finding a port and binding it another program may take it: once more, then.
        for _ in 0..3 {
            let port = free_port();
            let log = std::fs::File::create(folder.path().join("server.log")).expect("the folder is writable");
            let mut child = prepare(folder.path(), &files, port)
                .current_dir(folder.path())
                .stdin(Stdio::null())
                .stdout(log.try_clone().expect("the handle can be cloned"))
                .stderr(log)
                .spawn()
                .expect("the program can be started");
            if answers(port, &mut child) {
                return Self { child, origin: format!("https://localhost:{port}"), files, _folder: folder };
            }
            end(&mut child);
        }
        let log = std::fs::read_to_string(folder.path().join("server.log")).unwrap_or_default();
        panic!("the server did not start: {log}");
    }

    /// The FHIR base.
    pub(super) fn base(&self) -> String {
        format!("{}/fhir", self.origin)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// A port of the loopback address that nobody listens on just now.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port can be bound");
    listener.local_addr().expect("a bound socket has an address").port()
}

fn answers(port: u16, child: &mut Child) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
            return true;
        }
        if child.try_wait().is_ok_and(|status| status.is_some()) {
            return false;
        }
        sleep(Duration::from_millis(20));
    }
    false
}
