//! Compares a run record with a table that a person wrote, and says every difference at once.

use serde_json::Value;

use super::run::Run;

/// What one case must come to.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) case: &'static str,
    pub(super) verdict: &'static str,
    /// Requirements with the verdict each must have in this case.
    pub(super) requirements: &'static [(&'static str, &'static str)],
}

/// A row of the table.
pub(super) const fn case(
    case: &'static str,
    verdict: &'static str,
    requirements: &'static [(&'static str, &'static str)],
) -> Expected {
    Expected { case, verdict, requirements }
}

/// Every variant of each case has the verdict of the table, and the run ended with `code`.
///
/// # Panics
/// With all differences and what was printed.
pub(super) fn compare(run: &Run, code: i32, table: &[Expected]) {
    let mut differences: Vec<String> = table.iter().flat_map(|row| differences(&run.record, row)).collect();
    if run.code != code {
        differences.push(format!("exit code {}, expected {code}", run.code));
    }
    assert!(differences.is_empty(), "{}\n--- printed ---\n{}", differences.join("\n"), run.printed);
}

fn differences(record: &Value, row: &Expected) -> Vec<String> {
    let results: Vec<&Value> = cases(record, row.case).collect();
    if results.is_empty() {
        return vec![format!("{}: not in the record", row.case)];
    }
    let mut differences = Vec::new();
    for result in results {
        let label = format!("{} [{}]", row.case, result["variant"].as_str().unwrap_or_default());
        if result["verdict"] != row.verdict {
            differences.push(format!("{label}: {}, expected {}: {}", result["verdict"], row.verdict, result["reason"]));
        }
        for (requirement, verdict) in row.requirements {
            let seen = worst(result, requirement);
            if seen.as_deref() != Some(*verdict) {
                differences.push(format!("{label} {requirement}: {seen:?}, expected {verdict}"));
            }
        }
    }
    differences
}

/// The results of a case.
pub(super) fn cases<'a>(record: &'a Value, case: &'a str) -> impl Iterator<Item = &'a Value> {
    record["cases"].as_array().into_iter().flatten().filter(move |result| result["case"] == case)
}

/// The greatest verdict that a requirement has in a result.
pub(super) fn worst(result: &Value, requirement: &str) -> Option<String> {
    const ORDER: [&str; 7] = ["not-applicable", "pass", "note", "warn", "blocked", "error", "fail"];
    let steps = result["steps"].as_array().into_iter().flatten();
    let assertions = steps.filter_map(|step| step["assertions"].as_array()).flatten();
    let judgements = assertions.filter_map(|assertion| assertion["judgements"].as_array()).flatten();
    judgements
        .filter(|judgement| judgement["requirement"] == requirement)
        .filter_map(|judgement| ORDER.iter().position(|word| judgement["verdict"] == *word))
        .max()
        .map(|position| ORDER[position].to_owned())
}

/// The words of a fact that holds a list, from every assertion of the case that looked at it.
pub(super) fn seen(record: &Value, case: &str, fact: &str) -> Vec<String> {
    let steps = cases(record, case).filter_map(|result| result["steps"].as_array()).flatten();
    let assertions = steps.filter_map(|step| step["assertions"].as_array()).flatten();
    let lists = assertions.filter(|assertion| assertion["that"] == fact).filter_map(|assertion| assertion["seen"].as_array());
    lists.flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
