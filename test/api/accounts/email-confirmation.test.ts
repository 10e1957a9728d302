import { describe, expect, it, onTestFinished } from 'vitest';
import { signValue } from '../../../src/authentication/signing.js';
import { addressesLike, addressesOf, addressIdOf, changeAddresses } from '../../support/address-rows.js';
import { createTestApp, type TestAccount, useTestApp } from '../../support/app.js';
import { linkOf, useMailbox } from '../../support/mailbox.js';
import { changeUser, setPassword } from '../../support/rows.js';

/** The link of the confirmation mail (allauth, `ConfirmEmailView`). */

const SECRET_KEY = 'a secret key for tests, and for nothing else';
const PAGE = '/api/auth/account-confirm-email';
const LIFETIME = 259_200_000;
const SECOND = 1000;

const mailbox = useMailbox();
const app = useTestApp(() => ({
  env: { ...mailbox.env, SECRET_KEY, ACCOUNT_EMAIL_VERIFICATION: 'optional' },
}));

interface Newcomer extends TestAccount {
  readonly link: string;
}

async function register(): Promise<Newcomer> {
  const account = await app.register();
  return { ...account, link: linkOf(await mailbox.receive(app, account.email)) };
}

const addressOf = async ({ id }: { readonly id: number }) => {
  const [{ verified, primary } = {}] = await addressesOf(app.db, id);
  return { verified, primary };
};

const browserOf = async ({ username, password }: Pick<TestAccount, 'username' | 'password'>) => {
  const browser = app.browser();
  await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
  return browser;
};

const DONE = '/auth/email-confirmation';
const WRONG = '/auth/incorrect-email-confirmation';

describe('GET /api/auth/account-confirm-email/{key}/', () => {
  it('confirms the address and leads to the page that says so, without a session', async () => {
    const person = await register();
    const answer = await app.send(person.link);
    expect([answer.status, answer.headers.location, answer.text]).toEqual([302, DONE, '']);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.setCookies).toEqual([]);
    expect(await addressOf(person)).toEqual({ verified: true, primary: true });
  });

  it('makes the address primary if the account has no primary one, and its e-mail address then', async () => {
    const person = await register();
    await changeAddresses(app.db, person.id, { primary: false });
    await changeUser(app.db, person.id, { email: '' });
    await app.send(person.link);
    expect(await addressOf(person)).toEqual({ verified: true, primary: true });
    const self = await app.send('/api/users/self', { headers: person.authorization });
    expect(self.json()).toMatchObject({ email: person.email });
  });

  it('leads to the same page when a scanner of mails opened it before, which CVAT does not', async () => {
    const person = await register();
    await app.send(person.link, { method: 'HEAD' });
    await app.send(person.link);
    expect((await app.send(person.link)).headers.location).toBe(DONE);
    expect(await addressOf(person)).toEqual({ verified: true, primary: true });
  });

  it('ends nobody’s session when it was opened before', async () => {
    const [person, other] = [await register(), await register()];
    await app.send(person.link);
    const browser = await browserOf(other);
    expect((await browser.send(person.link)).headers.location).toBe(DONE);
    expect((await browser.send('/api/users/self')).status).toBe(200);
  });

  it('works 3 days, to the second', async () => {
    app.clock.stop();
    onTestFinished(app.clock.go);
    const [early, late] = [await register(), await register()];
    app.clock.advance(LIFETIME - SECOND);
    expect((await app.send(early.link)).headers.location).toBe(DONE);
    app.clock.advance(2 * SECOND);
    expect((await app.send(late.link)).headers.location).toBe(WRONG);
    expect(await addressOf(late)).toEqual({ verified: false, primary: true });
  });

  it.each([
    ['no key', 'nonsense'],
    ['a key that another secret signed', signValue(1, 'account', 'another secret', Date.now())],
    ['a key for something else', signValue(1, 'cvat-auth-server.email-change', SECRET_KEY, Date.now())],
    ['a key of an address that is gone', signValue(2_000_000_000, 'account', SECRET_KEY, Date.now())],
    ['a key of an id above those of the database', signValue(2 ** 31, 'account', SECRET_KEY, Date.now())],
    ['a key of a number that is no id', signValue(1e300, 'account', SECRET_KEY, Date.now())],
    ['a key of a negative number', signValue(-1, 'account', SECRET_KEY, Date.now())],
    ['a key of a text', signValue('1', 'account', SECRET_KEY, Date.now())],
    ['a key of an object', signValue({ id: 1 }, 'account', SECRET_KEY, Date.now())],
  ])('leads to the page for wrong links for %s', async (_what, key) => {
    const answer = await app.send(`${PAGE}/${key}/`);
    expect([answer.status, answer.headers.location]).toEqual([302, WRONG]);
  });

  it('refuses a key with a letter changed', async () => {
    const { link, id } = await register();
    const broken = link.replace(/.\/$/, (end) => (end.startsWith('A') ? 'B/' : 'A/'));
    expect((await app.send(broken)).headers.location).toBe(WRONG);
    expect(await addressOf({ id })).toMatchObject({ verified: false });
  });

  it('follows no wish of the request for another page or host', async () => {
    const { link } = await register();
    const headers = { 'X-Forwarded-Host': 'evil.example' };
    expect((await app.send(link, { headers })).status).toBe(400);
    const answer = await app.send(`${link}?next=https://evil.example/&next=//evil.example`, {
      headers: { Referer: 'https://evil.example/' },
    });
    expect(answer.headers.location).toBe(DONE);
  });

  it('leads on without confirming when somebody else confirmed the address, in any case', async () => {
    const [slow, fast] = [await register(), await register()];
    await changeAddresses(app.db, fast.id, { email: slow.email.toUpperCase(), verified: true });
    expect((await app.send(slow.link)).headers.location).toBe(DONE);
    expect(await addressOf(slow)).toMatchObject({ verified: false });
  });

  it('confirms one of two spellings of an address when both are clicked at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [one, two] = [await register(), await register()];
      await changeAddresses(app.db, two.id, { email: one.email.toUpperCase() });
      await Promise.all([one, two, one, two].map(({ link }) => app.send(link)));
      const rows = await addressesLike(app.db, one.email);
      expect(rows.filter(({ verified }) => verified)).toHaveLength(1);
    }
  });

  it('leads somebody who is signed in to where logins lead, and leaves the session', async () => {
    const person = await register();
    const browser = await browserOf(person);
    expect((await browser.send(person.link)).headers.location).toBe('/');
    expect((await browser.send('/api/users/self')).status).toBe(200);
  });

  it('ends the session of somebody else', async () => {
    const [person, other] = [await register(), await register()];
    const browser = await browserOf(other);
    const session = browser.jar.get('sessionid');
    const answer = await browser.send(person.link);
    expect(answer.headers.location).toBe(DONE);
    expect(answer.setCookies).toContainEqual(expect.stringContaining('sessionid="";'));
    expect((await app.send('/api/users/self', { headers: { Cookie: `sessionid=${session}` } })).status).toBe(
      401,
    );
    expect(await addressOf(person)).toMatchObject({ verified: true });
  });

  it('leaves the session of somebody else alone when the key is wrong', async () => {
    const browser = await browserOf(await register());
    await browser.send(`${PAGE}/nonsense/`);
    expect((await browser.send('/api/users/self')).status).toBe(200);
  });

  it('takes no session of an account that changed its password for signed in', async () => {
    const person = await register();
    const browser = await browserOf(person);
    await setPassword(app.db, person.id, '!gone');
    expect((await browser.send(person.link)).headers.location).toBe(DONE);
  });
});

describe('/api/auth/account-confirm-email/{key}/', () => {
  it('confirms on HEAD, as CVAT does', async () => {
    const person = await register();
    const answer = await app.send(person.link, { method: 'HEAD' });
    expect([answer.status, answer.headers.location]).toEqual([302, DONE]);
    expect(await addressOf(person)).toMatchObject({ verified: true });
  });

  it('wants a CSRF token for POST, with a page that is HTML', async () => {
    const person = await register();
    const cookie = 'a'.repeat(32);
    const good = { Cookie: `csrftoken=${cookie}`, 'X-CSRFToken': cookie };
    for (const headers of [
      {},
      { Cookie: `csrftoken=${cookie}` },
      { ...good, Origin: 'https://evil.example' },
    ]) {
      const answer = await app.send(person.link, { method: 'POST', headers });
      expect([answer.status, answer.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8']);
      expect(answer.text).toContain('CSRF verification failed. Request aborted.');
    }
    expect(await addressOf(person)).toMatchObject({ verified: false });
    const bad = await app.send(`${PAGE}/nonsense/`, { method: 'POST', headers: good });
    expect([bad.status, bad.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect((await app.send(person.link, { method: 'POST', headers: good })).headers.location).toBe(DONE);
    expect(await addressOf(person)).toMatchObject({ verified: true });
  });

  it('does nothing on OPTIONS', async () => {
    const person = await register();
    const answer = await app.send(person.link, { method: 'OPTIONS' });
    expect([answer.status, answer.text, answer.headers.allow]).toEqual([200, '', 'GET, POST, HEAD, OPTIONS']);
    expect(await addressOf(person)).toMatchObject({ verified: false });
  });

  it('answers 405 to other methods that bring a CSRF token, and 403 to those that do not', async () => {
    const cookie = 'a'.repeat(32);
    const headers = { Cookie: `csrftoken=${cookie}`, 'X-CSRFToken': cookie };
    expect((await app.send(`${PAGE}/nonsense/`, { method: 'DELETE', headers })).status).toBe(405);
    expect((await app.send(`${PAGE}/nonsense/`, { method: 'DELETE' })).status).toBe(403);
  });

  it('adds a missing slash', async () => {
    const { link } = await register();
    const answer = await app.send(link.slice(0, -1));
    expect([answer.status, answer.headers.location]).toEqual([301, link]);
  });

  it.each(['a%20b', 'a.b', 'a%2Fb', 'a;b', '%ff', '..%5c', "a'b", '%00', '%3Cscript%3E'])(
    'has no page for %s',
    async (key) => {
      const answer = await app.send(`${PAGE}/${key}/`);
      expect(answer.status).toBe(404);
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(answer.text).not.toContain('script');
    },
  );

  it('sends people where the settings say', async () => {
    const other = await createTestApp({
      env: {
        ACCOUNT_EMAIL_VERIFICATION: 'optional',
        SECRET_KEY,
        ACCOUNT_EMAIL_CONFIRMATION_ANONYMOUS_REDIRECT_URL: 'https://ui.example.org/done',
        INCORRECT_EMAIL_CONFIRMATION_URL: 'https://ui.example.org/wrong',
        LOGIN_REDIRECT_URL: 'https://ui.example.org/in',
      },
    });
    const [first, second] = [await other.register('first1'), await other.register('second1')];
    const linkTo = async ({ id }: TestAccount) => {
      const row = await addressIdOf(other.db, id);
      return `${PAGE}/${signValue(row, 'account', SECRET_KEY, other.clock.now())}/`;
    };
    expect((await other.send(await linkTo(first))).headers.location).toBe('https://ui.example.org/done');
    expect((await other.send(`${PAGE}/nonsense/`)).headers.location).toBe('https://ui.example.org/wrong');
    const browser = other.browser();
    await browser.send('/api/auth/login', {
      method: 'POST',
      body: { username: second.username, password: second.password },
    });
    expect((await browser.send(await linkTo(second))).headers.location).toBe('https://ui.example.org/in');
    await other.close();
  });
});
