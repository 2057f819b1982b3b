//! `JUnit` XML for CI systems: one suite per area, one testcase per planned case, nothing else.
//!
//! ```xml
//! <testsuites name="carinbb" tests="1" failures="1" errors="0" skipped="0" …>
//!   <testsuite name="tls" tests="1" failures="1" errors="0" skipped="0" …>
//!     <testcase name="versions [token] Only TLS 1.2 and 1.3 are negotiated" time="0.112" classname="carinbb.tls" file="…">
//!       <failure type="SHALL carin-bb/exchange-1" message="TLS 1.1 was accepted">expected … actual … required …</failure>
//!       <system-out>requirements: carin-bb/exchange-1</system-out>
//! ```
//! `junit-report` writes what it is given: [`guard`] makes texts harmless before, and reads the file back after.

mod guard;
mod shape;
mod totals;
mod denied;
mod waivers;
mod write;

pub use write::Junit;
