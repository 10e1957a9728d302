import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { tallyOf } from '../support/http.js';
import { hasPgbouncer, PGBOUNCER_HINT, type Pooler, startPgbouncer } from '../support/pgbouncer.js';
import { createDatabaseOn } from '../support/real-database.js';
import { preparedStatements, readLimits, sleepLong } from '../support/tables.js';

/** PgBouncer in transaction mode, as people have it: what lasts longer than a transaction is not there. */

const server = () => inject('services')?.database ?? '';

describe.skipIf(!hasPgbouncer).each([
  ['with its defaults', {}],
  [
    'that ignores the parameters of other clients',
    { ignore_startup_parameters: 'statement_timeout,idle_in_transaction_session_timeout,extra_float_digits' },
  ],
])(`PgBouncer %s (${PGBOUNCER_HINT})`, (_what, settings) => {
  let pooler: Pooler;
  let database: Awaited<ReturnType<typeof createDatabaseOn>>;
  let replicas: readonly TestApp[] = [];
  beforeAll(async () => {
    pooler = await startPgbouncer(server(), settings);
    database = await createDatabaseOn(server());
    const env = {
      DATABASE_URL: pooler.through(database.url),
      DATABASE_POOL_SIZE: '12',
      SECRET_KEY: 'the same for both of them, as it must be',
    };
    replicas = [await createTestApp({ env }), await createTestApp({ env })];
  });
  afterAll(async () => {
    await Promise.all(replicas.map((app) => app.close()));
    await pooler.stop();
    await database.drop();
  });

  it('serves two replicas that work at once: every answer is right, and nothing is lost', async () => {
    const [one, other] = replicas;
    if (one === undefined || other === undefined) throw new Error('Two were started.');
    const people = await Promise.all(
      Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? one : other).register()),
    );
    const answers = await Promise.all(
      people.flatMap(({ authorization, basic }, i) =>
        [one, other].flatMap((app) => [
          ...Array.from({ length: 10 }, () => app.send('/api/users/self', { headers: authorization })),
          app.send('/api/users/self', { headers: basic }),
          app.send(`/api/organizations`, {
            method: 'POST',
            headers: authorization,
            body: { slug: `org-${i}-${app === one ? 'one' : 'other'}` },
          }),
        ]),
      ),
    );
    expect(tallyOf(answers)).toEqual({ 200: 12 * 22, 201: 24 });
    const { authorization = { Authorization: '' } } = people[0] ?? {};
    const list = await other.send('/api/organizations', { headers: authorization });
    expect(list.json()).toMatchObject({ count: 2 });
    expect((await one.send('/readyz')).status).toBe(200);
  });

  it('ends a transaction whose statement does not end, with a limit of its own', async () => {
    const app = await createTestApp({
      env: { DATABASE_URL: pooler.through(database.url), DATABASE_TIMEOUT: '1' },
    });
    try {
      const { db } = app.container.engines;
      expect(await db.transaction(readLimits)).toEqual({ statement: '1s', idle: '1min' });
      const slow = db.transaction(sleepLong);
      await expect(slow).rejects.toMatchObject({ code: 'database_unreachable', cause: { code: '57014' } });
    } finally {
      await app.close();
    }
  });
});

describe('without a pooler', () => {
  it('statements are prepared, and connections have their limits', async () => {
    const database = await createDatabaseOn(server());
    const app = await createTestApp({ env: { DATABASE_URL: database.url, DATABASE_POOL_SIZE: '1' } });
    try {
      const person = await app.register();
      await app.send('/api/users/self', { headers: person.authorization });
      const { db } = app.container.engines;
      expect((await preparedStatements(db)).length).toBeGreaterThan(0);
      expect(await readLimits(db)).toEqual({ statement: '5s', idle: '1min' });
    } finally {
      await app.close();
      await database.drop();
    }
  });
});
