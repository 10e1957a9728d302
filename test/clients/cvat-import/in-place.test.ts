import { describe, expect, it } from 'vitest';
import { readAllRows } from '../../database/cvat/catalog.js';
import { useTestApp } from '../../support/app.js';
import {
  ACCESS_TOKENS,
  HASHES,
  hasAccessTokens,
  INVITATION_KEY,
  PASSWORD,
  PEOPLE,
  tokenOf,
  useCvatDatabase,
} from '../../support/cvat.js';
import { useSetUp } from '../../support/hooks.js';
import { basicAuth } from '../../support/http.js';

/** A server is pointed at the database of a CVAT, and nothing else is done. */
describe.each(['2.15', '2.47', '2.62', 'newer'] as const)('on the database of CVAT %s', (release) => {
  const cvat = useCvatDatabase(release);
  const before = useSetUp(async () => {
    const { client } = cvat;
    if (release === '2.15') {
      // A member of the former group, and of no other.
      await client.query('UPDATE "auth_user_groups" SET "group_id" = 2 WHERE "user_id" = $1', [
        cvat.ids.scrypt,
      ]);
    }
    return readAllRows(client);
  });
  const app = useTestApp(() => ({ env: { DATABASE_URL: cvat.url } }));
  const after = useSetUp(() => readAllRows(cvat.client));

  const login = (body: object) => app.send('/api/auth/login', { method: 'POST', body });
  const get = async (path: string, name: string) => {
    const answer = await app.send(path, { headers: { Authorization: `Token ${tokenOf(name)}` } });
    return { status: answer.status, body: answer.json() as Record<string, unknown> };
  };

  it('the start drops and changes no row', () => {
    const added: Record<string, readonly string[]> = { auth_group: ['(4,worker)'] };
    const columns: Record<string, string> = { engine_profile: ',f,', organizations_invitation: ',' };
    for (const [table, rows] of Object.entries(before())) {
      const isOld = release === '2.15';
      const expected = rows.map((row) => (isOld ? row.replace(/\)$/, `${columns[table] ?? ''})`) : row));
      expect(after()[table], table).toEqual([...expected, ...((isOld && added[table]) || [])]);
    }
  });

  /** All on one release: what reads a hash does not know where it comes from. */
  const known = PEOPLE.filter((name) => !['md5', 'unusable'].includes(name)).filter(
    (name) => release === '2.62' || name === 'django42',
  );
  it.each(known)('the owner of a hash of %s signs in with name, address and over Basic', async (name) => {
    const answer = await login({ username: name, password: PASSWORD });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ key: tokenOf(name) });
    expect((await login({ email: `${name}@example.org`, password: PASSWORD })).status).toBe(200);
    const basic = { Authorization: basicAuth(name, PASSWORD) };
    expect((await app.send('/api/users/self', { headers: basic })).json()).toMatchObject({
      id: cvat.ids[name],
      username: name,
    });
    expect((await login({ username: name, password: `${PASSWORD}.` })).status).toBe(400);
  });

  it.each(['md5', 'unusable'] as const)('nobody signs in to an account with the hash of %s', async (name) => {
    for (const password of [PASSWORD, HASHES[name]])
      expect((await login({ username: name, password })).status).toBe(400);
  });

  it('the API token of everybody works', async () => {
    for (const name of PEOPLE) {
      const { status, body } = await get('/api/users/self', name);
      expect({ status, id: body['id'], username: body['username'] }).toEqual({
        status: 200,
        id: cvat.ids[name],
        username: name,
      });
    }
  });

  it('organizations, memberships and invitations are there', async () => {
    const organizations = (await get('/api/organizations', 'django52')).body['results'];
    expect(organizations).toMatchObject([
      { slug: 'cats', name: 'Cats', contact: { email: 'c@example.org' }, owner: { username: 'django42' } },
    ]);
    const memberships = (await get('/api/memberships?org=cats', 'django42')).body['results'];
    const found = (memberships as { user: { username: string }; role: string; is_active: boolean }[]).map(
      ({ user, role, is_active }) => `${user.username} ${role} ${is_active}`,
    );
    expect(found.sort()).toEqual(['argon2 supervisor false', 'django42 owner true', 'django52 worker true']);
    expect((await get(`/api/invitations/${INVITATION_KEY}`, 'argon2')).body).toMatchObject({
      role: 'supervisor',
      user: { username: 'argon2' },
      owner: { username: 'django42' },
    });
  });

  if (release === '2.15')
    it('a member of the former group business may do what users may', async () => {
      const headers = { Authorization: `Token ${tokenOf('scrypt')}` };
      const shop = { method: 'POST', headers, body: { slug: 'shop' } };
      expect((await app.send('/api/organizations', shop)).status).toBe(201);
    });

  if (hasAccessTokens(release))
    it.each(['sha512', 'pbkdf2'] as const)(
      'a personal access token with a hash of %s works as before, and is stored as SHA-512 from then on',
      async (kind) => {
        const { key, owner, readOnly } = ACCESS_TOKENS[kind];
        const headers = { Authorization: `Bearer ${key}` };
        const { results } = (await app.send('/api/organizations', { headers })).json() as {
          results: { id: number; slug: string }[];
        };
        const cats = results.find(({ slug }) => slug === 'cats');
        const change = { method: 'PATCH', headers, body: { description: kind } };
        const changed = await app.send(`/api/organizations/${cats?.id}`, change);
        expect(changed.status).toBe(readOnly ? 403 : 200);
        const hash = 'SELECT "hashed_key" FROM "access_tokens_accesstoken" WHERE "prefix" = $1';
        await expect
          .poll(async () => (await cvat.client.query(hash, [key.slice(0, 8)])).rows[0]?.hashed_key)
          .toMatch(/^sha512\$\$[0-9a-f]{128}$/);
        expect((await app.send('/api/users/self', { headers })).json()).toMatchObject({ username: owner });
        const wrong = { Authorization: `Bearer ${key.slice(0, -1)}?` };
        expect((await app.send('/api/users/self', { headers: wrong })).status).toBe(401);
      },
    );
});
