//! What a verb is: a name, its documentation as data, what it may cost, and one asynchronous observation.
//!
//! A verb never learns a requirement's level and never says pass or fail.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::context::Context;
use crate::vocabulary::{Cause, parse_duration};

/// What a verb does to a target. A bare URL permits the first two; `login` needs a login strategy, `change` an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Reads what is public.
    Observe,
    /// Unusual but harmless: TLS offers, requests without a token.
    Probe,
    /// Authorizes with the given member.
    Login,
    /// Registers, revokes, spends, may lock.
    Change,
}

impl Effect {
    /// The word of the documentation.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Probe => "probe",
            Self::Login => "login",
            Self::Change => "change",
        }
    }
}

/// What an argument may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number, not negative.
    Number,
    /// A duration as a word: `60s`.
    Duration,
    /// A list of texts.
    Texts,
    /// A table whose values are texts.
    TextTable,
    /// One word of a closed list.
    Word(&'static [&'static str]),
    /// A list of words of a closed list.
    Words(&'static [&'static str]),
    /// A table `{ name, host, port }` as `target.endpoints` holds them.
    Endpoint,
    /// Anything.
    Any,
}

impl Kind {
    /// What is wrong with a literal value, if anything. Templates are checked when they are filled in.
    #[must_use]
    pub fn problem(self, value: &Value) -> Option<String> {
        if value.as_str().is_some_and(|text| text.contains("{{")) {
            return None;
        }
        let is_text = |value: &Value| value.is_string();
        let in_list =
            |words: &[&str], value: &Value| value.as_str().is_some_and(|word| words.contains(&word) || word.contains("{{"));
        let fits = match self {
            Self::Text => is_text(value),
            Self::Flag => value.is_boolean(),
            Self::Number => value.is_u64(),
            Self::Duration => value.as_str().is_some_and(|text| parse_duration(text).is_ok()),
            Self::Texts => value.as_array().is_some_and(|items| items.iter().all(is_text)),
            Self::TextTable => value.as_object().is_some_and(|members| members.values().all(is_text)),
            Self::Word(words) => in_list(words, value),
            Self::Words(words) => value.as_array().is_some_and(|items| items.iter().all(|item| in_list(words, item))),
            Self::Endpoint => value.is_object(),
            Self::Any => true,
        };
        (!fits).then(|| format!("must be {}", self.describe()))
    }

    /// In words.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Text => "a string".into(),
            Self::Flag => "true or false".into(),
            Self::Number => "a whole number".into(),
            Self::Duration => "a duration such as \"60s\"".into(),
            Self::Texts => "a list of strings".into(),
            Self::TextTable => "a table of strings".into(),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Words(words) => format!("a list of {}", words.join(", ")),
            Self::Endpoint => "an element of target.endpoints".into(),
            Self::Any => "any value".into(),
        }
    }
}

/// Documentation of one argument.
#[derive(Debug)]
pub struct ArgumentHelp {
    /// The name in `with`.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// True when it must be given.
    pub required: bool,
    /// What it does.
    pub help: &'static str,
}

/// Documentation of one fact.
#[derive(Debug)]
pub struct FactHelp {
    /// The path, whose first part is what `check` knows; `header.NAME` and `json.…` go deeper.
    pub path: &'static str,
    /// What it is.
    pub help: &'static str,
}

/// Documentation of a verb, as `explain` and the reference print it.
#[derive(Debug)]
pub struct VerbHelp {
    /// `area.action`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What it does to the target.
    pub effect: Effect,
    /// What it takes.
    pub arguments: &'static [ArgumentHelp],
    /// What it sees.
    pub facts: &'static [FactHelp],
}

impl VerbHelp {
    /// The argument of this name.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&'static ArgumentHelp> {
        self.arguments.iter().find(|argument| argument.name == name)
    }

    /// True when a path begins with a fact of the verb.
    #[must_use]
    pub fn knows_fact(&self, path: &str) -> bool {
        let first = path.split(['.', '#']).next().unwrap_or_default();
        self.facts.iter().any(|fact| fact.path.split('.').next() == Some(first))
    }
}

/// The most that one use of a verb may send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// HTTP requests.
    pub requests: u64,
    /// TLS probe connections.
    pub probes: u64,
    /// Authorizations.
    pub authorizations: u64,
    /// Time that it waits on purpose.
    pub wait: Duration,
}

impl Cost {
    /// What is left of this when `other` has been sent; `None` when that is more than there is. Waits cost nobody anything.
    #[must_use]
    pub fn less(self, other: Self) -> Option<Self> {
        Some(Self {
            requests: self.requests.checked_sub(other.requests)?,
            probes: self.probes.checked_sub(other.probes)?,
            authorizations: self.authorizations.checked_sub(other.authorizations)?,
            wait: self.wait,
        })
    }
}

impl std::ops::Add for Cost {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            probes: self.probes + other.probes,
            authorizations: self.authorizations + other.authorizations,
            wait: self.wait + other.wait,
        }
    }
}

/// The arguments of one use, templates filled in and kinds checked.
#[derive(Debug, Clone, Default)]
pub struct Arguments(Map<String, Value>);

impl Arguments {
    /// Checks names, kinds and required arguments.
    ///
    /// # Errors
    /// The first thing that is wrong, as a sentence.
    pub fn new(help: &VerbHelp, given: Map<String, Value>) -> Result<Self, String> {
        for (name, value) in &given {
            let Some(argument) = help.argument(name) else { return Err(format!("{} takes no argument '{name}'", help.name)) };
            if let Some(problem) = argument.kind.problem(value) {
                return Err(format!("the argument '{name}' of {} {problem}", help.name));
            }
        }
        match help.arguments.iter().find(|argument| argument.required && !given.contains_key(argument.name)) {
            Some(missing) => Err(format!("{} needs the argument '{}'", help.name, missing.name)),
            None => Ok(Self(given)),
        }
    }

    /// Takes the values as they are, for an estimate before all of them are known.
    #[must_use]
    pub fn unchecked(given: Map<String, Value>) -> Self {
        Self(given)
    }

    /// Any argument.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A flag; `false` when absent.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// A number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.as_u64()
    }

    /// A duration.
    #[must_use]
    pub fn duration(&self, name: &str) -> Option<Duration> {
        parse_duration(self.text(name)?).ok()
    }

    /// A list of texts; empty when absent.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<&str> {
        self.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// A table of texts; empty when absent.
    #[must_use]
    pub fn text_table(&self, name: &str) -> Vec<(&str, &str)> {
        let members = self.get(name).and_then(Value::as_object).into_iter().flatten();
        members.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect()
    }
}

/// What a verb saw.
#[derive(Debug, Clone)]
pub enum Observation {
    /// Facts, as one JSON object.
    Facts(Value),
    /// There is nothing to look at, and that is well-formed: the rule does not apply.
    Absent(Cause),
    /// Nothing could be seen.
    Broken(Cause),
}

/// An observation with the exchanges that prove it.
#[derive(Debug, Clone)]
pub struct Observed {
    /// What was seen.
    pub observation: Observation,
    /// Ids into the evidence. What decides comes last, because a finding shows that; what it was compared with stands before it.
    pub evidence: Vec<String>,
    /// True when it had to be repeated to be had.
    pub flaky: bool,
}

impl Observed {
    /// Facts proved by these exchanges.
    #[must_use]
    pub fn facts(facts: Value, evidence: Vec<String>) -> Self {
        Self { observation: Observation::Facts(facts), evidence, flaky: false }
    }

    /// Nothing could be seen.
    #[must_use]
    pub fn broken(cause: Cause, evidence: Vec<String>) -> Self {
        Self { observation: Observation::Broken(cause), evidence, flaky: false }
    }
}

/// One thing that a case can do.
pub trait Verb: Sync + Send {
    /// Its documentation.
    fn help(&self) -> &'static VerbHelp;

    /// The most that one use may send.
    fn cost(&self, arguments: &Arguments) -> Cost;

    /// What several uses send only once in a run, for instance the one look at a host and port; `None` when each sends its own.
    fn shared_by(&self, _: &Arguments) -> Option<String> {
        None
    }

    /// Does it and says what was seen. Misbehaviour of the target is an [`Observation`], never a panic.
    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed>;
}
