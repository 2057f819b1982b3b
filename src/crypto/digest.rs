//! The digest of a whole file, by OpenSSL: a program is large, and its digest is waited for.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use openssl::sha::Sha256;

/// SHA-256 of a file in hex.
///
/// # Errors
/// When it cannot be read.
pub fn sha256_of_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut part = vec![0; 1 << 16];
    loop {
        match file.read(&mut part)? {
            0 => return Ok(hash.finish().iter().map(|byte| format!("{byte:02x}")).collect()),
            read => hash.update(&part[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_all_parts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(sha256_of_file(&path).unwrap(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        std::fs::write(&path, vec![0; 200_000]).unwrap();
        let whole: String = sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix(vec![0; 200_000]))
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(sha256_of_file(&path).unwrap(), whole);
    }
}
