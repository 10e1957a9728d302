import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../support/app.js';
import { useSetUp } from '../support/hooks.js';
import { directoryEnv, findSlapd, PASSWORD, uniqueName, useDirectory } from '../support/ldap.js';
import { growthDuring, scrape } from '../support/metrics.js';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { createDatabaseOn } from '../support/real-database.js';
import { freePort, type Service, startOpa, startRedis } from '../support/services.js';

/** A scrape while a service is down shows the part and the errors, and leaves out values that are not known. */

const PART = 'cvat_auth_part_ready';
const UNAVAILABLE = 'cvat_auth_unavailable_answers_total';
const AUTHENTICATIONS = 'cvat_auth_authentications_total';
const PROMPT = { timeout: 15_000, interval: 100 };

describe('with PostgreSQL, Redis and Open Policy Agent of its own', () => {
  let postgres: PostgresServer;
  let redis: Service;
  let opa: Service;
  let ports: { readonly redis: number; readonly opa: number };
  beforeAll(async () => {
    ports = { redis: await freePort(), opa: await freePort() };
    [postgres, redis, opa] = await Promise.all([
      startPostgres(),
      startRedis(ports.redis),
      startOpa(ports.opa),
    ]);
  });
  const app = useTestApp(async () => ({
    env: {
      DATABASE_URL: (await createDatabaseOn(postgres.url)).url,
      DATABASE_TIMEOUT: '1',
      DATABASE_POOL_SIZE: '2',
      REDIS_URL: redis.url,
      OPA_URL: opa.url,
      OPA_TIMEOUT_MS: '500',
    },
  }));
  const person = useSetUp(() => app.register());
  afterAll(async () => {
    await Promise.all([postgres.remove(), redis.stop(), opa.stop()]);
  });

  const self = ({ authorization }: TestAccount) => app.send('/api/users/self', { headers: authorization });

  it('shows a policy engine that is stopped, and counts the decisions that were not made', async () => {
    await opa.stop();
    const grew = await growthDuring(app, () => self(person()));
    const { value } = await scrape(app);
    expect(value(PART, { part: 'policy' })).toBe(0);
    expect(value(PART, { part: 'database' })).toBe(1);
    expect(value('cvat_auth_ready')).toBe(0);
    expect(grew('cvat_auth_policy_decisions_total', { outcome: 'error' })).toBe(1);
    expect(grew(UNAVAILABLE, { code: 'opa_unreachable' })).toBe(1);
    opa = await startOpa(ports.opa);
    await expect.poll(async () => (await scrape(app)).value(PART, { part: 'policy' }), PROMPT).toBe(1);
  });

  it('shows a Redis that is stopped, and counts the errors of its connection', async () => {
    const browser = app.browser();
    const { username, password } = person();
    await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
    const errors = async () => (await scrape(app)).value('cvat_auth_redis_connection_errors_total') ?? 0;
    const before = await errors();
    const grew = await growthDuring(app, async () => {
      await redis.stop();
      expect((await browser.send('/api/users/self')).status).toBe(503);
      await app.send('/api/auth/login', { method: 'POST', body: { username, password } });
      // The next attempt to connect, a moment later, is the first that fails.
      await expect.poll(errors, PROMPT).toBeGreaterThan(before);
    });
    const { value } = await scrape(app);
    expect(value(PART, { part: 'redis' })).toBe(0);
    expect(value('cvat_auth_redis_connected')).toBe(0);
    expect(value('cvat_auth_ready')).toBe(0);
    expect(grew('cvat_auth_rate_limit_fallbacks_total')).toBeGreaterThan(0);
    expect(grew(UNAVAILABLE, { code: 'redis_unreachable' })).toBeGreaterThan(0);
    expect(grew(AUTHENTICATIONS, { way: 'session', outcome: 'unavailable' })).toBe(1);
    redis = await startRedis(ports.redis);
    await expect.poll(async () => (await scrape(app)).value(PART, { part: 'redis' }), PROMPT).toBe(1);
    expect((await scrape(app)).value('cvat_auth_redis_connected')).toBe(1);
  });

  it('counts statements that got no connection, because all were in use', async () => {
    const { pool } = app.container.engines.db;
    const held = await Promise.all([pool.connect(), pool.connect()]);
    const grew = await growthDuring(app, async () => {
      const answer = self(person());
      await expect
        .poll(async () => (await scrape(app)).value('cvat_auth_database_waiting_statements'), PROMPT)
        .toBeGreaterThan(0);
      expect((await answer).status).toBe(503);
    });
    for (const client of held) client.release();
    expect(grew('cvat_auth_database_connection_failures_total', { reason: 'all_in_use' })).toBeGreaterThan(0);
    expect(grew(UNAVAILABLE, { code: 'database_unreachable' })).toBe(1);
  });

  it.each(['silent', 'stopped'])(
    'answers a scrape while PostgreSQL is %s, without what it does not know',
    async (how) => {
      if (how === 'silent') postgres.pause();
      else await postgres.stop();
      const started = performance.now();
      const { value } = await scrape(app);
      expect(performance.now() - started).toBeLessThan(2500);
      expect(value('cvat_auth_ready')).toBe(0);
      expect(value(PART, { part: 'database' })).toBe(0);
      expect(value(PART, { part: 'migrations' })).toBe(0);
      expect(value(PART, { part: 'policy' })).toBe(1);
      for (const name of ['waiting_mails', 'oldest_mail_age_seconds', 'failed_mails'])
        expect(value(`cvat_auth_outbox_${name}`)).toBeUndefined();
      expect(value('cvat_auth_metrics_errors_total', { source: 'outbox' })).toBeGreaterThan(0);
      if (how === 'silent') postgres.resume();
      else await postgres.start();
      await expect
        .poll(async () => (await scrape(app)).value('cvat_auth_outbox_waiting_mails'), PROMPT)
        .toBe(0);
      await expect.poll(async () => (await scrape(app)).value('cvat_auth_ready'), PROMPT).toBe(1);
    },
  );
});

describe.skipIf(findSlapd() === undefined)('with a directory', () => {
  const directory = useDirectory();
  const app = useTestApp(() => ({ env: { ...directoryEnv(directory), AUTH_LDAP_TIMEOUT: '5' } }));
  const REQUESTS = 'cvat_auth_ldap_requests_total';

  const login = (username: string, password: string) =>
    app.send('/api/auth/login', { method: 'POST', body: { username, password } });

  it('counts and times what it was asked, and shows it as ready', async () => {
    const name = uniqueName('metrics');
    await directory.addPerson(name);
    const grew = await growthDuring(app, async () => {
      expect((await login(name, PASSWORD)).status).toBe(200);
      expect((await login(name, 'wrong')).status).toBe(400);
    });
    expect(grew(REQUESTS, { operation: 'login', outcome: 'ok' })).toBe(1);
    expect(grew(REQUESTS, { operation: 'login', outcome: 'refused' })).toBe(1);
    expect(grew(REQUESTS, { operation: 'search', outcome: 'ok' })).toBe(2);
    expect(grew(REQUESTS, { operation: 'bind', outcome: 'ok' })).toBeGreaterThan(0);
    expect(grew(REQUESTS, { operation: 'connect', outcome: 'ok' })).toBeGreaterThan(0);
    expect(grew('cvat_auth_ldap_request_duration_seconds_count', { operation: 'login' })).toBe(2);
    expect(grew(AUTHENTICATIONS, { way: 'login', outcome: 'succeeded' })).toBe(1);
    expect((await scrape(app)).value(PART, { part: 'ldap' })).toBe(1);
  });

  it('shows that it is down, and the logins that failed for it', async () => {
    await directory.stop();
    const grew = await growthDuring(app, async () => {
      expect((await login(uniqueName('metrics'), PASSWORD)).status).toBe(503);
    });
    expect(grew(REQUESTS, { operation: 'connect', outcome: 'lost' })).toBeGreaterThan(0);
    expect(grew(AUTHENTICATIONS, { way: 'login', outcome: 'unavailable' })).toBe(1);
    expect(grew(UNAVAILABLE, { code: 'directory_unreachable' })).toBe(1);
    const { value } = await scrape(app);
    expect(value(PART, { part: 'ldap' })).toBe(0);
    expect(value('cvat_auth_ready')).toBe(1);
    await directory.start();
  });
});
