import { beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, useTestApp } from '../../support/app.js';
import { type Answer, basicAuth } from '../../support/http.js';
import { useMailbox } from '../../support/mailbox.js';
import { setActive, setPassword } from '../../support/rows.js';

/**
 * What tells nobody who has an account: the words, the headers and the time of an answer. Requests take turns, and the
 * least time of each is compared: a busy machine only ever adds to it, work that is done for one and not for the other
 * stays in it. While it is too busy for a verdict, more rounds are asked for.
 */

const ROUNDS = 9;
const MOST_ROUNDS = 63;

let known: TestAccount;
let inactive: TestAccount;
let unusable: TestAccount;
const mailbox = useMailbox();
const app = useTestApp(() => ({
  env: {
    ...mailbox.env,
    // Long enough to tell a hash from none, short enough for a test.
    PASSWORD_BCRYPT_ROUNDS: '8',
    ACCOUNT_EMAIL_VERIFICATION: 'optional',
    LOGIN_FAILURES_PER_ADDRESS: 'none',
    LOGIN_FAILURES_PER_ACCOUNT: 'none',
    LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: 'none',
    MAIL_REQUESTS_PER_RECIPIENT: 'none',
    MAIL_REQUESTS_PER_CLIENT: 'none',
  },
}));
beforeAll(async () => {
  [known, inactive, unusable] = [
    await app.register('known1'),
    await app.register('inactive1'),
    await app.register('unusable1'),
  ];
  await setActive(app.db, inactive.id, false);
  await setPassword(app.db, unusable.id, '!unusable');
});

/** What is the same in two answers that say the same. */
const shapeOf = ({ status, text, headers, setCookies }: Answer) => {
  const { date: _date, 'x-request-id': _id, ...rest } = headers;
  return JSON.stringify({ status, text, rest, setCookies });
};

/**
 * Asks in turns, until the slowest is less than `bound` times as slow as the quickest.
 *
 * @returns how many times slower it is, and the shapes of all answers
 */
async function compare(bound: number, asks: readonly (() => Promise<Answer>)[]) {
  const shapes = new Set<string>();
  const least = asks.map(() => Number.POSITIVE_INFINITY);
  const spread = () => Math.max(...least) / Math.min(...least);
  for (const ask of asks) await ask();
  for (let round = 1; round <= ROUNDS || (round <= MOST_ROUNDS && spread() >= bound); round += 1) {
    for (const [index, ask] of asks.entries()) {
      const started = performance.now();
      const answer = await ask();
      least[index] = Math.min(least[index] ?? 0, performance.now() - started);
      shapes.add(shapeOf(answer));
    }
  }
  return { shapes, spread: spread() };
}

describe('nobody can tell who has an account', () => {
  it('by a login with a name', async () => {
    const logIn = (username: string) => () =>
      app.send('/api/auth/login', { method: 'POST', body: { username, password: 'wrong password' } });
    const { shapes, spread } = await compare(
      1.5,
      [known.username, 'nobody1', inactive.username, unusable.username].map(logIn),
    );
    expect([...shapes]).toHaveLength(1);
    expect(spread).toBeLessThan(1.5);
  });

  it('by the time of a login with an address; its words are CVAT’s', async () => {
    const logIn = (email: string) => () =>
      app.send('/api/auth/login', { method: 'POST', body: { email, password: 'wrong password' } });
    const { spread } = await compare(1.5, [known.email, 'nobody@example.org'].map(logIn));
    expect(spread).toBeLessThan(1.5);
  });

  it('by Basic', async () => {
    const self = (username: string) => () =>
      app.send('/api/users/self', { headers: { Authorization: basicAuth(username, 'wrong password') } });
    const { shapes, spread } = await compare(1.5, [known.username, 'nobody1', inactive.username].map(self));
    expect([...shapes]).toHaveLength(1);
    expect(spread).toBeLessThan(1.5);
  });

  it('by asking for a reset', async () => {
    const reset = (email: string) => () =>
      app.send('/api/auth/password/reset', { method: 'POST', body: { email } });
    const { shapes, spread } = await compare(
      1.2,
      [known.email, 'nobody@example.org', inactive.email].map(reset),
    );
    expect([...shapes]).toHaveLength(1);
    expect(spread).toBeLessThan(1.2);
    expect(await mailbox.collect(app)).not.toEqual([]);
  });

  it('by asking for the confirmation mail again', async () => {
    const resend = (email: string) => () => {
      // Otherwise only the first of them would be mailed.
      app.clock.advance(181_000);
      return app.send('/api/auth/email/resend', { method: 'POST', body: { email } });
    };
    const { shapes, spread } = await compare(1.2, [known.email, 'nobody@example.org'].map(resend));
    expect([...shapes]).toHaveLength(1);
    expect(spread).toBeLessThan(1.2);
    expect((await mailbox.collect(app)).length).toBeGreaterThanOrEqual(ROUNDS);
  });

  it('by a reset link for an account or for none, before the token is right', async () => {
    const confirm = (uid: string) => () =>
      app.send('/api/auth/password/reset/confirm', {
        method: 'POST',
        body: {
          uid,
          token: `bkrfgg-${'0'.repeat(32)}`,
          new_password1: 'Otter-43-leptons',
          new_password2: 'Otter-43-leptons',
        },
      });
    const { shapes } = await compare(1.5, [known.id.toString(36), inactive.id.toString(36)].map(confirm));
    expect([...shapes]).toHaveLength(1);
  });

  it('by a registration, where only invited people may register', async () => {
    const closed = await createTestApp({ env: { REGISTRATION_MODE: 'invite', EMAIL_BACKEND: 'console' } });
    try {
      const { admin } = closed;
      const register = (username: string, email: string) => () =>
        closed.send('/api/auth/register', {
          method: 'POST',
          body: { username, email, password1: 'Otter-43-leptons', password2: 'Otter-43-leptons' },
        });
      const { shapes, spread } = await compare(2, [
        register('nobody1', 'nobody@example.org'),
        register(admin.username, 'nobody@example.org'),
        register('nobody1', 'admin@localhost'),
      ]);
      expect([...shapes]).toHaveLength(1);
      expect(spread).toBeLessThan(2);
    } finally {
      await closed.close();
    }
  });
});

describe('an open registration', () => {
  it('tells it in CVAT’s words, so it is limited: 429 to everybody who asks on', async () => {
    const limited = await createTestApp({ env: { THROTTLE_ANON: '6/minute' } });
    try {
      const ask = (username: string) =>
        limited.send('/api/auth/register', { method: 'POST', body: { username } });
      const names = [limited.admin.username, 'nobody1'];
      const words = (await Promise.all(names.map(ask))).map(({ text }) => text);
      expect(words[0]).toContain('A user with that username already exists.');
      expect(words[1]).not.toContain('already exists');
      for (let i = 0; i < 4; i += 1) expect((await ask('nobody1')).status).toBe(400);
      limited.clock.stop();
      const refused = await Promise.all(names.map(ask));
      expect(refused.map(({ status }) => status)).toEqual([429, 429]);
      expect(new Set(refused.map(({ text }) => text)).size).toBe(1);
    } finally {
      await limited.close();
    }
  });
});
