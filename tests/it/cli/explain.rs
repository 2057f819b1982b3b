//! `carinbb explain`: each kind of id, and a typo.

use super::tool::Tool;

#[test]
fn each_kind_of_id_is_explained_within_the_page() {
    for (id, part) in [
        ("carin-bb/exchange-1", "cases tls.versions"),
        ("tls.versions", "proved by the faults"),
        ("tls.offer", "effect"),
        ("tls-1.1-enabled", "try carinbb run --demo --fault tls-1.1-enabled"),
        ("smart.launch-standalone", "Claimed when:"),
        ("carin-bb-2.2.0", "documents"),
    ] {
        let printed = Tool::new().args(["explain", id]).exits(0).stdout_has(id).stdout_has(part);
        let longest = printed.stdout.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(100), "{id} is {longest:?} wide");
    }
}

#[test]
fn a_typo_is_2_with_what_was_meant() {
    Tool::new().args(["explain", "carin-bb/exchnge-1"]).exits(2).stderr_has("did you mean 'carin-bb/exchange-1'?");
    Tool::new().args(["explain", "tls-1.1-enable"]).exits(2).stderr_has("did you mean 'tls-1.1-enabled'?");
}
