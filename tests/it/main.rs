//! Every integration test in one binary: each further one would link OpenSSL and the rest again.

mod budgets;
mod bundle;
mod cli;
mod compare;
mod coverage;
mod engine;
mod floors;
mod formats;
mod golden;
mod hostile;
mod hostile_targets;
mod house;
mod interop;
mod judgements;
mod junit;
mod live;
mod login;
mod login_token;
mod record;
mod report_command;
mod sample_run;
mod signature;
mod terminal;
mod time;
mod udap_matrix;
mod wording;
