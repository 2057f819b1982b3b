//! Which inputs the target file lacks, and what each would settle.

use super::Line;
use crate::engine::Worth;
use crate::engine::inputs::{AUTHORITY, LOGIN};
use crate::target::{ClientKey, Launch, MemberKey, Strategy, Target};

/// A line for each input that is neither there nor declined, the weightiest first.
#[must_use]
pub fn missing(target: &Target, launch: &Launch, worth: &[Worth]) -> Vec<Line> {
    let mut lacking: Vec<&Worth> = worth.iter().filter(|worth| !is_given(worth.input.name, target, launch)).collect();
    lacking.sort_by_key(|worth| std::cmp::Reverse((worth.shall.len(), worth.other.len())));
    let declined = |worth: &&Worth| target.declined.iter().any(|declined| declined.needs == worth.input.name);
    lacking.into_iter().filter(|worth| !declined(worth)).map(line).collect()
}

fn line(worth: &Worth) -> Line {
    let seen = format!("would settle {} SHALL and {} other requirements", worth.shall.len(), worth.other.len());
    Line {
        fix: Some(format!("write {}, or decline it under [[declined]]", worth.input.give)),
        ..Line::note(format!("no {}", worth.input.name), seen)
    }
}

/// True when the target file has it.
fn is_given(name: &str, target: &Target, launch: &Launch) -> bool {
    match name {
        LOGIN => launch.login.strategy != Strategy::None,
        AUTHORITY => target.authority.as_ref().is_some_and(|authority| authority.allow.iter().any(|allowed| allowed == "change")),
        "member" => launch.member(MemberKey::First).is_some(),
        _ => match name.split_once('.') {
            Some(("clients", word)) => ClientKey::from_word(word).is_some_and(|key| launch.client(key).is_some()),
            Some(("member", word)) => MemberKey::from_word(word).is_some_and(|key| launch.member(key).is_some()),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use url::Url;

    use super::*;
    use crate::engine::inputs::INPUTS;
    use crate::target::Declined;

    #[test]
    fn what_is_missing_is_told_by_weight_and_what_is_declined_is_not() {
        let weigh = |at: usize, name: &str| (0..if name == "member.second" { 99 } else { at }).map(|id| id.to_string()).collect();
        let worth: Vec<Worth> = INPUTS
            .into_iter()
            .enumerate()
            .map(|(at, input)| Worth { input, shall: weigh(at, input.name), other: BTreeSet::new() })
            .collect();
        let mut target = Target::new(Url::parse("https://p.example").unwrap(), "x");
        target.declined = vec![Declined { needs: AUTHORITY.into(), reason: "r".into(), by: "b".into() }];
        let lines = missing(&target, &Launch::default(), &worth);
        assert_eq!(lines.len(), INPUTS.len() - 1);
        assert_eq!((lines[0].what.as_str(), lines[0].seen.contains("99 SHALL")), ("no member.second", true));
        assert!(lines.iter().all(|line| line.what != "no authority"));
    }
}
