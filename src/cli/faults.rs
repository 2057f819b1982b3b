//! Names of faults as a person typed them.

use super::failure::Failure;
use crate::reference;
use crate::vocabulary::FaultName;
use crate::vocabulary::document::did_you_mean;

/// The faults of these names.
///
/// # Errors
/// When one is unknown; the message says what may have been meant.
pub fn named(typed: &[String]) -> Result<Vec<FaultName>, Failure> {
    typed.iter().map(|name| one(name)).collect()
}

fn one(name: &str) -> Result<FaultName, Failure> {
    let known = || reference::faults().iter().map(|fault| fault.name);
    match FaultName::parse(name) {
        Ok(parsed) if known().any(|known| known == name) => Ok(parsed),
        _ => {
            let help = did_you_mean(name, known());
            let help = if help.starts_with("did") { help } else { "carinbb list faults names them all".to_owned() };
            Err(Failure::wrong(format!("there is no fault '{name}': {help}")))
        }
    }
}
