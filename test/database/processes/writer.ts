import { createEmbeddedDatabase } from '../../../src/platform/db/embedded/embedded.js';
import { execute, one } from '../../../src/platform/db/queryable.js';
import { sql } from '../../../src/platform/db/sql.js';

/**
 * Adds rows to the database of its first argument until it is killed, and writes each number once it is
 * committed.
 */
const db = await createEmbeddedDatabase({
  dataDir: process.argv[2] ?? '',
  seed: process.argv[3] ?? '',
  timeout: 20_000,
  guardNesting: false,
});
await db.query({ text: 'create table if not exists entry (id integer primary key, twin integer)' });
const last = await one<{ id: number }>(db, sql`select coalesce(max(id), 0) as id from entry`);

for (let id = (last?.id ?? 0) + 1; ; id += 1) {
  await db.transaction(async (tx) => {
    await execute(tx, sql`insert into entry values (${id})`);
    await execute(tx, sql`update entry set twin = ${id} where id = ${id}`);
  });
  process.stdout.write(`${id}\n`);
}
