//! Files that an output is compared with, byte by byte. `UPDATE_GOLDEN=1` writes them; they are reviewed like code.

use std::path::Path;

/// Compares with a file whose path is relative to the repository.
pub(crate) fn compare(path: &str, actual: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(file.parent().expect("a golden file lies in a folder")).expect("the folder can be made");
        std::fs::write(&file, actual).expect("the golden file can be written");
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    assert!(expected == actual, "{path} differs; UPDATE_GOLDEN=1 writes it\n--- expected\n{expected}\n--- actual\n{actual}");
}
