import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { unpackFolder } from '../../src/platform/db/embedded/archive.js';
import { createEngineDatabase } from '../../src/platform/db/embedded/embedded.js';
import { makeSeed } from '../../src/platform/db/embedded/seed.js';
import { MIGRATIONS } from '../../src/platform/db/migrate.js';
import type { Database } from '../../src/platform/db/pool.js';
import { keptFolder } from './folders.js';
import { borrowEngine } from './memory-engine.js';
import { administer, findTemplate, fingerprint, openExternal, TIMEOUT, urlOf } from './template.js';

export interface TestDatabase {
  readonly db: Database;
  /** For a second connection; the embedded database has none. */
  readonly url?: string;
  drop(): Promise<void>;
}

/**
 * Makes a database with all migrations applied, for one test file. With TEST_DATABASE_URL, where the role may
 * create databases, it is a copy of a template on that server; without, it is the embedded one, in memory.
 */
export function createTestDatabase(): Promise<TestDatabase> {
  const url = process.env['TEST_DATABASE_URL'];
  return url ? createFromTemplate(url) : createEmbedded();
}

async function createEmbedded(): Promise<TestDatabase> {
  const db = await createMemoryDatabase();
  return { db, drop: () => db.close() };
}

/** Opens a database in memory with all migrations applied, for one test file or one server. */
export const createMemoryDatabase = async (): Promise<Database> =>
  createEngineDatabase(await borrowEngine(await findSeed()), { timeout: TIMEOUT, guardNesting: true });

/**
 * Not the archive of the build, which may be older than the migrations, but one made once for what they are
 * now.
 */
export async function findSeed(): Promise<string> {
  const seed = path.join(await keptFolder(), `seed-${fingerprint()}.tar.gz`);
  if (!existsSync(seed)) await makeSeed(seed, MIGRATIONS);
  return seed;
}

/**
 * Puts a database folder with all migrations applied below a data folder, as the first start does from the archive of
 * the build, in a tenth of the time: the files are unpacked already, and `cp` is far faster than Node.js with a thousand.
 */
export async function copyPreparedFolder(dataDir: string): Promise<void> {
  const prepared = (await findSeed()).replace(/\.tar\.gz$/, '');
  if (!existsSync(prepared)) await unpack(`${prepared}.tar.gz`, prepared);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await promisify(execFile)('cp', ['-R', prepared, path.join(dataDir, 'postgres')]);
}

/** Gets its name when it is complete; of two who do so at once, one wins. */
async function unpack(seed: string, folder: string): Promise<void> {
  const draft = `${folder}.${randomUUID()}`;
  await unpackFolder(seed, draft);
  await rename(draft, folder).catch(() => rm(draft, { recursive: true }));
}

async function createFromTemplate(server: string): Promise<TestDatabase> {
  const template = await findTemplate(server);
  const name = `auth_server_test_${randomUUID().replaceAll('-', '')}`;
  await administer(server, (client) => client.query(`create database ${name} template ${template}`));
  const url = urlOf(server, name);
  const db = openExternal(url);
  return {
    db,
    url,
    async drop() {
      await db.close();
      await administer(server, (client) => client.query(`drop database ${name} with (force)`));
    },
  };
}
