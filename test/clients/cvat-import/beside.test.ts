import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { HASHES, PASSWORD, type Release, useCvatDatabase } from '../../support/cvat.js';

/** What Django's ORM sends for the steps of CVAT's views, statement by statement, while the server runs. */
describe.each(['2.15', '2.47', '2.62', 'newer'] as const)(
  'beside a CVAT %s on the same database',
  (release) => {
    const cvat = useCvatDatabase(release);
    const app = useTestApp(() => ({ env: { DATABASE_URL: cvat.url } }));

    const run = async (text: string, values: readonly unknown[] = []): Promise<number> =>
      (await cvat.client.query<{ id: number }>(text, [...values])).rows[0]?.id ?? 0;
    const atomic = async (work: () => Promise<void>): Promise<void> => {
      await run('BEGIN');
      await work();
      await run('COMMIT');
    };
    const insertUser = (name: string, password: string) => insertUserOf(run, release, name, password);
    const login = (username: string, password = PASSWORD) =>
      app.send('/api/auth/login', { method: 'POST', body: { username, password } });
    const asToken = (key: string) => ({ headers: { Authorization: `Token ${key}` } });
    const insertOrganization = async (slug: string, owner: number): Promise<number> => {
      // Two transactions, as CVAT has them.
      const id = await run(
        `INSERT INTO "organizations_organization" ("slug", "name", "description", "created_date", "updated_date", "contact",
         "owner_id") VALUES ($1, $1, '', now(), now(), '{}', $2) RETURNING "organizations_organization"."id"`,
        [slug, owner],
      );
      await insertMembership(id, owner, 'owner', true);
      return id;
    };
    const insertMembership = (organization: number, user: number, role: string, isActive: boolean) =>
      run(
        `INSERT INTO "organizations_membership" ("user_id", "organization_id", "is_active", "joined_date", "role")
       VALUES ($1, $2, $3, now(), $4) RETURNING "organizations_membership"."id"`,
        [user, organization, isActive, role],
      );
    const insertInvitation = (key: string, membership: number, owner: number) =>
      run(
        'INSERT INTO "organizations_invitation" ("key", "created_date", "owner_id", "membership_id") VALUES ($1, now(), $2, $3)',
        [key, owner, membership],
      );
    const organizationsOf = async (key: string) =>
      (
        (await app.send('/api/organizations', asToken(key))).json() as { results: { slug: string }[] }
      ).results.map(({ slug }) => slug);
    const keyOf = async (name: string): Promise<string> =>
      ((await login(name)).json() as { key: string }).key;

    it('a person who registers at the CVAT signs in here, and changes of their password and state count at once', async () => {
      const id = await insertUser('newcomer', HASHES.pbkdf2_sha1);
      expect((await login('newcomer')).status).toBe(200);
      const text = 'UPDATE "auth_user" SET "password" = $1, "is_active" = $2 WHERE "auth_user"."id" = $3';
      await run(text, [HASHES.unusable, true, id]);
      expect((await login('newcomer')).status).toBe(400);
      await run(text, [HASHES.bcrypt_sha256, true, id]);
      expect((await login('newcomer')).status).toBe(200);
      await run(text, [HASHES.bcrypt_sha256, false, id]);
      expect((await login('newcomer')).status).toBe(400);
    });

    it('a token made or deleted by the CVAT is good or void at once', async () => {
      const id = await insertUser('scripter', HASHES.bcrypt_sha256);
      const key = 'c'.repeat(40);
      await run('INSERT INTO "authtoken_token" ("key", "user_id", "created") VALUES ($1, $2, now())', [
        key,
        id,
      ]);
      expect((await app.send('/api/users/self', asToken(key))).status).toBe(200);
      expect(await keyOf('scripter')).toBe(key);
      await run('DELETE FROM "authtoken_token" WHERE "authtoken_token"."user_id" IN ($1)', [id]);
      expect((await app.send('/api/users/self', asToken(key))).status).toBe(401);
    });

    it('an organization that the CVAT makes and fills can be used here, and deleted there', async () => {
      const owner = await insertUser(`boss`, HASHES.bcrypt_sha256);
      const id = await insertOrganization('there', owner);
      const key = await keyOf('boss');
      expect(await organizationsOf(key)).toEqual(['there']);

      let membership = 0;
      await atomic(async () => {
        const placeholder = await insertUser('guest@example.org', HASHES.unusable);
        membership = await insertMembership(id, placeholder, 'worker', false);
        await insertInvitation('g'.repeat(64), membership, owner);
      });
      const shown = await app.send(`/api/invitations/${'g'.repeat(64)}`, asToken(key));
      expect(shown.json()).toMatchObject({ role: 'worker', organization: id });
      const fields = '"is_active" = true, "joined_date" = now(), "role" = $1';
      await run(
        `UPDATE "organizations_membership" SET ${fields} WHERE "organizations_membership"."id" = $2`,
        ['maintainer', membership],
      );
      const member = await app.send(`/api/memberships/${membership}`, asToken(key));
      expect(member.json()).toMatchObject({ role: 'maintainer', is_active: true });

      await atomic(async () => {
        await run('DELETE FROM "organizations_invitation" WHERE "membership_id" IN ($1)', [membership]);
        await run('DELETE FROM "organizations_membership" WHERE "organization_id" IN ($1)', [id]);
        await run('DELETE FROM "organizations_organization" WHERE "id" IN ($1)', [id]);
      });
      expect(await organizationsOf(key)).toEqual([]);
    });

    it('the CVAT hands the role of the owner out and takes it back as it likes, and only the record says who owns', async () => {
      const owner = await insertUser('founder', HASHES.bcrypt_sha256);
      const second = await insertUser('promoted', HASHES.bcrypt_sha256);
      const id = await insertOrganization('owned', owner);
      const membership = await insertMembership(id, second, 'worker', true);
      const setRole = (role: string, user: number) =>
        run(
          'UPDATE "organizations_membership" SET "role" = $1 WHERE "organization_id" = $2 AND "user_id" = $3',
          [role, id, user],
        );
      // A maintainer promotes a worker; an administrator invites an owner, demotes the owner, and makes another one.
      await setRole('owner', second);
      await insertMembership(id, await insertUser('invited', HASHES.bcrypt_sha256), 'owner', false);
      const rename = async (name: string) =>
        (
          await app.send(`/api/organizations/${id}`, {
            method: 'PATCH',
            ...asToken(await keyOf(name)),
            body: { name },
          })
        ).status;
      expect([await rename('founder'), await rename('promoted')]).toEqual([200, 403]);
      await setRole('maintainer', owner);
      await run('UPDATE "organizations_organization" SET "owner_id" = $1 WHERE "id" = $2', [second, id]);
      const shown = await app.send(`/api/memberships/${membership}`, asToken(await keyOf('promoted')));
      expect(shown.json()).toMatchObject({ role: 'owner' });
      expect(await rename('promoted')).toBe(200);
    });

    it('the CVAT deletes an account that was used here, the owner of an organization, with all that hangs on it', async () => {
      const id = await insertUser('leaver', HASHES.pbkdf2_sha1);
      const organization = await insertOrganization('left', id);
      // Leaves what only this server writes: a rewritten hash, a session, a bound token.
      const key = await keyOf('leaver');
      const token = { name: 'mine', organization };
      const made = await app.send('/api/auth/access_tokens', {
        method: 'POST',
        ...asToken(key),
        body: token,
      });
      expect(made.status).toBe(201);
      await atomic(async () => {
        await run('UPDATE "organizations_organization" SET "owner_id" = NULL WHERE "owner_id" IN ($1)', [id]);
        await run('UPDATE "organizations_invitation" SET "owner_id" = NULL WHERE "owner_id" IN ($1)', [id]);
        for (const table of ['auth_user_groups', 'account_emailaddress', 'authtoken_token', 'engine_profile'])
          await run(`DELETE FROM "${table}" WHERE "user_id" IN ($1)`, [id]);
        await run('DELETE FROM "access_tokens_accesstoken" WHERE "owner_id" IN ($1)', [id]);
        await run('DELETE FROM "organizations_membership" WHERE "user_id" IN ($1)', [id]);
        await run('DELETE FROM "auth_user" WHERE "id" IN ($1)', [id]);
      });
      expect((await app.send('/api/users/self', asToken(key))).status).toBe(401);
      expect((await login('leaver')).status).toBe(400);
    });

    it('what is made here has every column that Django reads, and lives beside rows that the CVAT makes next', async () => {
      const here = await app.register('settler');
      const slug = 'settled';
      const made = await app.send('/api/organizations', {
        method: 'POST',
        headers: here.authorization,
        body: { slug },
      });
      expect(made.status).toBe(201);
      const one = async (text: string) => (await cvat.client.query(text, [here.id])).rows[0];
      expect(await one(USER)).toMatchObject({
        username: 'settler',
        email: here.email,
        password: expect.stringMatching(/^bcrypt_sha256\$\$2b\$/),
        is_staff: false,
        first_name: '',
      });
      expect(
        await one('SELECT "rating", "has_analytics_access" FROM "engine_profile" WHERE "user_id" = $1'),
      ).toEqual({
        rating: 0,
        has_analytics_access: false,
      });
      expect(await one('SELECT "key" FROM "authtoken_token" WHERE "user_id" = $1')).toEqual({
        key: here.token,
      });
      expect(
        await one(
          `SELECT "role", "is_active", "contact" FROM "organizations_membership" m
         JOIN "organizations_organization" o ON o."id" = m."organization_id" WHERE m."user_id" = $1`,
        ),
      ).toEqual({ role: 'owner', is_active: true, contact: {} });
      expect(await insertUser('neighbor', HASHES.bcrypt_sha256)).toBeGreaterThan(here.id);
    });
  },
);

const USER =
  'SELECT "password", "username", "first_name", "email", "is_staff" FROM "auth_user" WHERE "auth_user"."id" = $1';

/** `createsuperuser`, registration and the signals of CVAT, in their order. @returns the id */
async function insertUserOf(
  run: (text: string, values: readonly unknown[]) => Promise<number>,
  release: Release,
  name: string,
  password: string,
): Promise<number> {
  const email = name.includes('@') ? name : `${name}@example.org`;
  const [via, viaValue] = release === 'newer' ? [', "created_via"', ", 'email_password'"] : ['', ''];
  const id = await run(
    `INSERT INTO "auth_user" ("password", "last_login", "is_superuser", "username", "first_name", "last_name", "email",
       "is_staff", "is_active", "date_joined"${via})
     VALUES ($1, NULL, false, $2, '', '', $3, false, true, now()${viaValue}) RETURNING "auth_user"."id"`,
    [password, name, email],
  );
  const [columns, values] =
    release === '2.15' ? ['', ''] : [', "has_analytics_access", "last_activity_date"', ', false, NULL'];
  await run(
    `INSERT INTO "engine_profile" ("user_id", "rating"${columns}) VALUES ($1, 0.0${values}) RETURNING "engine_profile"."id"`,
    [id],
  );
  await run(
    `INSERT INTO "auth_user_groups" ("user_id", "group_id") SELECT $1, "id" FROM "auth_group" WHERE "name" = 'user'
     ON CONFLICT DO NOTHING`,
    [id],
  );
  if (name !== email)
    await run(
      'INSERT INTO "account_emailaddress" ("user_id", "email", "verified", "primary") VALUES ($1, $2, false, true)',
      [id, email],
    );
  return id;
}
