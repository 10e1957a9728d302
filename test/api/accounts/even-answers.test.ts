import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, type TestApp } from '../../support/app.js';
import { type Answer, basicAuth } from '../../support/http.js';
import { type Mailbox, openMailbox } from '../../support/mailbox.js';
import { setActive, setPassword } from '../../support/rows.js';

/**
 * What tells nobody who has an account: the words, the headers and the time of an answer. Times are medians of
 * requests that take turns, with bounds for a busy machine: they find work that is done for one and not for the other.
 */

const ROUNDS = 11;

let mailbox: Mailbox;
let app: TestApp;
let known: TestAccount;
let inactive: TestAccount;
let unusable: TestAccount;
beforeAll(async () => {
  mailbox = await openMailbox();
  app = await createTestApp({
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
  });
  [known, inactive, unusable] = [
    await app.register('known1'),
    await app.register('inactive1'),
    await app.register('unusable1'),
  ];
  await setActive(app.db, inactive.id, false);
  await setPassword(app.db, unusable.id, '!unusable');
});
afterAll(async () => {
  await app.close();
  await mailbox.close();
});

/** What is the same in two answers that say the same. */
const shapeOf = ({ status, text, headers, setCookies }: Answer) => {
  const { date: _date, 'x-request-id': _id, ...rest } = headers;
  return JSON.stringify({ status, text, rest, setCookies });
};

/** Asks in turns. @returns the median milliseconds of each, and the shapes of all answers */
async function compare(asks: Readonly<Record<string, () => Promise<Answer>>>) {
  const times = new Map<string, number[]>();
  const shapes = new Set<string>();
  for (const ask of Object.values(asks)) await ask();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, ask] of Object.entries(asks)) {
      const started = performance.now();
      shapes.add(shapeOf(await ask()));
      times.set(name, [...(times.get(name) ?? []), performance.now() - started]);
    }
  }
  const medians = [...times.values()].map(
    (values) => values.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0,
  );
  return { shapes, spread: Math.max(...medians) / Math.min(...medians) };
}

describe('nobody can tell who has an account', () => {
  it('by a login with a name', async () => {
    const logIn = (username: string) => () =>
      app.send('/api/auth/login', { method: 'POST', body: { username, password: 'wrong password' } });
    const { shapes, spread } = await compare({
      known: logIn(known.username),
      nobody: logIn('nobody1'),
      inactive: logIn(inactive.username),
      unusable: logIn(unusable.username),
    });
    expect([...shapes]).toHaveLength(1);
    expect(spread).toBeLessThan(1.6);
  });

  it('by the time of a login with an address; its words are CVAT’s', async () => {
    const logIn = (email: string) => () =>
      app.send('/api/auth/login', { method: 'POST', body: { email, password: 'wrong password' } });
    const { spread } = await compare({ known: logIn(known.email), nobody: logIn('nobody@example.org') });
    expect(spread).toBeLessThan(1.6);
  });

  it('by Basic', async () => {
    const self = (username: string) => () =>
      app.send('/api/users/self', { headers: { Authorization: basicAuth(username, 'wrong password') } });
    const { shapes, spread } = await compare({
      known: self(known.username),
      nobody: self('nobody1'),
      inactive: self(inactive.username),
    });
    expect([...shapes]).toHaveLength(1);
    expect(spread).toBeLessThan(1.6);
  });

  it('by asking for a reset', async () => {
    const reset = (email: string) => () =>
      app.send('/api/auth/password/reset', { method: 'POST', body: { email } });
    const { shapes, spread } = await compare({
      known: reset(known.email),
      nobody: reset('nobody@example.org'),
      inactive: reset(inactive.email),
    });
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
    const { shapes, spread } = await compare({
      known: resend(known.email),
      nobody: resend('nobody@example.org'),
    });
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
    const { shapes } = await compare({
      known: confirm(known.id.toString(36)),
      inactive: confirm(inactive.id.toString(36)),
    });
    expect([...shapes]).toHaveLength(1);
  });
});
