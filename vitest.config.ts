import { defineConfig } from 'vitest/config';
import { GOLDEN_HINT, hasGolden } from './test/parity/grammar.js';
import { missingServices } from './test/support/programs.js';

/**
 * Tests over HTTP run on PostgreSQL, Redis and OPA, or on the embedded engines when those are not installed, or with
 * EMBEDDED_TESTS=1: CI runs them once on each. All others run once. With REQUIRE_SERVICES=1 (CI) a missing service is a
 * failure.
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

const overHttp = inFolders(['api', ...replay]);
const onEmbedded = missing.length > 0 || process.env['EMBEDDED_TESTS'] === '1' ? overHttp : [];

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
      project('embedded', [...WITHOUT_ENGINES, ...onEmbedded]),
      ...(missing.length === 0
        ? [project('real', [...overHttp, ...inFolders(['faults', 'clients'])], services)]
        : []),
    ],
  },
});
