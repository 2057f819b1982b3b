//! What a process takes: wall time, processor time and memory of the best of a few runs.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What one process took.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Seconds on the clock.
    pub wall: f64,
    /// Seconds of processor time; nothing where the system does not say.
    pub processor: Option<f64>,
    /// MiB at most; nothing where the system does not say.
    pub memory: Option<f64>,
}

/// The binary under test, with these arguments.
pub fn arguments(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carinbb"));
    command.args(words);
    command
}

/// The least of each figure: what the machine does beside it only adds.
pub fn best(rounds: usize, command: impl Fn() -> Command) -> Cost {
    let costs: Vec<Cost> = (0..rounds).map(|_| cost(command())).collect();
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
