import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceUnavailable } from '../../src/kernel/errors.js';
import { StartError } from '../../src/kernel/start-error.js';
import { createEmbeddedDatabase, createEngineDatabase } from '../../src/platform/db/embedded/embedded.js';
import { createLastingEngine } from '../../src/platform/db/embedded/lasting-engine.js';
import { maintainOnce } from '../../src/platform/db/embedded/maintenance.js';
import { MIGRATIONS, pendingMigrations } from '../../src/platform/db/migrate.js';
import type { Database } from '../../src/platform/db/pool.js';
import { execute, many, one } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';
import { SHORT_LIVED } from '../process/server.js';
import { copyPreparedFolder, findSeed } from '../support/database.js';
import { DATA_FOLDER } from '../support/folders.js';

/** Starts of a database take their time, most of all on a busy machine. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const WRITER = path.join(import.meta.dirname, 'processes/writer.ts');

describe('the embedded database', () => {
  let seed: string;
  let dataDir: string;
  let opened: Database[];

  beforeAll(async () => {
    seed = await findSeed();
  });
  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(DATA_FOLDER, 'embedded-'));
    opened = [];
  });
  afterEach(async () => {
    for (const db of opened) await db.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function open(
    options: { readonly timeout?: number; readonly seed?: string } = {},
  ): Promise<Database> {
    const db = await createEmbeddedDatabase({
      dataDir,
      seed,
      timeout: 20_000,
      guardNesting: false,
      ...options,
    });
    opened.push(db);
    return db;
  }

  async function close(db: Database): Promise<void> {
    opened = opened.filter((other) => other !== db);
    await db.close();
  }

  const fold = (text: string) => ({ text });

  it('starts with all migrations applied, in a folder that nobody else may read', async () => {
    const db = await open();
    expect(await pendingMigrations(db, MIGRATIONS)).toEqual([]);
    expect(await many(db, sql`select name from auth_group order by id`)).toHaveLength(3);
    expect((await stat(path.join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700);
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.lock']);
  });

  it('starts empty when there is no prepared folder', async () => {
    const db = await open({ seed: path.join(dataDir, 'missing') });
    expect(await pendingMigrations(db, MIGRATIONS)).not.toEqual([]);
  });

  it('keeps what was written', async () => {
    await copyPreparedFolder(dataDir);
    const first = await open();
    await execute(first, sql`insert into auth_server_settings values ('a', 'b')`);
    await close(first);
    expect(await readdir(dataDir)).toEqual(['postgres']);
    const second = await open();
    expect(await many(second, sql`select * from auth_server_settings`)).toEqual([{ name: 'a', value: 'b' }]);
  });

  it('starts again where an earlier first start was killed', async () => {
    await mkdir(path.join(dataDir, 'postgres.tmp/base'), { recursive: true });
    await writeFile(path.join(dataDir, 'postgres.tmp/PG_VERSION'), '');
    const db = await open();
    expect(await pendingMigrations(db, MIGRATIONS)).toEqual([]);
    expect(await readdir(dataDir)).not.toContain('postgres.tmp');
  });

  it('refuses a data folder that can not be made, with the remedy', async () => {
    await writeFile(path.join(dataDir, 'file'), '');
    const folder = path.join(dataDir, 'file/data');
    await expect(
      createEmbeddedDatabase({ dataDir: folder, timeout: 1000, guardNesting: false }),
    ).rejects.toThrow(
      new StartError(
        `The data folder ${folder} can't be written (ENOTDIR): make it writable for this user, or set DATA_DIR to a folder that is.`,
      ),
    );
  });

  it('refuses a folder that a running server uses, and leaves that one alone', async () => {
    await copyPreparedFolder(dataDir);
    const db = await open();
    await expect(open()).rejects.toThrow(/is in use by process \d+: stop that one first, or set DATA_DIR/);
    await expect(one(db, sql`select 1 as one`)).resolves.toEqual({ one: 1 });
  });

  it('refuses a folder that holds no database, and gives its lock back', async () => {
    await mkdir(path.join(dataDir, 'postgres'), { recursive: true });
    await writeFile(path.join(dataDir, 'postgres/PG_VERSION'), '18\n');
    await expect(open()).rejects.toThrow(StartError);
    await expect(open()).rejects.toThrow(/postgres does not open \(.+\): restore the folder from a backup/);
    expect(await readdir(dataDir)).toEqual(['postgres']);
  });

  it('loses no acknowledged row to kill -9', async () => {
    await copyPreparedFolder(dataDir);
    let acknowledged = 0;
    for (const moment of [50, 500, 200]) {
      const writer = spawn(process.execPath, [...SHORT_LIVED, '--import', 'tsx', WRITER, dataDir, seed], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let written = '';
      writer.stdout.on('data', (chunk) => {
        written += chunk;
      });
      const gone = once(writer, 'exit');
      await Promise.race([once(writer.stdout, 'data'), gone]);
      await delay(moment);
      writer.kill('SIGKILL');
      await gone;
      const last = Number(written.trimEnd().split('\n').at(-1));
      expect(last).toBeGreaterThan(acknowledged);
      acknowledged = last;
    }
    const db = await open();
    const row = await one<{ rows: number; highest: number; torn: number }>(
      db,
      sql`select count(*)::integer as rows, max(id) as highest,
                 count(*) filter (where twin is distinct from id)::integer as torn
          from entry`,
    );
    expect(row?.highest).toBeGreaterThanOrEqual(acknowledged);
    expect(row).toMatchObject({ rows: row?.highest, torn: 0 });
  });

  it('ends a statement that does not end', async () => {
    const folder = path.join(dataDir, 'postgres');
    await copyPreparedFolder(dataDir);
    const engine = await createLastingEngine(folder, 1500);
    const db = createEngineDatabase(engine, { timeout: 20_000, guardNesting: false });
    opened.push(db);
    const started = performance.now();
    await expect(db.query(fold('select pg_sleep(60)'))).rejects.toThrow(ServiceUnavailable);
    expect(performance.now() - started).toBeLessThan(10_000);
    await expect(one(db, sql`select 1 as one`)).resolves.toEqual({ one: 1 });
  });

  describe('while it is open', () => {
    /** Short, because some tests wait for it. */
    const TIMEOUT = 1000;
    let folder: string;
    let db: Database;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(DATA_FOLDER, 'embedded-'));
      await copyPreparedFolder(folder);
      db = await createEmbeddedDatabase({ dataDir: folder, seed, timeout: TIMEOUT, guardNesting: false });
      await untilAnswers();
    });
    afterAll(async () => {
      await db.close();
      await rm(folder, { recursive: true, force: true });
    });

    /** The first connection takes longer than the others, on a busy machine longer than the limit. */
    const untilAnswers = () =>
      vi.waitFor(async () => expect(await one(db, sql`select 1 as one`)).toEqual({ one: 1 }), 20_000);

    it('waits for the disk when it commits', async () => {
      const row = sql`select current_setting('fsync') || current_setting('wal_sync_method') as text`;
      expect(await one(db, row)).toEqual({ text: 'onfsync' });
    });

    it('leaves the event loop to others while a statement runs', async () => {
      let ticks = 0;
      const timer = setInterval(() => {
        ticks += 1;
      }, 20);
      await db.query(fold('select pg_sleep(0.5)'));
      clearInterval(timer);
      expect(ticks).toBeGreaterThan(5);
    });

    it('is unavailable while a statement takes too long, and heals when it is done', async () => {
      await expect(db.query(fold('select pg_sleep(2.5)'))).rejects.toThrow(ServiceUnavailable);
      await expect(db.query(fold('select 1'))).rejects.toThrow(ServiceUnavailable);
      await untilAnswers();
    });

    it('is unavailable, not stuck, when a transaction waits for a second connection', async () => {
      await expect(db.transaction(() => db.query(fold('select 1')))).rejects.toThrow(ServiceUnavailable);
      await untilAnswers();
    });

    it('heals when PostgreSQL breaks down, with what was committed', async () => {
      await db.query(
        fold(`create table entry (id integer);
              create function endless(n integer) returns integer language plpgsql
              as 'begin return endless(n + 1); end'`),
      );
      await execute(db, sql`insert into entry values (1)`);
      const broken = db.transaction(async (tx) => {
        await execute(tx, sql`insert into entry values (2)`);
        // PostgreSQL's own limit must not come first: V8 gives its code more or less of the stack.
        await tx.query(fold("set local max_stack_depth = '7680kB'"));
        await tx.query(fold('select endless(1)'));
      });
      await expect(broken).rejects.toThrow(ServiceUnavailable);
      const rows = () => many(db, sql`select id from entry`).catch(() => 'not yet');
      await expect.poll(rows, { timeout: 20_000 }).toEqual([{ id: 1 }]);
    });
  });

  describe('maintenance', () => {
    let folder: string;
    let db: Database;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(DATA_FOLDER, 'embedded-'));
      await copyPreparedFolder(folder);
      db = await createEmbeddedDatabase({ dataDir: folder, seed, timeout: 20_000, guardNesting: false });
    });
    afterAll(async () => {
      await db.close();
      await rm(folder, { recursive: true, force: true });
    });

    const oldestSegment = async (): Promise<string> =>
      (await one<{ name: string }>(db, sql`select min(name) as name from pg_ls_waldir()`))?.name ?? '';
    const startOfRecovery = () => one(db, sql`select redo_lsn::text from pg_control_checkpoint()`);

    it('lets go of the write-ahead log that is not needed any more', async () => {
      const before = await oldestSegment();
      await db.query(fold('create table entry as select n from generate_series(1, 100000) n'));
      expect(await oldestSegment()).toBe(before);
      await maintainOnce(db, { position: '', vacuum: false });
      expect((await oldestSegment()) > before).toBe(true);
    });

    it('frees the space of dead rows', async () => {
      await db.query(
        fold('create table dead as select n from generate_series(1, 10000) n; delete from dead'),
      );
      await maintainOnce(db, { position: '', vacuum: true });
      expect(await one(db, sql`select pg_relation_size('dead')::integer as bytes`)).toEqual({ bytes: 0 });
    });

    it('does nothing when nothing was written', async () => {
      await db.query(fold('create table written (id integer)'));
      const position = await maintainOnce(db, { position: '', vacuum: false });
      const before = await startOfRecovery();
      expect(await maintainOnce(db, { position, vacuum: true })).toBe(position);
      expect(await startOfRecovery()).toEqual(before);
    });
  });
});
