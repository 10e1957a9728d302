import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../../src/kernel/clock.js';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { type Browser, tallyOf } from '../../support/http.js';
import { SESSIONS, sessionActions } from '../../support/session-actions.js';
import { openSessionLives, type SessionLives } from '../../support/sessions.js';

/** Sessions that are used and ended at the same time, that are many, or that an earlier release left. */

const app = useTestApp();
const { signIn, list, currentOf, end, endOthers, statusOf, asCaller } = sessionActions(app);
let lives: SessionLives;
beforeAll(() => {
  lives = openSessionLives(app.db);
});
afterAll(() => lives.close());

const keyOf = (browser: Browser) => browser.jar.get('sessionid') ?? '';
const withCookie = (cookie: string) => app.send('/api/users/self', { headers: { Cookie: cookie } });
const accountWithoutSessions = async (): Promise<TestAccount> => {
  const account = await app.register();
  await endOthers(asCaller(account.basic));
  return account;
};

/** First, because a process looks for such sessions once. */
describe('a session of a release that kept no client and no list', () => {
  it('is listed without a request that used it, and can be ended', async () => {
    const account = await accountWithoutSessions();
    const earlier = await signIn(account);
    await lives.makeEarlier(keyOf(earlier));
    const browser = await signIn(account);
    const found = (await list(browser)).find(({ current }) => !current);
    expect(found).toMatchObject({ user_agent: null, ip: null, browser: null, last_seen: null });
    expect(found?.created_date).toMatch(/Z$/);
    expect((await end(browser, found?.id ?? '')).status).toBe(204);
    expect(await Promise.all([earlier, browser].map(statusOf))).toEqual([401, 200]);
  });

  it('is listed once it was used, also if nothing is known of it', async () => {
    const account = await accountWithoutSessions();
    const earlier = await signIn(account);
    await lives.makeEarlier(keyOf(earlier));
    await lives.forgetStart(keyOf(earlier));
    app.clock.advance(5 * MINUTE);
    expect(await statusOf(earlier)).toBe(200);
    const browser = await signIn(account);
    await expect.poll(async () => (await list(browser)).length, { timeout: 5000 }).toBe(2);
    const found = (await list(browser)).find(({ current }) => !current);
    expect(found).toMatchObject({ created_date: null, ip: null, last_seen: expect.stringMatching(/Z$/) });
  });

  it('ends with all others', async () => {
    const account = await accountWithoutSessions();
    const earlier = await signIn(account);
    await lives.makeEarlier(keyOf(earlier));
    const browser = await signIn(account);
    await endOthers(browser);
    expect(await Promise.all([earlier, browser].map(statusOf))).toEqual([401, 200]);
  });
});

describe('at the same time', () => {
  it('a session that is used and renewed while it is ended stays ended', async () => {
    const account = await accountWithoutSessions();
    const watcher = await signIn(account);
    for (let round = 0; round < 5; round += 1) {
      const used = await signIn(account);
      const { id } = await currentOf(used);
      // Now the next use is noted, and renews the session.
      app.clock.advance(5 * MINUTE);
      used.jar.delete('sessionfresh');
      const cookie = used.cookieHeader();
      const uses = Array.from({ length: 12 }, () => withCookie(cookie));
      const ended = end(watcher, id);
      const more = Array.from({ length: 12 }, () => withCookie(cookie));
      expect((await ended).status).toBe(204);
      expect((await withCookie(cookie)).status).toBe(401);
      const tally = tallyOf(await Promise.all([...uses, ...more]));
      expect(Object.keys(tally).filter((status) => !['200', '401'].includes(status))).toEqual([]);
      expect((await withCookie(cookie)).status).toBe(401);
      expect(await list(watcher)).toMatchObject([{ current: true }]);
    }
  });

  it('the session that ends all others is never interrupted', async () => {
    const account = await accountWithoutSessions();
    const mine = await signIn(account);
    const others = await Promise.all(Array.from({ length: 3 }, () => signIn(account)));
    const answers = await Promise.all([
      ...Array.from({ length: 20 }, () => mine.send('/api/users/self')),
      ...Array.from({ length: 5 }, () => endOthers(mine)),
      ...Array.from({ length: 20 }, () => mine.send('/api/users/self')),
    ]);
    expect(tallyOf(answers)).toEqual({ 200: 40, 204: 5 });
    expect(await Promise.all(others.map(statusOf))).toEqual([401, 401, 401]);
    expect(await statusOf(mine)).toBe(200);
  });

  it('of sessions that end one another, exactly one goes on', async () => {
    const account = await accountWithoutSessions();
    const browsers = await Promise.all(Array.from({ length: 4 }, () => signIn(account)));
    const answers = await Promise.all(browsers.map(endOthers));
    expect(tallyOf(answers)).toEqual({ 204: 1, 401: 3 });
    const statuses = await Promise.all(browsers.map(statusOf));
    expect(statuses).toEqual(answers.map(({ status }) => (status === 204 ? 200 : 401)));
  });

  it('a session that is ended many times ends', async () => {
    const account = await accountWithoutSessions();
    const [lost, mine] = [await signIn(account), await signIn(account)];
    const { id } = await currentOf(lost);
    const answers = await Promise.all(Array.from({ length: 8 }, () => end(mine, id)));
    expect(new Set(answers.map(({ status }) => status))).not.toContain(500);
    expect(answers.map(({ status }) => status)).toContain(204);
    expect(await statusOf(lost)).toBe(401);
  });
});

describe('a record that is no session', () => {
  it('is not listed, and neither is the one of another account', async () => {
    const account = await accountWithoutSessions();
    const [spoilt, moved, mine] = [await signIn(account), await signIn(account), await signIn(account)];
    await lives.overwrite(keyOf(spoilt), '[]');
    await lives.overwrite(
      keyOf(moved),
      JSON.stringify({ cookie: {}, _auth_user_id: '1', _auth_user_hash: 'a'.repeat(64) }),
    );
    expect(await list(mine)).toMatchObject([{ current: true }]);
  });
});

describe('the length of a session', () => {
  it('is not changed by its use, and neither its list nor its use revives it', async () => {
    const account = await accountWithoutSessions();
    const browser = await signIn(account);
    const key = keyOf(browser);
    await lives.endIn(key, 20_000);
    app.clock.advance(5 * MINUTE);
    expect(await statusOf(browser)).toBe(200);
    expect(await list(browser)).toHaveLength(1);
    expect(await lives.remaining(key)).toBeLessThan(20_000);
  });

  it('is at most SESSION_MAX_AGE, which the list shows', async () => {
    const account = await accountWithoutSessions();
    const browser = await signIn(account);
    const began = Date.parse((await currentOf(browser)).created_date ?? '');
    app.clock.advance(29 * DAY);
    const { expires } = await currentOf(browser);
    expect(Date.parse(expires) - began).toBe(30 * DAY);
  });
});

describe('an account with more than 1,000 sessions', () => {
  it('has a list of the 1,000 that were used last, in pages, and ends all of them', async () => {
    const account = await accountWithoutSessions();
    const first = await signIn(account);
    app.clock.advance(1000);
    await lives.multiply(keyOf(first), 1000, app.clock.now());
    app.clock.advance(1000);
    const mine = await signIn(account);
    const answer = await mine.send(`${SESSIONS}?page_size=100&page=last`);
    expect(answer.json()).toMatchObject({ count: 1000, next: null });
    const sessions = await list(mine);
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(1000);
    expect(sessions[0]?.current).toBe(true);
    expect((await end(mine, sessions[999]?.id ?? '')).status).toBe(204);
    expect(await statusOf(first)).toBe(200);
    expect((await endOthers(mine)).status).toBe(204);
    expect(await Promise.all([first, mine].map(statusOf))).toEqual([401, 200]);
    expect(await list(mine)).toHaveLength(1);
  });
});
