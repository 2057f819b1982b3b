//! What a case is once its file was read. Templates in it are not filled in yet.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::predicate::Predicate;
use crate::vocabulary::document::{Place, Source, Span};
use crate::vocabulary::{CaseId, FaultName, RequirementId};

/// One case of the suite.
#[derive(Debug, Clone)]
pub struct TestCase {
    /// `area.name`; the file lies in `testcases/area/`.
    pub id: CaseId,
    /// What holds when the case passes. May hold templates of `[each]`.
    pub title: String,
    /// Why it matters to a member or a payer.
    pub why: String,
    /// Who is tested.
    pub role: Role,
    /// The catalogue rows that it serves, the first being the default of its assertions.
    pub requirements: Vec<RequirementId>,
    /// Capabilities without which it makes no sense. May hold templates of `[each]`.
    pub needs: Vec<String>,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// Faults of the reference server that it must catch, those of `[each]` elements included.
    pub faults: Vec<FaultName>,
    /// The case that settles the same rows with a control that this one has not: where it does, being blocked here does not count.
    pub settled_by: Option<CaseId>,
    /// True when its setup is not shared with other cases.
    pub fresh: bool,
    /// The tokens with which it can do without a launch of its own; empty when it needs one.
    pub given_tokens: Vec<TokenKind>,
    /// What it must have alone, for instance `account:member`.
    pub locks: Vec<String>,
    /// What it may break for others.
    pub spoils: Vec<Spoil>,
    /// The longest it may take, waits not counted.
    pub timeout: Option<Duration>,
    /// The lists whose product makes its results.
    pub each: Vec<Each>,
    /// Values made or written down before the first step.
    pub values: Vec<(String, Declared)>,
    /// Makes what the case needs.
    pub setup: Vec<Step>,
    /// The same done right.
    pub control: Vec<Step>,
    /// What is tested.
    pub steps: Vec<Step>,
    /// Brings back what the case broke.
    pub restore: Vec<Step>,
    /// Removes what the case left.
    pub cleanup: Vec<Step>,
    /// The file.
    pub source: Arc<Source>,
    /// Where its id stands.
    pub place: Place,
}

impl TestCase {
    /// All steps in the order in which they run.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.setup.iter().chain(&self.control).chain(&self.steps).chain(&self.restore).chain(&self.cleanup)
    }

    /// True when the case has this tag.
    #[must_use]
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.iter().any(|own| own == tag)
    }
}

/// Who is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The server: the target of the run.
    Server,
    /// A client application that is observed by `serve --observe`.
    Client,
}

/// A token that an operator may give in the place of a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// The access token.
    Access,
    /// The refresh token.
    Refresh,
    /// The ID token.
    Id,
}

impl TokenKind {
    /// Every kind by its name in a token response.
    pub const WORDS: [(&'static str, TokenKind); 3] =
        [("access_token", Self::Access), ("refresh_token", Self::Refresh), ("id_token", Self::Id)];
}

/// What a case may break for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoil {
    /// The signed-in session and its tokens.
    Session,
    /// A client, for instance by failed authentications.
    Client,
    /// A registration.
    Registration,
    /// A member's account.
    Account,
}

/// One list of `[each]`.
#[derive(Debug, Clone)]
pub struct Each {
    /// The name under which an element is known to templates.
    pub name: String,
    /// The elements.
    pub source: EachSource,
    /// Where it stands.
    pub span: Span,
}

/// Where the elements of an `[each]` come from.
#[derive(Debug, Clone)]
pub enum EachSource {
    /// Written in the file: literals or tables.
    Written(Vec<Value>),
    /// A template that gives a list: `{{target.endpoints}}`, `{{profile.required_scopes}}`.
    Template(String),
}

/// A value of `[values]`.
#[derive(Debug, Clone)]
pub enum Declared {
    /// As written; may hold templates.
    Literal(Value),
    /// Made anew for each result.
    Random(RandomKind),
}

/// What kind of random text is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RandomKind {
    /// A UUID, version 4.
    Uuid,
    /// 32 random bytes as base64url, fit for `state` and for a token that nobody issued.
    State,
}

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it does, in words.
    pub title: String,
    /// The verb or flow.
    pub action: Action,
    /// The arguments.
    pub with: With,
    /// Facts that are kept under a name.
    pub capture: Vec<Capture>,
    /// Must hold for the rest of the case to mean anything.
    pub premise: Vec<Assertion>,
    /// True when `premise` is written before `expect`: then it guards the step's own rows too. Written after it,
    /// it guards the steps that follow and leaves the rows of this one to be judged.
    pub premise_guards: bool,
    /// Judged; a miss does not stop the case.
    pub expect: Vec<Assertion>,
    /// Judged in order, each only when all before it were met.
    pub then: Vec<Assertion>,
    /// Where it stands.
    pub place: Place,
    /// The bytes of its `do` or `flow`.
    pub span: Span,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A verb of the closed list.
    Verb(String),
    /// A named list of steps.
    Flow(String),
}

/// The arguments of a step, with the place of each.
#[derive(Debug, Clone, Default)]
pub struct With(pub Vec<(String, Span, Value)>);

/// A fact that is kept.
#[derive(Debug, Clone)]
pub struct Capture {
    /// The name under which later templates find it.
    pub name: String,
    /// The path of the fact.
    pub from: String,
    /// What stands for it when the fact is absent. May be a template.
    pub otherwise: Option<Value>,
    /// Where it stands.
    pub span: Span,
}

/// One row of `premise`, `expect` or `then`.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// What is compared.
    pub check: Check,
    /// The requirements that it counts for (or templates that give them); empty means the case's first.
    pub requirements: Vec<String>,
    /// Why it is expected.
    pub because: Option<String>,
    /// Of a premise, or of a row of `then`: its miss is an absence that the protocol allows, and the rest does not apply.
    pub excuses: bool,
    /// Where it stands.
    pub place: Place,
    /// The bytes of the row.
    pub span: Span,
}

/// What an assertion compares.
#[derive(Debug, Clone)]
pub enum Check {
    /// One fact with one predicate.
    Fact {
        /// The path of the fact. May hold templates.
        that: String,
        /// The comparison.
        predicate: Predicate,
    },
    /// Met when one of the rows is.
    Any(Vec<Assertion>),
}

/// A named step list that cases share.
#[derive(Debug, Clone)]
pub struct Flow {
    /// The name: the file's name without `.toml`.
    pub name: String,
    /// What it does, in words.
    pub title: String,
    /// What it takes.
    pub inputs: Vec<FlowInput>,
    /// The captures that its caller may take.
    pub outputs: Vec<String>,
    /// The flow that stands in for it where the operator gives tokens.
    pub given: Option<String>,
    /// The steps; each calls a verb, never a flow.
    pub steps: Vec<Step>,
    /// The file.
    pub source: Arc<Source>,
}

/// An input of a flow.
#[derive(Debug, Clone)]
pub struct FlowInput {
    /// The name.
    pub name: String,
    /// What stands for it when the caller gives nothing; absent means that it must be given.
    pub default: Option<Value>,
}
