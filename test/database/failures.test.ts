import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceUnavailable } from '../../src/kernel/errors.js';
import { createExternalDatabase } from '../../src/platform/db/external.js';
import type { Database } from '../../src/platform/db/pool.js';
import {
  hasPostgres,
  POSTGRES_HINT,
  type PostgresServer,
  startPostgres,
} from '../support/postgres-server.js';

const TIMEOUT = 700;
/** The server's limit, then the client's a little later, then a margin for a busy machine. */
const SOON = TIMEOUT + 500 + 1500;
/** Far more than that, for a busy machine; what has no limit of time waits for ever, or thirty seconds. */
const BOUNDED = 20_000;

describe.skipIf(!hasPostgres)(`a database that fails (${POSTGRES_HINT})`, () => {
  let server: PostgresServer;
  let db: Database;

  beforeAll(async () => {
    server = await startPostgres();
    db = open();
    await db.query({ text: 'create table entry (id integer primary key)' });
  });
  afterAll(async () => {
    await db.close();
    await server.remove();
  });

  function open(options: { readonly poolSize?: number; readonly url?: string } = {}): Database {
    return createExternalDatabase({
      url: server.url,
      poolSize: 3,
      timeout: TIMEOUT,
      applicationName: 'failures',
      guardNesting: false,
      ...options,
    });
  }

  const ping = () => db.query({ text: 'select 1 as one' });
  /** On a busy machine the first connection may still take longer than the limit. */
  const heals = () =>
    expect
      .poll(() => ping().catch(() => undefined), { timeout: BOUNDED })
      .toMatchObject({ rows: [{ one: 1 }] });

  async function expectUnavailable(work: Promise<unknown>): Promise<void> {
    const started = performance.now();
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ServiceUnavailable);
    expect(error).toMatchObject({ status: 503, code: 'database_unreachable', cause: expect.any(Error) });
    expect(performance.now() - started).toBeLessThan(BOUNDED);
  }

  it('is unavailable while PostgreSQL is stopped, and heals when it is back', async () => {
    await Promise.all([ping(), ping(), ping()]);
    await server.stop();
    await expectUnavailable(ping());
    await expectUnavailable(db.transaction((tx) => tx.query({ text: 'select 1' })));
    await server.start();
    await heals();
  });

  it('is unavailable while PostgreSQL does not answer, and heals when it does', async () => {
    await Promise.all([ping(), ping(), ping()]);
    server.pause();
    try {
      await Promise.all(Array.from({ length: 6 }, () => expectUnavailable(ping())));
      await expectUnavailable(db.transaction((tx) => tx.query({ text: 'select 1' })));
    } finally {
      server.resume();
    }
    await heals();
    expect(db.pool.totalCount).toBeLessThanOrEqual(3);
  });

  it('is unavailable when PostgreSQL stops in the middle of a transaction, which changes nothing', async () => {
    const work = db.transaction(async (tx) => {
      await tx.query({ text: 'insert into entry values (1)' });
      await server.stop();
      await delay(50);
      await tx.query({ text: 'insert into entry values (2)' });
    });
    await expectUnavailable(work);
    await server.start();
    await expect(db.query({ text: 'select from entry' })).resolves.toMatchObject({ rowCount: 0 });
  });

  it('outlives a connection that is closed while a transaction waits for something else', async () => {
    const work = db.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' });
      const other = open({ poolSize: 1 });
      await other.query({ text: 'select pg_terminate_backend($1)', values: [rows[0]?.pid] });
      await other.close();
      await delay(100);
    });
    await expectUnavailable(work);
    await expect(ping()).resolves.toMatchObject({ rowCount: 1 });
  });

  it('is unavailable when a statement takes too long', async () => {
    await expectUnavailable(db.query({ text: 'select pg_sleep(30)' }));
    await expect(ping()).resolves.toMatchObject({ rowCount: 1 });
  });

  it('gives a transaction more time when it asks for it', async () => {
    const slow = db.transaction((tx) => tx.query({ text: `select pg_sleep(${(SOON / 1000).toString()})` }), {
      statementTimeout: 0,
    });
    await expect(slow).resolves.toMatchObject({ rowCount: 1 });
  });

  it('is unavailable when all connections stay busy', async () => {
    const small = open({ poolSize: 1 });
    let finish = () => {};
    let begin = () => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const busy = small.transaction(() => {
      begin();
      return new Promise<void>((resolve) => (finish = resolve));
    });
    await begun;
    await expectUnavailable(small.query({ text: 'select 1' }));
    finish();
    await busy;
    await small.close();
  });

  it('is unavailable when PostgreSQL takes no more connections', async () => {
    await db.query({ text: 'create role limited login connection limit 0' });
    const limited = open({ url: server.url.replace('postgres@', 'limited@') });
    await expectUnavailable(limited.query({ text: 'select 1' }));
    await limited.close();
  });

  it('passes on errors that waiting does not mend', async () => {
    await expect(db.query({ text: 'select * from missing' })).rejects.toMatchObject({ code: '42P01' });
  });

  it('prepares a statement again when the table under it changed', async () => {
    const single = open({ poolSize: 1 });
    const read = () => single.query({ name: 'read', text: 'select * from entry' });
    await read();
    await db.query({ text: 'alter table entry add column note text' });
    await expect(read()).resolves.toMatchObject({ rowCount: 0 });
    await single.close();
  });

  it('closes although PostgreSQL does not answer', async () => {
    const other = open();
    await other.query({ text: 'select 1' });
    server.pause();
    const started = performance.now();
    try {
      await other.close();
    } finally {
      server.resume();
    }
    expect(performance.now() - started).toBeLessThan(BOUNDED);
  });
});
