import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIdentityStore } from '../../src/features/identities/index.js';
import { createExternalDatabase } from '../../src/platform/db/external.js';
import { MIGRATIONS, migrate } from '../../src/platform/db/migrate.js';
import type { Database } from '../../src/platform/db/pool.js';
import type { Queryable } from '../../src/platform/db/queryable.js';
import {
  hasPostgres,
  POSTGRES_HINT,
  type PostgresServer,
  startPostgres,
} from '../support/postgres-server.js';

/**
 * What PostgreSQL expects of the look-ups of callers in tables without statistics, as a new server has them. From
 * `jit_above_cost` (100,000) on, it compiles a statement each time, which takes it a second.
 */
const LIMIT = 1000;

interface Plan {
  readonly 'QUERY PLAN': readonly { readonly Plan: { readonly 'Total Cost': number } }[];
}

describe.skipIf(!hasPostgres)(`plans without statistics (${POSTGRES_HINT})`, () => {
  let server: PostgresServer;
  let db: Database;

  beforeAll(async () => {
    server = await startPostgres({ autovacuum: 'off' });
    db = createExternalDatabase({
      url: server.url,
      poolSize: 6,
      timeout: 10_000,
      applicationName: 'plans',
      guardNesting: false,
    });
    await migrate(db, MIGRATIONS);
  });
  afterAll(async () => {
    await db?.close();
    await server?.remove();
  });

  /** Explains statements instead of running them. */
  function explaining(): { readonly queryable: Queryable; readonly costs: number[] } {
    const costs: number[] = [];
    return {
      costs,
      queryable: {
        query: async ({ text, values = [] }) => {
          const { rows } = await db.query<Plan & Record<string, unknown>>({
            text: `explain (format json) ${text}`,
            values,
          });
          costs.push(...rows.flatMap((row) => row['QUERY PLAN'].map(({ Plan: plan }) => plan['Total Cost'])));
          return db.query({ text: 'select where false' });
        },
      },
    };
  }

  it.each([
    ['absent', { kind: 'absent' }],
    ['an id', { kind: 'id', id: 1 }],
    ['a slug', { kind: 'slug', slug: 'acme' }],
  ] as const)(
    'expect little of every look-up of a caller, with %s of an organization',
    async (_what, selector) => {
      const { queryable, costs } = explaining();
      const identities = createIdentityStore(queryable, () => false);
      await identities.byId(1, selector);
      await identities.byToken('x', selector);
      await identities.byAccessTokenPrefix('x', selector, { now: new Date(0), notUsedSince: new Date(0) });
      expect(costs).toHaveLength(3);
      expect(Math.max(...costs)).toBeLessThan(LIMIT);
    },
  );

  it('compile nothing, on connections of the pool, of transactions and of look-ups', async () => {
    const show = { text: 'show jit' };
    const { rows: pooled } = await db.query<{ jit: string }>(show);
    const { rows: inTransaction } = await db.transaction((tx) => tx.query<{ jit: string }>(show));
    await expect
      .poll(async () =>
        (await db.lookups.query<{ jit: string }>(show)).rows.concat(db.load().open > 1 ? [] : [{ jit: '' }]),
      )
      .toEqual([{ jit: 'off' }]);
    expect([pooled, inTransaction]).toEqual([[{ jit: 'off' }], [{ jit: 'off' }]]);
  });
});
