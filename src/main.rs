//! The `carinbb` command.

fn main() {}
