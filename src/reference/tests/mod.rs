//! Tests of the reference server as a whole, through sockets and clients that are not ours.

mod access;
mod client;
mod discovery;
mod hooks;
mod http;
mod oauth;
mod pieces;
mod tls;
