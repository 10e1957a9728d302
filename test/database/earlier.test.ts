import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVER_VERSION } from '../../src/version.js';
import { createTestApp } from '../support/app.js';
import {
  hasPostgres,
  POSTGRES_HINT,
  type PostgresServer,
  startPostgres,
} from '../support/postgres-server.js';
import { createDatabaseOn } from '../support/real-database.js';

/** Made by `scripts/save-database.mjs`, each by the server of the commit or release that its name says. */
const FOLDER = path.join(import.meta.dirname, 'earlier');
const SAVED = readdirSync(FOLDER);

describe.skipIf(!hasPostgres)(`a database that an earlier server made (${POSTGRES_HINT})`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.remove());

  it('is there for this release, and for three commits before the first one', () => {
    const releases = SAVED.filter((name) => /^v\d/.test(name));
    expect(releases).toContain(`v${SERVER_VERSION}.sql`);
    expect(SAVED.length - releases.length).toBeGreaterThanOrEqual(3);
  });

  it.each(SAVED)('%s is opened, and its people go on', { timeout: 60_000 }, async (name) => {
    const database = await createDatabaseOn(server.url);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(readFileSync(path.join(FOLDER, name), 'utf8'));
    await client.end();

    const app = await createTestApp({ engines: 'embedded', env: { DATABASE_URL: database.url } });
    try {
      expect((await app.send('/readyz')).status).toBe(200);
      const body = { username: 'wilma', password: 'Wiesel-42-quarks' };
      const login = await app.send('/api/auth/login', { method: 'POST', body });
      expect(login.status).toBe(200);
      const headers = { Authorization: `Token ${(login.json() as { key: string }).key}` };
      const names = async (route: string, field: string): Promise<unknown[]> => {
        const { results } = (await app.send(route, { headers })).json() as {
          results: Record<string, unknown>[];
        };
        return results.map((result) => result[field]);
      };
      expect(await names('/api/organizations', 'slug')).toEqual(['before']);
      expect(await names('/api/auth/access_tokens', 'name')).toEqual(['backup']);
      const answer = await app.send('/api/organizations', {
        method: 'POST',
        headers,
        body: { slug: 'after' },
      });
      expect(answer.status).toBe(201);
    } finally {
      await app.close();
      await database.drop();
    }
  });
});
