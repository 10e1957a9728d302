import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type TestAccount, useTestApp } from '../support/app.js';
import { createDatabaseOn } from '../support/real-database.js';
import { insertAccessToken, readAccessToken, readUser, setPassword } from '../support/rows.js';

/** A PostgreSQL that answers and only reads, as a standby after a failover: a person with good credentials still gets in. */

const ACCESS_TOKEN = `standby0.${'p'.repeat(32)}`;
const MD5 = 'md5$seasalt$207cdd0df3d34e6f649fff0e99931436';
const MD5_PASSWORD = 'P\u00e4ssw0rd!';

let database: Awaited<ReturnType<typeof createDatabaseOn>>;
let person: TestAccount;
let tokenId: number;

async function setReadOnly(isReadOnly: boolean): Promise<void> {
  const client = new pg.Client({ connectionString: inject('services')?.database });
  await client.connect();
  await client.query(`alter database ${database.name} set default_transaction_read_only = ${isReadOnly}`);
  await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
    database.name,
  ]);
  await client.end();
}

beforeAll(async () => {
  database = await createDatabaseOn(inject('services')?.database ?? '');
});
const app = useTestApp(() => ({ env: { DATABASE_URL: database.url, PASSWORD_HASHERS_EXTRA: 'md5' } }));
beforeAll(async () => {
  person = await app.register();
  tokenId = await insertAccessToken(app.db, { ownerId: person.id, key: ACCESS_TOKEN });
  await setPassword(app.db, person.id, MD5);
  await setReadOnly(true);
});
afterAll(async () => {
  await setReadOnly(false);
  await database.drop();
});

const logIn = (username: string, password: string) =>
  app.send('/api/auth/login', { method: 'POST', body: { username, password } });
const self = (headers: Readonly<Record<string, string>>) => app.send('/api/users/self', { headers });

describe('a database that only reads', () => {
  it('is no obstacle to who has a token, an access token or a password', async () => {
    expect((await self(person.authorization)).status).toBe(200);
    expect((await self({ Authorization: `Bearer ${ACCESS_TOKEN}` })).status).toBe(200);
    const basic = `Basic ${Buffer.from(`${person.username}:${MD5_PASSWORD}`).toString('base64')}`;
    expect((await self({ Authorization: basic })).status).toBe(200);
  });

  it('is none to a login either: the token that exists, a session, the old hash', async () => {
    const answer = await logIn(person.username, MD5_PASSWORD);
    expect(answer.json()).toEqual({ key: person.token });
    expect(answer.setCookies).toHaveLength(3);
    const cookie = answer.setCookies.map((line) => line.split(';')[0]).join('; ');
    expect((await self({ Cookie: cookie })).status).toBe(200);
    expect((await readUser(app.db, person.username)).password).toBe(MD5);
    expect((await readAccessToken(app.db, tokenId)).lastUsed).toBeNull();
  });

  it('is told in the log, without what it was about', () => {
    const log = app.logs.join('\n');
    expect(log).toContain('A password hash could not be upgraded.');
    expect(log).toContain('A login could not be recorded.');
    for (const secret of [MD5_PASSWORD, MD5, person.token, ACCESS_TOKEN]) expect(log).not.toContain(secret);
  });

  it('opens no account: 503 with its name', async () => {
    const body = { username: 'latecomer', password1: 'Wiesel-42-quarks', password2: 'Wiesel-42-quarks' };
    const answer = await app.send('/api/auth/register', { method: 'POST', body });
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'database_unreachable' });
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expect(answer.setCookies).toEqual([]);
  });

  it('gives a first token to nobody: 503, no session', async () => {
    const answer = await logIn(app.admin.username, app.admin.password);
    expect(answer.status).toBe(503);
    expect(answer.setCookies).toEqual([]);
  });

  it('is well again by itself, and the hash then upgraded', async () => {
    await setReadOnly(false);
    await expect
      .poll(async () => (await logIn(person.username, MD5_PASSWORD)).status, { timeout: 15_000 })
      .toBe(200);
    expect((await readUser(app.db, person.username)).password).toMatch(/^bcrypt_sha256/);
  });
});
