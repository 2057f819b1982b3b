//! The JSON that a badge service of the Shields kind reads.
//!
//! Green is for a conformant server only: a run in which nothing failed says how much it looked at, in blue.

use std::io;

use crate::engine::Run;
use crate::engine::record::Claim;
use crate::vocabulary::escape;

use super::{Report, plain_json};

/// An endpoint badge, schema version 1.
#[derive(Debug, Clone, Copy)]
pub struct Badge;

impl Report for Badge {
    fn write(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        let label = run.header.profiles.first().map_or("carinbb".to_owned(), |profile| escape(&profile.title));
        let (message, color) = message(&run.claim, run.complete);
        let badge = serde_json::json!({
            "schemaVersion": 1, "label": label, "message": message, "color": color, "isError": color == "red",
        });
        writeln!(out, "{}", plain_json(&serde_json::to_string_pretty(&badge)?))
    }
}

fn message(claim: &Claim, complete: bool) -> (String, &'static str) {
    let Claim { shall, tested, met, not_met, denied, undetermined, .. } = claim;
    if !complete {
        return ("interrupted".to_owned(), "lightgrey");
    }
    let broken = not_met + denied;
    if broken > 0 {
        return (format!("{broken} SHALL not met"), "red");
    }
    if *undetermined > 0 {
        return (format!("{undetermined} SHALL undetermined"), "orange");
    }
    if claim.conformant {
        return ("conformant".to_owned(), "brightgreen");
    }
    let color = if *met > 0 && claim.exit_code == 0 { "blue" } else { "lightgrey" };
    (format!("{tested} of {shall} SHALL tested, {met} met"), color)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(conformant: bool, not_met: u64, undetermined: u64) -> Claim {
        let (shall, tested, met) = (9, 4, 4);
        let (text, not_applicable, not_tested, exit_code) = (String::new(), 0, Vec::new(), 0);
        let (waived, attested, denied) = (0, 0, 0);
        Claim {
            text,
            conformant,
            shall,
            not_applicable,
            tested,
            met,
            not_met,
            waived,
            attested,
            denied,
            undetermined,
            not_tested,
            exit_code,
        }
    }

    #[test]
    fn only_a_conformant_server_gets_a_green_badge() {
        assert_eq!(message(&claim(true, 0, 0), true), ("conformant".into(), "brightgreen"));
        assert_eq!(message(&claim(false, 0, 0), true), ("4 of 9 SHALL tested, 4 met".into(), "blue"));
        assert_eq!(message(&claim(false, 1, 3), true).1, "red");
        assert_eq!(message(&claim(false, 0, 3), true).1, "orange");
        assert_eq!(message(&claim(true, 0, 0), false).1, "lightgrey");
    }
}
