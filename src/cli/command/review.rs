//! `carinbb review`: a second person looks the evidence through and signs it too.

use std::fs;

use crate::cli::args::ReviewArgs;
use crate::cli::environment::Environment;
use crate::cli::evidence_out::beside;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::secrets::Secrets;
use crate::crypto::dsse::{self, SigningKey};
use crate::engine;
use crate::report::bundle;
use crate::target::{SecretReader, SecretSource};
use crate::vocabulary::escape;

/// Signs what holds. 0 when it is signed, 1 when the evidence or its first signature does not hold, 3 when there is nothing to read.
///
/// # Errors
/// When there is nothing to read, the key cannot be used, or it is not the reviewer's.
pub fn review(arguments: &ReviewArgs, environment: &Environment) -> Result<u8, Failure> {
    let opened = bundle::open(&arguments.bundle).map_err(|error| Failure::unreadable(&arguments.bundle, error))?;
    let files = opened.files.clone();
    let verified = bundle::verify(opened);
    let path = beside(&arguments.bundle).filter(|path| path.is_file());
    let Some(path) = path else {
        return Err(Failure::Unreachable(format!("{}: there is no signature beside it", arguments.bundle.display())));
    };
    let bytes = fs::read(&path).map_err(|error| Failure::unreadable(&path, error))?;
    let signed = bundle::check_signature(&bytes, &[], verified.run.as_ref(), &files);
    let replayed = verified.run.as_ref().map(|run| engine::replay(run).differences).unwrap_or_default();
    if !verified.problems.is_empty() || !signed.problems.is_empty() || !replayed.is_empty() || verified.run.is_none() {
        output::complain("carinbb: the evidence does NOT hold and was not signed; carinbb verify says why");
        return Ok(1);
    }
    let wrong = |error: dsse::DsseError| Failure::wrong(format!("{}: {error}", path.display()));
    let pem =
        Secrets::new(environment).read("signing_key", &SecretSource::File(arguments.sign.clone())).map_err(Failure::wrong)?;
    let key = SigningKey::from_pem(&pem).map_err(|error| Failure::wrong(format!("{}: {error}", arguments.sign.display())))?;
    let id = key.id().map_err(wrong)?;
    let expected = verified.run.as_ref().and_then(|run| run.certification.as_ref()).map(|own| &own.reviewed_by);
    if let Some(person) = expected.filter(|person| person.key != id) {
        let name = escape(&person.name);
        return Err(Failure::wrong(format!(
            "the record names {name} as its reviewer, by the key {}, and this is {id}",
            escape(&person.key)
        )));
    }
    let (mut envelope, payload) = dsse::from_file(&bytes).map_err(wrong)?;
    key.sign_too(&mut envelope, &payload).map_err(wrong)?;
    let text = dsse::to_file(&envelope).map_err(wrong)?;
    fs::write(&path, text).map_err(|error| Failure::wrong(format!("cannot write {}: {error}", path.display())))?;
    output::print(&format!("reviewed: {} is signed by the key with the SHA-256 {id} too", path.display()));
    Ok(0)
}
