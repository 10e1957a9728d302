import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import { freePort } from '../support/services.js';
import { enter, NARROW, overflowOf, violationsOf } from './account-pages.js';
import { hasBrowser, startBrowser, watchedPage } from './browser.js';

/** Passkeys and security keys in Chromium, with its own authenticators, at http://localhost, where browsers allow them. */

const WIDE = { width: 1100, height: 800 };
const MINUTE = 60_000;
const KEY_PAGE = '/account/security/key';

let app: TestApp;
let origin: string;
let browser: Browser;

/** An authenticator that Chromium plays: a touch, and the right PIN, at once. */
interface Authenticator {
  readonly cdp: CDPSession;
  readonly id: string;
}

const open = (options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> =>
  browser.newContext({ locale: 'en-US', baseURL: origin, ...options });

async function plugIn(page: Page, options: Readonly<Record<string, unknown>> = {}): Promise<Authenticator> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...options,
    },
  });
  return { cdp, id: authenticatorId };
}

const credentialsIn = async ({ cdp, id }: Authenticator) =>
  (await cdp.send('WebAuthn.getCredentials', { authenticatorId: id })).credentials;

/** Each click of a button that a script sends. */
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

async function addKey(page: Page, name: string): Promise<void> {
  await page.goto(KEY_PAGE);
  await page.locator('#add-name').fill(name);
  await press(page, 'Create it now');
}

/** A person with a passkey: their page, and the authenticator that has it. */
async function holder(options?: Readonly<Record<string, unknown>>) {
  const context = await open();
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  const authenticator = await plugIn(page, options);
  const account = await app.register();
  await enter(page, account);
  await addKey(page, 'Laptop');
  await page.locator('#recovery-codes').waitFor();
  const codes = await page.locator('#recovery-codes li').allTextContents();
  const signOut = () => context.clearCookies();
  return { context, page, authenticator, account, codes, signOut };
}

const isSignedInAs = async (page: Page, { username }: Pick<TestAccount, 'username'>): Promise<void> => {
  await page.locator('nav').first().waitFor();
  expect(await page.locator('.who').textContent()).toContain(username);
};

/** In a browser that offers no passkeys in the field for the name, where Chromium would choose one at once. */
async function signInByButton(page: Page, path: string): Promise<void> {
  await page.addInitScript('delete PublicKeyCredential.isConditionalMediationAvailable');
  await page.goto(path);
  await press(page, 'Sign in with a passkey');
}

const password = async (page: Page, { username, password: word }: TestAccount): Promise<void> => {
  await page.goto('/account/sign-in?next=/account/tokens');
  await page.locator('[name=username]').fill(username);
  await page.locator('[name=password]').fill(word);
  await page.locator('button[value=sign-in]').click();
};

describe.skipIf(!hasBrowser())('passkeys in Chromium', () => {
  beforeAll(async () => {
    const port = await freePort();
    origin = `http://localhost:${port}`;
    [app, browser] = await Promise.all([
      createTestApp({ env: { PORT: String(port), PUBLIC_URL: origin, SITE_NAME: 'Acme Vision' } }),
      startBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  it('are added, shown with their name, renamed and removed', async () => {
    const { context, page } = await holder();
    await page.getByText('I have stored the codes').click();
    const row = page.locator('li.passkey');
    expect(await row.locator('strong').textContent()).toBe('Laptop');
    await row.locator('summary').click();
    await row.getByLabel('Name', { exact: true }).fill('Old laptop');
    await row.getByRole('button', { name: 'Save the name' }).click();
    await page.getByText('The name is saved.').waitFor();
    expect(await row.locator('strong').textContent()).toBe('Old laptop');
    await row.locator('summary').click();
    await row.getByRole('button', { name: 'Remove the key Old laptop' }).click();
    await page.getByText('The key is removed.').waitFor();
    expect(await page.getByText('You have no second factor.').count()).toBe(1);
    await context.close();
  });

  it('sign in without a password, and lead to where the person wanted to go', async () => {
    const { context, page, account, signOut } = await holder();
    await signOut();
    await signInByButton(page, '/account/sign-in?next=/account/tokens');
    await isSignedInAs(page, account);
    expect(new URL(page.url()).pathname).toBe('/account/tokens');
    await context.close();
  });

  it('are offered in the field for the name, without a button', async () => {
    const { context, page, account, signOut } = await holder();
    await signOut();
    // The person whom Chromium plays chooses the passkey as soon as it is offered.
    await page.goto('/account/sign-in');
    await isSignedInAs(page, account);
    await context.close();
  });

  it('take the second step after the password, and prove it again, with what was typed kept', async () => {
    const { context, page, account, signOut } = await holder({ hasResidentKey: false, transport: 'usb' });
    await signOut();
    await password(page, account);
    await press(page, 'Use your key');
    await isSignedInAs(page, account);
    expect(new URL(page.url()).pathname).toBe('/account/tokens');
    app.clock.advance(15 * MINUTE);
    await page.locator('[name=name]').first().fill('nightly');
    await page.locator('button[value=create]').click();
    await press(page, 'Use your key');
    await page.getByText('You are signed in again.').waitFor();
    expect(await page.locator('[name=name]').first().inputValue()).toBe('nightly');
    await context.close();
  });

  it('that are lost leave the recovery codes', async () => {
    const { context, page, account, codes, authenticator, signOut } = await holder();
    await authenticator.cdp.send('WebAuthn.removeVirtualAuthenticator', {
      authenticatorId: authenticator.id,
    });
    await signOut();
    await password(page, account);
    await page.locator('#code-code').fill(codes[0] ?? '');
    await page.locator('button[value=code]').click();
    await isSignedInAs(page, account);
    await context.close();
  });

  it('whose counter was set back are refused, and nobody is signed in', async () => {
    const { context, page, account, authenticator, signOut } = await holder();
    const { cdp, id } = authenticator;
    const [credential] = await credentialsIn(authenticator);
    if (credential === undefined) throw new Error('The authenticator has no key.');
    await signOut();
    for (const signCount of [50, 7]) {
      await cdp.send('WebAuthn.removeCredential', {
        authenticatorId: id,
        credentialId: credential.credentialId,
      });
      await cdp.send('WebAuthn.addCredential', {
        authenticatorId: id,
        credential: { ...credential, signCount },
      });
      await signInByButton(page, '/account/sign-in');
      if (signCount === 50) await isSignedInAs(page, account);
      else await page.getByText('This key was refused, because there may be a copy of it.').waitFor();
      await signOut();
    }
    expect(app.logs.join('\n')).toContain('factor.copied');
    await context.close();
  });

  it('are refused at another address of the server, with the reason', async () => {
    const { context, page, account } = await holder();
    await page.goto(`${origin.replace('localhost', '127.0.0.1')}/account/sign-in`);
    await press(page, 'Sign in with a passkey');
    await page.getByText('Keys cannot be used at this address').waitFor();
    expect(await page.getByText(account.username).count()).toBe(0);
    await context.close();
  });

  it('that are in the account already, and a person who cancels, are told apart', async () => {
    const { context, page, authenticator } = await holder();
    await addKey(page, 'Again');
    await page.getByText('This key is in your account already.').waitFor();
    await authenticator.cdp.send('WebAuthn.setUserVerified', {
      authenticatorId: authenticator.id,
      isUserVerified: false,
    });
    await page.goto('/account/sign-in?step=prove');
    await press(page, 'Use your key');
    await page.getByText('Nothing happened: it was cancelled, or took too long.').waitFor();
    await context.close();
  });

  it('say in plain words that they need JavaScript, where it is off', async () => {
    const context = await open({ javaScriptEnabled: false });
    const page = await context.newPage();
    await enter(page, await app.register());
    await page.goto(KEY_PAGE);
    expect(await page.getByText('Keys need JavaScript, which is off in this browser.').isVisible()).toBe(
      true,
    );
    expect(await page.getByRole('button', { name: 'Create it now' }).count()).toBe(0);
    await context.close();
  });

  it.each([
    ['light', 'en-US'],
    ['dark', 'de-DE'],
    ['light', 'zh-CN'],
  ] as const)(
    'break no rule of WCAG 2.2 AA at any step, in %s and %s, wide and narrow',
    async (colorScheme, locale) => {
      const context = await open({ colorScheme, locale });
      const { page, troubles } = await watchedPage(context, origin);
      // A person with a security key, which is not offered in the field for the name.
      await plugIn(page, { hasResidentKey: false, transport: 'usb' });
      const look = async (step: string): Promise<void> => {
        await page.setViewportSize(WIDE);
        expect([step, await violationsOf(page)]).toEqual([step, []]);
        await page.setViewportSize(NARROW);
        expect([step, await overflowOf(page)]).toEqual([step, 0]);
      };
      const account = await app.register();
      await page.goto('/account/sign-in');
      await look('the sign-in with a passkey');
      await enter(page, account);
      await page.goto(KEY_PAGE);
      await look('the form for a key');
      await page.locator('#add-name').fill('A key with a long name that goes on and on'.repeat(2));
      await page.locator('[data-press]').click();
      await page.locator('#recovery-codes').waitFor();
      await page.goto('/account/security');
      await page.locator('li.passkey summary').click();
      await look('the card with a key');
      await page.goto('/account/sign-in?step=prove');
      await look('the proof');
      app.clock.advance(15 * MINUTE);
      await page.goto(KEY_PAGE);
      await look('a proof that is needed');
      await context.clearCookies();
      await password(page, account);
      await page.locator('[data-press]').waitFor();
      await look('the second step');
      await context.close();
      expect(troubles).toEqual([]);
    },
    60_000,
  );
});
