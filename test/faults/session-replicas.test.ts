import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import { type Browser, createBrowser } from '../support/http.js';
import { createDatabaseOn } from '../support/real-database.js';
import { type ListedSession, sessionActions } from '../support/session-actions.js';

/** Two servers on one database and one Redis: a session that ends at one of them has ended at the other. */

let database: Awaited<ReturnType<typeof createDatabaseOn>>;
let one: TestApp;
let other: TestApp;
let account: TestAccount;

beforeAll(async () => {
  const services = inject('services');
  if (services === null) throw new Error('The real services are not running.');
  database = await createDatabaseOn(services.database, services.template);
  const env = {
    DATABASE_URL: database.url,
    REDIS_URL: services.redis,
    REDIS_KEY_PREFIX: `test:${database.name}:`,
    SECRET_KEY: 'a key that both of these servers have, and no others',
  };
  one = await createTestApp({ env });
  other = await createTestApp({ env });
  account = await one.register();
});
afterAll(async () => {
  await Promise.all([one.close(), other.close()]);
  await database.drop();
});

/** A browser for both servers, as behind a balancer. */
function onBoth(browser: Browser): readonly [Browser, Browser] {
  const twin = createBrowser(other.url);
  for (const [name, value] of browser.jar) twin.jar.set(name, value);
  return [browser, twin];
}
const signIn = async () => onBoth(await sessionActions(one).signIn(account));
const statuses = (browsers: readonly Browser[]) =>
  Promise.all(browsers.map(async (browser) => (await browser.send('/api/users/self')).status));
const list = async (browser: Browser) =>
  ((await browser.send('/api/auth/sessions?page_size=all')).json() as { results: readonly ListedSession[] })
    .results;

describe('two replicas', () => {
  it('list the same sessions, and end one for each other', async () => {
    const [lost, mine] = [await signIn(), await signIn()];
    const ids = (await list(mine[0])).map(({ id }) => id).sort();
    expect((await list(mine[1])).map(({ id }) => id).sort()).toEqual(ids);
    const found = (await list(lost[0])).find(({ current }) => current);
    expect(await statuses(lost)).toEqual([200, 200]);
    const ended = await mine[1].send(`/api/auth/sessions/${found?.id}`, { method: 'DELETE' });
    expect(ended.status).toBe(204);
    expect([await statuses(lost), await statuses(mine)]).toEqual([
      [401, 401],
      [200, 200],
    ]);
  });

  it('end all others for each other, and both know the one that goes on', async () => {
    const [lost, mine] = [await signIn(), await signIn()];
    const ended = await mine[1].send('/api/auth/sessions?others=true', { method: 'DELETE' });
    expect(ended.status).toBe(204);
    expect([await statuses(lost), await statuses(mine)]).toEqual([
      [401, 401],
      [200, 200],
    ]);
  });
});
