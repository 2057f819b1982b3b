//! The reader of answers and the writer of hellos, as `carinbb` has them: the same files, without the rest of it.
//!
//! libFuzzer looks at every counter of the program after every input. Those of HTTP, reports and OpenSSL would make an input
//! take fifty times as long and say nothing about these files.
#![allow(dead_code, unused_imports, reason = "the files hold more than what is fuzzed")]

pub mod net;
pub mod vocabulary;
