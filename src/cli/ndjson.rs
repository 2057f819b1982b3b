//! The run as it goes on, for programs: one JSON object per event and line (`--format ndjson`).
//!
//! ```json
//! {"event":"started","header":{…},"plan":[…]}
//! {"event":"case-started","case":{…}}
//! {"event":"waiting","case":{…},"seconds":41}
//! {"event":"case-finished","result":{…}}
//! {"event":"finished","run":{…}}
//! ```
//! `finished` has everything of the record but `cases`, which went before; evidence is included.

use std::io;

use serde_json::{Value, json};

use crate::engine::{Event, Listener};
use crate::report::plain_json;

/// Writes events as lines, each flushed.
#[derive(Debug)]
pub struct Ndjson<W> {
    out: W,
    open: bool,
}

impl<W: io::Write + Send> Ndjson<W> {
    /// Writes to `out`. A pipe that was closed silences it for good.
    pub fn new(out: W) -> Self {
        Self { out, open: true }
    }

    fn line(&mut self, value: &Value) -> io::Result<()> {
        let line = plain_json(&value.to_string());
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }
}

impl<W: io::Write + Send> Listener for Ndjson<W> {
    fn notice(&mut self, event: &Event<'_>) {
        if self.open {
            self.open = self.line(&as_json(event)).is_ok();
        }
    }
}

fn as_json(event: &Event<'_>) -> Value {
    match event {
        Event::Started { header, plan, traffic, .. } => {
            json!({ "event": "started", "header": header, "plan": plan, "traffic": traffic })
        }
        Event::CaseStarted { case } => json!({ "event": "case-started", "case": case }),
        Event::Waiting { case, seconds } => json!({ "event": "waiting", "case": case, "seconds": seconds }),
        Event::CaseFinished { result } => json!({ "event": "case-finished", "result": result }),
        Event::Finished { run } => {
            let mut run = json!(run);
            if let Some(fields) = run.as_object_mut() {
                fields.shift_remove("cases");
            }
            json!({ "event": "finished", "run": run })
        }
    }
}
