import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { inject } from 'vitest';
import { hashAccessToken } from '../../src/authentication/access-tokens.js';
import { useSetUp } from './hooks.js';
import { createDatabaseOn } from './real-database.js';

/** Databases of CVAT as its releases leave them, with people in them. */

const readSchema = (release: '2.15' | '2.62'): Promise<string> =>
  readFile(new URL(`../database/cvat/${release}.sql`, import.meta.url), 'utf8');

/** What 2.22 and 2.40 change. */
const UNTIL_2_47 = `
  ALTER TABLE "engine_profile" ADD COLUMN "has_analytics_access" boolean DEFAULT false NOT NULL;
  ALTER TABLE "engine_profile" ALTER COLUMN "has_analytics_access" DROP DEFAULT;
  ALTER TABLE "engine_profile" ADD COLUMN "last_activity_date" timestamp with time zone NULL;
  ALTER TABLE "organizations_invitation" ADD COLUMN "sent_date" timestamp with time zone NULL;
  UPDATE "auth_user_groups" SET "group_id" = 3 WHERE "group_id" = 2;
  DELETE FROM "auth_group" WHERE "name" = 'business';
  INSERT INTO "auth_group" ("name") VALUES ('worker');
`;

/** What allauth 65 does to the addresses (CVAT 2.70), and the column that came after CVAT 2.73. */
export const NEWER = `
  DROP INDEX "account_emailaddress_upper";
  CREATE INDEX "account_emailaddress_email_03be32b2" ON "account_emailaddress" ("email");
  CREATE INDEX "account_emailaddress_email_03be32b2_like" ON "account_emailaddress" ("email" varchar_pattern_ops);
  CREATE UNIQUE INDEX "unique_primary_email" ON "account_emailaddress" ("user_id", "primary") WHERE "primary";
  ALTER TABLE "auth_user" ADD COLUMN "created_via" varchar(32) NULL;
  UPDATE "auth_user" SET "created_via" = 'ldap' WHERE "id" = 2;
`;

export type Release = '2.15' | '2.47' | '2.62' | 'newer';

const SCHEMAS: Readonly<Record<Release, () => Promise<readonly string[]>>> = {
  '2.15': async () => [await readSchema('2.15')],
  '2.47': async () => [await readSchema('2.15'), UNTIL_2_47],
  '2.62': async () => [await readSchema('2.62')],
  newer: async () => [await readSchema('2.62'), NEWER],
};

export const hasAccessTokens = (release: Release): boolean => release === '2.62' || release === 'newer';

export const PASSWORD = 'Pässw0rd!';

/** By what made the hash; all but the last two are of the password. */
export const HASHES = {
  django42: 'pbkdf2_sha256$600000$abcdefghijklmnopqrstuv$QSWlbv3mZNyAEGsx8OrKxMc+70kV/u+aeEG0EhvCW0Y=',
  django52: 'pbkdf2_sha256$1000000$KzbM8gcI1efwwI1CgrV6n8$hTw5DyH/FiPzjLJr4WnMG9r/actUSLr/Cq/ivUr7S44=',
  pbkdf2_sha1: 'pbkdf2_sha1$1000$seasalt$kM4WJ7bjvun+z4YBe1/phoz+0X8=',
  argon2: 'argon2$argon2id$v=19$m=102400,t=2,p=8$c29tZXNhbHRzb21lc2FsdHNvbWVzYQ$S4wgi2/39fMAJlfhqz1lpg',
  bcrypt_sha256: 'bcrypt_sha256$$2b$04$rClkqtK30lRGaVHtw5rsy.Dsi07NjrJ7zJ4idL2miMlokTuipg5.i',
  scrypt:
    'scrypt$16384$En7ywWhpyC45FiTSBAsOSb$8$5$ljMg6WeUhkt6eCfPwbvZnfw0RcB6VraYje6o892FXCJFcx9SWWdckw3RPvMzltkYMAdA+zqQvR8LtsvEyEFWZw==',
  md5: 'md5$seasalt$207cdd0df3d34e6f649fff0e99931436',
  unusable: `!${'u'.repeat(40)}`,
} as const;

export type Hash = keyof typeof HASHES;
/** The people of the database: named after their hashes. */
export const PEOPLE = Object.keys(HASHES) as readonly Hash[];

export const tokenOf = (name: string): string =>
  Buffer.from(name.padEnd(20, '.')).toString('hex').slice(0, 40);

/** Personal access tokens: the current form, and Django's hashes of the first days. */
export const ACCESS_TOKENS = {
  sha512: { key: 'currentt.0123456789abcdefghijABCDEFGHIJkl', owner: 'django42', readOnly: false },
  pbkdf2: { key: 'legacypt.0123456789abcdefghijABCDEFGHIJkl', owner: 'django42', readOnly: true },
} as const;
const HASHED_KEYS = {
  sha512: hashAccessToken(ACCESS_TOKENS.sha512.key),
  pbkdf2: 'pbkdf2_sha256$1000000$UqWNOKBn5phaS7fIilVenz$zi5a/Bk+iqtAjzbeV0zCNApydL643pdzvlGTrnmX/h8=',
} as const;

export interface CvatDatabase {
  readonly url: string;
  /** A connection as Django has one: autocommit. */
  readonly client: pg.Client;
  readonly ids: Readonly<Record<Hash, number>>;
  readonly drop: () => Promise<void>;
}

/** Makes a database of a CVAT release on a server, with one person for each kind of hash, in an organization. */
export async function createCvatDatabase(server: string, release: Release): Promise<CvatDatabase> {
  const { url, drop } = await createDatabaseOn(server);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const text of await SCHEMAS[release]()) await client.query(text);
  const ids = await addPeople(client, release !== '2.15');
  await addOrganization(client, ids);
  if (hasAccessTokens(release)) await addAccessTokens(client, ids);
  return {
    url,
    client,
    ids,
    drop: async () => {
      await client.end();
      await drop();
    },
  };
}

/** The database of a CVAT for all tests of a suite, on the PostgreSQL of the run. */
export function useCvatDatabase(release: Release): CvatDatabase {
  const database = useSetUp(
    () => createCvatDatabase(inject('services')?.database ?? '', release),
    ({ drop }) => drop(),
  );
  return {
    get url() {
      return database().url;
    },
    get client() {
      return database().client;
    },
    get ids() {
      return database().ids;
    },
    drop: () => database().drop(),
  };
}

async function addPeople(client: pg.Client, hasAnalytics: boolean): Promise<Record<Hash, number>> {
  const ids: Partial<Record<Hash, number>> = {};
  for (const name of PEOPLE) {
    const email = `${name}@example.org`;
    const added = await client.query<{ id: number }>(
      `INSERT INTO "auth_user" ("password", "last_login", "is_superuser", "username", "first_name", "last_name", "email",
         "is_staff", "is_active", "date_joined")
       VALUES ($1, NULL, false, $2, '', '', $3, false, true, '2024-03-04T05:06:07.891011+00:00') RETURNING "id"`,
      [HASHES[name], name, email],
    );
    const id = added.rows[0]?.id ?? 0;
    ids[name] = id;
    await client.query(
      `INSERT INTO "auth_user_groups" ("user_id", "group_id") SELECT $1, "id" FROM "auth_group" WHERE "name" = 'user'`,
      [id],
    );
    await client.query(
      'INSERT INTO "account_emailaddress" ("user_id", "email", "verified", "primary") VALUES ($1, $2, true, true)',
      [id, email],
    );
    await client.query('INSERT INTO "authtoken_token" VALUES ($1, $2, $3)', [
      tokenOf(name),
      '2024-05-05Z',
      id,
    ]);
    const [column, value] = hasAnalytics ? [', "has_analytics_access"', ', false'] : ['', ''];
    await client.query(`INSERT INTO "engine_profile" ("rating", "user_id"${column}) VALUES (0, $1${value})`, [
      id,
    ]);
  }
  return ids as Record<Hash, number>;
}

/** `django42` owns it, `django52` works in it, `argon2` is invited. */
async function addOrganization(client: pg.Client, ids: Readonly<Record<Hash, number>>): Promise<void> {
  const { rows } = await client.query<{ id: number }>(
    `INSERT INTO "organizations_organization" ("slug", "name", "description", "created_date", "updated_date", "contact",
       "owner_id")
     VALUES ('cats', 'Cats', 'all of them', '2024-01-02T03:04:05.678901Z', '2024-01-02Z', '{"email": "c@example.org"}', $1)
     RETURNING "id"`,
    [ids.django42],
  );
  const member = (name: Hash, role: string, joined: string | null) =>
    client.query<{ id: number }>(
      `INSERT INTO "organizations_membership" ("user_id", "organization_id", "is_active", "joined_date", "role")
       VALUES ($1, $2, $3, $4, $5) RETURNING "id"`,
      [ids[name], rows[0]?.id, joined !== null, joined, role],
    );
  await member('django42', 'owner', '2024-01-02Z');
  await member('django52', 'worker', '2024-01-03Z');
  const invited = await member('argon2', 'supervisor', null);
  await client.query(
    `INSERT INTO "organizations_invitation" ("key", "created_date", "owner_id", "membership_id") VALUES ($1, now(), $2, $3)`,
    [INVITATION_KEY, ids.django42, invited.rows[0]?.id],
  );
}

export const INVITATION_KEY = 'k'.repeat(64);

async function addAccessTokens(client: pg.Client, ids: Readonly<Record<Hash, number>>): Promise<void> {
  for (const kind of ['sha512', 'pbkdf2'] as const) {
    const { key, owner, readOnly } = ACCESS_TOKENS[kind];
    await client.query(
      `INSERT INTO "access_tokens_accesstoken" ("prefix", "hashed_key", "created", "name", "revoked", "expiry_date",
         "owner_id", "updated_date", "last_used_date", "read_only")
       VALUES ($1, $2, now(), $3, false, NULL, $4, now(), NULL, $5)`,
      [key.slice(0, 8), HASHED_KEYS[kind], kind, ids[owner], readOnly],
    );
  }
}
