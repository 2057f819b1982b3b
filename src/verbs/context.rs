//! What a verb works with: the world, the target and the documents that discovery found.

/// Shared by all verbs of a run.
pub struct Context {}
