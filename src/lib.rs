//! carinbb: a conformance harness for the security requirements of the CARIN IG for Blue Button.
//!
//! A case says what to do, a requirement says how much it matters, a verb observes, `judge` decides, a report renders.
//! The floors stand in the order below; code uses only floors below its own, and a test reads every import to prove it.

pub mod cli;
pub mod report;

pub mod engine;
pub mod testcase;
pub mod catalogue;
pub mod verbs;
pub mod login;
pub mod peers;
pub mod net;
pub mod crypto;
pub mod evidence;
pub mod target;
pub mod reference;
pub mod vocabulary;
