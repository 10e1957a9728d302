import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeDjangoData, encodeDjangoData } from '../../src/authentication/sessions/django-data.js';
import { createDjangoStore } from '../../src/features/sessions/index.js';
import { DAY, MINUTE, SECOND } from '../../src/kernel/clock.js';
import { type TestAccount, type TestApp, useTestApp } from '../support/app.js';
import {
  ageSessionRow,
  changeSessionRow,
  endSessionIn,
  hasSessionRow,
  multiplySessionRow,
  readSessionRow,
  remainingOf,
  writeSessionRow,
} from '../support/django-rows.js';
import { factorActions } from '../support/factor-actions.js';
import type { Browser } from '../support/http.js';
import { freePort, type Service, startRedis } from '../support/services.js';
import { sessionActions } from '../support/session-actions.js';

/** Sessions in Django's table as other programs, time and mistakes leave them there: SESSION_STORE=django. */

const SECRET_KEY = 'v1$n0t-a-s3cr3t#&*(-_=+)@!^%abcdefghijklmnopqrstuv';
const app = useTestApp({ env: { SESSION_STORE: 'django', SECRET_KEY } });
const { signIn, endOthers, asCaller } = sessionActions(app);

const keyOf = (browser: Browser): string => browser.jar.get('sessionid') ?? '';
const statusOf = async (browser: Browser): Promise<number> => (await browser.send('/api/users/self')).status;
/** Without the helper cookie, so that the session is renewed if it can be. */
const useStale = (browser: Browser) =>
  app.send('/api/users/self', { headers: { Cookie: `sessionid=${keyOf(browser)}` } });

/** A session that Django might have opened: nothing in it is of this server. */
async function openedByDjango(person: TestAccount): Promise<Browser> {
  const browser = await signIn(person);
  await changeSessionRow(app.db, keyOf(browser), SECRET_KEY, { auth_server: 'null' });
  return browser;
}

describe('a row that is no session', () => {
  const signed = (json: string, key = SECRET_KEY) =>
    encodeDjangoData(new Map([['_auth_user_id', json]]), key, Date.now());

  it.each([
    ['empty', () => ''],
    ['cut off', (data: string) => data.slice(0, -10)],
    ['cut in the middle', (data: string) => data.replace(/.{20}:/, ':')],
    ['of another key', () => signed('"1"', SECRET_KEY.toUpperCase())],
    ['without a signature', (data: string) => data.split(':').slice(0, 2).join(':')],
    ['a format of Django before 3.1', () => 'MTIzNDU2Nzg5MDp7Il9hdXRoX3VzZXJfaWQiOiIxIn0='],
    ['very long', () => 'a'.repeat(3 * 2 ** 20)],
    ['of an account that no database could have', () => signed('"99999999999"')],
    ['of an account that is a text', () => signed('"admin"')],
    ['of an account in a list', () => signed('["1"]')],
    ['without a hash', () => signed('"1"')],
  ])('%s, is anonymous and stays there, and a new sign-in works', async (_what, damage) => {
    const person = await app.register();
    const browser = await signIn(person);
    const key = keyOf(browser);
    const damaged = damage(await readSessionRow(app.db, key));
    await writeSessionRow(app.db, key, damaged);
    const answer = await browser.send('/api/users/self');
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail: 'Authentication credentials were not provided.' });
    expect(browser.jar.has('sessionid')).toBe(false);
    expect(await readSessionRow(app.db, key)).toBe(damaged);
    const { username, password } = person;
    const again = await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
    expect(again.status).toBe(200);
    expect(await statusOf(browser)).toBe(200);
  });

  it('does not keep others from ending', async () => {
    const person = await app.register();
    const [damaged, mine] = [await signIn(person), await signIn(person)];
    await writeSessionRow(app.db, keyOf(damaged), 'damaged');
    await endOthers(asCaller(person.basic));
    expect(await statusOf(mine)).toBe(401);
    expect(await hasSessionRow(app.db, keyOf(damaged))).toBe(true);
  });
});

describe('the life of a session', () => {
  it('is that of its row, and a request without the helper cookie renews it', async () => {
    const browser = await signIn(await app.register());
    await endSessionIn(app.db, keyOf(browser), MINUTE);
    expect((await useStale(browser)).status).toBe(200);
    expect(await remainingOf(app.db, keyOf(browser))).toBeGreaterThan(14 * DAY - MINUTE);
    await endSessionIn(app.db, keyOf(browser), -SECOND);
    expect((await useStale(browser)).status).toBe(401);
  });

  it('begins, if Django opened it, when it is first seen here', async () => {
    const browser = await openedByDjango(await app.register());
    expect(await statusOf(browser)).toBe(200);
    await endSessionIn(app.db, keyOf(browser), MINUTE);
    expect((await useStale(browser)).status).toBe(200);
    await expect.poll(() => remainingOf(app.db, keyOf(browser))).toBeGreaterThan(14 * DAY - MINUTE);
    await ageSessionRow(app.db, keyOf(browser), 30 * DAY);
    expect(await statusOf(browser)).toBe(401);
    expect(await hasSessionRow(app.db, keyOf(browser))).toBe(false);
  });

  it('is not renewed where Django gave it an end of its own', async () => {
    const browser = await signIn(await app.register());
    await changeSessionRow(app.db, keyOf(browser), SECRET_KEY, { _session_expiry: '60' });
    await endSessionIn(app.db, keyOf(browser), MINUTE);
    const answer = await useStale(browser);
    expect(answer.status).toBe(200);
    expect(answer.setCookies).toEqual([]);
    expect(await remainingOf(app.db, keyOf(browser))).toBeLessThanOrEqual(MINUTE);
  });

  it('leaves rows, which a clean-up removes in batches', async () => {
    const [old, young] = [await signIn(await app.register()), await signIn(await app.register())];
    const { db } = app.container.engines;
    const { prune } = createDjangoStore({ db, clock: app.clock, secretKey: SECRET_KEY, ageSeconds: 60 });
    await prune();
    await endSessionIn(app.db, keyOf(old), -SECOND);
    await multiplySessionRow(app.db, keyOf(old), 1200);
    expect(await prune()).toBe(1201);
    expect(await prune()).toBe(0);
    expect(await statusOf(young)).toBe(200);
  });
});

describe('the end of all sessions of an account', () => {
  it('reaches a crowd of them that this server never saw, and none of others', async () => {
    const [person, neighbour] = [await app.register(), await app.register()];
    const [theirs, other] = [await openedByDjango(person), await openedByDjango(neighbour)];
    await multiplySessionRow(app.db, keyOf(theirs), 1200);
    await multiplySessionRow(app.db, keyOf(other), 1200);
    await endOthers(asCaller(person.basic));
    const nth = (browser: Browser, n: number) =>
      `${keyOf(browser).slice(0, 26)}${String(n).padStart(6, '0')}`;
    for (const n of [1, 499, 500, 501, 1000, 1200]) {
      expect(await hasSessionRow(app.db, nth(theirs, n))).toBe(false);
      expect(await hasSessionRow(app.db, nth(other, n))).toBe(true);
    }
    expect(await statusOf(theirs)).toBe(401);
    expect(await statusOf(other)).toBe(200);
  });

  it('also ends a session of this server whose row came back', async () => {
    const person = await app.register();
    const [ended, carrier] = [await signIn(person), await signIn(await app.register())];
    const row = await readSessionRow(app.db, keyOf(ended));
    await endOthers(asCaller(person.basic));
    await writeSessionRow(app.db, keyOf(carrier), row);
    expect(await statusOf(carrier)).toBe(401);
    expect(await hasSessionRow(app.db, keyOf(carrier))).toBe(false);
  });
});

describe('a session of an account with a second factor', () => {
  const factors = factorActions(app);

  it('that Django opened, without asking for it, opens nothing here and goes on there', async () => {
    const { account, browser, secret } = await factors.enrol();
    expect(await statusOf(browser)).toBe(200);
    const proven = await factors.signInAgain({ account, secret });
    expect(await statusOf(proven)).toBe(200);
    await changeSessionRow(app.db, keyOf(proven), SECRET_KEY, { auth_server: 'null' });
    expect(await statusOf(proven)).toBe(401);
    const { username, password } = account;
    const forged = { headers: { Cookie: proven.cookieHeader() }, body: { username, password } };
    for (const route of ['/api/auth/login', '/api/auth/logout'])
      expect((await app.send(route, { method: 'POST', ...forged })).status).toBe(403);
    expect(proven.jar.has('sessionid')).toBe(true);
    expect(await hasSessionRow(app.db, keyOf(proven))).toBe(true);
    const code = factors.nextCode(secret);
    const again = { method: 'POST', body: { username, password: password + code } };
    expect((await proven.send('/api/auth/login', again)).status).toBe(200);
    expect(await statusOf(proven)).toBe(200);
  });

  it('that Django opened ends when the factor is set up', async () => {
    const person = await app.register();
    const before = await openedByDjango(person);
    await factors.enrol(person);
    expect(await hasSessionRow(app.db, keyOf(before))).toBe(false);
  });

  it('that Django opened may set it up, and goes on with what it holds', async () => {
    const person = await app.register();
    const browser = await openedByDjango(person);
    await changeSessionRow(app.db, keyOf(browser), SECRET_KEY, { cart: '1.0' });
    const secret = await factors.secretOf(browser);
    expect((await factors.confirm(browser, factors.codeOf(secret))).status).toBe(200);
    expect(await statusOf(browser)).toBe(200);
    const held = decodeDjangoData(await readSessionRow(app.db, keyOf(browser)), SECRET_KEY);
    expect(held?.get('cart')).toBe('1.0');
  });
});

describe('a request in a session that ends meanwhile', () => {
  const move = (of: TestApp, from: string, person: TestAccount) => {
    const { db } = of.container.engines;
    const { store } = createDjangoStore({ db, clock: of.clock, secretKey: SECRET_KEY, ageSeconds: 60 });
    const shared = { hash: 'h', isOurs: true, firstSeenAt: null, hasOwnEnd: false };
    const session = { userId: person.id, authHash: 'b', startedAt: 0, factorAt: null, client: null, shared };
    return store.move(from, 'n'.repeat(32), session);
  };

  it('gets no new key for it', async () => {
    const person = await app.register();
    const browser = await signIn(person);
    await endSessionIn(app.db, keyOf(browser), -SECOND);
    expect(await move(app, keyOf(browser), person)).toBe(false);
    expect(await move(app, 'x'.repeat(32), person)).toBe(false);
    expect(await hasSessionRow(app.db, 'n'.repeat(32))).toBe(false);
  });
});

describe('Redis beside them', () => {
  let redis: Service;
  let url: string;
  beforeAll(async () => {
    redis = await startRedis(await freePort());
    url = redis.url;
  });
  afterAll(() => redis.stop());
  const beside = useTestApp(() => ({ env: { SESSION_STORE: 'database', REDIS_URL: url } }));

  it('only counts: sessions go on without it, and the server is ready', async () => {
    const actions = sessionActions(beside);
    const person = await beside.register();
    const browser = await actions.signIn(person);
    expect(await statusOf(browser)).toBe(200);
    await redis.stop();
    expect(await statusOf(browser)).toBe(200);
    expect(await statusOf(await actions.signIn(person))).toBe(200);
    const answer = await beside.send('/readyz');
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ status: 'ok', redis: 'does not answer' });
    expect(beside.container.engines.sessions).toBe('in the database');
  });
});
