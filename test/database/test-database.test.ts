import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MIGRATIONS, pendingMigrations } from '../../src/platform/db/migrate.js';
import { execute, many } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

/** Making a database may take its time on a busy machine. */
vi.setConfig({ hookTimeout: 120_000 });

describe('createTestDatabase', () => {
  let one: TestDatabase;
  let other: TestDatabase;

  beforeAll(async () => {
    [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  });
  afterAll(() => Promise.all([one.drop(), other.drop()]));

  it('gives a database with all migrations applied', async () => {
    expect(await pendingMigrations(one.db, MIGRATIONS)).toEqual([]);
  });

  it('gives every caller a database of its own', async () => {
    await execute(one.db, sql`insert into auth_server_settings values ('mine', 'only')`);
    expect(await many(other.db, sql`select * from auth_server_settings`)).toEqual([]);
  });
});
