//! `attestations.toml`: what a person states of requirements that no view from outside can settle.

use std::sync::Arc;

use time::Date;

use super::waiver::day;
use crate::vocabulary::RequirementId;
use crate::vocabulary::document::{Problems, Reader, Source, Span, parse};

/// What one person states for one server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attestations {
    /// The FHIR base that they are about.
    pub target: String,
    /// One per requirement.
    pub all: Vec<Attestation>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// The requirement.
    pub requirement: RequirementId,
    /// The sentence that was answered.
    pub statement: String,
    /// True for yes.
    pub is_met: bool,
    /// Who states it.
    pub name: String,
    /// As what.
    pub role: String,
    /// On which day, as `2027-03-31`.
    pub date: String,
    /// What else is to be said; may be empty.
    pub note: String,
    /// A document that shows it.
    pub attachment: Option<Attachment>,
    /// Where it stands in its file.
    pub at: Span,
}

/// A document that an attestation rests on. It is named by its digest and never copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its path, from the folder of the file.
    pub file: String,
    /// SHA-256 of its bytes in hex.
    pub sha256: String,
}

/// Reads a file of attestations. What is wrong is reported, and the statement left out.
#[must_use]
pub fn read_attestations(source: &Arc<Source>, problems: &Problems, today: Date) -> Attestations {
    let table = parse(source, problems);
    let reader = Reader::new(source, problems, &table);
    let target = reader.required_string("target");
    let mut all: Vec<Attestation> = Vec::new();
    for own in reader.tables("attestation") {
        let at = own.span();
        let Some(attestation) = read_one(own, today) else { continue };
        if all.iter().any(|known| known.requirement == attestation.requirement) {
            problems.report(source, at, "this requirement is attested twice", Some("keep one of the two".into()));
            continue;
        }
        all.push(attestation);
    }
    reader.finish();
    Attestations { target, all }
}

fn read_one(reader: Reader<'_>, today: Date) -> Option<Attestation> {
    let at = reader.span();
    let requirement = reader.required("requirement", RequirementId::parse);
    let answer = reader.required("answer", |text| match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(format!("'answer' is yes or no, not '{}'", crate::vocabulary::escape(text))),
    });
    let words = ["statement", "name", "role"].map(|key| {
        let text = reader.required_string(key);
        if text.trim().is_empty() && reader.string(key).is_some() {
            reader.report(reader.span(), format!("'{key}' is empty"), Some("a person states something, by name".into()));
        }
        text
    });
    reader.required_node("date");
    let date = reader.date("date").unwrap_or_default().to_owned();
    if !date.is_empty() && day(&date).is_none_or(|stated| stated > today) {
        reader.report(reader.span(), format!("'date' is {date}, which is no day until today"), None);
    }
    let note = reader.string("note").unwrap_or_default().to_owned();
    let attachment = reader.table("attachment").map(|own| {
        let attachment = Attachment { file: own.required_string("file"), sha256: own.required_string("sha256") };
        own.finish();
        attachment
    });
    reader.finish();
    let [statement, name, role] = words;
    Some(Attestation { requirement: requirement?, statement, is_met: answer?, name, role, date, note, attachment, at })
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const GOOD: &str = "target = \"https://p.example/r4\"\n[[attestation]]\nrequirement = \"carin-bb/guidance-4\"\nstatement = \"Audit records are kept\"\nanswer = \"yes\"\nname = \"Ann\"\nrole = \"CISO\"\ndate = 2027-01-01\nnote = \"policy 7\"\nattachment = { file = \"policy.pdf\", sha256 = \"00\" }\n";

    fn read(text: &str) -> (Attestations, Vec<String>) {
        let source = Arc::new(Source::new("attestations.toml", text));
        let problems = Problems::new();
        let read = read_attestations(&source, &problems, date!(2027 - 01 - 01));
        (read, problems.into_sorted().into_iter().map(|problem| problem.message).collect())
    }

    #[test]
    fn an_attestation_says_what_by_whom_as_what_and_when() {
        let (read_back, problems) = read(GOOD);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!((read_back.target.as_str(), read_back.all[0].is_met), ("https://p.example/r4", true));
        for key in ["target", "requirement", "statement", "answer", "name", "role", "date"] {
            let less: String = GOOD.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n")).collect();
            let (_, problems) = read(&less);
            assert!(problems.iter().any(|problem| problem == &format!("the key '{key}' is missing")), "{key}: {problems:?}");
        }
    }

    #[test]
    fn nobody_attests_tomorrow_twice_or_perhaps() {
        assert!(read(&GOOD.replace("2027-01-01", "2027-01-02")).1[0].contains("no day until today"));
        assert_eq!(read(&GOOD.replace("\"yes\"", "\"maybe\"")).1, ["'answer' is yes or no, not 'maybe'"]);
        let second = GOOD.split_once('\n').map_or("", |(_, rest)| rest);
        assert_eq!(read(&format!("{GOOD}{second}")).1, ["this requirement is attested twice"]);
        assert!(!read(&GOOD.replace("\"yes\"", "\"no\"")).0.all[0].is_met);
    }
}
