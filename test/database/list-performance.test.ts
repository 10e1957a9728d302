import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIST_CASES, openCrowd, timeList } from '../../scripts/bench-lists.js';
import type { Database } from '../../src/platform/db/pool.js';
import { many, type Queryable } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';
import {
  hasPostgres,
  POSTGRES_HINT,
  type PostgresServer,
  startPostgres,
} from '../support/postgres-server.js';

/** Milliseconds that two statements of this client cost whatever they ask. */
const SLACK = 6;

let server: PostgresServer;
let db: Database;
/** How many statements a list sent. */
let statements = 0;
const counting: Queryable = {
  query: <R extends pg.QueryResultRow>(config: pg.QueryConfig) => {
    statements += 1;
    return db.query<R>(config);
  },
};

describe.skipIf(!hasPostgres)(`among many rows (${POSTGRES_HINT})`, () => {
  beforeAll(async () => {
    server = await startPostgres();
    db = await openCrowd(server.url);
  }, 180_000);
  afterAll(async () => {
    await db.close();
    await server.remove();
  });

  it('the crowd is as large as it is said to be', async () => {
    const counts = sql`
      select (select count(*)::int from auth_user) as users,
        (select count(*)::int from organizations_organization) as organizations,
        (select count(*)::int from organizations_membership) as memberships`;
    expect(await many(db, counts)).toEqual([{ users: 100_000, organizations: 10_000, memberships: 300_000 }]);
  });

  it.each(Object.entries(LIST_CASES))(
    '%s: a page and the count of all in one statement, or two for a later page, in twice the time of SQL by hand',
    async (name, list) => {
      const [counted] = await many<{ total: number }>(db, list.count);
      statements = 0;
      const { total, rows, page } = await list.list(counting);
      expect(total).toBeGreaterThan(0);
      expect([total, statements]).toEqual([counted?.total, page === 1 ? 1 : 2]);
      expect(rows).toHaveLength((await many(db, list.page)).length);

      const { ours, byHand } = await timeList(db, name, list);
      expect(ours).toBeLessThan(2 * byHand + SLACK);
    },
  );
});
