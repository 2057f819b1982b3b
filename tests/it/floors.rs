//! Code uses only floors below its own, so that a verb never learns a level and a report never asks the engine.
//!
//! Reads every path that begins at the crate root, in imports and in running code, tests included.

use std::fmt::{self, Display};
use std::fs;
use std::path::{Path, PathBuf};

/// Top to bottom. Floors of one line stand side by side and do not use each other.
const FLOORS: [&[&str]; 12] = [
    &["cli"],
    &["report"],
    &["engine"],
    &["testcase"],
    &["catalogue"],
    &["verbs"],
    &["login"],
    &["peers"],
    &["net", "crypto"],
    &["evidence"],
    &["target"],
    &["vocabulary"],
];

/// Stands aside: it shares nothing with the checks, or a shared misreading would hide itself.
const ASIDE: &str = "reference";

/// What only the command line may use, however high another floor stands.
const LEAVES: [&str; 2] = ["report", ASIDE];

#[derive(Debug, PartialEq, Eq)]
struct Arrow {
    file: PathBuf,
    line: usize,
    from: String,
    to: String,
}

impl Display for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} must not use {}", self.file.display(), self.line, self.from, self.to)
    }
}

#[derive(Debug, PartialEq, Eq, Clone)]
struct Token {
    text: String,
    line: usize,
}

#[test]
fn no_floor_uses_one_above_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&root);
    assert!(files.len() > 50, "only {} files were found below {}", files.len(), root.display());
    let upward: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let relative = file.strip_prefix(&root).expect("the file was found below the root");
            let text = fs::read_to_string(file).expect("a source file is UTF-8");
            forbidden_arrows(relative, &text)
        })
        .map(|arrow| arrow.to_string())
        .collect();
    assert!(upward.is_empty(), "arrows that the floors forbid:\n{}", upward.join("\n"));
}

#[test]
fn every_folder_of_src_is_on_a_floor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in rust_files(&root) {
        let relative = file.strip_prefix(&root).expect("the file was found below the root").to_owned();
        let Some(floor) = floor_of(&relative) else { continue };
        assert!(height(&floor).is_some() || floor == ASIDE, "src/{} lies on no floor", relative.display());
    }
}

#[test]
fn an_arrow_to_a_floor_above_is_caught_in_every_form_of_path() {
    let file = Path::new("verbs/tls.rs");
    for text in [
        "use crate::engine::judge;",
        "pub(crate) use crate::engine::Run as R;",
        "use crate::{net::World, engine::{Run, judge}};",
        "use crate::{\n    net::World,\n    engine,\n};",
        "fn f() -> crate::engine::Run { g() }",
        "fn f() { let url = \"https://x\"; crate :: engine :: judge(url) }",
        "use super::super::engine::judge;",
        "mod tests { use super::super::super::engine::judge; }",
    ] {
        let arrows = forbidden_arrows(file, text);
        assert_eq!(arrows.len(), 1, "{text}: {arrows:?}");
        assert_eq!((arrows[0].from.as_str(), arrows[0].to.as_str()), ("verbs", "engine"), "{text}");
    }
}

#[test]
fn floors_side_by_side_do_not_use_each_other() {
    assert_eq!(forbidden_arrows(Path::new("net/mod.rs"), "use crate::crypto::Key;").len(), 1);
    assert_eq!(forbidden_arrows(Path::new("crypto.rs"), "use crate::net::World;").len(), 1);
}

#[test]
fn the_reference_server_uses_the_vocabulary_alone() {
    let file = Path::new("reference/oauth.rs");
    assert_eq!(forbidden_arrows(file, "use crate::vocabulary::Secret;"), []);
    assert_eq!(forbidden_arrows(file, "use crate::reference::Fault;"), []);
    assert_eq!(forbidden_arrows(file, "use crate::net::World;").len(), 1);
}

#[test]
fn only_the_command_line_uses_reports_and_the_reference_server() {
    for leaf in LEAVES {
        let text = format!("use crate::{leaf}::Thing;");
        assert_eq!(forbidden_arrows(Path::new("cli/run.rs"), &text), []);
        assert_eq!(forbidden_arrows(Path::new("main.rs"), &text), []);
        assert_eq!(forbidden_arrows(Path::new("engine/plan.rs"), &text).len(), 1, "{leaf}");
    }
    assert_eq!(forbidden_arrows(Path::new("report/html.rs"), "use crate::reference::Fault;").len(), 1);
}

#[test]
fn comments_and_texts_are_no_arrows() {
    let text = r##"
//! See [`crate::engine::judge`].
/* use crate::engine; /* nested */ use crate::engine; */
const A: &str = "crate::engine::judge";
const B: &str = r#"crate::engine "quoted" crate::engine"#;
const C: char = '"'; // crate::engine
fn f<'a>(x: &'a str) -> &'a str { x }
use crate::vocabulary::Verdict;
"##;
    assert_eq!(forbidden_arrows(Path::new("net/mod.rs"), text), []);
}

/// The paths of a file that point where its floor must not point.
fn forbidden_arrows(file: &Path, text: &str) -> Vec<Arrow> {
    let Some(from) = floor_of(file) else { return Vec::new() };
    paths_from_the_root(&tokens(text), module_depth(file))
        .into_iter()
        .filter(|to| !may_use(&from, &to.text))
        .map(|to| Arrow { file: file.to_owned(), line: to.line, from: from.clone(), to: to.text })
        .collect()
}

fn may_use(from: &str, to: &str) -> bool {
    if from == to {
        return true;
    }
    if LEAVES.contains(&to) {
        return from == "cli";
    }
    if from == ASIDE {
        return to == "vocabulary";
    }
    match (height(from), height(to)) {
        (Some(from), Some(to)) => from < to,
        // A name of the root that is no floor, for instance a macro.
        (_, None) => true,
        (None, Some(_)) => false,
    }
}

fn height(floor: &str) -> Option<usize> {
    FLOORS.iter().position(|line| line.contains(&floor))
}

/// `net/http/client.rs` lies on `net`, `main.rs` is the door of `cli`; `lib.rs` only names the floors.
fn floor_of(file: &Path) -> Option<String> {
    let first = file.components().next()?.as_os_str().to_str()?;
    match first.trim_end_matches(".rs") {
        "lib" => None,
        "main" => Some("cli".to_owned()),
        floor => Some(floor.to_owned()),
    }
}

/// How many `super` lead from the file's module to the crate root.
fn module_depth(file: &Path) -> usize {
    let is_mod = file.file_name().is_some_and(|name| name == "mod.rs");
    file.components().count() - usize::from(is_mod)
}

/// The first names of all paths that begin at the crate root.
fn paths_from_the_root(tokens: &[Token], depth: usize) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (begins_at_root, length) = root_prefix(&tokens[at..], depth);
        at += length.max(1);
        if begins_at_root {
            found.extend(first_names(&tokens[at..]));
        }
    }
    found
}

/// `crate::` or as many `super::` as lead to the root (more stand in inline modules).
fn root_prefix(tokens: &[Token], depth: usize) -> (bool, usize) {
    let is_step = |at: usize, word: &str| {
        tokens.get(at).is_some_and(|token| token.text == word) && tokens.get(at + 1).is_some_and(|token| token.text == "::")
    };
    if is_step(0, "crate") {
        return (true, 2);
    }
    let supers = (0..).take_while(|step| is_step(step * 2, "super")).count();
    let after = tokens.get(supers * 2).map_or("", |token| token.text.as_str());
    let names_a_floor = after == "{" || height(after).is_some() || after == ASIDE;
    (supers >= depth.max(1) && names_a_floor, supers * 2)
}

/// The name that follows, or the first name of each branch of a group.
fn first_names(tokens: &[Token]) -> Vec<Token> {
    let Some(first) = tokens.first() else { return Vec::new() };
    if first.text != "{" {
        return vec![first.clone()];
    }
    let mut names = Vec::new();
    let mut open = 0_usize;
    let mut is_begin = false;
    for token in tokens {
        match token.text.as_str() {
            "{" => {
                open += 1;
                is_begin = open == 1;
            }
            "}" => {
                open -= 1;
                if open == 0 {
                    break;
                }
            }
            "," => is_begin = open == 1,
            _ => {
                if is_begin {
                    names.push(token.clone());
                }
                is_begin = false;
            }
        }
    }
    names
}

/// Words, `::` and single signs; comments, texts and characters are left out.
fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut at = 0;
    while at < characters.len() {
        let rest = &characters[at..];
        let length = match rest {
            ['/', '/', ..] => rest.iter().position(|&sign| sign == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['r', '"' | '#', ..] if !follows_a_word(&characters, at) => raw_text(rest),
            ['"', ..] => quoted(rest, '"'),
            ['\'', ..] => character_or_lifetime(rest),
            [':', ':', ..] => {
                tokens.push(Token { text: "::".to_owned(), line });
                2
            }
            [sign, ..] if is_word(*sign) => {
                let word: String = rest.iter().take_while(|&&sign| is_word(sign)).collect();
                let length = word.chars().count();
                tokens.push(Token { text: word, line });
                length
            }
            [sign, ..] => {
                if !sign.is_whitespace() {
                    tokens.push(Token { text: sign.to_string(), line });
                }
                1
            }
            [] => 1,
        };
        line += rest[..length].iter().filter(|&&sign| sign == '\n').count();
        at += length;
    }
    tokens
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn follows_a_word(characters: &[char], at: usize) -> bool {
    at > 0 && is_word(characters[at - 1]) && characters[at - 1] != 'b'
}

fn block_comment(rest: &[char]) -> usize {
    let mut open = 0_usize;
    let mut at = 0;
    while at + 1 < rest.len() {
        match (rest[at], rest[at + 1]) {
            ('/', '*') => open += 1,
            ('*', '/') => open -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if open == 0 {
            return at;
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#`; a raw identifier such as `r#type` is one sign long here.
fn raw_text(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|&&sign| sign == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 1;
    }
    let mut end = vec!['"'];
    end.extend(std::iter::repeat_n('#', hashes));
    let body = 2 + hashes;
    rest[body..].windows(end.len()).position(|window| window == end).map_or(rest.len(), |at| body + at + end.len())
}

fn quoted(rest: &[char], end: char) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            sign if sign == end => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn character_or_lifetime(rest: &[char]) -> usize {
    match rest {
        ['\'', '\\', ..] => quoted(rest, '\''),
        ['\'', _, '\'', ..] => 3,
        _ => 1,
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("the entry can be read").path()) {
        if entry.is_dir() {
            files.extend(rust_files(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            files.push(entry);
        }
    }
    files.sort();
    files
}
