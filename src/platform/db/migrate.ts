import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { StartError } from '../../kernel/start-error.js';
import type { Database } from './pool.js';
import { execute, many, one, type Queryable } from './queryable.js';
import { sql } from './sql.js';

/** The migrations shipped with the server. */
export const MIGRATIONS = fileURLToPath(new URL('../../../migrations', import.meta.url));

interface Migration {
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
}

interface Applied {
  readonly name: string;
  readonly sha256: string;
}

/**
 * Checksums under which a file was released before its first bytes were restored. Its old effect equals its effect
 * today together with a later file (0030 with 0033), so a database with either checksum is right. Do not add to this:
 * a released file is never edited.
 */
const PUT_BACK: ReadonlyMap<string, string> = new Map([
  ['0030_one_owner.sql', '38fe8f3ec192a162f2adc7a8b1d91c1ad52f74703c12444c0e14016953a6c5f6'],
]);

const TABLE = sql`
  create table if not exists auth_server_migrations (
    name text primary key,
    sha256 text not null,
    applied_at timestamptz not null default now()
  )
`;

/** How long a statement waits for a table in use: meanwhile all other statements queue behind it. */
const LOCK_TIMEOUT = '5s';

/**
 * Applies the files `NNNN_name.sql` of a folder that the database does not have yet, in the order of their names, each
 * in its own transaction. Any number of processes may do this at once: they take turns.
 *
 * @returns the names of the applied files
 * @throws StartError if an applied file has been changed since, or if a file cannot be applied
 * @throws ServiceUnavailable if the database does not answer
 */
export async function migrate(db: Database, dir: string): Promise<string[]> {
  const migrations = await readMigrations(dir);
  const done: string[] = [];
  // Checks before it locks: a role without the right to create tables can start a server whose tables exist.
  while (findPending(migrations, await listApplied(db)).length > 0) {
    const name = await applyNext(db, migrations);
    if (name !== undefined) done.push(name);
  }
  return done;
}

/**
 * @returns the names of the files that `migrate` would apply
 * @throws StartError if an applied file has been changed since
 */
export async function pendingMigrations(db: Queryable, dir: string): Promise<string[]> {
  return findPending(await readMigrations(dir), await listApplied(db)).map(({ name }) => name);
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      // A checkout on Windows may use CRLF line ends: it is the same file.
      const text = (await readFile(path.join(dir, name), 'utf8')).replaceAll('\r\n', '\n');
      return { name, text, sha256: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

const readApplied = (db: Queryable): Promise<Applied[]> =>
  many<{ name: string; sha256: string }>(db, sql`select name, sha256 from auth_server_migrations`);

async function listApplied(db: Queryable): Promise<Applied[]> {
  const table = sql`select to_regclass('auth_server_migrations') is not null as exists`;
  const isThere = (await one<{ exists: boolean }>(db, table))?.exists ?? false;
  return isThere ? readApplied(db) : [];
}

/** Applied files that are not in the folder belong to a newer release and are ignored. */
function findPending(migrations: readonly Migration[], applied: readonly Applied[]): Migration[] {
  const sums = new Map(applied.map(({ name, sha256 }) => [name, sha256]));
  const changed = migrations.find(
    ({ name, sha256 }) => ![undefined, sha256, PUT_BACK.get(name)].includes(sums.get(name)),
  );
  if (changed !== undefined) {
    throw new StartError(
      `The migration ${changed.name} was changed after it had been applied: restore the file and put the change into a new one.`,
    );
  }
  return migrations.filter(({ name }) => !sums.has(name));
}

/** @returns the name of the applied file; undefined if another process was faster */
function applyNext(db: Database, migrations: readonly Migration[]): Promise<string | undefined> {
  const apply = async (tx: Queryable): Promise<string | undefined> => {
    await execute(tx, sql`select pg_advisory_xact_lock(hashtextextended('auth_server_migrations', 0))`);
    // PostgreSQL 13 may have cached here that the table does not exist: only a statement that locks it checks again.
    await execute(tx, TABLE);
    const [next] = findPending(migrations, await readApplied(tx));
    if (next === undefined) return undefined;
    await applyFile(tx, next);
    return next.name;
  };
  return db.transaction(apply, { statementTimeout: 0 });
}

async function applyFile(tx: Queryable, { name, text, sha256 }: Migration): Promise<void> {
  try {
    await tx.query({ text: `set local lock_timeout = '${LOCK_TIMEOUT}'` });
    // Without parameters the text is sent as one simple query, which may contain several statements.
    await tx.query({ text });
  } catch (error) {
    throw describeRefusal(name, error);
  }
  await execute(tx, sql`insert into auth_server_migrations (name, sha256) values (${name}, ${sha256})`);
}

function describeRefusal(name: string, error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError) || error.code?.startsWith('40')) return error;
  const remedy =
    error.code === '55P03'
      ? 'another program holds its tables: start again when its transaction has ended'
      : `PostgreSQL says "${error.message}": correct that and start again`;
  return new StartError(`The migration ${name} could not be applied and changed nothing: ${remedy}.`, {
    cause: error,
  });
}
