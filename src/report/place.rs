//! `testcases/tls/versions.toml:42` as file and line, fit for systems that open files of a repository by it.
//!
//! A place that leads out of the repository, or that is no place, becomes the folder of the cases.

/// Where everything that has no place of its own is shown.
const FOLDER: &str = "testcases";

/// The file, relative to the repository and with `/`, and the line from 1.
#[must_use]
pub(super) fn place(text: &str) -> (String, u64) {
    let (file, line) = match text.rsplit_once(':') {
        Some((file, line)) => (file, line.parse().unwrap_or(0)),
        None => (text, 1),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let stays = file.split('/').all(|part| !part.is_empty() && !part.chars().all(|c| c == '.'));
    if line == 0 || line > 1_000_000 || file.len() > 300 || !file.chars().all(plain) || !stays {
        return (FOLDER.to_owned(), 1);
    }
    (file.to_owned(), line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_stays_within_the_repository() {
        assert_eq!(place("testcases/tls/versions.toml:42"), ("testcases/tls/versions.toml".into(), 42));
        assert_eq!(place("testcases/tls/versions.toml"), ("testcases/tls/versions.toml".into(), 1));
        for away in [
            "",
            "/etc/passwd:1",
            "../../x:1",
            "a/../x:3",
            "file:///x:1",
            "a b:1",
            "x,line=2:1",
            "x:0",
            "x:-1",
            "c:\\x:1",
            "%2e:1",
        ] {
            assert_eq!(place(away), ("testcases".into(), 1), "{away}");
        }
    }
}
