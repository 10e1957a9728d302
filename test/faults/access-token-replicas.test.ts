import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { DAY, SECOND } from '../../src/kernel/clock.js';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import { basicAuth, tallyOf } from '../support/http.js';
import { createDatabaseOn } from '../support/real-database.js';
import { insertAccessToken, readAccessToken } from '../support/rows.js';

/** Two servers on one database: what happens to a token at one of them counts at the other with the next request. */

const COLLECTION = '/api/auth/access_tokens';
const STALE = 180 * DAY;
const SLOW = { timeout: 20_000, interval: 50 };

let database: Awaited<ReturnType<typeof createDatabaseOn>>;
let one: TestApp;
let other: TestApp;
let client: pg.Client;
let owner: TestAccount;

beforeAll(async () => {
  const services = inject('services');
  if (services === null) throw new Error('The real services are not running.');
  database = await createDatabaseOn(services.database);
  // Many who wait for one row on a busy machine are not refused for that.
  const env = { DATABASE_URL: database.url, DATABASE_TIMEOUT: '60' };
  // The first one makes the tables.
  one = await createTestApp({ env });
  other = await createTestApp({ env });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  for (const { clock } of [one, other]) clock.stop();
});
afterAll(async () => {
  await client.end();
  await Promise.all([one.close(), other.close()]);
  await database.drop();
});
beforeEach(async () => {
  owner = await one.register();
});

interface Created {
  readonly id: number;
  readonly value: string;
}

async function create(body: object = {}): Promise<Created> {
  const answer = await one.send(COLLECTION, {
    method: 'POST',
    headers: owner.authorization,
    body: { name: 'a', ...body },
  });
  expect(answer.status).toBe(201);
  return answer.json() as Created;
}
const bearer = (value: string) => ({ Authorization: `Bearer ${value}` });
const ask = async (app: TestApp, value: string) =>
  (await app.send('/api/users/self', { headers: bearer(value) })).status;
/** The status of the next request at each of them. */
const both = async ({ value }: Created) => [await ask(one, value), await ask(other, value)];
const advance = (milliseconds: number) => {
  for (const { clock } of [one, other]) clock.advance(milliseconds);
};
const admin = () => ({ Authorization: basicAuth(one.admin.username, one.admin.password) });

describe('a personal access token', () => {
  it('works on every replica until a second before its expiry, and on none a second after', async () => {
    const token = await create({ expiry_date: new Date(one.clock.now() + DAY).toISOString() });
    advance(DAY - SECOND);
    expect(await both(token)).toEqual([200, 200]);
    advance(2 * SECOND);
    expect(await both(token)).toEqual([401, 401]);
  });

  it('works until a second before it is stale, since it was made or last used, and not a second after', async () => {
    // Each of them is used once, because a use begins a new period.
    const [before, here, there] = [await create(), await create(), await create()];
    const used = await create();
    advance(DAY);
    expect(await ask(other, used.value)).toBe(200);
    await vi.waitFor(
      async () => expect((await readAccessToken(one.db, used.id)).lastUsed).not.toBeNull(),
      SLOW,
    );
    advance(STALE - DAY - SECOND);
    expect(await ask(other, before.value)).toBe(200);
    advance(2 * SECOND);
    expect([await ask(one, here.value), await ask(other, there.value)]).toEqual([401, 401]);
    advance(DAY + SECOND);
    expect(await both(used)).toEqual([401, 401]);
  });

  it('that is revoked at one replica is refused by all with the next request, a second later too', async () => {
    const token = await create();
    advance(-SECOND);
    expect(await both(token)).toEqual([200, 200]);
    advance(SECOND);
    await one.send(`${COLLECTION}/${token.id}`, { method: 'DELETE', headers: owner.authorization });
    expect(await both(token)).toEqual([401, 401]);
    advance(SECOND);
    expect(await both(token)).toEqual([401, 401]);
  });

  it('of an account that an administrator deactivates is refused until it is active again', async () => {
    const token = await create();
    const setActive = (isActive: boolean) =>
      one.send(`/api/users/${owner.id}`, {
        method: 'PATCH',
        headers: admin(),
        body: { is_active: isActive },
      });
    advance(-SECOND);
    expect(await both(token)).toEqual([200, 200]);
    advance(SECOND);
    expect((await setActive(false)).status).toBe(200);
    expect(await both(token)).toEqual([401, 401]);
    advance(SECOND);
    const refused = await other.send('/api/users/self', { headers: bearer(token.value) });
    expect(refused.json()).toEqual({ detail: 'User inactive or deleted.' });
    await setActive(true);
    expect(await both(token)).toEqual([200, 200]);
  });

  it('of an account that goes is unknown with the next request', async () => {
    const token = await create();
    expect(await both(token)).toEqual([200, 200]);
    await one.send(`/api/users/${owner.id}`, { method: 'DELETE', headers: owner.authorization });
    expect(await both(token)).toEqual([401, 401]);
  });

  it('that is made read-only, or expires by a change, does so on every replica', async () => {
    const token = await create({ read_only: false });
    const change = (body: object) =>
      one.send(`${COLLECTION}/${token.id}`, { method: 'PATCH', headers: owner.authorization, body });
    let counter = 0;
    const write = async (app: TestApp) => {
      const body = { slug: `replica${owner.id}-${(counter += 1)}` };
      return (await app.send('/api/organizations', { method: 'POST', headers: bearer(token.value), body }))
        .status;
    };
    expect([await write(one), await write(other)]).toEqual([201, 201]);
    await change({ read_only: true });
    expect([await write(other), await write(one)]).toEqual([403, 403]);
    await change({ expiry_date: new Date(one.clock.now() - SECOND).toISOString() });
    expect(await both(token)).toEqual([401, 401]);
  });

  it('is made 50 times and no more, however many ask two replicas at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        (index % 2 === 0 ? one : other).send(COLLECTION, {
          method: 'POST',
          headers: owner.authorization,
          body: { name: `n${index}` },
        }),
      ),
    );
    expect(tallyOf(answers)).toEqual({ 201: 50, 400: 10 });
    const list = await one.send(COLLECTION, { headers: owner.authorization });
    expect(list.json()).toMatchObject({ count: 50 });
  });

  it('is made any number of times where the limit is -1', async () => {
    const env = { DATABASE_URL: database.url, CVAT_MAX_ACCESS_TOKENS_PER_USER: '-1', DATABASE_TIMEOUT: '60' };
    const generous = await createTestApp({ env });
    try {
      const body = { name: 'one of many' };
      const answers = await Promise.all(
        Array.from({ length: 60 }, () =>
          generous.send(COLLECTION, { method: 'POST', headers: owner.authorization, body }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 60 }, () => 201));
    } finally {
      await generous.close();
    }
  });
});

describe('the last use of a token', () => {
  it('holds up no request while somebody has its row, and is noted afterwards', async () => {
    const { id, value } = await create();
    // With one connection, a write that waits would keep all requests waiting.
    const env = { DATABASE_URL: database.url, DATABASE_POOL_SIZE: '1', DATABASE_TIMEOUT: '60' };
    const narrow = await createTestApp({ env });
    try {
      await client.query('begin');
      await client.query(`select 1 from access_tokens_accesstoken where id = ${id} for update`);
      const started = performance.now();
      const statuses = await Promise.all(Array.from({ length: 100 }, () => ask(narrow, value)));
      expect(new Set(statuses)).toEqual(new Set([200]));
      // A write that held them up would be given up after DATABASE_TIMEOUT.
      expect(performance.now() - started).toBeLessThan(55_000);
      expect((await readAccessToken(one.db, id)).lastUsed).toBeNull();
      await client.query('commit');
      await vi.waitFor(async () => {
        await ask(narrow, value);
        expect((await readAccessToken(one.db, id)).lastUsed).not.toBeNull();
      }, SLOW);
    } finally {
      await client.query('rollback');
      await narrow.close();
    }
  });

  it('is written once in its interval, however many requests and replicas there are', async () => {
    const { id, value } = await create();
    await client.query('create table noted (id integer)');
    await client.query(`
      create function note() returns trigger language plpgsql as
      'begin insert into noted values (new.id); return new; end'`);
    await client.query(`
      create trigger note after update of last_used_date on access_tokens_accesstoken
      for each row execute function note()`);
    const burst = () =>
      Promise.all(Array.from({ length: 200 }, (_, index) => ask(index % 2 === 0 ? one : other, value)));
    const count = async () => (await client.query(`select from noted where id = ${id}`)).rowCount;
    expect(new Set(await burst())).toEqual(new Set([200]));
    await vi.waitFor(async () => expect(await count()).toBe(1), SLOW);
    await burst();
    advance(7199 * SECOND);
    await burst();
    expect(await count()).toBe(1);
    advance(SECOND);
    await burst();
    await vi.waitFor(async () => expect(await count()).toBe(2), SLOW);
    await client.query('drop trigger note on access_tokens_accesstoken');
  });
});

describe('the clean-up', () => {
  const ROWS = 2500;
  const left = async () =>
    (await client.query(`select from access_tokens_accesstoken where name = 'old'`)).rowCount;

  /** Tokens that were revoked long ago, and a trigger that keeps the size of each deletion and waits for the gate. */
  async function prepare(): Promise<void> {
    const old = await insertAccessToken(one.db, {
      ownerId: owner.id,
      key: `oldest00.${'o'.repeat(32)}`,
      revoked: true,
      created: new Date(one.clock.now() - 91 * DAY),
    });
    await client.query(`
      insert into access_tokens_accesstoken
        (prefix, hashed_key, created, name, revoked, updated_date, read_only, owner_id)
      select 'o' || lpad(n::text, 7, '0'), hashed_key, created, 'old', true, updated_date, read_only, owner_id
      from access_tokens_accesstoken, generate_series(1, ${ROWS - 1}) n where id = ${old}`);
    await client.query(`update access_tokens_accesstoken set name = 'old' where id = ${old}`);
    await client.query('create table gate (id integer)');
    await client.query('create table batches (size integer)');
    await client.query(`
      create function measure() returns trigger language plpgsql as
      'begin
        if exists (select from gone) then
          perform 1 from gate;
          insert into batches select count(*) from gone;
        end if;
        return null;
      end'`);
    await client.query(`
      create trigger measure after delete on access_tokens_accesstoken
      referencing old table as gone for each statement execute function measure()`);
  }

  it('is done by one replica at a time, in batches, and spares what is usable', async () => {
    const alive = await create();
    // What the other tests left.
    await one.container.runMaintenance();
    await prepare();
    await client.query('begin');
    await client.query('lock table gate in access exclusive mode');
    const first = one.container.runMaintenance();
    const waits = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await vi.waitFor(async () => expect((await client.query(waits)).rowCount).toBe(1), SLOW);
    await other.container.runMaintenance();
    expect((await client.query(waits)).rowCount).toBe(1);
    expect(await left()).toBe(ROWS);
    await client.query('commit');
    await first;
    expect(await left()).toBe(0);
    const { rows } = await client.query<{ size: number }>('select size from batches');
    const sizes = rows.map(({ size }) => size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(ROWS);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1000);
    expect(await both(alive)).toEqual([200, 200]);
  });
});
