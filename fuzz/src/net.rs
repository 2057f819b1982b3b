//! The files of the net floor.

pub mod tls;
