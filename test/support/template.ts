import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import pg from 'pg';
import { createExternalDatabase } from '../../src/platform/db/external.js';
import { MIGRATIONS, migrate } from '../../src/platform/db/migrate.js';
import type { Database } from '../../src/platform/db/pool.js';

/** Milliseconds; generous, because several test files share the machine. */
export const TIMEOUT = 20_000;

/** @returns what a prepared database depends on: the migrations and the version of the embedded database */
export function fingerprint(): string {
  const files = readdirSync(MIGRATIONS)
    .sort()
    .map((name) => path.join(MIGRATIONS, name));
  const hash = createHash('sha256');
  for (const file of [createRequire(import.meta.url).resolve('@electric-sql/pglite'), ...files]) {
    hash.update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * Gets its name when it is complete: a run that was killed leaves no half-made template.
 *
 * @returns the name of a database on the server with all migrations applied, made when it is not there
 */
export async function findTemplate(server: string): Promise<string> {
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

export async function administer<T>(server: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export function urlOf(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

export const openExternal = (url: string): Database =>
  createExternalDatabase({ url, poolSize: 5, timeout: TIMEOUT, applicationName: 'test', guardNesting: true });
