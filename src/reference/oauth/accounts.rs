//! The members' accounts: user names and passwords are made at random at the start.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use crate::vocabulary::Secret;

use super::super::members;
use super::clients::random;

/// Which of the invented members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MemberKind {
    /// The one whose data the tests read.
    First,
    /// Unrelated to all others.
    Second,
    /// A child of the first.
    Dependant,
    /// Unrelated to all others.
    Fourth,
}

/// A member with an account.
#[derive(Debug, Clone)]
pub struct RegisteredMember {
    /// Which one.
    pub kind: MemberKind,
    /// The logical id of the Patient.
    pub patient: String,
    /// What the member signs in with.
    pub username: Secret,
    /// The password.
    pub password: Secret,
    /// The base32 secret of the one-time codes; asked for by the login variant with codes only.
    pub totp: Secret,
    /// Every resource of the member, as type and id.
    pub resources: Vec<(String, String)>,
}

const KINDS: [MemberKind; 4] = [MemberKind::First, MemberKind::Second, MemberKind::Dependant, MemberKind::Fourth];

/// The four accounts, with fresh secrets; the place in the list is the member's number.
pub(in super::super) fn open() -> Vec<RegisteredMember> {
    let account = |(index, kind)| {
        let member = members::by_index(index);
        RegisteredMember {
            kind,
            patient: member.patient_id().to_owned(),
            username: Secret::new("username", format!("member-{}", &random()[..12])),
            password: Secret::new("password", random()[..32].to_owned()),
            totp: Secret::new("totp_secret", base32(&random()[..20])),
            resources: member.identities(),
        }
    };
    KINDS.into_iter().enumerate().map(account).collect()
}

/// The numbers of the members whose data this member may see: the own one and those of dependants.
pub(in super::super) fn reach(member: usize) -> Vec<usize> {
    if member == 0 { vec![0, 2] } else { vec![member] }
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base32 of the bytes of a text whose length is a multiple of five.
fn base32(text: &str) -> String {
    let groups = text.as_bytes().chunks(5).map(|chunk| chunk.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)));
    let letters = groups.flat_map(|bits| (0..8).rev().map(move |place| ALPHABET[(bits >> (place * 5) & 31) as usize]));
    letters.map(char::from).collect()
}

fn base32_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes() {
        let Some(value) = ALPHABET.iter().position(|known| *known == letter) else { continue };
        bits = bits << 5 | value as u32;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes
}

/// The six digits of one window of 30 seconds (RFC 6238, SHA-1).
pub(in super::super) fn one_time_code(secret: &Secret, window: i64) -> Option<String> {
    let key = PKey::hmac(&base32_bytes(secret.expose())).ok()?;
    let mut signer = Signer::new(MessageDigest::sha1(), &key).ok()?;
    let mac = signer.sign_oneshot_to_vec(&window.to_be_bytes()).ok()?;
    let start = usize::from(mac.last()? & 0x0f);
    let number = mac.get(start..start + 4)?.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)) & 0x7fff_ffff;
    Some(format!("{:06}", number % 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_codes_are_those_of_rfc_6238() {
        // appendix B, SHA-1: the key is the ASCII text of twenty digits, the codes are cut to six digits
        let secret = Secret::new("totp_secret", base32("12345678901234567890"));
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(one_time_code(&secret, time / 30).as_deref(), Some(code));
        }
    }
}
