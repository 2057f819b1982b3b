//! What a page of a sign-in says, word by word: the words that anybody's page could hold, and those that a request of ours held.
//!
//! Such a page may greet the member by name, list dependants, or show a number before any value of the member is known to the
//! redactor. So nothing is left out because it looks like a person; a word stays because it cannot be about one:
//!
//! - words of small letters alone,
//! - words of the request: its scopes, its `client_id`, the name under which the app is registered,
//! - scopes of SMART, and names of FHIR resource types,
//! - words with which sentences and buttons begin, from a list,
//! - a number directly before a unit of time, unless it is somebody's age.
//!
//! Everything else becomes a mark, and marks side by side become one.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::vocabulary::Redactor;

/// Stands for words that were left out.
pub const MARK: &str = "‹…›";

/// More words of one page are not looked at.
const MOST_WORDS: usize = 5_000;
/// Longer words of small letters are no words.
const LONGEST_WORD: usize = 24;
/// Signs that may stand around a word.
const AROUND: &[char] = &['.', ',', ';', ':', '?', '!', '(', ')', '[', ']', '"', '\'', '“', '”', '„', '‘', '’', '«', '»'];
/// Signs that stay at the end of a word.
const ENDS: &[char] = &['.', ',', ';', ':', '?', '!'];

/// Units of time, in small letters.
const UNITS: [&str; 14] = [
    "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month", "months", "year", "years",
];

/// Words with which sentences, headings and buttons begin. None of them is the name of a person.
static BEGINNINGS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    "a about accept access account after again agree all allow allows also an and any app application approve apps are as ask \
    asks at authenticate authorise authorised authorization authorize authorized back bad basic before benefit benefits by can \
    cancel change check choose claim claims click close code confirm connect connected consent contact continue cookies \
    coverage data decline denied deny details disconnect disconnected do does duration email enter error every expired expires \
    explanation failed family find for forbidden forgot from full get give go has have health hello help here hi how i if in \
    information insurance internal invalid is it its javascript keep language learn list loading log login logout manage many \
    medical member missing my name next no not nothing now number of offline ok on one only open or our page password patient \
    permission permissions personal phone please policy portal privacy profile provider read record records refuse reject \
    remember remove request requested requests required revoke scope scopes search security see select server service session \
    settings share sharing sign signed skip some something sorry start stay stop submit switch temporarily terms thank that \
    the their then there these they third-party this to too try unavailable unknown unless until update use used user username \
    valid verify view wants was we welcome what when where which while who why with withdraw withdrawn without would write \
    wrong yes you your yours"
        .split(' ')
        .collect()
});

/// Resource types that apps of members ask for, as FHIR writes them.
static TYPES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    "AllergyIntolerance Appointment AuditEvent CarePlan CareTeam Claim ClaimResponse Communication Condition Consent Coverage \
    CoverageEligibilityRequest CoverageEligibilityResponse Device DiagnosticReport DocumentReference Encounter Endpoint \
    ExplanationOfBenefit FamilyMemberHistory Goal Group HealthcareService Immunization InsurancePlan Location Media Medication \
    MedicationAdministration MedicationDispense MedicationRequest MedicationStatement Observation Organization \
    OrganizationAffiliation Patient Practitioner PractitionerRole Procedure Provenance QuestionnaireResponse RelatedPerson \
    ServiceRequest Specimen"
        .split(' ')
        .collect()
});

/// Scopes of SMART that name no resource type.
const SCOPES: [&str; 9] =
    ["openid", "fhirUser", "profile", "launch", "launch/patient", "launch/encounter", "offline_access", "online_access", "udap"];

/// Says of a page what may be kept of it.
#[derive(Debug, Clone, Default)]
pub struct PageWords {
    own: BTreeSet<String>,
}

impl PageWords {
    /// With the words of these texts, which are of our own request.
    pub fn of<'a>(own: impl IntoIterator<Item = &'a str>) -> Self {
        let words = own.into_iter().flat_map(str::split_whitespace);
        Self { own: words.map(|word| word.trim_matches(AROUND).to_owned()).filter(|word| !word.is_empty()).collect() }
    }

    /// The text with a mark for every word that may be about somebody, at most so many bytes of it.
    #[must_use]
    pub fn shown(&self, redactor: &Redactor, text: &str, most: usize) -> String {
        let clean = redactor.redact(text);
        let words: Vec<&str> = clean.split_whitespace().take(MOST_WORDS).collect();
        let mut shown = String::new();
        let mut marked = false;
        for (at, word) in words.iter().enumerate() {
            let core = word.trim_matches(AROUND);
            if !core.chars().any(char::is_alphanumeric) {
                continue;
            }
            let kept = self.own.contains(core) || is_common(core) || is_period(&words, at);
            if !kept && marked {
                continue;
            }
            let end: String =
                if kept { word.chars().last().filter(|sign| ENDS.contains(sign)).into_iter().collect() } else { String::new() };
            let next = if kept { core } else { MARK };
            if shown.len() + next.len() + end.len() + 1 > most {
                shown.push_str(" …");
                break;
            }
            if !shown.is_empty() {
                shown.push(' ');
            }
            shown.push_str(next);
            shown.push_str(&end);
            marked = !kept;
        }
        // Words that are harmless one by one may be a value together that is known by now.
        redactor.redact(&shown)
    }

    /// True for a value that may stand in the evidence as it is.
    #[must_use]
    pub fn keeps(&self, redactor: &Redactor, value: &str) -> bool {
        !value.contains(char::is_whitespace) && self.shown(redactor, value, LONGEST_WORD + 100) == value
    }
}

/// A word that may stand on anybody's page.
fn is_common(word: &str) -> bool {
    let is_small = |part: &str| !part.is_empty() && part.chars().all(|sign| sign.is_alphabetic() && sign.is_lowercase());
    if word.chars().count() <= LONGEST_WORD && word.split(['-', '_', '\'', '’']).all(is_small) {
        return true;
    }
    let small = word.to_lowercase();
    BEGINNINGS.contains(small.as_str()) || UNITS.contains(&small.as_str()) || TYPES.contains(word) || is_scope(word)
}

/// A scope as SMART writes it, without a query, which may hold anything.
fn is_scope(word: &str) -> bool {
    if SCOPES.contains(&word) {
        return true;
    }
    let Some((context, rest)) = word.split_once('/') else { return false };
    let Some((kind, rights)) = rest.split_once('.') else { return false };
    ["patient", "user", "system"].contains(&context)
        && (kind == "*" || TYPES.contains(kind))
        && (["read", "write", "*"].contains(&rights)
            || (!rights.is_empty() && rights.chars().all(|right| "cruds".contains(right))))
}

/// A number that says how long something takes: it stands directly before a unit of time, and is nobody's age.
fn is_period(words: &[&str], at: usize) -> bool {
    let small = |at: usize| words.get(at).map(|word| word.trim_matches(AROUND).to_lowercase()).unwrap_or_default();
    let is_number = |text: &str| (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_unit = |text: &str| UNITS.contains(&text);
    let own = small(at);
    let (is_so, after) = match own.split_once('-') {
        Some((number, unit)) => (is_number(number) && is_unit(unit), at + 1),
        // What stands between them ends the sentence: no sign may follow the number.
        None => (is_number(&own) && !words[at].ends_with(AROUND) && is_unit(&small(at + 1)), at + 2),
    };
    let before = at.checked_sub(1).map(small).unwrap_or_default();
    let is_age = small(after) == "old"
        || (small(after) == "of" && small(after + 1) == "age")
        || ["age", "aged"].contains(&before.as_str());
    is_so && !is_age
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Secret;

    fn shown(text: &str) -> String {
        PageWords::of(["claims-app-77", "patient/Coverage.rs?status=active", "Claims Companion"]).shown(
            &Redactor::new("s"),
            text,
            2_000,
        )
    }

    #[test]
    fn app_scopes_and_duration_are_kept_and_the_member_is_not() {
        assert_eq!(
            shown("Welcome, Ann Canary! Claims Companion (claims-app-77) asks to read your data for 60 minutes; 90-day access."),
            "Welcome, ‹…› Claims Companion claims-app-77 asks to read your data for 60 minutes; 90-day access."
        );
        assert_eq!(
            shown(
                "patient/Patient.read patient/Coverage.rs?status=active patient/Coverage.rs?patient=4711 user/*.cruds launch/patient"
            ),
            "patient/Patient.read patient/Coverage.rs?status=active ‹…› user/*.cruds launch/patient"
        );
        assert_eq!(shown("ALLOW Deny — ExplanationOfBenefit Coverage"), "ALLOW Deny ExplanationOfBenefit Coverage");
    }

    #[test]
    fn names_numbers_addresses_and_diagnoses_become_one_mark() {
        for text in [
            "Ann Canary",
            "ANN",
            "Ann",
            "O'Neill",
            "Ann-Marie",
            "W123456789",
            "12345",
            "1961",
            "12/03/1961",
            "03.12.1961",
            "a***y@mail.example",
            "ann.canary@mail.example",
            "DIABETES MELLITUS",
            "Diabetes",
            "E11.9",
            "+1 555 0100",
            "078-05-1120",
            "$12.50",
            "deadbeef01",
            "https://p.example/Patient/4711",
            "安娜",
            "İan",
            "abcdefghijklmnopqrstuvwxyz",
        ] {
            assert_eq!(shown(text), MARK, "{text}");
        }
    }

    #[test]
    fn a_number_is_kept_beside_a_unit_of_time_alone_and_never_as_an_age() {
        assert_eq!(shown("for 1 hour, 30 days or 12 Months"), "for 1 hour, 30 days or 12 Months");
        assert_eq!(
            shown("64 years old, aged 64 years, 64 years of age, born 3. days 12345 days"),
            "‹…› years old, aged ‹…› years, ‹…› years of age, born ‹…› days ‹…› days"
        );
        assert_eq!(shown("since year 1961"), "since year ‹…›");
    }

    #[test]
    fn what_the_redactor_knows_goes_and_the_text_is_bounded() {
        let redactor = Redactor::new("s");
        redactor.register(&Secret::new("username", "small letters"));
        let words = PageWords::default();
        assert_eq!(words.shown(&redactor, "you are small letters here", 2_000), "you are ‹…› here");
        let long = words.shown(&redactor, &"word ".repeat(4_000), 100);
        assert!(long.len() <= 104 && long.ends_with(" …"), "{long}");
        assert!(words.keeps(&redactor, "approve") && !words.keeps(&redactor, "W123") && !words.keeps(&redactor, "two words"));
    }

    proptest::proptest! {
        #[test]
        fn no_name_number_or_code_passes(text in "([A-Z][a-z]{2,9}z|[0-9]{5,12}|[A-Z]{3}[0-9]{2,6}|[a-z]{2,6}@[a-z]{2,5}\\.[a-z]{2}|\\PC{0,6}| ){0,12}") {
            let shown = shown(&text);
            for word in text.split_whitespace().filter(|word| word.chars().any(|sign| sign.is_ascii_digit()) && word.len() > 4) {
                proptest::prop_assert!(!shown.contains(word), "{} in {}", word, shown);
            }
        }
    }
}
