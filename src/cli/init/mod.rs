//! The files that `carinbb init` writes: a target file, a CI job, lines for .gitignore, a letter to a server's owner.
//!
//! Texts only; nothing is read or written here.

mod letter;

pub use letter::letter;

use clap::ValueEnum;

/// Identity providers whose login pages are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum IdentityProvider {
    Okta,
    Entra,
    B2c,
    Ping,
    Keycloak,
}

/// CI systems for which a job is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CiSystem {
    Github,
    Gitlab,
    None,
}

/// The base that stands in a file until the operator writes theirs.
pub const SAMPLE_BASE: &str = "https://fhir.payer.example/r4";

/// The lines of .gitignore: reports and secrets do not belong in a repository.
pub const IGNORED: &str = include_str!("files/gitignore");

/// The target file, every choice in it as a comment.
#[must_use]
pub fn target_file(base: &str, provider: Option<IdentityProvider>) -> String {
    let login = match provider {
        None => include_str!("files/login.toml"),
        Some(IdentityProvider::Okta) => include_str!("files/login-okta.toml"),
        Some(IdentityProvider::Entra) => include_str!("files/login-entra.toml"),
        Some(IdentityProvider::B2c) => include_str!("files/login-b2c.toml"),
        Some(IdentityProvider::Ping) => include_str!("files/login-ping.toml"),
        Some(IdentityProvider::Keycloak) => include_str!("files/login-keycloak.toml"),
    };
    include_str!("files/target.toml").replace("@BASE@", base).replace("@LOGIN@\n", &format!("{login}\n"))
}

/// The CI job and where it belongs; nothing for none.
#[must_use]
pub fn ci_job(system: CiSystem) -> Option<(&'static str, String)> {
    let (path, text) = match system {
        CiSystem::Github => (".github/workflows/carinbb.yml", include_str!("files/github.yml")),
        CiSystem::Gitlab => ("carinbb.gitlab-ci.yml", include_str!("files/gitlab.yml")),
        CiSystem::None => return None,
    };
    Some((path, text.replace("@VERSION@", env!("CARGO_PKG_VERSION"))))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use serde_json::Value;

    use super::*;
    use crate::target;
    use crate::vocabulary::document::{Problems, Source, parse};

    /// The file with every choice made: a lone # before a key or a table is removed.
    fn all_chosen(text: &str) -> String {
        let chosen = |line: &str| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') && !rest.is_empty() => rest.to_owned(),
            _ => line.to_owned(),
        };
        text.lines().map(chosen).collect::<Vec<_>>().join("\n")
    }

    fn problems_of(text: &str) -> Vec<String> {
        let problems = Problems::new();
        let file = target::read(&Arc::new(Source::new("target.toml", text)), &problems);
        assert!(file.is_some(), "{text}");
        problems.into_sorted().into_iter().map(|problem| problem.render(false)).collect()
    }

    fn every_provider() -> impl Iterator<Item = Option<IdentityProvider>> {
        std::iter::once(None).chain(IdentityProvider::value_variants().iter().copied().map(Some))
    }

    #[test]
    fn every_target_file_is_right_as_written_and_with_every_choice_made() {
        for provider in every_provider() {
            let text = target_file("https://p.example/r4", provider);
            assert!(["@BASE@", "@LOGIN@"].iter().all(|mark| !text.contains(mark)), "{provider:?}: a mark was left: {text}");
            assert_eq!(problems_of(&text), Vec::<String>::new(), "{provider:?}");
            assert_eq!(problems_of(&all_chosen(&text)), Vec::<String>::new(), "{provider:?}");
        }
    }

    /// The names of all members of a value, however deep, as `clients.public.client_id`; lists count as their elements.
    fn names(value: &Value, path: &str, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, inner)| {
                let own = format!("{path}.{name}");
                into.insert(own.clone());
                names(inner, &own, into);
            }),
            Value::Array(items) => items.iter().for_each(|item| names(item, path, into)),
            _ => {}
        }
    }

    /// What the schema allows, without the ways to say where a secret is.
    fn allowed(schema: &Value, path: &str, into: &mut BTreeSet<String>) {
        let is_secret = schema["properties"]["prompt"].is_object();
        let inner = if schema["type"] == "array" { &schema["items"] } else { schema };
        for (name, inner) in inner["properties"].as_object().into_iter().flatten().filter(|_| !is_secret) {
            let own = format!("{path}.{name}");
            into.insert(own.clone());
            allowed(inner, &own, into);
        }
    }

    #[test]
    fn the_target_file_shows_every_key_that_there_is() {
        let source = Arc::new(Source::new("target.toml", all_chosen(&target_file("https://p.example/r4", None))));
        let table = parse(&source, &Problems::new());
        let (mut shown, mut wanted) = (BTreeSet::new(), BTreeSet::new());
        for (name, _, node) in &table.entries {
            shown.insert(format!(".{name}"));
            names(&node.to_json(), &format!(".{name}"), &mut shown);
        }
        allowed(&target::schema(), "", &mut wanted);
        // One client and one member show what each of them may hold; settings are flags.
        let last = |path: &str| path.rsplit('.').next().map(str::to_owned);
        let of =
            |table: &str| shown.iter().filter(|path| path.starts_with(table)).filter_map(|path| last(path)).collect::<Vec<_>>();
        let (clients, members) = (of(".clients."), of(".member."));
        let is_shown = |path: &str| match path.split('.').nth(1).unwrap_or_default() {
            "clients" => last(path).is_some_and(|name| clients.contains(&name)),
            "member" => last(path).is_some_and(|name| members.contains(&name)),
            "settings" => true,
            // instead of a laboratory's folder, which the file shows; the guide has it
            "udap" => path.starts_with(".udap.pkcs12"),
            // the same for a driver that runs already, which a comment shows; steps of a withdrawal are steps of a login
            "login" => {
                let step = path.replace(".login.withdrawal.steps.", ".login.steps.");
                path == ".login.browser.url" || shown.contains(&step)
            }
            _ => false,
        };
        let is_shown = |path: &str| shown.contains(path) || is_shown(path);
        let missing: Vec<&String> = wanted.iter().filter(|path| !is_shown(path)).collect();
        assert!(missing.is_empty(), "init leaves out {missing:?}");
    }

    #[test]
    fn a_job_is_pinned_to_this_version() {
        for system in [CiSystem::Github, CiSystem::Gitlab] {
            let (_, text) = ci_job(system).unwrap();
            assert!(text.contains(env!("CARGO_PKG_VERSION")) && !text.contains("@VERSION@"), "{text}");
        }
        assert!(ci_job(CiSystem::None).is_none());
    }
}
