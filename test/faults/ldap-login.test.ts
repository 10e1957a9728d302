import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Queryable } from '../../src/platform/db/queryable.js';
import { createTestApp, useTestApp } from '../support/app.js';
import { basicAuth, cookieOf } from '../support/http.js';
import {
  directoryEnv,
  findSlapd,
  GROUPS,
  PASSWORD,
  PEOPLE,
  uniqueName,
  useDirectory,
} from '../support/ldap.js';
import { insertInvitationRow, insertMembership, insertOrganization } from '../support/organization-rows.js';
import { directoryAccountOf, insertUser, setActive, usersInGroup, usersNamed } from '../support/rows.js';
import { withOriginColumn } from '../support/tables.js';

const insertInvitation = (db: Queryable, key: string, membershipId: number) =>
  insertInvitationRow(db, { key, membershipId, ownerId: null, created: new Date(), sent: null });

/** Wrong passwords that the server of these tests takes for one person from one address. */
const FAILURES = 6;

const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

const WRONG = { non_field_errors: ['Unable to log in with provided credentials.'] };

interface Self {
  readonly id: number;
  readonly username: string;
  readonly groups: readonly string[];
  readonly is_staff: boolean;
  readonly is_superuser: boolean;
  readonly first_name: string;
  readonly email: string;
}

describe.skipIf(findSlapd() === undefined)('signing in with a directory', () => {
  const directory = useDirectory();
  beforeAll(async () => {
    await directory.addPerson('admin');
  });
  const app = useTestApp(() => ({
    env: {
      ...directoryEnv(directory),
      AUTH_LDAP_ADMIN_GROUPS: `CN=cvat-admins, ${GROUPS.toUpperCase()}`,
      AUTH_LDAP_USER_GROUPS: `cn=cvat-users,${GROUPS};cn=engineers,${GROUPS}`,
      AUTH_LDAP_WORKER_GROUPS: `cn=cvat-workers,${GROUPS}`,
      IAM_DEFAULT_ROLE: 'worker',
      AUTH_LDAP_TIMEOUT: '30',
      EMAIL_BACKEND: 'console',
      LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: `${FAILURES}/hour`,
    },
  }));

  const login = (username: string, password = PASSWORD, from = '127.0.0.1') =>
    app.send('/api/auth/login', { method: 'POST', body: { username, password }, from });
  const self = async (headers: Readonly<Record<string, string>>): Promise<Self> =>
    (await app.send('/api/users/self', { headers })).json() as Self;
  const selfAfterLogin = async (username: string, password = PASSWORD): Promise<Self> => {
    const answer = await login(username, password);
    expect(answer.status, answer.text).toBe(200);
    return self({ Authorization: `Token ${(answer.json() as { key: string }).key}` });
  };
  const insertSuperuser = (username: string, password: string, email = '') =>
    insertUser(app.db, { username, password, email, isSuperuser: true, isStaff: true });
  const origin = (userId: number) => directoryAccountOf(app.db, userId);

  it('gives a new person an account with session, token, attributes and the default role', async () => {
    const name = uniqueName('anna');
    const email = `${name}@example.org`;
    await directory.addPerson(name, { givenName: 'Anna', sn: 'Ångström', mail: email });
    const answer = await login(name);
    expect(answer.status).toBe(200);
    expect(cookieOf(answer, 'sessionid')).toMatch(/^[a-z0-9]{32}$/);
    const account = await self({ Cookie: `sessionid=${cookieOf(answer, 'sessionid')}` });
    expect(account).toMatchObject({
      username: name,
      first_name: 'Anna',
      last_name: 'Ångström',
      email,
      groups: ['worker'],
      is_staff: false,
      is_superuser: false,
      is_active: true,
      has_analytics_access: false,
    });
    expect(await origin(account.id)).toMatchObject({
      createdVia: 'ldap',
      identity: expect.stringMatching(/^entryuuid=[0-9a-f-]{36}$/),
      password: expect.stringMatching(/^![A-Za-z0-9]{40}$/),
    });
  });

  it('refuses a wrong password, and a name nobody has, with one answer', async () => {
    const name = uniqueName('bert');
    await directory.addPerson(name);
    for (const [username, password] of [
      [name, 'wrong'],
      [name, ' '],
      ['nobody-here', PASSWORD],
    ] as const) {
      const answer = await login(username, password, '127.0.0.2');
      expect(answer.status).toBe(400);
      expect(answer.json()).toEqual(WRONG);
    }
  });

  it('refuses an empty password before any bind', async () => {
    const name = uniqueName('bert');
    await directory.addPerson(name);
    const before = await directory.binds();
    const headers = { Authorization: basicAuth(name, '') };
    const basic = await app.send('/api/users/self', { headers, from: '127.0.0.2' });
    expect(basic.status).toBe(401);
    expect(basic.json()).toEqual({ detail: 'Invalid username/password.' });
    expect((await login(name, '', '127.0.0.2')).status).toBe(400);
    expect(await directory.binds()).toBe(before);
  });

  it('knows one person in every letter case and after a rename, and never makes a twin', async () => {
    const name = uniqueName('clara');
    const dn = await directory.addPerson(name);
    const before = await selfAfterLogin(capitalized(name));
    expect(before.username).toBe(name);
    expect((await selfAfterLogin(name.toUpperCase())).id).toBe(before.id);
    await directory.rename(dn, `uid=${name}.new`);
    const after = await selfAfterLogin(`${name}.new`);
    expect(after).toMatchObject({ id: before.id, username: `${name}.new` });
    expect((await login(name, PASSWORD, '127.0.0.3')).json()).toEqual(WRONG);
  });

  it('gives a name that somebody left to nobody else', async () => {
    const name = uniqueName('dora');
    const dn = await directory.addPerson(name);
    await selfAfterLogin(name);
    await directory.removeEntry(dn);
    await directory.addPerson(name);
    expect((await login(name, PASSWORD, '127.0.0.4')).json()).toEqual(WRONG);
    expect(app.logs.join('')).toContain('belongs to another entry of the directory');
  });

  it('keeps the old name of a person whose new one is taken', async () => {
    const [name, taken] = [uniqueName('edgar'), uniqueName('taken')];
    await insertSuperuser(taken, '!');
    const dn = await directory.addPerson(name);
    const { id } = await selfAfterLogin(name);
    await directory.rename(dn, `uid=${capitalized(taken)}`);
    expect(await selfAfterLogin(taken)).toMatchObject({ id, username: name });
    expect(app.logs.join('')).toContain('another account already has the new name');
  });

  it('replaces roles at every login, and takes what the admin group gave away with it', async () => {
    const name = uniqueName('fred');
    const dn = await directory.addPerson(name);
    expect((await selfAfterLogin(name)).groups).toEqual(['worker']);
    await directory.setGroup('cvat-admins', [dn]);
    await directory.setGroup('engineers', [dn]);
    const admin = await selfAfterLogin(name);
    expect([...admin.groups].sort()).toEqual(['admin', 'user']);
    expect(admin).toMatchObject({ is_staff: true, is_superuser: true, has_analytics_access: true });
    await directory.setGroup('cvat-admins', []);
    expect(await selfAfterLogin(name)).toMatchObject({
      groups: ['user'],
      is_staff: false,
      is_superuser: false,
      has_analytics_access: false,
    });
  });

  it('reads attributes afresh at every login, also those that are gone', async () => {
    const name = uniqueName('gina');
    const dn = await directory.addPerson(name, { givenName: 'Gina' });
    expect(await selfAfterLogin(name)).toMatchObject({ first_name: 'Gina', email: `${name}@example.org` });
    await directory.change(dn, { givenName: 'Regina', mail: [] });
    expect(await selfAfterLogin(name)).toMatchObject({ first_name: 'Regina', email: '' });
  });

  it('lets people in by Basic, and asks the directory once while the record of it lasts', async () => {
    const name = uniqueName('hugo');
    const dn = await directory.addPerson(name);
    const headers = { Authorization: basicAuth(name, PASSWORD) };
    const before = await directory.binds();
    const first = await self(headers);
    expect(first.username).toBe(name);
    const asked = await directory.binds();
    expect(asked).toBeGreaterThan(before);
    for (let request = 0; request < 5; request += 1) expect((await self(headers)).id).toBe(first.id);
    expect(await directory.binds()).toBe(asked);
    await directory.removeEntry(dn);
    expect((await self(headers)).id).toBe(first.id);
    app.clock.advance(6 * 60_000);
    const answer = await app.send('/api/users/self', { headers });
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail: 'Invalid username/password.' });
  });

  it('lets local accounts in beside the directory, in every letter case, as members of the admin group', async () => {
    const { username, password } = app.admin;
    const account = await selfAfterLogin(username, password);
    expect(account).toMatchObject({ username: 'admin', groups: ['admin'], is_superuser: true });
    expect((await selfAfterLogin('ADMIN', password)).id).toBe(account.id);
  });

  it('never gives a local account to somebody of the directory with the same name', async () => {
    expect((await login('admin', PASSWORD, '127.0.0.6')).json()).toEqual(WRONG);
    expect((await login('Admin', PASSWORD, '127.0.0.6')).json()).toEqual(WRONG);
  });

  it('takes up the account that CVAT made for a person, and keeps its id', async () => {
    const name = uniqueName('ines');
    const id = await insertSuperuser(capitalized(name), '!');
    await directory.addPerson(name);
    expect(await selfAfterLogin(name)).toMatchObject({
      id,
      username: capitalized(name),
      is_superuser: false,
    });
    expect((await origin(id))?.password).toMatch(/^!.{40}$/);
  });

  it('takes up the placeholder of an invitation only for the person with its address', async () => {
    const owner = await insertSuperuser(uniqueName('owner-of-all'), '!');
    const organization = await insertOrganization(app.db, uniqueName('invites'), owner);
    const [invited, unlucky] = [uniqueName('invited'), uniqueName('unlucky')];
    for (const name of [invited, unlucky]) {
      const userId = await insertSuperuser(name, `!${name}`, `${name}@example.org`);
      const member = { organizationId: organization, userId, role: 'worker', isActive: false };
      await insertInvitation(app.db, `key-${name}`, await insertMembership(app.db, member));
    }
    await directory.addPerson(invited, { mail: `${capitalized(invited)}@example.org` });
    await directory.addPerson(unlucky, { mail: 'somebody-else@example.org' });
    expect((await login(invited)).status).toBe(200);
    expect((await login(unlucky)).json()).toEqual(WRONG);
    expect(app.logs.join('')).toContain('is reserved for a person with another e-mail address');
  });

  it('puts local superusers into the admin group when it starts, and nobody else', async () => {
    const [local, remote] = [uniqueName('local-superuser'), uniqueName('old-directory-superuser')];
    await insertSuperuser(local, 'md5$salt$0123456789abcdef');
    await insertSuperuser(remote, '!no-password');
    await app.container.prepare();
    const admins = await usersInGroup(app.db, 'admin');
    expect(admins.filter((name) => [local, remote].includes(name))).toEqual([local]);
  });

  it('tells a CVAT that has a column for it where an account came from', async () => {
    await withOriginColumn(app.db, async (originOf) => {
      const name = uniqueName('nils');
      await directory.addPerson(name);
      const { id } = await selfAfterLogin(name);
      expect(await originOf(id)).toBe('ldap');
    });
  });

  it('works on the embedded database', async () => {
    const embedded = await createTestApp({ engines: 'embedded', env: directoryEnv(directory) });
    try {
      const name = uniqueName('olga');
      const dn = await directory.addPerson(name);
      const body = { username: name, password: PASSWORD };
      const answer = await embedded.send('/api/auth/login', { method: 'POST', body });
      expect(answer.status).toBe(200);
      await directory.removeEntry(dn);
      embedded.clock.advance(3_600_000);
      await embedded.container.runMaintenance();
      const headers = { Authorization: `Token ${(answer.json() as { key: string }).key}` };
      expect((await embedded.send('/api/users/self', { headers })).status).toBe(401);
    } finally {
      await embedded.close();
    }
  });

  it('keeps a deactivated account out, whatever the directory says', async () => {
    const name = uniqueName('jens');
    await directory.addPerson(name);
    const { id } = await selfAfterLogin(name);
    await setActive(app.db, id, false);
    expect((await login(name, PASSWORD, '127.0.0.7')).json()).toEqual(WRONG);
  });

  it('does not sign directory people in by e-mail address, as CVAT', async () => {
    const name = uniqueName('karl');
    const email = `${name}@example.org`;
    await directory.addPerson(name, { mail: email });
    await selfAfterLogin(name);
    const answer = await app.send('/api/auth/login', { method: 'POST', body: { email, password: PASSWORD } });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(WRONG);
  });

  it('lets nobody give a directory account a password here, or a way to one', async () => {
    const name = uniqueName('kira');
    await directory.addPerson(name);
    const { id } = await selfAfterLogin(name);
    const { administration } = app.container;
    await expect(administration.setPassword(name, 'another Wiesel-42')).rejects.toThrow(
      `"${name}" belongs to the directory: change the password there.`,
    );
    await expect(administration.makeAdmin(name)).rejects.toThrow('AUTH_LDAP_ADMIN_GROUPS');
    await expect(administration.resetLink(name)).rejects.toThrow('IAM_TYPE=LDAP');
    expect((await origin(id))?.password).toMatch(/^!/);
    for (const password of ['another Wiesel-42', (await origin(id))?.password ?? ''])
      expect((await login(name, password, '127.0.0.5')).json()).toEqual(WRONG);
    expect((await selfAfterLogin(name)).is_superuser).toBe(false);
  });

  /** @returns other ways to write a name of letters and digits, none of them the same */
  const spellingsOf = (name: string, count: number): readonly string[] =>
    Array.from({ length: count }, (_, bits) =>
      [...name].map((letter, at) => ((bits >> at) & 1 ? letter.toUpperCase() : letter)).join(''),
    );

  it('counts failures for the person, however the name is spelled', async () => {
    const name = uniqueName('lena');
    await directory.addPerson(name);
    for (const spelling of spellingsOf(name, FAILURES))
      expect((await login(spelling, 'wrong', '127.0.0.8')).status).toBe(400);
    for (const spelling of [name, name.toUpperCase()])
      expect((await login(spelling, PASSWORD, '127.0.0.8')).status).toBe(429);
    const headers = { Authorization: basicAuth(name, PASSWORD) };
    expect((await app.send('/api/users/self', { headers, from: '127.0.0.8' })).status).toBe(429);
    expect((await login(name, PASSWORD, '127.0.0.9')).status).toBe(200);
  });

  it('lets of many guesses sent at once no more through than of guesses one by one', async () => {
    const name = uniqueName('lena');
    await directory.addPerson(name);
    const guesses = spellingsOf(name, 2 * FAILURES).map((spelling) => login(spelling, 'wrong', '127.0.0.8'));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(FAILURES).fill(400), ...Array(FAILURES).fill(429)]);
    expect((await login(name, PASSWORD, '127.0.0.8')).status).toBe(429);
  });

  it('refuses names that a directory would clean before it compares them', async () => {
    const name = uniqueName('lena');
    await directory.addPerson(name);
    const before = await directory.binds();
    for (const spelling of [
      `${name} `,
      ` ${name}`,
      `le\u00ad${name.slice(2)}`,
      `${name}\u200b`,
      `\uff4c${name.slice(1)}`,
    ]) {
      const headers = { Authorization: basicAuth(spelling, PASSWORD) };
      const { status } = await app.send('/api/users/self', { headers, from: '127.0.0.9' });
      expect(status, JSON.stringify(spelling)).toBe(401);
    }
    expect(await directory.binds()).toBe(before);
    expect((await login(name)).status).toBe(200);
  });

  it('counts failures, and logs nothing that was typed, where names are bound to without a search', async () => {
    const direct = await createTestApp({
      env: {
        ...directoryEnv(directory),
        AUTH_LDAP_USER_SEARCH_BASE: '',
        AUTH_LDAP_USER_DN_TEMPLATE: `uid=%(user)s,${PEOPLE}`,
        AUTH_LDAP_TIMEOUT: '30',
        LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: `${FAILURES}/hour`,
      },
    });
    onTestFinished(() => direct.close());
    const name = uniqueName('lars');
    await directory.addPerson(name);
    const enter = (username: string, password = PASSWORD) =>
      direct.send('/api/auth/login', { method: 'POST', body: { username, password } });
    expect((await enter(name)).status).toBe(200);
    for (const spelling of spellingsOf(name, FAILURES))
      expect((await enter(spelling, 'wrong')).status).toBe(400);
    expect((await enter(name)).status).toBe(429);
    expect((await enter('Typed-into-the-wrong-field')).status).toBe(400);
    expect(direct.logs.join('')).toContain('the password is wrong');
    expect(direct.logs.join('')).not.toMatch(/typed-into/i);
  });

  it('makes one account of many first logins at once, each with another spelling', async () => {
    const name = uniqueName('mona');
    await directory.addPerson(name);
    const answers = await Promise.all(spellingsOf(name, 12).map((spelling) => login(spelling)));
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
    const names = await usersNamed(app.db, name);
    expect(names).toEqual([name]);
  });

  it.each([
    ['POST', '/api/auth/register'],
    ['POST', '/api/auth/password/change'],
    ['POST', '/api/auth/password/reset'],
    ['POST', '/api/auth/password/reset/confirm'],
    ['GET', '/api/auth/account-confirm-email/MQ:1:x/'],
    ['GET', '/api/auth/confirm-email-change/MQ:1:x/'],
    ['POST', '/api/auth/email/change'],
    ['POST', '/api/auth/email/resend'],
  ])('has no %s %s', async (method, path) => {
    expect((await app.send(path, { method, ...(method === 'POST' ? { body: {} } : {}) })).status).toBe(404);
  });

  it('mails nobody a link that no page takes', async () => {
    const { username, password } = app.admin;
    const answer = await app.send('/api/users', {
      method: 'POST',
      headers: { Authorization: basicAuth(username, password) },
      body: { username: 'clerk42', email: 'clerk42@example.org', send_password_mail: true },
    });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ send_password_mail: [expect.stringContaining('IAM_TYPE=LDAP')] });
  });

  it('makes no link that no page takes', async () => {
    const { username, password } = app.admin;
    const headers = { Authorization: basicAuth(username, password) };
    const { id } = await self(headers);
    const answer = await app.send(`/api/users/${id}/password_reset_link`, { method: 'POST', headers });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual([expect.stringContaining('IAM_TYPE=LDAP')]);
  });

  it('leaves the endpoints of local accounts out of the schema, and the others in', async () => {
    const answer = await app.send('/api/schema/?scheme=json', { headers: { Accept: 'application/json' } });
    const paths = Object.keys((answer.json() as { paths: object }).paths);
    expect(paths.filter((path) => path.startsWith('/api/auth/')).sort()).toEqual(
      [
        '/api/auth/access_tokens',
        '/api/auth/access_tokens/self',
        '/api/auth/access_tokens/{id}',
        '/api/auth/api_token',
        '/api/auth/linked_accounts',
        '/api/auth/linked_accounts/{id}',
        '/api/auth/factors',
        '/api/auth/factors/proof',
        '/api/auth/factors/proof/webauthn',
        '/api/auth/factors/proof/webauthn/options',
        '/api/auth/factors/recovery-codes',
        '/api/auth/factors/totp',
        '/api/auth/factors/totp/confirm',
        '/api/auth/factors/webauthn',
        '/api/auth/factors/webauthn/options',
        '/api/auth/factors/webauthn/recovery-codes',
        '/api/auth/factors/webauthn/{id}',
        '/api/auth/login',
        '/api/auth/login/code',
        '/api/auth/login/key',
        '/api/auth/login/key/options',
        '/api/auth/login/passkey',
        '/api/auth/login/passkey/options',
        '/api/auth/logout',
        '/api/auth/oidc/{id}/backchannel-logout/',
        '/api/auth/oidc/{id}/login/',
        '/api/auth/oidc/{id}/login/callback/',
        '/api/auth/oidc/{id}/login/token/',
        '/api/auth/oidc/{id}/logout/',
        '/api/auth/preferences',
        '/api/auth/rules',
        '/api/auth/sessions',
        '/api/auth/sessions/{session_id}',
        '/api/auth/social/{id}/login/',
        '/api/auth/social/{id}/login/callback/',
        '/api/auth/social/{id}/login/token/',
        '/api/auth/sso/login-url/',
      ].sort(),
    );
  });

  it('never writes a password to the log', () => {
    expect(app.logs.join('')).not.toContain(PASSWORD);
    expect(app.logs.join('')).not.toContain('reader-secret');
  });
});
