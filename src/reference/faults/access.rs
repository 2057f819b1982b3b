//! Faults of the FHIR API towards requests without a valid token, and fronts that answer everything alike.

use super::fault::{Fault, degenerate, fault, quirk};

const G: &str = "access";
const STATUS_401_ONLY: &[&str] = &["carin-bb-1.1.0"];

pub(super) const TABLE: &[Fault] = &[
    fault(G, "open-patient", "Patient is searched and read without a token"),
    fault(G, "open-coverage", "Coverage is searched and read without a token"),
    fault(G, "open-explanationofbenefit", "ExplanationOfBenefit is searched and read without a token"),
    fault(G, "open-organization", "Organization is searched and read without a token"),
    fault(G, "open-practitioner", "Practitioner is searched and read without a token"),
    fault(G, "garbage-token-accepted-patient", "any bearer token reads Patient"),
    fault(G, "garbage-token-accepted-coverage", "any bearer token reads Coverage"),
    fault(G, "garbage-token-accepted-explanationofbenefit", "any bearer token reads ExplanationOfBenefit"),
    fault(G, "garbage-token-accepted-organization", "any bearer token reads Organization"),
    fault(G, "garbage-token-accepted-practitioner", "any bearer token reads Practitioner"),
    fault(G, "unauthorized-empty-bundle", "requests without a valid token get 200 and an empty searchset"),
    fault(G, "unauthorized-redirects-to-login", "requests without a token get 302 to the authorize endpoint"),
    fault(G, "unauthorized-400", "requests without a valid token get 400, with a challenge"),
    fault(G, "unauthorized-403", "requests without a token get 403 and an OperationOutcome").under(STATUS_401_ONLY),
    fault(G, "unauthorized-500", "requests without a token get 500"),
    fault(G, "challenge-missing", "the 401 has no WWW-Authenticate"),
    fault(G, "challenge-basic", "the 401 asks for Basic authentication"),
    fault(G, "challenge-error-without-token", "the challenge carries an error though no token was sent"),
    fault(G, "invalid-token-403", "a token that is not valid gets 403 instead of 401"),
    fault(G, "refusal-carries-data", "the body of the 401 is the Patient"),
    fault(G, "refusal-carries-internals", "the body of the 401 holds a stack trace"),
    fault(G, "server-header-verbose", "headers name the server software and its version"),
    fault(G, "cors-reflects-with-credentials", "any origin may read answers with the cookies of a browser"),
    fault(
        G,
        "cors-reflects-origin-it-teaches",
        "any origin may read answers with the cookies of a browser, and smart-configuration names it as a person",
    ),
    fault(G, "member-data-in-shared-caches", "members' data may be kept by shared caches"),
    quirk(
        G,
        "gateway-401-everywhere",
        "a gateway refuses every path without a valid token in the same way, also one that nothing is behind",
    ),
    degenerate(G, "unauthorized-block-page", "everything but metadata and .well-known gets a 403 HTML block page"),
    degenerate(G, "unauthorized-same-as-unknown", "unknown paths get the same 401 as protected ones"),
    degenerate(G, "unauthorized-404", "requests without a token get the same 404 as unknown paths"),
    degenerate(G, "unauthorized-429", "FHIR calls without a valid token get 429 with Retry-After: 1"),
    degenerate(G, "unauthorized-503", "FHIR calls without a valid token get 503"),
    degenerate(G, "always-400", "every request gets 400"),
    degenerate(G, "always-401", "every request gets 401"),
    degenerate(G, "always-403", "every request gets 403"),
    degenerate(G, "always-404", "every request gets 404"),
    degenerate(G, "always-500", "every request gets 500"),
    degenerate(G, "always-200-html", "every request gets 200 and an HTML page"),
    degenerate(G, "always-200-empty-json", "every request gets 200 and an empty JSON object"),
    degenerate(
        G,
        "always-random",
        "every request gets one of these answers, documents also the honest one, by turns that look random",
    ),
    degenerate(G, "always-hang", "no request is answered"),
    degenerate(G, "always-reset", "every request is answered with a TCP reset"),
];
