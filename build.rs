//! Rebuilds the crate when the embedded suite changes: `include_dir` alone does not notice new files.

fn main() {
    println!("cargo:rerun-if-changed=testcases");
}
