import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ServiceUnavailable } from '../../src/kernel/errors.js';
import { StartError } from '../../src/kernel/start-error.js';
import { createExternalDatabase } from '../../src/platform/db/external.js';
import { MIGRATIONS, migrate, pendingMigrations } from '../../src/platform/db/migrate.js';
import type { Database } from '../../src/platform/db/pool.js';
import { execute, many, one } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';
import { explainRefusal } from '../../src/platform/db/start-failure.js';
import {
  hasPostgres,
  POSTGRES_HINT,
  type PostgresServer,
  startPostgres,
} from '../support/postgres-server.js';

const REPLICA = path.join(import.meta.dirname, 'processes/migrate.ts');

describe.skipIf(!hasPostgres)(`migrate (${POSTGRES_HINT})`, () => {
  let server: PostgresServer;
  let db: Database;
  let dir: string;

  beforeAll(async () => {
    server = await startPostgres();
    db = open(server.url);
  });
  afterAll(async () => {
    await db.close();
    await server.remove();
  });
  beforeEach(async () => {
    await db.query({
      text: 'drop schema public cascade; create schema public; grant usage on schema public to public',
    });
    dir = await mkdtemp(path.join(tmpdir(), 'migrations-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const open = (url: string): Database =>
    createExternalDatabase({
      url,
      poolSize: 3,
      timeout: 20_000,
      applicationName: 'migrate',
      guardNesting: true,
    });
  const write = (name: string, text: string) => writeFile(path.join(dir, name), text);
  const hasTable = async (name: string): Promise<boolean> =>
    (await one<{ found: boolean }>(db, sql`select to_regclass(${name}) is not null as found`))?.found ??
    false;

  it('applies the files in the order of their names, once', async () => {
    await write('0010_late.sql', 'insert into entry values (10); insert into entry values (11);');
    await write('0002_early.sql', 'create table entry (id integer);');
    await write('README.md', 'not a migration');
    expect(await pendingMigrations(db, dir)).toEqual(['0002_early.sql', '0010_late.sql']);
    expect(await migrate(db, dir)).toEqual(['0002_early.sql', '0010_late.sql']);
    expect(await migrate(db, dir)).toEqual([]);
    expect(await pendingMigrations(db, dir)).toEqual([]);
    expect(await many(db, sql`select id from entry`)).toEqual([{ id: 10 }, { id: 11 }]);
    await write('0011_latest.sql', 'insert into entry values (12);');
    expect(await migrate(db, dir)).toEqual(['0011_latest.sql']);
  });

  it('records what it applied', async () => {
    await write('0001_entry.sql', 'create table entry (id integer);\n');
    await migrate(db, dir);
    expect(await many(db, sql`select name, sha256 from auth_server_migrations`)).toEqual([
      { name: '0001_entry.sql', sha256: 'd75b9e5556b38b01ea27d0b96b3cf91143e80c33d7b355677e038fe16647e04b' },
    ]);
  });

  it('refuses a file that was changed after it was applied, other than in its line ends', async () => {
    await write('0001_entry.sql', 'create table entry\n(id integer);\n');
    await migrate(db, dir);
    await write('0001_entry.sql', 'create table entry\r\n(id integer);\r\n');
    expect(await migrate(db, dir)).toEqual([]);
    await write('0001_entry.sql', 'create table entry\n(id bigint);\n');
    await expect(migrate(db, dir)).rejects.toThrow(StartError);
    await expect(migrate(db, dir)).rejects.toThrow(/0001_entry\.sql was changed after it had been applied/);
    await expect(pendingMigrations(db, dir)).rejects.toThrow(StartError);
  });

  it('leaves alone what a newer release applied', async () => {
    await write('0001_entry.sql', 'create table entry (id integer);');
    await write('0002_newer.sql', 'create table newer (id integer);');
    await migrate(db, dir);
    await rm(path.join(dir, '0002_newer.sql'));
    expect(await migrate(db, dir)).toEqual([]);
    expect(await hasTable('newer')).toBe(true);
  });

  it('takes up where it was interrupted, twice', async () => {
    const broken = 'create table third (id integer);';
    await write('0001_first.sql', 'create table first (id integer);');
    await write(
      '0002_second.sql',
      'create table second (id integer); select pg_terminate_backend(pg_backend_pid());',
    );
    await write('0003_third.sql', `${broken} select 1 / 0;`);

    await expect(migrate(db, dir)).rejects.toThrow(ServiceUnavailable);
    expect([await hasTable('first'), await hasTable('second')]).toEqual([true, false]);

    await write('0002_second.sql', 'create table second (id integer);');
    await expect(migrate(db, dir)).rejects.toThrow(
      'The migration 0003_third.sql could not be applied and changed nothing: PostgreSQL says "division by zero"',
    );
    expect([await hasTable('second'), await hasTable('third')]).toEqual([true, false]);

    await write('0003_third.sql', broken);
    expect(await migrate(db, dir)).toEqual(['0003_third.sql']);
    expect(await hasTable('third')).toBe(true);
  });

  it('has as much time as a file takes', async () => {
    const hurried = createExternalDatabase({
      url: server.url,
      poolSize: 1,
      timeout: 200,
      applicationName: 'hurried',
      guardNesting: true,
    });
    await write('0001_slow.sql', 'create table entry (id integer); select pg_sleep(1.5);');
    await expect(migrate(hurried, dir)).resolves.toEqual(['0001_slow.sql']);
    await hurried.close();
  });

  it('does not wait for a table for ever, and says so', async () => {
    await db.query({ text: 'create table entry (id integer)' });
    await write('0001_column.sql', 'alter table entry add column note text;');
    let finish = () => {};
    let noteLock = () => {};
    const locked = new Promise<void>((resolve) => {
      noteLock = resolve;
    });
    const busy = db.transaction(async (tx) => {
      await tx.query({ text: 'lock table entry in access share mode' });
      await new Promise<void>((resolve) => {
        finish = resolve;
        noteLock();
      });
    });
    await locked;
    const failed = migrate(db, dir);
    await expect(failed).rejects.toThrow('another program holds its tables');
    finish();
    await busy;
    expect(await migrate(db, dir)).toEqual(['0001_column.sql']);
  });

  it('asks for no rights when there is nothing to do', async () => {
    await migrate(db, MIGRATIONS);
    await db.query({
      text: `drop role if exists visitor; create role visitor login;
             grant select on all tables in schema public to visitor`,
    });
    const visitor = open(server.url.replace('postgres@', 'visitor@'));
    await expect(migrate(visitor, MIGRATIONS)).resolves.toEqual([]);
    await write('0099_more.sql', 'create table more (id integer);');
    const refused: unknown = await migrate(visitor, dir).catch((error: unknown) => explainRefusal(error));
    expect(refused).toEqual(
      new StartError(
        'DATABASE_URL is for a role without the rights that it needs (permission denied for schema public): make it the owner of the tables, and grant it CREATE on the schema public.',
      ),
    );
    await visitor.close();
    await db.query({ text: 'drop owned by visitor; drop role visitor' });
  });

  it('lets three processes that start at once take turns', async () => {
    const run = promisify(execFile);
    const replicas = await Promise.all(
      [1, 2, 3].map(() => run(process.execPath, ['--import', 'tsx', REPLICA, server.url])),
    );
    const applied = replicas.flatMap(({ stdout }): string[] => JSON.parse(stdout));
    const files = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql'));
    expect(applied.sort()).toEqual(files.sort());
    expect(await pendingMigrations(db, MIGRATIONS)).toEqual([]);
  });

  it('opens a database of an earlier commit, where 0030 had what is now in 0033', async () => {
    const functions = sql`
      select proname, prosrc from pg_proc where proname like 'auth_server%owner%' order by proname`;
    await migrate(db, MIGRATIONS);
    const before = await many(db, functions);
    const landed = '38fe8f3ec192a162f2adc7a8b1d91c1ad52f74703c12444c0e14016953a6c5f6';
    await execute(db, sql`delete from auth_server_migrations where name = '0033_owner_beside_cvat.sql'`);
    await execute(
      db,
      sql`update auth_server_migrations set sha256 = ${landed} where name = '0030_one_owner.sql'`,
    );
    expect(await migrate(db, MIGRATIONS)).toEqual(['0033_owner_beside_cvat.sql']);
    expect(await migrate(db, MIGRATIONS)).toEqual([]);
    expect(await many(db, functions)).toEqual(before);
    expect(before).toHaveLength(5);
  });
});

describe('every migration', () => {
  it('has a number of its own and a sentence on top', async () => {
    const names = (await readdir(MIGRATIONS)).sort();
    expect(names.filter((name) => !/^\d{4}_[a-z_]+\.sql$/.test(name))).toEqual([]);
    expect(new Set(names.map((name) => name.slice(0, 4))).size).toBe(names.length);
    for (const name of names) {
      expect(await readFile(path.join(MIGRATIONS, name), 'utf8'), name).toMatch(/^-- [A-Z]/);
    }
  });
});
