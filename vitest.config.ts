import { defineConfig } from 'vitest/config';
import { GOLDEN_HINT, hasGolden } from './test/parity/grammar.js';
import { missingServices } from './test/support/programs.js';

/**
 * Tests over HTTP run twice: on the embedded engines, and on PostgreSQL, Redis and OPA when those are installed. All
 * others run once. With REQUIRE_SERVICES=1 (CI) a missing service is a failure.
 */
const missing = missingServices();
if (missing.length > 0) {
  if (process.env['REQUIRE_SERVICES'] === '1')
    throw new Error(`REQUIRE_SERVICES=1, and not installed: ${missing.join(', ')}.`);
  process.stdout.write(`Not installed, so the tests on real services are skipped: ${missing.join(', ')}.\n`);
}

/** With REQUIRE_GOLDEN=1 (CI) it is a failure if the answers are not there. */
const replay = hasGolden ? ['parity/replay'] : [];
if (!hasGolden) process.stdout.write(`Not replayed: test/parity ${GOLDEN_HINT}.\n`);

const reportFile = process.env['VITEST_JSON'];

/**
 * CI machines are slow and noisy: a test that measures time may try once more there. Files share a worker's modules:
 * importing the server again for each file took as long as a fifth of the tests. So no file may leave anything behind.
 */
const limits = {
  isolate: false,
  testTimeout: 60_000,
  hookTimeout: 120_000,
  retry: process.env['CI'] ? 1 : 0,
};

/** Holds every answer of every server against the OpenAPI document. */
const setupFiles = ['test/support/setup.ts'];

const project = (
  name: string,
  engines: 'embedded' | 'real',
  folders: readonly string[],
  more: object = {},
) => ({
  test: {
    ...limits,
    ...more,
    setupFiles,
    name,
    include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
    provide: { engines },
  },
});

const services = { globalSetup: ['test/support/global-setup.ts'] };

export default defineConfig({
  test: {
    maxWorkers: 2,
    ...(reportFile === undefined ? {} : { reporters: ['default', ['json', { outputFile: reportFile }]] }),
    projects: [
      project('unit', 'embedded', ['unit', 'database', 'policy', 'process', 'parity/unit']),
      project('embedded', 'embedded', ['api', ...replay]),
      ...(missing.length === 0
        ? [project('real', 'real', ['api', 'faults', 'clients', ...replay], services)]
        : []),
    ],
  },
});
