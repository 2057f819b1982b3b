//! `carinbb completions` and the manual page.

use super::tool::Tool;

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        Tool::new().args(["completions", shell]).exits(0).stdout_has("selftest").stdout_has("ca-file").stderr_is_empty();
    }
    Tool::new().args(["completions", "tcsh"]).exits(2).stderr_has("possible values: bash");
}

#[test]
fn the_manual_page_has_every_flag_of_run() {
    let page = include_str!("../../../man/carinbb.1").replace("\\-", "-");
    let help = Tool::new().args(["run", "--help"]).exits(0).stdout;
    let is_flag = |c: char| c.is_ascii_lowercase() || c == '-';
    let words = help.split(|c: char| !is_flag(c)).filter(|word| word.starts_with("--") && word.len() > 2);
    let flags: Vec<&str> = words.collect();
    assert!(flags.len() > 20);
    for flag in flags {
        assert!(page.contains(flag), "{flag} is not in the manual page");
    }
}
