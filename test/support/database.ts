import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { createEngineDatabase } from '../../src/platform/db/embedded/embedded.js';
import { makeSeed } from '../../src/platform/db/embedded/seed.js';
import { createExternalDatabase } from '../../src/platform/db/external.js';
import { MIGRATIONS, migrate } from '../../src/platform/db/migrate.js';
import type { Database } from '../../src/platform/db/pool.js';
import { openMemoryEngine } from './memory-engine.js';

/** Milliseconds; generous, because several test files share the machine. */
const TIMEOUT = 20_000;

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
  const engine = await openMemoryEngine(new Blob([await readFile(await findSeed())]));
  const db = createEngineDatabase(engine, { timeout: TIMEOUT, guardNesting: true });
  return { db, drop: () => db.close() };
}

/**
 * Not the archive of the build, which may be older than the migrations, but one made once for what they are
 * now.
 */
export async function findSeed(): Promise<string> {
  const folder = path.join(tmpdir(), 'cvat-auth-server-test');
  await mkdir(folder, { recursive: true });
  const seed = path.join(folder, `seed-${fingerprint()}.tar.gz`);
  if (!existsSync(seed)) await makeSeed(seed, MIGRATIONS);
  return seed;
}

/** @returns what a prepared database depends on: the migrations and the version of the embedded database */
function fingerprint(): string {
  const files = readdirSync(MIGRATIONS)
    .sort()
    .map((name) => path.join(MIGRATIONS, name));
  const hash = createHash('sha256');
  for (const file of [createRequire(import.meta.url).resolve('@electric-sql/pglite'), ...files]) {
    hash.update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
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

/** Gets its name when it is complete: a run that was killed leaves no half-made template. */
async function findTemplate(server: string): Promise<string> {
  const template = `auth_server_template_${fingerprint()}`;
  await administer(server, async (client) => {
    await client.query(`select pg_advisory_lock(hashtext('auth_server_template'))`);
    const found = await client.query('select from pg_database where datname = $1', [template]);
    if (found.rowCount === 1) return;
    const draft = `${template}_draft`;
    await client.query(`drop database if exists ${draft} with (force)`);
    await client.query(`create database ${draft}`);
    const db = openExternal(urlOf(server, draft));
    await migrate(db, MIGRATIONS).finally(() => db.close());
    await client.query(`alter database ${draft} rename to ${template}`);
  });
  return template;
}

async function administer<T>(server: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

const openExternal = (url: string): Database =>
  createExternalDatabase({ url, poolSize: 5, timeout: TIMEOUT, applicationName: 'test', guardNesting: true });
