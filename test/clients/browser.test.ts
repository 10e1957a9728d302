import type { Browser, BrowserContext, Page, Response } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import { hasBrowser, startBrowser, watchedPage } from './browser.js';
import { coloursOf, takePicture } from './pictures.js';

let app: TestApp;
let browser: Browser;
let context: BrowserContext;
let maria: TestAccount;

const SUMMARY = 'Log in with a user name or an e-mail address and a password';

/** Opens the operation, unless it is open, and sends what its form offers or the given body. */
async function tryOut(page: Page, tag: string, operationId: string, body?: unknown): Promise<Response> {
  const block = page.locator(`#operations-${tag}-${operationId}`);
  if (!(await block.locator('.execute').isVisible())) {
    await block.locator('.opblock-summary-control').click();
    await block.locator('.try-out__btn').click();
  }
  if (body !== undefined) await block.locator('textarea.body-param__text').fill(JSON.stringify(body));
  const [response] = await Promise.all([
    page.waitForResponse((answer) => answer.url().startsWith(`${app.url}/api/`)),
    block.locator('.execute').click(),
  ]);
  await block
    .locator('.live-responses-table .response-col_status', { hasText: String(response.status()) })
    .waitFor();
  return response;
}

/** @param values by the name of a scheme; of Basic, its two fields */
async function authorize(
  page: Page,
  values: Readonly<Record<string, string | { username: string; password: string }>>,
): Promise<void> {
  await page.locator('.auth-wrapper > .authorize').click();
  for (const [scheme, value] of Object.entries(values)) {
    const dialog = page.locator('.auth-container', {
      has: page.locator('h4 code', { hasText: new RegExp(`^${scheme}$`) }),
    });
    if (typeof value === 'string') await dialog.locator('input').fill(value);
    else {
      await dialog.locator('input[name="username"]').fill(value.username);
      await dialog.locator('input[name="password"]').fill(value.password);
    }
    await dialog.locator('button.authorize').click();
    await dialog.locator('button', { hasText: 'Logout' }).waitFor();
  }
  await page.locator('.btn-done').first().click();
}

/** Takes back what {@link authorize} was given. */
async function forget(page: Page): Promise<void> {
  await page.locator('.auth-wrapper > .authorize').click();
  const logout = page.locator('.auth-container button', { hasText: 'Logout' });
  for (let left = await logout.count(); left > 0; left -= 1) {
    await logout.first().click();
    await expect.poll(() => logout.count()).toBe(left - 1);
  }
  await page.locator('.btn-done').first().click();
}

async function openDocs(within = context) {
  const watched = await watchedPage(within, app.url);
  await watched.page.goto(`${app.url}/api/docs`);
  await watched.page.getByText(SUMMARY).waitFor();
  return watched;
}

async function sessionCookies() {
  const { jar, send } = app.browser();
  const { username, password } = maria;
  await send('/api/auth/login', { method: 'POST', body: { username, password } });
  const [session = '', csrf = ''] = [jar.get('sessionid'), jar.get('csrftoken')];
  return { sessionAuth: session, csrfAuth: csrf, csrfHeaderAuth: csrf };
}

async function createAccessToken(): Promise<string> {
  const answer = await app.send('/api/auth/access_tokens', {
    method: 'POST',
    headers: maria.authorization,
    body: { name: 'docs', read_only: false },
  });
  return (answer.json() as { value: string }).value;
}

describe.skipIf(!hasBrowser())('in Chromium', () => {
  beforeAll(async () => {
    [app, browser] = await Promise.all([createTestApp(), startBrowser()]);
    maria = await app.register('maria');
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });
  beforeEach(async () => {
    context = await browser.newContext();
  });
  afterEach(() => context.close());

  it.each([
    ['/', 'Accounts, organizations and access tokens for CVAT.'],
    ['/api/docs', SUMMARY],
    ['/api/docs/', SUMMARY],
    ['/api/redoc', SUMMARY],
    ['/api/redoc/', SUMMARY],
  ])('%s shows itself within its policy and with nothing from elsewhere', async (path, text) => {
    const { page, troubles } = await watchedPage(context, app.url);
    await page.goto(app.url + path);
    await page.getByText(text).filter({ visible: true }).first().waitFor();
    await page.waitForLoadState('networkidle');
    expect(troubles).toEqual([]);
  });

  describe('Swagger UI', () => {
    const credentials: [string, () => Promise<Parameters<typeof authorize>[1]>][] = [
      ['tokenAuth, as it comes from the login', async () => ({ tokenAuth: maria.token })],
      ['tokenAuth, with the word before it', async () => ({ tokenAuth: `Token ${maria.token}` })],
      ['accessTokenAuth', async () => ({ accessTokenAuth: await createAccessToken() })],
      ['basicAuth', async () => ({ basicAuth: { username: maria.username, password: maria.password } })],
      ['sessionAuth, csrfAuth and csrfHeaderAuth', sessionCookies],
    ];

    describe('does nothing for nobody, and reads and writes after Authorize', () => {
      let docs: Awaited<ReturnType<typeof openDocs>>;
      let shared: BrowserContext;
      // The page takes seconds to draw all operations.
      beforeAll(async () => {
        shared = await browser.newContext();
        docs = await openDocs(shared);
      });
      afterAll(() => shared.close());
      afterEach(() => forget(docs.page));

      it.each(credentials)('with %s', async (name, values) => {
        const { page, troubles } = docs;
        expect((await tryOut(page, 'users', 'users_retrieve_self')).status()).toBe(401);
        // The console tells of the refusal that this test wants.
        expect(troubles.splice(0)).toEqual([expect.stringContaining('401')]);
        await authorize(page, await values());
        const self = await tryOut(page, 'users', 'users_retrieve_self');
        expect([self.status(), await self.json()]).toEqual([
          200,
          expect.objectContaining({ username: 'maria' }),
        ]);
        const body = { slug: name.slice(0, 12).replace(/\W/g, '') + name.length };
        const created = await tryOut(page, 'organizations', 'organizations_create', body);
        expect(created.status(), await created.text()).toBe(201);
        expect(troubles.splice(0)).toEqual([]);
      });
    });

    it('signs in with a form of its own, and sends the CSRF header from then on', async () => {
      const { page, requests, troubles } = await openDocs();
      const login = await tryOut(page, 'auth', 'auth_create_login', {
        username: maria.username,
        password: maria.password,
      });
      expect(login.status()).toBe(200);
      const created = await tryOut(page, 'organizations', 'organizations_create');
      expect(created.status(), await created.text()).toBe(201);
      const csrf = (await context.cookies()).find((cookie) => cookie.name === 'csrftoken')?.value;
      expect(requests.at(-1)?.headers['x-csrftoken']).toBe(csrf);
      expect(requests.at(-1)?.headers).not.toHaveProperty('authorization');
      expect(troubles).toEqual([]);
    });

    it('looks as in the documents: pictures that show something', async () => {
      const { page } = await openDocs();
      await page.setViewportSize({ width: 1100, height: 720 });
      await page.evaluate("document.querySelector('.scheme-container').scrollIntoView()");
      const overview = await takePicture(page, 'swagger-ui');
      await authorize(page, { tokenAuth: maria.token });
      const self = await tryOut(page, 'users', 'users_retrieve_self');
      expect(self.status()).toBe(200);
      await page.locator('#operations-users-users_retrieve_self .responses-wrapper').scrollIntoViewIfNeeded();
      const answer = await takePicture(page, 'swagger-ui-answer');
      for (const picture of [overview, answer]) {
        expect(picture).toMatchObject({ width: 1100, height: 720 });
        expect(picture.bytes).toBeLessThan(150_000);
        // A page that shows nothing has a handful.
        expect(await coloursOf(page, picture.file)).toBeGreaterThan(100);
      }
    });

    it('forgets a session with Logout, also one whose cookie no script can read', async () => {
      const { page } = await openDocs();
      const session = async () => (await context.cookies()).find(({ name }) => name === 'sessionid');
      await authorize(page, { sessionAuth: 'x'.repeat(32) });
      expect(await session()).toMatchObject({ value: 'x'.repeat(32), httpOnly: false });
      await forget(page);
      expect(await session()).toBeUndefined();

      await authorize(page, await sessionCookies());
      expect((await tryOut(page, 'users', 'users_retrieve_self')).status()).toBe(200);
      expect(await session()).toMatchObject({ httpOnly: true });
      await forget(page);
      expect(await session()).toBeUndefined();
      expect((await tryOut(page, 'users', 'users_retrieve_self')).status()).toBe(401);
      const { status } = await app.send('/api/users/self', { headers: maria.authorization });
      expect(status, 'the API token lives').toBe(200);
    });

    it('does not show a log-out that the server has refused', async () => {
      const { page } = await openDocs();
      await authorize(page, await sessionCookies());
      await tryOut(page, 'users', 'users_retrieve_self');
      const names = async () => (await context.cookies()).map(({ name }) => name);
      await page.locator('.auth-wrapper > .authorize').click();
      const logout = page
        .locator('.auth-container', { has: page.locator('h4 code', { hasText: /^sessionAuth$/ }) })
        .locator('button', { hasText: 'Logout' });
      await page.route('**/api/auth/sessions/*', (route) => route.fulfill({ status: 503 }));
      await Promise.all([page.waitForEvent('pageerror'), logout.click()]);
      expect(await logout.count()).toBe(1);
      expect(await names()).toContain('sessionid');

      await page.unroute('**/api/auth/sessions/*');
      await logout.click();
      await logout.waitFor({ state: 'detached' });
      expect(await names()).not.toContain('sessionid');
      expect(await names()).toContain('csrftoken');
    });
  });
});
