import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { type ScriptedProvider, startScriptedProvider } from '../support/hostile-provider.js';
import { ADA, type IdentityProvider, startIdentityProvider } from '../support/identity-provider.js';
import { freePort } from '../support/services.js';
import { openIdEntry, writeAuthConfig } from '../support/sign-on.js';
import { enter } from './account-pages.js';
import { hasBrowser, startBrowser } from './browser.js';

/** From the page to sign in to a real OpenID provider, through its pages, and back: in Chromium. */

const CANCELLED = 'The sign-in was cancelled.';
const EXPIRED = 'This sign-in is too old, was used before, or began in another browser. Start again.';
const UNREACHABLE = 'The identity provider does not answer. Try again later, or sign in another way.';
const other = (name: string) => ({
  ...ADA,
  sub: `${name}-0002`,
  email: `${name}@example.org`,
  preferredUsername: name,
});
const [GRACE, LINUS, MARGARET] = [other('grace'), other('linus'), other('margaret')];

let app: TestApp;
let browser: Browser;
let idp: IdentityProvider;
let lame: ScriptedProvider;

/** A browser profile of its own. */
const open = (options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> =>
  browser.newContext({ locale: 'en-US', baseURL: app.url, ...options });

/** What the API says to the browser about the person in it. */
async function selfIn(context: BrowserContext): Promise<{ status: number; username?: string; id?: number }> {
  const answer = await context.request.get('/api/users/self');
  return { ...((await answer.json()) as { username?: string; id?: number }), status: answer.status() };
}

const leave = (page: Page, name: string) => page.getByRole('link', { name: `Continue with ${name}` }).click();

/** Presses our button, and signs in on the page of the provider. */
async function signInAtProvider(page: Page, person = ADA): Promise<void> {
  await leave(page, 'Example ID');
  await fillIn(page, person);
}

async function fillIn(page: Page, { preferredUsername, password } = ADA): Promise<void> {
  await page.getByLabel('User name').fill(preferredUsername);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Allow access' }).waitFor();
  expect(new URL(page.url()).origin).toBe(idp.issuer);
}

/** @returns the sentence on the page to sign in. @throws Error on any other page */
async function problemOn(page: Page): Promise<string> {
  const alert = page.getByRole('alert');
  await alert.waitFor();
  expect(new URL(page.url()).origin + new URL(page.url()).pathname).toBe(`${app.url}/account/sign-in`);
  return (await alert.innerText()).trim();
}

describe.skipIf(!hasBrowser())('single sign-on in Chromium', () => {
  beforeAll(async () => {
    const [port, nobody] = [await freePort(), await freePort()];
    const publicUrl = `http://localhost:${port}`;
    idp = await startIdentityProvider({
      people: [ADA, GRACE, LINUS, MARGARET],
      redirectUris: [`${publicUrl}/api/auth/oidc/idp/login/callback/`],
    });
    lame = await startScriptedProvider();
    const silent = { issuer: `http://127.0.0.1:${nobody}`, clientId: 'cvat', clientSecret: 'secret' };
    [app, browser] = await Promise.all([
      createTestApp({
        env: {
          PORT: String(port),
          PUBLIC_URL: publicUrl,
          AUTH_CONFIG_PATH: writeAuthConfig({
            sso: {
              enabled: true,
              identity_providers: [
                openIdEntry(idp),
                openIdEntry(silent, { id: 'silent', name: 'Silent ID' }),
                openIdEntry(lame, { id: 'lame', name: 'Lame ID' }),
              ],
            },
          }),
        },
      }),
      startBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await idp?.stop();
    await lame?.stop();
  });

  it.each([
    ['with scripts', true],
    ['without scripts', false],
  ])('leads from a page that needs an account to the provider and back, %s', async (_how, isScripted) => {
    const context = await open({ javaScriptEnabled: isScripted });
    const page = await context.newPage();
    await page.goto('/account/tokens');
    await signInAtProvider(page);
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Personal access tokens' }).first().waitFor();
    expect(page.url()).toBe(`${app.url}/account/tokens`);
    expect(await selfIn(context)).toMatchObject({ status: 200, username: 'ada' });
    await context.close();
  });

  it('leaves no code in the address bar, in the history or in a referrer', async () => {
    const context = await open();
    const page = await context.newPage();
    const visited: string[] = [];
    page.on('framenavigated', (frame) => visited.push(frame.url()));
    await page.goto('/account/sign-in');
    await signInAtProvider(page);
    const callback = page.waitForRequest(/\/login\/callback\//);
    await page.getByRole('button', { name: 'Allow' }).click();
    expect((await callback).url()).toContain('code=');
    await page.waitForURL((url) => url.origin === app.url);
    expect(visited.at(-1)).toBe(page.url());
    expect(visited.filter((url) => /[?&](code|state)=/.test(url))).toEqual([]);
    expect(await page.evaluate<string>('document.referrer')).not.toMatch(/code=|state=/);
    await context.close();
  });

  it('finds the same account again, and asks no password while the provider knows the browser', async () => {
    const context = await open();
    const page = await context.newPage();
    await page.goto('/account/sign-in');
    await signInAtProvider(page, GRACE);
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL((url) => url.origin === app.url);
    const first = await selfIn(context);
    await page.goto('/account/sign-out');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
    expect(await selfIn(context)).toMatchObject({ status: 401 });
    await leave(page, 'Example ID');
    await page.waitForURL((url) => url.origin === app.url && url.pathname !== '/account/sign-in');
    expect(first).toMatchObject({ status: 200, username: 'grace' });
    expect((await selfIn(context)).id).toBe(first.id);
    await context.close();
  });

  it('says that the person cancelled at the provider, and lets them begin again', async () => {
    const context = await open();
    const page = await context.newPage();
    await page.goto('/account/sign-in');
    await signInAtProvider(page, GRACE);
    await page.getByRole('button', { name: 'Deny' }).click();
    expect(await problemOn(page)).toBe(CANCELLED);
    expect(await selfIn(context)).toMatchObject({ status: 401 });
    await leave(page, 'Example ID');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL((url) => url.origin === app.url);
    expect(await selfIn(context)).toMatchObject({ status: 200, username: 'grace' });
    await context.close();
  });

  it('says that a provider is down, before its page and after, and a password still opens the door', async () => {
    const person = await app.register('local-person');
    const context = await open();
    const page = await context.newPage();
    await page.goto('/account/sign-in');
    await leave(page, 'Silent ID');
    expect(await problemOn(page)).toBe(UNREACHABLE);
    lame.answers.token = { status: 503, body: 'Overloaded' };
    await leave(page, 'Lame ID');
    expect(await problemOn(page)).toBe(UNREACHABLE);
    expect(lame.asked('token')).toHaveLength(1);
    await enter(page, person);
    expect(await selfIn(context)).toMatchObject({ status: 200, username: 'local-person' });
    await context.close();
  });

  it.each([
    ['with scripts', true],
    ['without scripts', false],
  ])(
    'links an identity to an account from its security page, and signs in with it, %s',
    async (_how, isScripted) => {
      const person = await app.register(isScripted ? 'linker-one' : 'linker-two');
      const context = await open({ javaScriptEnabled: isScripted });
      const page = await context.newPage();
      await page.goto('/account/sign-in');
      await enter(page, person);
      await page.goto('/account/security');
      await page.getByRole('button', { name: 'Link Example ID' }).click();
      // The page in between leads on by itself.
      await fillIn(page, isScripted ? LINUS : MARGARET);
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.getByText('The identity is linked').waitFor();
      await page.goto('/account/sign-out');
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('link', { name: 'Sign out at Example ID too' }).waitFor();
      await leave(page, 'Example ID');
      await page.waitForURL((url) => url.origin === app.url && url.pathname !== '/account/sign-in');
      expect(await selfIn(context)).toMatchObject({ status: 200, id: person.id });
      await context.close();
    },
  );

  it('refuses to finish in another profile what began in this one, which can go on', async () => {
    const [here, elsewhere] = [await open(), await open()];
    const page = await here.newPage();
    await page.goto('/account/sign-in');
    const request = page.waitForRequest((one) => one.url().startsWith(`${idp.issuer}/auth?`));
    await leave(page, 'Example ID');
    const address = (await request).url();
    const lured = await elsewhere.newPage();
    await lured.goto(address);
    await fillIn(lured, GRACE);
    await lured.getByRole('button', { name: 'Allow' }).click();
    expect(await problemOn(lured)).toBe(EXPIRED);
    expect(await selfIn(elsewhere)).toMatchObject({ status: 401 });
    await fillIn(page);
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL((url) => url.origin === app.url);
    expect(await selfIn(here)).toMatchObject({ status: 200, username: 'ada' });
    await Promise.all([here.close(), elsewhere.close()]);
  });
});
