//! Prints the budgets of a run as ratios: `cargo bench --bench budgets`.
//!
//! Runs the binary as an operator does, against `carinbb serve` in a process of its own, so that time, processor and
//! memory are those of the run alone. Fails nothing: times depend on the machine. Counts are tests (`tests/it/budgets.rs`).

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use carinbb::crypto::lab::{KeyKind, Lab, LabKeys, Shape};
use carinbb::crypto::verify_x5c_jws;
use carinbb::crypto::x509::{Anchors, RevocationEvidence, examine};
use serde_json::Value;
use time::OffsetDateTime;

mod measure;

use measure::{arguments, best};

const BINARY: &str = env!("CARGO_BIN_EXE_carinbb");
const ROUNDS: usize = 5;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let server = Server::start(folder.path());
    let record = folder.path().join("run.json");
    let report = format!("json={}", record.display());
    let run = |more: &[&str]| {
        let mut command = Command::new(BINARY);
        command.args(["run", &server.base, "--quiet", "--report", &report, "--ca-file"]).arg(&server.ca).args(more);
        best(ROUNDS, || command_like(&command))
    };
    let whole = run(&[]);
    let traffic = read(&record);
    let discovery = run(&["--select", "tls,discovery,capabilities,scopes"]);
    let wide = run(&["--in-flight", "32"]);
    println!("best of {ROUNDS}, against the reference server on this machine\n");
    println!("{:44} {:>10} {:>10} {:>7}", "", "measured", "budget", "ratio");
    let count = |name: &str| traffic["traffic"][name].as_f64().unwrap_or(f64::NAN);
    row("requests of a default run", Some(count("sent_requests")), 60.0, "");
    row("TLS probes per host:port", Some(count("sent_probes") / ports(&traffic)), 12.0, "");
    row("whole run, wall, 6 in flight", Some(whole.wall), 3.0, "s");
    row("whole run, wall, 32 in flight", Some(wide.wall), 3.0, "s");
    row("discovery and TLS, processor", discovery.processor, 0.5, "s");
    row("every report of a whole run, processor", reports(&record, folder.path()).processor, 0.3, "s");
    row("memory of a run with evidence", whole.memory, 64.0, "MiB");
    row("UDAP without waits, 50 ms, 32 in flight", Some(udap(folder.path())), 1.5, "s");
    row("120 certificates of a laboratory", Some(certificates()), 0.5, "s");
    row("examining a chain of four", Some(examination() * 1000.0), 2.0, "ms");
    row("--help", Some(best(ROUNDS, || arguments(&["--help"])).wall * 1000.0), 20.0, "ms");
    row("list", Some(best(ROUNDS, || arguments(&["list"])).wall * 1000.0), 20.0, "ms");
}

/// Every format from one record, as `carinbb report` writes them.
fn reports(record: &Path, folder: &Path) -> measure::Cost {
    let each =
        carinbb::report::FORMATS.iter().map(|format| format!("{format}={}", folder.join(format!("report.{format}")).display()));
    let wanted = each.collect::<Vec<_>>().join(",");
    best(ROUNDS, || {
        let mut command = Command::new(BINARY);
        command.arg("report").arg(record).args(["--report", &wanted]);
        command
    })
}

fn row(name: &str, measured: Option<f64>, budget: f64, unit: &str) {
    match measured {
        Some(measured) => println!("{name:44} {measured:>8.2} {unit:3} {budget:>6} {unit:3} {:>6.2}", measured / budget),
        None => println!("{name:44} not measured on this system"),
    }
}

/// Seconds that the cases of UDAP take where every answer comes 50 ms late: from the first request of a case to the last. What waits on
/// purpose is left out.
#[allow(clippy::cast_precision_loss, reason = "a few thousand milliseconds")]
fn udap(folder: &Path) -> f64 {
    let path = |name: &str| folder.join(name).display().to_string();
    let lab = path("lab");
    let made = arguments(&["pki", "init", &lab]).stdout(Stdio::null()).status().expect("the binary starts");
    assert!(made.success(), "the laboratory is made");
    let (target, roots) = (path("udap.toml"), path("udap-roots.pem"));
    let (first, second) = (path("lab/root.pem"), path("lab/second-root.pem"));
    let anchors = ["--udap-anchors", &first, "--udap-community", "urn:a", "--udap-anchors", &second, "--udap-community", "urn:b"];
    let files = ["--latency", "50ms", "--target-out", &target, "--udap-ca-out", &roots];
    let server = Server::with(folder, &[&files[..], &anchors].concat());
    let ours = format!("\n[udap]\npki = \"{lab}\"\nanchors = [\"{roots}\"]\ncommunities = [\"urn:a\", \"urn:b\"]\n");
    let theirs = fs::read_to_string(&target).expect("serve wrote the target file");
    fs::write(&target, theirs + &ours).expect("the folder is writable");
    let record = folder.join("udap.json");
    let report = format!("json={}", record.display());
    let chosen = ["--select", "udap,b2b", "--skip", "udap.assertion-replay-2s,udap.statement-replay-2s", "--in-flight", "32"];
    let given = ["run", "--target", &target, "--ca-file", &server.ca, "--quiet", "--report", &report];
    let times = (0..ROUNDS).map(|_| {
        let status = arguments(&[&given[..], &chosen].concat()).stdout(Stdio::null()).status().expect("the binary starts");
        assert!(status.success(), "a clean server is clean");
        let run = read(&record);
        let of = |case: &Value, name: &str| case[name].as_u64().unwrap_or_default();
        let cases = || run["cases"].as_array().into_iter().flatten();
        let begun = cases().map(|case| of(case, "started_ms")).min().unwrap_or_default();
        let ended = cases().map(|case| of(case, "started_ms") + of(case, "elapsed_ms")).max().unwrap_or_default();
        ended.saturating_sub(begun) as f64 / 1000.0
    });
    times.fold(f64::INFINITY, f64::min)
}

/// Seconds that the certificates of a run take, the laboratory itself included.
fn certificates() -> f64 {
    let began = Instant::now();
    let lab = Lab::new(LabKeys::well_known(), None, OffsetDateTime::now_utc()).expect("the laboratory is made");
    for number in 0..120 {
        let kind = [KeyKind::Rsa, KeyKind::Ec256, KeyKind::Ec384][number % 3];
        let uri = format!("https://client.carinbb.example/{number}");
        lab.credential(&[uri], Shape::Right, kind, OffsetDateTime::now_utc()).expect("a certificate is made");
    }
    began.elapsed().as_secs_f64()
}

/// Seconds that one UDAP chain of four certificates takes: parsed, a path found, every rule judged.
fn examination() -> f64 {
    const TIMES: u32 = 200;
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/udap/vectors/index.json"))
        .expect("the vectors are there");
    let index: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    let vectors = index["vectors"].as_array().expect("the vectors are a list");
    let vector = vectors.iter().find(|vector| vector["name"] == "chain-of-four").expect("the vector is there");
    let jws = verify_x5c_jws(vector["jws"].as_str().expect("the vector is a JWS"));
    let anchor = vector["anchors"][0].as_str().expect("the vector has an anchor");
    let mut anchors = Anchors::nothing();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{anchor}\n-----END CERTIFICATE-----\n");
    anchors.trust_pem(pem.as_bytes()).expect("the anchor can be read");
    let at = OffsetDateTime::from_unix_timestamp(index["at"].as_i64().expect("a time")).expect("a time");
    let began = Instant::now();
    for _ in 0..TIMES {
        let examination = examine(&jws.chain, &[], &anchors, at, &RevocationEvidence::default());
        assert_eq!(examination.trusted(), Some(true));
    }
    began.elapsed().as_secs_f64() / f64::from(TIMES)
}

fn command_like(command: &Command) -> Command {
    let mut copy = Command::new(command.get_program());
    copy.args(command.get_args());
    copy
}

fn read(file: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(file).expect("the record was written")).expect("the record is JSON")
}

/// How many hosts and ports were probed.
#[allow(clippy::cast_precision_loss, reason = "a handful")]
fn ports(record: &Value) -> f64 {
    let exchanges = record["evidence"].as_array().into_iter().flatten().map(|entry| &entry["exchange"]["record"]);
    let tls = exchanges.filter(|exchange| exchange["kind"] == "tls");
    let mut ports: Vec<String> = tls.map(|exchange| format!("{}:{}", exchange["host"], exchange["port"])).collect();
    ports.sort();
    ports.dedup();
    ports.len() as f64
}

/// `carinbb serve` in a process of its own.
struct Server {
    child: Child,
    base: String,
    ca: String,
}

impl Server {
    fn start(folder: &Path) -> Self {
        Self::with(folder, &[])
    }

    fn with(folder: &Path, flags: &[&str]) -> Self {
        let ca = folder.join(format!("ca-{}.pem", flags.len())).display().to_string();
        let mut child =
            arguments(&[&["serve", "--ca-out", &ca], flags].concat()).stdout(Stdio::piped()).spawn().expect("the binary starts");
        let mut output = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("serve prints its base first");
        let base = line.split_whitespace().last().unwrap_or_default().to_owned();
        assert!(base.starts_with("https://"), "serve printed '{}'", line.trim());
        // Whatever it prints later must not fill the pipe.
        std::thread::spawn(move || output.read_to_string(&mut String::new()));
        Self { child, base, ca }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
