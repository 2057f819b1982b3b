//! The versions of SMART App Launch. No server states its own: it is decided or declared, see `in_force`.

use super::closed::closed_list;

/// The document that these are the versions of.
pub const SMART_APP_LAUNCH: &str = "smart-app-launch";

closed_list! {
    /// A version of SMART App Launch; the order is that of their age.
    SmartVersion, "a version of SMART App Launch", {
        /// STU1.
        V1_0_0 = "1.0.0",
        /// STU2.
        V2_0_0 = "2.0.0",
        /// STU2.1.
        V2_1_0 = "2.1.0",
        /// STU2.2.
        V2_2_0 = "2.2.0",
    }
}
