//! Every integration test in one binary: each further one would link OpenSSL and the rest again.

mod floors;
mod interop;
mod wording;
