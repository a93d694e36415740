// Opens /docs in Chromium as readers do: on a desktop and on a phone, light and dark, directly and behind a proxy with a path
// prefix. Stores and retrieves with "Try it out". Fails on any request that fails or leaves the address of the page, on
// anything that the page itself complains about, and on what can't be read.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { chromium } = require('playwright-core');

const { PHASE_DATA_URL: backend, PHASE_DATA_KEY: key, SCREENSHOTS: folder } = process.env;
const DESKTOP = { width: 1280, height: 1000 };
const PHONE = { width: 375, height: 800 };

// A proxy that serves the backend below a path.
async function serveBelow(prefix) {
  const proxy = http.createServer((request, response) => {
    const { hostname: host, port } = new URL(backend);
    const { method, headers, url } = request;
    if (!url.startsWith(`${prefix}/`)) return response.writeHead(502).end();
    const passed = http.request({ host, port, method, headers, path: url.slice(prefix.length) }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    return request.pipe(passed);
  });
  await new Promise((listening) => proxy.listen(0, '127.0.0.1', listening));
  return { proxy, base: `http://127.0.0.1:${proxy.address().port}${prefix}` };
}

// A page that notes everything that is wrong with it.
async function open(browser, base, address, viewport, colorScheme) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const problems = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(`${base}/`) && !/^(data|blob|about):/.test(request.url()))
      problems.push(`the page asks for ${request.url()}`);
  });
  page.on('requestfailed', (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.url()}: ${response.status()}`);
  });
  page.on('pageerror', (error) => problems.push(`in the page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`on the console: ${message.text()}`);
  });
  await page.goto(address, { waitUntil: 'networkidle', timeout: 60_000 });
  return { page, problems };
}

async function fits(page, state) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= window, `${state}: the page is ${content} pixels wide in a window of ${window}`);
}

// The contrast between the lightest and the darkest pixel of an element, as WCAG computes it; and the mean luminance.
async function contrast(page, element) {
  const image = (await element.screenshot()).toString('base64');
  return page.evaluate(async (data) => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
    canvas.drawImage(picture, 0, 0);
    const { data: bytes } = canvas.getImageData(0, 0, picture.width, picture.height);
    const linear = (byte) => (byte <= 10 ? byte / 3294.6 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
    let [least, most, sum] = [1, 0, 0];
    for (let at = 0; at < bytes.length; at += 4) {
      const luminance = 0.2126 * linear(bytes[at]) + 0.7152 * linear(bytes[at + 1]) + 0.0722 * linear(bytes[at + 2]);
      [least, most, sum] = [Math.min(least, luminance), Math.max(most, luminance), sum + luminance];
    }
    return { ratio: (most + 0.05) / (least + 0.05), mean: sum / (bytes.length / 4) };
  }, image);
}

async function readable(page, selectors, colorScheme) {
  for (const selector of selectors) {
    const { ratio } = await contrast(page, page.locator(selector).first());
    assert.ok(ratio >= 4.5, `${selector} has a contrast of ${ratio.toFixed(1)} in ${colorScheme} colours`);
  }
}

async function authorize(page) {
  await page.locator('.btn.authorize').first().click();
  // An API key is a bearer token: this form is the first.
  const form = page.locator('.auth-container').first();
  await form.locator('input').fill(key);
  await form.locator('.authorize').click();
  await form.locator('.btn-done').click();
}

// Opens an operation, so that it can be sent.
async function tryOut(page, { operationId }) {
  const block = page.locator(`.opblock[id$="-${operationId}"]`).first();
  await block.locator('.opblock-summary-control').first().click();
  await block.locator('.try-out__btn').click();
  return block;
}

async function execute(page, block, expected) {
  await block.locator('.btn.execute').click();
  const answer = block.locator('.live-responses-table tbody');
  await answer.locator('.response-col_status').first().waitFor();
  const status = Number.parseInt(await answer.locator('.response-col_status').first().innerText(), 10);
  assert.ok(expected.includes(status), `the answer is ${await answer.innerText()}`);
  return answer.locator('.microlight').first().innerText();
}

// "Try it out" as it is offered, and once more with a document of one's own.
async function storeAndRetrieve(page, [store, retrieve], colorScheme, name) {
  const ours = `seen on a ${name}`;
  await authorize(page);
  const storing = await tryOut(page, store);
  await execute(page, storing, [200, 201]);
  const text = storing.locator('textarea.body-param__text');
  const document = { ...JSON.parse(await text.inputValue()), issue_number: 43, data: { ours } };
  await text.fill(JSON.stringify(document));
  await execute(page, storing, [200, 201]);
  const retrieving = await tryOut(page, retrieve);
  assert.match(await execute(page, retrieving, [200]), /"findings"/);
  const number = retrieving.locator('tr[data-param-name="issue_number"] input');
  await readable(page, ['tr[data-param-name="issue_number"] input', '.btn.execute', '.btn.try-out__btn', '.renderedMarkdown p',
    '.parameter__name', 'textarea.body-param__text', '.live-responses-table .microlight', '.request-url .microlight'], colorScheme);
  await fits(page, `${name}, executed`);
  await number.fill('43');
  assert.match(await execute(page, retrieving, [200]), new RegExp(ours));
}

// No operation sends what nobody typed.
async function checkNothingOptionalIsFilledIn(page, operations) {
  for (const operation of operations.filter(({ parameters = [] }) => parameters.some(({ required }) => !required))) {
    const block = await tryOut(page, operation);
    for (const { name } of operation.parameters.filter(({ required }) => !required)) {
      const field = block.locator(`tr[data-param-name="${name}"]`).locator('input, select, textarea').first();
      assert.equal(await field.inputValue(), '', `${operation.operationId}: ${name} is filled in`);
    }
  }
}

async function visit(browser, contract, base, address, viewport, colorScheme, everything) {
  const operations = Object.values(contract.paths).flatMap((item) => Object.values(item)).filter((it) => it.operationId);
  const name = `${viewport === PHONE ? 'phone' : 'desktop'}-${colorScheme}`;
  const { page, problems } = await open(browser, base, address, viewport, colorScheme);
  const head = await page.evaluate(() => [document.doctype?.name, document.documentElement.lang, document.compatMode]);
  assert.deepEqual(head, ['html', 'en', 'CSS1Compat']);
  for (const { operationId, summary } of operations)
    assert.ok(await page.getByText(summary, { exact: false }).first().isVisible(), `${operationId} is not shown: ${summary}`);
  const offered = await page.locator('.opblock-summary-description').allInnerTexts();
  assert.deepEqual(offered.slice(0, 2), operations.slice(0, 2).map(({ summary }) => summary), 'the main job is first');
  await fits(page, name);
  const { mean } = await contrast(page, page.locator('body'));
  assert.ok(colorScheme === 'dark' ? mean < 0.1 : mean > 0.7, `${name}: the mean luminance is ${mean}`);
  await readable(page, ['.info .title', '.info summary', '.opblock-tag', '.btn.authorize', '.opblock-summary-path',
    '.opblock-post .opblock-summary-method', '.opblock-get .opblock-summary-method', '.opblock-patch .opblock-summary-method',
    '.opblock-delete .opblock-summary-method', '.opblock-summary-description'], colorScheme);
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
  await storeAndRetrieve(page, operations, colorScheme, name);
  await page.screenshot({ path: path.join(folder, `${name}-tried.png`), fullPage: true });
  if (everything) {
    // The address names the opened operation by now, and would open it again.
    await page.goto('about:blank');
    await page.goto(address, { waitUntil: 'networkidle' });
    await checkNothingOptionalIsFilledIn(page, operations);
    await fits(page, `${name}, every operation open`);
  }
  await page.context().close();
  assert.deepEqual(problems, []);
  console.log(`  ${name}: ${address} shows ${operations.length} operations, stores and retrieves`);
}

async function main() {
  fs.mkdirSync(folder, { recursive: true });
  const contract = await (await fetch(`${backend}/openapi.json`)).json();
  const { proxy, base } = await serveBelow('/team');
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  try {
    await visit(browser, contract, backend, `${backend}/docs`, DESKTOP, 'light', true);
    await visit(browser, contract, backend, `${backend}/docs/`, DESKTOP, 'dark', false);
    await visit(browser, contract, base, `${base}/docs`, PHONE, 'light', true);
    await visit(browser, contract, base, `${base}/docs/`, PHONE, 'dark', false);
  } finally {
    await browser.close();
    proxy.close();
  }
  console.log(`  no request failed or left the page's address; the pictures are in ${folder}`);
}

main().catch((error) => {
  console.error(`  FAILED: ${error.message}`);
  process.exitCode = 1;
});
