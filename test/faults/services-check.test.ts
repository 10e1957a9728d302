import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type PartTrial, tryServices } from '../../src/composition/try-services.js';
import { systemClock } from '../../src/kernel/clock.js';
import { loadConfig } from '../../src/platform/config/load.js';
import { createTestApp } from '../support/app.js';
import { useSetUp } from '../support/hooks.js';
import { directoryEnv, useDirectory } from '../support/ldap.js';
import { type PostgresServer, runOnce, startPostgres } from '../support/postgres-server.js';
import { createDatabaseOn } from '../support/real-database.js';
import { freePort, type Service, startRedis } from '../support/services.js';
import { type MailServer, reply, startMailServer } from '../unit/platform/mail/mail-server.js';

/** What `config check --connect` says of services as they are. */

const check = async (env: Readonly<Record<string, string>>) => {
  const said: Partial<Record<PartTrial['part'], string>> = {};
  for (const { part, result, detail } of await tryServices(loadConfig(env), systemClock))
    said[part] = `${result}: ${detail}`;
  return said;
};

const saying = (pattern: RegExp): unknown => expect.stringMatching(pattern);

describe('the services of a server that runs', () => {
  const services = () => {
    const running = inject('services');
    if (running === null) throw new Error('The real services are not running.');
    return running;
  };
  const database = useSetUp(
    () => createDatabaseOn(services().database, services().template),
    ({ drop }) => drop(),
  );
  const directory = useDirectory();
  let mail: MailServer;
  beforeAll(async () => {
    mail = await startMailServer();
  });
  afterAll(() => mail.close());

  it('pass, each with what it is', async () => {
    expect(
      await check({
        ...directoryEnv(directory),
        DATABASE_URL: database().url,
        REDIS_URL: services().redis,
        OPA_URL: services().opa,
        EMAIL_URL: `smtp://127.0.0.1:${mail.port}`,
      }),
    ).toEqual({
      database: saying(
        /^passed: PostgreSQL \d+\.\d+.*, database test_\w+, as postgres; all migrations are applied\.$/,
      ),
      sessions: 'skipped: in Redis',
      redis: saying(/^passed: Redis \d+\.\d+\.\d+; keys can be written\.$/),
      policy: saying(/^passed: Open Policy Agent has these rules \([0-9a-f]{12}\)\.$/),
      directory: saying(/^passed: ldaps:\/\/localhost:\d+: connected\.$/),
      'sign-on': 'skipped: no identity provider is set',
      mail: saying(/^passed: 127\.0\.0\.1:\d+ takes mail/),
    });
  });

  it('look whose key has signed the sessions that are shared with CVAT', async () => {
    const { database: server, template } = services();
    const shared = await createDatabaseOn(server, template);
    const keys = ['one', 'other'].map((name) => name.padEnd(50, '.'));
    const said = async (secretKey = '') => {
      const env = { DATABASE_URL: shared.url, SECRET_KEY: secretKey, SESSION_STORE: 'django' };
      return (await check(env)).sessions;
    };
    try {
      expect(await said(keys[0])).toMatch(/^passed: shared with CVAT: there are none yet/);
      const app = await createTestApp({
        env: { DATABASE_URL: shared.url, SECRET_KEY: keys[0] ?? '', SESSION_STORE: 'django' },
      });
      await app.browser().send('/api/auth/login', { method: 'POST', body: app.admin });
      await app.close();
      expect(await said(keys[0])).toBe(
        'passed: shared with CVAT: SECRET_KEY has signed the sessions that are there.',
      );
      expect(await said(keys[1])).toMatch(/^failed: SESSION_STORE is django, and SECRET_KEY is another one/);
    } finally {
      await shared.drop();
    }
    expect(await said(keys[0])).toMatch(
      /^failed: The sessions of CVAT in the table django_session can't be read/,
    );
  });
});

describe('services that cannot be used', () => {
  let postgres: PostgresServer;
  let redis: Service;
  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    await runOnce(postgres.url, 'create role guest login; revoke create on schema public from public');
  });
  afterAll(() => Promise.all([postgres.remove(), redis.stop()]));

  it.each([
    ['a name that DNS does not know', 'postgres://u:p@db.invalid/x', /DNS does not (know|answer)/],
    ['a port on which nothing listens', 'postgres://u:p@127.0.0.1:9/x', /nothing listens on this port/],
  ])('name the cause: %s', async (_what, DATABASE_URL, words) => {
    expect(await check({ DATABASE_URL })).toMatchObject({
      database: saying(/^failed: DATABASE_URL can't be used: /),
    });
    expect((await check({ DATABASE_URL })).database).toMatch(words);
  });

  it('name a database that is missing, and TLS that the server does not have', async () => {
    const missing = postgres.url.replace(/\/[^/]*$/, '/missing');
    expect((await check({ DATABASE_URL: missing })).database).toMatch(/names a database that is not there/);
    const tls = `${postgres.url}?sslmode=require`;
    expect((await check({ DATABASE_URL: tls })).database).toMatch(/asks for TLS, and the server has none/);
  });

  it('name the right that migrations need', async () => {
    const guest = postgres.url.replace('postgres@', 'guest@');
    expect((await check({ DATABASE_URL: guest })).database).toMatch(
      /^failed: .* as guest: \d+ migrations are to be applied, and the role may not create tables/,
    );
    expect((await check({ DATABASE_URL: postgres.url })).database).toMatch(
      /^passed: .*; \d+ migrations to apply\.$/,
    );
  });

  it('name a database of Redis that is not there', async () => {
    const found = await check({ REDIS_URL: redis.url.replace(/0$/, '99') });
    expect(found.redis).toMatch(/^failed: REDIS_URL can't be used: Redis refuses the database/);
  });

  it('name Open Policy Agent, a directory and a mail server that are away or refuse', async () => {
    const refusing = await startMailServer({ onConnect: (_session, done) => done(reply(421, 'go away')) });
    const port = await freePort();
    try {
      expect(
        await check({
          OPA_URL: `http://127.0.0.1:${port}`,
          EMAIL_URL: `smtp://127.0.0.1:${refusing.port}`,
          IAM_TYPE: 'LDAP',
          AUTH_LDAP_SERVER_URI: `ldap://127.0.0.1:${port}`,
          AUTH_LDAP_USER_SEARCH_BASE: 'dc=example,dc=org',
        }),
      ).toEqual({
        database: 'skipped: built in',
        sessions: 'skipped: in a table of this server',
        redis: 'skipped: not used: each process counts for its own limits',
        policy: saying(/^failed: OPA_URL can't be used: nothing listens on this port/),
        directory: saying(/^failed: ldap:\/\/127\.0\.0\.1:\d+ does not accept connections/),
        'sign-on': 'skipped: no identity provider is set',
        mail: saying(/^failed: .*421/),
      });
    } finally {
      await refusing.close();
    }
  });
});
