import { defineConfig } from 'vitest/config';
import { GOLDEN_HINT, hasGolden } from './test/parity/grammar.js';
import { missingServices } from './test/support/programs.js';

/**
 * Tests over HTTP run on PostgreSQL, Redis and OPA, or on the embedded engines when those are not installed; those that
 * an engine can make a difference to run on both. All others run once. With REQUIRE_SERVICES=1 (CI) a missing service is
 * a failure. EMBEDDED_TESTS says which tests over HTTP run on the embedded engines, and CI uses each: `both`, the
 * default; `rest` for those that otherwise only run on services; `all`; `none`.
 */
const missing = missingServices();
if (missing.length > 0) {
  if (process.env['REQUIRE_SERVICES'] === '1')
    throw new Error(`REQUIRE_SERVICES=1, and not installed: ${missing.join(', ')}.`);
  process.stdout.write(`Not installed, so the tests on real services are skipped: ${missing.join(', ')}.\n`);
}

const inFolders = (folders: readonly string[]): string[] =>
  folders.map((folder) => `test/${folder}/**/*.test.ts`);

/** With REQUIRE_GOLDEN=1 (CI) it is a failure if the answers are not there. */
const replay = hasGolden ? ['parity/replay'] : [];
if (!hasGolden) process.stdout.write(`Not replayed: test/parity ${GOLDEN_HINT}.\n`);

/** What depends on the engines: sessions, counters, statements and decisions. The rest asks the same code twice. */
const ON_BOTH = [
  'test/api/{operations,organizations,policy,users}/**/*.test.ts',
  'test/api/auth/{access-token,basic,chain,failure-limit,login,logout,session,session-records,sessions,sessions-at-once,token}.test.ts',
  'test/api/http/throttle.test.ts',
];
const everywhere = inFolders(['api', ...replay]);
const wanted = process.env['EMBEDDED_TESTS'] ?? (missing.length > 0 ? 'all' : 'both');
const ON_EMBEDDED: Readonly<Record<string, { readonly include: string[]; readonly exclude: string[] }>> = {
  both: { include: ON_BOTH, exclude: [] },
  rest: { include: everywhere, exclude: ON_BOTH },
  all: { include: everywhere, exclude: [] },
  none: { include: [], exclude: [] },
};
const onEmbedded = ON_EMBEDDED[wanted];
if (onEmbedded === undefined)
  throw new Error(`EMBEDDED_TESTS is ${wanted}: set one of ${Object.keys(ON_EMBEDDED).join(', ')}.`);

const reportFile = process.env['VITEST_JSON'];

/**
 * CI machines are slow and noisy: a test that measures time may try once more there. Files share a worker's modules:
 * importing the server again for each file took as long as a fifth of the tests. So no file may leave anything behind.
 */
const limits = {
  isolate: false,
  // V8 optimizes the WebAssembly of the database and of the rules in each worker, which takes longer than it saves.
  execArgv: ['--liftoff-only'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
  retry: process.env['CI'] ? 1 : 0,
};

/** Holds every answer of every server against the OpenAPI document. */
const setupFiles = ['test/support/setup.ts'];

const project = (engines: 'embedded' | 'real', include: readonly string[], more: object = {}) => ({
  test: { ...limits, setupFiles, name: engines, include: [...include], provide: { engines }, ...more },
});

/** They need no engine, or start their own. */
const WITHOUT_ENGINES = inFolders(['unit', 'database', 'policy', 'process', 'parity/unit']);
const services = { globalSetup: ['test/support/global-setup.ts'] };

export default defineConfig({
  test: {
    // One more than the processors of a small machine: many tests wait for a browser, a service or a time limit.
    maxWorkers: 3,
    ...(reportFile === undefined ? {} : { reporters: ['default', ['json', { outputFile: reportFile }]] }),
    projects: [
      // One project, so that its workers import the server once.
      project('embedded', [...WITHOUT_ENGINES, ...onEmbedded.include], { exclude: onEmbedded.exclude }),
      ...(missing.length === 0
        ? [project('real', inFolders(['api', 'faults', 'clients', ...replay]), services)]
        : []),
    ],
  },
});
