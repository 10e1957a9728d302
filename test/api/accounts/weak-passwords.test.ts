import { describe, expect, it } from 'vitest';
import { createPasswordService } from '../../../src/authentication/passwords/service.js';
import { createPasswordPolicy } from '../../../src/authentication/passwords/validators/policy.js';
import { ensureFirstAdmin } from '../../../src/features/accounts/index.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { systemRandom } from '../../../src/kernel/random.js';
import { StartError } from '../../../src/kernel/start-error.js';
import { createTestApp, useTestApp } from '../../support/app.js';
import { deactivateSuperusers } from '../../support/rows.js';

/** Passwords that a guesser tries first, wherever one is chosen (deviation 14). */

const COMMON = ['This password is too common.'];
const GOOD = 'Otter-43-leptons';

const app = useTestApp({
  env: { SITE_NAME: 'Fjord Annotation', PUBLIC_URL: 'http://annotate.fjord-lab.example.org' },
});

const host = { Host: 'annotate.fjord-lab.example.org' };
const post = (path: string, body: object, headers: object = {}) =>
  app.send(path, { method: 'POST', headers: { ...host, ...headers }, body });

const WEAK = [
  ['the name of the product twice', 'cvatcvat'],
  ['the name of the product and a year', 'CVAT2024'],
  ['the name of the site and a number', 'Annotation1'],
  ['a label of the host and a number', 'fjord-2026'],
  ['one of Django’s list alone', 'target123'],
  ['no visible sign', '\u200b\u200d'.repeat(4)],
] as const;

describe.each(WEAK)('a password of %s is refused', (_, password) => {
  it('at registration', async () => {
    const body = { username: 'newcomer', email: 'n@example.net', password1: password, password2: password };
    const answer = await post('/api/auth/register', body);
    expect([answer.status, answer.json()]).toEqual([400, { password1: COMMON }]);
  });

  it('when an administrator creates an account', async () => {
    const { username, password: own } = app.admin;
    const login = await post('/api/auth/login', { username, password: own });
    const { key } = login.json() as { key: string };
    const answer = await post(
      '/api/users',
      { username: 'newcomer', password },
      { Authorization: `Token ${key}` },
    );
    expect([answer.status, answer.json()]).toEqual([400, { password: COMMON }]);
  });

  it('when somebody changes the password', async () => {
    const { username, password: own } = app.admin;
    const body = { username, password: own };
    const { key } = (await post('/api/auth/login', body)).json() as { key: string };
    const change = { old_password: own, new_password1: password, new_password2: password };
    const answer = await post('/api/auth/password/change', change, { Authorization: `Token ${key}` });
    expect([answer.status, answer.json()]).toEqual([400, { new_password2: COMMON }]);
  });

  it('at the command line', async () => {
    const { administration } = app.container;
    await expect(administration.setPassword('admin', password)).rejects.toThrow(COMMON[0]);
  });
});

it('a password of blanks is refused wherever one is chosen', async () => {
  const blanks = ' '.repeat(8);
  const body = { username: 'newcomer', email: 'n@example.net', password1: blanks, password2: blanks };
  expect((await post('/api/auth/register', body)).status).toBe(400);
  await expect(app.container.administration.setPassword('admin', blanks)).rejects.toThrow(COMMON[0]);
});

describe('ADMIN_PASSWORD is held to the same rules', () => {
  it('so that the server does not start with a weak one, and says why', async () => {
    const env = { ADMIN_PASSWORD: 'cvatcvat' };
    const fresh = await createTestApp({ prepare: false, env });
    const outcome = await fresh.container.prepare().catch((error: unknown) => error);
    await fresh.close();
    expect(outcome).toBeInstanceOf(StartError);
    expect(outcome).toMatchObject({ message: "ADMIN_PASSWORD can't be used: This password is too common." });
  });

  const rules = {
    clock: systemClock,
    random: systemRandom,
    passwords: createPasswordService({ clock: systemClock, random: systemRandom, rounds: 4 }),
    policy: createPasswordPolicy(),
  };
  const ensure = (password: string) =>
    ensureFirstAdmin(
      { ...rules, db: app.container.engines.db },
      { username: 'captain', email: 'bridge@example.org', password },
    );

  it('of which all that are broken are told, names and lengths among them', async () => {
    await deactivateSuperusers(app.db);
    await expect(ensure('niatpac7')).rejects.toThrow(
      new StartError("ADMIN_PASSWORD can't be used: The password is too similar to the username."),
    );
    await expect(ensure('4711')).rejects.toThrow(
      new StartError(
        "ADMIN_PASSWORD can't be used: This password is too short. It must contain at least 8 characters. This password is entirely numeric.",
      ),
    );
    await expect(ensure('x'.repeat(5000))).rejects.toThrow(
      new StartError("ADMIN_PASSWORD can't be used: Password must be 256 characters or fewer."),
    );
    expect(await ensure(GOOD)).toEqual({ admin: { username: 'captain', generatedPassword: null } });
  });

  it('unless nobody needs it, because there is an administrator', async () => {
    expect(await ensure('cvatcvat')).toEqual({});
  });
});
