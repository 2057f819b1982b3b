//! `carinbb tls` beside sslyze, at the same nginx, on loopback and 50 ms away: `cargo bench --bench scanners`.
//!
//! Needs nginx, openssl, and in `CARINBB_INTEROP_SCANNERS` a Python with `tests/interop/scanners.txt`. Fails nothing: times depend on
//! the machine, ratios hardly do.

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

mod measure;

use measure::{Cost, arguments, best};

const ROUNDS: usize = 5;
/// Half of 50 ms.
const ONE_WAY: Duration = Duration::from_millis(25);

fn main() {
    let Some(python) = env::var_os("CARINBB_INTEROP_SCANNERS") else {
        println!("not measured: CARINBB_INTEROP_SCANNERS names no Python with sslyze");
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let nginx = Nginx::start(folder.path());
    println!("best of {ROUNDS}, nginx with TLS 1.0 to 1.3 on this machine\n");
    println!("{:36} {:>9} {:>9} {:>10} {:>9}", "", "wall s", "ratio", "processor", "MiB");
    for (name, port) in [("loopback", nginx.port), ("50 ms away", far(nginx.port))] {
        let place = format!("localhost:{port}");
        let sslyze = best(ROUNDS, || {
            let mut command = Command::new(&python);
            command.args(["-m", "sslyze", &place]);
            command
        });
        row(&format!("sslyze, {name}"), sslyze, sslyze);
        row(&format!("carinbb tls, gate, {name}"), best(ROUNDS, || arguments(&["tls", &place])), sslyze);
        let full = best(ROUNDS, || arguments(&["tls", &place, "--tls", "full"]));
        row(&format!("carinbb tls, full, {name}"), full, sslyze);
    }
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let place = format!("127.0.0.1:{}", silent.local_addr().expect("it is bound").port());
    let hang = best(1, || arguments(&["tls", &place, "--timeout", "2s"]));
    println!("\na host that never answers, with a deadline of 2 s: {:.2} s, {:.2} deadlines", hang.wall, hang.wall / 2.0);
}

/// `ratio` is how many times longer sslyze takes.
fn row(name: &str, cost: Cost, sslyze: Cost) {
    let or_nothing = |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.2}"));
    let ratio = sslyze.wall / cost.wall;
    println!("{name:36} {:>9.3} {ratio:>9.1} {:>10} {:>9}", cost.wall, or_nothing(cost.processor), or_nothing(cost.memory));
}

/// A port whose every byte arrives 25 ms after it was sent, in both directions. Only the handshake of TCP is as near as before.
fn far(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let own = listener.local_addr().expect("it is bound").port();
    spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
            let both = [(client.try_clone(), server.try_clone()), (server.try_clone(), client.try_clone())];
            for (from, to) in both {
                if let (Ok(from), Ok(to)) = (from, to) {
                    carry(from, to);
                }
            }
        }
    });
    own
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    spawn(move || {
        let mut buffer = [0; 16_384];
        while let Ok(count) = from.read(&mut buffer) {
            if sender.send((Instant::now() + ONE_WAY, buffer[..count].to_vec())).is_err() || count == 0 {
                return;
            }
        }
    });
    spawn(move || {
        while let Ok((due, bytes)) = receiver.recv() {
            sleep(due.saturating_duration_since(Instant::now()));
            if bytes.is_empty() || to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}

/// nginx as a process of its own, with every version that OpenSSL 3 still speaks.
struct Nginx {
    child: Child,
    port: u16,
}

impl Nginx {
    fn start(folder: &Path) -> Self {
        let at = |name: &str| folder.join(name).display().to_string();
        let names = "-subj /CN=localhost -addext subjectAltName=DNS:localhost";
        let made = Command::new("openssl")
            .args(
                format!("req -x509 -newkey rsa:2048 -nodes -days 30 {names} -keyout {} -out {}", at("key"), at("chain"))
                    .split(' '),
            )
            .stderr(Stdio::null())
            .status();
        assert!(made.is_ok_and(|status| status.success()), "openssl makes a certificate");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|own| own.local_addr()).expect("a port is free").port();
        let temporary: String =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path {};\n", at(kind))).concat();
        let server = format!(
            "listen 127.0.0.1:{port} ssl; ssl_certificate {}; ssl_certificate_key {}; ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; \
             ssl_ciphers ALL:@SECLEVEL=0;",
            at("chain"),
            at("key")
        );
        let text = format!(
            "daemon off;\nmaster_process off;\npid {};\nerror_log {};\nevents {{ }}\nhttp {{\naccess_log off;\n{temporary}server {{ {server} }}\n}}\n",
            at("pid"),
            at("error.log")
        );
        fs::write(at("nginx.conf"), text).expect("the folder is writable");
        let mut command = Command::new("nginx");
        command.args(["-p", &at(""), "-c", &at("nginx.conf"), "-e", &at("error.log")]);
        command.env("PATH", format!("{}:/usr/sbin:/sbin", env::var("PATH").unwrap_or_default()));
        // Whatever happens from here on, dropping it ends the process.
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("nginx can be started");
        let nginx = Self { child, port };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return nginx;
            }
            sleep(Duration::from_millis(20));
        }
        panic!("nginx does not answer: {}", fs::read_to_string(at("error.log")).unwrap_or_default());
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
