//! Where the secrets of a run lie between its steps. Facts and captures hold a handle, `‹code #3f9a1c›`, and a verb that
//! gets one as an argument opens it here.
//!
//! The handle is the pseudonym under which the same secret stands in the evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::vocabulary::{Redactor, Secret};

/// The secrets and member values of a run. Clones share them.
#[derive(Clone)]
pub struct Vault {
    redactor: Redactor,
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    by_handle: BTreeMap<String, Secret>,
    values: BTreeSet<String>,
    bonds: BTreeMap<String, Secret>,
    successors: BTreeMap<String, String>,
}

impl Vault {
    /// An empty vault whose handles are the pseudonyms of this redactor.
    #[must_use]
    pub fn new(redactor: Redactor) -> Self {
        Self { redactor, held: Arc::default() }
    }

    /// Keeps a secret and returns its handle. From now on the redactor knows it.
    pub fn keep(&self, secret: Secret) -> String {
        self.redactor.register_learnt(&secret);
        self.insert(secret)
    }

    /// Keeps a signed token and returns its handle. The redactor gets to know its signature alone: that is what makes it good for
    /// anything, and a run makes hundreds of long ones.
    pub fn keep_token(&self, token: Secret) -> String {
        if let Some((_, signature)) = token.expose().rsplit_once('.') {
            self.redactor.register_exactly(&Secret::new(token.label(), signature));
        }
        self.insert(token)
    }

    /// Keeps a member's value, for instance the id of a Patient. It is no secret to the server, so it may stand in a URL.
    pub fn keep_value(&self, label: &'static str, value: &str) -> String {
        if matches!(label, "patient" | "id") {
            self.redactor.register_member(label, value);
        }
        let handle = self.insert(Secret::new(label, value));
        self.held().values.insert(handle.clone());
        handle
    }

    /// The text with what each handle of a member's value stands for. For comparing alone: it must not be shown.
    #[must_use]
    pub fn with_values(&self, text: &str) -> String {
        let of_value = |handle: &str| {
            let held = self.held();
            let kept = held.by_handle.get(handle).filter(|_| held.values.contains(handle)).map(|kept| kept.expose().to_owned());
            drop(held);
            kept.or_else(|| self.redactor.member(handle))
        };
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, behind)) = rest.split_once('‹') {
            filled.push_str(before);
            let value = behind.split_once('›').and_then(|(name, after)| Some((of_value(&format!("‹{name}›"))?, after)));
            let (value, after) = value.unwrap_or_else(|| ("‹".to_owned(), behind));
            filled.push_str(&value);
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    /// The handle of a member's value, when the run has kept it before.
    #[must_use]
    pub fn known_value(&self, label: &str, value: &str) -> Option<String> {
        let held = self.held();
        let handle = self.redactor.pseudonym(label, value);
        held.by_handle.get(&handle).filter(|known| known.expose() == value).map(|_| handle)
    }

    /// What a handle stands for.
    #[must_use]
    pub fn open(&self, handle: &str) -> Option<Secret> {
        let kept = self.held().by_handle.get(handle).cloned();
        // A fact may hold what an answer had shown among a member's data.
        kept.or_else(|| Some(Secret::new("member", self.redactor.member(handle)?)))
    }

    /// What an argument stands for: the secret of a handle, or a text of the case's own making.
    ///
    /// # Errors
    /// When it looks like a handle and this run knows none of that name.
    pub fn resolve(&self, label: &'static str, argument: &str) -> Result<Resolved, String> {
        if let Some(secret) = self.open(argument) {
            return Ok(Resolved { secret, made_up: false });
        }
        if argument.contains('‹') {
            return Err(format!("{argument} is not known to this run"));
        }
        Ok(Resolved { secret: Secret::new(label, argument), made_up: true })
    }

    /// The text with every handle in it replaced by what it stands for.
    ///
    /// # Errors
    /// When a handle in it is not known to this run.
    pub fn fill(&self, text: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(start) = rest.find('‹') {
            let Some(end) = rest[start..].find('›') else { break };
            let end = start + end + '›'.len_utf8();
            let handle = &rest[start..end];
            let secret = self.open(handle).ok_or_else(|| format!("{handle} is not known to this run"))?;
            filled.push_str(&rest[..start]);
            filled.push_str(secret.expose());
            rest = &rest[end..];
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// Remembers what belongs to a handle, for instance the PKCE verifier to its code.
    pub fn bind(&self, handle: &str, secret: Secret) {
        self.held().bonds.insert(handle.to_owned(), secret);
    }

    /// What was bound to a handle.
    #[must_use]
    pub fn bound(&self, handle: &str) -> Option<Secret> {
        self.held().bonds.get(handle).cloned()
    }

    /// Remembers that a new token took the place of an old one.
    pub fn replace(&self, old: &str, new: &str) {
        if old != new {
            self.held().successors.insert(old.to_owned(), new.to_owned());
        }
    }

    /// The handle that took the place of this one in the end, or itself.
    #[must_use]
    pub fn newest(&self, handle: &str) -> String {
        let held = self.held();
        let mut newest = handle;
        // A server that hands out an old token again must not hold the run up.
        for _ in 0..held.successors.len() {
            let Some(next) = held.successors.get(newest) else { break };
            newest = next;
        }
        newest.to_owned()
    }

    fn insert(&self, secret: Secret) -> String {
        let mut held = self.held();
        let mut number = 1;
        loop {
            let label = if number == 1 { secret.label().to_owned() } else { format!("{}-{number}", secret.label()) };
            let handle = self.redactor.pseudonym(&label, secret.expose());
            match held.by_handle.get(&handle) {
                // Six digits are few: two secrets must not share a handle, or one would be sent for the other.
                Some(known) if known.expose() != secret.expose() => number += 1,
                Some(_) => return handle,
                None => {
                    held.by_handle.insert(handle.clone(), secret);
                    return handle;
                }
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an argument stands for.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The value.
    pub secret: Secret,
    /// True when the case made it up: no credential of anybody.
    pub made_up: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new(Redactor::new("salt"))
    }

    #[test]
    fn a_secret_comes_back_by_its_handle_and_the_handle_shows_nothing() {
        let vault = vault();
        let handle = vault.keep(Secret::new("code", "SplxlOBeZQQYbYS6WxSbIA"));
        assert!(handle.starts_with("‹code #") && !handle.contains("Splx"), "{handle}");
        assert_eq!(vault.open(&handle).unwrap().expose(), "SplxlOBeZQQYbYS6WxSbIA");
        assert_eq!(vault.keep(Secret::new("code", "SplxlOBeZQQYbYS6WxSbIA")), handle);
        assert_eq!(vault.redactor.redact("a SplxlOBeZQQYbYS6WxSbIA b"), format!("a {handle} b"));
    }

    /// The record of an access names the client that asked; a later request of that client shows its id all the same.
    #[test]
    fn what_was_learnt_as_a_members_value_comes_back_by_the_name_it_has_in_facts() {
        let vault = vault();
        vault.redactor.register_member("member", "app-confidential-1");
        let fact = vault.redactor.redact("app-confidential-1");
        assert!(fact.starts_with("‹member #"), "{fact}");
        assert_eq!(vault.resolve("client_id", &fact).unwrap().secret.expose(), "app-confidential-1");
        assert_eq!(vault.fill(&format!("client_id={fact}")).unwrap(), "client_id=app-confidential-1");
    }

    #[test]
    fn a_made_up_value_is_taken_as_it_is_and_an_unknown_handle_is_an_error() {
        let vault = vault();
        let resolved = vault.resolve("code", "garbage").unwrap();
        assert!(resolved.made_up && resolved.secret.expose() == "garbage");
        assert!(vault.resolve("code", "‹code #000000›").is_err());
        assert!(vault.fill("Patient/‹patient #000000›").is_err());
    }

    #[test]
    fn handles_inside_a_text_are_filled_in() {
        let vault = vault();
        let (one, two) = (vault.keep_value("patient", "1"), vault.keep_value("patient", "-2"));
        assert_eq!(vault.fill(&format!("Patient/{one},Patient/{two}?x")).unwrap(), "Patient/1,Patient/-2?x");
        assert_eq!(vault.fill("a ‹ b").unwrap(), "a ‹ b");
    }

    #[test]
    fn the_newest_of_replaced_tokens_is_found_also_in_circles() {
        let vault = vault();
        assert_eq!(vault.newest("a"), "a");
        vault.replace("a", "b");
        vault.replace("b", "c");
        assert_eq!((vault.newest("a"), vault.newest("b"), vault.newest("c")), ("c".into(), "c".into(), "c".into()));
        vault.replace("c", "a");
        assert!(["a", "b", "c"].contains(&vault.newest("a").as_str()));
    }

    #[test]
    fn two_secrets_never_share_a_handle() {
        let vault = vault();
        let mut handles: Vec<String> = (0..6_000).map(|number| vault.keep_value("id", &number.to_string())).collect();
        for (number, handle) in handles.iter().enumerate() {
            assert_eq!(vault.open(handle).unwrap().expose(), number.to_string());
        }
        handles.sort();
        handles.dedup();
        assert_eq!(handles.len(), 6_000);
    }
}
