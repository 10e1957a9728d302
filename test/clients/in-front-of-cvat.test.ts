import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../../src/platform/config/load.js';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import { type CvatDatabase, createCvatDatabase, HASHES, PASSWORD } from '../support/cvat.js';
import { type CvatServer, startCvatServer } from '../support/cvat-server.js';
import { codeAt } from '../support/factor-actions.js';
import { type ScriptedProvider, startScriptedProvider } from '../support/hostile-provider.js';
import { send } from '../support/http.js';
import { installCvatServer } from '../support/python.js';
import { setPassword } from '../support/rows.js';
import { freePort } from '../support/services.js';
import { oneProvider } from '../support/sign-on.js';
import { enter } from './account-pages.js';
import { hasBrowser, startBrowser } from './browser.js';
import { readOverride, startFront } from './cvat-front.js';
import { coloursOf, takePicture } from './pictures.js';
import { hasProxy } from './proxies.js';

/** The override of deploy/cvat, with Traefik itself, before a Django with CVAT's settings: one sign-in for both. */

const SECRET_KEY = 'k7$w#2&q!x(9v_b@m=4z)j^t*1n-s+8d6f%h3g5r0pyceuiolak';
/** What a test has elsewhere. */
const PLACES = new Set(['HOST', 'DATABASE_URL', 'REDIS_URL', 'SECRET_KEY']);
const OURS = [
  '/account',
  '/account/sign-in',
  '/account/assets/account.css',
  '/api/auth/login',
  '/api/auth/factors',
  '/api/auth/oidc/idp/login/',
  '/api/users',
  '/api/users/self',
  '/api/organizations',
  '/api/organizations/1',
  '/api/memberships',
  '/api/invitations',
];
const CVATS = [
  '/',
  '/api/tasks',
  '/api/server/about',
  '/api/usersx',
  '/admin',
  '/auth/login',
  '/test/session',
];

describe('The files of deploy/cvat', () => {
  const variables = { CVAT_AUTH_SECRET_KEY: SECRET_KEY, CVAT_HOST: 'cvat.example.org' };

  it('start this server, and say what is missing', () => {
    expect(() => readOverride({})).toThrow(/CVAT_AUTH_SECRET_KEY: set it in \.env to the SECRET_KEY of CVAT/);
    const { environment, networks } = readOverride(variables);
    expect(loadConfig(environment)).toMatchObject({
      PUBLIC_URL: 'http://cvat.example.org:8080',
      UI_URL: 'http://cvat.example.org:8080',
      SESSION_STORE: 'django',
      ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE: false,
    });
    expect(networks).toEqual(['cvat']);
  });

  it('route the same paths, for Compose, nginx and Kubernetes', () => {
    const folder = path.resolve(import.meta.dirname, '../../deploy/cvat');
    const read = (file: string): string => readFileSync(path.join(folder, file), 'utf8');
    const Ingress = z.object({
      spec: z.object({
        rules: z.array(
          z.object({
            http: z.object({ paths: z.array(z.object({ path: z.string(), pathType: z.string() })) }),
          }),
        ),
      }),
    });
    const [rule] = Ingress.parse(parse(read('ingress.yaml'))).spec.rules;
    const prefixes = (rule?.http.paths ?? []).map((one) => one.path);
    const byIngress = (target: string): boolean =>
      prefixes.some((prefix) => target === prefix || target.startsWith(`${prefix}/`));
    const location = /location ~ (\S+) \{/.exec(read('nginx.conf'))?.[1] ?? '';
    const byNginx = (target: string): boolean => new RegExp(location).test(target);
    for (const target of OURS)
      expect([target, byIngress(target), byNginx(target)]).toEqual([target, true, true]);
    for (const target of CVATS)
      expect([target, byIngress(target), byNginx(target)]).toEqual([target, false, false]);
  });
});

describe.skipIf(!hasProxy('traefik') || !hasBrowser())(
  'Behind Traefik with the labels of deploy/cvat',
  () => {
    const bin = installCvatServer('2.62');
    if (bin === undefined) return;
    let cvat: CvatDatabase;
    let django: CvatServer;
    let provider: ScriptedProvider;
    let app: TestApp;
    let front: { readonly stop: () => Promise<void> };
    let browser: Browser;
    let url: string;

    beforeAll(async () => {
      const port = await freePort();
      url = `http://localhost:${port}`;
      const { environment, labels } = readOverride({
        CVAT_AUTH_SECRET_KEY: SECRET_KEY,
        CVAT_AUTH_PUBLIC_URL: url,
        CVAT_AUTH_TRUSTED_PROXIES: 'loopback',
      });
      const settings = Object.entries(environment).filter(([name]) => !PLACES.has(name));
      cvat = await createCvatDatabase(inject('services')?.database ?? '', '2.62');
      provider = await startScriptedProvider();
      [django, app, browser] = await Promise.all([
        startCvatServer(bin, { database: cvat.url, secretKey: SECRET_KEY }),
        createTestApp({
          env: {
            ...Object.fromEntries(settings),
            DATABASE_URL: cvat.url,
            SECRET_KEY,
            AUTH_CONFIG_PATH: oneProvider(provider),
          },
        }),
        startBrowser(),
      ]);
      await setPassword(app.db, 1, HASHES.django42);
      front = await startFront({ labels, port, identity: app.url, cvat: django.url });
    });
    afterAll(async () => {
      await browser?.close();
      await front?.stop();
      await app?.close();
      await django?.stop();
      await provider?.stop();
      await cvat?.drop();
    });

    const open = (): Promise<BrowserContext> => browser.newContext({ locale: 'en-US', baseURL: url });

    /** Whom Django sees in the browser, at a page of CVAT. */
    const seenByCvat = async (context: BrowserContext): Promise<string | null> =>
      ((await (await context.request.get('/test/session')).json()) as { user: string | null }).user;
    const seenHere = async (context: BrowserContext): Promise<string | undefined> =>
      ((await (await context.request.get('/api/users/self')).json()) as { username?: string }).username;

    /** One of docs/with-cvat.md: at the size of them, and not blank. */
    const expectPicture = async (page: Page, name: string, height: number): Promise<void> => {
      await page.setViewportSize({ width: 1100, height });
      const picture = await takePicture(page, name);
      expect(picture).toMatchObject({ width: 1100, height });
      expect(picture.bytes).toBeLessThan(100_000);
      expect(await coloursOf(page, picture.file)).toBeGreaterThan(50);
    };

    const signOut = async (page: Page): Promise<void> => {
      await page.goto('/account/sign-out');
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByText('You are signed out.').waitFor();
    };

    /** Whoever answers, says so in the log of this server, or not. */
    const reachesUs = async (target: string): Promise<boolean> => {
      const before = app.logs.length;
      await send(url, target);
      return app.logs.slice(before).some((line) => (JSON.parse(line) as { path?: string }).path === target);
    };

    it.each(OURS)('%s comes to this server', async (target) => {
      expect(await reachesUs(target)).toBe(true);
    });

    it.each(CVATS)('%s goes to CVAT', async (target) => {
      expect(await reachesUs(target)).toBe(false);
    });

    it('a person who signs in on our page is known to CVAT, and unknown after they sign out', async () => {
      const person: TestAccount = await app.register();
      const context = await open();
      const page = await context.newPage();
      await enter(page, person);
      expect([await seenByCvat(context), await seenHere(context)]).toEqual([
        person.username,
        person.username,
      ]);
      await signOut(page);
      expect([await seenByCvat(context), await seenHere(context)]).toEqual([null, undefined]);
      await context.close();
    });

    it('a person who is in CVAT already signs in with their password of there', async () => {
      const context = await open();
      await enter(await context.newPage(), { username: 'root', password: PASSWORD });
      expect(await seenByCvat(context)).toBe('root');
      await context.close();
    });

    it('a second factor protects both: CVAT knows nobody before it is there', async () => {
      const person = await app.register();
      const context = await open();
      const page = await context.newPage();
      await enter(page, person);
      await page.goto('/account/security/authenticator');
      await page.locator('button[value=begin]').click();
      const secret = ((await page.locator('.key').textContent()) ?? '').replaceAll(' ', '');
      await page.locator('#confirm-code').fill(codeAt(secret, app.clock.now()));
      await page.locator('button[value=confirm]').click();
      await page.locator('#recovery-codes').waitFor();
      expect(await seenByCvat(context)).toBe(person.username);
      await signOut(page);
      await page.goto('/account/sign-in');
      await page.locator('#sign-in-username').fill(person.username);
      await page.locator('#sign-in-password').fill(person.password);
      await page.locator('button[value=sign-in]').click();
      await page.getByRole('heading', { name: 'Enter your code' }).waitFor();
      await expectPicture(page, 'with-cvat-second-factor', 520);
      expect(await seenByCvat(context)).toBeNull();
      app.clock.advance(30_000);
      await page.locator('#code-code').fill(codeAt(secret, app.clock.now()));
      await page.locator('button[value=code]').click();
      await page.waitForURL(/\/account$/);
      expect(await seenByCvat(context)).toBe(person.username);
      await context.close();
    });

    it('a person of an identity provider is known to CVAT', async () => {
      provider.person = {
        sub: 'front-1',
        email: 'ada@example.org',
        email_verified: true,
        preferred_username: 'ada-of-the-front',
      };
      const context = await open();
      const page = await context.newPage();
      await page.goto('/account/sign-in');
      await expectPicture(page, 'with-cvat-sign-in', 700);
      await page.getByRole('link', { name: 'Continue with Example ID' }).click();
      await page.waitForURL(/\/(account)?$/);
      const username = await seenHere(context);
      expect([username, await seenByCvat(context)]).toEqual([expect.stringContaining('ada'), username]);
      await context.close();
    });
  },
);
