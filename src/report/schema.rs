//! The JSON Schema of the run record, made from the types themselves.

use crate::engine::Run;
use crate::engine::record::SCHEMA;

/// The schema that `schemas/run.schema.json` holds.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Run);
    schema.insert("title".to_owned(), format!("Run record of carinbb, {SCHEMA}").into());
    schema.to_value()
}
