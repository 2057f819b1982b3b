//! The run record: everything that a report, a comparison or a replay needs, in one value.
//!
//! Its JSON form is a public contract (`schemas/run.schema.json`). All texts in it are redacted already;
//! none is escaped, because every format escapes for itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::certification::Certification;
use super::comparison::Comparison;
use super::condition::Condition;
use crate::vocabulary::{Cause, Mismatch, Strength, Verdict};

/// The name and version of this form. A reader refuses another major number.
pub const SCHEMA: &str = "carinbb-run/1";

/// One run against one target.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Tool, target, criteria, time.
    pub header: Header,
    /// False when the run was interrupted; such a run makes no claim.
    pub complete: bool,
    /// End of the run, RFC 3339 in UTC.
    pub finished: String,
    /// What was planned against what was sent.
    pub traffic: Traffic,
    /// Every planned case, in the order of the plan.
    pub cases: Vec<CaseResult>,
    /// What flags or missing inputs left out, each with its reason.
    pub not_selected: Vec<NotSelected>,
    /// Every requirement in force for the actor under test.
    pub requirements: Vec<RequirementResult>,
    /// The claim in numbers and words.
    pub claim: Claim,
    /// What the claim rests on beside the results; absent in records of carinbb 0.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<ClaimBasis>,
    /// Every waiver that was given, with what became of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<WaiverRecord>,
    /// What persons state of requirements that no view from outside can settle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attestations: Vec<AttestationRecord>,
    /// Who tested for whom and how, when the run was an audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certification: Option<Certification>,
    /// The other server whose results stand beside those of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<JoinedRecord>,
    /// What cleanup could not remove.
    pub left_behind: Vec<String>,
    /// SMART capabilities that the target claims and that no judged case acted on.
    #[serde(default)]
    pub not_exercised: Vec<String>,
    /// What was sent and received, by the ids that the steps name.
    pub evidence: Vec<EvidenceRecord>,
    /// The certificates that were shown, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<CertificateRecord>,
    /// What the pages of sign-ins said, each page once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sign_in_pages: Vec<SignInPageRecord>,
}

/// What a page of a sign-in said. ‹…› stands for words that may be about somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInPageRecord {
    /// Origin and path of its address.
    pub address: String,
    /// Its title.
    pub title: String,
    /// What it was for, for instance `asks for consent`.
    pub purpose: String,
    /// The case whose sign-in saw it first.
    pub case: String,
    /// Its visible text, at most 2 KB.
    pub text: String,
    /// What stands on its buttons.
    #[serde(default)]
    pub buttons: Vec<String>,
}

/// What stands above the results.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: String,
    /// A UUID made for this run; also sent with every request.
    pub run: String,
    /// Begin of the run, RFC 3339 in UTC.
    pub started: String,
    /// The version of carinbb.
    pub tool: String,
    /// SHA-256 over all files of the suite: catalogue, profiles, cases.
    pub suite: String,
    /// The FHIR base under test; `urn:carinbb:client:NAME` for a client under observation.
    pub target: String,
    /// `production`, `staging` or `unstated`.
    pub environment: String,
    /// What the target says it is; absent where nothing was read, and in records of carinbb 0.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The profiles, with the reason why they were chosen.
    pub profiles: Vec<ProfileChoice>,
    /// The SMART version that holds, with the reason.
    pub smart: VersionChoice,
    /// The version of HL7 UDAP Security that holds, with the reason; absent where the profiles hold none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub udap: Option<VersionChoice>,
    /// Sentences that belong beside the verdict (superseded version, proxy, private CA …).
    pub notes: Vec<String>,
    /// What stood in the way of discovery as a whole, when something did: no connection, nothing there, a certificate
    /// that is not trusted. Kinds: those of the exchange, `not-found`, `certificate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hindrance: Option<Cause>,
    /// Settings that shape the verdict, with their origin: `flag`, `argument`, `environment`, `target file`, … `default`. With them stands
    /// how the target was given: `target`, or `demo` with `fault` and `login`.
    pub settings: Vec<Setting>,
}

/// What a target says it is, apart from its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// Name, version and release date of its software, where the `CapabilityStatement` gives name and version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
    /// SHA-256 of the `CapabilityStatement` without its date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability_statement: Option<String>,
    /// SHA-256 of smart-configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smart_configuration: Option<String>,
}

/// The run of another server with the same software, whose results are marked `elsewhere`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinedRecord {
    /// Its run.
    pub run: String,
    /// Its FHIR base.
    pub target: String,
    /// Its environment.
    pub environment: String,
    /// Begin of its run.
    pub started: String,
    /// End of its run.
    pub finished: String,
    /// Results of it that do not carry over, because they belong to the place.
    pub left: Vec<String>,
    /// Every requirement that was looked at in either.
    pub rows: Vec<JoinedRow>,
}

/// What came of one requirement at each of two servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinedRow {
    /// The requirement.
    pub requirement: String,
    /// At the server of the record; absent when it was not looked at there.
    pub here: Option<Verdict>,
    /// At the other server; absent when it was not looked at there, or does not carry over.
    pub there: Option<Verdict>,
}

/// A profile and why it holds.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileChoice {
    /// For instance `carin-bb-2.2.0`.
    pub id: String,
    /// For instance `CARIN BB 2.2.0`.
    pub title: String,
    /// Given, named by the server, or the latest.
    pub why: String,
}

/// A document version and why it holds.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionChoice {
    /// For instance `2.0.0`.
    pub version: String,
    /// True when the operator stated it.
    pub declared: bool,
    /// What it was found by.
    pub why: String,
}

/// One setting and where it came from.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// The name, the same everywhere.
    pub name: String,
    /// The value as text.
    pub value: String,
    /// Where it came from.
    pub origin: String,
}

/// Requests and connections: the upper bound of the plan and what was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Traffic {
    /// HTTP requests that the plan allows at most.
    pub planned_requests: u64,
    /// HTTP requests that were sent.
    pub sent_requests: u64,
    /// TLS probe connections that the plan allows at most.
    pub planned_probes: u64,
    /// TLS probe connections that were made.
    pub sent_probes: u64,
    /// Authorizations (logins) that the plan allows at most.
    pub planned_authorizations: u64,
    /// Authorizations that were begun.
    pub sent_authorizations: u64,
}

/// A case of the plan, one element of its `[each]` filled in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedCase {
    /// `area.name`.
    pub case: String,
    /// What distinguishes this result from others of the case, for instance `token`; empty when there is one only.
    pub variant: String,
    /// The title with its variant filled in.
    pub title: String,
    /// Where the case is written.
    pub file: String,
    /// The requirements that it serves and that are in force.
    pub requirements: Vec<String>,
    /// Upper bound of HTTP requests.
    pub requests: u64,
    /// Upper bound of TLS probe connections.
    pub probes: u64,
    /// Upper bound of authorizations.
    pub authorizations: u64,
    /// The waits it makes, in seconds.
    pub waits: u64,
}

impl PlannedCase {
    /// `tls.versions [token]`, or the bare id when there is one result only.
    #[must_use]
    pub fn label(&self) -> String {
        label(&self.case, &self.variant)
    }
}

/// `tls.versions [token]`, or the bare id when there is one result only.
#[must_use]
pub fn label(case: &str, variant: &str) -> String {
    if variant.is_empty() { case.to_owned() } else { format!("{case} [{variant}]") }
}

/// A case that was left out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotSelected {
    /// `area.name`.
    pub case: String,
    /// Its title.
    pub title: String,
    /// Why: a flag, no login strategy, no authority …
    pub reason: String,
    /// One stable word for counting: `flag`, `login`, `authority`, `role`, `slow`, `declined`, `authorizations`.
    pub kind: String,
    /// The requirements that it would have served.
    pub requirements: Vec<String>,
}

/// What became of one planned case.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseResult {
    /// `area.name`.
    pub case: String,
    /// See [`PlannedCase::variant`].
    pub variant: String,
    /// The title with its variant filled in.
    pub title: String,
    /// Where the case is written.
    pub file: String,
    /// The requirements that it serves and that are in force.
    pub requirements: Vec<String>,
    /// The greatest verdict of its judgements.
    pub verdict: Verdict,
    /// One sentence: why it is not a plain pass; empty for a pass.
    pub reason: String,
    /// Milliseconds since the begin of the run.
    pub started_ms: u64,
    /// Milliseconds that it took.
    pub elapsed_ms: u64,
    /// True when an observation had to be repeated to be had.
    pub flaky: bool,
    /// True when it was seen at the other server of a joined record.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
    /// The case whose results count in the place of this one where this one is blocked; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_by: Option<String>,
    /// Its steps in order.
    pub steps: Vec<StepResult>,
}

impl CaseResult {
    /// `tls.versions [token]`.
    #[must_use]
    pub fn label(&self) -> String {
        label(&self.case, &self.variant)
    }

    /// The area: the part of the id before the dot.
    #[must_use]
    pub fn area(&self) -> &str {
        self.case.split('.').next().unwrap_or_default()
    }

    /// Every judgement of the case with its assertion.
    pub fn judgements(&self) -> impl Iterator<Item = (&AssertionResult, &Judgement)> {
        let assertions = self.steps.iter().flat_map(|step| &step.assertions);
        assertions.flat_map(|assertion| assertion.judgements.iter().map(move |judgement| (assertion, judgement)))
    }
}

/// The part of a case that a step belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Makes what the case needs; all premise.
    Setup,
    /// The same thing done right; all premise.
    Control,
    /// What is tested.
    Step,
    /// Brings back what the case broke.
    Restore,
    /// Removes what the case left.
    Cleanup,
}

/// What became of one step.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepResult {
    /// Which part of the case.
    pub phase: Phase,
    /// Its number within the whole case, from 1 (`--only-step N`).
    pub number: usize,
    /// Its title, filled in.
    pub title: String,
    /// The verb.
    pub verb: String,
    /// `file:line` of the step.
    pub place: String,
    /// False when an earlier premise had failed and nothing was done.
    pub done: bool,
    /// Why nothing could be seen, where that is so.
    pub broken: Option<Cause>,
    /// Milliseconds that it took.
    pub elapsed_ms: u64,
    /// Ids into [`Run::evidence`].
    pub evidence: Vec<String>,
    /// What was compared.
    pub assertions: Vec<AssertionResult>,
}

/// Which word of the step an assertion stands under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Clause {
    /// Must hold for the rest to mean anything.
    Premise,
    /// Judged.
    Expect,
    /// Judged when all before it was met.
    Then,
}

/// One comparison.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssertionResult {
    /// Premise, expect or then.
    pub clause: Clause,
    /// The path of the fact, or `any` of several.
    pub that: String,
    /// The expectation in words, for instance `is true`.
    pub expected: String,
    /// The fact in the form in which it was compared; absent when there was none.
    pub seen: Option<serde_json::Value>,
    /// What came of it.
    pub outcome: OutcomeRecord,
    /// The reason that the case gives.
    pub because: Option<String>,
    /// Of a premise: its miss is an absence that the protocol allows, so what follows does not apply.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub excuses: bool,
    /// The verdict for each requirement in force that the assertion counts for.
    pub judgements: Vec<Judgement>,
    /// What was compared with what, so that it can be compared again; absent where nothing was compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// Of a row without effect: the requirements that it would have been judged for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<String>,
    /// `file:line` of the assertion.
    pub place: String,
}

/// [`crate::vocabulary::Outcome`] as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum OutcomeRecord {
    /// The expectation holds.
    Met,
    /// It does not.
    NotMet(Mismatch),
    /// The rule does not apply.
    NotApplicable(Cause),
    /// Not looked at.
    NotReached(Cause),
    /// Could not be observed.
    Broken(Cause),
    /// A `then` row whose predecessors were not met: without effect.
    WithoutEffect,
}

/// The verdict of one assertion for one requirement.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// The requirement.
    pub requirement: String,
    /// How much it counts here.
    pub strength: Strength,
    /// The verdict.
    pub verdict: Verdict,
    /// What is known of the condition of the requirement, where it is not known to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// True when a waiver covers it: the verdict stays, and does not count for the exit code.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waived: bool,
}

/// How far a requirement was tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tested {
    /// By at least one case, in all that the row asks for.
    Fully,
    /// A part only: what is declared was seen, the behaviour needs a login.
    InPart,
    /// Its cases were left out by flags or missing inputs.
    NotSelected,
    /// What its cases need cannot be given, by the word of the operator (`[[declined]]`).
    Declined,
    /// A person must state it.
    Attestation,
    /// The row itself says that it cannot be tested.
    NotTestable,
    /// No case serves it yet.
    Uncovered,
}

/// What became of one requirement in force.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequirementResult {
    /// For instance `carin-bb/exchange-1`.
    pub id: String,
    /// The level in the version of the document that holds.
    pub level: Strength,
    /// How much it counts after caps.
    pub strength: Strength,
    /// Why it counts less (or, with `--strict`, more) than its level.
    pub caps: Vec<String>,
    /// The rule in our words.
    pub summary: String,
    /// Where the document says it.
    pub url: String,
    /// Set when a finding rests on our reading: what the other reading would be.
    pub reading: Option<String>,
    /// How far it was tested.
    pub tested: Tested,
    /// The greatest verdict of its judgements; absent when there is none.
    pub verdict: Option<Verdict>,
    /// What a person states, where only a person can: never a verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attested: Option<bool>,
    /// True when it is not met and waivers cover every finding of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waived: bool,
    /// The results (labels) that it rests on.
    pub cases: Vec<String>,
}

/// The last line of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The line itself.
    pub text: String,
    /// True only when every SHALL in force is met or attested and none is waived, declined, Blocked or left out.
    pub conformant: bool,
    /// SHALL rows in force that apply to this target.
    pub shall: u64,
    /// SHALL rows in force that do not apply: conditional on something that the target does not claim.
    pub not_applicable: u64,
    /// Of those that apply, fully tested with a verdict of pass, note, warn or fail.
    pub tested: u64,
    /// Of the tested ones, met.
    pub met: u64,
    /// Not met.
    pub not_met: u64,
    /// Of those not met, waived for a time.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waived: u64,
    /// Not tested, and met by the word of a person.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attested: u64,
    /// Not tested, and not met by the word of a person.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub denied: u64,
    /// Blocked or Error.
    pub undetermined: u64,
    /// What was not tested, by reason, in printable words.
    pub not_tested: Vec<(String, u64)>,
    /// The exit code that the findings give.
    pub exit_code: u8,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A waiver and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiverRecord {
    /// The requirement that is not met.
    pub requirement: String,
    /// The case that found it.
    pub case: String,
    /// As printed with the finding.
    pub variant: String,
    /// The FHIR base that it holds for.
    pub target: String,
    /// Why it is accepted.
    pub reason: String,
    /// Who will see to it.
    pub owner: String,
    /// Who accepts it.
    pub approved_by: String,
    /// The last day, as `2027-03-31`.
    pub expires: String,
    /// What became of it.
    pub state: WaiverState,
}

impl WaiverRecord {
    /// `carin-bb/scopes-13 scopes.granted [user/Practitioner.read]`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} {}", self.requirement, label(&self.case, &self.variant))
    }
}

/// What became of a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverState {
    /// Its finding is there and does not count.
    Used,
    /// Its finding is not there.
    Unused,
    /// Its last day has passed: the finding counts again.
    Expired,
    /// Its case was not run, or came to no verdict.
    NotRun,
    /// It is for another server.
    OtherTarget,
    /// Waivers do not count in this run (`--certification`).
    Ignored,
}

/// What a person states of one requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestationRecord {
    /// The requirement.
    pub requirement: String,
    /// The sentence that was answered.
    pub statement: String,
    /// True for yes.
    pub is_met: bool,
    /// Who states it.
    pub name: String,
    /// As what.
    pub role: String,
    /// On which day, as `2027-03-31`.
    pub date: String,
    /// What else is to be said; may be empty.
    pub note: String,
    /// A document that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<AttachmentRecord>,
    /// False when the requirement is not in force here, or is settled by tests.
    pub counts: bool,
}

/// A document that an attestation rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachmentRecord {
    /// Its path, from the folder of the file of attestations.
    pub file: String,
    /// SHA-256 of its bytes in hex.
    pub sha256: String,
}

/// One exchange with the target, redacted when it was recorded.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRecord {
    /// For instance `0042-http`.
    pub id: String,
    /// The exchange: request, response, TLS facts, times.
    pub exchange: serde_json::Value,
    /// A command that repeats it, secrets left out; empty where there is none.
    pub reproduce: String,
}

/// What the claim rests on beside results and requirements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimBasis {
    /// True when flags chose a part of the suite.
    pub partial: bool,
    /// True when only one step of each case was run.
    pub one_step: bool,
    /// True with `--fail-on warn`.
    pub fail_on_warn: bool,
    /// True with `--strict`.
    pub strict: bool,
    /// True when a client was observed, so that the requirements are those of clients.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub client: bool,
}

/// A certificate that a server showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateRecord {
    /// SHA-256 of the DER, in hex.
    pub sha256: String,
    /// The certificate as PEM.
    pub pem: String,
}
