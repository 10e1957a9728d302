import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { createDatabaseOn } from '../support/real-database.js';
import { holdAccountRemoval } from '../support/removals.js';

/** The account is removed while its first look at `/api/growth` gives it a row. */

let app: TestApp;
let database: Awaited<ReturnType<typeof createDatabaseOn>>;
beforeAll(async () => {
  database = await createDatabaseOn(inject('services')?.database ?? '');
  app = await createTestApp({ env: { DATABASE_URL: database.url, CVAT_VERSION: '2.74.0' } });
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

it.each([
  ['list is empty', 'GET', '/api/growth', 200, { count: 0, next: null, previous: null, results: [] }],
  ['row is missing', 'GET', '/api/growth/1', 404, { detail: 'No UserGrowthData matches the given query.' }],
  [
    'change finds none',
    'PATCH',
    '/api/growth/1',
    404,
    { detail: 'No UserGrowthData matches the given query.' },
  ],
])('the %s', async (_what, method, path, status, body) => {
  const { id, authorization } = await app.register();
  const removal = await holdAccountRemoval(database.url, id);
  let isOver = false;
  const [answer] = await Promise.all([
    app
      .send(path, { method, headers: authorization, ...(method === 'PATCH' ? { body: {} } : {}) })
      .finally(() => {
        isOver = true;
      }),
    removal.untilAwaited(() => isOver).then(removal.commit),
  ]);
  expect([answer.status, answer.json()]).toEqual([status, body]);
});
