import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { missingServices } from '../support/programs.js';
import { type Service, startOpa, startRedis } from '../support/services.js';
import {
  AS_OPERATORS_DO,
  processorMs,
  ROOT,
  type RunningServer,
  residentMegabytes,
  type StartOptions,
  slowness,
  startServer,
  temporaryFolder,
} from './server.js';

const run = promisify(execFile);

/**
 * Milliseconds of the processor until a server is ready, which other load on the machine changes less than the clock.
 * On a machine with nothing else to do, half of each. Two threads share the work of the embedded database.
 */
const PROCESSOR = { first: 5000, later: 3000, services: 2200 };
/** The goals are 200 and 100; the rest is for the memory allocator, which is never the same twice. */
const MEGABYTES = { embedded: 230, services: 115 };
const SETTLED = 3000;

/** @returns what a server spent until it was ready, and what it has when it rests */
async function costOf(options: StartOptions) {
  const before = slowness();
  const server: RunningServer = await startServer({ ...options, args: AS_OPERATORS_DO });
  const spent = processorMs(server) / Math.max(before, slowness());
  await delay(SETTLED);
  const megabytes = residentMegabytes(server.process);
  await server.stop();
  return { spent, megabytes };
}

describe('a server on built-in parts', () => {
  it('starts and rests on little, the first time and later', { timeout: 120_000 }, async () => {
    const cwd = temporaryFolder();
    const first = await costOf({ cwd });
    const later = await costOf({ cwd });
    expect(first.spent).toBeLessThan(PROCESSOR.first);
    expect(later.spent).toBeLessThan(PROCESSOR.later);
    expect(first.megabytes).toBeLessThan(MEGABYTES.embedded);
    expect(later.megabytes).toBeLessThan(MEGABYTES.embedded);
  });
});

describe.skipIf(missingServices().length > 0)('a server with PostgreSQL, Redis and OPA', () => {
  let parts: [PostgresServer, Service, Service];
  beforeAll(async () => {
    parts = await Promise.all([startPostgres(), startRedis(), startOpa()]);
  });
  afterAll(async () => {
    const [postgres, redis, opa] = parts;
    await Promise.all([postgres.remove(), redis.stop(), opa.stop()]);
  });

  it('starts and rests on half of that', { timeout: 120_000 }, async () => {
    const [postgres, redis, opa] = parts;
    const env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, OPA_URL: opa.url };
    const first = await costOf({ cwd: temporaryFolder(), env });
    const later = await costOf({ cwd: temporaryFolder(), env });
    expect(later.spent).toBeLessThan(PROCESSOR.services);
    expect(first.megabytes).toBeLessThan(MEGABYTES.services);
    expect(later.megabytes).toBeLessThan(MEGABYTES.services);
  });
});

/** Prints the files of packages that are loaded once everything a server with OPA needs at its start is there. */
const LOADED = `
  import { createRequire } from 'node:module';
  await import('./dist/container.js');
  await import('./dist/authorization/engines/opa-http.js');
  console.log(Object.keys(createRequire(import.meta.url).cache).join('\\n'));
`;

it('loads no YAML, and of undici only what speaks HTTP, before somebody needs the rest', async () => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', LOADED], { cwd: ROOT });
  const files = stdout.split('\n').map((file) => file.replace(/^.*\/node_modules\//, ''));
  expect(files).toContain('undici/lib/dispatcher/pool.js');
  expect(files.filter((file) => /^(yaml\/|undici\/(index|lib\/(web|mock|cache)\/))/.test(file))).toEqual([]);
});
