//! A payer that the test scripts, reached as a public address through `--proxy`, and a canary that nobody may visit.
//!
//! A target on loopback would make all of loopback legitimate. Behind a proxy the target is public while every packet
//! stays on this machine, and the proxy hears each place that the run wants to go to.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::child::{Finished, run};

/// The base of the payer: a public address that no packet goes to.
pub(super) const BASE: &str = "http://8.8.8.8/fhir";

/// What the payer answers to a path: status, further header lines, body.
pub(super) type Script = fn(&str, u16) -> (u16, String, String);

/// Runs the binary against a payer with this script; gives the run, what the proxy heard, and the visits to the canary.
pub(super) fn run_against(script: Script, arguments: &[&str]) -> (Finished, Vec<String>, usize) {
    let (canary, visits) = canary();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let proxy = format!("http://{}", listener.local_addr().expect("it is bound"));
    let ears = Arc::clone(&heard);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let ears = Arc::clone(&ears);
            thread::spawn(move || serve(stream, script, canary, &ears));
        }
    });
    let fixed = [BASE, "--proxy", &proxy, "--allow-http", "--timeout", "5s"];
    let finished = run(&[&fixed[..], arguments].concat(), &[]);
    let heard = heard.lock().expect("nobody panics with it").clone();
    (finished, heard, visits.load(Ordering::SeqCst))
}

/// A listener on loopback that counts its visitors.
pub(super) fn canary() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let visits = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&visits);
    thread::spawn(move || listener.incoming().for_each(|_| _ = counter.fetch_add(1, Ordering::SeqCst)));
    (port, visits)
}

/// One request in absolute form is answered by the script; a tunnel is written down and refused.
fn serve(mut stream: TcpStream, script: Script, canary: u16, heard: &Mutex<Vec<String>>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let Some(line) = head.lines().next() else { return };
    heard.lock().expect("nobody panics with it").push(line.to_owned());
    let path = line.split(' ').nth(1).and_then(|url| url.strip_prefix(BASE));
    let (status, headers, body) = match path {
        Some(path) => script(path, canary),
        None => (502, String::new(), String::new()),
    };
    let head = format!("HTTP/1.1 {status} S\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body.as_bytes());
    let _ = stream.flush();
}

/// smart-configuration with these endpoints, and a `CapabilityStatement`; 404 for everything else.
pub(super) fn documents(path: &str, endpoints: &[(&str, String)]) -> (u16, String, String) {
    let json_type = "content-type: application/json\r\n".to_owned();
    match path {
        "/.well-known/smart-configuration" => {
            let mut document = json!({ "capabilities": ["launch-standalone"], "scopes_supported": ["openid"] });
            for (name, url) in endpoints {
                document[*name] = Value::from(url.as_str());
            }
            (200, json_type, document.to_string())
        }
        "/metadata" => {
            let statement = json!({ "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": [] });
            (200, "content-type: application/fhir+json\r\n".to_owned(), statement.to_string())
        }
        _ => (404, json_type, r#"{"resourceType":"OperationOutcome","issue":[]}"#.to_owned()),
    }
}
