// Reads a JUnit file with npm's junit2json and prints what it sees, as JSON: of each case class, name and the word of its result.
//
//   node read_junit.mjs NODE_MODULES FILE.xml
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, file] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(modules), 'x.cjs'));
const { parse } = await import(pathToFileURL(require.resolve('junit2json')).href);
const report = await parse(fs.readFileSync(file, 'utf8'));
const cases = [];
for (const suite of report.testsuite ?? []) {
  for (const own of suite.testcase ?? []) {
    const word = own.failure ? 'failure' : own.error ? 'error' : own.skipped ? 'skipped' : 'passed';
    cases.push([own.classname, own.name, word]);
  }
}
process.stdout.write(`${JSON.stringify({ cases })}\n`);
