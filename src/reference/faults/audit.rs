//! Faults and quirks of the audit log, all of them in what a search of `AuditEvent` shows.

use super::fault::{Fault, fault, quirk};

const G: &str = "audit";

pub(super) const TABLE: &[Fault] = &[
    fault(G, "audit-read-not-recorded", "no AuditEvent tells of a read"),
    fault(G, "audit-search-not-recorded", "no AuditEvent tells of a search"),
    fault(G, "audit-refusal-not-recorded", "no AuditEvent tells of a request that was refused"),
    fault(G, "audit-login-not-recorded", "no AuditEvent tells of a sign-in"),
    fault(G, "audit-without-member", "AuditEvents do not say whose data it was"),
    fault(G, "audit-without-agent", "AuditEvents do not say who it was"),
    fault(G, "audit-all-succeeds", "AuditEvents call every request a success, refused ones too"),
    fault(G, "audit-time-wrong", "AuditEvents are dated a day before what they tell of"),
    fault(G, "audit-event-without-observer", "AuditEvents have no source.observer"),
    fault(G, "audit-event-without-requestor", "the agents of AuditEvents lack requestor"),
    quirk(G, "audit-delayed", "an AuditEvent is there 20 seconds after what it tells of"),
    quirk(G, "audit-sparse", "AuditEvents have no action, no outcome of a success, and hold a search as its query alone"),
    quirk(G, "audit-events-not-offered", "there is no AuditEvent, and the CapabilityStatement lists none"),
];
