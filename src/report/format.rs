//! The formats by name: what `--report FORMAT=FILE` may say.

use std::io;

use crate::engine::Run;
use crate::vocabulary::document::did_you_mean;

use super::{Badge, Csv, Earl, Fhir, GitHub, Html, Json, Junit, Sarif, Tap};

/// Writes one rendering of a record.
pub trait Report {
    /// Renders the whole record.
    ///
    /// # Errors
    /// When `out` fails, or when the rendering would not say what the record says.
    fn write(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()>;
}

/// Settings that shape a rendering.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// A Warn is shown as a failure (`--fail-on warn`).
    pub fail_on_warn: bool,
    /// Where the evidence files lie, relative to the report and with `/`; absent when none are written.
    pub evidence_folder: Option<String>,
}

/// A format that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no report format '{name}': {help}")]
pub struct UnknownFormat {
    name: String,
    help: String,
}

/// Every format.
pub const FORMATS: [&str; 10] = ["json", "junit", "html", "sarif", "github", "csv", "tap", "badge", "fhir", "earl"];

/// The format of that name.
///
/// # Errors
/// When there is none; the message names the nearest.
pub fn by_name(name: &str, options: &Options) -> Result<Box<dyn Report>, UnknownFormat> {
    match name {
        "json" => Ok(Box::new(Json)),
        "junit" => Ok(Box::new(Junit::new(options.clone()))),
        "html" => Ok(Box::new(Html)),
        "sarif" => Ok(Box::new(Sarif)),
        "csv" => Ok(Box::new(Csv)),
        "tap" => Ok(Box::new(Tap::new(options.clone()))),
        "badge" => Ok(Box::new(Badge)),
        "fhir" => Ok(Box::new(Fhir)),
        "earl" => Ok(Box::new(Earl)),
        "github" => Ok(Box::new(GitHub)),
        _ => Err(UnknownFormat { name: name.to_owned(), help: did_you_mean(name, FORMATS) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_format_exists_and_a_typo_is_answered_with_the_nearest() {
        for name in FORMATS {
            assert!(by_name(name, &Options::default()).is_ok(), "{name}");
        }
        let Err(error) = by_name("juint", &Options::default()) else { panic!("juint is no format") };
        assert_eq!(error.to_string(), "there is no report format 'juint': did you mean 'junit'?");
    }
}
