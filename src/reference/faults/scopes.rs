//! Scopes of CARIN BB that `scopes_supported` leaves out.

use super::fault::{Fault, fault};

const G: &str = "scopes";

pub(super) const TABLE: &[Fault] = &[
    fault(G, "scope-missing-openid", "openid is not among the scopes"),
    fault(G, "scope-missing-fhiruser", "fhirUser is not among the scopes"),
    fault(G, "scope-missing-launch-patient", "launch/patient is not among the scopes"),
    fault(G, "scope-missing-patient-explanationofbenefit", "patient/ExplanationOfBenefit.read is not among the scopes"),
    fault(G, "scope-missing-patient-coverage", "patient/Coverage.read is not among the scopes"),
    fault(G, "scope-missing-patient-patient", "patient/Patient.read is not among the scopes"),
    fault(G, "scope-missing-patient-organization", "patient/Organization.read is not among the scopes"),
    fault(G, "scope-missing-patient-practitioner", "patient/Practitioner.read is not among the scopes"),
    fault(G, "scope-missing-user-explanationofbenefit", "user/ExplanationOfBenefit.read is not among the scopes"),
    fault(G, "scope-missing-user-coverage", "user/Coverage.read is not among the scopes"),
    fault(G, "scope-missing-user-patient", "user/Patient.read is not among the scopes"),
    fault(G, "scope-missing-user-organization", "user/Organization.read is not among the scopes"),
    fault(G, "scope-missing-user-practitioner", "user/Practitioner.read is not among the scopes"),
];
