import { beforeAll, describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { forgiveProblem } from '../../support/problems.js';
import { insertAccessToken, withoutApiTokens } from '../../support/rows.js';

/** What a client knows and nobody else may: none of it is ever logged, in success or in failure. */

const SECRET_KEY = 'signing-secret-of-more-than-32-characters';
const METRICS_TOKEN = 'metrics-token-of-some-length';
const PASSWORDS = { right: 'Wiesel-42-quarks', wrong: 'Mistyped-42-quark', next: 'Otter-17-gluons' };

const secrets = new Set<string>([SECRET_KEY, METRICS_TOKEN, ...Object.values(PASSWORDS)]);

const app = useTestApp({
  env: { SECRET_KEY, METRICS_TOKEN, LOG_LEVEL: 'trace', ACCOUNT_EMAIL_VERIFICATION: 'optional' },
});
beforeAll(async () => {
  await useEverything();
});

/** Signs in and out in every way, rightly and wrongly, and remembers what was secret about it. */
async function useEverything(): Promise<void> {
  const person = await app.register('secretive', { password1: PASSWORDS.right, password2: PASSWORDS.right });
  const { username, email } = person;
  secrets.add(person.token);
  const key = `secretpt.${'s3cr3t'.repeat(5)}ab`;
  secrets.add(key);
  await insertAccessToken(app.db, { ownerId: person.id, key });

  const browser = app.browser();
  const logIn = (body: object) => browser.send('/api/auth/login', { method: 'POST', body });
  await logIn({ username, password: PASSWORDS.right });
  for (const value of [browser.jar.get('sessionid'), browser.jar.get('csrftoken')]) secrets.add(value ?? '');
  await app.send('/api/auth/login', { method: 'POST', body: { username, password: PASSWORDS.wrong } });
  await app.send('/api/auth/login', {
    method: 'POST',
    body: { username: PASSWORDS.right, password: username },
  });
  await app.send('/api/auth/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: `{"password":"${PASSWORDS.right}"`,
  });
  await app.send('/api/users/self', { headers: { Authorization: basicAuth(email, PASSWORDS.right) } });
  await app.send('/api/users/self', { headers: { Authorization: basicAuth(email, PASSWORDS.wrong) } });
  for (const value of [basicAuth(email, PASSWORDS.right), basicAuth(email, PASSWORDS.wrong)])
    secrets.add(value.slice(6));
  await app.send('/api/users/self', { headers: person.authorization });
  await app.send('/api/users/self', { headers: { Authorization: `Bearer ${key}` } });
  await app.send('/api/users/self', { headers: { Authorization: `Bearer ${key}x` } });
  await app.send(`/api/users/self?access_token=${key}&token=${person.token}&password=${PASSWORDS.right}`);
  await app.send('/metrics', { headers: { Authorization: `Bearer ${METRICS_TOKEN}` } });
  await app.send('/api/auth/password/reset', { method: 'POST', body: { email } });
  await browser.send('/api/auth/password/change', {
    method: 'POST',
    body: { old_password: PASSWORDS.right, new_password1: PASSWORDS.next, new_password2: PASSWORDS.next },
  });
  await app.send('/api/auth/logout', {
    method: 'POST',
    headers: { Authorization: basicAuth(username, PASSWORDS.next) },
  });
}

describe('the log', () => {
  it('tells of each request: who, what, how long, with which answer', () => {
    const lines = app.logs
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === 'request');
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      expect(Object.keys(line)).toEqual(
        expect.arrayContaining(['request', 'method', 'path', 'status', 'ms', 'user', 'client']),
      );
    }
    expect(lines).toContainEqual(
      expect.objectContaining({
        method: 'POST',
        path: '/api/auth/login',
        status: 200,
        user: expect.any(Number),
      }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ path: '/api/users/self', status: 401, user: null }),
    );
  });

  it('holds no password, no key and no cookie', () => {
    const log = app.logs.join('\n');
    expect(secrets.size).toBeGreaterThan(10);
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(8);
      expect(log.includes(secret), `a secret that ends in ${secret.slice(-4)}`).toBe(false);
    }
  });

  it('holds no query', () => {
    expect(app.logs.join('\n')).not.toMatch(/access_token=|[?]/);
  });

  it('holds no part of a secret of an account that fails in the database', async () => {
    await withoutApiTokens(app.db, async () => {
      const answer = await app.send('/api/auth/login', {
        method: 'POST',
        body: { username: 'secretive', password: PASSWORDS.next },
      });
      expect(answer.status).toBe(500);
      expect(answer.text).toContain('<h1>Server Error (500)</h1><p></p>');
      expect(answer.headers.allow).toBeUndefined();
      expect(forgiveProblem('(auth_create_login), which is not documented')).toBe(true);
    });
    const log = app.logs.join('\n');
    expect(log).toContain('A request failed unexpectedly.');
    for (const secret of secrets) expect(log.includes(secret)).toBe(false);
    expect(log).not.toMatch(/bcrypt_sha256\$|pbkdf2_sha256\$/);
  });
});
