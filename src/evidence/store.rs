//! Where the evidence of a run is collected, in the order in which it was recorded.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{EvidenceId, Exchange, Label, Record};

/// Collects exchanges and gives each its id. Clones share one collection.
#[derive(Debug, Clone, Default)]
pub struct EvidenceStore {
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    certificates: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

/// The most certificates of a run that are kept: a target that shows a new one each time must not fill the memory.
const MOST_CERTIFICATES: usize = 64;

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
