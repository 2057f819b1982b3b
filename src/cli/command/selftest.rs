//! `carinbb selftest`: prove every case by its faults.

use std::sync::Arc;

use crate::cli::args::{Global, SelftestArgs};
use crate::cli::certification;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::selftest::{as_json, as_table, demands, everywhere, prove_all, summary};
use crate::cli::suite;
use crate::reference::faults;
use crate::vocabulary::document::did_you_mean;

/// Proves and prints. Exit code 1 when anything is not proved.
///
/// # Errors
/// When the suite is broken or nothing is called as was asked.
pub fn selftest(global: &Global, arguments: &SelftestArgs, _: &Environment) -> Result<u8, Failure> {
    let loaded = Arc::new(suite::load(global.testcases.as_deref())?);
    // One typing error among right names must not make the rest look like all of it.
    let cases = loaded.suite.cases.iter().map(|case| case.id.as_str());
    let known: Vec<&str> =
        ["clean", "right-client"].into_iter().chain(faults().iter().map(|fault| fault.name)).chain(cases).collect();
    if let Some(word) = arguments.what.iter().find(|word| !known.contains(&word.as_str())) {
        return Err(Failure::wrong(format!("no fault or case is called {word}: {}", did_you_mean(word, known))));
    }
    let profiles: Vec<String> = loaded.catalogue.profiles().map(|profile| profile.id.to_string()).collect();
    let mut wanted = demands(&profiles, &loaded.suite, &arguments.what);
    if arguments.full {
        wanted = everywhere(wanted, &profiles);
    }
    if wanted.is_empty() {
        return Err(Failure::wrong(format!("nothing to prove: no case of this suite declares {}", arguments.what.join(" or "))));
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::wrong(format!("cannot start: {error}")))?;
    let proofs = runtime.block_on(prove_all(wanted, &loaded, usize::from(arguments.jobs), arguments.full));
    let (last, good) = summary(&proofs, &loaded.suite);
    if arguments.json {
        let mut result = as_json(&proofs, &loaded.suite);
        // What an audit asks: of which program and suite, and whether it is all of it.
        result["program"] = certification::own_digest()?.into();
        result["suite"] = loaded.files.digest().into();
        result["whole"] = arguments.what.is_empty().into();
        output::print(&serde_json::to_string_pretty(&result).unwrap_or_default());
    } else {
        output::print(&as_table(&proofs));
        output::print(&last);
    }
    Ok(u8::from(!good))
}
