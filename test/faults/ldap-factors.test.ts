import { describe, expect, it } from 'vitest';
import { useTestApp } from '../support/app.js';
import { factorActions } from '../support/factor-actions.js';
import { basicAuth } from '../support/http.js';
import { directoryEnv, findSlapd, PASSWORD, uniqueName, useDirectory } from '../support/ldap.js';

/** People of a directory have second factors here, of which their directory knows nothing. */

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

  async function enrol() {
    const username = uniqueName('factor');
    await directory.addPerson(username);
    const { browser, answer } = await logIn(username, PASSWORD);
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
