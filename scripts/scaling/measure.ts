/**
 * What a request costs each process, in microseconds of CPU: the input of the simulation in scripts/scaling.ts.
 * Needs PostgreSQL, Redis and OPA on the machine.
 */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import autocannon from 'autocannon';
import { createBrowser } from '../../test/support/http.js';
import { startPostgres } from '../../test/support/postgres-server.js';
import { createDatabaseOn } from '../../test/support/real-database.js';
import { startOpa, startRedis } from '../../test/support/services.js';
import { ADMIN, buildServer, startServer } from '../bench-server.js';
import { type Costs, type KindName, PROCESSES, type ProcessName } from './costs.js';

const CONNECTIONS = 50;
const SECONDS = 6;
const ORGANIZATIONS = 10;

/** How each process is named by the system. */
const COMMANDS: Readonly<Record<ProcessName, RegExp>> = {
  server: /^node$|^MainThread$/,
  postgres: /^postgres/,
  opa: /^opa$/,
  redis: /^redis-server/,
};

/** Measures every kind of request in turn. @returns microseconds by kind and process */
export async function measureCosts(): Promise<Costs> {
  buildServer();
  const folder = mkdtempSync(path.join(tmpdir(), 'costs-'));
  const [postgres, redis, opa] = await Promise.all([startPostgres(), startRedis(), startOpa()]);
  const children: ChildProcess[] = [];
  try {
    const database = await createDatabaseOn(postgres.url);
    const services = { DATABASE_URL: database.url, REDIS_URL: redis.url, OPA_URL: opa.url };
    const url = await startServer(children, folder, services);
    const browser = createBrowser(url);
    const { key } = (
      await browser.send('/api/auth/login', { method: 'POST', body: ADMIN })
    ).json() as { key: string };
    const token = { Authorization: `Token ${key}` };
    for (let index = 0; index < ORGANIZATIONS; index += 1) {
      await fetch(`${url}/api/organizations`, {
        method: 'POST',
        headers: { ...token, 'Content-Type': 'application/json' },
        body: JSON.stringify({ slug: `organization-${index}` }),
      });
    }
    const cookies = { Cookie: browser.cookieHeader() };
    const json = { 'Content-Type': 'application/json' };
    const requests: Readonly<Record<KindName, autocannon.Options>> = {
      token: { url: `${url}/api/users/self`, headers: token },
      session: { url: `${url}/api/users/self`, headers: cookies },
      list: { url: `${url}/api/memberships?page_size=10`, headers: token },
      write: {
        url: `${url}/api/users/1`,
        method: 'PATCH',
        headers: { ...token, ...json },
        body: JSON.stringify({ first_name: 'Ann' }),
      },
      login: {
        url: `${url}/api/auth/login`,
        method: 'POST',
        headers: json,
        body: JSON.stringify(ADMIN),
        connections: 2,
      },
    };
    const server = children[0]?.pid ?? 0;
    const costs = {} as Record<KindName, Record<ProcessName, number>>;
    for (const [kind, options] of Object.entries(requests) as [KindName, autocannon.Options][]) {
      await autocannon({ connections: CONNECTIONS, duration: 1, ...options });
      const before = readTimes(server);
      const { requests: sent, non2xx, errors } = await autocannon({
        connections: CONNECTIONS,
        duration: SECONDS,
        ...options,
      });
      if (non2xx > 0 || errors > 0) throw new Error(`${kind}: ${non2xx} refusals, ${errors} errors`);
      const after = readTimes(server);
      costs[kind] = Object.fromEntries(
        PROCESSES.map((name) => [name, Math.round((after[name] - before[name]) / sent.total)]),
      ) as Record<ProcessName, number>;
    }
    return costs;
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all([postgres.remove(), redis.stop(), opa.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

const TICK = 1e6 / Number(spawnSync('getconf', ['CLK_TCK']).stdout);

/** @returns the microseconds of CPU that each part has used so far: its processes that this one started */
function readTimes(server: number): Record<ProcessName, number> {
  const times: Record<ProcessName, number> = { server: 0, postgres: 0, opa: 0, redis: 0 };
  for (const pid of descendantsOf(process.pid)) {
    const [, command = '', rest = ''] = statOf(pid).match(/^\d+ \((.*)\) (.*)$/s) ?? [];
    const fields = rest.split(' ');
    const name = PROCESSES.find((each) => COMMANDS[each].test(command) && (each !== 'server' || pid === server));
    if (name !== undefined) times[name] += (Number(fields[11]) + Number(fields[12])) * TICK;
  }
  return times;
}

/** A process may end between two looks. */
function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

function descendantsOf(root: number): readonly number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(statOf(Number(name)).match(/\) \S (\d+)/)?.[1] ?? 0)] as const),
  );
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid) ?? 0;
    return parent === root || (parent > 1 && isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}
