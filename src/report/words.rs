//! Words of the record for people, the same in every format.

use crate::engine::record::{RequirementResult, Tested};
use crate::vocabulary::Verdict;

/// How far a requirement was tested. What was blocked or broke was tried, and that is not a test.
#[must_use]
pub(super) fn how_far(row: &RequirementResult) -> &'static str {
    match row.verdict {
        Some(Verdict::Blocked | Verdict::Error) => return "could not be determined",
        Some(Verdict::NotApplicable) => return "does not apply",
        Some(Verdict::Pass | Verdict::Note | Verdict::Warn | Verdict::Fail) | None => {}
    }
    match row.tested {
        _ if row.attested == Some(true) => "attested: yes",
        _ if row.attested == Some(false) => "attested: no",
        Tested::Fully => "tested",
        Tested::InPart => "tested in part",
        Tested::NotSelected => "left out of this run",
        Tested::Declined => "declined by the operator",
        Tested::Attestation => "for a person to attest",
        Tested::NotTestable => "cannot be tested",
        Tested::Uncovered => "no case yet",
    }
}

/// Every verdict, the gravest first.
pub(super) const VERDICTS: [Verdict; 7] =
    [Verdict::Fail, Verdict::Error, Verdict::Blocked, Verdict::Warn, Verdict::Note, Verdict::Pass, Verdict::NotApplicable];

/// A link that is safe to follow and to print in an attribute; none for anything but http and https.
#[must_use]
pub(super) fn link(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    is_web.then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h28_only_web_addresses_become_links() {
        assert_eq!(link("https://hl7.org/fhir").as_deref(), Some("https://hl7.org/fhir"));
        for other in ["javascript:alert(1)", "data:text/html,x", "//x", "", "https://user:pw@x/", "JaVaScRiPt:x", "vbscript:x"] {
            assert_eq!(link(other), None, "{other}");
        }
    }
}
