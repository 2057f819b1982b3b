//! Tests of the reference server as a whole, through sockets and clients that are not ours.

mod access;
mod client;
mod discovery;
mod driver;
mod hooks;
mod http;
mod launches;
mod oauth;
mod pieces;
mod tls;
mod udap;
