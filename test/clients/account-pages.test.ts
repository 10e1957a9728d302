import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import {
  enter,
  makeOrganizations,
  NARROW,
  OPEN_PAGES,
  OWN_PAGES,
  overflowOf,
  SUPERUSER_PAGES,
  violationsOf,
} from './account-pages.js';
import { hasBrowser, startBrowser, watchedPage } from './browser.js';
import { coloursOf, takePicture } from './pictures.js';

/** The pages for people, in a browser: by keyboard, on a narrow screen, in dark and light, for a screen reader. */

let app: TestApp;
let browser: Browser;
let person: TestAccount;

const open = (options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> =>
  browser.newContext({ locale: 'en-US', baseURL: app.url, ...options });

async function signIn(page: Page): Promise<void> {
  await page.goto('/account/sign-in');
  await page.getByLabel('User name or e-mail address').fill(person.username);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Profile' }).waitFor();
}

describe.skipIf(!hasBrowser())('the pages of an account in Chromium', () => {
  beforeAll(async () => {
    [app, browser] = await Promise.all([
      createTestApp({
        env: { SITE_NAME: 'Acme Vision', ORG_INVITATION_CONFIRM: 'true', EMAIL_BACKEND: 'console' },
      }),
      startBrowser(),
    ]);
    person = await app.register('maria');
    for (const name of ['nightly backup', 'label export'])
      await app.send('/api/auth/access_tokens', {
        method: 'POST',
        headers: person.authorization,
        body: { name, read_only: name === 'label export', expiry_date: '2031-01-01T00:00:00Z' },
      });
    await makeOrganizations(app, person, await app.register('jonas-with-a-very-long-user-name'));
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
    'breaks no rule of WCAG 2.2 AA on any page, in %s and %s, wide and narrow',
    async (colorScheme, locale) => {
      const troubles: string[] = [];
      for (const [by, addresses] of [
        [null, OPEN_PAGES],
        [person, OWN_PAGES],
        [app.admin, SUPERUSER_PAGES],
      ] as const) {
        const context = await open({ colorScheme, locale });
        const watched = await watchedPage(context, app.url);
        const { page } = watched;
        if (by !== null) await enter(page, by);
        for (const address of addresses) {
          await page.setViewportSize({ width: 1100, height: 800 });
          await page.goto(address);
          expect([address, await violationsOf(page)]).toEqual([address, []]);
          await page.setViewportSize(NARROW);
          expect([address, await overflowOf(page)]).toEqual([address, 0]);
        }
        troubles.push(...watched.troubles);
        await context.close();
      }
      // A page that says 404 on purpose is reported as one.
      expect(troubles.filter((trouble) => !/status of 404/.test(trouble))).toEqual([]);
    },
    120_000,
  );

  it('breaks none with problems in its forms, and says them beside their fields', async () => {
    const context = await open();
    const page = await context.newPage();
    await page.goto('/account/register');
    await page.getByLabel('User name').fill('x');
    await page.getByRole('button', { name: 'Create the account' }).click();
    await page.getByRole('alert').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    const field = page.getByLabel('User name');
    const described = (await field.getAttribute('aria-describedby')) ?? '';
    const texts = await Promise.all(described.split(' ').map((id) => page.locator(`#${id}`).textContent()));
    expect(texts).toContain('At least 5 characters are needed.');
    await context.close();
  });

  it('can be used by keyboard alone: sign in, create a token, sign out', async () => {
    const context = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await context.newPage();
    const focused = () =>
      page.evaluate<string>(
        '(({ name, textContent, tagName }) => name || textContent.trim() || tagName)(document.activeElement)',
      );
    const tabTo = async (wanted: string): Promise<void> => {
      for (let steps = 0; steps < 60; steps += 1) {
        await page.keyboard.press('Tab');
        if ((await focused()) === wanted) return;
      }
      throw new Error(`Tab does not lead to ${wanted}.`);
    };
    await page.goto('/account/tokens');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await tabTo('username');
    await page.keyboard.type(person.username);
    await tabTo('password');
    await page.keyboard.type(person.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Personal access tokens' }).waitFor();
    await tabTo('name');
    await page.keyboard.type('by keyboard');
    await page.keyboard.press('Enter');
    const secret = page.getByLabel('by keyboard', { exact: true });
    await secret.waitFor();
    await tabTo('Copy');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(await secret.inputValue());
    await tabTo('Sign out');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sign out?' }).waitFor();
    await tabTo('do');
    await page.keyboard.press('Enter');
    await page.getByText('You are signed out.').waitFor();
    await context.close();
  });

  it('shows nothing of the account when a person goes back after signing out', async () => {
    const context = await open();
    const page = await context.newPage();
    await signIn(page);
    await page.goto('/account/tokens');
    await page.getByText('nightly backup').first().waitFor();
    await page.goto('/account/sign-out');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
    await page.goBack();
    await page.goBack();
    await page.getByRole('heading', { name: /^Sign in/ }).waitFor();
    expect(await page.getByText('nightly backup').count()).toBe(0);
    await context.close();
  });

  it('sends a form once, however often its button is pressed', async () => {
    const context = await open();
    const page = await context.newPage();
    await signIn(page);
    await page.goto('/account/tokens');
    await page.locator('[name=name]').fill('pressed twice');
    await page.evaluate(`{
      const button = document.querySelector('button[value=create]');
      button.click();
      button.click();
    }`);
    await page.getByText('Copy it now').waitFor();
    await page.goto('/account/tokens');
    expect(await page.getByText('pressed twice', { exact: true }).count()).toBe(1);
    await context.close();
  });

  it('works without scripts, and hides what needs them', async () => {
    const context = await open({ javaScriptEnabled: false });
    const page = await context.newPage();
    await signIn(page);
    await page.goto('/account/security');
    await page.getByRole('button', { name: 'Replace the token' }).click();
    await page.getByLabel('Your new API token').waitFor();
    expect(await page.getByRole('button', { name: 'Copy' }).count()).toBe(0);
    expect(await page.locator('time').first().textContent()).toContain('UTC');
    await context.close();
  });

  it('looks as in the documents: pictures that show something', async () => {
    const context = await open({ viewport: { width: 1100, height: 720 } });
    const page = await context.newPage();
    await page.goto('/account/sign-in');
    const front = await takePicture(page, 'sign-in');
    await signIn(page);
    await page.goto('/account/tokens');
    const tokens = await takePicture(page, 'tokens');
    for (const picture of [front, tokens]) {
      expect(picture).toMatchObject({ width: 1100, height: 720 });
      expect(picture.bytes).toBeLessThan(100_000);
      expect(await coloursOf(page, picture.file)).toBeGreaterThan(50);
    }
    await context.close();
  });
});
