import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ServiceUnavailable } from '../../src/kernel/errors.js';
import { createExternalDatabase, type ExternalOptions } from '../../src/platform/db/external.js';
import type { Database } from '../../src/platform/db/pool.js';
import {
  hasPostgres,
  POSTGRES_HINT,
  type PostgresServer,
  runOnce,
  startPostgres,
} from '../support/postgres-server.js';

const POOL_SIZE = 6;
/** Of these, so many carry look-ups. */
const SHARED = 2;
/** For a busy machine; what has no limit of time waits for ever. */
const BOUNDED = 20_000;

describe.skipIf(!hasPostgres)(`look-ups that share connections (${POSTGRES_HINT})`, () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres();
    await runOnce(server.url, 'create table entry (id integer primary key, name text)');
    await runOnce(server.url, `insert into entry select n, 'entry ' || n from generate_series(1, 1000) n`);
  });
  afterAll(() => server.remove());

  function open(options: Partial<ExternalOptions> = {}): Database {
    const db = createExternalDatabase({
      url: server.url,
      poolSize: POOL_SIZE,
      timeout: 3000,
      applicationName: 'lookups',
      guardNesting: false,
      ...options,
    });
    onTestFinished(() => db.close());
    return db;
  }

  const find = async (db: Database, id: number) => {
    const { rows } = await db.lookups.query<{ id: number; name: string; pid: number }>({
      name: 'find',
      text: 'select id, name, pg_backend_pid() as pid from entry where id = $1',
      values: [id],
    });
    return rows[0];
  };
  const findAll = (db: Database) =>
    Promise.all(Array.from({ length: 1000 }, (_none, index) => find(db, index + 1)));

  /** The connections open with the first look-ups, which do not wait for them. */
  const warm = (db: Database) =>
    expect
      .poll(
        async () => {
          await find(db, 1);
          return db.load().open;
        },
        { timeout: BOUNDED },
      )
      .toBeGreaterThanOrEqual(SHARED + 1);

  const processesOf = (found: Awaited<ReturnType<typeof findAll>>) => new Set(found.map((row) => row?.pid));

  it('gives every one of 1,000 at once its own answer, over two connections and the pool', async () => {
    const db = open();
    await warm(db);
    const found = await findAll(db);
    expect(found.map((row) => row?.name)).toEqual(
      Array.from({ length: 1000 }, (_none, index) => `entry ${index + 1}`),
    );
    expect(db.load()).toMatchObject({ limit: POOL_SIZE, used: 0, waiting: 0 });
    expect(db.load().open).toBeLessThanOrEqual(POOL_SIZE);
    expect(processesOf(await Promise.all([find(db, 1), find(db, 2), find(db, 3)])).size).toBeLessThanOrEqual(
      SHARED,
    );
  });

  it('answers each one although its connection is ended by an operator', async () => {
    const db = open();
    await warm(db);
    const first = await find(db, 1);
    const busy = Promise.all([db.lookups.query({ text: 'select pg_sleep(0.3)' }), findAll(db)]);
    await runOnce(
      server.url,
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lookups'
        and (query like '%pg_sleep%' or pid = ${first?.pid}) and pid <> pg_backend_pid()`,
    );
    const [, found] = await busy;
    expect(found.every((row, index) => row?.id === index + 1)).toBe(true);
    await warm(db);
  });

  it('passes on the error of a statement, which ends no other', async () => {
    const db = open();
    await warm(db);
    const wrong = db.lookups.query({ name: 'wrong', text: 'select 1 / ($1::integer - 7)', values: [7] });
    const [failure, found] = await Promise.all([wrong.catch((error: unknown) => error), findAll(db)]);
    expect(failure).toMatchObject({ code: '22012' });
    expect(found.every((row, index) => row?.id === index + 1)).toBe(true);
  });

  it('prepares a statement again when the table under it changed', async () => {
    const db = open();
    await warm(db);
    const read = () => db.lookups.query({ name: 'read', text: 'select * from entry where id = 1' });
    await Promise.all([read(), read(), read(), read()]);
    await runOnce(server.url, 'alter table entry add column note text');
    const answers = await Promise.all([read(), read(), read(), read()]);
    expect(answers.every(({ rows }) => rows[0]?.['note'] === null)).toBe(true);
  });

  it('is unavailable while PostgreSQL is stopped, and heals', async () => {
    const db = open();
    await warm(db);
    await server.stop();
    await expect(find(db, 1)).rejects.toBeInstanceOf(ServiceUnavailable);
    await server.start();
    await warm(db);
  });

  it('is unavailable in time while PostgreSQL is silent, and heals', async () => {
    const db = open();
    await warm(db);
    server.pause();
    const started = performance.now();
    try {
      await Promise.all(
        [1, 2, 3].map((id) => expect(find(db, id)).rejects.toBeInstanceOf(ServiceUnavailable)),
      );
      expect(performance.now() - started).toBeLessThan(BOUNDED);
    } finally {
      server.resume();
    }
    await expect
      .poll(() => find(db, 1).catch(() => undefined), { timeout: BOUNDED })
      .toMatchObject({ id: 1 });
  });

  it('leaves a small pool whole, and one whose statements must not be prepared', async () => {
    for (const options of [{ poolSize: 4 }, { preparedStatements: 'off' }] as const) {
      const db = open(options);
      for (let round = 0; round < 5; round += 1) await find(db, 1);
      await expect.poll(() => db.load().open, { timeout: BOUNDED }).toBe(1);
    }
  });
});
