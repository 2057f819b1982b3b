//! `carinbb tls`: the page, its codes, and what it says of hosts that are not there or speak something else.

use std::io::Write as _;
use std::net::TcpListener;
use std::thread;

use serde_json::Value;

use super::tool::{Served, Tool};

/// The host and port of the FHIR base.
fn place(served: &Served) -> String {
    let after = served.base.strip_prefix("https://").expect("the base is https");
    after.split('/').next().expect("the base has a host").to_owned()
}

/// A port of the loopback that greets like this and nothing else.
fn greeter(greeting: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let place = listener.local_addr().expect("it is bound").to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.write_all(greeting);
        }
    });
    place
}

/// A port on which nobody listens any more.
fn closed(address: &str) -> u16 {
    let listener = TcpListener::bind((address, 0)).expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

#[test]
fn a_good_host_is_0_and_its_page_fits_eighty_columns_with_every_part() {
    let served = Served::new([]);
    let printed = Tool::new().args(["tls", &place(&served), "--ca-file", &served.ca_text]).exits(0);
    let wide: Vec<&str> = printed.stdout.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    let printed = ["Versions", "TLS 1.3 yes", "TLS 1.2 yes", "TLS 1.1 no", "SSL 2 no", "Weak suites", "none accepted"]
        .into_iter()
        .chain(["Certificate", "trusted yes, by a root of --ca-file", "secure renegotiation yes", "Findings none", "--tls full"])
        .fold(printed, super::tool::Printed::stdout_has);
    assert!(printed.stdout.starts_with(&place(&served)), "{}", printed.stdout);
    printed.stderr_is_empty();
}

#[test]
fn the_long_look_lists_suites_with_their_standing_and_groups() {
    let served = Served::new([]);
    let printed = Tool::new().args(["tls", &place(&served), "--ca-file", &served.ca_text, "--tls", "full"]).exits(0);
    let wide: Vec<&str> = printed.stdout.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    printed
        .stdout_has("Suites of TLS 1.2")
        .stdout_has("recommended TLS_ECDHE_")
        .stdout_has("groups of TLS 1.3")
        .stdout_has("hello in small records answered")
        .stdout_lacks("--tls full");
}

#[test]
fn what_is_wrong_is_1_with_the_rows_that_it_is_about() {
    let served = Served::new(["--fault", "tls-1.0-enabled", "--fault", "certificate-expired"]);
    let arguments = ["tls", &place(&served), "--ca-file", &served.ca_text];
    Tool::new()
        .args(arguments)
        .exits(1)
        .stdout_has("TLS 1.0 yes")
        .stdout_has("TLS 1.0 is negotiated (us-core-security/tls-1, bcp195/versions-1, carin-bb/exchange-1)")
        .stdout_has("expired at");
    let seen = Tool::new().args(arguments.into_iter().chain(["--json"])).exits(1).json();
    assert_eq!(seen["negotiated"], serde_json::json!(["1.3", "1.2", "1.0"]));
    assert_eq!((&seen["speaks"], &seen["certificate"]["trusted"]), (&Value::Bool(true), &Value::Bool(false)));
    assert!(seen["findings"].as_array().is_some_and(|all| all.len() >= 2), "{seen}");
    let without_root = Tool::new().args(["tls", &place(&served)]).exits(1);
    without_root.stdout_has("trusted no").stdout_has("carin-bb/general-3");
}

#[test]
fn who_is_not_there_speaks_something_else_or_says_nothing_is_3_each_in_its_own_words() {
    let dead = format!("127.0.0.1:{}", closed("127.0.0.1"));
    Tool::new().args(["tls", &dead]).exits(3).stdout_has("not reached: the connection was refused").stdout_lacks("Versions");
    Tool::new()
        .args(["tls", &greeter(b"SSH-2.0-OpenSSH_9.6\r\n"), "--timeout", "2s"])
        .exits(3)
        .stdout_has("the port does not speak TLS: it says 'SSH-2.0-OpenSSH_9.6");
    let http = greeter(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    Tool::new().args(["tls", &http, "--timeout", "2s"]).exits(3).stdout_has("it says 'HTTP/1.1 400 Bad Request");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let silent = silent.local_addr().map(|address| (address.to_string(), silent)).expect("it is bound");
    Tool::new()
        .args(["tls", &silent.0, "--timeout", "1s", "--tls", "full"])
        .exits(3)
        .stdout_has("not known: no offer at all is negotiated: no answer until the deadline");
}

#[test]
fn addresses_ports_and_what_is_no_host_are_read_as_they_are_written() {
    let six = format!("[::1]:{}", closed("127.0.0.1"));
    let printed = Tool::new().args(["tls", &six, "--timeout", "2s"]).exits(3);
    assert!(printed.stdout.starts_with(&six), "{}", printed.stdout);
    let seen = Tool::new().args(["tls", "nobody.invalid", "--timeout", "2s", "--json"]).exits(3).json();
    assert_eq!((&seen["host"], &seen["port"]), (&Value::from("nobody.invalid"), &Value::from(443)));
    assert_eq!(seen["speaks"], false);
    for wrong in ["http://127.0.0.1", "127.0.0.1:port", "a b"] {
        Tool::new().args(["tls", wrong]).exits(2).stdout_is_empty().stderr_has("is no host");
    }
    Tool::new().args(["tls", "127.0.0.1:1", "--ca-file", "none.pem"]).exits(2).stderr_has("cannot read none.pem");
}
