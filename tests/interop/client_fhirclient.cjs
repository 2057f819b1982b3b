// SMART's JavaScript client as an app: with a secret, without one, and with a signed assertion (ES384).
//
// It shares no code with carinbb. Every surprise ends the script with 1 and one line that says what was met.
"use strict";

const fs = require("node:fs");
const crypto = require("node:crypto");
const smart = require("fhirclient");

const SCOPE =
  "openid fhirUser launch/patient offline_access patient/Patient.read patient/ExplanationOfBenefit.read patient/Coverage.read";

function expect(holds, what) {
  if (!holds) throw new Error(what);
}

/** The one form of a page: address, fields with their values, and the first button. */
function formOf(page) {
  const tags = [...page.matchAll(/<(form|input|button)\b([^>]*)>/gi)].map(([, tag, rest]) => {
    const given = {};
    for (const [, name, value] of rest.matchAll(/([a-z-]+)(?:="([^"]*)")?/gi)) given[name.toLowerCase()] = unescape(value ?? "");
    return { tag: tag.toLowerCase(), ...given };
  });
  const forms = tags.filter((tag) => tag.tag === "form");
  expect(forms.length === 1, `a page with ${forms.length} forms`);
  expect(forms[0].method.toLowerCase() === "post", "a form that puts what is typed into the address");
  const inputs = tags.filter((tag) => tag.tag === "input" && tag.name && (tag.type !== "checkbox" || "checked" in tag));
  const button = tags.find((tag) => tag.tag === "button" && tag.name);
  return { action: forms[0].action, fields: [...inputs, button].filter(Boolean).map((tag) => [tag.name, tag.value ?? ""]) };
}

function unescape(text) {
  const names = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'", "#x2F": "/" };
  return text.replace(/&([a-z0-9#]+);/gi, (whole, name) => names[name] ?? whole);
}

/** The member's browser: signs in, allows everything, and returns the URL that the app is called back with. */
async function approve(url, redirectUri, member) {
  const cookies = new Map();
  let request = { method: "GET" };
  for (let page = 0; page < 20; page++) {
    const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
    const answer = await fetch(url, { ...request, headers, redirect: "manual" });
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair] = cookie.split(";");
      cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    if (answer.status >= 300 && answer.status < 400) {
      url = new URL(answer.headers.get("location"), url).href;
      if (url.split("?")[0] === redirectUri) return url;
      request = { method: "GET" };
      continue;
    }
    expect(answer.status === 200, `a page with status ${answer.status}`);
    const form = formOf(await answer.text());
    const own = { username: member.username, password: member.password };
    const body = new URLSearchParams(form.fields.map(([name, value]) => [name, own[name] ?? value]));
    url = new URL(form.action, url).href;
    request = { method: "POST", body };
  }
  throw new Error("twenty pages and no end");
}

/** The session of a web app, which the client keeps its state in. */
class Session {
  #kept = new Map();
  async get(key) { return this.#kept.get(key); }
  async set(key, value) { this.#kept.set(key, value); return value; }
  async unset(key) { return this.#kept.delete(key); }
}

/** What the client sees of a visit at the app: a request, a response, and the session. */
function visit(url, session) {
  const { host, pathname, search } = new URL(url);
  const request = { headers: { host }, url: pathname + search, socket: { encrypted: true } };
  const response = { writeHead(status, headers) { this.status = status; this.headers = headers; }, end() {} };
  return { app: smart(request, response, session), response };
}

async function launch(known, app, member, more) {
  const session = new Session();
  const start = visit(new URL("/launch", app.redirect_uri), session);
  await start.app.authorize({
    iss: known.base, clientId: app.client_id, redirectUri: app.redirect_uri, scope: SCOPE, pkceMode: "required", ...more,
  });
  expect(start.response.status === 302, "the client did not send the browser on");
  const back = await approve(start.response.headers.location, app.redirect_uri, member);
  const client = await visit(back, session).app.ready();
  expect(client.patient.id === member.patient, `the patient ${client.patient.id}`);
  return client;
}

async function read(client, member) {
  const patient = await client.patient.read();
  expect(patient.resourceType === "Patient" && patient.id === member.patient, "another Patient");
  const claims = await client.patient.request("ExplanationOfBenefit", { pageLimit: 0, flat: true });
  const ids = claims.map((claim) => claim.id).sort();
  expect(String(ids) === String([...member.resources.ExplanationOfBenefit].sort()), `claims ${ids}`);
}

/** The claims of the ID token, whose signature the client leaves unchecked, and the member behind fhirUser. */
async function identity(client, known, member) {
  expect(client.getIdToken().fhirUser === `${known.base}/Patient/${member.patient}`, "another fhirUser");
  const user = await client.user.read();
  expect(user.id === member.patient, "another user");
}

async function refresh(client, member) {
  const before = client.state.tokenResponse.access_token;
  await client.refresh();
  expect(client.state.tokenResponse.access_token !== before, "the same access token again");
  expect(client.state.tokenResponse.patient === member.patient, "refreshed for another patient");
  await read(client, member);
}

async function main() {
  const known = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
  const app = (kind) => known.clients.find((client) => client.kind === kind);
  const [first, second, , fourth] = known.members;

  const confidential = await launch(known, app("confidential"), first, { clientSecret: app("confidential").client_secret });
  await read(confidential, first);
  await identity(confidential, known, first);
  await refresh(confidential, first);

  const open = await launch(known, app("public"), second, {});
  await read(open, second);
  expect(open.state.tokenResponse.refresh_token === undefined, "a refresh token for an app that cannot keep one");

  const key = app("asymmetric").keys.find((key) => key.algorithm === "ES384");
  const jwk = crypto.createPrivateKey(key.signing_key).export({ format: "jwk" });
  const clientPrivateJwk = { ...jwk, alg: "ES384", kid: key.key_id };
  const signed = await launch(known, app("asymmetric"), fourth, { clientPrivateJwk });
  await read(signed, fourth);
}

/** Runs a script; a surprise is one line and exit code 1. */
function run(script) {
  script().catch((error) => {
    console.error(`surprise: ${error.message}`);
    process.exitCode = 1;
  });
}

module.exports = { launch, read, refresh, run };
if (require.main === module) run(main);
