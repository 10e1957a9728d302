import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Random } from '../kernel/random.js';
import { StartError } from '../kernel/start-error.js';
import { execute, one, type Queryable } from '../platform/db/queryable.js';
import { sql } from '../platform/db/sql.js';

const SECRET_BYTES = 48;
const NAME = 'secret_key';

/**
 * The secret that signs sessions and links if SECRET_KEY is not set, stored in a file of the data folder that only its
 * owner can read. Created once.
 *
 * @throws StartError if the file cannot be read or written
 */
export async function secretKeyFromFile(dataDir: string, random: Random): Promise<string> {
  const file = path.join(dataDir, 'secret-key');
  const draft = `${file}.${random.uuid()}`;
  try {
    await mkdir(dataDir, { recursive: true });
    const known = await readFile(file, 'utf8').catch(() => '');
    if (known.trim() !== '') return known.trim();
    await writeFile(draft, random.bytes(SECRET_BYTES).toString('base64url'), { mode: 0o600, flag: 'wx' });
    // Creating a link is atomic, and never replaces the key of a process that was faster.
    await link(draft, file).catch(() => undefined);
    await chmod(file, 0o600);
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new StartError(
      `DATA_DIR is "${dataDir}", and the secret key can't be kept there: make the folder writable or set SECRET_KEY.`,
      {
        cause,
      },
    );
  } finally {
    await rm(draft, { force: true });
  }
}

/** The same for replicas that share a database and have no SECRET_KEY. */
export async function secretKeyFromDatabase(db: Queryable, random: Random): Promise<string> {
  const made = random.bytes(SECRET_BYTES).toString('base64url');
  await execute(
    db,
    sql`insert into auth_server_settings (name, value) values (${NAME}, ${made}) on conflict (name) do nothing`,
  );
  const row = await one<{ value: string }>(
    db,
    sql`select value from auth_server_settings where name = ${NAME}`,
  );
  if (row === undefined) throw new TypeError('The secret key was stored and is not there.');
  return row.value;
}
