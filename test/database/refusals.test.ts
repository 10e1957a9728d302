import { chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ServiceUnavailable } from '../../src/kernel/errors.js';
import { StartError } from '../../src/kernel/start-error.js';
import { createExternalDatabase } from '../../src/platform/db/external.js';
import type { Database } from '../../src/platform/db/pool.js';
import { explainRefusal } from '../../src/platform/db/start-failure.js';
import { makeCertificates } from '../support/certificates.js';
import {
  hasPostgres,
  POSTGRES_HINT,
  type PostgresServer,
  runOnce,
  startPostgres,
} from '../support/postgres-server.js';

/** A PostgreSQL that is there and does not let this server in: nobody but an operator can help. */

const POOL_SIZE = 3;

describe.skipIf(!hasPostgres)(`a PostgreSQL that refuses the server (${POSTGRES_HINT})`, () => {
  let server: PostgresServer;
  let caFile: string;

  beforeAll(async () => {
    server = await startPostgres({ unix_socket_directories: '.' });
    caFile = await turnTlsOn(server);
    await runOnce(server.url, `create role anna login password 'right'`);
    await runOnce(server.url, 'create database things');
    await server.letIn(
      'hostnossl all anna 127.0.0.1/32 scram-sha-256',
      'hostssl all anna 127.0.0.1/32 scram-sha-256',
      'local all anna scram-sha-256',
    );
  });
  afterAll(() => server.remove());

  const urlOf = (login: string, rest = '/things') => {
    const { host } = new URL(server.url);
    return `postgres://${login}@${host}${rest}`;
  };
  function open(url: string): Database {
    const db = createExternalDatabase({
      url,
      poolSize: POOL_SIZE,
      timeout: 5000,
      applicationName: 'refusals',
      guardNesting: false,
    });
    onTestFinished(() => db.close());
    return db;
  }
  const failureOf = (url: string) =>
    open(url)
      .query({ text: 'select 1' })
      .then(
        () => expect.fail('It got in.'),
        (error: unknown) => error,
      );

  it('lets in whom it knows, over TCP, TLS and a socket', async () => {
    for (const url of [
      urlOf('anna:right'),
      urlOf('anna:right', `/things?sslmode=require&sslrootcert=${caFile}`).replace('127.0.0.1', 'localhost'),
      urlOf('anna:right', '/things?sslmode=no-verify'),
      `postgres://anna:right@/things?host=${server.folder}&port=${new URL(server.url).port}`,
      `postgres:///things?host=${server.folder}&port=${new URL(server.url).port}&user=anna&password=right`,
    ]) {
      const { rows } = await open(url).query({ text: 'select current_user::text as name' });
      expect(rows).toEqual([{ name: 'anna' }]);
    }
  });

  it.each([
    [
      'a wrong password',
      'anna:wrong',
      '/things',
      /is refused by PostgreSQL .*anna.*: correct the user name or/,
    ],
    ['a role that is not there', 'nobody:right', '/things', /is refused by PostgreSQL .*nobody/],
    ['a database that is not there', 'anna:right', '/nothing', /a database that is not there .*"nothing"/],
    ['no password', 'anna', '/things', /has no password, and PostgreSQL asks for one/],
    ['an authority that nobody knows', 'anna:right', '/things?sslmode=require', /not trusted .*sslrootcert/],
    ['the same, if TLS were optional', 'anna:right', '/things?sslmode=prefer', /not trusted .*sslrootcert/],
    ['the same in another spelling', 'anna:right', '/things?ssl=true', /not trusted .*sslrootcert/],
  ])('is unavailable for %s, and stops a start with one sentence', async (_what, login, rest, sentence) => {
    const warnings: string[] = [];
    const listen = ({ message }: Error) => void warnings.push(message);
    process.on('warning', listen);
    onTestFinished(() => void process.off('warning', listen));
    const error = await failureOf(urlOf(login, rest));
    expect(error).toBeInstanceOf(ServiceUnavailable);
    expect(error).toMatchObject({ status: 503, code: 'database_unreachable' });
    const explained = explainRefusal(error);
    expect(explained).toBeInstanceOf(StartError);
    expect((explained as Error).message).toMatch(/^DATABASE_URL /);
    expect((explained as Error).message).toMatch(sentence);
    expect((explained as Error).message).not.toContain('\n');
    await delay(0);
    expect(warnings).toEqual([]);
  });

  it('says that it has no TLS', async () => {
    await runOnce(server.url, 'alter system set ssl = off');
    await server.reload();
    try {
      for (const mode of ['sslmode=require', 'sslmode=prefer', 'ssl=true']) {
        const error = explainRefusal(await failureOf(urlOf('anna:right', `/things?${mode}`)));
        expect((error as Error).message).toBe(
          'DATABASE_URL asks for TLS, and the server has none: set sslmode=disable in it, or turn TLS on there.',
        );
      }
    } finally {
      await runOnce(server.url, 'alter system set ssl = on');
      await server.reload();
    }
  });

  it('is never asked by more connections than the pool may have, however often they fail', async () => {
    const db = open(urlOf('anna'));
    const counts: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      await Promise.allSettled(Array.from({ length: 7 }, () => db.query({ text: 'select 1' })));
      counts.push(connectionsTo(Number(new URL(server.url).port)));
    }
    expect(Math.max(...counts)).toBeLessThanOrEqual(POOL_SIZE);
  });

  it('is used again by the same pool as soon as it lets the server in, and refuses it again', async () => {
    const db = open(urlOf('anna:right'));
    const ask = () => db.query({ text: 'select 1' });
    await ask();
    for (const [shut, openAgain] of [
      [`alter role anna password 'other'`, `alter role anna password 'right'`],
      ['alter role anna nologin', 'alter role anna login'],
      ['alter database things rename to others', 'alter database others rename to things'],
    ] as const) {
      await runOnce(
        server.url,
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'anna'`,
      );
      await runOnce(server.url, shut);
      await expect(ask()).rejects.toMatchObject({ status: 503, code: 'database_unreachable' });
      await runOnce(server.url, openAgain);
      await expect(ask()).resolves.toMatchObject({ rowCount: 1 });
    }
  });

  it('is unavailable when the tables belong to somebody else', async () => {
    const things = server.url.replace(/postgres$/, 'things');
    await runOnce(things, 'create table entry (id integer)');
    const error = await open(urlOf('anna:right'))
      .query({ text: 'select * from entry' })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 503, code: 'database_unreachable' });
    expect((explainRefusal(error) as Error).message).toMatch(
      /^DATABASE_URL is for a role without the rights that it needs \(permission denied for table entry\)/,
    );
  });

  it('is said to be unreadable, and not refusing, when a file that the URL names is not there', () => {
    expect(() => open(urlOf('anna:right', '/things?sslmode=require&sslrootcert=/nowhere/ca.pem'))).toThrow(
      new StartError(
        `DATABASE_URL names /nowhere/ca.pem, which can't be read (ENOENT): correct the path or its permissions.`,
      ),
    );
  });
});

/** @returns the path of the authority's certificate */
async function turnTlsOn(server: PostgresServer): Promise<string> {
  const { caFile, cert, key } = makeCertificates();
  const { uid, gid } = statSync(server.folder);
  for (const [name, bytes] of Object.entries({ 'server.crt': cert, 'server.key': key })) {
    const file = path.join(server.folder, name);
    writeFileSync(file, bytes, { mode: 0o600 });
    chownSync(file, uid, gid);
  }
  await runOnce(server.url, 'alter system set ssl = on');
  await server.reload();
  return caFile;
}

/** @returns how many connections this machine holds open to a port, whether or not their login is over */
const connectionsTo = (port: number): number =>
  readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} ${ESTABLISHED} `))
    .length;

/** The number of the state, after the port of the other side. */
const ESTABLISHED = '01';
