import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { createEngine, type Engine } from '../../src/platform/db/embedded/engine.js';
import { writeRefill } from './refill.js';

/** Opens an empty database that lives in memory, in this thread. */
export const openMemoryEngine = async (): Promise<Engine> => createEngine(await openMemory({}));

/** What the types of Node.js leave out of what it has. */
declare global {
  namespace WebAssembly {
    function compile(bytes: Uint8Array): Promise<Module>;
  }
}

let program: Promise<WebAssembly.Module> | undefined;

/** The embedded database is compiled once for all engines of a process. */
function compileOnce(): Promise<WebAssembly.Module> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  program ??= readFile(path.join(path.dirname(entry), 'pglite.wasm')).then((bytes) =>
    WebAssembly.compile(bytes),
  );
  return program;
}

async function openMemory(options: PGliteOptions): Promise<PGlite> {
  const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'];
  return PGlite.create({ ...options, pgliteWasmModule: await compileOnce(), startParams });
}

/** How many engines wait for the next test: each holds some 60 MB. */
const KEPT = 3;

/** An engine with what it held at first. */
interface Prepared {
  readonly database: PGlite;
  /** Says of which tables, columns, functions and rules the database consists. */
  readonly catalog: string;
  /** Empties all tables, and fills them with the first rows. */
  readonly refill: string;
}

const idle: Prepared[] = [];

/**
 * Lends an engine whose database has all migrations applied and nothing else. Opening one takes half a second, so a
 * closed one is emptied for the next test, unless that left tables or columns of its own behind.
 *
 * @param seed the packed folder of such a database
 */
export async function borrowEngine(seed: string): Promise<Engine> {
  const prepared = (await takeClean()) ?? (await openPrepared(seed));
  const engine = createEngine(prepared.database);
  let isWhole = true;
  return {
    ...engine,
    exec: (messages) =>
      engine.exec(messages).catch((error: unknown) => {
        isWhole = false;
        throw error;
      }),
    async close() {
      if (isWhole && idle.length < KEPT) idle.push(prepared);
      else await prepared.database.close();
    },
  };
}

async function openPrepared(seed: string): Promise<Prepared> {
  const database = await openMemory({ loadDataDir: new Blob([gunzipSync(await readFile(seed))]) });
  return {
    database,
    catalog: await readCatalog(database),
    refill: await writeRefill((text) => database.query(text), 'truncate'),
  };
}

async function takeClean(): Promise<Prepared | undefined> {
  for (let prepared = idle.pop(); prepared !== undefined; prepared = idle.pop()) {
    const { database, catalog, refill } = prepared;
    await database.exec('rollback');
    await database.exec('discard all');
    if ((await readCatalog(database)) === catalog) {
      await database.exec(refill);
      return prepared;
    }
    await database.close();
  }
  return undefined;
}

/** From this number on objects are made by migrations and tests, and not by PostgreSQL itself. */
const FIRST_OID = 16_384;

async function readCatalog(database: PGlite): Promise<string> {
  const parts = [
    `select 'class', oid::bigint, relname::text from pg_class where oid >= ${FIRST_OID}`,
    `select 'column', attrelid, concat_ws(' ', attnum, attname, atttypmod, attnotnull) from pg_attribute
       where attrelid >= ${FIRST_OID}`,
    `select 'default', oid, '' from pg_attrdef`,
    `select 'constraint', oid, concat_ws(' ', conname, condeferred) from pg_constraint where oid >= ${FIRST_OID}`,
    `select 'function', oid, md5(prosrc) from pg_proc where oid >= ${FIRST_OID}`,
    `select 'trigger', oid, concat_ws(' ', tgname, tgenabled) from pg_trigger`,
    `select 'role', oid, concat_ws(' ', rolname, rolconnlimit) from pg_roles`,
    `select 'setting', setrole, array_to_string(setconfig, ',') from pg_db_role_setting`,
  ];
  const each = `${parts.join(' union all ')} order by 1, 2, 3`;
  const { rows } = await database.query<{ sum: string }>(
    `select md5(string_agg(part::text, ',')) as sum from (${each}) part`,
  );
  return rows[0]?.sum ?? '';
}
