//! SMART capabilities that are not listed.

use super::fault::{Fault, fault};

const G: &str = "capabilities";

pub(super) const TABLE: &[Fault] = &[
    fault(G, "capability-missing-launch-standalone", "launch-standalone is not among the capabilities"),
    fault(G, "capability-missing-client-public", "client-public is not among the capabilities"),
    fault(G, "capability-missing-client-confidential-symmetric", "client-confidential-symmetric is not among the capabilities"),
    fault(
        G,
        "capability-missing-sso-openid-connect",
        "sso-openid-connect is not among the capabilities, nor are its fields there",
    ),
    fault(G, "capability-missing-context-standalone-patient", "context-standalone-patient is not among the capabilities"),
    fault(G, "capability-missing-permission-offline", "permission-offline is not among the capabilities"),
    fault(G, "capability-missing-permission-patient", "permission-patient is not among the capabilities"),
    fault(G, "capability-missing-permission-user", "permission-user is not among the capabilities"),
    fault(G, "capability-missing-permission-v1", "permission-v1 is not among the capabilities").smart("2.0.0"),
];
