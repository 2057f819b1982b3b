//! NDJSON: one flushed object per event, each on a line of its own whatever a target sends.

use std::io;
use std::sync::{Arc, Mutex};

use carinbb::cli::ndjson::Ndjson;
use carinbb::engine::{Event, Listener};
use serde_json::Value;

use crate::sample_run;

/// Keeps what was written, flush by flush.
#[derive(Clone, Default)]
struct Flushed(Arc<Mutex<(Vec<u8>, Vec<String>)>>);

impl io::Write for Flushed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().0.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        let mut inner = self.0.lock().unwrap();
        let text = String::from_utf8(std::mem::take(&mut inner.0)).unwrap();
        inner.1.push(text);
        Ok(())
    }
}

#[test]
fn h31_each_event_is_one_line_of_json_and_flushed() {
    let run = sample_run::hostile();
    let plan = sample_run::plan(&run);
    let out = Flushed::default();
    let mut listener = Ndjson::new(out.clone());
    listener.notice(&Event::Started {
        header: &run.header,
        plan: &plan,
        traffic: &run.traffic,
        documents: &carinbb::verbs::Documents::default(),
    });
    listener.notice(&Event::CaseStarted { case: &plan[1] });
    listener.notice(&Event::Waiting { case: &plan[1], seconds: 41 });
    listener.notice(&Event::CaseFinished { result: &run.cases[1] });
    listener.notice(&Event::Finished { run: &run });
    let lines = out.0.lock().unwrap().1.clone();
    let events: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["started", "case-started", "waiting", "case-finished", "finished"]);
    for line in &lines {
        let text = line.strip_suffix('\n').expect("a line ends");
        assert!(text.chars().all(|c| !c.is_control() && c != '\u{202e}' && c != '\u{2028}') && !text.contains("##["), "{text}");
    }
    assert_eq!(events[2]["seconds"], 41);
    assert_eq!(events[3]["result"], serde_json::to_value(&run.cases[1]).unwrap());
    assert_eq!(events[4]["run"]["claim"]["exit_code"], 1);
    assert!(events[4]["run"].get("cases").is_none() && events[4]["run"]["evidence"].is_array());
}
