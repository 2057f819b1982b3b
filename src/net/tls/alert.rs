//! Alerts: their names, and which of them say "I will not negotiate what you offered".

/// The fatal alerts that count as a rejection of the offer, once a control showed that the server negotiates something.
/// Any other alert leaves the question open.
const REJECTIONS: [u8; 10] = [40, 47, 50, 70, 71, 80, 86, 109, 112, 120];

/// `protocol_version`: the one alert that says it was the version and not a cipher suite.
pub(super) const PROTOCOL_VERSION: u8 = 70;

/// True if a fatal alert of this description rejects the offer.
pub(super) fn is_rejection(description: u8) -> bool {
    REJECTIONS.contains(&description)
}

/// The alert as text, in decimal with its registered name: `70 protocol_version`.
#[must_use]
pub fn alert_name(description: u8) -> String {
    let name = match description {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        60 => "export_restriction",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        114 => "bad_certificate_hash_value",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        121 => "ech_required",
        _ => "unassigned",
    };
    format!("{description} {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_print_in_decimal_with_their_name() {
        assert_eq!(alert_name(0x46), "70 protocol_version");
        assert_eq!(alert_name(46), "46 certificate_unknown");
        assert_eq!(alert_name(200), "200 unassigned");
    }
}
