//! The few extensions that have to be written by hand, in DER.

/// authorityInfoAccess, RFC 5280 4.2.2.1.
pub(super) const AUTHORITY_INFO_ACCESS: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 1];
/// nameConstraints, RFC 5280 4.2.1.10.
pub(super) const NAME_CONSTRAINTS: [u64; 4] = [2, 5, 29, 30];

const CA_ISSUERS: [u8; 8] = [0x2b, 6, 1, 5, 5, 7, 0x30, 2];
const OCSP: [u8; 8] = [0x2b, 6, 1, 5, 5, 7, 0x30, 1];
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const OBJECT: u8 = 0x06;
/// uniformResourceIdentifier of a `GeneralName`.
const URI: u8 = 0x86;

/// Says where the certificate of the issuer is, and perhaps who answers by OCSP.
pub(super) fn access(issuer: &str, responder: Option<&str>) -> Vec<u8> {
    let entry = |method: &[u8], address: &str| tlv(SEQUENCE, &[tlv(OBJECT, method), tlv(URI, address.as_bytes())].concat());
    let responder = responder.map(|address| entry(&OCSP, address)).unwrap_or_default();
    tlv(SEQUENCE, &[responder, entry(&CA_ISSUERS, issuer)].concat())
}

/// Permits URIs of one host alone.
pub(super) fn only_uris_of(host: &str) -> Vec<u8> {
    tlv(SEQUENCE, &tlv(0xa0, &tlv(SEQUENCE, &tlv(URI, host.as_bytes()))))
}

/// Tag, length and value. Values here are shorter than 64 KiB.
pub(super) fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut encoded = vec![tag];
    match length {
        [0, short] if short < 0x80 => encoded.push(short),
        [0, byte] => encoded.extend([0x81, byte]),
        [high, low] => encoded.extend([0x82, high, low]),
    }
    encoded.extend(value);
    encoded
}
