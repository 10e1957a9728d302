import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { basicAuth, createBrowser } from '../support/http.js';
import { startPostgres } from '../support/postgres-server.js';
import { findOpa, findPostgres, findRedis, missingServices } from '../support/programs.js';
import { freePort } from '../support/services.js';
import { composeText, readCompose, readComposeFile } from './compose.js';
import { instructions } from './image.js';
import { send, startServer, temporaryFolder, until, VERSION } from './server.js';

const SECRETS = {
  POSTGRES_PASSWORD: 'a3f1c2d4',
  REDIS_PASSWORD: 'b7e8d9c0',
  SECRET_KEY: 'a-secret-key-of-more-than-32-characters',
  ADMIN_PASSWORD: 'Wiesel-42-quarks',
};
const SOCKET = '/run/opa/opa.sock';

describe('docker-compose.yml', () => {
  it('refuses to start without each of its secrets, and says how to make one', () => {
    for (const name of Object.keys(SECRETS)) {
      expect(() => readCompose({ ...SECRETS, [name]: '' }), name).toThrow(
        new RegExp(`^${name}: set it in \\.env`),
      );
    }
    const withDefault = composeText.match(/\$\{\w*(PASSWORD|SECRET|KEY|TOKEN)\w*:-/g);
    expect(withDefault).toBe(null);
  });

  it('runs the parts that the tests run, each with a health check or one in its image, and again after a failure', () => {
    const services = readCompose(SECRETS);
    expect(Object.entries(services).map(([name, { image }]) => [name, image])).toEqual([
      ['cvat-server', `cvat-auth-server:${VERSION}`],
      ['postgres', 'postgres:17'],
      ['redis', 'redis:8'],
      ['opa', 'openpolicyagent/opa:1.12.2'],
    ]);
    for (const [name, service] of Object.entries(services)) {
      expect(service.restart, name).toBe('unless-stopped');
      expect(service.healthcheck !== undefined, name).toBe(name !== 'cvat-server');
    }
    expect([services['postgres']?.volumes, services['redis']?.volumes]).toEqual([
      ['postgres:/var/lib/postgresql/data'],
      ['redis:/data'],
    ]);
  });

  it('has a socket of Open Policy Agent that the group of the server can open, and no one else', () => {
    const { services, volumes } = readComposeFile(SECRETS);
    const [, group] = (instructions('USER')[0] ?? '').split(':');
    expect(volumes['opa-socket']?.driver_opts?.['o']).toBe(`gid=${group},mode=0770`);
    expect(services['opa']?.user).toMatch(new RegExp(`^\\d+:${group}$`));
    for (const name of ['cvat-server', 'opa'])
      expect(services[name]?.volumes, name).toEqual([`opa-socket:${path.dirname(SOCKET)}`]);
    expect(services['cvat-server']?.environment['OPA_URL']).toBe(`unix://${SOCKET}`);
  });
});

describe.skipIf(missingServices().length > 0)('the services of docker-compose.yml, on this machine', () => {
  it('decide about requests that come in each of the four ways', { timeout: 120_000 }, async () => {
    const services = readCompose(SECRETS);
    const [database, redis, port] = await Promise.all([startDatabase(), startRedis(), freePort()]);
    const socket = path.join(temporaryFolder(), 'opa.sock');
    const { url } = await startServer({
      cwd: temporaryFolder(),
      env: {
        ...services['cvat-server']?.environment,
        HOST: '127.0.0.1',
        PORT: String(port),
        PUBLIC_URL: `http://localhost:${port}`,
        DATABASE_URL: (services['cvat-server']?.environment['DATABASE_URL'] ?? '').replace(
          'postgres:5432',
          database,
        ),
        REDIS_URL: (services['cvat-server']?.environment['REDIS_URL'] ?? '').replace('redis:6379', redis),
        OPA_URL: (services['cvat-server']?.environment['OPA_URL'] ?? '').replace(SOCKET, socket),
        // With real services nothing is written to it.
        DATA_DIR: '/nowhere',
      },
    });
    expect((await send(url, '/readyz')).json()).toMatchObject({
      status: 'not ready',
      database: 'ok',
      redis: 'ok',
    });

    const before = await send(url, '/api/users', {
      headers: { Authorization: basicAuth('admin', SECRETS.ADMIN_PASSWORD) },
    });
    expect(before.status).toBe(503);
    expect(before.json()).toMatchObject({ code: 'opa_unreachable' });

    await startOpa(socket, `http://127.0.0.1:${port}`);
    await until(async () => (await send(url, '/readyz')).status === 200 || undefined);

    const browser = createBrowser(url);
    const login = { method: 'POST', body: { username: 'admin', password: SECRETS.ADMIN_PASSWORD } };
    const { key } = (await browser.send('/api/auth/login', login)).json() as { key: string };
    const made = await browser.send('/api/auth/access_tokens', { method: 'POST', body: { name: 'test' } });
    const { value } = made.json() as { value: string };

    const session = await browser.send('/api/users');
    const others = [`Token ${key}`, `Bearer ${value}`, basicAuth('admin', SECRETS.ADMIN_PASSWORD)].map(
      (Authorization) => send(url, '/api/users', { headers: { Authorization } }),
    );
    for (const answer of [session, ...(await Promise.all(others))]) {
      expect([answer.status, answer.json()]).toMatchObject([
        200,
        { count: 1, results: [{ username: 'admin' }] },
      ]);
    }
    expect((await send(url, '/api/users')).status).toBe(401);

    // The name that OPA and other containers use.
    const named = await send(url, '/api/server/about', { headers: { Host: 'cvat-server:8080' } });
    const foreign = await send(url, '/api/server/about', { headers: { Host: 'elsewhere.example.org' } });
    expect([named.status, foreign.status]).toEqual([200, 400]);
  });
});

/** @returns host and port of a PostgreSQL that has the user and the database of the compose file */
async function startDatabase(): Promise<string> {
  const service = await startPostgres();
  onTestFinished(() => service.remove());
  const { port } = new URL(service.url);
  const { POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD } =
    readCompose(SECRETS)['postgres']?.environment ?? {};
  const client = new pg.Client({ connectionString: service.url });
  await client.connect();
  await client.query(`create role ${POSTGRES_USER} login password '${POSTGRES_PASSWORD}'`);
  await client.query(`create database ${POSTGRES_DB} owner ${POSTGRES_USER}`);
  await client.end();
  const address = ['--host=127.0.0.1', `--port=${port}`];
  const [program = '', ...args] = healthCheck('postgres');
  execFileSync(path.join(findPostgres() ?? '', program), [...args, ...address], { stdio: 'ignore' });
  return `127.0.0.1:${port}`;
}

/** @returns host and port of a Redis with the arguments of the compose file */
async function startRedis(): Promise<string> {
  const port = await freePort();
  const { command = [], environment = {} } = readCompose(SECRETS)['redis'] ?? {};
  const [, ...args] = command;
  run(findRedis() ?? '', [
    ...args,
    '--bind',
    '127.0.0.1',
    '--port',
    String(port),
    '--dir',
    temporaryFolder(),
  ]);
  const [check = ''] = healthCheck('redis');
  const env = { PATH: process.env['PATH'], ...environment };
  await until(() => succeeds('sh', ['-c', check.replace('redis-cli', `redis-cli -p ${port}`)], env));
  return `127.0.0.1:${port}`;
}

/** OPA with the arguments of the compose file, but for its socket and the two addresses. */
async function startOpa(socket: string, server: string): Promise<void> {
  const port = await freePort();
  const { command = [] } = readCompose(SECRETS)['opa'] ?? {};
  const args = command.map((argument) =>
    argument
      .replace(SOCKET, socket)
      .replace('127.0.0.1:8282', `127.0.0.1:${port}`)
      .replace('http://cvat-server:8080', server),
  );
  expect(args.filter((argument, index) => argument !== command[index])).toHaveLength(3);
  run(findOpa() ?? '', args);
  const [, ...check] = healthCheck('opa');
  const local = check.map((argument) => argument.replace('127.0.0.1:8282', `127.0.0.1:${port}`));
  await until(() => succeeds(findOpa() ?? '', local, process.env));
  expect((statSync(socket).mode & 0o777).toString(8)).toBe('770');
}

function healthCheck(service: string): readonly string[] {
  const [kind, ...test] = readCompose(SECRETS)[service]?.healthcheck?.test ?? [];
  expect(kind).toMatch(/^CMD/);
  return test;
}

function run(program: string, args: readonly string[]): void {
  const child = spawn(program, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
}

function succeeds(program: string, args: readonly string[], env: NodeJS.ProcessEnv): true | undefined {
  try {
    execFileSync(program, args, { stdio: 'ignore', env });
    return true;
  } catch {
    return undefined;
  }
}
