import './platform/process/young-space.js';

import cluster from 'node:cluster';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Container } from './container.js';
import type { FirstAdminOutcome } from './features/accounts/index.js';
import { SECOND, systemClock } from './kernel/clock.js';
import { ServiceUnavailable } from './kernel/errors.js';
import { systemRandom } from './kernel/random.js';
import { StartError } from './kernel/start-error.js';
import { loadConfig, misspeltSettings, readEnvironment } from './platform/config/load.js';
import type { Config } from './platform/config/settings.js';
import type { Database } from './platform/db/pool.js';
import type { DrainableServer } from './platform/http/server.js';
import { collectGarbage } from './platform/process/collect.js';
import { putPoolBehindRequests } from './platform/process/thread-priority.js';
import { letYoungSpaceGrow } from './platform/process/young-space.js';
import { createLog, type Log } from './platform/telemetry/log.js';
import { SERVER_VERSION } from './version.js';

const RETRY_PREPARATION = 2 * SECOND;
/**
 * A server that is restarted takes connections only when it can answer: clients and proxies try another one. One that
 * has to wait for its database listens meanwhile, so that OPA gets the rules, and probes an answer.
 */
const LISTEN_ANYWAY = 5 * SECOND;

/** Milliseconds within which a client that is busy asks again. */
const NEXT_REQUEST = 500;

async function main(): Promise<void> {
  const environment = readEnvironment();
  const config = loadConfig(environment);
  const log = createLog(config.LOG_LEVEL);
  if (cluster.isPrimary) for (const sentence of misspeltSettings(environment)) log.warn({}, sentence);
  if (config.WEB_CONCURRENCY > 1 && cluster.isPrimary) superviseWorkers(config, log);
  else await serve(config, log);
}

/** Loads the server only here: neither a wrong setting nor the process above several workers has to wait for it. */
async function serve(config: Config, log: Log): Promise<void> {
  const [{ createContainer }, { createHttpServer }, database] = await Promise.all([
    import('./container.js'),
    import('./platform/http/server.js'),
    openEmbedded(config),
  ]);
  const container = await createContainer({
    config,
    ...(database === undefined ? {} : { database }),
    log,
    clock: systemClock,
    random: systemRandom,
    strict: false,
  });
  const server = createHttpServer(container.app);
  stopOnSignals(server, container, config, log);
  try {
    const prepared = prepareWhenPossible(container, log);
    await (config.DATABASE_URL === undefined ? prepared : Promise.race([prepared, delay(LISTEN_ANYWAY)]));
    await putPoolBehindRequests();
    collectGarbage();
    await listen(server, config);
    await prepared;
  } catch (error) {
    await container.close();
    throw error;
  }
  letYoungSpaceGrow();
  announceReady(server, container, config, log);
}

/** The embedded database opens in a thread of its own while this one loads the server. */
async function openEmbedded(config: Config): Promise<Database | undefined> {
  if (config.DATABASE_URL !== undefined) return undefined;
  const { createEmbeddedDatabase } = await import('./platform/db/embedded/embedded.js');
  return createEmbeddedDatabase({
    dataDir: config.DATA_DIR,
    timeout: config.DATABASE_TIMEOUT * SECOND,
    guardNesting: false,
  });
}

async function listen(server: Server, { HOST, PORT }: Config): Promise<void> {
  server.listen(PORT, HOST);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new StartError(cannotListen(cause, HOST, PORT), { cause });
  }
}

function cannotListen(cause: unknown, host: string, port: number): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE')
    return `PORT ${port} is in use on ${host}: stop the program that has it, or set PORT to another one.`;
  if (code === 'EACCES') return `PORT ${port} is not allowed for this user: set PORT to 1024 or above.`;
  return `HOST ${host} can't be listened on (${String(code)}): set HOST to an address of this machine.`;
}

/** The server waits for a database that is not up yet; a wrong one stops the start. */
async function prepareWhenPossible(container: Container, log: Log): Promise<void> {
  for (;;) {
    try {
      announceAdmin(await container.prepare());
      return;
    } catch (error) {
      if (!(error instanceof ServiceUnavailable)) throw error;
      log.warn({ code: error.code, error }, 'The server is waiting for its database.');
      await delay(RETRY_PREPARATION);
    }
  }
}

/** Goes to the terminal and not to the log: the password is not shown again. */
function announceAdmin({ admin }: FirstAdminOutcome): void {
  if (admin?.generatedPassword == null) return;
  process.stdout.write(
    `\nThe first administrator is "${admin.username}" with the password\n\n    ${admin.generatedPassword}\n\nIt is not shown again. Change it after you have signed in.\n\n`,
  );
}

function announceReady(server: Server, { engines }: Container, config: Config, log: Log): void {
  const { port } = server.address() as AddressInfo;
  const url = config.PUBLIC_URL.replace(/:0$/, `:${port}`);
  const { database, sessions, policy } = engines;
  log.info(
    { url, docs: `${url}/api/docs`, version: SERVER_VERSION, database, sessions, policy },
    `Ready at ${url} (docs: ${url}/api/docs), database: ${database}, sessions: ${sessions}, policy: ${policy}`,
  );
}

function stopOnSignals(server: DrainableServer, container: Container, config: Config, log: Log): void {
  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) return;
    stopping = true;
    // Ctrl-C is for people, who wait, and SIGTERM for machines, which send requests until they know better.
    const seconds = signal === 'SIGTERM' && server.listening ? config.SHUTDOWN_DELAY : 0;
    container.stop();
    server.draining.drain();
    if (seconds > 0) {
      log.info(
        { signal },
        `Stopping in ${seconds} s: /readyz says no, and connections end with their answer.`,
      );
      await delay(seconds * SECOND);
    }
    log.info({ signal }, 'Stopping: no new connections, requests in flight finish.');
    const closed = server.draining.finish(seconds > 0 ? NEXT_REQUEST : 0);
    await Promise.race([closed, delay(config.SHUTDOWN_TIMEOUT * SECOND, undefined, { ref: false })]);
    server.closeAllConnections();
    // Aborted requests are logged when their connections have closed.
    await closed;
    await container.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
}

/** One process per worker; one that dies is replaced, and signals reach all of them. */
function superviseWorkers(config: Config, log: Log): void {
  let stopping = false;
  // Workers take connections themselves. This process would lose one that it hands to a worker that dies just then: the
  // client would wait for nothing.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  for (let i = 0; i < config.WEB_CONCURRENCY; i += 1) cluster.fork();
  cluster.on('exit', (worker, code) => {
    const running = Object.keys(cluster.workers ?? {}).length;
    if (stopping || code === 1) {
      stopping = true;
      process.exitCode = code === 1 ? 1 : (process.exitCode ?? 0);
      if (running > 0 && code === 1)
        for (const other of Object.values(cluster.workers ?? {})) other?.kill('SIGTERM');
      return;
    }
    log.error({ worker: worker.process.pid, code }, 'A worker died and is replaced.');
    cluster.fork();
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stopping = true;
      for (const worker of Object.values(cluster.workers ?? {})) worker?.kill(signal);
    });
  }
}

main().catch((error: unknown) => {
  const message =
    error instanceof StartError ? error.message : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`${message}\n`);
  process.exit(1);
});
