//! What the engine makes of cases: whole runs of small suites against a scripted server, and of the real suite against
//! the reference server.

mod bench;
mod capabilities;
mod claim;
mod controls;
mod demo;
mod interrupt;
mod peer;
mod plan;
mod rows;
mod sharing;
mod time;
