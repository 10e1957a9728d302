import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { missingServices } from '../support/programs.js';
import { freePort, type Service, startRedis } from '../support/services.js';
import { type RunningServer, startServer, temporaryFolder } from './server.js';

const CLIENTS = 12;
/** Ten take a minute, and find no more. */
const RESTARTS = Number(process.env['ROLLING_RESTARTS'] ?? 4);

describe.skipIf(missingServices().length > 0)('replicas that are restarted one after the other', () => {
  let database: PostgresServer;
  let redis: Service;
  beforeAll(async () => {
    [database, redis] = await Promise.all([startPostgres(), startRedis()]);
  });
  afterAll(() => Promise.all([database.remove(), redis.stop()]));

  it('fail no request of clients that try the next replica when one refuses the connection', {
    timeout: 240_000,
  }, async () => {
    const ports = [await freePort(), await freePort()];
    const start = (port: number) =>
      startServer({
        cwd: temporaryFolder(),
        env: {
          PORT: String(port),
          DATABASE_URL: database.url,
          REDIS_URL: redis.url,
          ADMIN_PASSWORD: 'Wiesel-42-quarks',
          SECRET_KEY: 'replicas-share-what-signs-their-sessions',
          SHUTDOWN_DELAY: '1',
        },
      });
    const replicas: RunningServer[] = [];
    for (const port of ports) replicas.push(await start(port));

    const load = startLoad(ports);
    for (let restart = 0; restart < RESTARTS; restart += 1) {
      const index = restart % 2;
      expect(await replicas[index]?.stop('SIGTERM')).toBe(0);
      replicas[index] = await start(ports[index] ?? 0);
    }
    const outcomes = await load.stop();
    expect(Object.keys(outcomes)).toEqual(['200']);
    expect(outcomes['200']).toBeGreaterThan(RESTARTS * 200);
  });
});

/** @returns a function that ends the load. @returns how often requests ended in which way */
function startLoad(ports: readonly number[]) {
  const outcomes: Record<string, number> = {};
  let isRunning = true;
  const client = async (first: number): Promise<void> => {
    // Connections are kept, as proxies do.
    const agent = new Agent({ keepAlive: true });
    for (let turn = first; isRunning; turn += 1) {
      const outcome = await askOneOf(ports, turn, agent);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      await delay(10);
    }
    agent.destroy();
  };
  const clients = Array.from({ length: CLIENTS }, (_, first) => client(first));
  return {
    stop: async () => {
      isRunning = false;
      await Promise.all(clients);
      return outcomes;
    },
  };
}

/** @returns the status of the first replica that takes the connection, or why there is none */
async function askOneOf(ports: readonly number[], turn: number, agent: Agent): Promise<string> {
  for (let tried = 0; tried < 40; tried += 1) {
    const outcome = await ask(ports[(turn + tried) % ports.length] ?? 0, agent);
    if (outcome !== 'ECONNREFUSED') return outcome;
    await delay(50);
  }
  return 'ECONNREFUSED';
}

const ask = (port: number, agent: Agent): Promise<string> =>
  new Promise((resolve) => {
    const request = get({ port, host: '127.0.0.1', path: '/api/server/about', agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(String(response.statusCode)));
    });
    request.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
  });
