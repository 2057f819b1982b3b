//! Asks a person what no black box can see, one requirement after the other, and keeps each answer at once.

use std::io::{self, BufRead, Write};

use time::Date;

use super::layout::wrap;
use crate::engine::record::RequirementResult;
use crate::vocabulary::escape;

/// Columns of an explanation, which a terminal of 80 has beside its margin.
const WIDTH: usize = 74;

/// Who answers.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// By name.
    pub name: String,
    /// As what.
    pub role: String,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The requirement.
    pub requirement: String,
    /// The sentence that was answered.
    pub statement: String,
    /// `yes` or `no`.
    pub is_met: bool,
    /// What else is to be said.
    pub note: String,
    /// The path of a document and its SHA-256.
    pub attachment: Option<(String, String)>,
}

/// Asks for every row until the input ends or the person stops, and says what `how` knows of showing it. Each answer goes to `keep`
/// before the next question.
///
/// # Errors
/// When nothing can be read, written or kept.
pub fn ask(
    rows: &[&RequirementResult],
    how: &dyn Fn(&RequirementResult) -> Option<String>,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
    digest: &dyn Fn(&str) -> io::Result<String>,
    keep: &mut dyn FnMut(&Answer) -> io::Result<()>,
) -> io::Result<usize> {
    let mut kept = 0;
    for (at, row) in rows.iter().enumerate() {
        writeln!(out, "\n{} of {}   {} {}", at + 1, rows.len(), row.level, row.id)?;
        writeln!(out, "  {}\n  {}", escape(&row.summary), escape(&row.url))?;
        for line in how(row).iter().flat_map(|how| wrap(how, WIDTH)) {
            writeln!(out, "  | {line}")?;
        }
        let is_met = match choice(input, out)? {
            Choice::Yes => true,
            Choice::No => false,
            Choice::Skip => continue,
            Choice::Quit => break,
        };
        let note = line(input, out, "  note (may be empty): ")?.unwrap_or_default();
        let attachment = attachment(input, out, digest)?;
        let answer = Answer { requirement: row.id.clone(), statement: row.summary.clone(), is_met, note, attachment };
        keep(&answer)?;
        kept += 1;
    }
    Ok(kept)
}

enum Choice {
    Yes,
    No,
    Skip,
    Quit,
}

fn choice(input: &mut dyn BufRead, out: &mut dyn Write) -> io::Result<Choice> {
    loop {
        match line(input, out, "  Does it hold? yes, no, skip or quit: ")?.as_deref() {
            Some("yes" | "y") => return Ok(Choice::Yes),
            Some("no" | "n") => return Ok(Choice::No),
            Some("skip" | "s" | "") => return Ok(Choice::Skip),
            Some("quit" | "q") | None => return Ok(Choice::Quit),
            Some(_) => writeln!(out, "  write yes, no, skip or quit")?,
        }
    }
}

fn attachment(
    input: &mut dyn BufRead,
    out: &mut dyn Write,
    digest: &dyn Fn(&str) -> io::Result<String>,
) -> io::Result<Option<(String, String)>> {
    loop {
        let Some(path) = line(input, out, "  a file that shows it (may be empty): ")?.filter(|path| !path.is_empty()) else {
            return Ok(None);
        };
        match digest(&path) {
            Ok(digest) => return Ok(Some((path, digest))),
            Err(error) => writeln!(out, "  cannot read {}: {error}", escape(&path))?,
        }
    }
}

/// One line; absent when the input has ended.
///
/// # Errors
/// When nothing can be read or written.
pub fn line(input: &mut dyn BufRead, out: &mut dyn Write, question: &str) -> io::Result<Option<String>> {
    write!(out, "{question}")?;
    out.flush()?;
    let mut text = String::new();
    let read = input.read_line(&mut text)?;
    Ok((read > 0).then(|| text.trim().to_owned()))
}

/// An answer as it stands in the file.
#[must_use]
pub fn as_toml(answer: &Answer, person: &Person, today: Date) -> String {
    let mut text = format!(
        "\n[[attestation]]\nrequirement = {}\nstatement   = {}\nanswer      = \"{}\"\nname        = {}\nrole        = {}\ndate        = {today}\n",
        quoted(&answer.requirement),
        quoted(&answer.statement),
        if answer.is_met { "yes" } else { "no" },
        quoted(&person.name),
        quoted(&person.role),
    );
    if !answer.note.is_empty() {
        text.push_str(&format!("note        = {}\n", quoted(&answer.note)));
    }
    if let Some((file, sha256)) = &answer.attachment {
        text.push_str(&format!("attachment  = {{ file = {}, sha256 = {} }}\n", quoted(file), quoted(sha256)));
    }
    text
}

/// A basic string of TOML.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use time::macros::date;

    use super::*;
    use crate::catalogue::read_attestations;
    use crate::engine::record::Tested;
    use crate::vocabulary::Strength;
    use crate::vocabulary::document::{Problems, Source};

    fn row(id: &str) -> RequirementResult {
        RequirementResult {
            id: id.into(),
            level: Strength::Shall,
            strength: Strength::Shall,
            caps: Vec::new(),
            summary: "Keeps \"records\"".into(),
            url: "https://hl7.example/x".into(),
            reading: None,
            tested: Tested::Attestation,
            verdict: None,
            attested: None,
            waived: false,
            cases: Vec::new(),
        }
    }

    fn answers(typed: &str) -> (Vec<Answer>, String) {
        let rows = [row("a/b-1"), row("a/b-2"), row("a/b-3")];
        let rows: Vec<&RequirementResult> = rows.iter().collect();
        let (mut out, mut kept) = (Vec::new(), Vec::new());
        let digest = |path: &str| if path == "there.pdf" { Ok("ab".to_owned()) } else { Err(io::ErrorKind::NotFound.into()) };
        let mut keep = |answer: &Answer| {
            kept.push(answer.clone());
            Ok(())
        };
        let count = ask(
            &rows,
            &|row| Some(format!("The operator shows {}.", row.id)),
            &mut typed.as_bytes(),
            &mut out,
            &digest,
            &mut keep,
        )
        .unwrap();
        assert_eq!(count, kept.len());
        (kept, String::from_utf8(out).unwrap())
    }

    #[test]
    fn each_open_requirement_is_asked_for_and_only_yes_and_no_are_answers() {
        let (kept, shown) = answers("perhaps\nyes\nsaid so\nmissing.pdf\nthere.pdf\nskip\nno\n\n\n");
        assert_eq!(kept.len(), 2);
        assert_eq!((kept[0].is_met, kept[0].note.as_str()), (true, "said so"));
        assert_eq!(kept[0].attachment, Some(("there.pdf".into(), "ab".into())));
        assert_eq!((kept[1].requirement.as_str(), kept[1].is_met), ("a/b-3", false));
        assert!(shown.contains("write yes, no, skip or quit") && shown.contains("cannot read missing.pdf"), "{shown}");
        assert!(shown.contains("  | The operator shows a/b-2.\n"), "{shown}");
    }

    #[test]
    fn who_stops_or_hangs_up_keeps_what_was_answered() {
        assert_eq!(answers("yes\n\n\nquit\n").0.len(), 1);
        assert_eq!(answers("yes\n\n\n").0.len(), 1);
        assert!(answers("").0.is_empty());
    }

    #[test]
    fn what_is_written_is_read_back_as_it_was_said() {
        let hostile = "a\"b\\c\n\u{7f}[[attestation]]";
        let answer = Answer {
            requirement: "a/b-1".into(),
            statement: hostile.into(),
            is_met: false,
            note: hostile.into(),
            attachment: Some((hostile.into(), "ab".into())),
        };
        let person = Person { name: hostile.into(), role: hostile.into() };
        let text = format!("target = \"https://p.example\"\n{}", as_toml(&answer, &person, date!(2027 - 01 - 01)));
        let problems = Problems::new();
        let read = read_attestations(&Arc::new(Source::new("a.toml", text)), &problems, date!(2027 - 01 - 01));
        assert!(problems.is_empty());
        let own = &read.all[0];
        assert_eq!((own.statement.as_str(), own.name.as_str(), own.note.as_str()), (hostile, hostile, hostile));
        assert_eq!((own.is_met, own.date.as_str(), read.all.len()), (false, "2027-01-01", 1));
    }
}
