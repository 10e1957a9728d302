import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute, many, one, type Queryable } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { basicAuth, cookieOf } from '../support/http.js';
import {
  directoryEnv,
  findSlapd,
  GROUPS,
  PASSWORD,
  PEOPLE,
  startDirectory,
  type TestDirectory,
} from '../support/ldap.js';
import { insertMembership, insertOrganization } from '../support/rows.js';

const insertInvitation = (db: Queryable, key: string, membershipId: number) =>
  execute(
    db,
    sql`insert into organizations_invitation (key, created_date, membership_id) values (${key}, now(), ${membershipId})`,
  );

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
  let directory: TestDirectory;
  let app: TestApp;
  beforeAll(async () => {
    directory = await startDirectory();
    app = await createTestApp({
      env: {
        ...directoryEnv(directory),
        AUTH_LDAP_ADMIN_GROUPS: `CN=cvat-admins, ${GROUPS.toUpperCase()}`,
        AUTH_LDAP_USER_GROUPS: `cn=cvat-users,${GROUPS};cn=engineers,${GROUPS}`,
        AUTH_LDAP_WORKER_GROUPS: `cn=cvat-workers,${GROUPS}`,
        IAM_DEFAULT_ROLE: 'worker',
      },
    });
  });
  afterAll(async () => {
    await app.close();
    await directory.remove();
  });

  const login = (username: string, password = PASSWORD, from = '127.0.0.1') =>
    app.send('/api/auth/login', { method: 'POST', body: { username, password }, from });
  const self = async (headers: Readonly<Record<string, string>>): Promise<Self> =>
    (await app.send('/api/users/self', { headers })).json() as Self;
  const selfAfterLogin = async (username: string, password = PASSWORD): Promise<Self> => {
    const answer = await login(username, password);
    expect(answer.status, answer.text).toBe(200);
    return self({ Authorization: `Token ${(answer.json() as { key: string }).key}` });
  };
  const insertUser = async (username: string, password: string, email = ''): Promise<number> => {
    const row = await one<{ id: number }>(
      app.db,
      sql`
        insert into auth_user
          (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
        values (${password}, true, ${username}, '', '', ${email}, true, true, now()) returning id`,
    );
    return row?.id ?? 0;
  };
  const origin = (userId: number) =>
    one<{ createdVia: string; identity: string; password: string }>(
      app.db,
      sql`
        select d.created_via as "createdVia", d.identity, u.password
        from auth_server_directory_accounts d join auth_user u on u.id = d.user_id where d.user_id = ${userId}`,
    );

  it('gives a new person an account with session, token, attributes and the default role', async () => {
    await directory.addPerson('anna', { givenName: 'Anna', sn: 'Ångström', mail: 'anna@example.org' });
    const answer = await login('anna');
    expect(answer.status).toBe(200);
    expect(cookieOf(answer, 'sessionid')).toMatch(/^[a-z0-9]{32}$/);
    const account = await self({ Cookie: `sessionid=${cookieOf(answer, 'sessionid')}` });
    expect(account).toMatchObject({
      username: 'anna',
      first_name: 'Anna',
      last_name: 'Ångström',
      email: 'anna@example.org',
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

  it('refuses a wrong, an empty and a missing password, and a name nobody has, with one answer', async () => {
    await directory.addPerson('bert');
    for (const [name, password] of [
      ['bert', 'wrong'],
      ['nobody-here', PASSWORD],
      ['bert', ' '],
    ] as const) {
      const answer = await login(name, password, '127.0.0.2');
      expect(answer.status).toBe(400);
      expect(answer.json()).toEqual(WRONG);
    }
    const basic = { Authorization: basicAuth('bert', '') };
    expect((await app.send('/api/users/self', { headers: basic, from: '127.0.0.2' })).json()).toEqual({
      detail: 'Invalid username/password.',
    });
  });

  it('knows one person in every letter case and after a rename, and never makes a twin', async () => {
    const dn = await directory.addPerson('clara');
    const before = await selfAfterLogin('Clara');
    expect(before.username).toBe('clara');
    expect((await selfAfterLogin('CLARA')).id).toBe(before.id);
    await directory.rename(dn, 'uid=clara.new');
    const after = await selfAfterLogin('clara.new');
    expect(after).toMatchObject({ id: before.id, username: 'clara.new' });
    expect((await login('clara', PASSWORD, '127.0.0.3')).json()).toEqual(WRONG);
  });

  it('gives a name that somebody left to nobody else', async () => {
    const dn = await directory.addPerson('dora');
    await selfAfterLogin('dora');
    await directory.removeEntry(dn);
    await directory.addPerson('dora');
    expect((await login('dora', PASSWORD, '127.0.0.4')).json()).toEqual(WRONG);
    expect(app.logs.join('')).toContain('belongs to another entry of the directory');
  });

  it('keeps the old name of a person whose new one is taken', async () => {
    await insertUser('taken', '!');
    const dn = await directory.addPerson('edgar');
    const { id } = await selfAfterLogin('edgar');
    await directory.rename(dn, 'uid=Taken');
    expect(await selfAfterLogin('taken')).toMatchObject({ id, username: 'edgar' });
    expect(app.logs.join('')).toContain('another account has the new name');
  });

  it('replaces roles at every login, and takes staff and superuser away with the admin group', async () => {
    const dn = await directory.addPerson('fred');
    expect((await selfAfterLogin('fred')).groups).toEqual(['worker']);
    await directory.setGroup('cvat-admins', [dn]);
    await directory.setGroup('engineers', [dn]);
    const admin = await selfAfterLogin('fred');
    expect([...admin.groups].sort()).toEqual(['admin', 'user']);
    expect(admin).toMatchObject({ is_staff: true, is_superuser: true });
    await directory.setGroup('cvat-admins', []);
    expect(await selfAfterLogin('fred')).toMatchObject({
      groups: ['user'],
      is_staff: false,
      is_superuser: false,
    });
  });

  it('reads attributes afresh at every login, also those that are gone', async () => {
    const dn = await directory.addPerson('gina', { givenName: 'Gina', mail: 'gina@example.org' });
    await selfAfterLogin('gina');
    await directory.change(dn, { givenName: 'Regina', mail: [] });
    expect(await selfAfterLogin('gina')).toMatchObject({ first_name: 'Regina', email: '' });
  });

  it('lets people in by Basic, and asks the directory once while the record of it lasts', async () => {
    const dn = await directory.addPerson('hugo');
    const headers = { Authorization: basicAuth('hugo', PASSWORD) };
    const first = await self(headers);
    expect(first.username).toBe('hugo');
    await directory.removeEntry(dn);
    expect((await self(headers)).id).toBe(first.id);
    app.clock.advance(6 * 60_000);
    const answer = await app.send('/api/users/self', { headers });
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail: 'Invalid username/password.' });
  });

  it('lets local accounts in beside the directory, in every letter case, as members of the admin group', async () => {
    await directory.addPerson('admin');
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
    const id = await insertUser('Ines', '!');
    await directory.addPerson('ines');
    expect(await selfAfterLogin('ines')).toMatchObject({ id, username: 'Ines', is_superuser: false });
    expect((await origin(id))?.password).toMatch(/^!.{40}$/);
  });

  it('takes up the placeholder of an invitation only for the person with its address', async () => {
    const owner = await insertUser('owner-of-all', '!');
    const organization = await insertOrganization(app.db, 'invites', owner);
    for (const name of ['invited', 'unlucky']) {
      const userId = await insertUser(name, `!${name}`, `${name}@example.org`);
      const member = { organizationId: organization, userId, role: 'worker', isActive: false };
      await insertInvitation(app.db, `key-${name}`, await insertMembership(app.db, member));
    }
    await directory.addPerson('invited', { mail: 'Invited@example.org' });
    await directory.addPerson('unlucky', { mail: 'somebody-else@example.org' });
    expect((await login('invited')).status).toBe(200);
    expect((await login('unlucky')).json()).toEqual(WRONG);
    expect(app.logs.join('')).toContain('kept for somebody who was invited');
  });

  it('puts local superusers into the admin group when it starts, and nobody else', async () => {
    await insertUser('local-superuser', 'md5$salt$0123456789abcdef');
    await insertUser('old-directory-superuser', '!no-password');
    await app.container.prepare();
    const rows = await many<{ username: string }>(
      app.db,
      sql`
        select u.username from auth_user u
        join auth_user_groups ug on ug.user_id = u.id join auth_group g on g.id = ug.group_id
        where g.name = 'admin' and u.username like '%-superuser'`,
    );
    expect(rows).toEqual([{ username: 'local-superuser' }]);
  });

  it('tells a CVAT that has a column for it where an account came from', async () => {
    await execute(app.db, sql`alter table auth_user add column created_via varchar(32) null`);
    await directory.addPerson('nils');
    const { id } = await selfAfterLogin('nils');
    expect(await one(app.db, sql`select created_via as "via" from auth_user where id = ${id}`)).toEqual({
      via: 'ldap',
    });
    await execute(app.db, sql`alter table auth_user drop column created_via`);
  });

  it('works on the embedded database', async () => {
    const embedded = await createTestApp({ engines: 'embedded', env: directoryEnv(directory) });
    await directory.addPerson('olga');
    const body = { username: 'olga', password: PASSWORD };
    const answer = await embedded.send('/api/auth/login', { method: 'POST', body });
    expect(answer.status).toBe(200);
    await directory.removeEntry(`uid=olga,${PEOPLE}`);
    embedded.clock.advance(3_600_000);
    await embedded.container.runMaintenance();
    const headers = { Authorization: `Token ${(answer.json() as { key: string }).key}` };
    expect((await embedded.send('/api/users/self', { headers })).status).toBe(401);
    await embedded.close();
  });

  it('keeps a deactivated account out, whatever the directory says', async () => {
    await directory.addPerson('jens');
    const { id } = await selfAfterLogin('jens');
    await app.db.query({ text: 'update auth_user set is_active = false where id = $1', values: [id] });
    expect((await login('jens', PASSWORD, '127.0.0.7')).json()).toEqual(WRONG);
  });

  it('does not sign directory people in by e-mail address, as CVAT', async () => {
    await directory.addPerson('karl', { mail: 'karl@example.org' });
    await selfAfterLogin('karl');
    const answer = await app.send('/api/auth/login', {
      method: 'POST',
      body: { email: 'karl@example.org', password: PASSWORD },
    });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(WRONG);
  });

  it('counts failures for the person, however the name is spelled', async () => {
    await directory.addPerson('lena');
    const spellings = ['lena', 'Lena', 'LENA', 'lEna', 'leNa', 'lenA', 'LEna', 'lENA', 'LeNa', 'lEnA'];
    for (const name of spellings) expect((await login(name, 'wrong', '127.0.0.8')).status).toBe(400);
    expect((await login('lena', PASSWORD, '127.0.0.8')).status).toBe(429);
    for (const name of ['lena ', ' lena', 'le\u00adna', 'lena\u200b', '\uff4cena']) {
      const headers = { Authorization: basicAuth(name, PASSWORD) };
      expect(
        (await app.send('/api/users/self', { headers, from: '127.0.0.9' })).status,
        JSON.stringify(name),
      ).toBe(401);
    }
  });

  it('makes one account of many first logins at once', async () => {
    await directory.addPerson('mona');
    const answers = await Promise.all(Array.from({ length: 12 }, () => login('mona')));
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
    const rows = await app.db.query({ text: `select id from auth_user where lower(username) = 'mona'` });
    expect(rows.rows).toHaveLength(1);
  });

  it.each([
    ['POST', '/api/auth/register'],
    ['POST', '/api/auth/password/change'],
    ['POST', '/api/auth/password/reset'],
    ['POST', '/api/auth/password/reset/confirm'],
    ['GET', '/api/auth/account-confirm-email/MQ:1:x/'],
    ['POST', '/api/auth/email/change'],
    ['POST', '/api/auth/email/resend'],
  ])('has no %s %s', async (method, path) => {
    expect((await app.send(path, { method, ...(method === 'POST' ? { body: {} } : {}) })).status).toBe(404);
  });

  it('leaves the endpoints of local accounts out of the schema, and the others in', async () => {
    const answer = await app.send('/api/schema/?scheme=json', { headers: { Accept: 'application/json' } });
    const paths = Object.keys((answer.json() as { paths: object }).paths);
    expect(paths.filter((path) => path.startsWith('/api/auth/')).sort()).toEqual(
      [
        '/api/auth/access_tokens',
        '/api/auth/access_tokens/self',
        '/api/auth/access_tokens/{id}',
        '/api/auth/login',
        '/api/auth/logout',
        '/api/auth/rules',
      ].sort(),
    );
  });

  it('never writes a password to the log', () => {
    expect(app.logs.join('')).not.toContain(PASSWORD);
    expect(app.logs.join('')).not.toContain('reader-secret');
  });
});
