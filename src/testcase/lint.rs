//! Resolves every name of a suite without a network: verbs, arguments, facts, requirements, capabilities, faults, templates.

use std::collections::BTreeSet;

use serde_json::Value;

use super::expand::expand;
use super::load::Suite;
use super::model::{Action, Assertion, Check, Each, EachSource, Flow, Role, Step, TestCase};
use super::template::{Scope, resolve_text, templates_in};
use crate::verbs::VerbHelp;
use crate::vocabulary::document::{Problems, Span, did_you_mean};

/// The names that a suite may use.
pub struct Vocabulary<'a> {
    /// The verbs.
    pub verbs: &'a [&'static VerbHelp],
    /// The ids of the catalogue.
    pub requirements: BTreeSet<&'a str>,
    /// The capabilities of the closed list, and whether a name is one.
    pub is_capability: &'a dyn Fn(&str) -> bool,
    /// The faults of the reference server, and of the app that stands for a client.
    pub faults: BTreeSet<&'a str>,
    /// Those of the app: a case of role `client` names them and no others.
    pub client_faults: BTreeSet<&'a str>,
    /// The members of `profile.*`.
    pub profile_members: BTreeSet<&'a str>,
    /// The members of `target.*`.
    pub target_members: &'a [&'a str],
}

/// Reports every name that is unknown, every row that no assertion serves, and every fault that no server has.
pub fn lint(suite: &Suite, vocabulary: &Vocabulary<'_>, problems: &Problems) {
    for flow in &suite.flows {
        if let Some(given) = flow.given.as_ref().filter(|given| suite.flow(given).is_none()) {
            let known = suite.flows.iter().map(|flow| flow.name.as_str());
            problems.report(&flow.source, 0..0, format!("there is no flow '{given}'"), Some(did_you_mean(given, known)));
        }
        Linter::of_flow(suite, vocabulary, problems, flow).steps(&flow.steps);
    }
    for case in &suite.cases {
        lint_case(suite, vocabulary, problems, case);
    }
}

fn lint_case(suite: &Suite, vocabulary: &Vocabulary<'_>, problems: &Problems, case: &TestCase) {
    let mut linter = Linter::of_case(suite, vocabulary, problems, case);
    let at_id = find(case, "id");
    for id in &case.requirements {
        if !vocabulary.requirements.contains(id.as_str()) {
            let help = did_you_mean(id.as_str(), vocabulary.requirements.iter().copied());
            linter.report(find(case, id.as_str()), format!("requirement '{id}' is not in the catalogue"), Some(help));
        }
    }
    for fault in &case.faults {
        if !vocabulary.faults.contains(fault.as_str()) {
            let help = did_you_mean(fault.as_str(), vocabulary.faults.iter().copied());
            linter.report(find(case, fault.as_str()), format!("the reference server has no fault '{fault}'"), Some(help));
        } else if vocabulary.client_faults.contains(fault.as_str()) != (case.role == Role::Client) {
            let message = format!("'{fault}' is no fault of the role that the case is about");
            linter.report(find(case, fault.as_str()), message, Some("a case of role client names faults of a client".into()));
        }
    }
    for need in case.needs.iter().filter(|need| !need.contains("{{")) {
        if !(vocabulary.is_capability)(need) {
            linter.report(find(case, need), format!("'{need}' is not a capability of the closed list"), None);
        }
    }
    given_tokens(suite, case, &linter);
    settled_by(suite, case, &linter);
    linter.text(&case.title, find(case, "title"));
    linter.steps(case.all_steps());
    for id in &case.requirements {
        if !linter.served.contains(id.as_str()) {
            linter.report(
                at_id.clone(),
                format!("no assertion counts for '{id}'"),
                Some("name it with requirement = \"…\" in an assertion".into()),
            );
        }
    }
}

/// A case that can do without a launch of its own takes launches as setup alone, and of them only what tokens can stand for.
fn given_tokens(suite: &Suite, case: &TestCase, linter: &Linter<'_>) {
    if case.given_tokens.is_empty() {
        return;
    }
    for step in case.all_steps() {
        let in_setup = case.setup.iter().any(|own| std::ptr::eq(own, step));
        match &step.action {
            Action::Verb(name) if super::given::signs_in(name) => {
                linter.report(step.span.clone(), format!("{name} signs in, so the case cannot do with given tokens"), None);
            }
            Action::Flow(name) => {
                let Some(given) = suite.flow(name).and_then(|flow| flow.given.as_ref()) else { continue };
                let Some(stand_in) = suite.flow(given) else { continue };
                if !in_setup {
                    let message = "what judges a launch cannot do with given tokens: only a setup can";
                    linter.report(step.span.clone(), message.to_owned(), None);
                }
                let first = |path: &str| path.split(['.', '#']).next().unwrap_or_default().to_owned();
                let is_there = |path: &str| filled_in(case, path).iter().all(|path| stand_in.outputs.contains(&first(path)));
                for capture in step.capture.iter().filter(|capture| !is_there(&capture.from)) {
                    let message = format!("the flow '{given}', which stands in for given tokens, has no '{}'", capture.from);
                    linter.report(capture.span.clone(), message, None);
                }
            }
            Action::Verb(_) => {}
        }
    }
}

/// A path that begins with a template of `[each]`, as each of the written elements fills it in; any other as it stands.
fn filled_in(case: &TestCase, path: &str) -> Vec<String> {
    let variants = if path.starts_with("{{") { expand(case, &Scope::new()).unwrap_or_default() } else { Vec::new() };
    let filled = variants.iter().filter_map(|variant| {
        let mut scope = Scope::new();
        variant.enter(&mut scope);
        resolve_text(path, &scope).ok()
    });
    let filled: Vec<String> = filled.collect();
    if filled.is_empty() { vec![path.to_owned()] } else { filled }
}

/// What settles a case has to serve its rows.
fn settled_by(suite: &Suite, case: &TestCase, linter: &Linter<'_>) {
    let Some(id) = &case.settled_by else { return };
    let at = find(case, "settled_by");
    let Some(other) = suite.cases.iter().find(|other| other.id == *id && other.id != case.id) else {
        let help = did_you_mean(id.as_str(), suite.cases.iter().map(|case| case.id.as_str()));
        return linter.report(at, format!("there is no other case '{id}'"), Some(help));
    };
    for row in case.requirements.iter().filter(|row| !other.requirements.contains(row)) {
        linter.report(at.clone(), format!("'{id}' does not serve '{row}', so it cannot settle it"), None);
    }
}

/// The first place of a word in the file of a case.
fn find(case: &TestCase, word: &str) -> Span {
    case.source.text().find(word).map_or(0..0, |at| at..at + word.len())
}

/// Walks one case or flow and remembers which names have a value so far.
struct Linter<'a> {
    suite: &'a Suite,
    vocabulary: &'a Vocabulary<'a>,
    problems: &'a Problems,
    source: &'a std::sync::Arc<crate::vocabulary::document::Source>,
    case: Option<&'a TestCase>,
    names: BTreeSet<String>,
    served: BTreeSet<String>,
}

impl<'a> Linter<'a> {
    fn of_case(suite: &'a Suite, vocabulary: &'a Vocabulary<'a>, problems: &'a Problems, case: &'a TestCase) -> Self {
        let names = case.each.iter().map(|each| each.name.clone()).chain(case.values.iter().map(|(name, _)| name.clone()));
        let served = BTreeSet::new();
        Self { suite, vocabulary, problems, source: &case.source, case: Some(case), names: names.collect(), served }
    }

    fn of_flow(suite: &'a Suite, vocabulary: &'a Vocabulary<'a>, problems: &'a Problems, flow: &'a Flow) -> Self {
        let names = flow.inputs.iter().map(|input| input.name.clone()).collect();
        Self { suite, vocabulary, problems, source: &flow.source, case: None, names, served: BTreeSet::new() }
    }

    fn report(&self, span: Span, message: String, help: Option<String>) {
        self.problems.report(self.source, span, message, help);
    }

    fn steps<'s>(&mut self, steps: impl IntoIterator<Item = &'s Step>) {
        for step in steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: &Step) {
        self.text(&step.title, step.span.clone());
        for (_, span, value) in &step.with.0 {
            self.value(value, span);
        }
        let facts = match &step.action {
            Action::Verb(name) => self.verb(step, name),
            Action::Flow(name) => self.flow(step, name),
        };
        for assertion in step.premise.iter().chain(&step.expect).chain(&step.then) {
            self.assertion(assertion, &facts);
        }
        for assertion in step.expect.iter().chain(&step.then).filter(|row| !row.excuses) {
            self.serves(assertion);
        }
        if let Some(last) = step.then.last().filter(|row| row.excuses) {
            let help = "write the rows that it is about behind it";
            self.report(
                last.span.clone(),
                "the last row of 'then' has 'otherwise' and excuses nothing".into(),
                Some(help.into()),
            );
        }
        for capture in &step.capture {
            self.path(&capture.from, &capture.span, &facts);
            self.names.insert(capture.name.clone());
        }
    }

    fn verb(&self, step: &Step, name: &str) -> Facts {
        let Some(help) = self.vocabulary.verbs.iter().find(|verb| verb.name == name) else {
            let known = self.vocabulary.verbs.iter().map(|verb| verb.name);
            self.report(step.span.clone(), format!("there is no verb '{name}'"), Some(did_you_mean(name, known)));
            return Facts::Unknown;
        };
        for (argument, span, value) in &step.with.0 {
            match help.argument(argument) {
                None => {
                    let known = help.arguments.iter().map(|own| own.name);
                    let message = format!("{name} takes no argument '{argument}'");
                    self.report(span.clone(), message, Some(did_you_mean(argument, known)));
                }
                Some(own) => {
                    if let Some(problem) = own.kind.problem(value) {
                        self.report(span.clone(), format!("the argument '{argument}' {problem}"), None);
                    }
                }
            }
        }
        for missing in
            help.arguments.iter().filter(|own| own.required && !step.with.0.iter().any(|(given, _, _)| given == own.name))
        {
            self.report(
                step.span.clone(),
                format!("{name} needs the argument '{}'", missing.name),
                Some(missing.help.to_owned()),
            );
        }
        Facts::Of(help)
    }

    fn flow(&self, step: &Step, name: &str) -> Facts {
        let Some(flow) = self.suite.flow(name) else {
            let known = self.suite.flows.iter().map(|flow| flow.name.as_str());
            self.report(step.span.clone(), format!("there is no flow '{name}'"), Some(did_you_mean(name, known)));
            return Facts::Unknown;
        };
        for (given, span, _) in &step.with.0 {
            if !flow.inputs.iter().any(|input| input.name == *given) {
                let known = flow.inputs.iter().map(|input| input.name.as_str());
                self.report(
                    span.clone(),
                    format!("the flow '{name}' takes no input '{given}'"),
                    Some(did_you_mean(given, known)),
                );
            }
        }
        for input in flow.inputs.iter().filter(|input| input.default.is_none()) {
            if !step.with.0.iter().any(|(given, _, _)| *given == input.name) {
                self.report(step.span.clone(), format!("the flow '{name}' needs the input '{}'", input.name), None);
            }
        }
        Facts::Named(flow.outputs.clone())
    }

    fn assertion(&self, assertion: &Assertion, facts: &Facts) {
        match &assertion.check {
            Check::Any(rows) => {
                for row in rows {
                    self.assertion(row, facts);
                }
            }
            Check::Fact { that, predicate } => {
                self.path(that, &assertion.span, facts);
                self.value(&predicate.parts().1, &assertion.span);
            }
        }
        for id in &assertion.requirements {
            if id.contains("{{") {
                self.text(id, assertion.span.clone());
            } else if !self.vocabulary.requirements.contains(id.as_str()) {
                let help = did_you_mean(id, self.vocabulary.requirements.iter().copied());
                self.report(assertion.span.clone(), format!("requirement '{id}' is not in the catalogue"), Some(help));
            } else if self.case.is_some_and(|case| !case.requirements.iter().any(|own| own.as_str() == id)) {
                let help = format!("add \"{id}\" to the case's requirements");
                self.report(assertion.span.clone(), format!("'{id}' is not among the case's requirements"), Some(help));
            }
        }
    }

    /// Remembers which rows of the catalogue an assertion counts for; a template counts for every id among the elements of `[each]`.
    fn serves(&mut self, assertion: &Assertion) {
        let Some(case) = self.case else { return };
        if assertion.requirements.is_empty()
            && let Some(first) = case.requirements.first()
        {
            self.served.insert(first.to_string());
        }
        for id in &assertion.requirements {
            if id.contains("{{") {
                case.each.iter().for_each(|each| collect_texts(each, &mut self.served));
            } else {
                self.served.insert(id.clone());
            }
        }
    }

    fn path(&self, path: &str, span: &Span, facts: &Facts) {
        self.text(path, span.clone());
        let paths = self.case.map_or_else(|| vec![path.to_owned()], |case| filled_in(case, path));
        paths.iter().for_each(|path| self.fact(path, span, facts));
    }

    fn fact(&self, path: &str, span: &Span, facts: &Facts) {
        let known: Vec<&str> = match facts {
            Facts::Of(help) if !help.knows_fact(path) => help.facts.iter().map(|fact| fact.path).collect(),
            Facts::Named(outputs) if !outputs.iter().any(|own| own == path.split(['.', '#']).next().unwrap_or_default()) => {
                outputs.iter().map(String::as_str).collect()
            }
            _ => return,
        };
        self.report(span.clone(), format!("there is no fact '{path}' here"), Some(did_you_mean(path, known)));
    }

    fn value(&self, value: &Value, span: &Span) {
        match value {
            Value::String(text) => self.text(text, span.clone()),
            Value::Array(items) => items.iter().for_each(|item| self.value(item, span)),
            Value::Object(members) => members.values().for_each(|member| self.value(member, span)),
            _ => {}
        }
    }

    fn text(&self, text: &str, span: Span) {
        let names = match templates_in(text) {
            Ok(names) => names,
            Err(error) => return self.report(span, error.to_string(), None),
        };
        for name in names {
            let mut parts = name.split('.');
            let (first, second) = (parts.next().unwrap_or_default(), parts.next());
            let unknown = match (first, second) {
                ("target", Some(member)) => !self.vocabulary.target_members.contains(&member),
                ("profile", Some(member)) => !self.vocabulary.profile_members.contains(member),
                _ => !self.names.contains(first),
            };
            if unknown {
                let own = self.names.iter().cloned();
                let target = self.vocabulary.target_members.iter().map(|member| format!("target.{member}"));
                let profile = self.vocabulary.profile_members.iter().map(|member| format!("profile.{member}"));
                let known: Vec<String> = own.chain(target).chain(profile).collect();
                let help = did_you_mean(name, known.iter().map(String::as_str));
                self.report(span.clone(), format!("'{{{{{name}}}}}' has no value here"), Some(help));
            }
        }
    }
}

/// The facts that a step gives.
enum Facts {
    Of(&'static VerbHelp),
    Named(Vec<String>),
    Unknown,
}

fn collect_texts(each: &Each, into: &mut BTreeSet<String>) {
    fn walk(value: &Value, into: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => {
                into.insert(text.clone());
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, into)),
            Value::Object(members) => members.values().for_each(|member| walk(member, into)),
            _ => {}
        }
    }
    if let EachSource::Written(elements) = &each.source {
        elements.iter().for_each(|element| walk(element, into));
    }
}
