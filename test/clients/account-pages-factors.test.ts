import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { codeAt, STEP } from '../support/factor-actions.js';
import { enter, NARROW, overflowOf, violationsOf } from './account-pages.js';
import { hasBrowser, startBrowser, watchedPage } from './browser.js';

/** Second factors in a browser: what their pages show only after a form was sent. */

const WIDE = { width: 1100, height: 800 };
const AUTHENTICATOR = '/account/security/authenticator';

let app: TestApp;
let browser: Browser;

const open = (options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> =>
  browser.newContext({ locale: 'en-US', baseURL: app.url, ...options });

const keyOn = async (page: Page): Promise<string> =>
  ((await page.locator('.key').textContent()) ?? '').replaceAll(' ', '');
const codeOf = (secret: string): string => codeAt(secret, app.clock.now());
const codesOn = (page: Page): Promise<readonly string[]> =>
  page.locator('#recovery-codes li').allTextContents();

async function send(page: Page, action: string, code: string): Promise<void> {
  await page.locator(`#${action}-code`).fill(code);
  await page.locator(`button[value=${action}]`).click();
}

/** Sets up an app, in any language. @returns its secret */
async function setUp(page: Page): Promise<string> {
  await page.goto(AUTHENTICATOR);
  await page.locator('button[value=begin]').click();
  const secret = await keyOn(page);
  await send(page, 'confirm', codeOf(secret));
  await page.locator('#recovery-codes').waitFor();
  return secret;
}

/** Tab until a control has the focus. @param wanted its name and value, or the name alone */
async function tabTo(page: Page, wanted: string): Promise<void> {
  for (let steps = 0; steps < 60; steps += 1) {
    await page.keyboard.press('Tab');
    const { id, value } = await page.evaluate<{ id: string; value: string }>(
      '(({ id, value }) => ({ id, value: String(value ?? "") }))(document.activeElement)',
    );
    if (wanted === id || wanted === value) return;
  }
  throw new Error(`Tab does not lead to ${wanted}.`);
}

describe.skipIf(!hasBrowser())('the pages of second factors in Chromium', () => {
  beforeAll(async () => {
    [app, browser] = await Promise.all([
      createTestApp({ env: { SITE_NAME: 'Acme Vision' } }),
      startBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  it.each([
    ['light', 'en-US'],
    ['dark', 'de-DE'],
    ['light', 'zh-CN'],
  ] as const)(
    'break no rule of WCAG 2.2 AA at any step, in %s and %s, wide and narrow',
    async (colorScheme, locale) => {
      const context = await open({ colorScheme, locale });
      const { page, troubles } = await watchedPage(context, app.url);
      const look = async (step: string): Promise<void> => {
        await page.setViewportSize(WIDE);
        expect([step, await violationsOf(page)]).toEqual([step, []]);
        await page.setViewportSize(NARROW);
        expect([step, await overflowOf(page)]).toEqual([step, 0]);
      };
      await enter(page, await app.register());
      await page.goto(AUTHENTICATOR);
      await page.locator('button[value=begin]').click();
      const secret = await keyOn(page);
      await look('the key');
      await send(page, 'confirm', '12345');
      await page.locator('#confirm-code-wrong').waitFor();
      await look('a wrong first code');
      await send(page, 'confirm', codeOf(secret));
      await page.locator('#recovery-codes').waitFor();
      await look('the recovery codes');
      await page.goto(AUTHENTICATOR);
      await look('an app that is set up');
      await page.goto('/account/security');
      await look('the card with its forms');
      await send(page, 'remove-app', '12345');
      await page.locator('#remove-app-code-wrong').waitFor();
      await look('a wrong code on the card');
      await context.close();
      // A form that is refused is reported as one.
      expect(troubles.filter((trouble) => !/status of 400/.test(trouble))).toEqual([]);
    },
    60_000,
  );

  it.each(['en-US', 'de-DE', 'zh-CN'])(
    'lead people who need a second factor to it and back, without a flaw, in %s and narrow',
    async (locale) => {
      const strict = await createTestApp({ env: { MFA_REQUIRED: 'all' } });
      const context = await browser.newContext({ locale, baseURL: strict.url, viewport: NARROW });
      const { page, troubles } = await watchedPage(context, strict.url);
      const { username, password } = await strict.register();
      await page.goto('/account/tokens');
      await page.locator('#sign-in-username').fill(username);
      await page.locator('#sign-in-password').fill(password);
      await page.locator('button[value=sign-in]').click();
      await page.waitForURL(/\/account\/security\/enrol\?next=/);
      expect([await violationsOf(page), await overflowOf(page)]).toEqual([[], 0]);
      await page.locator(`a[href^="${AUTHENTICATOR}"]`).click();
      await page.locator('button[value=begin]').click();
      const secret = await keyOn(page);
      expect([await violationsOf(page), await overflowOf(page)]).toEqual([[], 0]);
      await send(page, 'confirm', codeAt(secret, strict.clock.now()));
      await page.locator('#recovery-codes').waitFor();
      await page.locator('main .actions > a.button').click();
      await page.waitForURL(/\/account\/tokens$/);
      await context.close();
      await strict.close();
      expect(troubles).toEqual([]);
    },
    60_000,
  );

  it('can be used by keyboard alone: set up, correct a wrong code, and remove', async () => {
    const context = await open();
    const page = await context.newPage();
    await enter(page, await app.register());
    await page.goto(AUTHENTICATOR);
    await tabTo(page, 'begin');
    await page.keyboard.press('Enter');
    const secret = await keyOn(page);
    await tabTo(page, 'confirm-code');
    await page.keyboard.type('12345');
    await page.keyboard.press('Enter');
    await page.locator('#confirm-code-wrong').waitFor();
    // The browser is in the field again.
    await page.keyboard.press('Control+A');
    await page.keyboard.type(codeOf(secret));
    await page.keyboard.press('Enter');
    await page.locator('#recovery-codes').waitFor();
    await page.goto('/account/security');
    await tabTo(page, 'remove-app-code');
    app.clock.advance(STEP);
    await page.keyboard.type(codeOf(secret));
    await page.keyboard.press('Enter');
    await page.getByText('Your authenticator app is removed.').waitFor();
    await context.close();
  });

  it('show a wrong code in a small window without scrolling, with what is said of it', async () => {
    const context = await open({ viewport: NARROW });
    const page = await context.newPage();
    await enter(page, await app.register());
    await setUp(page);
    await page.goto('/account/security');
    for (const action of ['renew-codes', 'remove-app']) {
      await send(page, action, '12345');
      for (const part of [`label[for=${action}-code]`, `#${action}-code`, `#${action}-code-wrong`]) {
        const box = await page.locator(part).boundingBox();
        expect([part, box !== null && box.y >= 0 && box.y + box.height <= NARROW.height]).toEqual([
          part,
          true,
        ]);
      }
    }
    await context.close();
  });

  it('copy all recovery codes, one in each line', async () => {
    const context = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await context.newPage();
    await enter(page, await app.register());
    await setUp(page);
    const codes = await codesOn(page);
    expect(codes).toHaveLength(10);
    await page.getByRole('button', { name: 'Copy all' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(codes.join('\n'));
    await context.close();
  });

  it('print the recovery codes with the names of the site and of the account, and nothing to press', async () => {
    const person = await app.register();
    const context = await open();
    const page = await context.newPage();
    await enter(page, person);
    await setUp(page);
    await page.emulateMedia({ media: 'print' });
    for (const words of ['Acme Vision', `Signed in as ${person.username}`, ...(await codesOn(page))])
      expect([words, await page.getByText(words).first().isVisible()]).toEqual([words, true]);
    expect(await page.locator('button:visible, nav:visible, .button:visible').count()).toBe(0);
    await context.close();
  });

  it('work without scripts', async () => {
    const context = await open({ javaScriptEnabled: false });
    const page = await context.newPage();
    await enter(page, await app.register());
    const secret = await setUp(page);
    const [first = ''] = await codesOn(page);
    await expect.poll(() => page.getByRole('button', { name: 'Copy all' }).count()).toBe(0);
    await page.getByRole('link', { name: 'I have stored the codes' }).click();
    await send(page, 'renew-codes', first);
    await page.getByText('Your recovery codes are replaced.').waitFor();
    await page.goto('/account/security');
    app.clock.advance(STEP);
    await send(page, 'remove-app', codeOf(secret));
    await page.getByText('You have no second factor.').waitFor();
    await context.close();
  });
});
