import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { NotFound } from '../../src/kernel/errors.js';
import { createDatabase } from '../../src/platform/db/database.js';
import { createEngineDatabase } from '../../src/platform/db/embedded/embedded.js';
import { uniqueViolation } from '../../src/platform/db/failures.js';
import type { Database } from '../../src/platform/db/pool.js';
import { execute, many, one, type Queryable } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';
import { DATA_FOLDER } from '../support/folders.js';
import { openMemoryEngine } from '../support/memory-engine.js';
import { hasPostgres, POSTGRES_HINT, startPostgres } from '../support/postgres-server.js';

/** Making a database may take its time on a busy machine. */
vi.setConfig({ hookTimeout: 120_000 });

interface Opened {
  readonly db: Database;
  close(): Promise<void>;
}

async function openMemory(): Promise<Opened> {
  const db = createEngineDatabase(await openMemoryEngine(), { timeout: 20_000, guardNesting: true });
  return { db, close: () => db.close() };
}

const OPTIONS = { poolSize: 10, timeout: 20_000, applicationName: 'behavior', guardNesting: true };

async function openFolder(): Promise<Opened> {
  const dataDir = await mkdtemp(path.join(DATA_FOLDER, 'embedded-'));
  const db = await createDatabase({ ...OPTIONS, url: undefined, dataDir });
  return {
    db,
    async close() {
      await db.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function openServer(): Promise<Opened> {
  const server = await startPostgres();
  const db = await createDatabase({ ...OPTIONS, url: server.url, dataDir: '' });
  return {
    db,
    async close() {
      await db.close();
      await server.remove();
    },
  };
}

describe.each([
  { name: 'the embedded database in memory', kind: 'embedded', open: openMemory, available: true },
  { name: 'the embedded database in a folder', kind: 'embedded', open: openFolder, available: true },
  { name: `PostgreSQL (${POSTGRES_HINT})`, kind: 'postgresql', open: openServer, available: hasPostgres },
])('$name', ({ kind, open, available }) => {
  describe.skipIf(!available)('as a database', () => {
    let opened: Opened;
    let db: Database;

    beforeAll(async () => {
      opened = await open();
      db = opened.db;
      await db.query({
        text: `create table account (id integer constraint account_pkey primary key, balance integer not null);
               create unique index account_balance on account (balance) where balance < 0;
               insert into account values (1, 0), (2, 0)`,
      });
    });
    afterAll(() => opened.close());

    const balanceOf = async (id: number, queryable: Queryable = db) =>
      (await one<{ balance: number }>(queryable, sql`select balance from account where id = ${id}`))?.balance;
    const setBalance = (queryable: Queryable, id: number, balance: number) =>
      execute(queryable, sql`update account set balance = ${balance} where id = ${id}`);

    it('says what it is', () => {
      expect(db.kind).toBe(kind);
    });

    it('keeps the answers of 200 statements at once apart', async () => {
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, i) => one<{ n: number }>(db, sql`select ${i}::integer as n`)),
      );
      expect(answers.map((row) => row?.n)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    });

    it('keeps good and bad statements at once apart', async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 100 }, (_, i) =>
          many<{ n: number }>(db, sql`select 12 / (${i}::integer % 3) as n`),
        ),
      );
      const seen = results.map((result) =>
        result.status === 'fulfilled' ? result.value[0]?.n : (result.reason as pg.DatabaseError).code,
      );
      expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? '22012' : 12 / (i % 3))));
    });

    it('gives JavaScript values for the types of the tables', async () => {
      const row = await one(
        db,
        sql`select true as flag, 1.5::double precision as rating, ${{ a: [1] }}::jsonb as contact,
                   null as nothing,
                   '2026-01-02T03:04:05.678901+02'::timestamptz as moment, 'ÄÖ😀'::varchar(10) as text`,
      );
      expect(row).toEqual({
        flag: true,
        rating: 1.5,
        contact: { a: [1] },
        nothing: null,
        moment: '2026-01-02T01:04:05.678901Z',
        text: 'ÄÖ😀',
      });
    });

    it('takes and gives five megabytes', async () => {
      const text = 'x'.repeat(5_000_000);
      const row = await one<{ text: string }>(db, sql`select ${text}::text as text`);
      expect(row?.text).toHaveLength(5_000_000);
    });

    it('runs several statements of one text', async () => {
      await db.query({ text: 'create temporary table note (id integer); drop table note' });
      await expect(db.query({ text: 'select from note' })).rejects.toMatchObject({ code: '42P01' });
    });

    it('runs a named statement again with other values', async () => {
      const double = (n: number) =>
        one<{ n: number }>(db, sql`select ${n}::integer * 2 as n`, { name: 'double' });
      expect(await Promise.all([1, 2, 3, 4].map(double))).toEqual([{ n: 2 }, { n: 4 }, { n: 6 }, { n: 8 }]);
    });

    it('names the constraint that refuses a row, and keeps the connection', async () => {
      const failed = execute(db, sql`insert into account values (1, 0)`).catch(uniqueViolation);
      expect(await failed).toBe('account_pkey');
      await execute(db, sql`insert into account values (7, -1)`);
      expect(await execute(db, sql`insert into account values (8, -1)`).catch(uniqueViolation)).toBe(
        'account_balance',
      );
      await execute(db, sql`delete from account where id = 7`);
      expect(
        await execute(db, sql`select 1 / 0`).catch((error) => [uniqueViolation(error), error.code]),
      ).toEqual([undefined, '22012']);
      const { totalCount, idleCount } = db.pool;
      expect(totalCount).toBeGreaterThan(0);
      expect(idleCount).toBe(totalCount);
    });

    describe('a transaction', () => {
      it('commits and gives the result', async () => {
        const result = await db.transaction(async (tx) => {
          await setBalance(tx, 1, 5);
          return 'done';
        });
        expect(result).toBe('done');
        expect(await balanceOf(1)).toBe(5);
      });

      it('rolls back and passes the error on, without losing the connection', async () => {
        await setBalance(db, 1, 0);
        const before = db.pool.totalCount;
        const failed = db.transaction(async (tx) => {
          await setBalance(tx, 1, 9);
          throw new NotFound();
        });
        await expect(failed).rejects.toBeInstanceOf(NotFound);
        expect(await balanceOf(1)).toBe(0);
        expect(db.pool.totalCount).toBe(before);
      });

      it('does not pass for committed when the error of a statement was swallowed', async () => {
        await setBalance(db, 1, 0);
        const swallowed = db.transaction(async (tx) => {
          await setBalance(tx, 1, 9);
          await tx.query({ text: 'select 1 / 0' }).catch(() => {});
        });
        await expect(swallowed).rejects.toThrow('rolled back');
        expect(await balanceOf(1)).toBe(0);
      });

      it('counts right when fifty of them read and write the same row', async () => {
        await setBalance(db, 1, 0);
        const increment = () =>
          db.transaction(async (tx) => {
            const row = await one<{ balance: number }>(
              tx,
              sql`select balance from account where id = 1 for update`,
            );
            await setBalance(tx, 1, (row?.balance ?? 0) + 1);
          });
        await Promise.all(Array.from({ length: 50 }, increment));
        expect(await balanceOf(1)).toBe(50);
      });

      it('refuses a statement that comes after its end', async () => {
        let escaped: Queryable = db;
        await db.transaction(async (tx) => {
          escaped = tx;
        });
        await expect(balanceOf(1, escaped)).rejects.toThrow('has ended');
      });

      it('refuses the database itself inside, at once', async () => {
        await expect(db.transaction(() => balanceOf(1))).rejects.toThrow('inside one of its transactions');
        await expect(db.transaction(() => db.transaction(async () => {}))).rejects.toThrow(
          'inside one of its',
        );
        await expect(balanceOf(2)).resolves.toBe(0);
      });

      it('lets another database in, and refuses the first inside the transaction of that one too', async () => {
        const other = await openMemory();
        const there = () => one(other.db, sql`select 1 as one`);
        try {
          await expect(db.transaction(there)).resolves.toEqual({ one: 1 });
          const nested = db.transaction(() => other.db.transaction(() => balanceOf(1)));
          await expect(nested).rejects.toThrow('inside one of its transactions');
        } finally {
          await other.close();
        }
      });

      it('leaves the database to others when it has ended', async () => {
        let later: Promise<number | undefined> = Promise.resolve(undefined);
        await db.transaction(async () => {
          later = new Promise((resolve) => setTimeout(resolve, 50)).then(() => balanceOf(2));
        });
        await expect(later).resolves.toBe(0);
      });

      it('has the isolation it asks for', async () => {
        const show = (tx: Queryable) =>
          one(tx, sql`select current_setting('transaction_isolation') as level`);
        expect(await db.transaction(show)).toEqual({ level: 'read committed' });
        expect(await db.transaction(show, { isolation: 'serializable' })).toEqual({ level: 'serializable' });
      });
    });

    it('leaves nothing of a dropped connection behind', async () => {
      await setBalance(db, 2, 0);
      const client = await db.pool.connect();
      await client.query("set application_name = 'left behind'");
      await client.query('create temporary table left_behind (id integer)');
      await client.query({ name: 'left', text: 'select 1' });
      await client.query('begin');
      await client.query('update account set balance = 777 where id = 2');
      client.release(true);

      const next = await db.pool.connect();
      try {
        const { rows } = await next.query({
          name: 'left',
          text: 'select balance, 2 as two from account where id = 2',
        });
        expect(rows).toEqual([{ balance: 0, two: 2 }]);
        const settings = await next.query("select current_setting('application_name') as name");
        expect(settings.rows).not.toEqual([{ name: 'left behind' }]);
        await expect(next.query('select from left_behind')).rejects.toMatchObject({ code: '42P01' });
      } finally {
        next.release();
      }
    });
  });
});

describe.skipIf(!hasPostgres)(`conflicts between transactions (${POSTGRES_HINT})`, () => {
  let opened: Opened;
  let db: Database;

  beforeAll(async () => {
    opened = await openServer();
    db = opened.db;
    await db.query({ text: 'create table account (id integer primary key, balance integer not null)' });
  });
  afterAll(() => opened.close());

  const reset = () => db.query({ text: 'truncate account; insert into account values (1, 0), (2, 0)' });
  const read = (tx: Queryable) => tx.query({ text: 'select sum(balance) from account' });
  const add = (tx: Queryable, id: number) =>
    execute(tx, sql`update account set balance = balance + 1 where id = ${id}`);

  /** Lets two transactions come to the same point before either goes on; later runs pass at once. */
  function createMeeting(): () => Promise<void> {
    let open = () => {};
    const together = new Promise<void>((resolve) => {
      open = resolve;
    });
    let arrived = 0;
    return async () => {
      arrived += 1;
      if (arrived === 2) open();
      await together;
    };
  }

  it('runs one of two again that can not be put in an order', async () => {
    await reset();
    const meet = createMeeting();
    let runs = 0;
    const work = (id: number) =>
      db.transaction(
        async (tx) => {
          runs += 1;
          await read(tx);
          await meet();
          await add(tx, id);
        },
        { isolation: 'serializable' },
      );
    await Promise.all([work(1), work(2)]);
    expect(runs).toBe(3);
    expect(await many(db, sql`select balance from account`)).toEqual([{ balance: 1 }, { balance: 1 }]);
  });

  it('runs one of two again that wait for each other', async () => {
    await reset();
    const meet = createMeeting();
    let runs = 0;
    const work = (first: number, second: number) =>
      db.transaction(async (tx) => {
        runs += 1;
        await add(tx, first);
        await meet();
        await add(tx, second);
      });
    await Promise.all([work(1, 2), work(2, 1)]);
    // Who is rolled back may take its row again before the other one wakes, and meet it once more.
    expect(runs).toBeGreaterThanOrEqual(3);
    expect(await many(db, sql`select balance from account`)).toEqual([{ balance: 2 }, { balance: 2 }]);
  });

  it('runs a statement again that lost a deadlock against a transaction', async () => {
    await reset();
    await execute(
      db,
      sql`create or replace function take_both() returns integer language plpgsql as $$ begin
        update account set balance = balance + 1 where id = 2;
        perform pg_sleep(0.2);
        update account set balance = balance + 1 where id = 1;
        return 1;
      end $$`,
    );
    // Who looks for deadlocks first is the one to lose.
    const other = db.transaction(async (tx) => {
      await tx.query({ text: `set local deadlock_timeout = '1min'` });
      await add(tx, 1);
      await tx.query({ text: 'select pg_sleep(0.2)' });
      await add(tx, 2);
    });
    await Promise.all([other, execute(db, sql`select take_both()`)]);
    expect(await many(db, sql`select balance from account`)).toEqual([{ balance: 2 }, { balance: 2 }]);
  });

  it('gives up after the attempts it may make', async () => {
    let runs = 0;
    const failing = db.transaction(
      async (tx) => {
        runs += 1;
        await tx.query({ text: `do $$ begin raise exception 'conflict' using errcode = '40001'; end $$` });
      },
      { attempts: 2 },
    );
    await expect(failing).rejects.toMatchObject({
      status: 503,
      code: 'database_conflict',
      cause: { code: '40001' },
    });
    expect(runs).toBe(2);
  });
});
