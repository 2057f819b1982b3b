//! Faults of the page where members withdraw the access of apps.

use super::fault::{Fault, degenerate, fault};

const G: &str = "withdrawal";

pub(super) const TABLE: &[Fault] = &[
    fault(G, "withdrawal-keeps-refresh-token", "a member withdraws an app's access, and its refresh token goes on to work"),
    fault(G, "withdrawal-keeps-access-token", "a member withdraws an app's access, and its access token works until it expires"),
    degenerate(G, "withdrawal-page-fails", "the page where members withdraw access answers 500 to the form"),
    degenerate(G, "withdrawal-without-word", "the page where members withdraw access does nothing and says nothing"),
];
