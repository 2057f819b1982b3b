//! Bytes to and from the target, with deadlines and limits.

pub mod tls;
