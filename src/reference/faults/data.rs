//! Faults and quirks of a member's data: what a token reaches beyond its scopes, its member or its time.

use super::fault::{Fault, fault, quirk};

const G: &str = "data";

pub(super) const TABLE: &[Fault] = &[
    fault(G, "other-member-readable-by-id", "a token reads the data of other members by id"),
    fault(G, "other-member-in-search", "a search by member or by id finds the data of other members"),
    fault(G, "other-member-through-include", "a search with _include runs over all members"),
    fault(G, "other-member-through-revinclude", "a search with _revinclude runs over all members"),
    fault(G, "other-member-through-has", "a search with _has runs over all members"),
    fault(G, "other-member-through-chain", "a chained search runs over all members"),
    fault(G, "other-member-through-batch", "the requests of a batch run over all members"),
    fault(G, "other-member-through-paging", "the link to a next page works with the token of another member"),
    fault(G, "user-scope-widens", "user/ scopes reach the data of all members"),
    fault(G, "ungranted-type-readable", "types that were not granted can be read"),
    fault(G, "ungranted-type-through-include", "_include brings types that were not granted"),
    fault(G, "read-refused-patient", "Patient cannot be read though it was granted"),
    fault(G, "read-refused-coverage", "Coverage cannot be read though it was granted"),
    fault(G, "read-refused-explanationofbenefit", "ExplanationOfBenefit cannot be read though it was granted"),
    fault(G, "read-refused-organization", "Organization cannot be read though it was granted"),
    fault(G, "read-refused-practitioner", "Practitioner cannot be read though it was granted"),
    fault(G, "read-refused-relatedperson", "RelatedPerson cannot be read though Patient was granted"),
    fault(G, "search-refused-coverage", "Coverage cannot be searched though it was granted"),
    fault(G, "search-refused-explanationofbenefit", "ExplanationOfBenefit cannot be searched though it was granted"),
    fault(G, "search-refused-patient", "Patient cannot be searched though it was granted"),
    fault(G, "search-refused-organization", "Organization cannot be searched though it was granted"),
    fault(G, "search-refused-practitioner", "Practitioner cannot be searched though it was granted"),
    fault(G, "expired-token-accepted", "a token works after its time"),
    fault(G, "truncated-token-accepted", "the first 16 characters of a token are enough"),
    fault(G, "token-in-query-accepted", "the token is taken in the query string"),
    fault(G, "write-accepted-with-read-scope", "a token that only reads can write"),
    fault(G, "cors-missing-on-fhir", "the FHIR API has no CORS headers").smart("2.2.0"),
    quirk(G, "batch-not-taken", "the base takes no batch, and the CapabilityStatement lists none"),
    quirk(G, "pages-not-given", "a search puts everything on one page, whatever _count says"),
    quirk(G, "other-member-403", "the data of other members are 403 instead of 404"),
    fault(G, "insufficient-scope-401", "a type that was not granted is 401 instead of 403"),
    quirk(G, "ungranted-type-empty-bundle", "a search for a type that was not granted gives an empty searchset"),
    quirk(G, "ungranted-type-404", "a type that was not granted is 404 instead of 403"),
];
