//! Starts a driver and sees to it that it ends with its browsers, whatever becomes of this process.
//!
//! The driver runs in a process group of its own below a small shell that waits at a pipe. When our end of the pipe closes, be it by
//! a clean end, a second ctrl-C or a crash, the shell ends the whole group.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use url::Url;

/// How long a driver may take until it listens.
const PATIENCE: Duration = Duration::from_secs(30);
/// A driver that takes a free port may find that another program has just taken it, and ends.
const TRIES: u32 = 3;

/// The words with which the shell says that the driver did not stay.
const ENDED: &str = "the driver ended";

/// Ends the group a second after it was asked to end by itself; a driver that is asked removes its browsers' profiles.
#[cfg(unix)]
const WATCH: &str = "trap '' TERM INT HUP\n\
    ( trap - TERM INT HUP; \"$@\" < /dev/null; echo 'the driver ended' ) &\n\
    cat > /dev/null\n\
    kill -TERM 0\n\
    sleep 1\n\
    kill -KILL 0\n";

/// A driver that lives as long as this value.
#[derive(Debug)]
pub(super) struct Process {
    /// Where it listens.
    pub url: Url,
    /// Dropping it closes the pipe.
    _child: Child,
}

impl Process {
    /// Starts the program on a free port and waits until it listens.
    pub(super) async fn start(program: &str) -> Result<Self, String> {
        let mut last = String::new();
        for _ in 0..TRIES {
            match Self::start_once(program).await {
                Ok(process) => return Ok(process),
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    async fn start_once(program: &str) -> Result<Self, String> {
        let mut child = command(program).spawn().map_err(|error| unstartable(program, &error.to_string()))?;
        let Some(stdout) = child.stdout.take() else { return Err(unstartable(program, "it has no output")) };
        let mut lines = BufReader::new(stdout).lines();
        let port = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if line == ENDED {
                    break;
                }
                if let Some(port) = port_of(&line) {
                    return Ok(port);
                }
            }
            Err("it ended")
        };
        let port = tokio::time::timeout(PATIENCE, port).await.unwrap_or(Err("it did not say on which port it listens"));
        let port = port.map_err(|why| unstartable(program, why))?;
        // What it says later is of no interest, but a full pipe would hold it up.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let url = Url::parse(&format!("http://127.0.0.1:{port}")).map_err(|error| error.to_string())?;
        Ok(Self { url, _child: child })
    }
}

fn unstartable(program: &str, why: &str) -> String {
    format!("the driver '{program}' cannot be started: {why} (Debian: apt-get install chromium chromium-driver)")
}

/// `… was started successfully on port 43123.`
fn port_of(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("started successfully on port ")?;
    rest.trim().trim_end_matches('.').parse().ok().filter(|port| *port != 0)
}

#[cfg(unix)]
fn command(program: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", WATCH, "sh", program, "--port=0"]).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

#[cfg(not(unix))]
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.arg("--port=0").kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_what_the_driver_says() {
        assert_eq!(port_of("ChromeDriver was started successfully on port 43123."), Some(43123));
        for line in ["Starting ChromeDriver 1 on port 0", "was started successfully on port 0.", ""] {
            assert_eq!(port_of(line), None, "{line}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_that_is_not_there_is_said_at_once_and_one_that_listens_ends_with_us() {
        let error = Process::start("no-such-driver-anywhere").await.unwrap_err();
        assert!(error.contains("no-such-driver-anywhere") && error.contains("chromium-driver"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        let (program, marker) = (folder.path().join("driver"), folder.path().join("ended"));
        let text = format!(
            "#!/bin/sh\ntrap 'echo x > {}; exit' TERM\necho 'D was started successfully on port 7.'\nwhile :; do sleep 0.1; done\n",
            marker.display()
        );
        std::fs::write(&program, text).unwrap();
        std::os::unix::fs::PermissionsExt::set_mode(&mut std::fs::metadata(&program).unwrap().permissions(), 0o755);
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let process = Process::start(program.to_str().unwrap()).await.unwrap();
        assert_eq!(process.url.as_str(), "http://127.0.0.1:7/");
        drop(process);
        for _ in 0..100 {
            if marker.exists() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the driver was not told to end");
    }
}
