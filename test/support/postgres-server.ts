import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { chown, mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { DATA_FOLDER, keptFolder } from './folders.js';
import { findPostgres } from './programs.js';

/** A PostgreSQL server of the test's own, which may be stopped, paused and started again. */
export interface PostgresServer {
  readonly url: string;
  /** Where its data are, and its socket if it has one. */
  readonly folder: string;
  /** Ends it as `pg_ctl stop -m fast` does: clients are told. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops all its processes with SIGSTOP: it neither answers nor closes anything. */
  pause(): void;
  resume(): void;
  /** Replaces pg_hba.conf, which says who gets in and how, for new connections. */
  letIn(...rules: readonly string[]): Promise<void>;
  /** Makes it read its files again. */
  reload(): Promise<void>;
  remove(): Promise<void>;
}

const PROGRAMS = findPostgres();

/** What the title of a suite says when there is no PostgreSQL to run it on. */
export const POSTGRES_HINT = 'needs the programs of PostgreSQL (Debian: postgresql)';

/**
 * Whether `startPostgres` can work. With REQUIRE_SERVICES=1 a missing PostgreSQL is a failure, not a skipped
 * suite.
 */
export const hasPostgres = PROGRAMS !== undefined;
if (!hasPostgres && process.env['REQUIRE_SERVICES'] === '1')
  throw new Error(`REQUIRE_SERVICES=1: ${POSTGRES_HINT}.`);

/** @param settings of postgresql.conf, over those of tests */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> {
  if (PROGRAMS === undefined) throw new Error(POSTGRES_HINT);
  const programs = PROGRAMS;
  const identity = findIdentity();
  const folder = await mkdtemp(path.join(DATA_FOLDER, 'postgres-'));
  await giveTo(identity, folder);
  const data = path.join(folder, 'data');
  const port = await findFreePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await copyCluster(programs, data, identity);

  let server: ChildProcess | undefined;
  const options = [
    '-F',
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=',
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  async function start(): Promise<void> {
    const started = spawn(path.join(programs, 'postgres'), ['-D', data, ...options], {
      ...identity,
      cwd: folder,
      stdio: 'ignore',
    });
    server = started;
    await untilReady(url);
  }
  async function stop(): Promise<void> {
    if (server === undefined) return;
    const gone = once(server, 'exit');
    server.kill('SIGINT');
    await gone;
    server = undefined;
  }
  const signal = (name: NodeJS.Signals) => {
    for (const pid of familyOf(server?.pid)) signalIfAlive(pid, name);
  };

  // The process that accepts connections reads its files later; each new connection knows when it did.
  const reload = async () => {
    const before = await readLoadTime(url);
    await runOnce(url, 'select pg_reload_conf()');
    while ((await readLoadTime(url)) === before) await delay(20);
  };

  await start();
  return {
    url,
    folder: data,
    start,
    stop,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async letIn(...rules) {
      writeFileSync(path.join(data, 'pg_hba.conf'), `${[ADMIN_RULE, ...rules].join('\n')}\n`);
      await reload();
    },
    reload,
    async remove() {
      if (server !== undefined) signal('SIGCONT');
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * `initdb` takes a second of the processor, and 24 tests want a server of their own: what it makes is kept for each
 * release, and copied.
 */
async function copyCluster(programs: string, data: string, identity: Identity): Promise<void> {
  const options = { ...identity, cwd: path.dirname(data), stdio: 'pipe' } as const;
  const version = execFileSync(path.join(programs, 'postgres'), ['--version'], { encoding: 'utf8' });
  const name = `cluster-${version.trim().replace(/\W+/g, '-')}-${identity.uid ?? 'own'}`;
  const kept = path.join(await keptFolder(), name);
  if (!existsSync(kept)) {
    const draft = await mkdtemp(`${kept}-`);
    await giveTo(identity, draft);
    execFileSync(path.join(programs, 'initdb'), ['--pgdata', draft, ...CLUSTER], options);
    // Gets its name when it is complete; of two who do so at once, one wins.
    await rename(draft, kept).catch(() => rm(draft, { recursive: true }));
  }
  execFileSync('cp', ['-Rp', kept, data], options);
}

const giveTo = async ({ uid, gid = uid }: Identity, folder: string): Promise<void> => {
  if (uid !== undefined && gid !== undefined) await chown(folder, uid, gid);
};

const CLUSTER = ['--username=postgres', '--auth=trust', '--locale=C.UTF-8', '--encoding=UTF8', '--no-sync'];

/** The administrator of the tests always gets in. */
const ADMIN_RULE = 'host all postgres 127.0.0.1/32 trust';

/** Runs a statement on a connection of its own. */
export async function runOnce(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client.query(text).finally(() => client.end());
}

/** @returns when the server last read its files */
const readLoadTime = async (url: string): Promise<unknown> =>
  (await runOnce(url, 'select pg_conf_load_time()::text as at')).rows[0]?.at;

/** A process that serves a connection may end between being listed and being signalled. */
function signalIfAlive(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made, or as nobody. */
function findIdentity(): Identity {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync('/etc/passwd', 'utf8').match(/^postgres:[^:]*:(\d+):(\d+)/m);
  return line === null ? { uid: 65_534, gid: 65_534 } : { uid: Number(line[1]), gid: Number(line[2]) };
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function untilReady(url: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    const connected = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end();
    if (connected) return;
    await delay(50);
  }
  throw new Error('PostgreSQL did not start within ten seconds');
}

/**
 * @returns the pid of the server and those of its children, each of which leads a process group of its own
 */
function familyOf(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return [
    pid,
    ...children
      .split(' ')
      .filter((child) => child.trim() !== '')
      .map(Number),
  ];
}
