// SMART's JavaScript client as an app under observation: one launch, reads, two refreshes. The library does the rest.
"use strict";

const fs = require("node:fs");
const { launch, read, refresh, run } = require("./client_fhirclient.cjs");

run(async () => {
  const known = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
  const app = known.clients.find((client) => client.kind === "confidential");
  const client = await launch(known, app, known.members[0], { clientSecret: app.client_secret });
  await read(client, known.members[0]);
  await refresh(client, known.members[0]);
  await refresh(client, known.members[0]);
});
