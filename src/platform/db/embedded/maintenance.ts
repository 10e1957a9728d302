import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Database } from '../pool.js';
import { many, one } from '../queryable.js';
import { sql } from '../sql.js';

/** Milliseconds between two checkpoints: PostgreSQL's `checkpoint_timeout`. */
const INTERVAL = 300_000;
/** Number of intervals between two vacuums. */
const VACUUM_EVERY = 12;

/**
 * Does the work of PostgreSQL's background processes, which an embedded database does not have: without checkpoints
 * the WAL would grow as long as the server runs; without vacuum the tables would.
 */
export function startMaintenance(db: Database): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const running = maintain(db, stopped.signal);
  return {
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

async function maintain(db: Database, signal: AbortSignal): Promise<void> {
  let position = '';
  for (let round = 1; ; round += 1) {
    await delay(INTERVAL, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    // If a round fails, for example because the connection is busy, the next one makes up for it.
    position = await maintainOnce(db, { position, vacuum: round % VACUUM_EVERY === 0 }).catch(() => position);
  }
}

/** @returns the end of the WAL, which tells the next round whether anything has been written since */
export async function maintainOnce(
  db: Database,
  { position, vacuum }: { readonly position: string; readonly vacuum: boolean },
): Promise<string> {
  if ((await walPosition(db)) === position) return position;
  if (vacuum) await vacuumTables(db);
  await db.query({ text: 'checkpoint' });
  return walPosition(db);
}

/** One table after the other, so that other statements can run in between. */
async function vacuumTables(db: Database): Promise<void> {
  const tables = await many<{ name: string }>(
    db,
    sql`select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  );
  for (const { name } of tables) await db.query({ text: `vacuum (analyze) ${pg.escapeIdentifier(name)}` });
}

async function walPosition(db: Database): Promise<string> {
  const row = await one<{ position: string }>(db, sql`select pg_current_wal_insert_lsn()::text as position`);
  return row?.position ?? '';
}
