import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** The first one draws no window, and takes half the time for the same pages. */
const CHROMIUM = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((file) => existsSync(file));

/** Whether the machine has a browser; says so where it has none. @throws Error with REQUIRE_SERVICES=1 */
export function hasBrowser(): boolean {
  if (CHROMIUM !== undefined) return true;
  if (process.env['REQUIRE_SERVICES'] === '1')
    throw new Error('REQUIRE_SERVICES=1, and Chromium is not installed.');
  process.stdout.write('Chromium is not installed, so the tests in a browser are skipped.\n');
  return false;
}

export function startBrowser(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('Chromium is not installed.');
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page, and everything about it that a good page keeps from happening. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors of the console, violations of the policy, failed and foreign requests. */
  readonly troubles: string[];
  readonly requests: readonly {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
  }[];
}

/** @param origin whose pages these are: requests to any other are trouble */
export async function watchedPage(context: BrowserContext, origin: string): Promise<WatchedPage> {
  const page = await context.newPage();
  const troubles: string[] = [];
  const requests: { method: string; url: string; headers: Readonly<Record<string, string>> }[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) troubles.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
  page.on('requestfailed', (request) => {
    // A page that is left ends what it was still loading.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') troubles.push(`failed: ${request.url()}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith('data:')) troubles.push(`foreign: ${url}`);
    requests.push({ method: request.method(), url, headers: request.headers() });
  });
  return { page, troubles, requests };
}
