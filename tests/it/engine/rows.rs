//! Rows of a step: the verdict table, `premise`, `expect`, `then`, `capture`, `any` and templates, through whole cases.

use carinbb::engine::record::{OutcomeRecord, Tested};
use carinbb::vocabulary::Verdict;

use super::bench::{OK, case, get, requirement, result, rows, run_cases, word};

#[tokio::test]
async fn each_outcome_and_strength_gives_its_verdict_through_a_whole_case() {
    use Verdict::{Error, Fail, Note, Pass, Warn};
    let table = [("200", [Pass, Pass, Pass]), ("404", [Fail, Warn, Note]), ("503", [Error, Error, Error])];
    let levels = ["shall-1", "should-1", "may-1"];
    let mut files = Vec::new();
    for (path, _) in table {
        for level in levels {
            let row = format!("expect = [{{ that = \"status\", is = 200, requirement = \"guide/{level}\" }}]");
            files.push(case(&format!("x{path}-{level}"), "", &get("steps", path, &row)));
        }
    }
    let run = run_cases(files).await;
    for (path, verdicts) in table {
        for (level, verdict) in levels.into_iter().zip(verdicts) {
            let own = result(&run, &format!("a.x{path}-{level}"));
            assert_eq!((own.verdict, own.reason.is_empty()), (verdict, verdict == Pass), "{path} {level}: {}", own.reason);
        }
    }
    assert_eq!(run.claim.exit_code, 1);
}

#[tokio::test]
async fn a_row_of_then_behind_a_miss_is_without_effect_and_its_requirement_is_blocked() {
    let step = r#"
expect = [{ that = "status", is = 404, requirement = "guide/may-1" }]
then = [
  { that = "status", is = 200, requirement = "guide/shall-1" },
  { that = "status", is = 200, requirement = ["guide/shall-2", "guide/udap-1"] },
]"#;
    let run = run_cases([case("chain", "", &get("steps", "200", step))]).await;
    let own = result(&run, "a.chain");
    assert_eq!(rows(own).iter().map(|row| word(row)).collect::<Vec<_>>(), ["not-met", "without-effect", "without-effect"]);
    assert_eq!(own.verdict, Verdict::Note);
    assert_eq!(requirement(&run, "shall-1").verdict, Some(Verdict::Blocked));
    assert_eq!(
        requirement(&run, "udap-1").verdict,
        Some(Verdict::NotApplicable),
        "its condition does not hold: nothing was missed"
    );
    assert_eq!(run.claim.exit_code, 3);
}

#[tokio::test]
async fn then_is_a_chain_and_one_judged_row_does_not_hide_an_unreached_one_of_the_same_requirement() {
    let step = r#"
expect = [{ that = "status", is = 200, requirement = "guide/shall-1" }]
then = [
  { that = "status", is = 200, requirement = "guide/shall-2" },
  { that = "status", is = 404, requirement = "guide/should-1" },
  { that = "status", is = 200, requirement = "guide/shall-2" },
]"#;
    let run = run_cases([case("chain", "", &get("steps", "200", step))]).await;
    let words: Vec<String> = rows(result(&run, "a.chain")).iter().map(|row| word(row)).collect();
    assert_eq!(words, ["met", "met", "not-met", "without-effect"]);
    assert_eq!(requirement(&run, "shall-1").verdict, Some(Verdict::Pass));
    assert_eq!(requirement(&run, "shall-2").verdict, Some(Verdict::Blocked));
}

#[tokio::test]
async fn then_stands_behind_a_missed_row_that_counts_for_nothing_under_the_profile() {
    let step = r#"
expect = [{ that = "status", is = 401, requirement = "guide/old-1" }]
then = [{ that = "header.www-authenticate", exists = true, requirement = "guide/shall-1" }]"#;
    let run = run_cases([case("guard", "", &get("steps", "200", step))]).await;
    let own = result(&run, "a.guard");
    assert_eq!(rows(own).iter().map(|row| word(row)).collect::<Vec<_>>(), ["without-effect"]);
    assert_eq!((own.verdict, requirement(&run, "shall-1").verdict), (Verdict::Blocked, Some(Verdict::Blocked)));
}

#[tokio::test]
async fn a_premise_before_expect_guards_its_own_rows_and_one_behind_it_only_what_follows() {
    let before = r#"premise = [{ that = "status", is = 200, because = "so" }]
expect = [{ that = "status", is = 200, requirement = "guide/shall-1" }]"#;
    let after = r#"expect = [{ that = "status", is = 200, requirement = "guide/shall-1" }]
premise = [{ that = "status", is = 200, because = "so" }]"#;
    let second = get("steps", "200", r#"expect = [{ that = "status", is = 200, requirement = "guide/shall-2" }]"#);
    let files = [("before", before), ("after", after)];
    let files = files.map(|(name, step)| case(name, "", &format!("{}{second}", get("steps", "404", step))));
    let run = run_cases(files).await;
    let words = |label| rows(result(&run, label)).iter().map(|row| word(row)).collect::<Vec<_>>();
    assert_eq!(words("a.before"), ["not-reached", "not-reached"]);
    assert_eq!(words("a.after"), ["not-met", "not-reached"]);
    assert_eq!(result(&run, "a.before").verdict, Verdict::Blocked);
    assert!(result(&run, "a.before").reason.contains("(so)"), "{}", result(&run, "a.before").reason);
    assert!(result(&run, "a.before").steps.iter().any(|step| !step.done), "nothing is sent behind a premise that did not hold");
}

#[tokio::test]
async fn a_premise_that_excuses_makes_what_follows_not_applicable_only_when_it_was_looked_at_and_missed() {
    let excused = r#"premise = [{ that = "status", is = 200, otherwise = "not-applicable", because = "it is not offered" }]"#;
    let blocked = r#"premise = [{ that = "status", is = 404, because = "so" }, { that = "status", is = 200, otherwise = "not-applicable" }]"#;
    let file = |name, path, premise| {
        let rest = get("steps", "200", r#"expect = [{ that = "status", is = 200, requirement = "guide/shall-1" }]"#);
        case(name, "", &format!("{}{rest}", get("setup", path, premise)))
    };
    let all = [("not-offered", "404", excused), ("offered", "200", excused), ("ill", "503", excused), ("first", "400", blocked)];
    let run = run_cases(all.map(|(name, path, premise)| file(name, path, premise))).await;
    assert_eq!(result(&run, "a.not-offered").verdict, Verdict::NotApplicable);
    assert!(result(&run, "a.not-offered").reason.contains("it is not offered"));
    assert_eq!(result(&run, "a.offered").verdict, Verdict::Pass);
    assert_eq!(result(&run, "a.ill").verdict, Verdict::Error, "an absence must have been seen");
    assert_eq!(result(&run, "a.first").verdict, Verdict::Blocked, "the first premise that does not hold decides");
}

#[tokio::test]
async fn a_broken_premise_is_an_error_a_missed_one_blocks_and_an_absent_one_does_not_apply() {
    let rest = get("steps", "200", OK);
    let step = |path| format!("{}{rest}", get("steps", path, r#"premise = [{ that = "status", is = 200 }]"#));
    // The configuration names no issuer: there is nothing to look at, and that is well-formed.
    let absent = "[[steps]]\ntitle = \"x\"\ndo = \"discovery.openid\"\npremise = [{ that = \"found\", is = true }]\n";
    let absent =
        format!("{absent}{}", get("steps", "200", r#"expect = [{ that = "status", is = 200, requirement = "guide/shall-2" }]"#));
    let run = run_cases([case("broken", "", &step("503")), case("missed", "", &step("404")), case("absent", "", &absent)]).await;
    assert_eq!(result(&run, "a.broken").verdict, Verdict::Error);
    assert_eq!(result(&run, "a.missed").verdict, Verdict::Blocked);
    assert_eq!(result(&run, "a.absent").verdict, Verdict::NotApplicable);
    assert_eq!(requirement(&run, "shall-1").verdict, Some(Verdict::Error));
    assert_eq!(requirement(&run, "shall-2").verdict, Some(Verdict::NotApplicable));
}

#[tokio::test]
async fn a_setup_that_saw_nothing_stops_the_case_also_without_a_premise() {
    let body = |path| format!("{}{}", get("setup", path, ""), get("steps", "200", OK));
    let run = run_cases([case("broken", "", &body("503")), case("sound", "", &body("404"))]).await;
    assert_eq!(result(&run, "a.broken").verdict, Verdict::Error);
    assert_eq!(result(&run, "a.sound").verdict, Verdict::Pass, "what a setup must see is for a premise to say");
}

#[tokio::test]
async fn a_capture_fills_later_templates_and_a_missing_one_blocks_without_sending() {
    let capture = |what: &str| {
        let first = get("steps", "200/x", &format!("capture = {{ it = {what} }}"));
        let second = get("steps", "200/{{it}}", OK);
        format!("{first}{second}")
    };
    let run = run_cases([
        case("plain", "", &capture("\"json.list.1\"")),
        case("missing", "", &capture("\"json.nope\"")),
        case("null", "", &capture("\"json.nothing\"")),
        case("otherwise", "", &capture("{ from = \"json.nope\", otherwise = \"z\" }")),
    ])
    .await;
    assert_eq!(result(&run, "a.plain").verdict, Verdict::Pass);
    assert_eq!(result(&run, "a.plain").steps[1].title, "Get 200/b");
    assert_eq!(result(&run, "a.otherwise").steps[1].title, "Get 200/z");
    for label in ["a.missing", "a.null"] {
        let own = result(&run, label);
        assert!(matches!(&rows(own)[0].outcome, OutcomeRecord::NotReached(cause) if cause.kind == "input"), "{label}");
        assert_eq!((own.verdict, own.steps[1].done), (Verdict::Blocked, false), "{label}");
    }
}

#[tokio::test]
async fn any_is_met_when_one_row_is_and_otherwise_says_all_mismatches() {
    let any = |first: u16, second: u16| {
        let rows = format!("[{{ that = \"status\", is = {first} }}, {{ that = \"status\", is = {second} }}]");
        get("steps", "200", &format!("expect = [{{ any = {rows}, requirement = \"guide/shall-1\" }}]"))
    };
    let run = run_cases([case("met", "", &any(404, 200)), case("missed", "", &any(404, 500))]).await;
    assert_eq!(result(&run, "a.met").verdict, Verdict::Pass);
    let missed = result(&run, "a.missed");
    assert_eq!(missed.verdict, Verdict::Fail);
    assert!(missed.reason.contains("404") && missed.reason.contains("500"), "{}", missed.reason);
}

#[tokio::test]
async fn templates_fill_paths_values_and_lists_of_requirements_for_each_element() {
    let body = format!(
        "[[each.x]]\nname = \"good\"\nfact = \"status\"\nwanted = [200]\nrows = [\"guide/shall-1\", \"guide/shall-2\"]\n\
         [[each.x]]\nname = \"old\"\nfact = \"status\"\nwanted = [200]\nrows = [\"guide/old-1\"]\n\
         [[each.x]]\nname = \"bad\"\nfact = \"json.list.0\"\nwanted = [\"b\"]\nrows = [\"guide/shall-3\"]\n{}",
        get(
            "steps",
            "200/{{x.name}}",
            r#"expect = [{ that = "{{x.fact}}", one_of = "{{x.wanted}}", requirement = "{{x.rows}}" }]"#
        )
    );
    let run = run_cases([case("each", "", &body)]).await;
    let ids = |label| rows(result(&run, label))[0].judgements.iter().map(|own| own.requirement.clone()).collect::<Vec<_>>();
    assert_eq!(ids("a.each [good]"), ["guide/shall-1", "guide/shall-2"]);
    assert_eq!(result(&run, "a.each [good]").verdict, Verdict::Pass);
    assert_eq!(result(&run, "a.each [bad]").verdict, Verdict::Fail);
    assert_eq!(run.cases.len(), 2, "an element whose requirements are not in force is not planned");
}

#[tokio::test]
async fn an_unknown_list_blocks_every_requirement_of_its_case_and_is_never_silent() {
    let body = format!(
        "[each]\nx = \"{{{{target.nope}}}}\"\n{}",
        get("steps", "200", r#"expect = [{ that = "status", is = 200, requirement = "{{x.row}}" }]"#)
    );
    let run = run_cases([case("each", "", &body)]).await;
    assert_eq!(result(&run, "a.each").verdict, Verdict::Blocked);
    assert_eq!(requirement(&run, "shall-1").verdict, Some(Verdict::Blocked));
    assert_eq!(requirement(&run, "shall-1").tested, Tested::Fully);
    assert_eq!(run.claim.exit_code, 3);
}

#[tokio::test]
async fn a_row_of_then_that_excuses_is_not_judged_and_what_it_misses_makes_the_rows_behind_it_not_applicable() {
    let step = |expected: u16, there: &str| {
        format!(
            r#"
expect = [{{ that = "status", is = {expected}, requirement = "guide/may-1" }}]
then = [
  {{ that = "{there}", exists = true, otherwise = "not-applicable", because = "it need not be there" }},
  {{ that = "status", is = 200, requirement = "guide/shall-1" }},
]"#
        )
    };
    let file = |name, path, expected, there| case(name, "", &get("steps", path, &step(expected, there)));
    let run = run_cases([
        file("there", "200", 200, "status"),
        file("absent", "200", 200, "header.x-nowhere"),
        file("absent-behind-a-miss", "200", 404, "header.x-nowhere"),
        file("there-behind-a-miss", "200", 404, "status"),
        file("wrong", "404", 404, "status"),
        file("ill", "503", 200, "header.x-nowhere"),
    ])
    .await;
    let words = |label: &str| rows(result(&run, label)).iter().map(|row| word(row)).collect::<Vec<_>>().join(" ");
    assert_eq!(words("a.there"), "met met");
    assert_eq!(words("a.absent"), "met not-applicable");
    assert_eq!(words("a.absent-behind-a-miss"), "not-met not-applicable", "an absence is one whatever else was missed");
    assert_eq!(words("a.there-behind-a-miss"), "not-met without-effect");
    assert_eq!(words("a.wrong"), "met not-met");
    assert_eq!(words("a.ill"), "broken broken", "nothing was seen, so nothing is excused");
    let judged = |label: &str| {
        let own = result(&run, label);
        own.judgements().filter(|(_, own)| own.requirement == "guide/shall-1").map(|(_, own)| own.verdict).collect::<Vec<_>>()
    };
    assert_eq!(judged("a.there"), [Verdict::Pass], "the row that excuses gives no verdict of its own");
    assert_eq!(judged("a.absent"), [Verdict::NotApplicable]);
    assert_eq!(judged("a.wrong"), [Verdict::Fail]);
}

#[tokio::test]
async fn a_row_of_then_that_excuses_counts_for_no_requirement_not_even_for_the_first_of_the_case() {
    let step = r#"
expect = [{ that = "status", is = 200, requirement = "guide/should-1" }]
then = [
  { that = "header.x-nowhere", exists = true, otherwise = "not-applicable", because = "it need not be there" },
  { that = "status", is = 200, requirement = "guide/may-1" },
]"#;
    let run = run_cases([case("other-rows", "", &get("steps", "200", step))]).await;
    let own = result(&run, "a.other-rows");
    assert_eq!(own.requirements, ["guide/should-1", "guide/may-1"]);
}
