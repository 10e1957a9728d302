import { beforeAll, describe, expect, it } from 'vitest';
import { mailSettingsOf } from '../../../src/composition/mail.js';
import { loadConfig } from '../../../src/platform/config/load.js';
import { type TestApp, useTestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { linkOf, recipientOf, subjectOf, useMailbox } from '../../support/mailbox.js';
import { insertOrganization } from '../../support/organization-rows.js';
import { readUser } from '../../support/rows.js';

/** Where an address decides who may register, typing it opens nothing: a mail has to prove whose it is. */

const PASSWORD = 'Wiesel-42-quarks';

describe.each([
  ['REGISTRATION_MODE=invite', { REGISTRATION_MODE: 'invite' }, 'invited@elsewhere.example'],
  ['REGISTRATION_MODE=closed', { REGISTRATION_MODE: 'closed' }, 'invited@elsewhere.example'],
  ['REGISTRATION_MODE=approval', { REGISTRATION_MODE: 'approval' }, 'invited@elsewhere.example'],
  ['REGISTRATION_EMAIL_DOMAINS', { REGISTRATION_EMAIL_DOMAINS: 'example.org' }, 'colleague@example.org'],
])('a stranger who types a suitable address, with %s', (_name, env, email) => {
  let asAdmin: { readonly Authorization: string };
  let registration: Awaited<ReturnType<TestApp['send']>>;
  const mailbox = useMailbox();
  const app = useTestApp(() => ({ env: { ...mailbox.env, ACCOUNT_EMAIL_VERIFICATION: 'none', ...env } }));
  beforeAll(async () => {
    asAdmin = { Authorization: basicAuth(app.admin.username, app.admin.password) };
    const { id } = await readUser(app.db, app.admin.username);
    await insertOrganization(app.db, 'acme', id);
    if (email.startsWith('invited')) {
      const body = { role: 'maintainer', email };
      await app.send('/api/invitations?org=acme', { method: 'POST', headers: asAdmin, body });
    }
    await mailbox.collect(app);
    registration = await app.send('/api/auth/register', {
      method: 'POST',
      body: { username: 'mallory', email, password1: PASSWORD, password2: PASSWORD },
    });
  });

  const logIn = (login: object) =>
    app.send('/api/auth/login', { method: 'POST', body: { ...login, password: PASSWORD } });

  it('gets an account, and neither a session nor a token', () => {
    expect(registration.status).toBe(201);
    expect(registration.json()).toMatchObject({ email_verification_required: true, key: null });
    expect(registration.setCookies).toEqual([]);
  });

  it('gets in by no way, also after setting the password by a link of the operator', async () => {
    const { resetLink } = app.container.administration;
    const link = new URL(await resetLink('mallory'));
    const body = {
      ...Object.fromEntries(link.searchParams),
      new_password1: PASSWORD,
      new_password2: PASSWORD,
    };
    await app.send('/api/auth/password/reset/confirm', { method: 'POST', body });
    for (const login of [{ username: 'mallory' }, { email }]) {
      const answer = await logIn(login);
      expect([answer.status, answer.text]).toEqual([400, 'Unverified email']);
      expect(answer.setCookies).toEqual([]);
    }
    for (const path of ['/api/users/self', '/api/invitations', '/api/organizations']) {
      const answer = await app.send(path, { headers: { Authorization: basicAuth('mallory', PASSWORD) } });
      expect([answer.status, answer.json()]).toEqual([401, { detail: 'E-mail is not verified.' }]);
    }
  });

  it('is let in by nothing that the account may have got elsewhere', async () => {
    const { id } = await readUser(app.db, 'mallory');
    const rotated = await app.container.administration.rotateApiToken('mallory');
    const answer = await app.send('/api/users/self', { headers: { Authorization: `Token ${rotated}` } });
    expect([answer.status, answer.json()]).toEqual([401, { detail: 'User inactive or deleted.' }]);
    expect((await app.send(`/api/users/${id}`, { headers: asAdmin })).json()).toMatchObject({
      last_login: null,
    });
  });

  it('leaves it to the owner of the address, who follows the link of the mail', async () => {
    const [mail, ...others] = (await mailbox.collect(app)).filter(
      (each) => recipientOf(each) === email && subjectOf(each).startsWith('Please Confirm'),
    );
    if (mail === undefined || others.length > 0) throw new Error('One confirmation mail is expected.');
    const link = linkOf(mail);
    const confirmed = await app.send(link);
    expect([confirmed.status, confirmed.headers['location']]).toEqual([302, '/auth/email-confirmation']);
    const answer = await logIn({ username: 'mallory' });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ key: expect.stringMatching(/^[0-9a-f]{40}$/) });
  });
});

describe('a gate that trusts addresses, where no mail can leave', () => {
  const settingsOf = (env: Readonly<Record<string, string>>) => () =>
    mailSettingsOf(loadConfig({ DATABASE_URL: 'postgres://127.0.0.1/cvat', ...env }));

  it.each([
    [{ REGISTRATION_MODE: 'invite' }, /^REGISTRATION_MODE is invite, .* EMAIL_URL/],
    [{ REGISTRATION_EMAIL_DOMAINS: 'example.org' }, /^REGISTRATION_EMAIL_DOMAINS is set, .* EMAIL_URL/],
    [{ REGISTRATION_MODE: 'invite', EMAIL_BACKEND: 'none' }, /^REGISTRATION_MODE is invite/],
  ])('stops the start: %j', (env, sentence) => {
    expect(settingsOf(env)).toThrow(sentence);
  });

  it.each([
    {},
    { REGISTRATION_MODE: 'closed' },
    { REGISTRATION_MODE: 'approval' },
    { REGISTRATION_MODE: 'invite', EMAIL_HOST: 'mail.example.org' },
    { REGISTRATION_MODE: 'invite', IAM_TYPE: 'LDAP' },
  ])('does not stop it: %j', (env) => {
    expect(settingsOf(env)).not.toThrow();
  });
});
