//! A laboratory CA and one server certificate, made with the openssl command line and not with the libraries under test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Certificate {
    /// Of the laboratory CA, in date, for `localhost`.
    Good,
    /// Signed by itself.
    SelfSigned,
    /// Signed by itself, under the name of the laboratory CA.
    NamesakeOfTheRoot,
    /// Of the laboratory CA, for another host.
    WrongHost,
    /// Of the laboratory CA, of last decade.
    Expired,
}

/// The files of one server, below the folder of the server.
#[derive(Debug)]
pub(super) struct Files {
    /// The root that the operator trusts.
    pub(super) ca: PathBuf,
    /// What the server sends.
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

const ROOT: &str = "carinbb_interop_CA";
const CONFIGURATION: &str = "
[req]
distinguished_name = name
prompt = no
[name]
CN = carinbb interop
[ca]
default_ca = laboratory
[laboratory]
database = index.txt
rand_serial = yes
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_days = 90
policy = any
[any]
commonName = supplied
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
subjectAltName = @names
[names]
";

/// Makes the CA and the certificate in `folder`.
pub(super) fn make(openssl: &Path, folder: &Path, kind: Certificate) -> Files {
    let names = if kind == Certificate::WrongHost { "DNS.1 = other.example\n" } else { "DNS.1 = localhost\nIP.1 = 127.0.0.1\n" };
    fs::write(folder.join("openssl.cnf"), format!("{CONFIGURATION}{names}")).expect("the folder is writable");
    fs::write(folder.join("index.txt"), "").expect("the folder is writable");
    let run = |arguments: &str| run(openssl, folder, arguments);
    let new_key = "req -config openssl.cnf -newkey rsa:2048 -nodes";
    run(&format!("{new_key} -x509 -extensions root -days 90 -subj /CN={ROOT} -keyout ca.key -out ca.pem"));
    let self_signed = |name: &str| {
        run(&format!("{new_key} -x509 -extensions leaf -days 90 -subj /CN={name} -keyout server.key -out server.pem"));
    };
    match kind {
        // Not CN=localhost: a root of that name lies in the store of many a Debian machine.
        Certificate::SelfSigned => self_signed("carinbb_interop_server"),
        Certificate::NamesakeOfTheRoot => self_signed(ROOT),
        Certificate::Good | Certificate::WrongHost | Certificate::Expired => {
            run(&format!("{new_key} -subj /CN=localhost -keyout server.key -out server.csr"));
            let dates = if kind == Certificate::Expired { "-startdate 20150101000000Z -enddate 20160101000000Z" } else { "" };
            run(&format!("ca -config openssl.cnf -batch -notext -extensions leaf {dates} -in server.csr -out server.pem"));
        }
    }
    Files { ca: folder.join("ca.pem"), certificate: folder.join("server.pem"), key: folder.join("server.key") }
}

fn run(openssl: &Path, folder: &Path, arguments: &str) {
    let output = Command::new(openssl)
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env_remove("OPENSSL_CONF")
        .stdin(Stdio::null())
        .output()
        .expect("openssl can be started");
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}
