//! The `x5c` header, right or wrong.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::overrides::input;
use crate::crypto::lab::Credential;
use crate::vocabulary::Cause;

/// The value for a word; nothing when it is left out.
pub(super) fn x5c(word: &str, credential: &Credential) -> Result<Option<Value>, Cause> {
    let chain: Vec<String> = credential.chain.iter().map(|der| STANDARD.encode(der)).collect();
    let leaf = chain.first().cloned().unwrap_or_default();
    let root = || credential.root.as_ref().map(|der| STANDARD.encode(der));
    Ok(Some(match word {
        "chain" => json!(chain),
        "leaf" => json!([leaf]),
        "full" => json!(chain.into_iter().chain(root()).collect::<Vec<_>>()),
        "absent" => return Ok(None),
        "empty" => json!([]),
        "string" => json!(leaf),
        "garbage" => json!(["bm90IGEgY2VydGlmaWNhdGU="]),
        "base64url" => json!(credential.chain.iter().map(|der| URL_SAFE_NO_PAD.encode(der)).collect::<Vec<_>>()),
        "leaf-last" => json!(chain.into_iter().skip(1).chain(root()).chain([leaf]).collect::<Vec<_>>()),
        "extra" => json!(chain.into_iter().chain([unrelated()?]).collect::<Vec<_>>()),
        "unrelated-first" => json!([unrelated()?].into_iter().chain(chain).collect::<Vec<_>>()),
        other => return Err(input(&format!("there is no x5c '{other}'"))),
    }))
}

/// A certificate that has to do with nothing here.
fn unrelated() -> Result<String, Cause> {
    let failed = |error: rcgen::Error| input(&format!("no unrelated certificate could be made: {error}"));
    let made = rcgen::generate_simple_self_signed(["unrelated.carinbb.example".to_owned()]).map_err(failed)?;
    Ok(STANDARD.encode(made.cert.der()))
}
