import { describe, expect, it } from 'vitest';
import { useTestApp } from '../support/app.js';
import { factorActions } from '../support/factor-actions.js';
import { basicAuth } from '../support/http.js';
import { keyActions, PUBLIC_URL, UNKNOWN_KEY } from '../support/key-actions.js';
import { directoryEnv, findSlapd, PASSWORD, uniqueName, useDirectory } from '../support/ldap.js';

/** People of a directory have second factors here, of which their directory knows nothing. */

/** The sentence for a passkey alone where the directory is not asked about people without their password. */
const NEEDS_PASSWORD =
  'Your directory checks people by their password alone: sign in with it, and use the key as second factor.';

describe.skipIf(findSlapd() === undefined)('a person of a directory with a passkey', () => {
  const directory = useDirectory();
  const env = () => ({ ...directoryEnv(directory), AUTH_LDAP_TIMEOUT: '30', PUBLIC_URL });
  const app = useTestApp(() => ({ env: { ...env(), AUTH_LDAP_RECHECK_INTERVAL: '600' } }));
  const forgetful = useTestApp(() => ({ env: { ...env(), AUTH_LDAP_RECHECK_INTERVAL: '0' } }));

  async function enrol(on: typeof app) {
    const username = uniqueName('passkey');
    const dn = await directory.addPerson(username);
    const browser = on.browser();
    const body = { username, password: PASSWORD };
    expect((await browser.send('/api/auth/login', { method: 'POST', body })).status).toBe(200);
    return { username, dn, browser, ...(await keyActions(on).add(browser)) };
  }

  it('signs in with it alone as long as the directory admits them', async () => {
    const { username, dn, key } = await enrol(app);
    const { passkeySignIn } = keyActions(app);
    const { answer, browser } = await passkeySignIn(key);
    expect(answer.status, answer.text).toBe(200);
    expect((await browser.send('/api/users/self')).json()).toMatchObject({ username });
    await directory.removeEntry(dn);
    const gone = (await passkeySignIn(key)).answer;
    expect([gone.status, gone.json()]).toEqual([400, { credential: [UNKNOWN_KEY] }]);
  });

  it('does not where the directory is never asked without a password, but takes the second step', async () => {
    const { username, key } = await enrol(forgetful);
    const { passkeySignIn, stepOptions, finishStep, answer: answerOf } = keyActions(forgetful);
    const { answer } = await passkeySignIn(key);
    expect([answer.status, answer.json()]).toEqual([400, { credential: [NEEDS_PASSWORD] }]);
    const browser = forgetful.browser();
    const body = { username, password: PASSWORD };
    expect((await browser.send('/api/auth/login', { method: 'POST', body })).status).toBe(400);
    expect((await finishStep(browser, answerOf(await stepOptions(browser), key))).status).toBe(200);
  });

  it('stands beside a local administrator, about whom the directory has no say', async () => {
    const { key } = await keyActions(app).add(await keyActions(app).signIn(app.admin));
    expect((await keyActions(app).passkeySignIn(key)).answer.status).toBe(200);
  });
});

describe.skipIf(findSlapd() === undefined)('a person of a directory with an authenticator app', () => {
  const directory = useDirectory();
  const app = useTestApp(() => ({ env: { ...directoryEnv(directory), AUTH_LDAP_TIMEOUT: '30' } }));
  const { secretOf, confirm, codeOf, nextCode } = factorActions(app);

  const logIn = async (username: string, password: string, browser = app.browser()) => {
    const answer = await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
    return { browser, answer };
  };
  const statusOf = async (username: string, password: string) =>
    (await logIn(username, password)).answer.status;

  async function enrol(password = PASSWORD) {
    const username = uniqueName('factor');
    await directory.addPerson(username, { userPassword: password });
    const { browser, answer } = await logIn(username, password);
    expect(answer.status, answer.text).toBe(200);
    const secret = await secretOf(browser);
    expect((await confirm(browser, codeOf(secret))).status).toBe(200);
    return { username, secret };
  }

  it('signs in with password and code in one field, and not with one of them', async () => {
    const { username, secret } = await enrol();
    expect(await statusOf(username, PASSWORD)).toBe(400);
    expect(await statusOf(username, `wrong${nextCode(secret)}`)).toBe(400);
    expect(await statusOf(username, PASSWORD + nextCode(secret))).toBe(200);
  });

  it('is asked for the code where the password ends in six digits itself', async () => {
    const password = 'Wiesel-quarks-110290';
    const { username, secret } = await enrol(password);
    const { answer } = await logIn(username, password);
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('six digits')]);
    expect(await statusOf(username, password + nextCode(secret))).toBe(200);
    expect((await logIn(username, 'Wiesel-quarks-')).answer.text).toContain('Unable to log in');
  });

  it('takes the second step', async () => {
    const { username, secret } = await enrol();
    const { browser, answer } = await logIn(username, PASSWORD);
    expect(answer.text).toContain('six digits of your authenticator app');
    const body = { code: nextCode(secret) };
    expect((await browser.send('/api/auth/login/code', { method: 'POST', body })).status).toBe(200);
    expect((await browser.send('/api/users/self')).json()).toMatchObject({ username });
  });

  it('is refused by HTTP Basic', async () => {
    const { username, secret } = await enrol();
    for (const password of [PASSWORD, PASSWORD + nextCode(secret)]) {
      const headers = { Authorization: basicAuth(username, password) };
      expect((await app.send('/api/users/self', { headers })).status).toBe(401);
    }
  });
});
