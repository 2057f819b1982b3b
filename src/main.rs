//! The `carinbb` command.

use std::process::ExitCode;

/// A run and its reports are many small texts: the allocator of the C library takes a fifth more of the processor.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(carinbb::cli::main())
}
