import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.js';

/** Nobody keeps others from signing in by filling the queue of slow hashes. Loopback is a trusted proxy here. */

const FLOOD = 160;
/** How many one address or account may have waiting here: who stood behind them all would see as many answered. */
const SHARE = 10;
const WHILE_BUSY = { timeout: 30_000, interval: 5 };
const CHANGE = '/api/auth/password/change';
const LOGIN = '/api/auth/login';
const from = (address: string) => ({ 'X-Forwarded-For': address });

let app: TestApp;
const startWith = (failures: string): void => {
  beforeAll(async () => {
    app = await createTestApp({
      env: {
        // Dear enough to outlast what else a request costs, and a line so short that it is soon worked off.
        PASSWORD_BCRYPT_ROUNDS: '10',
        PASSWORD_HASH_CONCURRENCY: '1',
        PASSWORD_HASH_QUEUE: '20',
        DATABASE_TIMEOUT: '60',
        LOGIN_FAILURES_PER_ACCOUNT: 'none',
        LOGIN_FAILURES_PER_ADDRESS: 'none',
        LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: failures,
      },
    });
  });
  afterAll(() => app.close());
};

const logIn = (username: string, password: string, address: string) =>
  app.send(LOGIN, { method: 'POST', headers: from(address), body: { username, password } });
const enter = (address: string) => logIn(app.admin.username, app.admin.password, address);

/** Sends all at once. @returns the statuses as they come, and all of them at the end */
function flood(send: (i: number) => Promise<{ readonly status: number }>, length = FLOOD) {
  const seen: number[] = [];
  const all = Array.from({ length }, async (_, i) => {
    seen.push((await send(i)).status);
  });
  return { seen, end: Promise.all(all) };
}
const count = (statuses: readonly number[], status: number) =>
  statuses.filter((one) => one === status).length;

describe('the queue of slow hashes', () => {
  startWith('none');

  describe('one account that sends 160 password changes at once', () => {
    it('keeps an administrator waiting for no more than a few hashes, and is told 429 itself', async () => {
      const attacker = await app.register();
      const body = {
        old_password: 'wrong',
        new_password1: 'Otter-43-leptons',
        new_password2: 'Otter-43-leptons',
      };
      const headers = { ...attacker.authorization, ...from('203.0.113.66') };
      const { seen, end } = flood(() => app.send(CHANGE, { method: 'POST', headers, body }));
      await expect.poll(() => count(seen, 429), WHILE_BUSY).toBeGreaterThan(0);
      const before = count(seen, 400);
      expect((await enter('203.0.113.7')).status).toBe(200);
      expect(count(seen, 400) - before).toBeLessThan(SHARE);
      await end;
      expect(new Set(seen)).toEqual(new Set([400, 429]));
      // One is being compared and ten wait; those that come as the line moves find a place too.
      expect(count(seen, 429)).toBeGreaterThan(FLOOD / 2);
    });
  });

  describe('one address that guesses at 160 names at once', () => {
    it('keeps nobody at another address from signing in, and is told 429 itself', async () => {
      const { seen, end } = flood((i) => logIn(`nobody${i}`, 'wrong', '203.0.113.67'));
      await expect.poll(() => count(seen, 429), WHILE_BUSY).toBeGreaterThan(0);
      const before = count(seen, 400);
      expect((await enter('203.0.113.7')).status).toBe(200);
      expect(count(seen, 400) - before).toBeLessThan(SHARE);
      await end;
      expect(new Set(seen)).toEqual(new Set([400, 429]));
    });

    it('tells nothing by it: a name that somebody has is treated as one that nobody has', async () => {
      const { username } = await app.register();
      for (const name of [username, 'nobody']) {
        const { seen, end } = flood(() => logIn(name, 'wrong', '203.0.113.68'));
        await end;
        expect(new Set(seen)).toEqual(new Set([400, 429]));
        expect(count(seen, 429)).toBeGreaterThan(FLOOD / 2);
      }
    });
  });

  describe('160 addresses that guess at once', () => {
    it('get 503 when all of them together are too many, and the next one a place all the same', async () => {
      const { seen, end } = flood((i) => logIn(`nobody${i}`, 'wrong', `198.51.100.${i % 8}`));
      await expect.poll(() => count(seen, 503), WHILE_BUSY).toBeGreaterThan(0);
      expect((await enter('203.0.113.7')).status).toBe(200);
      await end;
      expect(new Set(seen)).toEqual(new Set([400, 503]));
    });
  });

  describe('one client with many connections', () => {
    it('that all send the right Basic credentials pays for one hash, and is never told 429', async () => {
      const { basic } = await app.register();
      const headers = { ...basic, ...from('203.0.113.8') };
      const { seen, end } = flood(() => app.send('/api/users/self', { headers }));
      await end;
      expect(new Set(seen)).toEqual(new Set([200]));
    });
  });
});

describe('clients that hang up', () => {
  const LIMIT = 2;
  startWith(`${LIMIT}/hour`);

  const guessAndWait = (username: string) => {
    const { hostname, port } = new URL(app.url);
    const headers = { 'Content-Type': 'application/json', ...from('203.0.113.69') };
    const sent = request({ hostname, port, path: LOGIN, method: 'POST', agent: false, headers });
    sent.on('error', () => undefined);
    sent.end(JSON.stringify({ username, password: 'wrong' }));
    let isAnswered = false;
    sent.on('response', () => {
      isAnswered = true;
    });
    return { leave: () => sent.destroy(), isAnswered: () => isAnswered };
  };

  it('cost no hashes: what waits for them is dropped, and counts as no failure', async () => {
    const { username, authorization } = await app.register();
    const busy = flood((i) => logIn(`nobody${i}`, 'wrong', `192.0.2.${i}`), SHARE);
    await expect.poll(() => busy.seen.length, WHILE_BUSY).toBeGreaterThan(0);
    const guesses = Array.from({ length: LIMIT }, () => guessAndWait(username));
    // What came after them is answered: they wait.
    for (let i = 0; i < 2; i += 1) await app.send('/api/users/self', { headers: authorization });
    expect(guesses.map(({ isAnswered }) => isAnswered())).toEqual([false, false]);
    for (const { leave } of guesses) leave();
    await busy.end;
    const guess = () => logIn(username, 'wrong', '203.0.113.69');
    for (let i = 0; i < LIMIT; i += 1) expect((await guess()).status).toBe(400);
    expect((await guess()).status).toBe(429);
    expect(app.logs.filter((line) => line.includes('unexpectedly'))).toEqual([]);
  });
});
