//! Debian's nginx with static documents and refusals.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::certificates::Certificate;
use super::server::Server;
use super::{documents, programs};

/// What the server is told to speak.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speech {
    pub(super) protocols: &'static str,
    pub(super) ciphers: &'static str,
}

/// As an administrator sets it up today.
pub(super) const MODERN: Speech = Speech { protocols: "TLSv1.2 TLSv1.3", ciphers: "HIGH:!aNULL" };
/// Left as it was ten years ago.
pub(super) const OLD: Speech = Speech { protocols: "TLSv1 TLSv1.1 TLSv1.2", ciphers: "ALL:@SECLEVEL=0" };
/// TLS 1.2 alone.
pub(super) const WITHOUT_1_3: Speech = Speech { protocols: "TLSv1.2", ciphers: "HIGH:!aNULL" };

/// What a second port answers in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InTheClear {
    /// A redirect to https, as most administrators have it.
    Redirect,
    /// The same as over TLS: public documents and refusals.
    Same,
    /// An answer to a search without a token.
    Data,
}

/// Starts nginx, or says that it is not installed.
pub(super) fn start(certificate: Certificate, speech: Speech) -> Option<Server> {
    start_with(certificate, speech, |_, _| String::new())
}

/// Starts nginx with a second port for plain HTTP.
pub(super) fn start_in_the_clear_too(port: u16, answer: InTheClear) -> Option<Server> {
    start_with(Certificate::Good, MODERN, |folder, tls_port| {
        let body = match answer {
            InTheClear::Redirect => format!("return 301 https://localhost:{tls_port}$request_uri;"),
            InTheClear::Same => locations(folder),
            InTheClear::Data => "location / { default_type application/fhir+json;\n\
                 return 200 '{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":0}'; }"
                .to_owned(),
        };
        format!("server {{ listen 127.0.0.1:{port};\n{body} }}")
    })
}

fn start_with(certificate: Certificate, speech: Speech, more: impl Fn(&Path, u16) -> String) -> Option<Server> {
    let [nginx, openssl] = programs::find(["nginx", "openssl"])?;
    Some(Server::start(&openssl, certificate, |folder, files, port| {
        let origin = format!("https://localhost:{port}");
        documents::write(&folder.join("www"), &origin, |text, _| text);
        let listen = format!(
            "listen 127.0.0.1:{port} ssl;\n ssl_certificate {};\n ssl_certificate_key {};\n ssl_protocols {};\n ssl_ciphers {};",
            files.certificate.display(),
            files.key.display(),
            speech.protocols,
            speech.ciphers,
        );
        command(&nginx, folder, &format!("server {{ {listen}\n{} }}\n{}", locations(folder), more(folder, port)))
    }))
}

fn command(nginx: &Path, folder: &Path, servers: &str) -> Command {
    // One process: workers of a server started by root could not read the folder, and one is easily ended.
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {}/{kind};\n", folder.display()))
        .collect();
    let configuration = format!(
        "daemon off;\nmaster_process off;\npid {0}/nginx.pid;\nerror_log {0}/error.log;\nevents {{ }}\n\
         http {{\naccess_log off;\nserver_tokens off;\n{temporary}{servers}\n}}\n",
        folder.display()
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, configuration).expect("the folder is writable");
    let mut command = Command::new(nginx);
    command.arg("-p").arg(folder).arg("-c").arg(&file).arg("-e").arg(folder.join("error.log"));
    command
}

/// The documents, a refusal on every resource type, and 404 elsewhere.
fn locations(folder: &Path) -> String {
    let mut text = format!("root {}/www;\n", folder.display());
    for (_, path, media_type) in documents::DOCUMENTS {
        text += &format!("location = /{path} {{ default_type {media_type}; }}\n");
    }
    let refusal = documents::text("unauthorized.json", "").replace('\n', "");
    let missing = documents::text("not-found.json", "").replace('\n', "");
    text += &format!(
        "location ~ ^/fhir/(Patient|Coverage|ExplanationOfBenefit|Organization|Practitioner|RelatedPerson)(/|$) {{\n\
         default_type application/fhir+json;\nadd_header WWW-Authenticate 'Bearer realm=\"fhir\"' always;\nreturn 401 '{refusal}';\n}}\n\
         location /fhir/ {{ default_type application/fhir+json; return 404 '{missing}'; }}\n\
         location / {{ return 404; }}\n"
    );
    text
}
