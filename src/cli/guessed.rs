//! Flags that people know from other tools, and what they are called here.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The flag as others call it, and the sentence that helps.
const GUESSED: [(&str, &str); 14] = [
    ("--json", "--format json prints the run record, --report json=FILE writes it"),
    ("--ndjson", "--format ndjson prints each event as it happens"),
    ("--junit", "--report junit=FILE writes it"),
    ("--html", "--report html=FILE writes it"),
    ("--sarif", "--report sarif=FILE writes it"),
    ("--insecure", "no flag passes over a certificate; --ca-file ROOT.pem trusts a private root"),
    ("-k", "no flag passes over a certificate; --ca-file ROOT.pem trusts a private root"),
    ("--ca", "--ca-file ROOT.pem trusts a private root"),
    ("--cacert", "--ca-file ROOT.pem trusts a private root"),
    ("--cert", "--client-cert FILE and --client-key FILE"),
    ("--url", "the address stands without a flag: carinbb run https://fhir.payer.example/r4"),
    ("--base", "the address stands without a flag: carinbb run https://fhir.payer.example/r4"),
    ("--dry-run", "--plan names every case and what it would send, and sends nothing"),
    ("--only", "the ids of cases or areas stand without a flag: carinbb run FILE tls discovery"),
];

/// What to write instead of the flag that clap does not know; nothing for other mistakes and for flags that nobody would guess.
#[must_use]
pub fn help(error: &clap::Error) -> Option<&'static str> {
    let (ErrorKind::UnknownArgument, Some(ContextValue::String(flag))) = (error.kind(), error.get(ContextKind::InvalidArg))
    else {
        return None;
    };
    let name = flag.split('=').next().unwrap_or_default();
    GUESSED.iter().find(|(guessed, _)| *guessed == name).map(|(_, help)| *help)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::Cli;

    fn help_for(flag: &str) -> Option<&'static str> {
        help(&Cli::try_parse_from(["carinbb", "run", flag]).unwrap_err())
    }

    #[test]
    fn a_flag_of_another_tool_gets_a_sentence_and_a_slip_of_the_pen_none() {
        for (flag, _) in GUESSED {
            assert!(help_for(flag).is_some(), "{flag} is a flag of ours by now, or clap names it otherwise");
        }
        assert_eq!(help_for("--junit=out.xml"), help_for("--junit"));
        assert_eq!(help_for("--fromat"), None);
    }
}
