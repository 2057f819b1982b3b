//! Where the evidence of a run is collected, in the order in which it was recorded.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::redaction::hex;
use super::{EvidenceId, Exchange, HttpResult, Label, Record, SignInPage};

/// Collects exchanges and gives each its id. Clones share one collection.
#[derive(Debug, Clone, Default)]
pub struct EvidenceStore {
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    certificates: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    pages: Arc<Mutex<Vec<SignInPage>>>,
}

/// The most certificates of a run that are kept: a target that shows a new one each time must not fill the memory.
const MOST_CERTIFICATES: usize = 64;
/// The most pages that ask for consent, and the most others, that are kept.
const MOST_PAGES: usize = 8;

impl EvidenceStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a record, which must be redacted already, and returns its id. Ids count from 1.
    pub fn append(&self, label: &Label, started: String, record: Record) -> EvidenceId {
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        let id = EvidenceId::new(exchanges.len() + 1, record.kind());
        exchanges.push(Exchange { id: id.clone(), label: label.clone(), started, record });
        id
    }

    /// Keeps a certificate by the SHA-256 of its DER, once.
    pub fn keep_certificate(&self, sha256: &str, der: &[u8]) {
        let mut certificates = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        if certificates.len() < MOST_CERTIFICATES && !certificates.contains_key(sha256) {
            certificates.insert(sha256.to_owned(), der.to_vec());
        }
    }

    /// Every certificate that was kept, by its SHA-256.
    #[must_use]
    pub fn certificates(&self) -> BTreeMap<String, Vec<u8>> {
        self.certificates.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what a page of a sign-in said, once.
    pub fn keep_page(&self, page: SignInPage) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let of_its_kind = pages.iter().filter(|own| own.asks_consent == page.asks_consent).count();
        if of_its_kind < MOST_PAGES && !pages.iter().any(|own| own.is_same(&page)) {
            pages.push(page);
        }
    }

    /// Writes the words of a page of a sign-in, which may be shown, into the exchange that brought it.
    pub fn keep_words(&self, id: &str, words: &str) {
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(exchange) = exchanges.iter_mut().rev().find(|exchange| exchange.id.as_str() == id) else { return };
        if let Record::Http(http) = &mut exchange.record
            && let HttpResult::Answer(answer) = &mut http.result
        {
            answer.body.text = format!("‹the words of a page of a sign-in› {words}");
            answer.body.sha256 = hex(&Sha256::digest(answer.body.text.as_bytes()));
            answer.body.redacted = true;
        }
    }

    /// Every page that was kept, in the order in which they were seen.
    #[must_use]
    pub fn pages(&self) -> Vec<SignInPage> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The exchange with this id.
    #[must_use]
    pub fn get(&self, id: &EvidenceId) -> Option<Exchange> {
        let exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        exchanges.iter().find(|exchange| exchange.id == *id).cloned()
    }

    /// A copy of everything that was recorded so far.
    #[must_use]
    pub fn all(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many exchanges were recorded so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// True when nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::TlsExchange;

    #[test]
    fn a_page_is_kept_once_and_many_pages_leave_room_for_those_that_ask_for_consent() {
        let store = EvidenceStore::new();
        let page = |number: usize, asks_consent| SignInPage {
            address: format!("https://p.example/{number}"),
            title: "Sign in".into(),
            purpose: String::new(),
            asks_consent,
            case: format!("case {number}"),
            text: String::new(),
            buttons: Vec::new(),
        };
        (0..20).for_each(|number| store.keep_page(page(number, false)));
        store.keep_page(page(30, true));
        store.keep_page(SignInPage { case: "another".into(), ..page(30, true) });
        assert_eq!(store.pages().len(), MOST_PAGES + 1);
        assert_eq!(store.pages()[MOST_PAGES].case, "case 30");
    }

    #[test]
    fn evidence_is_numbered_in_the_order_of_recording_and_read_back_as_it_was_written() {
        let store = EvidenceStore::new();
        let probe = TlsExchange {
            host: "h".into(),
            port: 443,
            offered: "1.1".into(),
            answered: "alert 70".into(),
            sent: "16".into(),
            received: "15".into(),
            elapsed_ms: 3,
        };
        let record = Record::Tls(Box::new(probe));
        store.append(&Label::default(), "2026-01-01T00:00:00Z".into(), record.clone());
        let id = store.append(&Label::new("tls.versions", "offer 1.1"), "2026-01-01T00:00:01Z".into(), record);
        assert_eq!(id.as_str(), "0002-tls");
        let exchange = store.get(&id).unwrap();
        let json = serde_json::to_string(&exchange).unwrap();
        assert!(json.contains(r#""kind":"tls""#) && json.contains(r#""id":"0002-tls""#), "{json}");
        assert_eq!(serde_json::from_str::<Exchange>(&json).unwrap(), exchange);
    }
}
