import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../../src/kernel/clock.js';
import { createTestApp, type TestAccount, type TestApp } from '../../support/app.js';
import { type Answer, basicAuth, secondsUntilRetry } from '../../support/http.js';
import { setActive } from '../../support/rows.js';

/** Deviation 9: wrong passwords are counted by account, by address, and by both. Loopback is a trusted proxy here. */

let app: TestApp;
/** Another account and another home address for each test: nothing that was counted before matters. */
let person: TestAccount;
let home: string;
let tests = 0;

const from = (address: string) => ({ 'X-Forwarded-For': address });
const botnet = (i: number) => `198.51.${tests}.${i + 1}`;

const logIn = (body: Readonly<Record<string, string>>, address: string): Promise<Answer> =>
  app.send('/api/auth/login', { method: 'POST', headers: from(address), body });
const basic = (name: string, password: string, address: string): Promise<Answer> =>
  app.send('/api/users/self', { headers: { ...from(address), Authorization: basicAuth(name, password) } });
const guess = (address: string, username = person.username) =>
  logIn({ username, password: 'wrong' }, address);
const enter = (address: string) => logIn({ username: person.username, password: person.password }, address);

async function statuses(count: number, attempt: (i: number) => Promise<Answer>): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < count; i += 1) seen.push((await attempt(i)).status);
  return seen;
}

function startWith(env: Readonly<Record<string, string>>): void {
  beforeAll(async () => {
    app = await createTestApp({ env });
  });
  beforeEach(async () => {
    tests += 1;
    home = `203.0.113.${tests}`;
    person = await app.register();
  });
  afterAll(() => app.close());
}

describe('one account guessed at from one address', () => {
  startWith({ LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: '4/minute' });

  it('is shut after the limit, for the right password too, and told when it opens', async () => {
    expect(await statuses(6, () => guess(home))).toEqual([400, 400, 400, 400, 429, 429]);
    const answer = await enter(home);
    expect(answer.status).toBe(429);
    // A moment, because CVAT's user interface waits for a number of seconds without a word.
    const wait = secondsUntilRetry(answer, app.clock.now());
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
    expect(answer.json()).toEqual({
      detail: expect.stringMatching(/^Request was throttled\. Expected available in \d\d? seconds\.$/),
    });
    expect(answer.headers['www-authenticate']).toBeUndefined();
  });

  it('opens by itself when the first failure leaves the window', async () => {
    app.clock.stop();
    onTestFinished(app.clock.go);
    await statuses(5, () => guess(home));
    app.clock.advance(MINUTE - SECOND);
    expect((await enter(home)).status).toBe(429);
    app.clock.advance(2 * SECOND);
    expect((await enter(home)).status).toBe(200);
  });

  it('opens within the window when the clock is set back by two hours', async () => {
    app.clock.stop();
    onTestFinished(app.clock.go);
    await statuses(5, () => guess(home));
    app.clock.advance(-2 * HOUR);
    expect(secondsUntilRetry(await enter(home), app.clock.now())).toBe(60);
    app.clock.advance(MINUTE);
    expect((await enter(home)).status).toBe(200);
  });

  it('shuts login and Basic together', async () => {
    await statuses(2, () => guess(home));
    expect((await basic(person.username, 'wrong', home)).status).toBe(401);
    expect((await basic(person.username, 'wrong', home)).status).toBe(401);
    expect((await guess(home)).status).toBe(429);
    expect((await basic(person.username, person.password, home)).status).toBe(429);
  });

  it('stays open to other addresses, other accounts and other credentials', async () => {
    const other = await app.register();
    await statuses(5, () => guess(home));
    expect((await enter('203.0.114.8')).status).toBe(200);
    expect((await logIn({ username: other.username, password: other.password }, home)).status).toBe(200);
    expect(
      (await app.send('/api/users/self', { headers: { ...from(home), ...person.authorization } })).status,
    ).toBe(200);
  });

  it('counts every spelling of its name, its address and its id as one', async () => {
    const { username, email } = person;
    const spellings = [username, username.toUpperCase(), email, email.toUpperCase()];
    expect(await statuses(4, (i) => guess(home, spellings[i]))).toEqual([400, 400, 400, 400]);
    expect((await guess(home, ` ${username} `)).status).toBe(429);
    expect((await logIn({ email, password: 'wrong' }, home)).status).toBe(429);
  });

  it('counts variants of a name that nobody has as one too, so that 429 tells nothing', async () => {
    const variants = ['Nobody9', 'nobody9', 'NOBODY9', '\uff4eobody9'];
    expect(await statuses(4, (i) => guess(home, variants[i]))).toEqual([400, 400, 400, 400]);
    expect((await guess(home, 'nobody9')).status).toBe(429);
  });

  it('counts an address that nobody has', async () => {
    const attempt = () => logIn({ email: 'nobody@example.org', password: 'x' }, home);
    expect(await statuses(5, attempt)).toEqual([400, 400, 400, 400, 429]);
  });

  it('counts an inactive account like any other', async () => {
    await setActive(app.db, person.id, false);
    expect(await statuses(5, () => enter(home))).toEqual([400, 400, 400, 400, 429]);
  });

  it('forgets its failures after a success', async () => {
    await statuses(3, () => guess(home));
    expect((await enter(home)).status).toBe(200);
    expect(await statuses(5, () => guess(home))).toEqual([400, 400, 400, 400, 429]);
  });

  it('lets no more guesses through when they come all at once, not even the right one', async () => {
    const passwords = [...Array.from({ length: 19 }, (_, i) => `wrong ${i}`), person.password];
    const answers = await Promise.all(
      passwords.map((password) => logIn({ username: person.username, password }, home)),
    );
    const seen = answers.map(({ status }) => status);
    expect(seen.filter((status) => status === 400).length).toBeLessThanOrEqual(4);
    expect(seen.filter((status) => status === 429).length).toBeGreaterThanOrEqual(15);
    expect(seen.every((status) => [200, 400, 429].includes(status))).toBe(true);
  });

  it('never shuts out a client that is always right', async () => {
    expect(new Set(await statuses(12, () => enter(home)))).toEqual(new Set([200]));
    expect(new Set(await statuses(12, () => basic(person.username, person.password, home)))).toEqual(
      new Set([200]),
    );
  });

  it('counts an IPv6 network as one address', async () => {
    const network = ['2001:db8:1:2::1', '2001:db8:1:2:ffff::', '2001:DB8:1:2:0:0:0:9', '2001:db8:1:2::a:b'];
    expect(await statuses(5, (i) => guess(network[i % 4] ?? ''))).toEqual([400, 400, 400, 400, 429]);
    expect((await guess('2001:db8:1:3::1')).status).toBe(400);
  });

  it('counts an IPv4 address and its form in IPv6 as one', async () => {
    expect(await statuses(5, (i) => guess(i % 2 === 0 ? home : `::ffff:${home}`))).toEqual([
      400, 400, 400, 400, 429,
    ]);
  });
});

describe('one account guessed at from many addresses', () => {
  startWith({ LOGIN_FAILURES_PER_ACCOUNT: '6/hour' });

  it('is shut to addresses it does not know', async () => {
    expect(await statuses(8, (i) => guess(botnet(i)))).toEqual([400, 400, 400, 400, 400, 400, 429, 429]);
    expect((await enter('198.51.100.99')).status).toBe(429);
  });

  it('stays open to its owner where they signed in before', async () => {
    expect((await enter(home)).status).toBe(200);
    await statuses(8, (i) => guess(botnet(i)));
    expect((await enter(home)).status).toBe(200);
    expect((await basic(person.username, person.password, home)).status).toBe(200);
    expect((await enter('203.0.114.8')).status).toBe(429);
  });

  it('goes on knowing an address as long as its owner comes back', async () => {
    for (let day = 0; day < 45; day += 15) {
      expect((await enter(home)).status).toBe(200);
      app.clock.advance(15 * 24 * HOUR);
    }
    await statuses(8, (i) => guess(botnet(i)));
    expect((await enter(home)).status).toBe(200);
  });

  it('opens when the hour is over', async () => {
    app.clock.stop();
    onTestFinished(app.clock.go);
    await statuses(8, (i) => guess(botnet(i)));
    app.clock.advance(HOUR - SECOND);
    expect((await enter('203.0.114.8')).status).toBe(429);
    app.clock.advance(2 * SECOND);
    expect((await enter('203.0.114.8')).status).toBe(200);
  });
});

describe('many accounts guessed at from one address', () => {
  startWith({ LOGIN_FAILURES_PER_ADDRESS: '5/minute' });

  it('shut that address, whichever account it asks for next', async () => {
    const other = await app.register();
    expect(await statuses(7, (i) => guess(home, `spray${i}`))).toEqual([400, 400, 400, 400, 400, 429, 429]);
    expect((await basic(other.username, other.password, home)).status).toBe(429);
    expect((await basic(other.username, other.password, '203.0.114.8')).status).toBe(200);
  });

  it('is the last one of X-Forwarded-For that is no proxy, whatever a client writes before it', async () => {
    const attempt = (i: number) => logIn({ username: `spray${i}`, password: 'x' }, `10.9.8.${i}, ${home}`);
    expect(await statuses(7, attempt)).toEqual([400, 400, 400, 400, 400, 429, 429]);
  });
});

describe('an address that junk has shut', () => {
  startWith({ LOGIN_FAILURES_PER_ADDRESS: '5/minute', LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: '4/hour' });
  const junk = (address: string) => statuses(7, (i) => guess(address, `junk${i}`));

  it('stays open to those who signed in from it before', async () => {
    expect((await enter(home)).status).toBe(200);
    expect(await junk(home)).toEqual([400, 400, 400, 400, 400, 429, 429]);
    expect((await enter(home)).status).toBe(200);
    expect((await basic(person.username, person.password, home)).status).toBe(200);
  });

  it('stays shut to those who did so elsewhere only', async () => {
    expect((await enter('203.0.114.8')).status).toBe(200);
    await junk(home);
    expect((await enter(home)).status).toBe(429);
  });

  it('still counts the guesses at an account that it knows', async () => {
    expect((await enter(home)).status).toBe(200);
    await junk(home);
    expect(await statuses(6, () => guess(home))).toEqual([400, 400, 400, 400, 429, 429]);
    expect((await enter(home)).status).toBe(429);
    expect((await guess(home, 'junk')).status).toBe(429);
  });

  it('knows its people by their network in IPv6', async () => {
    const [first, second] = [`2001:db8:7:${tests}::1`, `2001:db8:7:${tests}::2`];
    expect((await enter(first)).status).toBe(200);
    await junk(second);
    expect((await enter(`2001:db8:7:${tests}::3`)).status).toBe(200);
    expect((await guess(second, 'junk')).status).toBe(429);
  });
});

describe('many accounts guessed at behind a peer that is no trusted proxy', () => {
  startWith({ LOGIN_FAILURES_PER_ADDRESS: '5/minute', TRUSTED_PROXIES: '10.0.0.0/8' });

  it('count for the peer, whatever address it names', async () => {
    expect(await statuses(7, (i) => guess(botnet(i), `spray${i}`))).toEqual([
      400, 400, 400, 400, 400, 429, 429,
    ]);
  });
});
