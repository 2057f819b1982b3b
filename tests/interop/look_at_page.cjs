// Opens one HTML report in headless Chromium and prints what a browser sees of it, as JSON: elements that could run something,
// complaints of the console, requests, what axe-core finds in light, dark and narrow, whether the filter hides rows, whether the
// page fits a telephone. Pictures go into the folder.
//
//   node look_at_page.cjs CHROMIUM PAGE.html FOLDER
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const puppeteer = require('puppeteer-core');

const [chromium, file, folder] = process.argv.slice(2);
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

async function main() {
  const browser = await puppeteer.launch({
    executablePath: chromium, headless: true, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  try {
    const seen = { console: [], requests: [], dialogs: 0 };
    const page = await browser.newPage();
    page.on('console', (message) => seen.console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => seen.console.push(`pageerror: ${error.message}`));
    page.on('request', (request) => seen.requests.push(request.url()));
    page.on('dialog', async (dialog) => { seen.dialogs += 1; await dialog.dismiss(); });
    await page.setViewport({ width: 1200, height: 900 });
    await page.goto(pathToFileURL(path.resolve(file)).href, { waitUntil: 'load' });
    seen.active = await page.evaluate(active);
    seen.rows = await page.evaluate(filter);
    seen.axe = {};
    seen.axe.light = await violations(page);
    await page.screenshot({ path: path.join(folder, 'wide.png') });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    seen.axe.dark = await violations(page);
    await page.screenshot({ path: path.join(folder, 'dark.png') });
    await page.emulateMediaFeatures([]);
    await page.setViewport({ width: 360, height: 740, isMobile: true, hasTouch: true });
    seen.axe.narrow = await violations(page);
    seen.narrow = await page.evaluate(() => ({ width: document.documentElement.scrollWidth, screen: window.innerWidth }));
    await page.screenshot({ path: path.join(folder, 'narrow.png') });
    await page.evaluate(() => document.querySelector('#findings').scrollIntoView());
    await page.screenshot({ path: path.join(folder, 'narrow-findings.png') });
    await page.setViewport({ width: 794, height: 1123 });
    await page.emulateMediaType('print');
    seen.print = await page.evaluate(print);
    await page.screenshot({ path: path.join(folder, 'print.png') });
    await page.pdf({ path: path.join(folder, 'print.pdf'), format: 'A4' });
    // A change of the device loads the page itself again.
    seen.requests = seen.requests.filter((url) => url !== pathToFileURL(path.resolve(file)).href);
    process.stdout.write(`${JSON.stringify(seen, null, 1)}\n`);
  } finally {
    await browser.close();
  }
}

// Everything that could run, load or send something.
function active() {
  const found = [];
  const names = ['script', 'iframe', 'frame', 'object', 'embed', 'img', 'image', 'video', 'audio', 'link', 'base', 'form', 'portal', 'foreignobject', 'use', 'animate', 'set'];
  for (const element of document.querySelectorAll('*')) {
    const name = element.localName.toLowerCase();
    if (names.includes(name)) found.push(name);
    for (const attribute of element.attributes) {
      const value = attribute.value.trim().toLowerCase();
      if (attribute.name.startsWith('on') || ['src', 'srcset', 'style', 'formaction'].includes(attribute.name)) found.push(`${name} ${attribute.name}`);
      if (attribute.name === 'href' && !/^(#|https?:)/.test(value)) found.push(`${name} href ${value}`);
    }
  }
  return found;
}

// How many rows of the matrix each filter leaves, and how many classes say it should.
function filter() {
  const rows = [...document.querySelectorAll('#matrix tbody tr')];
  const shown = () => rows.filter((row) => row.getClientRects().length > 0).length;
  const classes = { ls: 'l-shall', lo: 'l-should', lm: 'l-may', vf: 'v-fail', vo: 'v-open', vw: 'v-warn', vp: 'v-pass', vn: 'v-na', vu: 'v-none', d0: 'd0' };
  const seen = { all: [shown(), rows.length] };
  for (const [id, name] of Object.entries(classes)) {
    const input = document.getElementById(id);
    if (!input) continue;
    input.click();
    seen[id] = [shown(), rows.filter((row) => row.classList.contains(name)).length];
    for (const all of ['la', 'va', 'da']) document.getElementById(all).click();
  }
  seen.again = [shown(), rows.length];
  return seen;
}

function print() {
  const visible = (element) => element.getClientRects().length > 0;
  return {
    controls: [...document.querySelectorAll('fieldset, nav')].filter(visible).length,
    exchanges: [...document.querySelectorAll('details pre')].filter((own) => !visible(own)).length,
    background: getComputedStyle(document.body).backgroundColor,
    width: document.documentElement.scrollWidth,
  };
}

async function violations(page) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return result.violations.map((own) => `${own.id} (${own.impact}): ${own.nodes.length} x ${own.nodes[0].html.slice(0, 160)}`);
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
