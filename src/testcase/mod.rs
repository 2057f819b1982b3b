//! The testcase language: TOML files that an auditor can read aloud.
//!
//! [`load`] turns files into [`TestCase`]s and reports every mistake at its line; [`lint`] resolves every name without
//! a network; [`expand`] fills in `[each]`. Nothing here runs a case.

mod expand;
mod given;
mod lint;
mod load;
mod model;
mod predicate;
mod schema;
mod template;

pub use expand::{ExpandError, Variant, expand};
pub use given::Given;
pub use lint::{Vocabulary, lint};
pub use load::{Suite, load, load_heads};
pub use model::{
    Action, Assertion, Capture, Check, Declared, Each, EachSource, Flow, FlowInput, RandomKind, Role, Spoil, Step, TestCase,
    TokenKind, With,
};
pub use predicate::{Predicate, TypeWord};
pub use schema::schema;
pub use template::{Scope, TemplateError, resolve, resolve_text, templates_in};
