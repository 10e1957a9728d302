import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../../src/kernel/clock.js';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { insertAccessToken } from '../../support/rows.js';
import { SESSIONS as PATH, sessionActions } from '../../support/session-actions.js';
import { openSessionLives, type SessionLives } from '../../support/sessions.js';
import { useWorld } from '../../support/world.js';

/** `/api/auth/sessions`: a person sees where they are signed in, and ends sessions that are not theirs any more. */

const app = useTestApp({ env: { TRUSTED_PROXIES: '127.0.0.0/8' } });
const world = useWorld(app);
let lives: SessionLives;
beforeAll(() => {
  lives = openSessionLives(app.db);
});
afterAll(() => lives.close());

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0';

const { signIn, list, currentOf, end, endOthers, statusOf, asCaller, resultsOf } = sessionActions(app);

/** Registration opens a session too: these accounts begin without one. */
async function newcomer(): Promise<TestAccount> {
  const account = await app.register();
  expect((await endOthers(asCaller(account.basic))).status).toBe(204);
  return account;
}

describe('a person’s sessions', () => {
  it('are listed with browser, device and address; the current one is marked', async () => {
    const account = await newcomer();
    const laptop = await signIn(account, { 'User-Agent': FIREFOX, 'X-Forwarded-For': '192.0.2.7' });
    app.clock.advance(MINUTE);
    const script = await signIn(account, { 'User-Agent': 'curl/8.5.0', 'X-Forwarded-For': '2001:db8::9' });
    const sessions = await list(script);
    expect(sessions).toMatchObject([
      { current: true, browser: null, device: null, user_agent: 'curl/8.5.0', ip: '2001:db8::9' },
      { current: false, browser: 'Firefox 143', device: 'Windows desktop', ip: '192.0.2.7' },
    ]);
    expect((await list(laptop)).map(({ current }) => current).sort()).toEqual([false, true]);
    const [{ created_date: began = null, expires = '' } = {}] = sessions;
    expect(app.clock.now() - Date.parse(began ?? '')).toBeLessThan(MINUTE);
    expect(Date.parse(expires) - app.clock.now()).toBeGreaterThan(13 * DAY);
    expect(Date.parse(expires) - app.clock.now()).toBeLessThanOrEqual(14 * DAY + 1000);
  });

  it('have ids that stay, and no answer contains the key of a cookie or a part of it', async () => {
    const account = await newcomer();
    const [first, second] = [await signIn(account), await signIn(account)];
    const answer = await first.send(PATH);
    const again = resultsOf(await second.send(PATH));
    expect(
      resultsOf(answer)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(again.map(({ id }) => id).sort());
    for (const { jar } of [first, second]) {
      const key = jar.get('sessionid') ?? '';
      expect(key).toHaveLength(32);
      for (let at = 0; at + 8 <= key.length; at += 8)
        expect(answer.text).not.toContain(key.slice(at, at + 8));
    }
  });

  it('are listed in pages', async () => {
    const account = await newcomer();
    const browser = await signIn(account);
    for (let count = 0; count < 4; count += 1) await signIn(account);
    const answer = await browser.send(`${PATH}?page_size=2&page=2`);
    expect(answer.json()).toMatchObject({
      count: 5,
      next: expect.stringContaining('page=3'),
      previous: expect.stringContaining(PATH),
    });
    expect(resultsOf(answer)).toHaveLength(2);
    expect(resultsOf(await browser.send(`${PATH}?page_size=2&page=last`))).toHaveLength(1);
    expect((await browser.send(`${PATH}?page_size=2&page=4`)).status).toBe(404);
  });

  it('show a hostile User-Agent as short text, in JSON only', async () => {
    const account = await newcomer();
    const text = `<script>alert(1)</script>\t\u0085\u009b31m${'A'.repeat(4000)}`;
    const browser = await signIn(account, { 'User-Agent': text });
    const answer = await browser.send(PATH);
    expect(answer.headers['content-type']).toMatch(/^application\/vnd\.cvat\+json/);
    const [{ user_agent: shown = null } = {}] = resultsOf(answer);
    expect(shown).toBe(`<script>alert(1)</script>31m${'A'.repeat(4000)}`.slice(0, 256));
  });

  it('show nothing for a client that says nothing of itself', async () => {
    const account = await newcomer();
    const browser = await signIn(account, { 'User-Agent': ' \u0085 ' });
    expect(await list(browser)).toMatchObject([{ user_agent: null, browser: null, device: null }]);
  });

  it('show when they were last used, at most five minutes ago', async () => {
    const account = await newcomer();
    const [used, watcher] = [await signIn(account), await signIn(account)];
    const { id } = await currentOf(used);
    const seenBy = async (): Promise<number> => {
      const session = (await list(watcher)).find((one) => one.id === id);
      return Date.parse(session?.last_seen ?? '');
    };
    const opened = await seenBy();
    app.clock.advance(4 * MINUTE);
    await statusOf(used);
    expect(await seenBy()).toBe(opened);
    app.clock.advance(MINUTE);
    await statusOf(used);
    const isRecent = async () => app.clock.now() - (await seenBy()) < MINUTE;
    await expect.poll(isRecent, { timeout: 5000 }).toBe(true);
  });

  it('are no longer listed once they ended: signed out, expired, too old, or with the password', async () => {
    const account = await newcomer();
    const watcher = await signIn(account);
    const left = await signIn(account);
    await left.send('/api/auth/logout', { method: 'POST' });
    const expired = await signIn(account);
    await lives.endIn(expired.jar.get('sessionid') ?? '', 1);
    await expect.poll(async () => (await list(watcher)).length, { timeout: 5000 }).toBe(1);
    expect(await list(watcher)).toMatchObject([{ current: true }]);
    const change = { old_password: account.password, new_password1: 'Otter-43-leptons' };
    const body = { ...change, new_password2: change.new_password1 };
    const changed = await watcher.send('/api/auth/password/change', { method: 'POST', body });
    expect(changed.status).toBe(200);
    const later = await signIn({ ...account, password: change.new_password1 });
    expect(await list(later)).toMatchObject([{ current: true }]);
  });
});

describe('ending a session', () => {
  it('ends that one at once, and no other', async () => {
    const account = await newcomer();
    const [lost, kept] = [await signIn(account), await signIn(account)];
    const { id } = await currentOf(lost);
    expect((await end(kept, id)).status).toBe(204);
    expect([await statusOf(lost), await statusOf(kept)]).toEqual([401, 200]);
    expect(await list(kept)).toHaveLength(1);
    expect((await end(kept, id)).status).toBe(404);
  });

  it('ends the current one too, and deletes its cookies', async () => {
    const browser = await signIn(await newcomer());
    const copy = browser.cookieHeader();
    const { id } = await currentOf(browser);
    expect((await end(browser, id)).status).toBe(204);
    expect(browser.jar.has('sessionid')).toBe(false);
    expect((await app.send('/api/users/self', { headers: { Cookie: copy } })).status).toBe(401);
  });

  it('leaves the API token', async () => {
    const account = await newcomer();
    const browser = await signIn(account);
    await end(browser, (await currentOf(browser)).id);
    const self = await app.send('/api/users/self', { headers: account.authorization });
    expect(self.status).toBe(200);
  });

  it('is 404 for the session of another person, as for one that never was', async () => {
    const [mine, theirs] = [await signIn(await newcomer()), await signIn(await newcomer())];
    const { id } = await currentOf(theirs);
    const foreign = await end(mine, id);
    const unknown = await end(mine, '0'.repeat(32));
    expect([foreign.status, foreign.text]).toEqual([404, unknown.text]);
    expect(unknown.json()).toEqual({ detail: 'No Session matches the given query.' });
    expect((await end(mine, theirs.jar.get('sessionid') ?? '')).status).toBe(404);
    expect(await statusOf(theirs)).toBe(200);
  });

  it('needs the CSRF token in a session', async () => {
    const browser = await signIn(await newcomer());
    const { id } = await currentOf(browser);
    for (const path of [`${PATH}/${id}`, `${PATH}?others=true`, '/api/auth/api_token']) {
      const answer = await browser.send(path, { method: 'DELETE', headers: { 'X-CSRFToken': 'x' } });
      expect(answer.status).toBe(403);
    }
    expect(await statusOf(browser)).toBe(200);
  });
});

describe('ending all other sessions', () => {
  it('leaves the one of the request, and ends the others at once', async () => {
    const account = await newcomer();
    const others = [await signIn(account), await signIn(account)];
    const mine = await signIn(account);
    const key = mine.jar.get('sessionid');
    expect((await endOthers(mine)).status).toBe(204);
    expect(await Promise.all(others.map(statusOf))).toEqual([401, 401]);
    expect([await statusOf(mine), mine.jar.get('sessionid')]).toEqual([200, key]);
    expect(await list(mine)).toMatchObject([{ current: true }]);
    const later = await signIn(account);
    expect(await Promise.all([mine, later].map(statusOf))).toEqual([200, 200]);
    expect((await endOthers(mine)).status).toBe(204);
    expect(await Promise.all([mine, later].map(statusOf))).toEqual([200, 401]);
  });

  it('can be done by one session after another', async () => {
    const account = await newcomer();
    const first = await signIn(account);
    await endOthers(first);
    const second = await signIn(account);
    expect((await endOthers(second)).status).toBe(204);
    expect(await Promise.all([first, second].map(statusOf))).toEqual([401, 200]);
  });

  it.each([
    '',
    '?others',
    '?others=',
    '?others=false',
    '?others=True',
    '?others=1',
    '?others=true&others=no',
  ])('is 400 with the query "%s", and nothing ends', async (query) => {
    const account = await newcomer();
    const [mine, other] = [await signIn(account), await signIn(account)];
    const answer = await mine.send(`${PATH}${query}`, { method: 'DELETE' });
    expect([answer.status, answer.json()]).toEqual([
      400,
      { others: ['Must be "true": ends all your sessions but the one of this request.'] },
    ]);
    expect(await Promise.all([mine, other].map(statusOf))).toEqual([200, 200]);
  });

  it('ends all sessions for callers with a token or a password, and their tokens stay', async () => {
    const account = await newcomer();
    for (const headers of [account.authorization, account.basic]) {
      const browsers = [await signIn(account), await signIn(account)];
      expect((await endOthers(asCaller(headers))).status).toBe(204);
      expect(await Promise.all(browsers.map(statusOf))).toEqual([401, 401]);
      expect((await app.send('/api/users/self', { headers })).status).toBe(200);
    }
  });

  it('takes no session for the current one if a token comes with the cookie', async () => {
    const account = await newcomer();
    const browser = await signIn(account);
    const both = asCaller({ Cookie: browser.cookieHeader(), ...account.authorization });
    expect(await list(both)).toMatchObject([{ current: false }]);
    expect((await endOthers(both)).status).toBe(204);
    expect(await statusOf(browser)).toBe(401);
  });
});

describe('other callers', () => {
  it('with a personal access token see sessions and end none, even if the token may write', async () => {
    const account = await newcomer();
    const browser = await signIn(account);
    const { id } = await currentOf(browser);
    for (const readOnly of [true, false]) {
      const key = `${`${account.id}${readOnly ? 'r' : 'w'}`.padStart(8, 's')}.${'s'.repeat(32)}`;
      await insertAccessToken(app.db, { ownerId: account.id, key, readOnly });
      const bearer = asCaller({ Authorization: `Bearer ${key}` });
      expect(await list(bearer)).toMatchObject([{ id, current: false }]);
      expect((await end(bearer, id)).status).toBe(403);
      expect((await endOthers(bearer)).status).toBe(403);
      for (const method of ['POST', 'DELETE'])
        expect((await bearer.send('/api/auth/api_token', { method })).status).toBe(403);
    }
    expect(await statusOf(browser)).toBe(200);
    expect((await app.send('/api/users/self', { headers: account.authorization })).status).toBe(200);
  });

  it('are asked to sign in', async () => {
    for (const method of ['GET', 'DELETE']) expect((await app.send(PATH, { method })).status).toBe(401);
    expect((await app.send(`${PATH}/${'0'.repeat(32)}`, { method: 'DELETE' })).status).toBe(401);
  });

  it('work in any organization that exists, and are told of one that does not', async () => {
    const { worker, acme, globex } = world;
    for (const slug of [acme.slug, globex.slug, '']) {
      const headers = { 'X-Organization': slug };
      expect((await worker.send('GET', PATH, undefined, { headers })).status).toBe(200);
      const ended = await worker.send('DELETE', `${PATH}?others=true`, undefined, { headers });
      expect(ended.status).toBe(204);
    }
    const headers = { 'X-Organization': 'nowhere' };
    expect((await worker.send('GET', PATH, undefined, { headers })).status).toBe(404);
  });
});
