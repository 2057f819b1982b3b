//! Prints the budgets of a run as ratios: `cargo bench --profile ci --bench budgets`.
//!
//! Runs the binary as an operator does, against `carinbb serve` in a process of its own, so that time, processor and
//! memory are those of the run alone. Fails nothing: times depend on the machine. Counts are tests (`tests/it/budgets.rs`).

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use carinbb::crypto::verify_x5c_jws;
use carinbb::crypto::x509::{Anchors, RevocationEvidence, examine};
use serde_json::Value;
use time::OffsetDateTime;

const BINARY: &str = env!("CARGO_BIN_EXE_carinbb");
const ROUNDS: usize = 5;

/// What one process took.
#[derive(Debug, Clone, Copy)]
struct Cost {
    wall: f64,
    processor: Option<f64>,
    memory: Option<f64>,
}

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let server = Server::start(folder.path());
    let record = folder.path().join("run.json");
    let report = format!("json={}", record.display());
    let run = |more: &[&str]| {
        let mut command = Command::new(BINARY);
        command.args(["run", &server.base, "--quiet", "--report", &report, "--ca-file"]).arg(&server.ca).args(more);
        best(|| command_like(&command))
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
    row("memory of a run with evidence", whole.memory, 64.0, "MiB");
    row("examining a chain of four", Some(examination() * 1000.0), 2.0, "ms");
    row("--help", Some(best(|| arguments(&["--help"])).wall * 1000.0), 20.0, "ms");
    row("list", Some(best(|| arguments(&["list"])).wall * 1000.0), 20.0, "ms");
}

fn row(name: &str, measured: Option<f64>, budget: f64, unit: &str) {
    match measured {
        Some(measured) => println!("{name:44} {measured:>8.2} {unit:3} {budget:>6} {unit:3} {:>6.2}", measured / budget),
        None => println!("{name:44} not measured on this system"),
    }
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

fn arguments(words: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(words);
    command
}

fn command_like(command: &Command) -> Command {
    let mut copy = Command::new(command.get_program());
    copy.args(command.get_args());
    copy
}

/// The least of each figure: what the machine does beside it only adds.
fn best(command: impl Fn() -> Command) -> Cost {
    let costs: Vec<Cost> = (0..ROUNDS).map(|_| cost(command())).collect();
    let least = |figure: fn(&Cost) -> Option<f64>| costs.iter().filter_map(figure).reduce(f64::min);
    Cost {
        wall: least(|cost| Some(cost.wall)).unwrap_or(f64::NAN),
        processor: least(|cost| cost.processor),
        memory: least(|cost| cost.memory),
    }
}

fn cost(mut command: Command) -> Cost {
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    let mut cost = Cost { wall: 0.0, processor: None, memory: None };
    if cfg!(target_os = "linux") {
        // A process that has ended keeps its processor time, not its memory, until it is waited for.
        while let Some((is_over, processor)) = processor_time(&child) {
            cost.processor = Some(processor);
            if is_over {
                break;
            }
            cost.memory = peak_memory(&child).or(cost.memory);
            sleep(Duration::from_micros(500));
        }
    }
    let status = child.wait().expect("the child can be waited for");
    cost.wall = began.elapsed().as_secs_f64();
    assert!(status.code().is_some_and(|code| code != 2), "the command line was refused: {command:?}");
    cost
}

/// Whether it has ended, and its processor time in seconds.
fn processor_time(child: &Child) -> Option<(bool, f64)> {
    /// Ticks per second of `/proc`, fixed on every Linux of today.
    const TICKS: f64 = 100.0;
    let text = fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((fields.first() == Some(&"Z"), (ticks(11)? + ticks(12)?) / TICKS))
}

/// The most memory that it ever held, in MiB.
fn peak_memory(child: &Child) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let kibibytes =
        text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse::<f64>().ok()?;
    Some(kibibytes / 1024.0)
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
        let ca = folder.join("ca.pem").display().to_string();
        let mut child = arguments(&["serve", "--ca-out", &ca]).stdout(Stdio::piped()).spawn().expect("the binary starts");
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
