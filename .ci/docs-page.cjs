// Opens /docs in Chromium and looks for what the contract names. Fails on any request that fails, that leaves
// the backend, or that the page itself complains about.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { chromium } = require('playwright-core');

const { PHASE_DATA_URL: backend, SCREENSHOT: screenshot } = process.env;

async function main() {
  const contract = await (await fetch(`${backend}/openapi.json`)).json();
  const operations = Object.values(contract.paths).flatMap((item) =>
    Object.values(item).filter((operation) => operation.operationId));
  if (operations.length === 0) throw new Error('the contract has no operations');

  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'phase-data-chromium.'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    viewport: { width: 1280, height: 1600 },
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  const problems = [];
  try {
    const page = await browser.newPage();
    page.on('request', (request) => {
      if (!request.url().startsWith(`${backend}/`) && !/^(data|blob):/.test(request.url()))
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

    await page.goto(`${backend}/docs`, { waitUntil: 'networkidle', timeout: 60_000 });
    for (const { operationId, summary } of operations) {
      try {
        await page.getByText(summary, { exact: false }).first().waitFor({ state: 'visible', timeout: 20_000 });
        console.log(`  shown: ${operationId}: ${summary}`);
      } catch {
        problems.push(`${operationId} is not shown: ${summary}`);
      }
    }
    await page.screenshot({ path: screenshot, fullPage: true });
  } finally {
    await browser.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  console.log(`  ${operations.length} operations, no failed request; the picture is ${screenshot}`);
}

main().catch((error) => {
  console.error(`  FAILED: ${error.message}`);
  process.exitCode = 1;
});
