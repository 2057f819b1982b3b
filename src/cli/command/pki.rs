//! `carinbb pki init`: makes a certificate laboratory in a folder.

use time::OffsetDateTime;

use crate::cli::args::{PkiArgs, PkiCommand};
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::crypto::lab::{Lab, LabKeys, write_folder};

/// Makes it and says what to do with it.
///
/// # Errors
/// When a file is there already, or something cannot be made or written.
pub fn pki(arguments: &PkiArgs) -> Result<u8, Failure> {
    let PkiCommand::Init { folder } = &arguments.command;
    let wrong = |error: &dyn std::fmt::Display| Failure::wrong(error.to_string());
    let keys = LabKeys::generate().map_err(|error| wrong(&error))?;
    let lab = Lab::new(keys, None, OffsetDateTime::now_utc()).map_err(|error| wrong(&error))?;
    write_folder(folder, &lab).map_err(|error| wrong(&error))?;
    let shown = folder.display();
    output::print(&format!("A certificate laboratory lies in {shown}."));
    output::print(&format!("Give {shown}/root.pem to the operator of the test system; {shown}/README.txt says the rest."));
    output::print(&format!("In the target file: [udap] and below it pki = \"{shown}\""));
    Ok(0)
}
