import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';
import { type Container, createContainer } from '../../src/container.js';
import { systemRandom } from '../../src/kernel/random.js';
import { loadConfig } from '../../src/platform/config/load.js';
import type { Queryable } from '../../src/platform/db/queryable.js';
import { createHttpServer, type ServerTimeouts } from '../../src/platform/http/server.js';
import { createLog } from '../../src/platform/telemetry/log.js';
import { createTestClock } from './clock.js';
import { createMemoryDatabase } from './database.js';
import { useSetUp } from './hooks.js';
import { type Answer, type Browser, basicAuth, createBrowser, type RequestOptions, send } from './http.js';
import { createDatabaseOn } from './real-database.js';
import { urlOf } from './template.js';
import { watchServer } from './watch.js';

export interface TestAppOptions {
  /** Settings by their names, over the defaults of tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** Embedded, whatever the project of the run says. */
  readonly engines?: 'embedded' | 'real';
  /**
   * False for a server that has not reached its database yet: call `container.prepare` when it may. An embedded one is
   * then in a folder and a thread of its own, as outside of tests; otherwise it is in memory, which is faster, unless
   * DATA_DIR or DATABASE_URL is set.
   */
  readonly prepare?: boolean;
  /** Shorter ones than those of the server. */
  readonly timeouts?: ServerTimeouts;
}

export interface TestApp {
  readonly url: string;
  readonly clock: ReturnType<typeof createTestClock>;
  readonly container: Container;
  /** The server's own database, for rows that no endpoint makes. */
  readonly db: Queryable;
  /** Every line that was logged. */
  readonly logs: readonly string[];
  readonly admin: { readonly username: string; readonly password: string };
  readonly send: (path: string, options?: RequestOptions) => Promise<Answer>;
  readonly browser: () => Browser;
  /** Registers an account. @returns its id, name, password and API token */
  readonly register: (username?: string, fields?: Readonly<Record<string, string>>) => Promise<TestAccount>;
  readonly close: () => Promise<void>;
}

export interface TestAccount {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly authorization: { readonly Authorization: string };
  readonly basic: { readonly Authorization: string };
}

const ADMIN = { username: 'admin', password: 'correct horse battery' };
let counter = 0;

function nextUsername(): string {
  counter += 1;
  return `person${counter}`;
}

/** Starts the server in this process, on the engines of the vitest project, with a cheap password hash. */
export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { env = {}, engines = inject('engines'), prepare = true } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'app-'));
  const real = engines === 'real' ? await realServices(prepare) : undefined;
  const dataDir = path.join(folder, 'data');
  const isInMemory = engines === 'embedded' && prepare && !('DATABASE_URL' in env || 'DATA_DIR' in env);
  const config = loadConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: dataDir,
    ADMIN_USERNAME: ADMIN.username,
    ADMIN_PASSWORD: ADMIN.password,
    PASSWORD_BCRYPT_ROUNDS: '4',
    THROTTLE_ANON: 'none',
    ...real?.env,
    ...env,
  });
  const logs: string[] = [];
  const clock = createTestClock();
  const container = await createContainer({
    config,
    clock,
    random: systemRandom,
    log: createLog('info', { write: (line) => void logs.push(line) }),
    strict: true,
    ...(isInMemory ? { database: await createMemoryDatabase() } : {}),
  });
  if (prepare) await container.prepare();
  const server = createHttpServer(container.app, options.timeouts);
  watchServer(server, container.document);
  server.listen(config.PORT, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  // A connection for each request would take a tenth of the time of all tests over HTTP.
  const agent = new Agent({ keepAlive: true });
  const ask = (route: string, more?: RequestOptions) => send(url, route, { agent, ...more });

  return {
    url,
    clock,
    container,
    db: container.engines.db,
    logs,
    admin: ADMIN,
    send: ask,
    browser: () => createBrowser(url, undefined, agent),
    register: (username = nextUsername(), fields = {}) => register(ask, username, fields),
    close: async () => {
      agent.destroy();
      await closeServer(server);
      await container.close();
      await real?.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * A server for all tests of a file or suite: started before them, and closed after them.
 *
 * @param options a function when they depend on what earlier hooks made
 */
export function useTestApp(
  options: TestAppOptions | (() => TestAppOptions | Promise<TestAppOptions>) = {},
): TestApp {
  const app = useSetUp(
    async () => createTestApp(typeof options === 'function' ? await options() : options),
    ({ close }) => close(),
  );
  return {
    get url() {
      return app().url;
    },
    get clock() {
      return app().clock;
    },
    get container() {
      return app().container;
    },
    get db() {
      return app().db;
    },
    get logs() {
      return app().logs;
    },
    admin: ADMIN,
    send: (route, request) => app().send(route, request),
    browser: () => app().browser(),
    register: (username, fields) => app().register(username, fields),
    close: () => app().close(),
  };
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close').catch(() => undefined);
}

async function register(
  ask: (route: string, options?: RequestOptions) => Promise<Answer>,
  username: string,
  fields: Readonly<Record<string, string>>,
): Promise<TestAccount> {
  const { password1: password = 'Wiesel-42-quarks', email = `${username}@example.org` } = fields;
  const body = { username, email, password1: password, password2: password, ...fields };
  const answer = await ask('/api/auth/register', { method: 'POST', body });
  if (answer.status !== 201)
    throw new Error(`Registering ${username} failed: ${answer.status} ${answer.text}`);
  const { key } = answer.json() as { key: string };
  const authorization = { Authorization: `Token ${key}` };
  const { id } = (await ask('/api/users/self', { headers: authorization })).json() as { id: number };
  const basic = { Authorization: basicAuth(username, password) };
  return { id, username, email, password, token: key, authorization, basic };
}

/** A database of its own on the shared server, keys of its own in the shared Redis, and the shared OPA. */
async function realServices(isMigrated: boolean) {
  const services = inject('services');
  if (services === null) throw new Error('The real services are not running.');
  const database = await createDatabaseOn(services.database, isMigrated ? services.template : undefined);
  return {
    env: {
      DATABASE_URL: services.pooled === null ? database.url : urlOf(services.pooled, database.name),
      REDIS_URL: services.redis,
      REDIS_KEY_PREFIX: `test:${database.name}:`,
      OPA_URL: services.opa,
    },
    drop: database.drop,
  };
}
