//! Reads case and flow files. Every mistake of a file is reported at its line; what could be read is kept.

use std::sync::Arc;

use serde_json::Value;

use super::model::{
    Action, Assertion, Capture, Check, Declared, Each, EachSource, Flow, FlowInput, RandomKind, Role, Spoil, Step, TestCase,
    TokenKind, With,
};
use super::predicate::Predicate;
use crate::vocabulary::document::{self, Node, Problems, Reader, Source, did_you_mean, parse};
use crate::vocabulary::{CaseId, FaultName, RequirementId, parse_duration};

/// The lists of steps that a case may have.
const STEP_LISTS: [&str; 5] = ["setup", "control", "steps", "restore", "cleanup"];

/// All cases and flows of a suite.
#[derive(Debug, Clone, Default)]
pub struct Suite {
    /// The cases, by id.
    pub cases: Vec<TestCase>,
    /// The flows, by name.
    pub flows: Vec<Flow>,
}

impl Suite {
    /// The flow of this name.
    #[must_use]
    pub fn flow(&self, name: &str) -> Option<&Flow> {
        self.flows.iter().find(|flow| flow.name == name)
    }

    /// The case of this id.
    #[must_use]
    pub fn case(&self, id: &str) -> Option<&TestCase> {
        self.cases.iter().find(|case| case.id.as_str() == id)
    }
}

/// Reads all files. Two cases of one id are a problem.
#[must_use]
pub fn load<'a>(
    cases: impl Iterator<Item = &'a Arc<Source>>,
    flows: impl Iterator<Item = &'a Arc<Source>>,
    problems: &Problems,
) -> Suite {
    let cases = problems.of_each(&cases.collect::<Vec<_>>(), read_case);
    let flows = problems.of_each(&flows.collect::<Vec<_>>(), read_flow);
    let mut suite = Suite { cases: cases.into_iter().flatten().collect(), flows };
    suite.cases.sort_by(|a, b| a.id.cmp(&b.id));
    for pair in suite.cases.windows(2) {
        if pair[0].id == pair[1].id {
            let message = format!("the id '{}' is taken by {}", pair[1].id, pair[0].place);
            problems.report(&pair[1].source, 0..0, message, None);
        }
    }
    suite
}

/// The cases without their steps, by id: enough for lists, in a third of the time. For files that are known to be without mistakes; one that
/// has some may be missing.
#[must_use]
pub fn load_heads<'a>(cases: impl Iterator<Item = &'a Arc<Source>>) -> Vec<TestCase> {
    let head = |source: &Arc<Source>, problems: &Problems| {
        let steps = STEP_LISTS.iter().filter_map(|list| source.text().find(&format!("\n[[{list}]]\n")));
        read_case(&Arc::new(source.head(steps.min().unwrap_or(source.text().len()))), problems)
    };
    let mut heads: Vec<TestCase> = Problems::new().of_each(&cases.collect::<Vec<_>>(), head).into_iter().flatten().collect();
    heads.sort_by(|a, b| a.id.cmp(&b.id));
    heads
}

fn read_case(source: &Arc<Source>, problems: &Problems) -> Option<TestCase> {
    let table = parse(source, problems);
    let reader = Reader::new(source, problems, &table);
    let id = reader.required("id", CaseId::parse);
    let each = read_each(&reader);
    let mut faults: Vec<FaultName> = plain(reader.parsed_strings("faults", FaultName::parse));
    faults.extend(faults_of_elements(&each, &reader));
    let case = TestCase {
        title: reader.required_string("title"),
        why: reader.required_string("why").trim().to_owned(),
        role: reader.parsed("role", read_role).unwrap_or(Role::Server),
        requirements: plain(reader.parsed_strings("requirements", RequirementId::parse)),
        needs: owned(reader.strings("needs")),
        tags: owned(reader.strings("tags")),
        faults,
        settled_by: reader.parsed("settled_by", CaseId::parse),
        fresh: reader.flag("fresh"),
        given_tokens: plain(reader.parsed_strings("given_tokens", read_token_kind)),
        locks: owned(reader.strings("locks")),
        spoils: plain(reader.parsed_strings("spoils", read_spoil)),
        timeout: reader.parsed("timeout", parse_duration),
        each,
        values: read_values(&reader),
        setup: read_steps(&reader, "setup"),
        control: read_steps(&reader, "control"),
        steps: read_steps(&reader, "steps"),
        restore: read_steps(&reader, "restore"),
        cleanup: read_steps(&reader, "cleanup"),
        source: Arc::clone(source),
        place: source.place(table.get("id").map_or(0, |node| node.span.start)),
        id: id.clone().unwrap_or_else(|| CaseId::parse("unknown.unknown").expect("the literal has the shape of an id")),
    };
    check_shape(&case, &reader);
    reader.finish();
    id.map(|_| case)
}

/// What a single file can be told: its folder, its rows, its faults.
fn check_shape(case: &TestCase, reader: &Reader<'_>) {
    let at_id = reader.node("id").map_or(0..0, |node| node.span.clone());
    let expected = format!("{}/{}.toml", case.id.area(), case.id.name());
    if !case.source.path().replace('\\', "/").ends_with(&expected) {
        reader.report(at_id.clone(), format!("the case '{}' must lie in {expected}", case.id), None);
    }
    if case.requirements.is_empty() {
        reader.report(at_id.clone(), "the case names no requirement", Some("add requirements = [\"document/row-1\"]".into()));
    }
    if case.faults.is_empty() {
        let help = "name the fault of the reference server that makes it fail: a case that cannot fail is not a case";
        reader.report(at_id.clone(), "the case names no fault", Some(help.into()));
    }
    if case.steps.is_empty() {
        reader.report(at_id, "the case has no [[steps]]", None);
    }
    if !case.control.is_empty() && case.control.iter().all(|step| matches!(step.action, Action::Flow(_))) {
        let message = "a control of flows alone shows nothing: what they bring is shared, so add a step that asks anew";
        reader.report(case.control[0].span.clone(), message, None);
    }
    for step in case.setup.iter().chain(&case.control).chain(&case.restore).chain(&case.cleanup) {
        only_premises(step, reader);
    }
}

/// What is judged stands in `[[steps]]`, where the requirements of the case are.
fn only_premises(step: &Step, reader: &Reader<'_>) {
    if !step.expect.is_empty() || !step.then.is_empty() {
        let message = "setup, control, restore, cleanup and flows are premise: write 'premise' instead of 'expect' and 'then'";
        reader.report(step.span.clone(), message, None);
    }
}

fn read_role(word: &str) -> Result<Role, String> {
    match word {
        "server" => Ok(Role::Server),
        "client" => Ok(Role::Client),
        _ => Err(format!("'{word}' is not a role: write server or client")),
    }
}

fn read_token_kind(word: &str) -> Result<TokenKind, String> {
    let found = TokenKind::WORDS.into_iter().find(|(own, _)| *own == word).map(|(_, kind)| kind);
    found.ok_or_else(|| format!("'{word}' is not a token: write access_token, refresh_token or id_token"))
}

fn read_spoil(word: &str) -> Result<Spoil, String> {
    match word {
        "session" => Ok(Spoil::Session),
        "client" => Ok(Spoil::Client),
        "registration" => Ok(Spoil::Registration),
        "account" => Ok(Spoil::Account),
        _ => Err(format!("'{word}' cannot be spoiled: write session, client, registration or account")),
    }
}

fn read_each(reader: &Reader<'_>) -> Vec<Each> {
    let Some(Node { value: document::Value::Table(table), .. }) = reader.node("each") else { return Vec::new() };
    let lists = table.entries.iter().filter_map(|(name, span, node)| {
        let source = match &node.value {
            document::Value::String(text) if text.contains("{{") => EachSource::Template(text.clone()),
            document::Value::Array(items) => EachSource::Written(items.iter().map(Node::to_json).collect()),
            _ => {
                let message = format!("'each.{name}' must be a list, tables, or a template that gives a list");
                reader.report(span.clone(), message, None);
                return None;
            }
        };
        Some(Each { name: name.clone(), source, span: span.clone() })
    });
    lists.collect()
}

/// The `fault` (or `faults`) fields of `[each]` elements.
fn faults_of_elements(each: &[Each], reader: &Reader<'_>) -> Vec<FaultName> {
    let mut faults = Vec::new();
    for list in each {
        let EachSource::Written(elements) = &list.source else { continue };
        for element in elements {
            let several = element.get("faults").and_then(Value::as_array).into_iter().flatten();
            for name in element.get("fault").into_iter().chain(several).filter_map(Value::as_str) {
                match FaultName::parse(name) {
                    Ok(fault) if !faults.contains(&fault) => faults.push(fault),
                    Ok(_) => {}
                    Err(error) => reader.report(list.span.clone(), error.to_string(), None),
                }
            }
        }
    }
    faults
}

fn read_values(reader: &Reader<'_>) -> Vec<(String, Declared)> {
    let Some(Node { value: document::Value::Table(table), .. }) = reader.node("values") else { return Vec::new() };
    let values = table.entries.iter().map(|(name, _, node)| {
        let json = node.to_json();
        let declared = match json.get("random").and_then(Value::as_str) {
            Some("uuid") => Declared::Random(RandomKind::Uuid),
            Some("state") => Declared::Random(RandomKind::State),
            Some(other) => {
                reader.report(
                    node.span.clone(),
                    format!("'{other}' is no kind of random value"),
                    Some("write uuid or state".into()),
                );
                Declared::Random(RandomKind::Uuid)
            }
            None => Declared::Literal(json),
        };
        (name.clone(), declared)
    });
    values.collect()
}

fn read_steps(reader: &Reader<'_>, key: &'static str) -> Vec<Step> {
    reader.tables(key).into_iter().map(read_step).collect()
}

fn read_step(reader: Reader<'_>) -> Step {
    let (verb, flow) = (reader.string("do"), reader.string("flow"));
    let action = match (verb, flow) {
        (Some(verb), None) => Action::Verb(verb.to_owned()),
        (None, Some(flow)) => Action::Flow(flow.to_owned()),
        _ => {
            reader.report(reader.span(), "a step has either 'do' (a verb) or 'flow'", None);
            Action::Verb(String::new())
        }
    };
    let span = reader.node("do").or_else(|| reader.node("flow")).map_or(reader.span(), |node| node.span.clone());
    let step = Step {
        title: reader.required_string("title"),
        action,
        with: read_with(&reader),
        capture: read_capture(&reader),
        premise_guards: premise_comes_first(&reader),
        premise: read_assertions(&reader, "premise"),
        expect: read_assertions(&reader, "expect"),
        then: read_assertions(&reader, "then"),
        place: reader.source().place(span.start),
        span,
    };
    reader.finish();
    step
}

fn premise_comes_first(reader: &Reader<'_>) -> bool {
    let start = |wanted: &str| reader.keys().find(|(key, _)| *key == wanted).map(|(_, span)| span.start);
    match (start("premise"), start("expect").or_else(|| start("then"))) {
        (Some(premise), Some(expect)) => premise < expect,
        _ => true,
    }
}

fn read_with(reader: &Reader<'_>) -> With {
    let Some(node) = reader.node("with") else { return With::default() };
    let document::Value::Table(table) = &node.value else {
        reader.report(node.span.clone(), "'with' must be a table", None);
        return With::default();
    };
    With(table.entries.iter().map(|(name, span, node)| (name.clone(), span.clone(), node.to_json())).collect())
}

fn read_capture(reader: &Reader<'_>) -> Vec<Capture> {
    let Some(Node { value: document::Value::Table(table), .. }) = reader.node("capture") else { return Vec::new() };
    let captures = table.entries.iter().filter_map(|(name, span, node)| {
        let (from, otherwise) = match &node.value {
            document::Value::String(path) => (path.clone(), None),
            document::Value::Table(table) => {
                let from = table.get("from").and_then(Node::as_str).unwrap_or_default().to_owned();
                (from, table.get("otherwise").map(Node::to_json))
            }
            _ => (String::new(), None),
        };
        if from.is_empty() {
            let help = "write name = \"path\" or name = { from = \"path\", otherwise = … }";
            reader.report(span.clone(), format!("'capture.{name}' names no path"), Some(help.into()));
            return None;
        }
        Some(Capture { name: name.clone(), from, otherwise, span: span.clone() })
    });
    captures.collect()
}

fn read_assertions(reader: &Reader<'_>, key: &'static str) -> Vec<Assertion> {
    reader.tables(key).into_iter().filter_map(|row| read_assertion(row, key)).collect()
}

fn read_assertion(reader: Reader<'_>, list: &str) -> Option<Assertion> {
    let requirements = match reader.node("requirement").map(|node| &node.value) {
        Some(document::Value::String(id)) => vec![id.clone()],
        Some(document::Value::Array(_)) => owned(reader.strings("requirement")),
        Some(_) => {
            reader.report(reader.span(), "'requirement' must be an id or a list of ids", None);
            Vec::new()
        }
        None => Vec::new(),
    };
    let because = reader.string("because").map(str::to_owned);
    let excuses = reads_excuse(&reader, list);
    let rows = reader.node("any").is_some().then(|| read_assertions(&reader, "any"));
    let check = rows.map(Check::Any).or_else(|| read_fact_check(&reader));
    let (place, span) = (reader.source().place(reader.span().start), reader.span());
    reader.finish();
    Some(Assertion { check: check?, requirements, because, excuses, place, span })
}

/// What a premise may say of its miss.
const OTHERWISE: &str = "otherwise";

/// A finding is never excused: only what is not judged may say that its miss makes the rest not applicable.
fn reads_excuse(reader: &Reader<'_>, list: &str) -> bool {
    let Some(word) = reader.string(OTHERWISE) else { return false };
    if !matches!(list, "premise" | "then") {
        reader.report(reader.span(), "'otherwise' stands in a row of 'premise' or 'then' alone", None);
    }
    if list == "then" && reader.node("requirement").is_some() {
        let help = "it says for which rows behind it there is something to look at";
        reader.report(reader.span(), "a row with 'otherwise' is not judged and counts for no requirement", Some(help.into()));
    }
    if word != "not-applicable" {
        let help = "without 'otherwise', what follows is Blocked";
        reader.report(reader.span(), "'otherwise' can only be \"not-applicable\"", Some(help.into()));
    }
    true
}

fn read_fact_check(reader: &Reader<'_>) -> Option<Check> {
    let that = reader.required_string("that");
    let predicates: Vec<_> = Predicate::WORDS.iter().filter_map(|word| Some((*word, reader.node(word)?))).collect();
    let [(word, node)] = predicates.as_slice() else {
        if predicates.is_empty() && reader.keys().any(|(key, _)| is_misspelt_predicate(key)) {
            return None;
        }
        let message = format!("an assertion has exactly one predicate, this one has {}", predicates.len());
        reader.report(reader.span(), message, Some(did_you_mean("", Predicate::WORDS)));
        return None;
    };
    match Predicate::new(word, node.to_json()) {
        Ok(predicate) => Some(Check::Fact { that, predicate }),
        Err(problem) => {
            reader.report(node.span.clone(), problem, None);
            None
        }
    }
}

/// True for a key that is told as unknown, and with that what was meant.
fn is_misspelt_predicate(key: &str) -> bool {
    !["requirement", "because", "that", OTHERWISE].contains(&key) && document::nearest(key, Predicate::WORDS).is_some()
}

fn read_flow(source: &Arc<Source>, problems: &Problems) -> Flow {
    let table = parse(source, problems);
    let reader = Reader::new(source, problems, &table);
    let file = source.path().replace('\\', "/");
    let name = file.rsplit('/').next().and_then(|name| name.strip_suffix(".toml")).unwrap_or_default().to_owned();
    let inputs = reader.tables("inputs").into_iter().map(|input| {
        let read = FlowInput { name: input.required_string("name"), default: input.node("default").map(Node::to_json) };
        input.finish();
        read
    });
    let flow = Flow {
        inputs: inputs.collect(),
        title: reader.required_string("title"),
        outputs: owned(reader.strings("outputs")),
        given: reader.string("given").map(str::to_owned),
        steps: read_steps(&reader, "steps"),
        name,
        source: Arc::clone(source),
    };
    for step in &flow.steps {
        if matches!(step.action, Action::Flow(_)) {
            reader.report(step.span.clone(), "a flow cannot call a flow", None);
        }
        only_premises(step, &reader);
    }
    reader.finish();
    flow
}

fn owned(strings: Vec<(&str, document::Span)>) -> Vec<String> {
    strings.into_iter().map(|(text, _)| text.to_owned()).collect()
}

fn plain<T>(parsed: Vec<(T, document::Span)>) -> Vec<T> {
    parsed.into_iter().map(|(value, _)| value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heads_of_the_embedded_suite_say_of_each_case_what_the_whole_of_it_says() {
        let files = crate::catalogue::SuiteFiles::embedded();
        let whole = load(files.cases(), files.under("flows"), &Problems::new()).cases;
        let heads = load_heads(files.cases());
        let said = |case: &TestCase| {
            let TestCase {
                id,
                title,
                why,
                role,
                requirements,
                needs,
                tags,
                faults,
                settled_by,
                fresh,
                given_tokens,
                locks,
                spoils,
                timeout,
                ..
            } = case;
            format!(
                "{id}{title}{why}{role:?}{requirements:?}{needs:?}{tags:?}{faults:?}{settled_by:?}{fresh}{given_tokens:?}{locks:?}{spoils:?}{timeout:?}"
            )
        };
        assert_eq!(heads.iter().map(said).collect::<Vec<_>>(), whole.iter().map(said).collect::<Vec<_>>());
        assert!(heads.iter().all(|case| case.steps.is_empty()));
    }

    fn load_one(path: &str, text: &str) -> (Suite, Vec<String>) {
        let problems = Problems::new();
        let source = Arc::new(Source::new(path, text));
        let suite = load(std::iter::once(&source), std::iter::empty(), &problems);
        let lines = problems.into_sorted().into_iter().map(|problem| format!("{} {}", problem.place().line, problem.message));
        (suite, lines.collect())
    }

    const GOOD: &str = r#"
id = "tls.versions"
title = "Only {{endpoint.name}}"
requirements = ["carin-bb/exchange-1"]
faults = ["tls-1.0-enabled"]
why = "Because."
[each]
endpoint = "{{target.endpoints}}"
[[each.defect]]
name = "a"
fault = "other-fault"
[values]
jti = { random = "uuid" }
list = ["a"]
[[control]]
title = "Control"
do = "tls.offer"
with = { versions = ["1.2", "1.3"] }
premise = [{ that = "negotiated", is = true, because = "x" }]
[[steps]]
title = "Step"
do = "tls.offer"
capture = { suite = { from = "suite", otherwise = "none" }, version = "version" }
expect = [{ any = [{ that = "a", is = 1 }, { that = "b", exists = true }], requirement = ["a/b-1", "c/d-2"] }]
"#;

    #[test]
    fn a_whole_case_is_read() {
        let (suite, problems) = load_one("testcases/tls/versions.toml", GOOD);
        assert_eq!(problems, Vec::<String>::new());
        let case = suite.case("tls.versions").unwrap();
        assert_eq!(case.faults.len(), 2);
        assert_eq!((case.each.len(), case.values.len(), case.control.len(), case.steps.len()), (2, 2, 1, 1));
        assert_eq!(case.steps[0].capture[0].otherwise, Some(Value::from("none")));
        assert_eq!(case.steps[0].expect[0].requirements, ["a/b-1", "c/d-2"]);
        assert_eq!(case.steps[0].place.line, 22);
    }

    #[test]
    fn mistakes_are_reported_at_their_lines() {
        let text = GOOD
            .replace("is = true", "equals = true")
            .replace("do = \"tls.offer\"\ncapture", "cature")
            .replace("faults = [\"tls-1.0-enabled\"]", "faults = [\"TLS 1\"]")
            .replace("fault = \"other-fault\"", "");
        let (_, problems) = load_one("testcases/tls/other.toml", &text);
        for part in [
            "must lie in tls/versions.toml",
            "names no fault",
            "is not a fault name",
            "exactly one predicate",
            "either 'do'",
            "unknown key 'cature'",
        ] {
            assert!(problems.iter().any(|problem| problem.contains(part)), "{part}: {problems:#?}");
        }
    }

    #[test]
    fn a_misspelt_predicate_is_told_once_and_any_has_none_of_its_own() {
        let told = |from: &str, to: &str| {
            assert!(GOOD.contains(from), "{from}");
            load_one("testcases/tls/versions.toml", &GOOD.replace(from, to)).1
        };
        assert_eq!(told("exists = true", "exist = true"), ["24 unknown key 'exist'"]);
        assert_eq!(told("\"c/d-2\"] }", "\"c/d-2\"], is = 1 }"), ["24 unknown key 'is'"]);
        assert_eq!(told("{ that = \"b\", exists = true }", "{ that = \"b\" }").len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "([a-z]{1,8} = [\\[\\]{}\"a-z0-9=,. ]{0,20}\n|\\[\\[?(steps|each|values|control)\\]?\\]\n){0,12}") {
            let _ = load_one("testcases/a/b.toml", &text);
        }
    }
}
