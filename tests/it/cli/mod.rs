//! The command line as its user meets it: one file per command, each of them starting the real binary.

mod again;
mod attest;
mod baseline;
mod canaries;
mod certification;
mod check;
mod completions;
mod doctor;
mod evidence;
mod explain;
mod init;
mod faults;
mod interrupt;
mod joined;
mod list;
mod login;
mod messages;
mod run;
mod schemas;
mod seed;
mod serve;
mod settings;
mod tls;
mod tool;
mod udap_community;
mod waivers;
