//! UDAP from the outside: certificates and JWTs are made with OpenSSL here, by nothing that the checks use.

mod lab;
mod metadata;
mod registration;
mod server;
mod sockets;
mod token;
